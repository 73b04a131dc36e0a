# SPDX-License-Identifier: Apache-2.0
"""Moving running cases to a new version of their item (C3-16), one by one, each an act."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.api import clock
from core.api.db import execute, json, retried, row, transaction
from core.api.errors import Invalid, JianduError, NotFound, Refused
from plugins.cases.queries import CaseFile, load_case, version_of_item
from plugins.cases.rules.definition import Definition, read_definition
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.flow import SUPERSEDED
from plugins.cases.rules.moving import Move, plan_move
from plugins.cases.services.acting import (
    Actor,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    tell,
)
from plugins.cases.services.steps import enter_step, leave_clocks
from plugins.cases.services.turns import hand_current_turn

MOVES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one case; ``refusal`` is empty when it moved."""

    case: int
    number: str
    refusal: str


def plan_of(file: CaseFile, new: Definition) -> Move:
    """The move of a loaded case."""
    visit = file.open_visit
    return plan_move(
        file.definition,
        new,
        state=file.row["state"],
        step=file.row["step"],
        visits=file.lines(),
        filled=[k for k, v in ((visit["draft"] if visit else None) or {}).items() if v],
    )


async def move_cases(
    actor: Actor, item: int, cases: Sequence[int], reason: str, *, token: str = ""
) -> list[Moved]:
    """Move the chosen cases to the item's current version; one that cannot stays, with why."""
    if not actor.approves:
        raise Refused("改按新版办理由负责人或者法制机构决定，你现在的角色没有批准权限。")
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明改按新版办理的理由。"})
    if len(reason) > 400:
        raise Invalid({"reason": f"理由最多 400 个字，现在是 {len(reason)} 个字。"})
    if not cases:
        raise Invalid({"cases": "请至少选择一个案件。"})
    if len(cases) > MOVES_AT_ONCE:
        raise Invalid({"cases": f"一次最多改 {MOVES_AT_ONCE} 个案件。"})
    moved = []
    for case in dict.fromkeys(cases):
        try:
            own = f"{token}:{case}" if token else ""
            moved.append(await move_case(actor, item, case, reason, token=own))
        except NotFound:
            continue
        except JianduError as error:
            async with transaction(actor.scope):
                file = await load_case(actor.scope, case)
            number = file.row["case_number"] if file else str(case)
            moved.append(Moved(case, number, str(error)))
    return moved


@retried
async def move_case(actor: Actor, item: int, case: int, reason: str, *, token: str = "") -> Moved:
    """Move one case, in a transaction of its own."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if file.row["item"] != item:
            raise NotFound
        number = file.row["case_number"]
        if await done_before(token[:64], "move"):
            return Moved(case, number, "")
        current = await version_of_item(actor.scope, item)
        if current is None:
            raise Refused("这个事项没有现行版本。")
        new = read_definition(current["definition"])
        plan = plan_of(file, new)
        if plan.refusal:
            return Moved(case, number, plan.refusal)
        old = file.definition
        visit = file.open_visit
        assert visit is not None
        await execute(
            "update cases_case set item_version = $2, item_title = $3 where id = $1",
            case,
            current["id"],
            new.title[:200],
        )
        before = file.row["item_version"]
        file.definition = new
        file.row.update(item_version=current["id"], item_version_number=new.version)
        carried: dict[str, list[int]] = {}
        if plan.renamed:
            carried = await _carry_into(file, actor, old, plan)
        else:
            await rename_step(file, plan.to_step)
        await hand_current_turn(file)
        await remember(file, actor, token, "move")
        step = file.step
        open_visit = file.open_visit
        assert open_visit is not None
        await row(
            """insert into cases_move (case_id, item, batch, from_version, to_version, from_step,
                 to_step, left_visit, entered_visit, carried, sequence, reason, moved_at,
                 moved_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14, $15, $16)
               returning id""",
            case,
            item,
            token.rpartition(":")[0][:40],
            before,
            current["id"],
            plan.step,
            plan.to_step,
            visit["id"] if plan.renamed else None,
            open_visit["id"] if plan.renamed else None,
            json(carried),
            file.row["sequence"] + 1,
            reason[:500],
            clock.now(),
            actor.by[:60],
            file.place.region_lo,
            file.place.org_lo,
        )
        await tell(
            file,
            compose(
                file,
                actor,
                "version_moved",
                visit=open_visit,
                step=step,
                clocks=await face_of(file, step.key, open_visit["number"], step.stage),
                reason=f"由第 {old.version} 版改为第 {new.version} 版：{reason}",
                approver=actor.person,
            ),
        )
        return Moved(case, number, "")


async def rename_step(file: CaseFile, key: str) -> None:
    """The open step goes on under the definition the file now has."""
    step = file.definition.step(key)
    visit = file.open_visit
    assert visit is not None
    form = file.definition.form_of(step)
    visit.update(step_title=step.title, stage=step.stage, form_version=form.version)
    file.row.update(step_title=step.title, stage=step.stage)
    await execute(
        "update cases_visit set step_title = $2, stage = $3, form_version = $4,"
        " version = version + 1 where id = $1",
        visit["id"],
        step.title,
        step.stage,
        form.version,
    )
    visit["version"] += 1
    await execute(
        "update cases_case set step_title = $2, stage = $3 where id = $1",
        file.id,
        step.title,
        step.stage,
    )


async def _carry_into(
    file: CaseFile, actor: Actor, old: Definition, plan: Move
) -> dict[str, list[int]]:
    """The step has another key: its entry is superseded and its work carried into a new one.

    The numbers of what took the new key, by kind.
    """
    visit = file.open_visit
    assert visit is not None
    left, to = old.step(plan.step), file.definition.step(plan.to_step)
    now = clock.now()
    await execute(
        """update cases_visit set state = 'superseded', ended_at = $2, ended_reason = '改按新版办理'
           where id = $1""",
        visit["id"],
        now,
    )
    visit.update(state=SUPERSEDED, ended_at=now)
    carried = {
        "visits": [v["id"] for v in file.visits if v["step"] == plan.step],
        "officers": [o["id"] for o in file.officers if o["step"] == plan.step],
    }
    # All entries of the step take its new key, so that they stay readable under the new version.
    for table in ("cases_visit", "cases_evidence"):
        await execute(
            f"update {table} set step = $3 where case_id = $1 and step = $2",
            file.id,
            plan.step,
            plan.to_step,
        )
    for each in (*file.visits, *file.evidence):
        if each["step"] == plan.step:
            each["step"] = plan.to_step
    await execute(
        "update cases_authorisation set step = $3 where case_id = $1 and step = $2"
        " and revoked_at is null",
        file.id,
        plan.step,
        plan.to_step,
    )
    for officer in file.officers:
        if officer["step"] == plan.step:
            officer["step"] = plan.to_step
    await leave_clocks(file, left, visit["number"], to)
    await enter_step(file, actor, to)
    return carried
