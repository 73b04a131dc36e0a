# SPDX-License-Identifier: Apache-2.0
"""Pages of the officer register, and the public page behind every certificate's QR code."""

from typing import Any

import msgspec
from litestar.params import FromPath

from core.api import clock
from core.api.access import public, requires, visitor
from core.api.db import Scope, SubjectRef, transaction
from core.api.errors import Invalid, NotFound
from core.api.gates import decide
from core.api.imports import SheetError, take_sheet
from core.api.people import organisations_in
from core.api.web import (
    Column,
    Request,
    Response,
    UploadedFile,
    address_of,
    bind,
    export,
    get,
    limit,
    page,
    post,
    public_actions,
    qr_file,
    redirect,
    wants_xlsx,
    xlsx_response,
)
from plugins.certificates import services
from plugins.certificates.forms import CertificateForm, ImportForm, OfficerForm, StateForm
from plugins.certificates.queries import (
    OFFICERS,
    STANDINGS,
    as_card,
    batch_of,
    batches_in,
    cards_of,
    certificates_of,
    find_officer,
    officer_of_certificate,
    public_certificate,
)
from plugins.certificates.rules import STATES, judge_card, judge_person
from plugins.certificates.sheet import SHEET

READ, REGISTER = "certificates.officer.read", "certificates.officer.register"
HEADLINES = {
    "expired": "证件已过期",
    "not_yet": "证件尚未生效",
    "not_inspected": "证件未年审",
    "suspended": "证件暂扣中",
    "revoked": "证件已吊销",
    "cancelled": "证件已注销",
}
BODIES = ("department", "body", "second", "entrusted")


ASPECTS = {"complaints": "投诉处理", "training": "培训", "exams": "考试"}
"""What the plugins that may speak at an annual review are about, in words."""


@get("/", guards=[requires(READ)])
async def list_officers(request: Request) -> Response:
    """The officers of one's scope, with where their cards stand today."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            return await export(request, OFFICERS, await OFFICERS.export(request, who.scope))
        listing = await OFFICERS.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "certificates/list.html",
        listing=listing,
        standings=STANDINGS,
        may_register=REGISTER in who.permissions,
    )


async def _units(scope: Scope) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in await organisations_in(scope, kinds=BODIES)]


@get("/officers/new", guards=[requires(REGISTER)])
async def new_officer(request: Request) -> Response:
    """The form for entry by hand."""
    async with transaction(visitor(request).scope):
        units = await _units(visitor(request).scope)
    return page(request, "certificates/new.html", form=None, organisations=units)


@post("/officers/new", guards=[requires(REGISTER)])
async def register_officer(request: Request) -> Response:
    """Register an officer; what was typed stays when something is wrong."""
    who = visitor(request)
    form = await bind(request, OfficerForm)
    async with transaction(who.scope):
        units = await _units(who.scope)
        if form.ok and form.value.organisation not in {unit for unit, _ in units}:
            form.error("organisation", "请选择本单位范围内的单位。")
    if form.ok:
        try:
            async with transaction(who.scope):
                officer = await services.register_officer(form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(
                request, f"/certificates/officers/{officer}", message="执法人员已登记。"
            )
    return page(request, "certificates/new.html", status=422, form=form, organisations=units)


@get("/officers/{officer:int}", guards=[requires(READ)])
async def show_officer(request: Request, officer: FromPath[int]) -> Response:
    """One officer with cards, their states by day, and readiness for the annual review."""
    return await _officer_page(request, officer)


async def _officer_page(request: Request, officer: int, **context: Any) -> Response:
    who, today = visitor(request), clock.today()
    async with transaction(who.scope):
        found = await find_officer(officer, who.scope)
        if found is None:
            raise NotFound
        cards = await certificates_of(officer)
        standing = judge_person((await cards_of([found["person"]])).get(found["person"], []), today)
        subject = SubjectRef("core.person", found["person"])
        verdict = await decide("certificates.annual_review", [subject], today)
    return page(
        request,
        "certificates/officer.html",
        **{
            "status": 200,
            "officer": found,
            "cards": cards,
            "standing": standing,
            "states": STATES,
            "may_register": REGISTER in who.permissions,
            "form": None,
            "state_form": None,
            "state_of": 0,
            "today": today,
            "blockers": verdict.blockers.get(subject, ()),
            "silent": [ASPECTS.get(name, name) for name in verdict.silent],
            **context,
        },
    )


@post("/officers/{officer:int}/cards", guards=[requires(REGISTER)])
async def register_certificate(request: Request, officer: FromPath[int]) -> Response:
    """Register a certificate for an officer."""
    form = await bind(request, CertificateForm)
    if form.ok:
        try:
            async with transaction(visitor(request).scope):
                await services.register_certificate(officer, form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(request, f"/certificates/officers/{officer}", message="执法证已登记。")
    return await _officer_page(request, officer, status=422, form=form)


@post("/cards/{certificate:int}/state", guards=[requires(REGISTER)])
async def change_state(request: Request, certificate: FromPath[int]) -> Response:
    """Suspend, revoke, cancel or restore a certificate."""
    who = visitor(request)
    form = await bind(request, StateForm)
    async with transaction(who.scope):
        officer = await officer_of_certificate(certificate, who.scope)
    if officer is None:
        raise NotFound
    if form.ok:
        try:
            async with transaction(who.scope):
                await services.change_state(certificate, form.value)
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        else:
            return redirect(
                request, f"/certificates/officers/{officer}", message="证件状态已变更。"
            )
    return await _officer_page(request, officer, status=422, state_form=form, state_of=certificate)


# --- imports ---------------------------------------------------------------------------------


@get("/imports", guards=[requires(REGISTER)])
async def show_imports(request: Request) -> Response:
    """Where a sheet is chosen, and the imports before."""
    return await _imports_page(request)


async def _imports_page(request: Request, *, form: Any = None, status: int = 200) -> Response:
    scope = visitor(request).scope
    async with transaction(scope):
        units, batches = await _units(scope), await batches_in(scope)
    return page(
        request,
        "certificates/imports.html",
        status=status,
        form=form,
        organisations=units,
        batches=batches,
    )


@get("/imports/template.xlsx", guards=[requires(REGISTER)])
async def send_template(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
    """The sheet to fill in: the right headings and one example."""
    columns = [Column(one.key, one.names[0], width=20) for one in SHEET]
    example = {
        "name": "张三",
        "id_number": "11010519491231002X",
        "position": "执法员",
        "category": "市场监管",
        "number": "15082204001",
        "valid_from": "2023-07-01",
        "valid_until": "2028-06-30",
    }
    return await xlsx_response("执法人员导入模板", columns, [example])


@post("/imports", guards=[requires(REGISTER)])
async def preview_import(request: Request) -> Response:
    """Read a sheet and show what would happen."""
    who = visitor(request)
    form = await bind(request, ImportForm)
    files: list[UploadedFile] = form.files.get("file", [])
    if not files or not files[0].size:
        form.error("file", "请选择名册。")
    async with transaction(who.scope):
        units = {unit for unit, _ in await _units(who.scope)}
    if form.ok and form.value.organisation not in units:
        form.error("organisation", "请选择本单位范围内的单位。")
    if form.ok:
        content = await files[0].read()
        try:
            sheet = await take_sheet(content, SHEET, filename=files[0].name)
        except SheetError as error:
            form.error("file", str(error))
        else:
            async with transaction(who.scope):
                batch = await services.preview_import(
                    form.value.organisation, sheet, content, files[0].name
                )
            return redirect(request, f"/certificates/imports/{batch}")
    return await _imports_page(request, form=form, status=422)


@get("/imports/{batch:int}", guards=[requires(REGISTER)])
async def show_batch(request: Request, batch: FromPath[int]) -> Response:
    """The preview of a sheet, or what came of it."""
    scope = visitor(request).scope
    async with transaction(scope):
        found = await batch_of(batch, scope)
    if found is None:
        raise NotFound
    faults = {int(row): texts for row, texts in msgspec.json.decode(found["faults"]).items()}
    lines = msgspec.json.decode(found["rows"])
    return page(
        request,
        "certificates/batch.html",
        batch=found,
        lines=lines,
        faults=faults,
        good=sum(1 for line in lines if line["row"] not in faults),
    )


@post("/imports/{batch:int}/apply", guards=[requires(REGISTER)])
async def apply_import(request: Request, batch: FromPath[int]) -> Response:
    """Register the good rows."""
    await bind(request, Nothing)
    async with transaction(visitor(request).scope):
        made = await services.apply_import(batch)
    return redirect(request, f"/certificates/imports/{batch}", message=f"已登记 {made} 人。")


@post("/imports/{batch:int}/undo", guards=[requires(REGISTER)])
async def undo_import(request: Request, batch: FromPath[int]) -> Response:
    """Take an import back."""
    await bind(request, Nothing)
    async with transaction(visitor(request).scope):
        gone = await services.undo_import(batch)
    return redirect(request, f"/certificates/imports/{batch}", message=f"已撤销 {gone} 人的登记。")


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""


# --- what anybody may read -------------------------------------------------------------------

ANYBODY = public("群众扫码核验执法证件，不需要登录")


@get("/check/{token:str}", opt=ANYBODY)
async def check_certificate(request: Request, token: FromPath[str]) -> Response:
    """Whether the certificate behind a QR code is good today; never an ID number or a phone."""
    limit(request, "certificates.check")
    async with transaction(Scope.public()):
        found = await public_certificate(token[:40])
    standing = judge_card(as_card(found), clock.today()) if found else None
    return page(
        request,
        "certificates/check.html",
        status=200 if found else 404,
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
        found=found,
        standing=standing,
        headline=HEADLINES.get(standing.code, "证件无效") if standing else "",
        code=token[:40],
        acts=public_actions(request, "certificates.check"),
        checked_at=clock.now(),
    )


@get("/qr/{token:str}", opt=ANYBODY)
async def draw_qr(request: Request, token: FromPath[str]) -> Response:
    """The QR code that leads to the certificate's public page."""
    limit(request, "certificates.check")
    async with transaction(Scope.public()):
        if await public_certificate(token[:40]) is None:
            raise NotFound
    address = address_of(request, f"/certificates/check/{token}")
    return Response(
        qr_file(address),
        media_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=86400"},
    )


ROUTES = [
    list_officers,
    new_officer,
    register_officer,
    show_officer,
    register_certificate,
    change_state,
    show_imports,
    send_template,
    preview_import,
    show_batch,
    apply_import,
    undo_import,
    check_certificate,
    draw_qr,
]
