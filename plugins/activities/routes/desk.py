# SPDX-License-Identifier: Apache-2.0
"""The bureau's desk: the register, one record, its acts, the sheet, figures."""

from collections.abc import Awaitable
from typing import Any

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.db import transaction
from core.api.errors import NotFound, TooMany
from core.api.turns import hold
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    bind,
    export,
    get,
    masked,
    note_export,
    page,
    post,
    redirect,
    wants_xlsx,
    xlsx_response,
)
from plugins.activities.forms import CommentForm, NoteForm, ReturnForm, RevealForm
from plugins.activities.queries import (
    REGISTER,
    entries_of,
    find_record,
    kinds_figures,
    media_of,
    persons_figures,
)
from plugins.activities.routes.shared import NO_STORE, party_phone_of, period_of
from plugins.activities.rules import records as rules
from plugins.activities.rules.words import ENTRIES, HANDLE, READ, TYPES, kind_title
from plugins.activities.services import records
from plugins.activities.services.base import Actor, elsewhere, place_of, record_ref

FIGURES = (
    Column("name", "监督员"),
    Column("own", "自主登记", kind="number"),
    Column("invited", "应邀登记", kind="number"),
    Column("present", "到场", kind="number"),
    Column("excused", "请假", kind="number"),
    Column("absent", "缺席", kind="number"),
)


@get("/", guards=[requires(READ)])
async def register(request: Request) -> Response:
    """The register of one's scope, those to be read first."""
    who = visitor(request)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await REGISTER.export(request, who.scope)
            return await export(request, REGISTER, found)
        listing = await REGISTER.page(request, who.scope, tab_counts=True)
    return page(
        request,
        "activities/list.html",
        headers=NO_STORE,
        listing=listing,
        states=rules.STATES,
        types=TYPES,
    )


async def _detail(
    request: Request,
    record: int,
    *,
    template: str = "activities/detail.html",
    form: Bound[Any] | None = None,
    form_of: str = "",
    full: str = "",
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_record(record, who.scope)
        if found is None:
            raise NotFound("没有找到这份登记，或者不在你的管理范围内。")
        entries = await entries_of(record)
        media = await media_of(record)
        other = await elsewhere(Actor.of(who), place_of(found))
        holding = await hold(record_ref(record), who)
    phone = party_phone_of(found)
    may = HANDLE in who.permissions and not other
    return page(
        request,
        template,
        status=status,
        headers=NO_STORE,
        it=found,
        chip=rules.STATES[found["state"]],
        types=TYPES,
        entries=entries,
        entry_words=ENTRIES,
        media=[{**each, "url": f"/files/{each['file']}"} for each in media],
        # Who handles the record may have to ring the party up, and says why (D16).
        party_phone=full or masked(phone),
        may=may,
        may_reveal=may and bool(phone) and not full,
        full=full,
        elsewhere=other,
        holding=holding,
        form=form,
        form_of=form_of,
        back=f"/activities/records/{record}",
    )


@get("/records/{record:int}", guards=[requires(READ)])
async def show(request: Request, record: FromPath[int]) -> Response:
    """One record: what was submitted, what was said, the next act."""
    return await _detail(request, record)


@get("/records/{record:int}/print", guards=[requires(READ)])
async def sheet(request: Request, record: FromPath[int]) -> Response:
    """The record on paper."""
    return await _detail(request, record, template="activities/print.html")


@post("/records/{record:int}/reveal", guards=[requires(READ, HANDLE)])
async def reveal(request: Request, record: FromPath[int]) -> Response:
    """显示完整联系方式: for a reason, shown once, recorded (D16)."""
    form = await bind(request, RevealForm)
    if not form.ok:
        return await _detail(request, record, form=form, form_of="reveal", status=422)
    try:
        full = await records.reveal_party(Actor.of(visitor(request)), record, form.value.reason)
    except TooMany as error:
        form.error("reason", str(error))
        return await _detail(request, record, form=form, form_of="reveal", status=429)
    return await _detail(request, record, full=full)


async def _act(request: Request, record: int, act: Awaitable[None], said: str) -> Response:
    await act
    return redirect(request, f"/activities/records/{record}", message=said)


@post("/records/{record:int}/note", guards=[requires(HANDLE)])
async def note(request: Request, record: FromPath[int]) -> Response:
    """已阅."""
    form = await bind(request, NoteForm)
    if not form.ok:
        return await _detail(request, record, form=form, form_of="note", status=422)
    act = records.note(Actor.of(visitor(request)), record, form.value.text)
    return await _act(request, record, act, "已阅，告知监督员。")


@post("/records/{record:int}/return", guards=[requires(HANDLE)])
async def return_(request: Request, record: FromPath[int]) -> Response:
    """退回补充."""
    form = await bind(request, ReturnForm)
    if not form.ok:
        return await _detail(request, record, form=form, form_of="return", status=422)
    act = records.return_(Actor.of(visitor(request)), record, form.value.text)
    return await _act(request, record, act, "已退回，等监督员补充。")


@post("/records/{record:int}/comment", guards=[requires(HANDLE)])
async def comment(request: Request, record: FromPath[int]) -> Response:
    """回复."""
    form = await bind(request, CommentForm)
    if not form.ok:
        return await _detail(request, record, form=form, form_of="comment", status=422)
    act = records.comment(Actor.of(visitor(request)), record, form.value.text)
    return await _act(request, record, act, "已回复。")


@get("/figures", guards=[requires(READ)])
async def figures(request: Request) -> Response:
    """By person and by kind, to commend on (S3 art. 17)."""
    who = visitor(request)
    first, last = period_of(request)
    async with transaction(who.scope):
        persons = await persons_figures(who.scope, first, last)
        if wants_xlsx(request):
            title = f"履职统计：{first.isoformat()} 至 {last.isoformat()}"
            await note_export(request, "activities.figures", title, form="XLSX", rows=len(persons))
            return await xlsx_response("履职统计", FIGURES, persons)
        kinds = await kinds_figures(who.scope, first, last)
    for each in kinds:
        each["title"] = kind_title(each["kind"])
    return page(
        request,
        "activities/figures.html",
        persons=persons,
        kinds=kinds,
        first=first,
        last=last,
    )


ROUTES_DESK = (register, show, sheet, reveal, note, return_, comment, figures)
