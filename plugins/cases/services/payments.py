# SPDX-License-Identifier: Apache-2.0
"""Money under a decision: payments with vouchers, instalments, what is still owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api import clock
from core.api.db import execute, retried, rows, transaction, value
from core.api.deadlines import (
    Limit,
    clocks_of,
    extend_clock,
    lapsed,
    start_clock,
    stop_clock,
)
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import Received
from core.api.web import UploadedFile
from plugins.cases.queries import CaseFile
from plugins.cases.rules.definition import Step
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.execution import (
    PAYMENT_KINDS,
    Account,
    Paid,
    Part,
    account,
    plan_refusal,
)
from plugins.cases.rules.money import show_money
from plugins.cases.services.acting import (
    Actor,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    step_clock,
    tell,
)
from plugins.cases.services.records import bind_file, may_record, receive_all
from plugins.cases.services.turns import hand_current_turn

VOUCHER = "voucher"
VOUCHER_MB = 20


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """One payment as typed."""

    kind: str
    amount: int
    paid_on: date
    note: str = ""
    token: str = ""


def account_of(file: CaseFile, today: date) -> Account:
    """What the case owes today: the counting plan against everything paid."""
    parts = [Part(i["amount"], i["due"]) for i in file.instalments]
    if not parts:
        amount = (file.row["decision"] or {}).get("amount") or 0
        parts = [Part(amount, date.max)] if amount else []
    paid = [Paid(p["amount"], p["paid_on"], p["kind"]) for p in file.payments]
    return account(parts, paid, today)


def execution_step(file: CaseFile) -> Step | None:
    """The step in which payments are recorded."""
    found = file.definition.of_kind("execution")
    return found[0] if found else None


def _execution_visit(file: CaseFile) -> tuple[Step, dict[str, Any]]:
    step = execution_step(file)
    if step is None:
        raise Refused("这个事项没有执行环节，不登记缴款。")
    visits = [
        v for v in file.visits if v["step"] == step.key and v["state"] in ("open", "submitted")
    ]
    if not visits:
        raise Refused(f"还没有进入{step.title}环节，不能登记缴款。")
    return step, visits[-1]


async def record_payment(
    actor: Actor, case: int, entry: PaymentEntry, vouchers: Sequence[UploadedFile] = ()
) -> int:
    """Record money received, with its vouchers; 0 when the same form was posted before.

    A payment without voucher or of another amount than decided is recorded as it is: the
    difference is for the lamp to show, not for the form to hide.
    """
    errors = {}
    if entry.kind not in dict(PAYMENT_KINDS):
        errors["kind"] = "请选择款项的种类。"
    if entry.amount <= 0:
        errors["amount"] = "金额应当大于 0。"
    if entry.paid_on > clock.today():
        errors["paid_on"] = "缴款日期不能晚于今天。"
    if len(entry.note) > 300:
        errors["note"] = "说明最多 300 个字。"
    if errors:
        raise Invalid(errors)
    await _check_payable(actor, case)
    received = await receive_all(vouchers, "any", VOUCHER_MB, "file") if vouchers else []
    return await write_payment(actor, case, entry, received)


async def _check_payable(actor: Actor, case: int) -> None:
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        step, _visit = _execution_visit(file)
        may_record(file, actor, step)


@retried
async def write_payment(
    actor: Actor, case: int, entry: PaymentEntry, received: Sequence[Received]
) -> int:
    """Write a payment whose vouchers lie in the store already; see ``record_payment``."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(entry.token, "pay"):
            return 0
        step, visit = _execution_visit(file)
        may_record(file, actor, step)
        payment = int(
            await value(
                """insert into cases_payment (case_id, kind, amount, paid_on, note, recorded_at,
                     recorded_by, recorded_by_name, token, region_lo, org_lo)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning id""",
                case,
                entry.kind,
                entry.amount,
                entry.paid_on,
                clean_text(entry.note),
                clock.now(),
                actor.person,
                actor.name[:60],
                entry.token[:64],
                file.place.region_lo,
                file.place.org_lo,
            )
        )
        for each in received:
            await bind_file(file, actor, visit, VOUCHER, each, payment=payment)
        await remember(file, actor, entry.token, "pay")
        await _renew(file)
        await _settle_clocks(file)
        kind = dict(PAYMENT_KINDS)[entry.kind]
        await _tell_payment(
            file,
            actor,
            step,
            visit,
            f"{kind} {show_money(entry.amount)} 元，凭据 {len(received)} 份",
        )
        return payment


async def add_voucher(
    actor: Actor, case: int, payment: int, vouchers: Sequence[UploadedFile]
) -> None:
    """Add a voucher to a payment that was recorded without one."""
    await _check_payable(actor, case)
    received = await receive_all(vouchers, "any", VOUCHER_MB, "file")
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        step, visit = _execution_visit(file)
        may_record(file, actor, step)
        if not any(p["id"] == payment for p in file.payments):
            raise NotFound("没有找到这笔缴款。")
        for each in received:
            await bind_file(file, actor, visit, VOUCHER, each, payment=payment)
        await _renew(file)
        await _tell_payment(file, actor, step, visit, f"补传缴款凭据 {len(received)} 份")


async def _renew(file: CaseFile) -> None:
    file.payments = await rows(
        "select * from cases_payment where case_id = $1 order by paid_on, id", file.id
    )
    file.evidence = await rows(
        "select * from cases_evidence where case_id = $1 order by id", file.id
    )


async def _settle_clocks(file: CaseFile) -> None:
    """A part that is paid needs no clock any more."""
    state = account_of(file, clock.today())
    for number, part in enumerate(state.parts, start=1):
        if part.open > 0:
            continue
        for each in await clocks_of(file.subject):
            if each.key == f"payment:{number}" and each.state in ("running", "paused"):
                await stop_clock(each.id)


async def _tell_payment(
    file: CaseFile, actor: Actor, step: Step, visit: dict[str, Any], reason: str
) -> None:
    await tell(
        file,
        compose(
            file,
            actor,
            "payment_recorded",
            visit=visit,
            step=step,
            clocks=await face_of(file, step.key, visit["number"], step.stage),
            reason=reason,
        ),
    )


@retried
async def approve_instalments(
    actor: Actor, case: int, parts: Sequence[Part], reason: str, *, token: str = ""
) -> None:
    """Approve payment later or in parts (《行政处罚法》第六十六条); the last approval counts."""
    if not actor.approves:
        raise Refused("延期或者分期缴纳由负责人批准，你现在的角色没有批准权限。")
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明批准分期的理由。"})
    if len(reason) > 400:
        raise Invalid({"reason": "理由最多 400 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "instalments"):
            return
        step, visit = _execution_visit(file)
        if file.row["state"] != "open":
            raise Refused("案件不在办理状态，不能批准分期。")
        amount = (file.row["decision"] or {}).get("amount") or 0
        if not amount:
            raise Refused("决定没有金额，不需要分期。")
        refusal = plan_refusal(amount, parts, clock.today())
        if refusal:
            raise Invalid({"parts": refusal})
        plan = max((i["plan"] for i in file.instalments), default=0) + 1
        for part in parts:
            await execute(
                """insert into cases_instalment (case_id, plan, amount, due, approver,
                     approver_name, reason, region_lo, org_lo)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
                case,
                plan,
                part.amount,
                part.due,
                actor.person,
                actor.name[:60],
                reason,
                file.place.region_lo,
                file.place.org_lo,
            )
        file.instalments = await rows(
            "select * from cases_instalment where case_id = $1 and plan = $2 order by due",
            case,
            plan,
        )
        await _restart_clocks(file, parts)
        await _give_step_time(file, actor, parts, reason)
        await remember(file, actor, token, "instalments")
        days = "、".join(f"{p.due.month}月{p.due.day}日 {show_money(p.amount)} 元" for p in parts)
        await tell(
            file,
            compose(
                file,
                actor,
                "extended",
                visit=visit,
                step=step,
                clocks=await face_of(file, step.key, visit["number"], step.stage),
                reason=f"批准延期或者分期缴纳（{days}）：{reason}",
                approver=actor.person,
            ),
        )


async def _give_step_time(file: CaseFile, actor: Actor, parts: Sequence[Part], reason: str) -> None:
    """The step lasts until the last part is due: a plan that is kept must not look overdue."""
    last = max(part.due for part in parts)
    visit = file.open_visit
    step_key = step_clock(file.row["step"], visit["number"] if visit else 0)
    for each in await clocks_of(file.subject):
        running = each.state == "running" and not lapsed(each.due_at, clock.now())
        if each.key == step_key and running:
            # An extension of calendar days counts from the date before it moved off a rest day.
            plain = clock.local(each.started_at).date() + timedelta(days=each.limit.amount)
            moved = each.limit.unit == "calendar" and not (each.ever_paused or each.extensions)
            days = (last - (plain if moved else each.due_day)).days
            if days > 0:
                await extend_clock(
                    each.id, Limit(days, "calendar"), f"批准分期缴纳：{reason}", actor.name
                )
    await hand_current_turn(file)


async def _restart_clocks(file: CaseFile, parts: Sequence[Part]) -> None:
    for each in await clocks_of(file.subject):
        if each.key.startswith("payment:") and each.stopped_at is None:
            await stop_clock(each.id)
    today = clock.today()
    started = datetime.combine(today, time(0), clock.SHANGHAI)
    for number, part in enumerate(parts, start=1):
        days = (part.due - today).days
        await start_clock(
            file.subject,
            f"payment:{number}",
            f"缴纳第 {number} 期",
            Limit(max(days, 1), "calendar"),
            file.place,
            started_at=started,
        )
