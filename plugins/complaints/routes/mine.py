# SPDX-License-Identifier: Apache-2.0
"""The supervisor's door: own list, 新增, one of his own (S0-12 … S0-16)."""

from datetime import date
from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import Place, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import FORM_WITH_FILES, attachments, limits_of, waiting_uploads
from core.api.settings import settings_of
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    limit,
    number_of,
    page,
    partial,
    post,
    redirect,
)
from plugins.complaints import queries, services, showing
from plugins.complaints.forms import SupervisorForm, WordForm
from plugins.complaints.queries.own import OWN as READING
from plugins.complaints.routes.target import Target, target_of
from plugins.complaints.routes.words import NO_STORE, grouped, options, take
from plugins.complaints.rules import FOLLOW, OWN, flow, intake
from plugins.complaints.services.reporters import aliases_of

FIELD = "media"
TABS = {"news": "有新进展", "open": "未处理", "done": "已处理"}


@get("/mine", guards=[requires(FOLLOW)])
async def own_list(request: Request) -> Response:
    """未处理 and 已处理, exactly as S0-14; before them, while there are any, those with news.

    Who comes by the number beside the menu finds the list it counts.
    """
    own = aliases_of(visitor(request).person_id)
    lists = {
        "news": await queries.own_news(own),
        "open": await queries.own_list(own, done=False),
        "done": await queries.own_list(own, done=True),
    }
    for found in lists.values():
        for each in found:
            each["chip"] = flow.STATES[each["now_state"]]
            each["words"] = flow.reporter_words(
                each["now_state"], late=each["now_late"], organ=each["now_organ"]
            )
            each["fresh"] = each["news"] or each["later_news"]
    tab = request.query_params.get("tab", "")
    if tab not in lists or (tab == "news" and not lists["news"]):
        tab = "news" if lists["news"] else "open"
    return page(
        request,
        "complaints/mine.html",
        rows=lists[tab],
        tab=tab,
        may_file=visitor(request).may(OWN),
        tab_items=[
            {
                "title": title,
                "url": f"/complaints/mine?tab={name}",
                "count": len(lists[name]),
                "current": name == tab,
            }
            for name, title in TABS.items()
            if name != "news" or lists["news"]
        ],
    )


@get("/mine/panels/{person:int}", guards=[requires(FOLLOW)])
async def own_panel(request: Request, person: FromPath[int]) -> Response:
    """On 我的, for whoever hands in nothing any more: the way to what he handed in."""
    who = visitor(request)
    if person != who.person_id:
        raise NotFound
    own = aliases_of(who.person_id)
    count = 0
    if not who.may(OWN):
        count = len(await queries.own_list(own, done=False))
        count += len(await queries.own_list(own, done=True))
    return partial(request, "complaints/_earlier.html", count=count)


async def _form_page(
    request: Request,
    *,
    form: Bound[SupervisorForm] | None = None,
    target: Target | None = None,
    status: int = 200,
    **context: Any,
) -> Response:
    who = visitor(request)
    if target is None:
        asked = request.query_params
        record = number_of(asked.get("id", "")) or 0
        target = await target_of(asked.get("code", "")[:400], record)
    async with transaction(READING):
        units = await queries.units_for(who.region.lo)
        organs = await queries.region_path(who.region.lo)
        settings = await settings_of(services.ComplaintSettings, who.region.lo)
        limits = await limits_of(who.region.lo)
        known = await queries.organs_of([each.lo for each in organs])
    bureau = next((known[p.lo].name for p in reversed(organs) if p.lo in known), "")
    if target.unit and not any(unit.id == target.unit.id for unit in units):
        extra = [o for o in (target.department, target.unit) if o is not None]
        units = [*units, *(intake.Unit(o.id, o.name, o.lo, o.hi) for o in extra)]
    return page(
        request,
        "complaints/new.html",
        status=status,
        # The blank form is kept on the phone: it is opened where there is no line.
        headers=NO_STORE if form is not None or request.query_params else None,
        form=form,
        target=target,
        departments=options(units),
        bodies=grouped(units),
        types=[(each, each) for each in intake.types_of(settings.extra_types)],
        today=clock.today().isoformat(),
        bureau=bureau or "司法行政机关",
        can_seal=await services.may_be_sealed(who.region.lo),
        limits=limits,
        waiting=await waiting_uploads(request, FIELD) if form is not None else [],
        **context,
    )


@get("/new", guards=[requires(OWN)])
async def new(request: Request) -> Response:
    """新增举报; a scanned officer is filled in."""
    return await _form_page(request)


@post("/new", guards=[requires(OWN)], request_max_body_size=FORM_WITH_FILES)
async def file(request: Request) -> Response:
    """提交."""
    limit(request, "complaints.file", times=20)
    who = visitor(request)
    form = await bind(request, SupervisorForm)
    record = number_of(form.get("record") or "") or 0
    target = await target_of(str(form.get("code") or ""), record)
    async with transaction(READING):
        units = await queries.units_for(who.region.lo)
        settings = await settings_of(services.ComplaintSettings, who.region.lo)
    if target.unit:
        extra = [o for o in (target.department, target.unit) if o is not None]
        units += [
            intake.Unit(o.id, o.name, o.lo, o.hi)
            for o in extra
            if not any(unit.id == o.id for unit in units)
        ]
    chosen = intake.choose(
        units,
        number_of(form.get("department") or ""),
        number_of(form.get("body") or ""),
        str(form.get("body_name") or ""),
        needed=True,
    )
    for name, sentence in chosen.faults:
        form.errors.setdefault(name, sentence)
    _check(form, settings.extra_types)
    if form.ok and (before := await services.filed_before(form.value.once)):
        return _filed(request, before)
    media = []
    try:
        media = await attachments(
            request, FIELD, place=Place(who.region.lo), purpose="complaints.media"
        )
    except Invalid as error:
        take(form, error.errors)
    if not form.ok:
        return await _form_page(request, form=form, target=target, status=422)
    value = form.value
    reporter = await services.supervisor(
        who.person_id, who.user_id, who.name, who.login, who.region.lo
    )
    try:
        filed = await services.file(
            reporter,
            services.Intake(
                intake.COMPLAINT,
                value.target,
                value.enforcement_type,
                value.account.strip(),
                value.happened_on,
                chosen,
                value.confidential == "sealed",
                value.told_on_site,
                value.wants_procedure,
                target.officer,
                target.name,
                target.record,
                target.scanned,
                target.text,
                value.said_at,
            ),
            media,
            once=value.once,
        )
    except Refused as error:
        # Recused, or the term is over, since the form was opened: said where the words stand.
        form.error("", str(error))
        return await _form_page(request, form=form, target=target, status=409)
    return _filed(request, filed)


def _filed(request: Request, filed: services.Filed) -> Response:
    words = (
        "这份举报已经提交过。"
        if filed.again
        else f"已提交给{filed.organ_name or '司法行政机关'}，编号 {filed.number}。"
    )
    return redirect(request, f"/complaints/mine/{filed.id}", message=words)


def _check(form: Bound[Any], extra_types: str) -> None:
    happened = form.get("happened_on")
    try:
        day = date.fromisoformat(str(happened))
    except ValueError:
        day = None
    if day is not None and (fault := intake.date_fault(day, clock.today())):
        form.errors.setdefault("happened_on", fault)
    kind = str(form.get("enforcement_type") or "")
    if kind and kind not in intake.types_of(extra_types):
        form.errors.setdefault("enforcement_type", "请从列表里选择执法类型。")


async def _own(request: Request, complaint: int) -> dict[str, Any]:
    async with transaction(READING):
        found = await queries.own_complaint(
            complaint=complaint, aliases=aliases_of(visitor(request).person_id)
        )
    if found is None:
        raise NotFound("没有找到这件举报，或者不是你提交的。")
    return found


async def _own_page(
    request: Request, complaint: int, form: Bound[WordForm] | None = None, status: int = 200
) -> Response:
    found = await _own(request, complaint)
    async with transaction(READING):
        view = await showing.for_reporter(found)
    await showing.note_seen(view)
    return page(
        request,
        "complaints/own.html",
        status=status,
        headers=NO_STORE,
        view=view,
        form=form,
        code="",
        word_path=f"/complaints/mine/{complaint}/words",
        receipt_path=f"/complaints/mine/{complaint}/receipt",
        content_path=f"/complaints/mine/{complaint}/content",
    )


@get("/mine/{complaint:int}", guards=[requires(FOLLOW)])
async def own_one(request: Request, complaint: FromPath[int]) -> Response:
    """One of his own: where it stands, the result, the receipt."""
    return await _own_page(request, complaint)


@post("/mine/{complaint:int}/words", guards=[requires(FOLLOW)])
async def add_word(request: Request, complaint: FromPath[int]) -> Response:
    """补充说明."""
    found = await _own(request, complaint)
    form = await bind(request, WordForm)
    if not form.ok:
        return await _own_page(request, complaint, form, 422)
    await services.add_word(found, form.value.text, actor=visitor(request).user_id)
    return redirect(request, f"/complaints/mine/{complaint}", message="已补充。")


@get("/mine/{complaint:int}/receipt", guards=[requires(FOLLOW)])
async def receipt(request: Request, complaint: FromPath[int]) -> Response:
    """The signed receipt as a text file."""
    return showing.receipt_file(await _own(request, complaint))


@get("/mine/{complaint:int}/content", guards=[requires(FOLLOW)])
async def content(request: Request, complaint: FromPath[int]) -> Response:
    """What the receipt's digest covers, so that the holder can prove it."""
    found = await _own(request, complaint)
    async with transaction(READING):
        thread = await queries.thread_of(found["id"])
    return showing.content_file(found, thread)


ROUTES = (own_list, own_panel, new, file, own_one, add_word, receipt, content)
