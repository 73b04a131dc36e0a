# SPDX-License-Identifier: Apache-2.0
"""Suspending, resuming and extending: three different acts (中止 ≠ 延期); and transfer."""

from datetime import date, timedelta
from typing import Literal

from core.api import clock
from core.api.db import execute, retried, transaction
from core.api.deadlines import Clock, Limit, extend_clock, lapsed, pause_clock, resume_clock
from core.api.errors import Invalid, Refused
from plugins.cases.queries import CaseFile, load_case
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.event import Officer
from plugins.cases.rules.flow import (
    DEFAULT_EXTENSION,
    EXTENSION_RULES,
    SUSPENSION_GROUNDS,
    extension_refusal,
    steps_ahead,
)
from plugins.cases.services.acting import (
    Actor,
    check_running,
    compose,
    done_before,
    face_of,
    keep_clock_acts,
    note_clock_act,
    open_file,
    remember,
    running_clocks,
    stage_clock,
    step_clock,
    tell,
)
from plugins.cases.services.officers import Choice, ask_about, known_people
from plugins.cases.services.turns import hand_current_turn

Which = Literal["step", "stage"]
Unit = Literal["working", "calendar", "hours"]


def _must_approve(actor: Actor, what: str) -> None:
    if not actor.approves:
        raise Refused(f"{what}由负责人或者法制机构批准，你现在的角色没有批准权限。")


def _checked_reason(reason: str, what: str) -> str:
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": f"请写明{what}的理由。"})
    if len(reason) > 400:
        raise Invalid({"reason": f"理由最多 400 个字，现在是 {len(reason)} 个字。"})
    return reason


@retried
async def suspend_case(
    actor: Actor, case: int, ground: str, reason: str, *, token: str = ""
) -> None:
    """Stop the clocks on a legal ground; the due date moves on resuming by the days that passed.

    The one who suspends is the approver and is named as such.
    """
    _must_approve(actor, "中止")
    reason = _checked_reason(reason, "中止")
    if ground not in SUSPENSION_GROUNDS:
        raise Invalid({"ground": "请选择中止的法定情形。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "suspend"):
            return
        check_running(file)
        said = f"{ground}：{reason}"
        now = clock.now()
        for each in await running_clocks(file):
            # What has run out already is late and stays late.
            if each.state == "running" and not lapsed(each.due_at, now):
                await pause_clock(each.id, said, actor.name)
                note_clock_act(file, each.key, {"from": now.isoformat(), "reason": said})
        await keep_clock_acts(file)
        file.row.update(state="suspended", suspended_at=clock.now(), suspend_reason=said)
        await execute(
            """update cases_case set state = 'suspended', suspended_at = $2, suspend_reason = $3,
                 ever_suspended = true where id = $1""",
            case,
            clock.now(),
            said[:500],
        )
        await remember(file, actor, token, "suspend")
        await _tell_clocks(file, actor, "suspended", said)


@retried
async def resume_case(actor: Actor, case: int, reason: str, *, token: str = "") -> None:
    """Let the clocks run on; each date moves by the days it stood."""
    reason = _checked_reason(reason, "恢复办理")
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "resume"):
            return
        if file.row["state"] != "suspended":
            raise Refused("案件没有中止，不需要恢复。")
        involved = {file.row["opened_by"], file.row["lead"]}
        involved |= {o["person"] for o in file.officers if o["step"] == file.row["step"]}
        if not (actor.approves or actor.person in involved):
            raise Refused("恢复办理由本案办理人或者负责人进行。")
        for each in await running_clocks(file):
            if each.state == "paused":
                await resume_clock(each.id)
                note_clock_act(file, each.key, {"to": clock.now().isoformat()})
        await keep_clock_acts(file)
        file.row.update(state="open", suspended_at=None, suspend_reason="")
        await execute(
            """update cases_case set state = 'open', suspended_at = null, suspend_reason = ''
               where id = $1""",
            case,
        )
        await remember(file, actor, token, "resume")
        await hand_current_turn(file)
        await _tell_clocks(file, actor, "resumed", reason)


async def _tell_clocks(file: CaseFile, actor: Actor, kind: str, reason: str) -> None:
    visit = file.open_visit
    step = file.step
    await tell(
        file,
        compose(
            file,
            actor,
            kind,
            visit=visit,
            step=step,
            clocks=await face_of(file, step.key, visit["number"] if visit else 0, step.stage),
            reason=reason,
            approver=actor.person if actor.approves else 0,
        ),
    )


def clock_key(file: CaseFile, which: Which) -> str:
    """The key of the clock that would be extended."""
    visit = file.open_visit
    if which == "stage":
        return stage_clock(file.row["stage"])
    return step_clock(file.row["step"], visit["number"] if visit else 0)


def extensions_used(file: CaseFile, key: str) -> int:
    """How often this clock has been extended."""
    acts = (file.row["stages"] or {}).get("acts", {}).get(key, ())
    return sum(1 for act in acts if "amount" in act)


async def extendable(file: CaseFile) -> dict[Which, Clock]:
    """The clocks of the open step that can be extended."""
    found: dict[Which, Clock] = {}
    names: tuple[Which, ...] = ("step", "stage")
    for each in await running_clocks(file):
        for which in names:
            if each.key == clock_key(file, which):
                found[which] = each
    return found


@retried
async def extend_deadline(
    actor: Actor,
    case: int,
    which: Which,
    amount: int,
    unit: Unit,
    reason: str,
    *,
    discussed: bool = False,
    token: str = "",
) -> None:
    """Give a step or stage more time, counted and limited by the class's rule (C3-13)."""
    _must_approve(actor, "延期")
    reason = _checked_reason(reason, "延期")
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "extend"):
            return
        check_running(file)
        due = (await extendable(file)).get(which)
        if due is None:
            raise Refused("这个期限没有在计时，不能延期。")
        used = extensions_used(file, due.key)
        refusal = extension_refusal(
            file.row["power_class"], used=used, amount=amount, unit=unit, discussed=discussed
        )
        if refusal:
            raise Invalid({"amount": refusal})
        await extend_clock(due.id, Limit(amount, unit), reason, actor.name)
        note_clock_act(file, due.key, {"amount": amount, "unit": unit, "reason": reason})
        await keep_clock_acts(file)
        await execute("update cases_case set extensions = extensions + 1 where id = $1", case)
        await remember(file, actor, token, "extend")
        await hand_current_turn(file)
        word = "个工作日" if unit == "working" else "天"
        await _tell_clocks(
            file,
            actor,
            "extended",
            f"{due.title}延长 {amount} {word}{'（经集体讨论）' if discussed else ''}：{reason}",
        )


def extension_rule(power_class: str) -> tuple[int, Unit, str, int]:
    """What the class allows: days at most, unit, clause, times."""
    rule = EXTENSION_RULES.get(power_class, DEFAULT_EXTENSION)
    return rule.amount, rule.unit, rule.clause, rule.times


@retried
async def transfer_case(
    actor: Actor,
    case: int,
    to_person: int,
    on: date,
    reason: str,
    *,
    token: str = "",
) -> None:
    """Hand a case to another officer of the unit from a day on (C3-09).

    The new officer takes the place of the old one in the open step and in all that follow; what
    the old one did stays his.
    """
    reason = _checked_reason(reason, "移交")
    today = clock.today()
    if on < today:
        raise Invalid({"on": "移交日期不能早于今天。"})
    if on > today + timedelta(days=60):
        raise Invalid({"on": "移交日期最晚为 60 天以后。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "transfer"):
            return
        check_running(file)
        giver = file.row["lead"] or file.row["opened_by"]
        if actor.person not in (giver, file.row["opened_by"]) and not actor.approves:
            raise Refused("移交由现在的主办人、立案人或者负责人进行。")
        if to_person == giver:
            raise Invalid({"to_person": "本案现在就由这个人主办。"})
        if any(r["person"] == to_person for r in file.recusals):
            raise Refused("这个人已经申请回避，不能接手。")
        (person,) = await known_people(file, actor, [Choice(to_person)])
        open_steps = {file.row["step"]} | steps_ahead(file.definition, file.row["step"])
        mine = [o for o in file.officers if o["person"] == giver and o["step"] in open_steps]
        steps = {o["step"]: o["role"] for o in mine} or {file.row["step"]: "lead"}
        officers: tuple[Officer, ...] = ()
        for key, role in steps.items():
            step = file.definition.step(key)
            asked = await ask_about(
                file, step, [{"person": person.id, "name": person.name, "role": role}], on
            )
            if key == file.row["step"]:
                officers = asked.officers
            await execute(
                """update cases_authorisation set
                     valid_to = case when $4::date > $5::date then $4::date - 1 else valid_to end,
                     revoked_at = case when $4::date <= $5::date then $6::timestamptz end,
                     revoked_by = case when $4::date <= $5::date then $7::int8 end
                   where case_id = $1 and step = $2 and person = $3 and revoked_at is null""",
                case,
                key,
                giver,
                on,
                today,
                clock.now(),
                actor.person,
            )
            one = asked.officers[0]
            await execute(
                """insert into cases_authorisation (case_id, step, person, name, unit, role,
                     qualified, reason, number, valid_from, granted_at, granted_by, region_lo, org_lo)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                   on conflict do nothing""",
                case,
                key,
                one.person,
                one.name,
                person.unit,
                role,
                one.qualified,
                one.reason,
                one.number,
                on,
                clock.now(),
                actor.person,
                file.place.region_lo,
                file.place.org_lo,
            )
        await remember(file, actor, token, "transfer")
        loaded = await load_case(actor.scope, case)
        assert loaded is not None
        file.officers = loaded.officers
        await hand_current_turn(file, tell_lead=True)
        visit = file.open_visit
        step = file.step
        await tell(
            file,
            compose(
                file,
                actor,
                "transferred",
                visit=visit,
                step=step,
                clocks=await face_of(file, step.key, visit["number"] if visit else 0, step.stage),
                officers=officers or None,
                reason=f"自 {on.month}月{on.day}日 起由{person.name}主办：{reason}",
                approver=actor.person if actor.approves else 0,
            ),
        )
