# SPDX-License-Identifier: Apache-2.0
"""Pages of bringing over the 2008 system, and of 数据核对."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import Conflict, Invalid, Refused
from core.api.imports import Sheet, SheetError, take_sheet
from core.api.web import (
    Bound,
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
from plugins.certificates.forms import MigrationForm, SignOffForm
from plugins.certificates.queries.agreeing import SAID, SIDES, UNITS_TO_SIGN
from plugins.certificates.routes.common import Nothing, must_hold_one
from plugins.certificates.rules.migrating import WORDS
from plugins.certificates.services import migrating
from plugins.certificates.services.base import (
    BODIES_READ,
    MIGRATE,
    REVIEW,
    SUBMIT,
    Actor,
    acts_for_unit,
)
from plugins.certificates.sheet import OLD_BODIES, OLD_OFFICERS

DATA = "/certificates/data"
KINDS = {"bodies": "执法主体", "officers": "执法人员"}
SHEETS = {"bodies": OLD_BODIES, "officers": OLD_OFFICERS}
STATES = {
    "dry": ("new", "试运行"),
    "applying": ("doing", "正在写入"),
    "applied": ("done", "已写入"),
    "undone": ("revoked", "已撤销"),
}
COUNTS = (
    ("rows", "总行数"),
    ("new", "要写入"),
    ("known", "已有，跳过"),
    ("expired", WORDS["expired"]),
    ("skip", WORDS["skip"]),
    ("faults", "有问题"),
    ("entered", "已写入"),
)


async def _list_page(
    request: Request, *, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    who = Actor.of(visitor(request))
    async with transaction(who.scope):
        runs = await migrating.migrations_in(who)
    async with transaction(who.wide):
        signed = await migrating.signed_by_office(who)
    return page(
        request,
        "certificates/migrations.html",
        status=status,
        form=form,
        runs=runs,
        kinds=KINDS,
        states=STATES,
        signed=signed,
    )


@get("/migrations", guards=[requires(MIGRATE)])
async def list_migrations(request: Request) -> Response:
    """The runs so far, and where a sheet is tried."""
    return await _list_page(request)


@get("/migrations/{kind:str}/template.xlsx", guards=[requires(MIGRATE)])
async def send_old_template(request: Request, kind: FromPath[str]) -> Response:  # noqa: ARG001
    """The headings that are understood."""
    kind = kind if kind in SHEETS else "officers"
    columns = [Column(one.key, one.names[0], width=22) for one in SHEETS[kind]]
    return await xlsx_response(f"2008系统{KINDS[kind]}模板", columns, [])


async def _sheet(form: Bound[Any], kind: str) -> tuple[Sheet, bytes, str] | None:
    sent: list[UploadedFile] = form.files.get("file", [])
    if not sent or not sent[0].size:
        form.error("file", "请选择文件。")
        return None
    content = await sent[0].read()
    try:
        return await take_sheet(content, SHEETS[kind], filename=sent[0].name), content, sent[0].name
    except SheetError as error:
        form.error("file", str(error))
        return None


@post("/migrations", guards=[requires(MIGRATE)])
async def post_migration(request: Request) -> Response:
    """试运行."""
    form = await bind(request, MigrationForm)
    if form.ok and (read := await _sheet(form, form.value.kind)):
        sheet, content, name = read
        try:
            run = await migrating.try_out(
                Actor.of(visitor(request)),
                form.value.kind,
                sheet,
                content,
                name,
                expired_open=form.value.expired,
            )
        except Refused as error:
            form.error("", str(error))
        else:
            return redirect(request, f"/certificates/migrations/{run}")
    return await _list_page(request, form=form, status=422)


async def _shown(request: Request, number: int) -> dict[str, Any]:
    """A run, and how far the worker is with it."""
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await migrating.migration_row(who, number)
    at_work = found["state"] == "applying"
    return {
        **found,
        "at_work": at_work,
        "stalled": at_work and clock.now() - found["moved_at"] > migrating.STALLED_AFTER,
    }


async def _run_page(
    request: Request, number: int, *, form: Bound[Any] | None = None, status: int = 200
) -> Response:
    found = await _shown(request, number)
    return page(
        request,
        "certificates/migration.html",
        status=status,
        found=found,
        kinds=KINDS,
        chip=STATES[found["state"]],
        counts=[(title, found["counts"][key]) for key, title in COUNTS if found["counts"].get(key)],
        form=form,
    )


@get("/migrations/{number:int}", guards=[requires(MIGRATE)])
async def show_migration(request: Request, number: FromPath[int]) -> Response:
    """What would become of the rows, or did."""
    return await _run_page(request, number)


@post("/migrations/{number:int}/apply", guards=[requires(MIGRATE)])
async def post_migration_apply(request: Request, number: FromPath[int]) -> Response:
    """正式迁移."""
    who = Actor.of(visitor(request))
    async with transaction(who.wide):
        found = await migrating.migration_row(who, number)
    form = await bind(request, Nothing)
    if form.ok and (read := await _sheet(form, found["kind"])):
        try:
            if found["kind"] == "officers":
                n = await migrating.hand_over(who, number, read[0], read[1])
                said = f"正在写入 {n:,} 人。"
            else:
                n = await migrating.apply(who, number, read[0], read[1])
                said = f"已写入 {n} 行。"
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except (Refused, Conflict) as error:
            form.error("", str(error))
        else:
            return redirect(request, f"/certificates/migrations/{number}", message=said)
    return await _run_page(request, number, form=form, status=422)


@get("/migrations/{number:int}/progress", guards=[requires(MIGRATE)])
async def migration_progress(request: Request, number: FromPath[int]) -> Response:
    """The bar, asked for again while the worker is at it; the whole page anew at the end."""
    found = await _shown(request, number)
    headers = {} if found["at_work"] else {"HX-Refresh": "true"}
    return partial(request, "certificates/_migration.html", headers=headers, found=found)


@post("/migrations/{number:int}/again", guards=[requires(MIGRATE)])
async def post_migration_again(request: Request, number: FromPath[int]) -> Response:
    """Hand a run that stands still over to the worker again."""
    form = await bind(request, Nothing)
    try:
        await migrating.go_on(Actor.of(visitor(request)), number)
    except Conflict as error:
        return await _run_page(request, number, form=form.error("", str(error)), status=409)
    return redirect(request, f"/certificates/migrations/{number}", message="已经重新交给后台。")


@post("/migrations/{number:int}/undo", guards=[requires(MIGRATE)])
async def post_migration_undo(request: Request, number: FromPath[int]) -> Response:
    """撤销."""
    form = await bind(request, Nothing)
    who = Actor.of(visitor(request))
    try:
        async with transaction(who.wide):
            found = await migrating.migration_row(who, number)
        gone = await migrating.undo(who, number)
    except (Refused, Conflict) as error:
        return await _run_page(request, number, form=form.error("", str(error)), status=409)
    unit = "人离岗" if found["kind"] == "officers" else "个单位撤销"
    return redirect(
        request, f"/certificates/migrations/{number}", message=f"已撤销，{gone} {unit}。"
    )


async def _data_page(
    request: Request, *, form: Bound[Any] | None = None, form_of: int = 0, status: int = 200
) -> Response:
    who = Actor.of(visitor(request))
    async with transaction(who.scope):
        listing = await UNITS_TO_SIGN.page(request, who.scope, tab_counts=True)
        await migrating.compare_units(who, listing.rows)
    async with transaction(who.wide):
        for each in listing.rows:
            own = not who.reviews(each) and await acts_for_unit(who, each)
            each["side"] = "legal" if who.reviews(each) else "body" if own else ""
    return page(
        request,
        "certificates/data.html",
        status=status,
        listing=replace(listing, path=DATA),
        # Whoever signs comes back to the same place of the list.
        place=f"?{urlencode(listing.params.pairs)}" if listing.params.pairs else "",
        sides=SIDES,
        said=SAID,
        form=form,
        form_of=form_of,
    )


@get("/data", guards=[requires(BODIES_READ)])
async def show_data(request: Request) -> Response:
    """数据核对: figures, differences and who has signed."""
    if wants_xlsx(request):
        who = Actor.of(visitor(request))
        async with transaction(who.scope):
            units = await UNITS_TO_SIGN.export(request, who.scope)
            await migrating.compare_units(who, units)
            return await export(request, UNITS_TO_SIGN, units)
    return await _data_page(request)


@post("/data/{unit:int}/{side:str}", guards=[requires(BODIES_READ)])
async def post_sign(request: Request, unit: FromPath[int], side: FromPath[str]) -> Response:
    """Sign the figures of one unit."""
    must_hold_one(Actor.of(visitor(request)), SUBMIT, REVIEW)
    form = await bind(request, SignOffForm)
    if form.ok:
        try:
            await migrating.sign(
                Actor.of(visitor(request)), unit, "legal" if side == "legal" else "body", form.value
            )
        except Invalid as error:
            for name, text in error.errors.items():
                form.error(name, text)
        except Refused as error:
            form.error("", str(error))
        else:
            place = urlencode(list(request.query_params.multi_items()))
            path = f"{DATA}?{place}" if place else DATA
            return redirect(request, path, message="核对结果已签字。")
    return await _data_page(request, form=form, form_of=unit, status=422)


ROUTES_MIGRATING = (
    list_migrations,
    send_old_template,
    post_migration,
    show_migration,
    post_migration_apply,
    migration_progress,
    post_migration_again,
    post_migration_undo,
    show_data,
    post_sign,
)
