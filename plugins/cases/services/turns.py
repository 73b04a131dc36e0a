# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is in a case: handed on with every step, due with the step's clock."""

from collections.abc import Sequence
from datetime import datetime

from core.api import clock
from core.api.db import Scope, execute, rows, transaction
from core.api.deadlines import Clock, clocks_of
from core.api.messages import notify
from core.api.turns import close_turn, hand_turn, set_lamp
from plugins.cases.queries import CaseFile, load_case
from plugins.cases.rules.definition import Step
from plugins.cases.services.acting import step_clock

APPROVING = ("approval", "legal_review", "discussion")


async def _clock_of(file: CaseFile) -> Clock | None:
    visit = file.open_visit
    if visit is None:
        return None
    key = step_clock(visit["step"], visit["number"])
    found = [c for c in await clocks_of(file.subject) if c.key == key]
    return max(found, key=lambda c: c.id, default=None)


async def hand_current_turn(file: CaseFile, *, tell_lead: bool = False) -> None:
    """Give the ball to whoever handles the open step now, and put him on the case's row.

    With several officers it is the leading one's; with none yet, the unit's.
    """
    visit = file.open_visit
    if visit is None:
        return
    step = file.definition.step(visit["step"])
    officers = file.officers_of(step.key, clock.today())
    lead = officers[0] if officers else None
    if lead is None and step.kind not in APPROVING:
        lead = {"person": file.row["opened_by"], "name": file.row["opened_by_name"]}
    due = await _clock_of(file)
    due_at: datetime | None = due.due_at if due else None
    row = file.row
    row["lead"], row["lead_name"] = (lead["person"], lead["name"]) if lead else (None, "")
    row["due_at"] = due_at
    await execute(
        """update cases_case set lead = $2, lead_name = $3, due_at = $4, due_provisional = $5
           where id = $1""",
        file.id,
        row["lead"],
        row["lead_name"],
        due_at,
        bool(due and due.provisional),
    )
    position = [s.key for s in file.definition.ordered].index(step.key) + 1
    await hand_turn(
        file.subject,
        title=row["title"],
        subline=f"{row['case_number']} · {row['party_name']}",
        step_title=step.title,
        step_note=f"第 {position} 步",
        path=file.path,
        holder_person=row["lead"],
        holder_org=None if row["lead"] else row["org_lo"],
        permission="cases.case.approve" if step.kind in APPROVING else "cases.case.handle",
        due_at=due_at,
        clock=due.id if due else None,
        place=file.place,
    )
    await _hand_signing_turns(file, step, [o["person"] for o in officers], visit["id"], due)
    if row["lamp"]:
        await set_lamp(file.subject, row["lamp"])
    if tell_lead and row["lead"]:
        await notify(
            "cases.step_arrived",
            [row["lead"]],
            file.subject,
            {"title": row["title"], "number": row["case_number"], "step": step.title},
            file.place,
        )


async def _hand_signing_turns(
    file: CaseFile, step: Step, officers: Sequence[int], visit: int, due: Clock | None
) -> None:
    """At a joint step it is everybody's turn who has not signed; elsewhere nobody's (会签)."""
    if not any(s.joint for s in file.definition.steps):
        return
    signed = {w.person for w in file.words_of(visit)}
    waiting = [p for p in officers if p not in signed] if step.joint else []
    known = {o["person"] for o in file.officers} | {s["person"] for s in file.signatures}
    for person in known - set(waiting):
        await close_turn(file.subject, key=f"sign:{person}")
    for person in waiting:
        if person == file.row["lead"]:
            continue
        await hand_turn(
            file.subject,
            title=file.row["title"],
            subline=f"{file.row['case_number']} · {file.row['party_name']}",
            step_title=f"{step.title}会签",
            path=file.path,
            holder_person=person,
            permission="cases.case.handle",
            due_at=due.due_at if due else None,
            clock=due.id if due else None,
            place=file.place,
            key=f"sign:{person}",
        )


async def take_turn_away(file: CaseFile) -> None:
    """Nobody's turn any more: the case is closed."""
    await close_turn(file.subject)


async def renew_turns() -> int:
    """Hand on the turns that changed overnight, because a delegation or transfer began or ended.

    Returns how many were handed on.
    """
    today = clock.today()
    moved = 0
    scope = Scope.platform("delegations of all regions begin and end at midnight")
    async with transaction(scope):
        due = await rows(
            """select distinct c.id from cases_case c
               join cases_authorisation a on a.case_id = c.id and a.step = c.step
               where c.state = 'open' and a.revoked_at is null
                 and (a.valid_from = $1 or a.valid_to = $1::date - 1)""",
            today,
        )
        for line in due:
            file = await load_case(scope, line["id"])
            if file is None:
                continue
            before = file.row["lead"]
            await hand_current_turn(file, tell_lead=True)
            moved += int(file.row["lead"] != before)
    return moved
