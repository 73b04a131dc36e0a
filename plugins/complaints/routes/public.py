# SPDX-License-Identifier: Apache-2.0
"""The public's door: 投诉, 表扬, the receipt with its code, following up without an account."""

from datetime import date
from typing import Any

from core.api import clock
from core.api.access import public
from core.api.db import Place, reading, transaction
from core.api.errors import Invalid, NotFound, TooMany
from core.api.files import FORM_WITH_FILES, attachments, limits_of, waiting_uploads
from core.api.people import phone_problem
from core.api.sealing import carried, carry
from core.api.settings import settings_of
from core.api.web import (
    Bound,
    Request,
    Response,
    address_of,
    bind,
    get,
    limit,
    number_of,
    page,
    post,
    qr,
    redirect,
)
from plugins.complaints import queries, services, showing
from plugins.complaints.forms import CodeForm, PublicForm, WordForm
from plugins.complaints.queries.own import OWN as READING
from plugins.complaints.queries.public import doors, region_of
from plugins.complaints.routes.target import Target, target_of
from plugins.complaints.routes.words import NO_STORE, grouped, take
from plugins.complaints.rules import intake, receipts

ANYBODY = public("群众投诉、表扬和查询结果，不需要账号")
FIELD = "media"
SHOWN_FOR = 24 * 3600
"""How long the page that shows a new receipt code can be opened again."""


@get("/public", opt=ANYBODY)
async def door(request: Request) -> Response:
    """投诉, 表扬 or 查询."""
    limit(request, "complaints.page", times=60)
    async with transaction(READING):
        regions = await doors()
    return page(request, "complaints/public.html", regions=regions)


async def _form_page(
    request: Request,
    region_lo: int,
    target: Target,
    form: Bound[PublicForm] | None = None,
    status: int = 200,
) -> Response:
    async with transaction(READING):
        units = await queries.units_for(region_lo)
        path = await queries.region_path(region_lo)
        settings = await settings_of(services.ComplaintSettings, region_lo)
        limits = await limits_of(region_lo)
    if target.unit and not any(unit.id == target.unit.id for unit in units):
        o = target.unit
        units = [*units, intake.Unit(o.id, o.name, o.lo, o.hi)]
    return page(
        request,
        "complaints/public_new.html",
        status=status,
        headers=NO_STORE,
        form=form,
        target=target,
        region_id=request.query_params.get("region", "") or (form.get("region") if form else ""),
        region_name=path[-1].name if path else "",
        kind=request.query_params.get("kind", ""),
        bodies=grouped(units),
        types=[(each, each) for each in intake.types_of(settings.extra_types)],
        today=clock.today().isoformat(),
        can_seal=await services.may_be_sealed(region_lo),
        limits=limits,
        waiting=await waiting_uploads(request, FIELD) if form is not None else [],
    )


@get("/public/new", opt=ANYBODY)
async def new(request: Request) -> Response:
    """The form: by region, or filled from a scanned certificate."""
    limit(request, "complaints.page", times=60)
    asked = request.query_params
    target = await target_of(asked.get("code", ""))
    region_lo = await _region_lo(asked.get("region", ""), target)
    if not region_lo:
        return redirect(request, "/complaints/public", message="先选择事情发生在哪里。")
    return await _form_page(request, region_lo, target)


async def _region_lo(text: Any, target: Target) -> int:
    number = number_of(str(text or "")) or 0
    async with transaction(READING):
        chosen = await region_of(number) if number else 0
    if chosen:
        return chosen
    return target.unit.region_lo if target.unit else 0


@post("/public/new", opt=ANYBODY, request_max_body_size=FORM_WITH_FILES)
async def file(request: Request) -> Response:
    """提交."""
    limit(request, "complaints.file", times=10)
    form = await bind(request, PublicForm)
    target = await target_of(str(form.get("code") or ""))
    region_lo = await _region_lo(form.get("region"), target)
    if not region_lo:
        form.errors["region"] = "请选择事情发生在哪里。"
        return await _form_page(request, 0, target, form, 422)
    async with transaction(READING):
        units = await queries.units_for(region_lo)
        settings = await settings_of(services.ComplaintSettings, region_lo)
    if target.unit and not any(unit.id == target.unit.id for unit in units):
        o = target.unit
        units.append(intake.Unit(o.id, o.name, o.lo, o.hi))
    typed = str(form.get("body_name") or "")
    chosen = intake.choose(units, None, number_of(form.get("body") or ""), typed, needed=False)
    for name, sentence in chosen.faults:
        form.errors.setdefault(name, sentence)
    _check(form, settings.extra_types, chosen)
    if form.ok and (before := await services.filed_before(form.value.once)):
        return _filed(request, before)
    media = []
    try:
        media = await attachments(
            request, FIELD, place=Place(region_lo), purpose="complaints.media"
        )
    except Invalid as error:
        take(form, error.errors)
    if not form.ok:
        return await _form_page(request, region_lo, target, form, 422)
    value = form.value
    sealed = value.confidential == "sealed"
    try:
        filed = await services.file(
            services.public(value.name, value.phone, region_lo),
            services.Intake(
                value.kind,
                "officer" if target.officer else "act",
                value.enforcement_type,
                value.account.strip(),
                value.happened_on,
                chosen,
                sealed,
                officer=target.officer,
                officer_name=target.name,
                certificate=target.record,
                scanned=target.scanned,
                scanned_text=target.text,
                said_at=value.said_at,
            ),
            media,
            once=value.once,
        )
    except TooMany as error:
        form.error("", str(error))
        return await _form_page(request, region_lo, target, form, 429)
    return _filed(request, filed)


def _filed(request: Request, filed: services.Filed) -> Response:
    if filed.again and not filed.code:
        return redirect(
            request,
            "/complaints/public/follow",
            message=f"这份表已经提交过（{filed.number}），没有重复登记。请用当时的回执码查询。",
        )
    sealed_code = carry(request, {"c": filed.code, "n": filed.number})
    return redirect(request, f"/complaints/public/done?t={sealed_code}")


def _check(form: Bound[PublicForm], extra_types: str, chosen: intake.Chosen) -> None:
    try:
        day = date.fromisoformat(str(form.get("happened_on")))
    except ValueError:
        day = None
    if day is not None and (fault := intake.date_fault(day, clock.today())):
        form.errors.setdefault("happened_on", fault)
    kind = str(form.get("enforcement_type") or "")
    if kind and kind not in intake.types_of(extra_types):
        form.errors.setdefault("enforcement_type", "请从列表里选择执法类型。")
    phone = str(form.get("phone") or "").strip()
    if phone and (problem := phone_problem(phone)):
        form.errors.setdefault("phone", problem)
    named = bool(str(form.get("name") or "").strip() or phone)
    if named and form.get("confidential") not in ("open", "sealed"):
        form.errors.setdefault("confidential", "留了姓名或电话，请选择是否保密。")
    if not chosen.words and form.get("kind") == "praise":
        form.errors.setdefault("body_name", "表扬哪个单位？请选择或写明。")


@get("/public/done", opt=ANYBODY)
async def done(request: Request) -> Response:
    """The receipt with its code, once it has been filed. The code stands in no log and no row."""
    limit(request, "complaints.page", times=60)
    held = carried(request, request.query_params.get("t", ""), SHOWN_FOR)
    if not isinstance(held, dict) or not receipts.read_code(str(held.get("c", ""))):
        raise NotFound("这一页已经过期。请用回执码查询。")
    code = str(held["c"])
    async with transaction(READING):
        found = await queries.own_complaint(receipt=services.receipt_hash(code))
        thread = await queries.thread_of(found["id"]) if found else None
    if found is None or thread is None:
        raise NotFound("这一页已经过期。请用回执码查询。")
    address = address_of(request, f"/complaints/public/follow?code={code}")
    return page(
        request,
        "complaints/public_done.html",
        headers=NO_STORE,
        it=found,
        code=receipts.spaced(code),
        plain_code=code,
        code_drawn=qr(address, "扫码查询办理进度"),
        kind=intake.KINDS[found["kind"]],
        organ_name=thread["chain"][0]["organ_name"],
    )


@get("/public/follow", opt=ANYBODY)
async def follow(request: Request) -> Response:
    """Where the code is typed; a scanned slip fills it in."""
    limit(request, "complaints.page", times=60)
    code = receipts.read_code(request.query_params.get("code", ""))
    form = None
    return page(
        request,
        "complaints/public_follow.html",
        headers=NO_STORE,
        form=form,
        code=receipts.spaced(code) if code else "",
    )


async def _recognised(typed: str) -> dict[str, Any] | None:
    code = receipts.read_code(typed)
    # A code that cannot be one costs the same look-up, so that time tells nothing either.
    return await queries.own_complaint(receipt=services.receipt_hash(code or "0"))


def _counted(request: Request) -> None:
    # Before anything is looked up: whoever walks through codes is stopped, right or wrong. And
    # before a connection is taken: one that saw an error is closed, so that being refused would
    # cost the database a new one each time.
    limit(request, "complaints.follow", times=10)


@post("/public/follow", opt=ANYBODY, status_code=200)
async def show(request: Request) -> Response:
    """Where it stands, for whoever holds the code."""
    form = await bind(request, CodeForm)
    _counted(request)
    async with reading(READING):
        found = await _recognised(str(form.get("code") or ""))
        view = await showing.for_reporter(found) if found else None
    if found is None or view is None:
        form.error("code", "没有这个回执码。回执码是 16 位数字，请核对后再输。")
        return page(
            request,
            "complaints/public_follow.html",
            status=404,
            headers=NO_STORE,
            form=form,
            code=str(form.get("code") or ""),
        )
    await showing.note_seen(view)
    return _thread(request, view, receipts.read_code(str(form.get("code") or "")))


def _thread(
    request: Request,
    view: showing.Thread,
    code: str,
    form: Bound[WordForm] | None = None,
    status: int = 200,
    said: str = "",
) -> Response:
    return page(
        request,
        "complaints/public_thread.html",
        status=status,
        headers=NO_STORE,
        view=view,
        code=code,
        form=form,
        said=said,
        word_path="/complaints/public/words",
        receipt_path="/complaints/public/receipt",
        content_path="/complaints/public/content",
    )


@post("/public/words", opt=ANYBODY, status_code=200)
async def add_word(request: Request) -> Response:
    """补充说明, with the code."""
    form = await bind(request, WordForm)
    code = str(form.get("code") or "")
    _counted(request)
    async with transaction(READING):
        found = await _recognised(code)
        view = await showing.for_reporter(found) if found else None
    if found is None or view is None:
        raise NotFound("没有这个回执码。")
    await showing.note_seen(view)
    if not form.ok:
        return _thread(request, view, code, form, 422)
    await services.add_word(found, form.value.text)
    async with transaction(READING):
        view = await showing.for_reporter(found)
    return _thread(request, view, code, said="已补充。")


@post("/public/receipt", opt=ANYBODY, status_code=200)
async def receipt(request: Request) -> Response:
    """The signed receipt."""
    form = await bind(request, CodeForm)
    _counted(request)
    async with transaction(READING):
        found = await _recognised(str(form.get("code") or ""))
    if found is None:
        raise NotFound("没有这个回执码。")
    return showing.receipt_file(found)


@post("/public/content", opt=ANYBODY, status_code=200)
async def content(request: Request) -> Response:
    """What the receipt's digest covers."""
    form = await bind(request, CodeForm)
    _counted(request)
    async with transaction(READING):
        found = await _recognised(str(form.get("code") or ""))
        thread = await queries.thread_of(found["id"]) if found else None
    if found is None or thread is None:
        raise NotFound("没有这个回执码。")
    return showing.content_file(found, thread)


ROUTES = (door, new, file, done, follow, show, add_word, receipt, content)
