# SPDX-License-Identifier: Apache-2.0
"""``/uploads``: files that arrive in pieces (the core of tus 1.0), answered for scripts.

``POST /uploads`` {name, size, kind, purpose} → 201 {id, url}; ``HEAD url`` → ``Upload-Offset``;
``PATCH url`` with ``Upload-Offset`` and the next bytes → 204 and the new offset; ``DELETE url``.
A session sends its token in ``X-CSRF-Token``, a page without one its ticket in
``X-Upload-Ticket``. What is wrong is said in JSON: {"error": one Chinese sentence}.
"""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Any

import msgspec
from litestar import Request, Response, delete, head, patch, post
from litestar.exceptions import ClientException
from litestar.params import FromPath

from core.auth.access import HEADER, public, visitor_or_none
from core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    JianduError,
    NotFound,
    NotSignedIn,
    StaleForm,
    TooLarge,
    TooMany,
)
from core.storage import uploads
from core.web import tickets
from core.web.body import _chunks, read_form
from core.web.limiting import limit

Req = Request[Any, Any, Any]
WHY = "a page without a session has an upload ticket instead"
VERSION = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
STATUS: dict[type[JianduError], int] = {
    Invalid: 422,
    TooLarge: 413,
    Conflict: 409,
    NotFound: 404,
    TooMany: 429,
    NotSignedIn: 401,
    StaleForm: 403,
    Forbidden: 403,
}
LARGEST = 4 * 1024 * 1024 * 1024


class Announced(msgspec.Struct):
    """A file somebody is about to send."""

    name: str = ""
    size: int = 0
    kind: str = ""
    """photo, audio, video or document; several separated by blanks."""
    purpose: str = ""


def _said(error: JianduError) -> Response[Any]:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    headers = dict(VERSION)
    if isinstance(error, TooMany):
        headers["Retry-After"] = "60"
    return Response({"error": str(error)}, status_code=status, headers=headers)


def _spoken(
    handler: Callable[..., Awaitable[Response[Any]]],
) -> Callable[..., Awaitable[Response[Any]]]:
    """Refusals as JSON: no page is drawn for a script."""

    @wraps(handler)
    async def asked(*args: Any, **kwargs: Any) -> Response[Any]:
        try:
            return await handler(*args, **kwargs)
        except JianduError as error:
            return _said(error)

    return asked


def _holder(request: Req) -> bytes:
    """Whose upload it is; the token of the session, or the ticket, must come along."""
    who = visitor_or_none(request)
    if who is not None:
        sent = request.headers.get(HEADER, "")
        if request.method != "HEAD" and not hmac.compare_digest(sent.encode(), who.csrf.encode()):
            raise StaleForm
        return uploads.holder_of(who.user_id)
    ticket = tickets.read_ticket(request, request.headers.get(tickets.HEADER, ""))
    if not ticket:
        raise NotSignedIn
    return uploads.holder_of(ticket=ticket)


def _region(request: Req) -> int:
    who = visitor_or_none(request)
    return who.region.lo if who is not None and who.region.id else 0


async def _announced(request: Req) -> Announced:
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return msgspec.json.decode(await request.body(), type=Announced)
        body = await read_form(request, trusted=True)
        given = (
            {name: body.get(name) for name in ("name", "size", "kind", "purpose")} if body else {}
        )
        return msgspec.convert(given, Announced, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Invalid("没有说明要上传的文件（名称、大小、种类）。") from error


@post("/uploads", opt=public(WHY), status_code=201)
@_spoken
async def announce(request: Req) -> Response[Any]:
    """A file is going to come."""
    limit(request, "uploads", times=120)
    holder = _holder(request)
    said = await _announced(request)
    if said.size > LARGEST:
        raise TooLarge
    made = await uploads.begin(
        holder, said.name, said.size, said.kind.split(), said.purpose, _region(request)
    )
    return Response(
        {"id": made.key, "url": made.url},
        status_code=201,
        headers={**VERSION, "Location": made.url, "Upload-Offset": "0"},
    )


@head("/uploads/{key:str}", opt=public(WHY))
async def where(request: Req, key: FromPath[str]) -> Response[None]:
    """How much has come; where to go on after the line broke."""
    try:
        found = await uploads.find(key, _holder(request))
    except JianduError as error:
        answer = _said(error)
        return Response(None, status_code=answer.status_code, headers=dict(VERSION))
    return Response(
        None,
        headers={
            **VERSION,
            "Upload-Offset": str(found.received),
            "Upload-Length": str(found.size),
            "Upload-Complete": "1" if found.complete else "0",
        },
    )


async def _pieces(request: Req) -> AsyncIterator[bytes]:
    async for piece in _chunks(request):
        yield piece


@patch("/uploads/{key:str}", opt=public(WHY), status_code=200, request_max_body_size=None)
@_spoken
async def more(request: Req, key: FromPath[str]) -> Response[Any]:
    """The next piece, beginning where the last one ended."""
    holder = _holder(request)
    sent = request.headers.get("upload-offset", "")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 16):
        raise Invalid("没有说明从哪里继续（Upload-Offset）。")
    found = await uploads.find(key, holder)
    try:
        found = await uploads.add(found, holder, int(sent), _pieces(request), _region(request))
    except ClientException:
        # Nobody is left to read the answer; the next HEAD tells how much has come.
        return Response(None, status_code=400, headers=dict(VERSION))
    return Response(
        None, status_code=204, headers={**VERSION, "Upload-Offset": str(found.received)}
    )


@delete("/uploads/{key:str}", opt=public(WHY), status_code=200)
@_spoken
async def give_up(request: Req, key: FromPath[str]) -> Response[Any]:
    """The sender does not want it any more."""
    await uploads.drop(await uploads.find(key, _holder(request)))
    return Response(None, status_code=204, headers=dict(VERSION))


HANDLERS = [announce, where, more, give_up]
