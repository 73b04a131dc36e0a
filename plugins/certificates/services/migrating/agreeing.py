# SPDX-License-Identifier: Apache-2.0
"""数据核对: figures and differences of each unit, signed by the body and then by the legal office."""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, execute, json, row, rows, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.regions import REGIONS
from plugins.certificates.facts import SignedOff
from plugins.certificates.forms import SignOffForm
from plugins.certificates.rules import migrating as rules
from plugins.certificates.services.base import Actor, must_submit, place_of


async def figures_of(organisations: Sequence[int]) -> dict[int, dict[str, int]]:
    """What stands in the register for each unit, as both sides sign it."""
    found = await rows(
        """select w.id as organisation, count(o.id) as kept,
             count(o.id) filter (where coalesce(n.id_number_masked, '') = '') as no_number,
             count(o.id) filter (where coalesce(n.phone_masked, '') = '') as no_phone,
             count(o.id) filter (where not exists (
               select 1 from certificates_certificate c where c.officer = o.id)) as no_card
           from unnest($1::int8[]) as w(id)
           left join certificates_officer o on o.organisation = w.id and o.closed_at is null
           left join core_person n on n.id = o.person
           group by w.id""",
        list(organisations),
    )
    return {each.pop("organisation"): each for each in found}


async def said_of(region_lo: int) -> dict[str, dict[str, int]]:
    """What the runs that stand said for each unit, its own office's and those above and below."""
    below = REGIONS.interval(region_lo)
    found = await rows(
        """select counts from certificates_migration
           where kind = 'officers' and state = 'applied'
             and (region_lo = any($1::int8[]) or region_lo between $2 and $3)
           order by id""",
        list(REGIONS.ancestors(region_lo)),
        below.lo,
        below.hi,
    )
    return rules.said_by([each["counts"].get("units", {}) for each in found])


async def compare_units(who: Actor, units: list[dict[str, Any]]) -> None:
    """Put beside each unit of a list its figures, the differences and who has signed."""
    ids = [each["organisation"] for each in units]
    signed = await rows(
        """select distinct on (organisation, side) organisation, side, agrees, note, by_name, at
           from certificates_sign_off where organisation = any($1::int8[])
           order by organisation, side, id desc""",
        ids,
    )
    said, figures = await said_of(who.region_lo), await figures_of(ids)
    for each in units:
        each["figures"] = figures[each["organisation"]]
        told = said.get(str(each["organisation"]), {})
        each["said"] = told.get("kept")
        each["left_out"] = told.get("faults", 0)
        each["differences"] = rules.differences(told, each["figures"]) if told else []
        each["signed"] = {
            one["side"]: one for one in signed if one["organisation"] == each["organisation"]
        }


async def sign(who: Actor, organisation: int, side: str, form: SignOffForm) -> None:
    """The body signs its figures, then the legal office; whoever disagrees says why."""
    if form.agrees == "no" and len(form.note.strip()) < 2:
        raise Invalid({"note": "有差异请写明。"})
    async with transaction(who.wide):
        found = await row(
            """select b.id, b.organisation, b.region_lo, b.org_lo, b.reviewer_lo,
                 b.reviewer_region_lo from certificates_body b where b.organisation = $1""",
            organisation,
        )
        if found is None or not who.sees(found):
            raise NotFound
        if side == "legal":
            if not who.reviews(found):
                raise NotFound
            before = await row(
                """select agrees from certificates_sign_off where organisation = $1
                   and side = 'body' order by id desc limit 1""",
                organisation,
            )
            if before is None:
                raise Refused("主体还没有核对签字，请等主体先核对。")
        else:
            await must_submit(who, found)
        await execute(
            """insert into certificates_sign_off (organisation, side, figures, agrees, note, by,
                 by_name, at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
            organisation,
            side,
            json((await figures_of([organisation]))[organisation]),
            form.agrees,
            form.note.strip(),
            who.user_id,
            who.name,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
        await record(
            "certificates.data_signed",
            SubjectRef("certificates.body", found["id"]),
            SignedOff(organisation, side, form.agrees == "yes", form.note.strip()),
            place_of(found),
        )


async def signed_by_office(who: Actor) -> bool:
    """Whether the legal office has signed the data of every body of the region."""
    interval = REGIONS.interval(who.region_lo)
    open_ = await value(
        """select count(*) from certificates_body b where b.region_lo between $1 and $2
             and coalesce((select s.agrees from certificates_sign_off s
               where s.organisation = b.organisation and s.side = 'legal'
               order by s.id desc limit 1), '') <> 'yes'""",
        interval.lo,
        interval.hi,
    )
    some = await value(
        "select count(*) from certificates_body where region_lo between $1 and $2",
        interval.lo,
        interval.hi,
    )
    return bool(some) and not open_
