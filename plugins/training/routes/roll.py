# SPDX-License-Identifier: Apache-2.0
"""The whole batch on one page: who comes, the poster, attendance, lists, closing, feedback."""

from typing import Any

import msgspec
from litestar.params import FromPath

from core.api import clock
from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.checkin import checkin_code
from core.api.db import transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.imports import SheetError, take_sheet
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    UploadedFile,
    address_of,
    bind,
    export,
    get,
    page,
    partial,
    post,
    qr,
    redirect,
    wants_xlsx,
    xlsx_response,
)
from plugins.training.forms import AddForm, AttendanceForm, ListForm, Nothing, SeatsForm
from plugins.training.queries.trainings import (
    ROLL,
    audience_of,
    batches_of,
    counts_of,
    find_batch,
    materials_of,
    own_training,
    seat_of,
)
from plugins.training.routes.shared import WORDS
from plugins.training.rules import taking_part as rules
from plugins.training.rules.feedback import scores
from plugins.training.services import listing as lists
from plugins.training.services.base import MANAGE, feedback_end, office_of
from plugins.training.services.closing import finish, results_of, set_attendance
from plugins.training.services.taking_part import add_person, add_seats, present_count, subject_of
from plugins.training.sheet import SHEET


async def _held(request: Request, training: int) -> dict[str, Any]:
    """An announced training of one's own office; inside the transaction."""
    who = visitor(request)
    found = await own_training(training, who.scope, (await office_of(who)).id)
    if found is None or found["state"] == "draft":
        raise NotFound
    return found


@get("/{training:int}/roll", guards=[requires(MANAGE)])
async def show_roll(request: Request, training: FromPath[int]) -> Response:
    """Who has signed up, who came; also as a workbook."""
    return await roll_page(request, training)


async def roll_page(
    request: Request,
    training: int,
    *,
    status: int = 200,
    error: str = "",
    cancelling: Bound[Any] | None = None,
    widening: Bound[Any] | None = None,
) -> Response:
    """The list with everything done on it.

    ``cancelling`` and ``widening`` are a cancellation and more seats that were refused.
    """
    who = visitor(request)
    text = request.query_params.get("find", "").strip()[:40]
    async with transaction(who.scope):
        found = await _held(request, training)
        where, args = "s.training = {}::int8", (training,)
        if wants_xlsx(request):
            return await export(
                request, ROLL, await ROLL.export(request, who.scope, where=where, args=args)
            )
        listing = await ROLL.page(request, who.scope, where=where, args=args, tab_counts=True)
        counts = await counts_of(training)
        candidates = await audience_of(found, text) if text else []
        batches = await batches_of(training)
        materials = await materials_of(training=training)
    return page(
        request,
        "training/roll.html",
        status=status,
        error=error,
        cancelling=cancelling,
        widening=widening,
        training=found,
        listing=listing,
        counts=counts,
        find=text,
        candidates=candidates,
        batches=batches,
        materials=materials,
        readers=READERS,
        not_yet=rules.may_finish(found["state"], clock.now(), found["ends_at"]),
        begun=clock.now() >= found["starts_at"],
        feedback_end=feedback_end(found),
        **WORDS,
    )


@post("/{training:int}/roll", guards=[requires(MANAGE)])
async def put_on_list(request: Request, training: FromPath[int]) -> Response:
    """The office signs somebody up."""
    who = visitor(request)
    form = await bind(request, AddForm)
    if not form.ok:
        return await roll_page(request, training, status=422, error="请选择人员。")
    try:
        async with transaction(who.scope):
            got = await add_person(who, training, form.value.person)
    except (Invalid, Refused) as error:
        return await roll_page(request, training, status=422, error=str(error))
    said = "已加入名单。" if got == "seat" else "名额已满，已排入候补。"
    return redirect(request, f"/training/{training}/roll", message=said)


@post("/{training:int}/seats", guards=[requires(MANAGE)])
async def widen(request: Request, training: FromPath[int]) -> Response:
    """More seats than were announced, with the reason."""
    who = visitor(request)
    form = await bind(request, SeatsForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                await add_seats(who, training, form.value.seats, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        else:
            return redirect(request, f"/training/{training}/roll", message="名额已增加。")
    return await roll_page(request, training, status=422, widening=form)


@get("/{training:int}/roll/{person:int}", guards=[requires(MANAGE)])
async def show_attendance(
    request: Request, training: FromPath[int], person: FromPath[int]
) -> Response:
    """The attendance of one person."""
    return await _attendance_page(request, training, person, None)


async def _attendance_page(
    request: Request, training: int, person: int, form: Bound[Any] | None, status: int = 200
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await _held(request, training)
        seat = await seat_of(training, person)
        if seat is None or seat["state"] != "seat":
            raise NotFound
    return page(
        request,
        "training/attendance.html",
        status=status,
        training=found,
        seat=seat,
        form=form,
        options=[(key, words) for key, (_, words) in rules.OUTCOMES.items()],
        **WORDS,
    )


@post("/{training:int}/roll/{person:int}", guards=[requires(MANAGE)])
async def mark_attendance(
    request: Request, training: FromPath[int], person: FromPath[int]
) -> Response:
    """Attendance by hand, or its correction after the end."""
    who = visitor(request)
    form = await bind(request, AttendanceForm)
    if form.ok:
        try:
            async with transaction(who.scope):
                await set_attendance(who, training, person, form.value.outcome, form.value.reason)
        except Invalid as error:
            form.errors.update(error.errors)
        except Refused as error:
            form.errors["outcome"] = str(error)
        else:
            return redirect(request, f"/training/{training}/roll", message="出勤已登记。")
    return await _attendance_page(request, training, person, form, 422)


@post("/{training:int}/finish", guards=[requires(MANAGE)])
async def close(request: Request, training: FromPath[int]) -> Response:
    """「结课」: hours and certificates follow."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        counts = await finish(who, training)
    said = (
        f"已结课：到场 {counts['present']} 人记学时、发证明，"
        f"请假 {counts['excused']} 人，缺席 {counts['absent']} 人。"
    )
    return redirect(request, f"/training/{training}/roll", message=said)


# --- the poster ----------------------------------------------------------------------------------


async def _code(request: Request, training: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await _held(request, training)
        if found["state"] != "published":
            raise Refused("这期培训已经结课或者取消，不再签到。")
        present = await present_count(training)
    code = checkin_code(subject_of(training), clock.now())
    address = address_of(request, f"/training/{training}/checkin?code={code.token}")
    return {
        "training": found,
        "code": code,
        "picture": qr(address, "签到二维码，用手机扫描"),
        "present": present,
        # A screen that was left on in the room shows no code that nobody may use.
        "over": clock.now() > found["ends_at"],
    }


@get("/{training:int}/poster", guards=[requires(MANAGE)])
async def show_poster(request: Request, training: FromPath[int]) -> Response:
    """The code for the screen in the room; it changes every half minute (C8-02)."""
    shown = await _code(request, training)
    return page(
        request, "training/poster.html", headers={"Cache-Control": "no-store"}, **shown, **WORDS
    )


@get("/{training:int}/poster/code", guards=[requires(MANAGE)])
async def renew_code(request: Request, training: FromPath[int]) -> Response:
    """The part of the poster that changes."""
    shown = await _code(request, training)
    return partial(request, "training/_code.html", headers={"Cache-Control": "no-store"}, **shown)


# --- imported lists ------------------------------------------------------------------------------


@get("/lists/template.xlsx", guards=[requires(MANAGE)])
async def send_template(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
    """The list to fill in: the right headings and one example."""
    columns = [Column(one.key, one.names[0], width=20) for one in SHEET]
    example = {"name": "张三", "id_number": "", "outcome": "到场"}
    return await xlsx_response("签到名单模板", columns, [example])


@get("/{training:int}/lists/new", guards=[requires(MANAGE)])
async def new_list(request: Request, training: FromPath[int]) -> Response:
    """Where a list is chosen, and the lists before."""
    return await _list_page(request, training, None)


async def _list_page(
    request: Request, training: int, form: Bound[Any] | None, status: int = 200
) -> Response:
    async with transaction(visitor(request).scope):
        found = await _held(request, training)
        batches = await batches_of(training)
    return page(
        request,
        "training/list_new.html",
        status=status,
        training=found,
        form=form,
        batches=batches,
        **WORDS,
    )


@post("/{training:int}/lists/new", guards=[requires(MANAGE)])
async def preview_list(request: Request, training: FromPath[int]) -> Response:
    """Read a list and show what would happen."""
    who = visitor(request)
    form = await bind(request, ListForm)
    files: list[UploadedFile] = form.files.get("file", [])
    if not files or not files[0].size:
        form.error("file", "请选择名单。")
    async with transaction(who.scope):
        await _held(request, training)
    if form.ok:
        content = await files[0].read()
        try:
            sheet = await take_sheet(content, SHEET, filename=files[0].name)
        except SheetError as error:
            form.error("file", str(error))
        else:
            try:
                async with transaction(who.scope):
                    batch = await lists.preview(who, training, sheet, content, files[0].name)
            except Refused as error:
                form.error("file", str(error))
            else:
                return redirect(request, f"/training/lists/{batch}")
    return await _list_page(request, training, form, 422)


@get("/lists/{batch:int}", guards=[requires(MANAGE)])
async def show_list(request: Request, batch: FromPath[int]) -> Response:
    """The preview of a list, or what came of it."""
    scope = visitor(request).scope
    async with transaction(scope):
        found = await find_batch(batch, scope)
        if found is None:
            raise NotFound
        training = await _held(request, found["training"])
    faults = {int(row): texts for row, texts in msgspec.json.decode(found["faults"]).items()}
    lines = msgspec.json.decode(found["rows"])
    return page(
        request,
        "training/list_show.html",
        batch=found,
        training=training,
        lines=lines,
        faults=faults,
        good=sum(1 for line in lines if line["row"] not in faults),
        **WORDS,
    )


@post("/lists/{batch:int}/apply", guards=[requires(MANAGE)])
async def apply_list(request: Request, batch: FromPath[int]) -> Response:
    """Write the good rows."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        made = await lists.apply(who, batch)
    return redirect(request, f"/training/lists/{batch}", message=f"已登记 {made} 人的出勤。")


@post("/lists/{batch:int}/undo", guards=[requires(MANAGE)])
async def undo_list(request: Request, batch: FromPath[int]) -> Response:
    """Take a list back."""
    who = visitor(request)
    await bind(request, Nothing)
    async with transaction(who.scope):
        gone = await lists.undo(who, batch)
    return redirect(request, f"/training/lists/{batch}", message=f"已撤销 {gone} 人的出勤。")


# --- feedback ------------------------------------------------------------------------------------


@get("/{training:int}/results", guards=[requires(MANAGE)])
async def show_results(request: Request, training: FromPath[int]) -> Response:
    """What attendees thought, once it tells nothing about who (C8-06)."""
    async with transaction(visitor(request).scope):
        found = await _held(request, training)
        results = await results_of(found)
    return page(
        request,
        "training/results.html",
        training=found,
        results=results,
        scores=scores(results.answers),
        said=[each for each in results.answers if each["words"]],
        feedback_end=feedback_end(found),
        **WORDS,
    )


ROUTES_ROLL = (
    show_roll,
    put_on_list,
    widen,
    show_attendance,
    mark_attendance,
    close,
    show_poster,
    renew_code,
    send_template,
    new_list,
    preview_list,
    show_list,
    apply_list,
    undo_list,
    show_results,
)
