# SPDX-License-Identifier: Apache-2.0
"""The ledger of hours: crediting, counter-entries, hours gained elsewhere (C8-04)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import Place, SubjectRef, current_scope, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.people import competent_organ, persons
from plugins.training import facts
from plugins.training.forms import HoursForm
from plugins.training.queries.hours import entry_of
from plugins.training.rules.hours import Entry, hours_words, why_not_reversed
from plugins.training.services.base import OWN, office_of, own_office, person_ref, place_of
from plugins.training.services.planning import hours_of

INSERT = """
insert into training_hours (person, name, tenths, "on", year, source, source_id, title, reason,
  reverses, recorded_at, recorded_by_name, region_lo, org_lo, organ, organ_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning id
"""


async def homes(ids: list[int], otherwise: Place) -> dict[int, Place]:
    """Where each person belongs, so that the own unit sees the hours; else where they were earned."""
    known = await persons(ids)
    scope = current_scope()
    found = {}
    for each in ids:
        one = known.get(each)
        home = Place(one.region_lo, one.org_lo) if one else otherwise
        found[each] = home if scope.may_write(home) else otherwise
    return found


async def credit(
    person: int,
    name: str,
    tenths: int,
    on: date,
    source: str,
    source_id: int,
    title: str,
    place: Place,
    *,
    by: str,
    organ: tuple[int, str],
    reason: str = "",
    told: bool = True,
    noted_at: Place | None = None,
) -> int:
    """Add a line to the ledger and say so to the person and to whoever listens.

    ``organ`` is the office that credits, by id and name.
    ``noted_at`` is where the fact stands when whoever acts cannot record one at ``place``.
    """
    entry = int(
        await value(
            INSERT,
            person,
            name,
            tenths,
            on,
            on.year,
            source,
            source_id,
            title,
            reason,
            None,
            clock.now(),
            by,
            place.region_lo,
            place.org_lo,
            *organ,
        )
    )
    await record(
        "training.hours_credited",
        person_ref(person),
        facts.HoursEntered(
            entry,
            person,
            name,
            tenths,
            hours_words(tenths),
            on.year,
            source,
            source_id,
            title,
            reason,
        ),
        noted_at or place,
    )
    if told:
        await notify(
            "training.hours",
            [person],
            SubjectRef(OWN, person),
            {"title": title, "hours": hours_words(tenths)},
            place,
        )
    return entry


async def counter(entry: Mapping[str, Any], reason: str, by: str) -> int:
    """Take a line back by a second one; both stay."""
    if why := why_not_reversed(
        Entry(entry["id"], entry["year"], entry["tenths"], entry["reverses"]),
        bool(entry.get("reversed")),
        reason,
    ):
        raise Refused(why)
    place = place_of(entry)
    made = int(
        await value(
            INSERT,
            entry["person"],
            entry["name"],
            -entry["tenths"],
            entry["on"],
            entry["year"],
            "counter",
            entry["source_id"],
            entry["title"],
            reason.strip(),
            entry["id"],
            clock.now(),
            by,
            place.region_lo,
            place.org_lo,
            entry["organ"],
            entry["organ_name"],
        )
    )
    await record(
        "training.hours_reversed",
        person_ref(entry["person"]),
        facts.HoursEntered(
            made,
            entry["person"],
            entry["name"],
            -entry["tenths"],
            hours_words(-entry["tenths"]),
            entry["year"],
            "counter",
            entry["source_id"],
            entry["title"],
            reason.strip(),
            entry["id"],
        ),
        place,
    )
    await notify(
        "training.hours_reversed",
        [entry["person"]],
        SubjectRef(OWN, entry["person"]),
        {
            "title": entry["title"],
            "hours": hours_words(entry["tenths"]),
            "reason": reason.strip(),
        },
        place,
    )
    return made


async def enter_other(who: Visitor, form: HoursForm) -> int:
    """Hours gained elsewhere, for a person of one's own region, on a paper somebody has seen."""
    office = await office_of(who)
    known = (await persons([form.person])).get(form.person)
    if (
        known is None
        or known.closed
        or not who.scope.may_write(Place(known.region_lo, known.org_lo))
    ):
        raise Invalid({"person": "请选择本地区的人员。"})
    tenths = hours_of(form.hours)
    if tenths <= 0:
        raise Invalid({"hours": "学时要大于 0；多记了的，请在台账里冲销那一条。"})
    if form.on > clock.today():
        raise Invalid({"on": "这个日期还没有到。"})
    return await credit(
        known.id,
        known.name,
        tenths,
        form.on,
        "other",
        0,
        form.title.strip(),
        Place(known.region_lo, known.org_lo),
        by=who.name,
        organ=(office.id, office.name),
        reason=form.reason.strip(),
    )


async def credited_by(entry: Mapping[str, Any]) -> tuple[int, str]:
    """The office that credited a line; of an old line the one competent where the person is."""
    if entry["organ"]:
        return entry["organ"], entry["organ_name"]
    found = await competent_organ(entry["region_lo"], "supervision") if entry["region_lo"] else None
    return (found.id, found.name) if found else (0, "")


async def refuse_other_office(who: Visitor, entry: Mapping[str, Any]) -> None:
    """An office above reads a county's ledger; what the county credited it does not take back."""
    organ, name = await credited_by(entry)
    if organ != await own_office(who):
        raise Refused(f"这一条由{name or '别的机关'}记入，由该机关冲销；你可以查看。")


async def reverse(who: Visitor, entry: int, reason: str) -> int:
    """冲销 by hand: only lines entered by hand; those of trainings follow the attendance."""
    found = await entry_of(entry, who.scope)
    if found is None:
        raise NotFound
    if found["source"] == "training":
        raise Refused("培训的学时跟着出勤走，请在那期培训的名单里更正出勤。")
    await refuse_other_office(who, found)
    return await counter(found, reason, who.name)
