# SPDX-License-Identifier: Apache-2.0
"""The inbox."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.notify import services
from core.web import responses
from core.web.enclosing import describe

PAGE_SIZE = 30


@get("/messages", guards=[requires()])
async def inbox(request: Request[Any, Any, Any]) -> Response[Any]:
    """My messages, newest first; a click leads to what a message is about."""
    who = visitor(request)
    only = "unread" if request.query_params.get("only") == "unread" else ""
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
    async with db.transaction(who.scope):
        found = await services.messages_of(
            who.person_id, before=before, only_unread=bool(only), limit=PAGE_SIZE + 1
        )
        unread = await services.unread_count(who.person_id)
    older = ""
    if len(found) > PAGE_SIZE:
        found = found[:PAGE_SIZE]
        tail = "&only=unread" if only else ""
        older = f"/messages?before={found[-1]['id']}{tail}"
    return responses.page(
        request, "pages/messages.html", messages=found, unread=unread, only=only, older_url=older
    )


@get("/messages/{message:int}", guards=[requires()])
async def open_message(request: Request[Any, Any, Any], message: FromPath[int]) -> Response[Any]:
    """Mark as read and go to the object, if its page is open to me."""
    who = visitor(request)
    async with db.transaction(who.scope):
        subject = await services.open_message(who.person_id, message)
        labels = await describe([subject], who.scope)
    label = labels.get(subject)
    if label is not None and label.path:
        return responses.redirect(request, label.path)
    return responses.redirect(
        request, "/messages", message="消息已读。它所说的事项已不在你的查看范围内。"
    )


@post("/messages/read-all", guards=[requires()], status_code=200)
async def read_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """Mark everything as read."""
    who = visitor(request)
    async with db.transaction(who.scope):
        await services.read_all(who.person_id)
    return responses.redirect(request, "/messages", message="全部消息已标为已读。")
