# SPDX-License-Identifier: Apache-2.0
"""Importing a list of powers from a sheet: choose, preview, make drafts, undo."""

from typing import Annotated, Any

import msgspec
from litestar.params import FromPath
from msgspec import Meta

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Invalid
from core.api.imports import SheetError, take_sheet
from core.api.people import organisations_in
from core.api.web import (
    Column,
    Request,
    Response,
    bind,
    get,
    page,
    post,
    redirect,
    xlsx_response,
)
from plugins.powers.routes.content import actor
from plugins.powers.rules import POWER_CLASSES
from plugins.powers.rules import approval as rules
from plugins.powers.services import importing
from plugins.powers.sheet import EXAMPLE, PROCEDURES, SHEET


class SheetForm(msgspec.Struct):
    """Whose list it is and where it comes from."""

    organisation: Annotated[int, Meta(title="行使主体", extra={"choose": True})]
    document: Annotated[str, Meta(title="来源文件", min_length=2, max_length=120)]


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""


@get("/imports", guards=[requires(rules.EDIT)])
async def list_imports(request: Request) -> Response:
    """Choose a sheet; what was imported before."""
    return await _imports_page(request)


async def _imports_page(request: Request, form: Any = None, status: int = 200) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        bodies = await organisations_in(who.scope)
        before = await importing.imports_of(actor(who))
    return page(
        request,
        "powers/imports.html",
        status=status,
        form=form,
        bodies=[(one.id, one.name) for one in bodies if one.kind != "department"],
        before=before,
    )


@get("/imports/template.xlsx", guards=[requires(rules.EDIT)])
async def send_template(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
    """The sheet to fill in: the right headings and one example."""
    columns = [Column(one.key, one.names[0], width=24) for one in SHEET]
    return await xlsx_response("权力事项导入模板", columns, [EXAMPLE])


@post("/imports", guards=[requires(rules.EDIT)])
async def preview_import(request: Request) -> Response:
    """Read a sheet and show what would happen."""
    form = await bind(request, SheetForm)
    sent = form.files.get("file", [])
    if not sent or not sent[0].size:
        form.error("file", "请选择事项清单。")
    if not form.ok:
        return await _imports_page(request, form, 422)
    try:
        sheet = await take_sheet(await sent[0].read(), SHEET, filename=sent[0].name)
        number = await importing.preview(
            actor(visitor(request)),
            form.value.organisation,
            form.value.document,
            sheet,
            sent[0].name,
        )
    except SheetError as error:
        form.error("file", str(error))
    except Invalid as error:
        for key, sentence in error.errors.items():
            form.error(key, sentence)
    else:
        return redirect(request, f"/powers/imports/{number}")
    return await _imports_page(request, form, 422)


@get("/imports/{number:int}", guards=[requires(rules.EDIT)])
async def show_import(request: Request, number: FromPath[int]) -> Response:
    """The preview of a sheet, or what came of it."""
    who = actor(visitor(request))
    async with transaction(who.scope):
        found = await importing.find_import(number, who)
    faults = {int(line): said for line, said in found["faults"].items()}
    good = [one for one in found["items"] if one.row not in faults]
    return page(
        request,
        "powers/import.html",
        found=found,
        items=found["items"],
        faults=faults,
        lost=sorted(set(faults) - {one.row for one in found["items"]}),
        good=len(good),
        classes={one.key: one.title for one in POWER_CLASSES},
        procedures={key: title for key, (title, _) in PROCEDURES.items()},
    )


@post("/imports/{number:int}/apply", guards=[requires(rules.EDIT)])
async def apply_import(request: Request, number: FromPath[int]) -> Response:
    """Make the drafts."""
    await bind(request, Nothing)
    made = await importing.apply(actor(visitor(request)), number)
    return redirect(request, f"/powers/imports/{number}", message=f"已建立草稿 {made} 份。")


@post("/imports/{number:int}/undo", guards=[requires(rules.EDIT)])
async def undo_import(request: Request, number: FromPath[int]) -> Response:
    """Withdraw the drafts that have not gone on."""
    await bind(request, Nothing)
    gone, kept = await importing.undo(actor(visitor(request)), number)
    more = f"，{kept} 份已经送审或者生效，没有撤回" if kept else ""
    return redirect(request, f"/powers/imports/{number}", message=f"已撤回草稿 {gone} 份{more}。")


ROUTES = (
    list_imports,
    send_template,
    preview_import,
    show_import,
    apply_import,
    undo_import,
)
