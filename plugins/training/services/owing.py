# SPDX-License-Identifier: Apache-2.0
"""What a role owes every year, and reminding those who are short (C8-10)."""

from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, row, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from plugins.training import facts
from plugins.training.forms import RequirementForm
from plugins.training.queries.hours import find_requirement, standing_of
from plugins.training.rules.hours import ROLES, hours_words
from plugins.training.services.base import REQUIREMENT, office_of, place_of, ref
from plugins.training.services.planning import AT_ONCE, hours_of


async def set_requirement(who: Visitor, form: RequirementForm) -> int:
    """A role owes so many hours from a year on; what was owed before stays on record.

    An earlier requirement of the office for the same role ends with the year before.
    """
    office = await office_of(who)
    if form.role not in ROLES:
        raise Invalid({"role": "请选择人员。"})
    tenths = hours_of(form.hours)
    if tenths <= 0:
        raise Invalid({"hours": "每年学时要大于 0。"})
    this_year = clock.today().year
    if form.from_year < this_year:
        raise Invalid({"from_year": "不能倒过去要求，请从今年或者以后的年度起。"})
    # Two who set the same role at once wait for each other here.
    await value(
        "select pg_advisory_xact_lock(hashtextextended('training owed ' || $1, $2))",
        form.role,
        office.id,
    )
    before = await row(
        """select * from training_requirement where organ = $1 and role = $2 and to_year is null
           for update""",
        office.id,
        form.role,
    )
    if before is not None:
        if before["from_year"] >= form.from_year:
            raise Invalid(
                {
                    "from_year": f"{ROLES[form.role]}从 {before['from_year']} 年起的要求还在，请先停止它。"
                }
            )
        await execute(
            "update training_requirement set to_year = $2 where id = $1",
            before["id"],
            form.from_year - 1,
        )
    requirement = int(
        await value(
            """insert into training_requirement (role, tenths, from_year, to_year, basis, organ,
                 organ_name, region_name, set_at, set_by_name, region_lo, org_lo, aud_lo, aud_hi)
               values ($1, $2, $3, null, $4, $5, $6, $7, $8, $9, $10, $11, $10, $12) returning id""",
            form.role,
            tenths,
            form.from_year,
            form.basis.strip(),
            office.id,
            office.name,
            who.region.name,
            clock.now(),
            who.name,
            who.region.lo,
            office.lo,
            who.region.hi,
        )
    )
    made = await row("select * from training_requirement where id = $1", requirement)
    assert made is not None
    await record(
        "training.requirement_set",
        ref(REQUIREMENT, requirement),
        facts.RequirementSet(
            requirement,
            ROLES[form.role],
            hours_words(tenths),
            form.from_year,
            basis=form.basis.strip(),
        ),
        place_of(made),
    )
    return requirement


async def end_requirement(who: Visitor, requirement: int) -> int:
    """The requirement holds for this year still and not for the next; returns its last year."""
    found = await find_requirement(requirement, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    if found["to_year"] is not None:
        raise Refused("这条要求已经停止。")
    last = max(clock.today().year, int(found["from_year"]))
    await execute("update training_requirement set to_year = $2 where id = $1", requirement, last)
    await record(
        "training.requirement_ended",
        ref(REQUIREMENT, requirement),
        facts.RequirementSet(
            requirement,
            found["role_title"],
            hours_words(found["tenths"]),
            found["from_year"],
            last,
            found["basis"],
        ),
        place_of(found),
    )
    return last


async def remind_short(requirement: dict[str, Any]) -> int:
    """Tell everybody who is short this year how much is missing; how many they were."""
    today = clock.today()
    short = await standing_of(requirement, today.year, "short", limit=100_000)
    await execute(
        "update training_requirement set reminded_on = $2 where id = $1", requirement["id"], today
    )
    by_missing: dict[int, list[int]] = {}
    for each in short:
        by_missing.setdefault(requirement["tenths"] - each["tenths"], []).append(each["person"])
    for missing, persons in by_missing.items():
        for start in range(0, len(persons), AT_ONCE):
            await notify(
                "training.short",
                persons[start : start + AT_ONCE],
                ref(REQUIREMENT, requirement["id"]),
                {
                    "year": str(today.year),
                    "needed": hours_words(requirement["tenths"]),
                    "missing": hours_words(missing),
                    "organ": requirement["organ_name"],
                },
                place_of(requirement),
            )
    await record(
        "training.shortfall_reminded",
        ref(REQUIREMENT, requirement["id"]),
        facts.Reminded(ROLES.get(requirement["role"], requirement["role"]), len(short)),
        place_of(requirement),
    )
    return len(short)


async def remind_by_hand(who: Visitor, requirement: int) -> int:
    """The office reminds, once a day at most."""
    found = await find_requirement(requirement, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    year = clock.today().year
    if found["from_year"] > year or (found["to_year"] is not None and found["to_year"] < year):
        raise Refused("这条要求今年不适用，没有人可以提醒。")
    if found["reminded_on"] == clock.today():
        raise Refused("今天已经提醒过，明天可以再提醒。")
    return await remind_short(found)
