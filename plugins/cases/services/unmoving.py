# SPDX-License-Identifier: Apache-2.0
"""撤回改版: a move to a new version is undone while nothing was done under it (C3-16).

The move stays in the record and so does its undoing; the case goes on where it was, with the
period it had, as if the version had never been changed.
"""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.db import execute, json, retried, row, rows, scope_conditions, transaction
from core.api.errors import Invalid, JianduError, NotFound, Refused
from core.api.facts import history
from plugins.cases.queries import CaseFile, load_case
from plugins.cases.rules.definition import Definition, read_definition
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.flow import OPEN, SUPERSEDED
from plugins.cases.rules.moving import Since, undo_refusal
from plugins.cases.services.acting import (
    Actor,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    tell,
)
from plugins.cases.services.moving import MOVES_AT_ONCE, Moved, rename_step
from plugins.cases.services.steps import leave_clocks, start_clocks
from plugins.cases.services.turns import hand_current_turn

STANDING = """
select m.*, v.version as from_number, n.version as to_number
from cases_move m join cases_case c on c.id = m.case_id and c.item_version = m.to_version
join cases_item_version v on v.id = m.from_version
join cases_item_version n on n.id = m.to_version
where m.undone_at is null and {what}
  and m.id = (select max(l.id) from cases_move l where l.case_id = m.case_id)
  and {conditions}
order by m.moved_at desc, m.id desc limit $2
"""


async def standing_moves(
    actor: Actor, item: int, *, limit: int = MOVES_AT_ONCE
) -> list[dict[str, Any]]:
    """The moves of an item's running cases that nobody has undone, newest first."""
    conditions, args = scope_conditions(actor.scope, "m", 3)
    what = "m.item = $1 and c.state in ('open', 'suspended')"
    return await rows(STANDING.format(what=what, conditions=conditions), item, limit, *args)


async def standing_move(actor: Actor, case: int) -> dict[str, Any] | None:
    """The last move of a case, if it stands."""
    conditions, args = scope_conditions(actor.scope, "m", 3)
    return await row(STANDING.format(what="m.case_id = $1", conditions=conditions), case, 1, *args)


async def _old(move: dict[str, Any]) -> Definition:
    found = await row(
        "select definition from cases_item_version where id = $1", move["from_version"]
    )
    assert found is not None
    return read_definition(found["definition"])


async def undoing_refusal(file: CaseFile, move: dict[str, Any]) -> str:
    """Why the move of a loaded case cannot be undone; empty when it can."""
    since = [
        Since(fact.kind.removeprefix("cases."), str(fact.payload.get("step_title", "")))
        for fact in await history(file.subject)
        if fact.kind.startswith("cases.") and fact.payload.get("seq", 0) > move["sequence"]
    ]
    visit = file.open_visit
    here = file.evidence_of(visit["id"]) if visit else []
    return undo_refusal(
        await _old(move),
        state=file.row["state"],
        step=file.row["step"],
        from_step=move["from_step"],
        to_step=move["to_step"],
        since=since,
        added=[e["control"] for e in here if e["voided_at"] is None],
    )


async def undo_moves(
    actor: Actor, item: int, cases: Sequence[int], reason: str, *, token: str = ""
) -> list[Moved]:
    """Undo the move of the chosen cases; one that cannot go back stays, with why."""
    if not actor.approves:
        raise Refused("撤回改版由负责人或者法制机构决定，你现在的角色没有批准权限。")
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"undo_reason": "请写明撤回改版的理由。"})
    if len(reason) > 400:
        raise Invalid({"undo_reason": f"理由最多 400 个字，现在是 {len(reason)} 个字。"})
    if not cases:
        raise Invalid({"moved": "请至少选择一个案件。"})
    if len(cases) > MOVES_AT_ONCE:
        raise Invalid({"moved": f"一次最多撤回 {MOVES_AT_ONCE} 个案件。"})
    done = []
    for case in dict.fromkeys(cases):
        try:
            own = f"{token}:{case}" if token else ""
            done.append(await undo_move(actor, item, case, reason, token=own))
        except NotFound:
            continue
        except JianduError as error:
            async with transaction(actor.scope):
                file = await load_case(actor.scope, case)
            done.append(Moved(case, file.row["case_number"] if file else str(case), str(error)))
    return done


@retried
async def undo_move(actor: Actor, item: int, case: int, reason: str, *, token: str = "") -> Moved:
    """Undo the last move of one case, in a transaction of its own."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if file.row["item"] != item:
            raise NotFound
        number = file.row["case_number"]
        if await done_before(token[:64], "undo_move"):
            return Moved(case, number, "")
        move = await standing_move(actor, case)
        if move is None:
            return Moved(case, number, "没有可以撤回的改版。")
        refusal = await undoing_refusal(file, move)
        if refusal:
            return Moved(case, number, refusal)
        new, old = file.definition, await _old(move)
        await execute(
            "update cases_case set item_version = $2, item_title = $3 where id = $1",
            case,
            move["from_version"],
            old.title[:200],
        )
        file.definition = old
        file.row.update(item_version=move["from_version"], item_version_number=old.version)
        if move["left_visit"] is None:
            await rename_step(file, move["from_step"])
        else:
            await _take_back(file, new, move)
        await execute(
            """update cases_move set undone_at = $2, undone_by_name = $3, undo_reason = $4
               where id = $1""",
            move["id"],
            clock.now(),
            actor.by[:60],
            reason[:500],
        )
        await hand_current_turn(file)
        await remember(file, actor, token, "undo_move")
        visit, step = file.open_visit, file.step
        assert visit is not None
        await tell(
            file,
            compose(
                file,
                actor,
                "version_restored",
                visit=visit,
                step=step,
                clocks=await face_of(file, step.key, visit["number"], step.stage),
                reason=f"由第 {new.version} 版改回第 {old.version} 版：{reason}",
                approver=actor.person,
            ),
        )
        return Moved(case, number, "")


async def _take_back(file: CaseFile, new: Definition, move: dict[str, Any]) -> None:
    """The entry the move made is superseded, the one it left is opened again with what came to it."""
    left, entered = file.visit(move["left_visit"]), file.visit(move["entered_visit"])
    assert left is not None
    assert entered is not None
    back, away = file.definition.step(move["from_step"]), new.step(move["to_step"])
    now = clock.now()
    await execute(
        """update cases_visit set state = 'superseded', ended_at = $2, ended_reason = '撤回改版'
           where id = $1""",
        entered["id"],
        now,
    )
    entered.update(state=SUPERSEDED, ended_at=now)
    await _rename_back(file, move)
    await execute(
        """update cases_visit set state = 'open', ended_at = null, ended_reason = '',
             draft = $2::jsonb, version = version + 1 where id = $1""",
        left["id"],
        json(dict(entered["draft"] or left["draft"] or {})),
    )
    left.update(
        state=OPEN,
        ended_at=None,
        draft=entered["draft"] or left["draft"],
        version=left["version"] + 1,
    )
    await _bring_evidence(file, entered["id"], left["id"])
    await leave_clocks(file, away, entered["number"], back)
    file.row.update(step=back.key, step_title=back.title, stage=back.stage, visit=left["id"])
    await execute(
        "update cases_case set step = $2, step_title = $3, stage = $4, visit = $5 where id = $1",
        file.id,
        back.key,
        back.title,
        back.stage,
        left["id"],
    )
    # The limit runs on from the first entry, as if the version had never been changed.
    await start_clocks(file, back, left)


async def _rename_back(file: CaseFile, move: dict[str, Any]) -> None:
    """What took the new key takes the old one again, and what was made under the new one since."""
    visits = {*move["carried"].get("visits", ()), move["entered_visit"]}
    officers = set(move["carried"].get("officers", ()))
    if file.definition.find_step(move["to_step"]) is None:
        officers |= {o["id"] for o in file.officers if o["step"] == move["to_step"]}
    key = move["from_step"]
    for table, column, ids in (
        ("cases_visit", "id", visits),
        ("cases_evidence", "visit", visits),
        ("cases_authorisation", "id", officers),
    ):
        await execute(
            f"update {table} set step = $3 where case_id = $1 and {column} = any($2::int8[])",
            file.id,
            sorted(ids),
            key,
        )
    for lines, column, ids in (
        (file.visits, "id", visits),
        (file.evidence, "visit", visits),
        (file.officers, "id", officers),
    ):
        for each in lines:
            if each[column] in ids:
                each["step"] = key


async def _bring_evidence(file: CaseFile, entered: int, left: int) -> None:
    """What was added since comes along; what was voided since is void in the entry before too."""
    await execute(
        """update cases_evidence e set voided_at = c.voided_at, voided_by_name = c.voided_by_name,
             void_reason = c.void_reason
           from cases_evidence c
           where c.visit = $1 and c.carried_from = e.id and c.voided_at is not null
             and e.visit = $2 and e.voided_at is null""",
        entered,
        left,
    )
    await execute(
        """insert into cases_evidence (case_id, visit, step, control, payment, file, name, kind,
             size, sha256, carried_from, added_at, added_by, added_by_name, region_lo, org_lo)
           select case_id, $2, step, control, null, file, name, kind, size, sha256, id, added_at,
             added_by, added_by_name, region_lo, org_lo
           from cases_evidence
           where visit = $1 and voided_at is null and payment is null and carried_from is null""",
        entered,
        left,
    )
    file.evidence = await rows(
        "select * from cases_evidence where case_id = $1 order by id", file.id
    )
