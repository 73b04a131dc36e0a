# SPDX-License-Identifier: Apache-2.0
"""The four identity checks: everything is asked at once, every answer is kept."""

from typing import Any

import asyncpg

from core.api import clock
from core.api.db import execute, lock_subjects, row, transaction
from core.api.errors import Conflict
from core.api.extensions import contributions_in
from core.api.facts import record
from core.api.people import (
    decrypt,
    enter_person,
    person_by_id_number,
    read_id_number,
)
from core.api.regions import REGIONS
from core.api.turns import close_turn
from plugins.certificates.facts import (
    Checked,
)
from plugins.certificates.queries.applying import (
    entry_in,
    forced_entry,
    living_card,
    newest_list,
    open_request_of,
)
from plugins.certificates.rules import applying as rules
from plugins.certificates.services.applying.base import NUMBER, PHONE, SOURCES, path_of
from plugins.certificates.services.base import (
    SUBMIT,
    give_office,
    give_unit,
    place_of,
    request_ref,
    tell,
)


async def _known(found: dict[str, Any], number: str) -> rules.Known:
    """Everything the four checks need to know, gathered over the whole country."""
    read = read_id_number(number, clock.today())
    problem = read if isinstance(read, str) else ""
    holder = None if problem else await person_by_id_number(number)
    forced = await forced_entry(found["digest"])
    other = await open_request_of(found["digest"], found["id"])
    regions = list(REGIONS.ancestors(found["region_lo"]))
    listed = await newest_list("establishment", regions)
    entry = await entry_in(listed["id"], found["digest"]) if listed else None
    blacklist = await newest_list("forced", regions)
    return rules.Known(
        id_problem=problem,
        source="" if problem else await _ask_sources(found, number),
        forced_reason=(forced["reason"] or "强制注销") if forced else "",
        forced_version=blacklist["version"] if blacklist else 0,
        holds_card=(await living_card(holder.id, clock.today()) or "") if holder else "",
        applies_at=other["organisation_name"] if other else "",
        establishment_version=listed["version"] if listed else 0,
        establishment_name=entry["name"] if entry else None,
    )


async def _ask_sources(found: dict[str, Any], number: str) -> str:
    answer = ""
    for each in await contributions_in(found["region_lo"], SOURCES):
        try:
            said = str(await each.value.verify(number, found["name"]))
        except Exception:  # noqa: BLE001 - a register out of reach passes nobody and fails nobody
            said = "unavailable"
        if said == "fail":
            return "fail"
        if said != "pass":  # an answer nobody knows is no answer, and never a pass
            said = "unavailable"
        answer = "unavailable" if "unavailable" in (answer, said) else said
    return answer


async def check(request: int) -> str:
    """Make the four checks, keep every answer, and hand the turn to whoever is next."""
    await lock_subjects(request_ref(request))
    found = await row(
        "select *, id_number_hash as digest from certificates_request where id = $1", request
    )
    assert found is not None
    number = decrypt(found["id_number"], NUMBER)
    checks = rules.judge(await _known(found, number), found["name"])
    state = rules.after_checks(checks)
    run = found["runs"] + 1
    for each in checks:
        await execute(
            """insert into certificates_check (request, run, key, outcome, sentence, version, at,
                                               region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
            request,
            run,
            each.key,
            each.outcome,
            each.sentence,
            each.version,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
    try:
        async with transaction():
            await execute(
                "update certificates_request set runs = $2, state = $3 where id = $1",
                request,
                run,
                state,
            )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("这个人正在别的单位申领，请刷新后查看核查结果。") from error
    place = place_of(found)
    await record(
        "certificates.checked",
        request_ref(request),
        Checked(request, run, {each.key: each.outcome for each in checks}, state),
        place,
    )
    title = f"{found['name']}的执法证申领"
    if state == "legal":
        await _find_holder(found, number)
        await give_office(
            found, request_ref(request), title=title, step="法制审核", path=path_of(request)
        )
        await tell(
            "request_checked", request_ref(request), place, office=SUBMIT, name=found["name"]
        )
    elif state == "rejected":
        await close_turn(request_ref(request))
        reason = next(each.sentence for each in checks if each.key == "forced_list")
        await execute(
            "update certificates_request set reason = $2 where id = $1", request, reason[:500]
        )
        await tell(
            "request_ended",
            request_ref(request),
            place,
            office=SUBMIT,
            name=found["name"],
            reason=reason,
        )
    else:
        failed = [rules.CHECKS[each.key] for each in checks if each.outcome != "pass"]
        await give_unit(
            found,
            request_ref(request),
            title=title,
            step="补正",
            note="未通过：" + "、".join(failed),
            path=path_of(request),
        )
    return state


async def _find_holder(found: dict[str, Any], number: str) -> None:
    """The person behind the application, entered when nobody is known by the number yet."""
    holder = await person_by_id_number(number)
    if holder is None:
        holder = await enter_person(
            found["name"],
            found["organisation"],
            id_number=number,
            phone=decrypt(found["phone"], PHONE) if found["phone"] else "",
            position=found["position"],
        )
    await execute(
        "update certificates_request set person = $2 where id = $1", found["id"], holder.id
    )
