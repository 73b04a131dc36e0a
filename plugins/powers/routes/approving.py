# SPDX-License-Identifier: Apache-2.0
"""The acts on a draft: 送法制审核, 送审, 初审, 审定, returns, trial, renewal, withdrawal."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.web import Bound, Request, Response, bind, post, redirect
from plugins.powers.forms.drafts import PassForm, ReasonForm
from plugins.powers.routes.content import actor
from plugins.powers.routes.drafts import draft_page
from plugins.powers.rules import approval as rules
from plugins.powers.services import approving, drafting
from plugins.powers.services.drafting import Actor

Act = Callable[[Actor, PassForm], Awaitable[object]]


async def _pass(request: Request, draft: int, name: str, act: Act, said: str) -> Response:
    """Do an act that needs no more than what was on the screen."""
    form = await bind(request, PassForm)
    if not form.ok:
        return await draft_page(request, draft, 422, **{name: form})
    await act(actor(visitor(request)), form.value)
    return redirect(request, f"/powers/drafts/{draft}", message=said)


async def _return(request: Request, draft: int, state: str) -> Response:
    form: Bound[Any] = await bind(request, ReasonForm)
    if not form.ok:
        return await draft_page(request, draft, 422, returned=form)
    value = form.value
    await approving.return_draft(
        actor(visitor(request)), draft, state, value.revision, value.reason
    )
    return redirect(request, f"/powers/drafts/{draft}", message="已退回，理由已经告诉对方。")


@post("/drafts/{draft:int}/legal", guards=[requires(rules.EDIT)])
async def ask_legal_office(request: Request, draft: FromPath[int]) -> Response:
    """送法制审核."""
    return await _pass(
        request,
        draft,
        "legal",
        lambda who, form: approving.ask_legal_office(who, draft, form.revision),
        "已送法制机构审核流程、表单和文书。",
    )


@post("/drafts/{draft:int}/legal/pass", guards=[requires(rules.LEGAL_REVIEW)])
async def pass_legal(request: Request, draft: FromPath[int]) -> Response:
    """法制审核通过."""
    return await _pass(
        request,
        draft,
        "check",
        lambda who, form: approving.pass_legal(who, draft, form.revision, form.opinion),
        "审核通过，可以送审了。",
    )


@post("/drafts/{draft:int}/legal/return", guards=[requires(rules.LEGAL_REVIEW)])
async def return_from_legal(request: Request, draft: FromPath[int]) -> Response:
    """法制审核退回."""
    return await _return(request, draft, rules.LEGAL)


@post("/drafts/{draft:int}/submit", guards=[requires(rules.SUBMIT)])
async def submit_draft(request: Request, draft: FromPath[int]) -> Response:
    """① 送审."""
    return await _pass(
        request,
        draft,
        "submit",
        lambda who, form: approving.submit_draft(who, draft, form.revision),
        "已送审，由部门监察室初审。",
    )


@post("/drafts/{draft:int}/recall", guards=[requires(rules.SUBMIT)])
async def recall_draft(request: Request, draft: FromPath[int]) -> Response:
    """撤回送审."""
    return await _pass(
        request,
        draft,
        "recall",
        lambda who, form: approving.recall_draft(who, draft, form.revision),
        "已撤回送审，改好以后重新送审。",
    )


@post("/drafts/{draft:int}/first/pass", guards=[requires(rules.FIRST_REVIEW)])
async def pass_first(request: Request, draft: FromPath[int]) -> Response:
    """② 初审通过."""
    return await _pass(
        request,
        draft,
        "first",
        lambda who, form: approving.pass_first(who, draft, form.revision, form.opinion),
        "初审通过，已自动转监察机关审定。",
    )


@post("/drafts/{draft:int}/first/return", guards=[requires(rules.FIRST_REVIEW)])
async def return_from_first(request: Request, draft: FromPath[int]) -> Response:
    """② 初审退回."""
    return await _return(request, draft, rules.FIRST)


@post("/drafts/{draft:int}/final/approve", guards=[requires(rules.FINAL_REVIEW)])
async def approve_draft(request: Request, draft: FromPath[int]) -> Response:
    """③ 审定."""
    return await _pass(
        request,
        draft,
        "final",
        lambda who, form: approving.approve_draft(who, draft, form.revision, form.opinion),
        "已审定，新版生效。",
    )


@post("/drafts/{draft:int}/final/return", guards=[requires(rules.FINAL_REVIEW)])
async def return_from_final(request: Request, draft: FromPath[int]) -> Response:
    """③ 审定退回."""
    return await _return(request, draft, rules.FINAL)


@post("/drafts/{draft:int}/trial", guards=[requires(rules.READ)])
async def request_trial(request: Request, draft: FromPath[int]) -> Response:
    """试运行."""
    return await _pass(
        request,
        draft,
        "trial",
        lambda who, form: approving.request_trial(who, draft, form.revision),
        "试运行已经开始，结果在这一页上。",
    )


@post("/drafts/{draft:int}/renew", guards=[requires(rules.EDIT)])
async def renew_draft(request: Request, draft: FromPath[int]) -> Response:
    """Bring the version in force into the draft."""
    return await _pass(
        request,
        draft,
        "renew",
        lambda who, form: drafting.renew_draft(who, draft, form.revision),
        "新版已经并进草稿。",
    )


@post("/drafts/{draft:int}/withdraw", guards=[requires(rules.EDIT)])
async def withdraw_draft(request: Request, draft: FromPath[int]) -> Response:
    """撤回."""
    await drafting.withdraw_draft(actor(visitor(request)), draft)
    return redirect(request, f"/powers/drafts/{draft}", message="草稿已撤回。")


ROUTES = (
    ask_legal_office,
    pass_legal,
    return_from_legal,
    submit_draft,
    recall_draft,
    pass_first,
    return_from_first,
    approve_draft,
    return_from_final,
    request_trial,
    renew_draft,
    withdraw_draft,
)
