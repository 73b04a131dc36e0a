# SPDX-License-Identifier: Apache-2.0
"""The unit applies for its officers, again after what stopped it is gone, or with the newcomers."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from core.api import clock
from core.api.db import execute, lock_subjects, transaction, value
from core.api.errors import Conflict, NotFound, Refused
from core.api.people import organisation
from plugins.certificates.queries.inspecting import due_officers, inspection_row
from plugins.certificates.rules import inspecting as rules
from plugins.certificates.services.base import (
    Actor,
    give_office,
    give_unit,
    must_submit,
    person_ref,
    reviewer_of,
    settings_in,
)
from plugins.certificates.services.bodies import must_be_open
from plugins.certificates.services.inspecting.base import (
    ask,
    card_of,
    inspection_ref,
    keep_moment,
    path_of,
    take,
    tell_both,
    title_of,
)


async def apply(who: Actor, officers: Sequence[int]) -> tuple[list[int], list[str]]:
    """The unit applies for its officers. Returns the ids, and in words who could not be taken."""
    made: list[int] = []
    refused: list[str] = []
    if not officers:
        raise Refused("请先勾选要申请年审的人员。")
    async with transaction(who.wide):
        for each in await due_officers(list(dict.fromkeys(officers))):
            try:
                await must_submit(who, each)
                async with transaction():
                    made.append(await _apply_for(who, each))
            except NotFound:
                continue
            except Refused as error:
                refused.append(f"{each['name']}：{error}")
            except asyncpg.UniqueViolationError:
                refused.append(f"{each['name']}：已经申请过这次年审。")
    return made, refused


async def _apply_for(who: Actor, officer: Mapping[str, Any]) -> int:
    await lock_subjects(person_ref(officer["person"]))
    settings = await settings_in(officer["region_lo"])
    card = await card_of(officer["person"], officer["certificate"])
    if problem := rules.may_apply(card, clock.today(), settings.inspection_window_days):
        raise Refused(problem)
    if lacks := rules.missing(officer["id_number_masked"] or "", officer["phone_masked"] or ""):
        raise Refused(f"基本信息不完整，缺{'、'.join(lacks)}，请先补齐。")
    unit = await organisation(officer["organisation"])
    if unit is None:
        raise NotFound
    await must_be_open(unit)
    office = await reviewer_of(unit)
    assert card.inspection_due is not None
    kind = rules.kind_of_due(
        card.valid_from, card.inspection_due, exam=settings.inspection_exam_years
    )
    inspection: int = await value(
        """insert into certificates_inspection
             (officer, certificate, person, name, organisation, kind, due_on, state, reviewer_lo,
              reviewer_region_lo, applied_at, applied_by, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, 'blocked', $8, $9, $10, $11, $12, $13)
           returning id""",
        officer["id"],
        officer["certificate"],
        officer["person"],
        officer["name"],
        officer["organisation"],
        kind,
        card.inspection_due,
        office.lo if office else 0,
        office.region_lo if office else 0,
        clock.now(),
        who.user_id,
        officer["region_lo"],
        officer["org_lo"],
    )
    found = await inspection_row(inspection)
    assert found is not None
    await _hand_in(found)
    return inspection


async def _hand_in(found: Mapping[str, Any]) -> str:
    blockers, evidence = await ask(found, "application")
    state = "blocked" if blockers else "applied"
    await keep_moment(found, state, "application", blockers, evidence)
    ref = inspection_ref(found["id"])
    if blockers:
        await give_unit(
            found,
            ref,
            title=title_of(found),
            step="消除受阻事项",
            note=f"{len(blockers)} 项",
            path=path_of(found["id"]),
        )
        await tell_both(
            found, "inspection_blocked", reason="".join(b["text"] for b in blockers)[:200]
        )
    else:
        await give_office(
            found, ref, title=title_of(found), step="年审审核", path=path_of(found["id"])
        )
        await tell_both(found, "inspection_applied")
    return state


async def apply_again(who: Actor, inspection: int) -> str:
    """What stopped it is gone, or what was returned is put right."""
    async with transaction(who.wide):
        found = await take(who, inspection)
        await must_submit(who, found)
        if refused := rules.why_not(found["state"], "apply"):
            raise Conflict(refused)
        if lacks := rules.missing(found["id_number_masked"] or "", found["phone_masked"] or ""):
            raise Refused(f"基本信息不完整，缺{'、'.join(lacks)}，请先补齐。")
        return await _hand_in(found)


async def join(who: Actor, requests: Sequence[int]) -> int:
    """Applicants of this year who have no card yet go with the inspection's production (S2-20).

    The unit confirms their identity with it; the legal office sees the mark when it makes cards.
    """
    year = clock.today().year
    if not requests:
        raise Refused("请先勾选人员。")
    async with transaction(who.scope):
        return await execute(
            """update certificates_request set joined_inspection = $2
               where id = any($1::int8[]) and state in ('legal', 'exam', 'making')
                 and joined_inspection = 0""",
            list(requests),
            year,
        )
