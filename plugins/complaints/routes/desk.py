# SPDX-License-Identifier: Apache-2.0
"""The bureau's pages: the register, one complaint, its acts."""

from collections.abc import Awaitable
from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.clock import now, today
from core.api.db import transaction
from core.api.deadlines import load_calendar, standing
from core.api.errors import Invalid, NotFound, TooMany
from core.api.turns import holds
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.complaints import queries, services
from plugins.complaints.forms import (
    ExtendForm,
    IdentifyForm,
    MatchForm,
    MergeForm,
    NoteForm,
    Nothing,
    PauseForm,
    PostponeForm,
    ReasonForm,
    RejectForm,
    RevealForm,
    TellForm,
    TransferForm,
)
from plugins.complaints.routes.words import NO_STORE, actor, grouped, take
from plugins.complaints.rules import HANDLE, READ, flow, intake
from plugins.complaints.services.matters import elsewhere
from plugins.complaints.services.noting import LEVELS
from plugins.complaints.showing import view_of


@get("/", guards=[requires(READ)])
async def register(request: Request) -> Response:
    """未处理, 已处理: the register of one's scope."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await queries.REGISTER.export(request, who.scope)
            return await export(request, queries.REGISTER, found)
        listing = await queries.REGISTER.page(request, who.scope, tab_counts=True)
        calendar = await load_calendar(who.region.lo)
        balls = await holds([services.ref(row["id"]) for row in listing.rows], who)
    for row in listing.rows:
        row["hold"] = next(iter(balls.get(services.ref(row["id"]), ())), None)
        row["chip"] = flow.STATES[row["state"]]
        row["left"] = (
            standing(
                row["started_at"],
                row["due_at"],
                "calendar",
                now(),
                calendar,
                paused=row["clock_state"] == "paused",
            )
            if row["due_at"] and row["state"] == flow.PUSHED
            else None
        )
    return page(
        request,
        "complaints/list.html",
        listing=listing,
        doors=intake.DOORS,
        kinds=intake.KINDS,
        targets=intake.TARGETS,
    )


async def detail_page(
    request: Request, complaint: int, status: int = 200, **forms: Any
) -> Response:
    """One complaint with its acts; a refused form stands open with what was typed.

    Among ``forms``, ``phone`` is the reporter's full number, for the one answer to whoever asked.
    """
    who = visitor(request)
    async with transaction(who.scope):
        it = await queries.find(complaint, who.scope)
        if it is None:
            raise NotFound("没有找到这件投诉举报，或者不在你的管理范围内。")
        view = await view_of(it, who)
        other = await elsewhere(who.region.lo, it) if HANDLE in who.permissions else ""
        may = HANDLE in who.permissions and not other
        if may and not view.cannot["transfer"]:
            view.bureaus = await queries.bureaus(it["organ"])
        if may and not it["body"] and it["state"] in flow.UNHANDLED:
            view.units = grouped(await queries.units_for(it["region_lo"]))
        if may and it["body"] and not view.cannot["identify"]:
            view.officers = await queries.officers_of(it["body"], it["officer"])
    return page(
        request,
        "complaints/detail.html",
        status=status,
        headers=NO_STORE,
        view=view,
        it=view.it,
        may=may,
        elsewhere=other,
        door=intake.DOORS[it["door"]],
        kind=intake.KINDS[it["kind"]],
        target=intake.TARGETS.get(it["target"], ""),
        scan=intake.SCANS[it["scanned"]],
        founded=list(services.FOUNDED.items()),
        founded_words=services.FOUNDED.get(it["founded"], ""),
        referrals=list(flow.REFERRALS.items()),
        rejections=list(flow.REJECTIONS.items()),
        levels=list(LEVELS.items()),
        form_of=forms.get,
        phone=forms.get("phone", ""),
        today=today(),
    )


@get("/{complaint:int}", guards=[requires(READ)])
async def show(request: Request, complaint: FromPath[int]) -> Response:
    """One complaint: what was said, where it stands, why it came here, the next act."""
    return await detail_page(request, complaint)


async def _act(
    request: Request,
    complaint: int,
    name: str,
    form: Bound[Any],
    act: Awaitable[Any],
    message: str,
) -> Response:
    try:
        await act
    except Invalid as error:
        take(form, error.errors)
        typed = [each for each in form.raw.values() if isinstance(each, str)]
        await services.note_guess(actor(request), complaint, *typed)
        return await detail_page(request, complaint, 422, **{name: form})
    return redirect(request, f"/complaints/{complaint}", message=message)


@post("/{complaint:int}/accept", guards=[requires(HANDLE)])
async def accept(request: Request, complaint: FromPath[int]) -> Response:
    """受理."""
    form = await bind(request, Nothing)
    act = services.accept(actor(request), complaint)
    return await _act(request, complaint, "accept", form, act, "已受理。")


@post("/{complaint:int}/transfer", guards=[requires(HANDLE)])
async def transfer(request: Request, complaint: FromPath[int]) -> Response:
    """移交."""
    form = await bind(request, TransferForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, transfer=form)
    value = form.value
    if value.referral == "bureau" and not value.organ:
        form.error("organ", "请选择接收的司法行政机关。")
        return await detail_page(request, complaint, 422, transfer=form)
    act: Awaitable[Any]
    if value.referral == "bureau":
        act = services.transfer_to_bureau(actor(request), complaint, value.organ or 0, value.reason)
    else:
        act = services.transfer(actor(request), complaint, value.referral, value.to, value.reason)
    return await _act(request, complaint, "transfer", form, act, "已移交。")


@post("/{complaint:int}/reject", guards=[requires(HANDLE)])
async def reject(request: Request, complaint: FromPath[int]) -> Response:
    """不予受理."""
    form = await bind(request, RejectForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, reject=form)
    act = services.reject(actor(request), complaint, form.value.ground, form.value.reason)
    return await _act(request, complaint, "reject", form, act, "已不予受理，理由告知举报人。")


@post("/{complaint:int}/tell", guards=[requires(HANDLE)])
async def tell(request: Request, complaint: FromPath[int]) -> Response:
    """告知结果."""
    form = await bind(request, TellForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, tell=form)
    act = services.tell_result(actor(request), complaint, form.value.founded, form.value.result)
    return await _act(request, complaint, "tell", form, act, "结果已告知举报人。")


@post("/{complaint:int}/extend", guards=[requires(HANDLE)])
async def extend(request: Request, complaint: FromPath[int]) -> Response:
    """延期."""
    form = await bind(request, ExtendForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, extend=form)
    value = form.value
    act = services.extend(actor(request), complaint, value.days, value.reason, value.approver)
    return await _act(request, complaint, "extend", form, act, "反馈期限已延长。")


@post("/{complaint:int}/pause", guards=[requires(HANDLE)])
async def pause(request: Request, complaint: FromPath[int]) -> Response:
    """中止计时."""
    form = await bind(request, PauseForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, pause=form)
    act = services.pause(actor(request), complaint, form.value.reason, form.value.approver)
    return await _act(request, complaint, "pause", form, act, "已中止计时。")


@post("/{complaint:int}/resume", guards=[requires(HANDLE)])
async def resume(request: Request, complaint: FromPath[int]) -> Response:
    """恢复计时."""
    form = await bind(request, Nothing)
    act = services.resume(actor(request), complaint)
    return await _act(request, complaint, "resume", form, act, "已恢复计时。")


@post("/{complaint:int}/notes", guards=[requires(HANDLE)])
async def note(request: Request, complaint: FromPath[int]) -> Response:
    """A remark at one of three levels."""
    form = await bind(request, NoteForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, note=form)
    act = services.note(actor(request), complaint, form.value.level, form.value.text)
    return await _act(request, complaint, "note", form, act, "备注已添加。")


@post("/{complaint:int}/match", guards=[requires(HANDLE)])
async def match(request: Request, complaint: FromPath[int]) -> Response:
    """匹配主体."""
    form = await bind(request, MatchForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, match=form)
    act = services.match_body(actor(request), complaint, form.value.body)
    return await _act(request, complaint, "match", form, act, "已匹配。")


@post("/{complaint:int}/identify", guards=[requires(HANDLE)])
async def identify(request: Request, complaint: FromPath[int]) -> Response:
    """认定执法人员."""
    form = await bind(request, IdentifyForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, identify=form)
    value = form.value
    act = services.identify_officer(actor(request), complaint, value.officer, value.reason)
    return await _act(request, complaint, "identify", form, act, "已认定，写入经过。")


@post("/{complaint:int}/merge", guards=[requires(HANDLE)])
async def merge(request: Request, complaint: FromPath[int]) -> Response:
    """并案."""
    form = await bind(request, MergeForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, merge=form)
    act = services.merge(actor(request), complaint, form.value.into)
    return await _act(request, complaint, "merge", form, act, "已并案，举报人的期限不变。")


@post("/{complaint:int}/supervise", guards=[requires(HANDLE)])
async def supervise(request: Request, complaint: FromPath[int]) -> Response:
    """提出监督建议."""
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, supervise=form)
    act = services.propose_supervision(actor(request), complaint, form.value.reason)
    return await _act(request, complaint, "supervise", form, act, "监督建议已提出。")


@post("/{complaint:int}/contact", guards=[requires(HANDLE)])
async def contact(request: Request, complaint: FromPath[int]) -> Response:
    """查看联系电话: for a reason, shown once, recorded."""
    form = await bind(request, RevealForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, contact=form)
    try:
        phone = await services.reveal_contact(actor(request), complaint, form.value.reason)
    except TooMany as error:
        form.error("reason", str(error))
        return await detail_page(request, complaint, 429, contact=form)
    return await detail_page(request, complaint, phone=phone)


@post("/{complaint:int}/identity", guards=[requires(HANDLE)])
async def identity(request: Request, complaint: FromPath[int]) -> Response:
    """申请打开身份."""
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, identity=form)
    act = services.ask_identity(actor(request), complaint, form.value.reason)
    return await _act(request, complaint, "identity", form, act, "已申请，等两位保管人同意。")


@post("/{complaint:int}/dispose", guards=[requires(HANDLE)])
async def dispose(request: Request, complaint: FromPath[int]) -> Response:
    """确认到期销毁."""
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, dispose=form)
    act = services.confirm(actor(request), complaint, form.value.reason)
    return await _act(
        request, complaint, "dispose", form, act, "已确认，内容即将销毁，留下编号和日期。"
    )


@post("/{complaint:int}/postpone", guards=[requires(HANDLE)])
async def postpone(request: Request, complaint: FromPath[int]) -> Response:
    """暂缓销毁."""
    form = await bind(request, PostponeForm)
    if not form.ok:
        return await detail_page(request, complaint, 422, postpone=form)
    act = services.postpone(actor(request), complaint, form.value.until, form.value.reason)
    return await _act(request, complaint, "postpone", form, act, "已暂缓。")


ROUTES = (
    register,
    show,
    accept,
    transfer,
    reject,
    tell,
    extend,
    pause,
    resume,
    note,
    match,
    identify,
    merge,
    supervise,
    contact,
    identity,
    dispose,
    postpone,
)
