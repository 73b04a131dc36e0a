# SPDX-License-Identifier: Apache-2.0
"""``/files/{id}``: a stored file under the scope of who asks."""

from typing import Any

from litestar import Request, Response, get, head
from litestar.params import FromPath
from litestar.response import Stream

from core.auth.access import public, requires, visitor
from core.db import transaction
from core.errors import NotFound
from core.scope import Scope
from core.storage.readers import may_read
from core.storage.rules import INLINE, ByteRange, Unsatisfiable, disposition, read_range
from core.storage.services import OpenFile, open_
from core.web.state import held

# A stored file never runs anything, also where a browser shows it. PDF viewers of browsers do
# not work under "sandbox"; they run no script of the document in our origin anyway.
CLOSED = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
SANDBOX = f"{CLOSED}; sandbox"


def _headers(opened: OpenFile, *, original: bool) -> dict[str, str]:
    shown = bool(opened.path) and (
        opened.media_type in INLINE or (opened.file.kind == "photo" and not original)
    )
    return {
        "Content-Type": "text/plain; charset=utf-8"
        if opened.media_type == "text/plain"
        else opened.media_type,
        "Content-Disposition": disposition(opened.file.name, inline=shown),
        "Content-Security-Policy": CLOSED if opened.media_type == "application/pdf" else SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        # Kept by the browser, but asked for again each time: who may see it can change.
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "ETag": opened.etag,
    }


def answer(request: Request[Any, Any, Any], opened: OpenFile, *, original: bool) -> Response[Any]:
    """The file, a part of it, or "not modified"; rendered after the transaction is closed."""
    headers = _headers(opened, original=original)
    known = {
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    }
    if opened.etag in known:
        return Response(None, status_code=304, headers=headers)
    wanted = request.headers.get("range", "")
    condition = request.headers.get("if-range", "")
    part: ByteRange | None = None
    if wanted and condition in ("", opened.etag):
        try:
            part = read_range(wanted, opened.size)
        except Unsatisfiable:
            headers["Content-Range"] = f"bytes */{opened.size}"
            return Response(None, status_code=416, headers=headers)
    headers["Content-Length"] = str(part.size if part else opened.size)
    if part:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{opened.size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        return Response(None, status_code=status, headers=headers)
    return Stream(
        opened.pieces(part),
        status_code=status,
        headers=headers,
        media_type=headers["Content-Type"],
    )


async def _serve_own(
    request: Request[Any, Any, Any], file_id: int, *, original: bool
) -> Response[Any]:
    async with transaction(visitor(request).scope):
        opened = await open_(file_id, original=original)
    kept = held(request)
    purpose = opened.file.purpose
    registry, mine = kept.platform.registry, visitor(request).permissions
    if not may_read(registry, kept.enabled, mine, purpose, original=False):
        raise NotFound
    if original and not may_read(registry, kept.enabled, mine, purpose, original=True):
        # What the camera wrote may name who asked for confidentiality; its hash vouches for it.
        raise NotFound("原件已封存，只能看去除拍摄信息的副本。")
    return answer(request, opened, original=original)


@get("/files/{file_id:int}", guards=[requires()])
async def show_file(request: Request[Any, Any, Any], file_id: FromPath[int]) -> Response[Any]:
    """The file; of a picture the clean copy."""
    return await _serve_own(request, file_id, original=False)


@head("/files/{file_id:int}", guards=[requires()])
async def ask_file(request: Request[Any, Any, Any], file_id: FromPath[int]) -> Response[None]:
    """The headers alone."""
    return await _serve_own(request, file_id, original=False)


@get("/files/{file_id:int}/original", guards=[requires()])
async def save_original(request: Request[Any, Any, Any], file_id: FromPath[int]) -> Response[Any]:
    """The file as it was received, always for saving: the hash vouches for these bytes."""
    return await _serve_own(request, file_id, original=True)


@get("/files/public/{file_id:int}", opt=public("attachments of published notices"))
async def show_public_file(
    request: Request[Any, Any, Any], file_id: FromPath[int]
) -> Response[Any]:
    """A published file, for pages that need no session."""
    async with transaction(Scope.public()):
        opened = await open_(file_id)
    return answer(request, opened, original=False)


HANDLERS = [show_file, ask_file, save_original, show_public_file]
