# SPDX-License-Identifier: Apache-2.0
"""What a reader opens: his notices, one of them, its files."""

from litestar.params import FromPath

from core.api.access import requires, visitor
from core.api.audience import READERS
from core.api.db import transaction
from core.api.errors import NotFound
from core.api.files import open_, send_file
from core.api.web import (
    Request,
    Response,
    export,
    get,
    page,
    post,
    redirect,
    wants_xlsx,
)
from plugins.notices.queries import (
    INBOX,
    STANDINGS,
    attachments_of,
    counts_of,
    find_notice,
    meant_for,
    receipt_of,
)
from plugins.notices.services.base import PUBLISH, READ, at_office, own_office
from plugins.notices.services.notices import confirm_notice, is_meant, open_notice


@get("/", guards=[requires(READ)])
async def list_notices(request: Request) -> Response:
    """The notices meant for me, newest first."""
    who = visitor(request)
    where, args = meant_for(who.scope, who.role)
    async with transaction(who.scope):
        if wants_xlsx(request):
            found = await INBOX.export(request, who.scope, where=where, args=args)
            return await export(request, INBOX, found)
        listing = await INBOX.page(request, who.scope, where=where, args=args, tab_counts=True)
    return page(request, "notices/inbox.html", listing=listing, standings=STANDINGS)


@get("/{notice:int}", guards=[requires(READ)])
async def show_notice(request: Request, notice: FromPath[int]) -> Response:
    """One notice; opening it is the receipt."""
    who = visitor(request)
    async with transaction(who.scope):
        found = await open_notice(who, notice)
        if found["state"] == "draft":
            return redirect(request, f"/notices/{notice}/edit")
        files = await attachments_of(notice)
        receipt = await receipt_of(notice, who.person_id) if who.person_id else None
        mine = bool(found["mine"]) and who.may(PUBLISH)
        counts = await counts_of(found) if mine else None
    return page(
        request,
        "notices/notice.html",
        notice=found,
        files=files,
        receipt=receipt,
        meant=is_meant(found, who),
        readers=READERS,
        counts=counts,
        mine=mine,
        form=None,
    )


@post("/{notice:int}/confirm", guards=[requires(READ)])
async def confirm(request: Request, notice: FromPath[int]) -> Response:
    """「我已阅读」."""
    who = visitor(request)
    async with transaction(who.scope):
        await confirm_notice(who, notice)
    return redirect(request, f"/notices/{notice}", message="已确认阅读。")


@get("/{notice:int}/files/{attachment:int}", guards=[requires(READ)])
async def show_file(request: Request, notice: FromPath[int], attachment: FromPath[int]) -> Response:
    """A file of a notice, for everybody who may open the notice.

    The file's own row lies at the office, outside most readers' scope, so it is read under the
    place of the notice, after the notice itself was found under the reader's.
    """
    who = visitor(request)
    async with transaction(who.scope):
        found = await find_notice(notice, who.scope, who.role, await own_office(who))
        files = await attachments_of(notice) if found else []
    wanted = next((each for each in files if each["id"] == attachment), None)
    if found is None or wanted is None or found["state"] == "withdrawn":
        raise NotFound
    async with transaction(at_office(who, found)):
        opened = await open_(wanted["file"])
    return send_file(request, opened, original=False)


ROUTES_READING = (list_notices, show_notice, confirm, show_file)
