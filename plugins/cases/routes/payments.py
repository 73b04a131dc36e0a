# SPDX-License-Identifier: Apache-2.0
"""缴款: payments with vouchers, instalments, what is owed, the surcharge."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid, JianduError
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect, unbound
from plugins.cases.forms import NoFields, PaymentForm, PlanForm
from plugins.cases.queries import path_of
from plugins.cases.rules.execution import PAYMENT_KINDS, Part, surcharge_ledger
from plugins.cases.rules.money import show_money
from plugins.cases.services import (
    Actor,
    PaymentEntry,
    add_voucher,
    approve_instalments,
    new_token,
    record_payment,
)
from plugins.cases.services.payments import account_of, execution_step
from plugins.cases.services.records import may_record
from plugins.cases.services.steps import reload

READ, HANDLE, APPROVE = "cases.case.read", "cases.case.handle", "cases.case.approve"
UPLOAD_LIMIT = 200 * 1024 * 1024


@get("/{case:int}/payments", guards=[requires(READ)])
async def show_payments(request: Request, case: FromPath[int]) -> Response:
    """Decided, paid, open, surcharge; every payment with its vouchers; the plan."""
    return await _payments_page(request, visitor(request), case)


async def _payments_page(
    request: Request,
    who: Visitor,
    case: int,
    *,
    form: Bound[PaymentForm] | None = None,
    plan: Bound[PlanForm] | None = None,
    status: int = 200,
) -> Response:
    actor = Actor.of(who)
    async with transaction(who.scope):
        file = await reload(actor, case)
        step = execution_step(file)
        why = ""
        if step is None:
            why = "这个事项没有执行环节。"
        elif not file.number_of(step.key):
            why = f"进入{step.title}环节以后才能登记缴款。"
        elif HANDLE not in actor.permissions:
            why = "你现在的角色只能查看案件。"
        else:
            try:
                may_record(file, actor, step)
            except JianduError as error:
                why = str(error)
    account = account_of(file, clock.today())
    payments: list[dict[str, Any]] = [
        {
            **p,
            "kind_title": dict(PAYMENT_KINDS).get(p["kind"], p["kind"]),
            "vouchers": [
                {
                    "id": e["id"],
                    "name": e["name"],
                    "href": f"/files/{e['file']}",
                    "sha256": e["sha256"],
                }
                for e in file.vouchers(p["id"])
                if e["voided_at"] is None
            ],
        }
        for p in file.payments
    ]
    planning = ""
    if step is None or not file.number_of(step.key):
        planning = why
    elif not actor.approves:
        planning = "延期或者分期缴纳由负责人批准。"
    elif file.row["state"] != "open":
        planning = "案件不在办理状态。"
    return page(
        request,
        "cases/payments.html",
        status=status,
        case=file.row,
        decision=file.row["decision"] or {},
        account=account,
        surcharges=[
            (p, lines) for p in account.parts if (lines := surcharge_ledger(p, clock.today()))
        ],
        plan_lines=file.instalments,
        payments=payments,
        form=form or unbound(PaymentForm, paid_on=clock.today(), token=new_token()),
        plan=plan or unbound(PlanForm, token=new_token()),
        kinds=PAYMENT_KINDS,
        why=why,
        plan_why=planning,
        show_money=show_money,
    )


@post("/{case:int}/payments", guards=[requires(HANDLE)], request_max_body_size=UPLOAD_LIMIT)
async def post_payment(request: Request, case: FromPath[int]) -> Response:
    """Record money received."""
    who = visitor(request)
    form = await bind(request, PaymentForm)
    if not form.ok:
        return await _payments_page(request, who, case, form=form, status=422)
    typed = form.value
    entry = PaymentEntry(typed.kind, typed.amount, typed.paid_on, typed.note, typed.token)
    try:
        await record_payment(Actor.of(who), case, entry, form.files.get("file", []))
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(name, sentence)
        return await _payments_page(request, who, case, form=form, status=422)
    return redirect(request, path_of(case, "payments"), message="缴款已登记。")


@post(
    "/{case:int}/payments/{payment:int}/vouchers",
    guards=[requires(HANDLE)],
    request_max_body_size=UPLOAD_LIMIT,
)
async def post_voucher(request: Request, case: FromPath[int], payment: FromPath[int]) -> Response:
    """Add a voucher to a payment."""
    who = visitor(request)
    form = await bind(request, NoFields)
    await add_voucher(Actor.of(who), case, payment, form.files.get("file", []))
    return redirect(request, path_of(case, "payments"), message="凭据已上传。")


@post("/{case:int}/instalments", guards=[requires(APPROVE)])
async def post_plan(request: Request, case: FromPath[int]) -> Response:
    """Approve payment later or in parts."""
    who = visitor(request)
    plan = await bind(request, PlanForm)
    if not plan.ok:
        return await _payments_page(request, who, case, plan=plan, status=422)
    parts = [Part(p.amount, p.due) for p in plan.value.parts]
    try:
        await approve_instalments(
            Actor.of(who), case, parts, plan.value.reason, token=plan.value.token
        )
    except Invalid as error:
        for name, sentence in error.errors.items():
            plan.error(name, sentence)
        return await _payments_page(request, who, case, plan=plan, status=422)
    return redirect(request, path_of(case, "payments"), message="已批准延期或者分期缴纳。")


PAYMENTS = (show_payments, post_payment, post_voucher, post_plan)
