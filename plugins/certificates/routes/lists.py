# SPDX-License-Identifier: Apache-2.0
"""Pages of the lists the identity checks look into: 在编名单 and 强制注销名单."""

from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Refused
from core.api.imports import SheetError, take_sheet
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    UploadedFile,
    bind,
    get,
    page,
    post,
    redirect,
    xlsx_response,
)
from plugins.certificates.forms import ListForm, ReasonForm
from plugins.certificates.queries.applying import FORCED, lists_in
from plugins.certificates.services import lists
from plugins.certificates.services.base import LISTS, Actor
from plugins.certificates.sheet import ESTABLISHMENT
from plugins.certificates.sheet import FORCED as FORCED_SHEET

KINDS = {"establishment": "在编名单", "forced": "强制注销名单"}


@get("/lists", guards=[requires(LISTS)])
async def show_lists(request: Request) -> Response:
    """The versions of both lists, and who is on the forced-cancel list."""
    return await _lists_page(request)


async def _lists_page(
    request: Request, *, form: Bound[Any] | None = None, form_of: str = "", status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        versions = await lists_in(who.scope)
        listing = await FORCED.page(request, who.scope, tab_counts=True)
        removes = await lists.may_remove(Actor.of(who))
    return page(
        request,
        "certificates/lists.html",
        status=status,
        form=form,
        form_of=form_of,
        versions=versions,
        kinds=KINDS,
        listing=listing,
        removes=removes,
    )


@get("/lists/{kind:str}/template.xlsx", guards=[requires(LISTS)])
async def send_list_template(request: Request, kind: FromPath[str]) -> Response:  # noqa: ARG001
    """The sheet to fill in."""
    sheet = FORCED_SHEET if kind == "forced" else ESTABLISHMENT
    columns = [Column(one.key, one.names[0], width=22) for one in sheet]
    example = {
        "name": "张三",
        "id_number": "11010519491231002X",
        "unit": "市场监督管理局",
        "reason": "开除公职",
    }
    title = KINDS["forced" if kind == "forced" else "establishment"]
    return await xlsx_response(f"{title}模板", columns, [example])


@post("/lists", guards=[requires(LISTS)])
async def post_list(request: Request) -> Response:
    """Keep a sheet as the next version of a list."""
    who = visitor(request)
    form = await bind(request, ListForm)
    sent: list[UploadedFile] = form.files.get("file", [])
    if not sent or not sent[0].size:
        form.error("file", "请选择名单。")
    if form.ok:
        content = await sent[0].read()
        columns = FORCED_SHEET if form.value.kind == "forced" else ESTABLISHMENT
        try:
            sheet = await take_sheet(content, columns, filename=sent[0].name)
        except SheetError as error:
            form.error("file", str(error))
        else:
            if sheet.good:
                await lists.import_list(
                    Actor.of(who), form.value.kind, sheet, content, sent[0].name
                )
                bad = len(sheet.rows) - len(sheet.good)
                said = f"已导入 {len(sheet.good)} 人" + (f"，{bad} 行有问题没有导入" if bad else "")
                return redirect(request, "/certificates/lists", message=said + "。")
            first = sheet.faults[0]
            form.error("file", f"没有一行能用：第 {first.row} 行{first.column}，{first.text}")
    return await _lists_page(request, form=form, form_of="import", status=422)


@post("/lists/entries/{entry:int}/remove", guards=[requires(LISTS)])
async def post_remove(request: Request, entry: FromPath[int]) -> Response:
    """移出强制注销名单: by the province, with the reason."""
    form = await bind(request, ReasonForm)
    if form.ok:
        try:
            await lists.remove_entry(Actor.of(visitor(request)), entry, form.value.reason)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(request, "/certificates/lists", message="已移出名单，记录保留。")
    return await _lists_page(request, form=form, form_of=f"remove-{entry}", status=422)


ROUTES_LISTS = (show_lists, send_list_template, post_list, post_remove)
