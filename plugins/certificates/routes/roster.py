# SPDX-License-Identifier: Apache-2.0
"""Pages of importing a sheet of officers."""

from typing import Any

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import Scope, transaction
from core.api.errors import Conflict, NotFound, Refused
from core.api.imports import SheetError, take_sheet
from core.api.web import (
    Column,
    Request,
    Response,
    UploadedFile,
    bind,
    export,
    get,
    page,
    partial,
    post,
    redirect,
    wants_xlsx,
    xlsx_response,
)
from plugins.certificates import services
from plugins.certificates.forms import ImportForm
from plugins.certificates.queries import BATCH_LINES, bad_lines_of, batch_of, batches_in
from plugins.certificates.routes.common import REGISTER, Nothing, units_of
from plugins.certificates.services.roster import STALLED_AFTER
from plugins.certificates.sheet import SHEET


@get("/imports", guards=[requires(REGISTER)])
async def show_imports(request: Request) -> Response:
    """Where a sheet is chosen, and the imports before."""
    return await _imports_page(request)


async def _imports_page(request: Request, *, form: Any = None, status: int = 200) -> Response:
    scope = visitor(request).scope
    async with transaction(scope):
        units, batches = await units_of(scope), await batches_in(scope)
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
        units = {unit for unit, _ in await units_of(who.scope)}
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


async def _shown(batch: int, scope: Scope) -> dict[str, Any]:
    """What the progress of a sheet shows."""
    found = await batch_of(batch, scope)
    if found is None:
        raise NotFound
    bad = await bad_lines_of(batch)
    at_work = found["state"] == "applying"
    return {
        **found,
        "bad": bad,
        "good": found["total"] - bad,
        "at_work": at_work,
        "stalled": at_work and clock.now() - found["moved_at"] > STALLED_AFTER,
    }


@get("/imports/{batch:int}", guards=[requires(REGISTER)])
async def show_batch(request: Request, batch: FromPath[int]) -> Response:
    """The preview of a sheet, how far the worker is, or what came of it."""
    return await _batch_page(request, batch)


async def _batch_page(
    request: Request, batch: int, *, status: int = 200, said: str = ""
) -> Response:
    scope = visitor(request).scope
    async with transaction(scope):
        found = await _shown(batch, scope)
        if wants_xlsx(request):
            rows = await BATCH_LINES.export(request, scope, where="l.batch = {}", args=[batch])
            return await export(request, BATCH_LINES, rows)
        listing = await BATCH_LINES.page(
            request, scope, where="l.batch = {}", args=[batch], tab_counts=True
        )
    return page(
        request,
        "certificates/batch.html",
        status=status,
        batch=found,
        listing=listing,
        said=said,
    )


@get("/imports/{batch:int}/progress", guards=[requires(REGISTER)])
async def batch_progress(request: Request, batch: FromPath[int]) -> Response:
    """The bar, asked for again while the worker is at it; the whole page anew at the end."""
    scope = visitor(request).scope
    async with transaction(scope):
        found = await _shown(batch, scope)
    headers = {} if found["at_work"] else {"HX-Refresh": "true"}
    return partial(request, "certificates/_batch.html", headers=headers, batch=found)


@post("/imports/{batch:int}/apply", guards=[requires(REGISTER)])
async def apply_import(request: Request, batch: FromPath[int]) -> Response:
    """Have the good rows entered by the worker."""
    await bind(request, Nothing)
    try:
        async with transaction(visitor(request).scope):
            good = await services.apply_import(batch)
    except (Conflict, Refused) as error:
        return await _batch_page(request, batch, status=409, said=str(error))
    return redirect(request, f"/certificates/imports/{batch}", message=f"正在写入 {good:,} 人。")


@post("/imports/{batch:int}/again", guards=[requires(REGISTER)])
async def go_on_import(request: Request, batch: FromPath[int]) -> Response:
    """Hand a sheet that stands still over to the worker again."""
    await bind(request, Nothing)
    try:
        async with transaction(visitor(request).scope):
            await services.go_on_import(batch)
    except (Conflict, Refused) as error:
        return await _batch_page(request, batch, status=409, said=str(error))
    return redirect(request, f"/certificates/imports/{batch}", message="已经重新交给后台。")


@post("/imports/{batch:int}/undo", guards=[requires(REGISTER)])
async def undo_import(request: Request, batch: FromPath[int]) -> Response:
    """Take an import back."""
    await bind(request, Nothing)
    try:
        async with transaction(visitor(request).scope):
            gone = await services.undo_import(batch)
    except (Conflict, Refused) as error:
        return await _batch_page(request, batch, status=409, said=str(error))
    return redirect(
        request, f"/certificates/imports/{batch}", message=f"已撤销 {gone:,} 人的登记。"
    )


ROUTES_ROSTER = (
    show_imports,
    send_template,
    preview_import,
    show_batch,
    batch_progress,
    apply_import,
    go_on_import,
    undo_import,
)
