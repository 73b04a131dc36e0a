# SPDX-License-Identifier: Apache-2.0
"""A shared account ends: its people go to the bodies they belong to, with what is under way."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import execute, row, rows, transaction
from core.api.errors import Invalid
from core.api.people import OrganisationRow, organisation
from plugins.certificates.forms import DivideForm
from plugins.certificates.queries.inspecting import inspection_row
from plugins.certificates.services.base import (
    MAKE,
    REVIEW,
    Actor,
    give_office,
    give_unit,
    place_of,
    reviewer_of,
)
from plugins.certificates.services.bodies import place_officer
from plugins.certificates.services.bodies.base import own_body, record_act
from plugins.certificates.services.inspecting import inspection_ref, record_state
from plugins.certificates.services.inspecting.base import end_of, path_of, title_of
from plugins.certificates.services.signing import ask_to_sign


async def divide(who: Actor, body: int, form: DivideForm) -> int:
    """Give the people of a shared account to the bodies they belong to. Returns how many moved."""
    async with transaction(who.wide):
        found = await own_body(who, body)
        moved = 0
        for officer, target in zip(form.officer, form.target, strict=False):
            if not target:
                continue
            unit = await organisation(target)
            if unit is None or not (found["lo"] <= unit.lo <= found["hi"]):
                raise Invalid({"target": "只能划分到本单位的下属机构。"})
            held = await row(
                "select id, person from certificates_officer where id = $1 and organisation = $2"
                " and closed_at is null",
                officer,
                found["organisation"],
            )
            if held is not None and unit.id != found["organisation"]:
                await place_officer(held["id"], held["person"], unit)
                await move_inspections(held["id"], unit)
                moved += 1
        if form.finished:
            await execute(
                "update certificates_body set divided_at = $2 where id = $1", body, clock.now()
            )
        await record_act(body, "divided", place_of(found), f"{moved} 人")
        if moved:
            await ask_to_sign()
    return moved


async def move_inspections(officer: int, unit: OrganisationRow) -> None:
    """Inspections under way go with him: his new unit scans, and the office above it decides.

    They cannot be finished first: the account does no business until its people are divided.
    """
    office = await reviewer_of(unit)
    for each in await rows(
        """update certificates_inspection
             set organisation = $2, region_lo = $3, org_lo = $4, reviewer_lo = $5,
                 reviewer_region_lo = $6
           where officer = $1 and state not in ('done', 'failed', 'ended') returning id""",
        officer,
        unit.id,
        unit.region_lo,
        unit.lo,
        office.lo if office else 0,
        office.region_lo if office else 0,
    ):
        found = await inspection_row(each["id"])
        assert found is not None
        await _give_turn_again(found)
        await record_state(found, found["state"], "divided", f"随本人划分到{unit.name}")


async def _give_turn_again(found: Mapping[str, Any]) -> None:
    """The same turn, held by the unit or office it belongs to now; an exam is nobody's turn."""
    steps = {
        "blocked": ("消除受阻事项", ""),
        "returned": ("补正", found["reason"][:100]),
        "approved": ("扫码完成", "本人或管理员扫证件二维码"),
    }
    ref, title, path = inspection_ref(found["id"]), title_of(found), path_of(found["id"])
    if found["state"] in ("applied", "making"):
        making = found["state"] == "making"
        await give_office(
            found,
            ref,
            title=title,
            step="换发证件" if making else "年审审核",
            path=path,
            permission=MAKE if making else REVIEW,
        )
    elif found["state"] in steps:
        step, note = steps[found["state"]]
        await give_unit(
            found,
            ref,
            title=title,
            step=step,
            note=note,
            path=path,
            due_at=end_of(found["due_on"]) if found["state"] == "approved" else None,
        )
