# SPDX-License-Identifier: Apache-2.0
"""Pages of the 督办中心: lists, the tree of one order, the five acts, print."""

from collections.abc import Awaitable, Sequence
from datetime import date
from typing import Any

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.clock import now, today
from core.api.db import transaction
from core.api.deadlines import load_calendar, standing
from core.api.errors import Invalid, NotFound
from core.api.files import receive
from core.api.people import organisation
from core.api.settings import settings_of
from core.api.turns import holds
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    export,
    get,
    number_of,
    page,
    partial,
    post,
    printed,
    redirect,
    wants_xlsx,
)
from plugins.orders import figures, rules, services
from plugins.orders.forms import (
    AnswerForm,
    DecideForm,
    ExtendForm,
    IssueForm,
    ReasonForm,
    RelayForm,
    ReplyForm,
)
from plugins.orders.queries import find_order, listing_for, officers_of, order_of_alarm
from plugins.orders.rules import ISSUE, READ, RELAY, REPLY, WITHDRAW
from plugins.orders.services import load_matter, path_of
from plugins.orders.showing import Mine, View, role_of, view_of

MAX_ATTACHMENTS = 10
NONE_CHOSEN = "请至少选择一个报警。"


def _actor(request: Request) -> services.Actor:
    who = visitor(request)
    return services.Actor(who.scope, who.person_id, who.name, who.permissions, who.region.lo)


@get("/", guards=[requires(READ)])
async def list_orders(request: Request) -> Response:
    """新的督办, 办理中, 已回复的督办, 已撤销: of the role one acts in."""
    who = visitor(request)
    listing, where, args = listing_for(who)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await listing.export(request, who.scope, where=where, args=args)
            return await export(request, listing, found)
        shown = await listing.page(request, who.scope, where=where, args=args, tab_counts=True)
        calendar = await load_calendar(who.region.lo)
        balls = await holds([services.ref(row["id"]) for row in shown.rows], who)
    for row in shown.rows:
        row["hold"] = next(iter(balls.get(services.ref(row["id"]), ())), None)
        row["left"] = (
            standing(row["issued_at"], row["due_at"], "working", now(), calendar)
            if row["due_at"] and row["state"] in (rules.ISSUED, rules.RELAYED)
            else None
        )
        row["chip"] = rules.STATE_WORDS[row["state"]]
    return page(request, "orders/list.html", listing=shown, me=role_of(who))


# --- ① ---------------------------------------------------------------------------------------


def _ids(request: Request) -> list[int]:
    chosen = request.query_params.getall("id", [])
    return [n for each in chosen if (n := number_of(each)) is not None]


@get("/new", guards=[requires(ISSUE)])
async def new_order(request: Request) -> Response:
    """What the chosen alarms would become, before anything is sent."""
    return await _issue_page(request, _ids(request), None)


async def _issue_page(
    request: Request, alarms: Sequence[int], form: Bound[IssueForm] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        proposal = await services.propose_order(_actor(request), alarms)
        settings = await settings_of(services.OrderSettings, who.region.lo)
    return page(
        request,
        "orders/new.html",
        status=status,
        proposal=proposal,
        form=form,
        words=rules.alarm_words,
        kinds=rules.KIND_WORDS,
        days=settings.order1_reply_workdays,
    )


@post("/new", guards=[requires(ISSUE)])
async def issue_order(request: Request) -> Response:
    """① 发起督办."""
    form = await bind(request, IssueForm)
    if form.ok and not form.value.alarm:
        form.error("alarm", NONE_CHOSEN)
    if not form.ok:
        shown = form.all("offered") or form.all("alarm")
        return await _issue_page(
            request, [n for a in shown if (n := number_of(a)) is not None], form, 422
        )
    order = await services.issue_order(_actor(request), form.value.alarm, form.value.instruction)
    return redirect(request, path_of(order), message="督办已发出。")


# --- one order -------------------------------------------------------------------------------


async def _view(who: Visitor, order: int) -> View:
    found = await find_order(order, who.scope)
    if found is None:
        raise NotFound("没有找到这份督办，或者不在你的管理范围内。")
    if role_of(who) == "handler":
        matter = await services.load_own_branch(found, who.person_id)
        if matter is None:
            raise NotFound("没有找到这份督办，或者不是发给你的。")
    else:
        matter = await load_matter(found)
    view = await view_of(matter, who)
    if role_of(who) == "handler" and found["tier"] == 2:
        view.mine = found
    if role_of(who) == "department":
        department = await organisation(view.order["to_org"])
        if department is not None:
            view.handlers = [
                (p["id"], f"{p['name']}{'，' + p['position'] if p['position'] else ''}")
                for p in await officers_of(department.lo, department.hi)
            ]
    return view


async def _order_page(request: Request, order: int, status: int = 200, **forms: Any) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        view = await _view(who, order)
        issuer = await services.region_of_organ(view.order)
    known = {item["alarm"]: item for item in view.matter.items}
    kinds = {item["kind"] for item in known.values() if item["kind"]}
    suggested = {alarm: next(iter(item["handlers"] or ()), None) for alarm, item in known.items()}
    upper = view.order
    return page(
        request,
        "orders/detail.html",
        status=status,
        view=view,
        order=upper,
        causes=[(c.key, f"{c.title}（{c.nature}）") for c in rules.causes_for(kinds)],
        suggested=suggested,
        cannot={
            "relay": rules.why_not_relay(upper["state"]),
            "answer": rules.why_not_reply_upper(upper["state"], upper["round"], view.matter.lowers),
            "decide": rules.why_not_decide(upper["state"]),
        },
        mine=Mine(_actor(request).hand, issuer, view),
        chip=rules.STATE_WORDS[upper["state"]],
        form_of=forms.get,
        today=today(),
    )


@get("/{order:int}", guards=[requires(READ)])
async def show_order(request: Request, order: FromPath[int]) -> Response:
    """One order: whose turn, the tree of both tiers, the next act."""
    return await _order_page(request, order)


@get("/{order:int}/print", guards=[requires(READ)])
async def print_order(request: Request, order: FromPath[int]) -> Response:
    """The order as a paper (督办单)."""
    who = visitor(request)
    async with transaction(who.scope):
        view = await _view(who, order)
        shown = next(
            (o for o in (view.order, *view.matter.children) if o["id"] == order), view.order
        )
        seal = await printed(request, "orders.order", f"督办单 {shown['number']}")
    return page(
        request,
        "orders/print.html",
        view=view,
        order=shown,
        items=view.matter.items_of(shown["id"]),
        words=rules.alarm_words,
        kinds=rules.KIND_WORDS,
        causes=rules.CAUSE_BY_KEY,
        seal=seal,
    )


async def _act(
    request: Request, order: int, name: str, form: Bound[Any], act: Awaitable[Any], message: str
) -> Response:
    """Do an act of a form; what the service finds wrong stands beside its field."""
    try:
        await act
    except Invalid as error:
        for key, sentence in error.errors.items():
            form.error(key, sentence)
        return await _order_page(request, order, 422, **{name: form})
    return redirect(request, path_of(order), message=message)


@post("/{order:int}/receive", guards=[requires(READ)])
async def receive_order(request: Request, order: FromPath[int]) -> Response:
    """签收."""
    await services.receive_order(_actor(request), order)
    return redirect(request, path_of(order), message="已签收。")


@post("/{order:int}/relay", guards=[requires(RELAY)])
async def relay_order(request: Request, order: FromPath[int]) -> Response:
    """② 转办件人员."""
    form = await bind(request, RelayForm)
    if not form.ok:
        return await _order_page(request, order, 422, relay=form)
    value = form.value
    if len(value.alarm) != len(value.handler):
        form.error("handler", "每个报警选择一位办件人员。")
        return await _order_page(request, order, 422, relay=form)
    chosen = {a: h for a, h in zip(value.alarm, value.handler, strict=True) if h}
    if not chosen:
        form.error("handler", "请至少给一个报警选择办件人员。")
        return await _order_page(request, order, 422, relay=form)
    act = services.relay_order(_actor(request), order, value.instruction, chosen)
    return await _act(request, order, "relay", form, act, "已转给办件人员。")


@post("/{order:int}/reply", guards=[requires(REPLY)])
async def reply_order(request: Request, order: FromPath[int]) -> Response:
    """③ 办件人员回复."""
    who = visitor(request)
    form = await bind(request, ReplyForm)
    sent = form.files.get("file", [])
    if len(sent) > MAX_ATTACHMENTS:
        form.error("file", f"附件最多 {MAX_ATTACHMENTS} 份。")
    if not form.ok:
        return await _order_page(request, order, 422, reply=form)
    async with transaction(who.scope):
        await _view(who, order)  # nothing is taken in for an order one may not see
    try:
        received = [await receive(each, each.name) for each in sent]
    except Invalid as error:
        form.error("file", str(error))
        return await _order_page(request, order, 422, reply=form)
    act = services.reply_order(_actor(request), order, form.value.cause, form.value.text, received)
    return await _act(request, order, "reply", form, act, "已回复，转交部门监察室。")


@post("/{order:int}/answer", guards=[requires(RELAY)])
async def answer_order(request: Request, order: FromPath[int]) -> Response:
    """④ 回复监察机关."""
    form = await bind(request, AnswerForm)
    if not form.ok:
        return await _order_page(request, order, 422, answer=form)
    act = services.answer_order(
        _actor(request), order, form.value.text, confirmed=form.value.confirmed
    )
    return await _act(request, order, "answer", form, act, "已回复监察机关。")


@post("/{order:int}/return", guards=[requires(WITHDRAW)])
async def return_order(request: Request, order: FromPath[int]) -> Response:
    """退回再办."""
    form = await bind(request, ReasonForm)
    if not form.ok:
        return await _order_page(request, order, 422, returned=form)
    act = services.return_order(_actor(request), order, form.value.reason)
    return await _act(request, order, "returned", form, act, "已退回，部门重新办理。")


async def _decision(request: Request) -> Bound[DecideForm]:
    form = await bind(request, DecideForm)
    if not form.all("alarm"):
        form.error("alarm", NONE_CHOSEN)
    return form


@post("/{order:int}/revoke", guards=[requires(WITHDRAW)])
async def revoke_alarms(request: Request, order: FromPath[int]) -> Response:
    """⑤ 撤销报警."""
    form = await _decision(request)
    if not form.ok:
        return await _order_page(request, order, 422, decide=form)
    act = services.revoke_alarms(_actor(request), order, form.value.alarm, form.value.reason)
    return await _act(request, order, "decide", form, act, "报警已撤销。")


@post("/{order:int}/uphold", guards=[requires(WITHDRAW)])
async def uphold_alarms(request: Request, order: FromPath[int]) -> Response:
    """⑤ 维持."""
    form = await _decision(request)
    if not form.ok:
        return await _order_page(request, order, 422, decide=form)
    act = services.uphold_alarms(_actor(request), order, form.value.alarm, form.value.reason)
    return await _act(request, order, "decide", form, act, "报警已维持。")


@post("/{order:int}/extend", guards=[requires(READ)])
async def extend_order(request: Request, order: FromPath[int]) -> Response:
    """延长回复期限."""
    form = await bind(request, ExtendForm)
    if not form.ok:
        return await _order_page(request, order, 422, **{f"extend-{order}": form})
    act = services.extend_order(_actor(request), order, form.value.days, form.value.reason)
    return await _act(request, order, f"extend-{order}", form, act, "回复期限已延长。")


@post("/{order:int}/urge", guards=[requires(READ)])
async def urge_order(request: Request, order: FromPath[int]) -> Response:
    """催办."""
    await services.urge_order(_actor(request), order)
    return redirect(request, path_of(order), message="已催办。")


@get("/panels/alarm/{alarm:int}", guards=[requires(READ)])
async def alarm_panel(request: Request, alarm: FromPath[int]) -> Response:
    """The orders an alarm stood on, beside its proof."""
    who = visitor(request)
    async with transaction(who.scope):
        orders = await order_of_alarm(alarm)
    if role_of(who) == "handler":
        orders = [o for o in orders if o["tier"] == 2]
    return partial(
        request,
        "orders/_panel.html",
        orders=[{**o, "chip": rules.STATE_WORDS[o["state"]]} for o in orders],
    )


@get("/parts/analysis", guards=[requires(READ)])
async def analysis_part(request: Request) -> Response:
    """Orders in figures, for the page 监察分析."""
    who = visitor(request)
    asked = {key: _day(request.query_params.get(key, "")) for key in ("since", "until")}
    async with transaction(who.scope):
        found = await figures.by_department(who, asked["since"], asked["until"])
    return partial(request, "orders/_analysis.html", figures=found)


def _day(text: str) -> str:
    """A day of the address; what is none restricts nothing."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


ROUTES = (
    list_orders,
    new_order,
    issue_order,
    show_order,
    print_order,
    receive_order,
    relay_order,
    reply_order,
    answer_order,
    return_order,
    revoke_alarms,
    uphold_alarms,
    extend_order,
    urge_order,
    alarm_panel,
    analysis_part,
)
