# SPDX-License-Identifier: Apache-2.0
"""What a browser posted: fields in memory, files streamed to disk, the token checked on the way.

A form's token comes before its files; until it has arrived, file contents are dropped unread,
so an untrusted upload costs neither disk nor memory.
"""

import hmac
import re
import tempfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath
from typing import IO, Any
from urllib.parse import parse_qsl

import multipart
from anyio import to_thread
from litestar.exceptions import ClientException, InternalServerException

from core.errors import TooLarge
from core.web.state import held

FIELD = "_csrf"
TEXT_LIMIT = 2 * 1024 * 1024
"""All typed text of one form together; the longest documents have some hundred thousand characters."""
PARTS_LIMIT = 2000
SPOOL = 256 * 1024
_SECRET = re.compile("pass|secret|phrase|code|token|once", re.IGNORECASE)
_HAN = re.compile("[\u4e00-\u9fff]")
SHORTEST = 6
"""Characters of what somebody wrote, rather than chose."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\]+")


@dataclass
class UploadedFile:
    """An uploaded file, on disk when larger than a few hundred kilobytes."""

    input: str
    """Name of the form's input."""
    name: str
    media_type: str
    size: int = 0
    file: IO[bytes] = field(default_factory=partial(tempfile.SpooledTemporaryFile, SPOOL))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.chunks()

    async def chunks(self, size: int = 256 * 1024) -> AsyncIterator[bytes]:
        """The content from the beginning, piece by piece."""
        self.file.seek(0)
        while piece := await to_thread.run_sync(self.file.read, size):
            yield piece

    async def read(self) -> bytes:
        """The whole content; for small files only."""
        self.file.seek(0)
        return await to_thread.run_sync(self.file.read)


@dataclass
class Body:
    """A posted form in the order it was sent."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, list[UploadedFile]] = field(default_factory=dict)
    trusted: bool = False
    """The session's token was in it."""

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in reversed(self.pairs) if key == name), default)

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The fields without the token."""
        return [(name, value) for name, value in self.pairs if name != FIELD]

    @property
    def written(self) -> list[str]:
        """The words of the form, for the page that says it was not taken.

        Nothing of a form whose token was missing: somebody else may have filled it in.
        """
        return words_of(self.typed) if self.trusted else []

    def close(self) -> None:
        """Remove the temporary files."""
        for each in self.files.values():
            for one in each:
                one.file.close()


def words_of(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """What somebody wrote in words, without numbers, choices and anything secret; pure."""
    texts = (value.strip() for name, value in pairs if not _SECRET.search(name))
    return list(dict.fromkeys(t for t in texts if len(t) >= SHORTEST and _HAN.search(t)))


async def read_form(request: Any, *, token: str = "", trusted: bool = False) -> Body | None:
    """The posted form, parsed once per request; None when the content is no form at all.

    ``trusted`` is for pages without a session, whose origin the middleware has checked.
    """
    kept = held(request)
    if kept.body is not None:
        return kept.body
    kind, options = multipart.parse_options_header(request.headers.get("content-type", ""))
    if kind == "application/x-www-form-urlencoded":
        kept.body = await _urlencoded(request, token, trusted)
    elif kind == "multipart/form-data" and options.get("boundary"):
        kept.body = await _multipart(request, options["boundary"], token, trusted)
    return kept.body


def _trusted(name: str, value: str, token: str) -> bool:
    return name == FIELD and bool(token) and hmac.compare_digest(value.encode(), token.encode())


async def _chunks(request: Any) -> AsyncIterator[bytes]:
    """The body as it comes; somebody who leaves half-way is no fault of the server."""
    try:
        async for chunk in request.stream():
            yield chunk
    except InternalServerException as left:
        raise ClientException("the client left before the body was complete") from left


async def _urlencoded(request: Any, token: str, trusted: bool) -> Body:
    text = bytearray()
    async for chunk in _chunks(request):
        text += chunk
        if len(text) > TEXT_LIMIT:
            raise TooLarge("填写的文字太多，请分开提交。")
    try:
        pairs = parse_qsl(
            text.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=PARTS_LIMIT,
        )
    except ValueError:
        raise TooLarge("这张表的项目太多，请分开提交。") from None
    pairs = [(_plain(name), _plain(value)) for name, value in pairs]
    return Body(
        pairs, trusted=trusted or any(_trusted(name, value, token) for name, value in pairs)
    )


# PostgreSQL refuses NUL and half characters; nobody can type them.
REFUSED = re.compile("[\0\ud800-\udfff]")


def _plain(text: str) -> str:
    return REFUSED.sub("", text)


async def _multipart(request: Any, boundary: str, token: str, trusted: bool) -> Body:
    body = Body(trusted=trusted or _header_trusted(request, token))
    parser = multipart.PushMultipartParser(boundary, max_segment_count=PARTS_LIMIT)
    state = _Part(body, token)
    try:
        async for chunk in _chunks(request):
            for event in parser.parse(chunk):
                await state.take(event)
        parser.close()
    except multipart.MultipartError:
        body.close()
        raise TooLarge("上传的内容不完整，请重新提交。") from None
    except BaseException:
        body.close()
        raise
    return body


def _header_trusted(request: Any, token: str) -> bool:
    sent = request.headers.get("x-csrf-token", "")
    return bool(token) and hmac.compare_digest(sent.encode(), token.encode())


class _Part:
    """Collects the parts of a multipart form as the parser finds them."""

    def __init__(self, body: Body, token: str) -> None:
        self.body, self.token = body, token
        self.segment: Any = None
        self.text = bytearray()
        self.total = 0
        self.upload: UploadedFile | None = None

    async def take(self, event: Any) -> None:
        if isinstance(event, multipart.MultipartSegment):
            self._start(event)
        elif event is None:
            self._finish()
        elif self.upload is not None:
            await self._write(bytes(event))
        elif self.segment is not None and self.segment.filename is None:
            self.text += event
            self.total += len(event)
            if self.total > TEXT_LIMIT:
                raise TooLarge("填写的文字太多，请分开提交。")

    def _start(self, segment: Any) -> None:
        self.segment, self.text, self.upload = segment, bytearray(), None
        if segment.filename and self.body.trusted:
            self.upload = UploadedFile(
                segment.name or "",
                safe_name(segment.filename),
                segment.content_type or "application/octet-stream",
            )

    async def _write(self, piece: bytes) -> None:
        assert self.upload is not None
        self.upload.size += len(piece)
        if self.upload.size > SPOOL:
            await to_thread.run_sync(self.upload.file.write, piece)
        else:
            self.upload.file.write(piece)

    def _finish(self) -> None:
        if self.segment is None:
            return
        name = _plain(self.segment.name or "")
        if self.upload is not None:
            self.body.files.setdefault(name, []).append(self.upload)
        elif self.segment.filename is None:
            value = _plain(bytes(self.text).decode("utf-8", "replace"))
            self.body.pairs.append((name, value))
            if _trusted(name, value, self.token):
                self.body.trusted = True
        self.segment, self.upload = None, None


def safe_name(name: str) -> str:
    """A file name without folders and control characters."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    return _CONTROL.sub("", last).strip(" .")[:200] or "未命名文件"
