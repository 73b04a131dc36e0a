# SPDX-License-Identifier: Apache-2.0
"""名册与依据: supervisors with cards, basis documents, duties, document templates."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import Place, transaction
from core.api.errors import Invalid
from core.api.files import FORM_WITH_FILES, attachments
from core.api.web import Bound, Request, Response, bind, get, page, post, redirect
from plugins.supervision.forms import BasisForm, DutyForm, InspectorForm, ReasonForm, TemplateForm
from plugins.supervision.queries import matters as reading
from plugins.supervision.queries import programmes as listed
from plugins.supervision.routes.shared import (
    WORDS,
    actor,
    attempt,
    document,
    manages,
    sections,
)
from plugins.supervision.rules.kinds import CONTENTS, MANAGE, READ
from plugins.supervision.rules.papers import PAPERS
from plugins.supervision.services import registers
from plugins.supervision.services.layout import check_template, default_template
from plugins.supervision.services.wording import FIELD_WORDS

PATH = "/supervision/registers"


async def _page(request: Request, status: int = 200, **forms: Bound[Any]) -> Response:
    who = visitor(request)
    act = manages(who)
    async with transaction(who.scope):
        inspectors = await reading.inspectors_of(who.scope)
        bases = await reading.bases(who.scope)
        duties = await listed.duties(who.scope)
        own = (await actor(request)).organ
        templates = await listed.templates_of(own) if act else {}
        persons = await registers.own_persons(await actor(request)) if act else []
    return page(
        request,
        "supervision/registers.html",
        status=status,
        inspectors=inspectors,
        bases=bases,
        base_choices=[(str(b["id"]), f"{b['number']} {b['title']}") for b in bases],
        duties=duties,
        own=own,
        ours=act,
        templates=templates,
        persons=[(str(p["id"]), p["name"]) for p in persons],
        fields=FIELD_WORDS,
        kind_choices=[("", "全部文书"), *((key, p.title) for key, p in PAPERS.items())],
        content_choices=[(key, words) for key, (words, _) in CONTENTS.items()],
        sections=sections(who, "registers"),
        form_of=forms.get,
        **WORDS,
    )


@get("/registers", guards=[requires(READ)])
async def show_registers(request: Request) -> Response:
    """Who may supervise, on what it rests, what the offices answer for."""
    return await _page(request)


@post("/registers/inspectors", guards=[requires(MANAGE)])
async def enter_inspector(request: Request) -> Response:
    """登记监督人员."""
    form = await bind(request, InspectorForm)
    if form.ok:
        value = form.value
        await attempt(
            form,
            registers.enter_inspector(
                await actor(request), value.person, value.card, value.valid_until
            ),
        )
    if not form.ok:
        return await _page(request, 422, inspector=form)
    return redirect(request, PATH, message="监督人员已登记。")


@post("/registers/inspectors/{inspector:int}/withdraw", guards=[requires(MANAGE)])
async def withdraw_inspector(request: Request, inspector: FromPath[int]) -> Response:
    """收回监督证件."""
    form = await bind(request, ReasonForm)
    if form.ok:
        await attempt(
            form, registers.withdraw_inspector(await actor(request), inspector, form.value.reason)
        )
    if not form.ok:
        return await _page(request, 422, **{f"withdraw-{inspector}": form})
    return redirect(request, PATH, message="监督证件已收回。")


@post("/registers/bases", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES)
async def enter_basis(request: Request) -> Response:
    """登记依据文件."""
    who = visitor(request)
    form = await bind(request, BasisForm)
    sent = []
    try:
        sent = await attachments(
            request,
            "file",
            place=Place(who.region.lo, who.organisation.lo if who.organisation else 0),
            purpose="supervision.basis",
            kinds=("document",),
            max_files=1,
        )
    except Invalid as error:
        form.errors.update(error.errors)
    if form.ok:
        value = form.value
        await attempt(
            form,
            registers.enter_basis(
                await actor(request),
                value.number,
                value.title,
                value.issuer,
                value.issued_on,
                sent[0] if sent else None,
            ),
        )
    if not form.ok:
        return await _page(request, 422, basis=form)
    return redirect(request, PATH, message="依据文件已登记。")


@post("/registers/duties", guards=[requires(MANAGE)])
async def add_duty(request: Request) -> Response:
    """增加监督权责."""
    form = await bind(request, DutyForm)
    if form.ok:
        value = form.value
        await attempt(
            form,
            registers.add_duty(
                await actor(request),
                value.title,
                value.content,
                value.way,
                value.liability,
                value.basis or None,
            ),
        )
    if not form.ok:
        return await _page(request, 422, duty=form)
    return redirect(request, PATH, message="权责清单已更新。")


@post("/registers/duties/{duty:int}/remove", guards=[requires(MANAGE)])
async def remove_duty(request: Request, duty: FromPath[int]) -> Response:
    """取消一项权责."""
    await registers.remove_duty(await actor(request), duty)
    return redirect(request, PATH, message="权责清单已更新。")


@post("/registers/templates", guards=[requires(MANAGE)], request_max_body_size=FORM_WITH_FILES)
async def replace_template(request: Request) -> Response:
    """更换文书模板; what could not be filled in is refused here, not when a document is issued."""
    who = visitor(request)
    form = await bind(request, TemplateForm)
    sent = []
    content = b""
    try:
        files = form.files.get("file", [])
        if len(files) == 1:
            content = await files[0].read()
            await check_template(content)
        sent = await attachments(
            request,
            "file",
            place=Place(who.region.lo, who.organisation.lo if who.organisation else 0),
            purpose="supervision.template",
            kinds=("document",),
            max_files=1,
        )
        if not sent:
            form.error("file", "选择模板文件（.docx）。")
    except Invalid as error:
        form.errors.update(error.errors)
    if form.ok:
        await attempt(
            form, registers.replace_template(await actor(request), form.value.kind, sent[0])
        )
    if not form.ok:
        return await _page(request, 422, template=form)
    return redirect(request, PATH, message="文书模板已更换，以后制发的文书使用它。")


@post("/registers/templates/drop", guards=[requires(MANAGE)])
async def drop_template(request: Request) -> Response:
    """恢复平台模板."""
    form = await bind(request, TemplateForm)
    if form.ok:
        await registers.drop_template(await actor(request), form.value.kind)
    return redirect(request, PATH, message="已恢复平台模板。")


@get("/registers/templates/default", guards=[requires(MANAGE)])
async def take_template() -> Response:
    """The platform's layout, to be changed and uploaded again."""
    return document(default_template(), "监督文书模板", "docx")


REGISTERS = (
    show_registers,
    enter_inspector,
    withdraw_inspector,
    enter_basis,
    add_duty,
    remove_duty,
    replace_template,
    drop_template,
    take_template,
)
