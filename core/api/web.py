# SPDX-License-Identifier: Apache-2.0
"""Pages, pieces, forms and lists.

A handler opens its transaction, closes it, and only then renders::

    @get("/", guards=[requires("complaints.complaint.read")])
    async def index(request: Request) -> Response:
        who = visitor(request)
        async with transaction(who.scope):
            if wants_xlsx(request):
                return await export(request, LIST, await LIST.export(request, who.scope))
            listing = await LIST.page(request, who.scope)
        return page(request, "complaints/list.html", listing=listing)

    @post("/", guards=[requires("complaints.complaint.file")])
    async def file(request: Request) -> Response:
        form = await bind(request, ComplaintForm)
        if not form.ok:
            return page(request, "complaints/form.html", status=422, form=form)
        ...
        return redirect(request, f"/complaints/{id}", message="投诉已登记。")
"""

from typing import Any, TypeAlias

import litestar
from litestar import delete, get, post

from core.forms import (
    Bound,
    FieldError,
    FieldSpec,
    decode,
    format_money,
    number_of,
    parse_money,
    unbound,
)
from core.listing import Chip, Column, Filter, Listing, Page, Params, Tab
from core.once.services import once, remember_once
from core.web.body import UploadedFile
from core.web.codes import qr, qr_file
from core.web.enclosing import actions_for, describe, panels_for, public_actions
from core.web.formats import masked
from core.web.hx import read as hx
from core.web.hx import retarget, trigger
from core.web.limiting import limit
from core.web.responses import (
    address_of,
    bind,
    export,
    is_htmx,
    note_export,
    open_page,
    page,
    partial,
    printed,
    redirect,
    render,
    templates_may_change,
    wants_xlsx,
    xlsx_response,
)

# Handlers name their request and answer without type arguments of their own.
Request: TypeAlias = litestar.Request[Any, Any, Any]
Response: TypeAlias = litestar.Response[Any]

__all__ = [
    "Bound",
    "Chip",
    "Column",
    "FieldError",
    "FieldSpec",
    "Filter",
    "Listing",
    "Page",
    "Params",
    "Request",
    "Response",
    "Tab",
    "UploadedFile",
    "actions_for",
    "address_of",
    "bind",
    "decode",
    "delete",
    "describe",
    "export",
    "format_money",
    "get",
    "hx",
    "is_htmx",
    "limit",
    "masked",
    "note_export",
    "number_of",
    "once",
    "open_page",
    "page",
    "panels_for",
    "parse_money",
    "partial",
    "post",
    "printed",
    "public_actions",
    "qr",
    "qr_file",
    "redirect",
    "remember_once",
    "render",
    "retarget",
    "templates_may_change",
    "trigger",
    "unbound",
    "wants_xlsx",
    "xlsx_response",
]
