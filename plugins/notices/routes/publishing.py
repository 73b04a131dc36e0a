# SPDX-License-Identifier: Apache-2.0
"""The office's desk: drafts, publishing, who has read, reminding, withdrawing."""

from typing import Any

from litestar.params import FromPath

from core.api.access import Visitor, requires, visitor
from core.api.audience import READERS
from core.api.db import Place, transaction
from core.api.errors import Conflict, Invalid, NotFound
from core.api.files import FORM_WITH_FILES, KINDS, attachments, waiting_uploads
from core.api.regions import children
from core.api.richtext import editor_page
from core.api.web import (
    Bound,
    Column,
    Request,
    Response,
    bind,
    export,
    get,
    note_export,
    once,
    page,
    post,
    redirect,
    remember_once,
    wants_xlsx,
    xlsx_response,
)
from plugins.notices.forms import NoticeForm, ReasonForm
from plugins.notices.queries import (
    DESK,
    STATES,
    attachments_of,
    counts_of,
    find_notice,
    own_notice,
    readers_of,
    receipt_of,
)
from plugins.notices.services.base import PUBLISH, office_of
from plugins.notices.services.notices import (
    discard_draft,
    is_meant,
    publish_notice,
    remind_readers,
    remove_attachment,
    save_draft,
    why_not_now,
    withdraw_notice,
)

PURPOSE = "notices.attachment"
READERS_LIST = "阅读情况"
EXPORT_LIMIT = 50_000
READER_COLUMNS = (
    Column("name", "姓名"),
    Column("place", "单位"),
    Column("read_at", "阅读时间", kind="datetime"),
    Column("confirmed_at", "确认时间", kind="datetime"),
)


@get("/desk", guards=[requires(PUBLISH)])
async def show_desk(request: Request) -> Response:
    """What this office has drafted, published and withdrawn."""
    who = visitor(request)
    async with transaction(who.scope):
        own = ("n.organ = {}::int8", ((await office_of(who)).id,))
        if wants_xlsx(request):
            found = await DESK.export(request, who.scope, where=own[0], args=own[1])
            return await export(request, DESK, found)
        listing = await DESK.page(request, who.scope, where=own[0], args=own[1], tab_counts=True)
    return page(request, "notices/desk.html", listing=listing, readers=READERS, states=STATES)


async def _regions(who: Visitor) -> list[tuple[int, str]]:
    below = await children(who.region.id)
    return [
        (who.region.id, f"{who.region.name}（含下级）"),
        *((each.id, each.name) for each in below),
    ]


async def _form_page(
    request: Request,
    form: Bound[Any] | None,
    found: dict[str, Any] | None = None,
    replaced: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        regions = await _regions(who)
        files = await attachments_of(found["id"]) if found else []
        waiting = await waiting_uploads(request, "files") if form is not None else []
    return editor_page(
        request,
        "notices/edit.html",
        status=status,
        form=form,
        notice=found,
        replaced=replaced,
        regions=regions,
        readers=list(READERS.items()),
        files=files,
        waiting=waiting,
    )


async def _replaced(request: Request, who: Visitor) -> dict[str, Any] | None:
    """The withdrawn notice a new one corrects, named in the address."""
    number = request.query_params.get("replaces", "")
    if not number.isdecimal():
        return None
    found = await find_notice(int(number), who.scope, who.role, (await office_of(who)).id)
    return found if found and found["mine"] and found["state"] == "withdrawn" else None


@get("/new", guards=[requires(PUBLISH)])
async def new_notice(request: Request) -> Response:
    """An empty form; after a withdrawal the words of the withdrawn notice to begin with."""
    who = visitor(request)
    async with transaction(who.scope):
        await office_of(who)
        replaced = await _replaced(request, who)
    return await _form_page(request, None, replaced=replaced)


@post("/new", guards=[requires(PUBLISH)], request_max_body_size=FORM_WITH_FILES)
async def draft_notice(request: Request) -> Response:
    """Save or publish a new notice; what was typed stays when something is wrong."""
    return await _take(request, None)


@get("/{notice:int}/edit", guards=[requires(PUBLISH)])
async def edit_notice(request: Request, notice: FromPath[int]) -> Response:
    """A draft of one's own office."""
    found = await _draft(request, notice)
    if found["state"] != "draft":
        return redirect(request, f"/notices/{notice}")
    return await _form_page(request, None, found)


@post("/{notice:int}/edit", guards=[requires(PUBLISH)], request_max_body_size=FORM_WITH_FILES)
async def change_notice(request: Request, notice: FromPath[int]) -> Response:
    """Save or publish a changed draft."""
    return await _take(request, await _draft(request, notice))


async def _draft(request: Request, notice: int) -> dict[str, Any]:
    who = visitor(request)
    async with transaction(who.scope):
        found = await own_notice(notice, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    return found


async def _take(request: Request, found: dict[str, Any] | None) -> Response:
    who = visitor(request)
    async with transaction(who.scope):
        place = Place(who.region.lo, (await office_of(who)).lo)
        replaced = await _replaced(request, who)
    form = await bind(request, NoticeForm)
    key = str(form.raw.get("_once") or "")
    # Before the files are looked at: those of a form that arrives again belong to the first.
    if done := await once(request, key):
        return done
    files = []
    if form.ok:
        try:
            files = await attachments(
                request, "files", place=place, purpose=PURPOSE, kinds=tuple(KINDS)
            )
        except Invalid as error:
            form.errors.update(error.errors)
    if form.ok:
        try:
            async with transaction(who.scope):
                if done := await once(request, key):
                    return done
                notice = await save_draft(
                    who,
                    form.value,
                    files,
                    notice=found["id"] if found else 0,
                    replaces=replaced["id"] if replaced else 0,
                )
                publishing = form.value.act == "publish"
                if publishing:
                    await publish_notice(who, notice)
                path = f"/notices/{notice}" if publishing else f"/notices/{notice}/edit"
                await remember_once(request, key, path)
        except Invalid as error:
            form.errors.update(error.errors)
        except Conflict as error:
            form.errors[""] = str(error)
        else:
            said = "通知已发布，正在告知对象范围内的人。" if publishing else "草稿已保存。"
            return redirect(request, path, message=said)
    return await _form_page(request, form, found, replaced, status=422)


@post("/{notice:int}/files/{attachment:int}/remove", guards=[requires(PUBLISH)])
async def remove_file(
    request: Request, notice: FromPath[int], attachment: FromPath[int]
) -> Response:
    """Take a file out of a draft."""
    who = visitor(request)
    async with transaction(who.scope):
        await remove_attachment(who, notice, attachment)
    return redirect(request, f"/notices/{notice}/edit", message="附件已移除。")


@post("/{notice:int}/discard", guards=[requires(PUBLISH)])
async def discard(request: Request, notice: FromPath[int]) -> Response:
    """Throw a draft away."""
    who = visitor(request)
    async with transaction(who.scope):
        await discard_draft(who, notice)
    return redirect(request, "/notices/desk", message="草稿已丢弃。")


@get("/{notice:int}/readers", guards=[requires(PUBLISH)])
async def show_readers(request: Request, notice: FromPath[int]) -> Response:
    """Who has read it and who has not, also as a workbook."""
    who = visitor(request)
    asked = request.query_params.get("standing", "waiting")
    standing = asked if asked in ("waiting", "read", "all") else "waiting"
    async with transaction(who.scope):
        found = await own_notice(notice, who.scope, (await office_of(who)).id)
        if found is None or found["state"] == "draft":
            raise NotFound
        if wants_xlsx(request):
            everybody = await readers_of(found, standing, limit=EXPORT_LIMIT)
            await note_export(
                request,
                "notices.readers",
                f"{READERS_LIST}：{found['title']}",
                form="XLSX",
                rows=len(everybody),
            )
            return await xlsx_response(READERS_LIST, READER_COLUMNS, everybody, masked=True)
        persons = await readers_of(found, standing)
        counts = await counts_of(found)
    return page(
        request,
        "notices/readers.html",
        notice=found,
        persons=persons,
        counts=counts,
        owing=counts["meant"] - counts["confirmed" if found["must_confirm"] else "read"],
        not_now=why_not_now(found),
        standing=standing,
    )


@post("/{notice:int}/remind", guards=[requires(PUBLISH)])
async def remind(request: Request, notice: FromPath[int]) -> Response:
    """Remind everybody who has not read or not confirmed."""
    who = visitor(request)
    async with transaction(who.scope):
        persons = await remind_readers(who, notice)
    said = f"已提醒 {persons} 人。" if persons else "所有人都已经读过，没有人需要提醒。"
    return redirect(request, f"/notices/{notice}/readers", message=said)


@post("/{notice:int}/withdraw", guards=[requires(PUBLISH)])
async def withdraw(request: Request, notice: FromPath[int]) -> Response:
    """Withdraw a published notice with a reason everybody can read."""
    who = visitor(request)
    form = await bind(request, ReasonForm)
    if form.ok:
        async with transaction(who.scope):
            await withdraw_notice(who, notice, form.value.reason)
        return redirect(request, f"/notices/{notice}", message="通知已撤回，原文保留并注明原因。")
    async with transaction(who.scope):
        found = await find_notice(notice, who.scope, who.role, (await office_of(who)).id)
        if found is None or not found["mine"]:
            raise NotFound
        files, counts = await attachments_of(notice), await counts_of(found)
        receipt = await receipt_of(notice, who.person_id)
    return page(
        request,
        "notices/notice.html",
        status=422,
        notice=found,
        files=files,
        receipt=receipt,
        meant=is_meant(found, who),
        readers=READERS,
        counts=counts,
        mine=True,
        form=form,
    )


ROUTES_PUBLISHING = (
    show_desk,
    new_notice,
    draft_notice,
    edit_notice,
    change_notice,
    remove_file,
    discard,
    show_readers,
    remind,
    withdraw,
)
