# SPDX-License-Identifier: Apache-2.0
"""Static files under names that contain their hash: cached for ever, compressed once.

``/static/css/jiandu.0f3a9c12.css`` never changes, so browsers keep it; the plain name still
answers (style sheets refer to each other by it) but is asked for again each time.
"""

import gzip
import hashlib
import mimetypes
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from core.auth.access import public
from core.web.state import held

COMPRESSED = frozenset(
    {".wasm", ".css", ".js", ".svg", ".json", ".html", ".txt", ".xml", ".webmanifest"}
)
SMALL = 4 * 1024 * 1024
TINY = 512
_HASHED = re.compile(r"(?P<stem>.+)\.(?P<hash>[0-9a-f]{12})(?P<suffix>\.[A-Za-z0-9]+)\Z")
PATIENCE = 1.0
"""Seconds for which a file that is watched is believed to be what it was: a page names a hundred,
and to look at the disk for each took more than a third of the time of every page."""
YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Entry:
    """A static file as it was when it was last looked at."""

    path: Path
    hash: str
    stamp: tuple[int, int]
    media_type: str
    body: bytes
    level: int

    @cached_property
    def gzipped(self) -> bytes:
        """The file compressed, when it is first sent; empty where that makes nothing smaller."""
        body = self.body or self.path.read_bytes()
        if self.path.suffix not in COMPRESSED or len(body) <= TINY:
            return b""
        packed = gzip.compress(body, self.level, mtime=0)
        return packed if len(packed) < len(body) else b""


class StaticFiles:
    """The files of the site and of every plugin (``/static/<plugin>/…``)."""

    def __init__(self, root: Path, plugins: Mapping[str, Path], *, watch: bool) -> None:
        """``watch`` looks at the disk again after ``PATIENCE``: for development."""
        self.root = root
        self.plugins = dict(plugins)
        self.watch = watch
        self._entries: dict[str, Entry] = {}
        self._looked: dict[str, float] = {}
        self._lock = Lock()

    def url(self, name: str) -> str:
        """The address of a file, with its hash; a missing one stays without (and answers 404)."""
        entry = self.entry(name)
        if entry is None:
            return f"/static/{name}"
        stem, dot, suffix = name.rpartition(".")
        return f"/static/{stem}.{entry.hash}{dot}{suffix}" if dot else f"/static/{name}"

    def entry(self, name: str) -> Entry | None:
        """The file behind a plain name."""
        known = self._entries.get(name)
        if known is not None and not (self.watch and self._stale(name)):
            return known
        path = self._locate(name)
        if path is None:
            return None
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if known is not None and known.stamp == stamp:
            return known
        with self._lock:
            body = path.read_bytes()
            entry = Entry(
                path,
                hashlib.sha256(body).hexdigest()[:12],
                stamp,
                mimetypes.guess_type(path.name)[0] or "application/octet-stream",
                body if len(body) <= SMALL else b"",
                6 if self.watch else 9,
            )
            self._entries[name] = entry
        return entry

    def _stale(self, name: str) -> bool:
        """Whether it is time to look at the disk again; whoever asks has to look."""
        now = time.monotonic()
        if now - self._looked.get(name, 0.0) < PATIENCE:
            return False
        self._looked[name] = now
        return True

    def _locate(self, name: str) -> Path | None:
        if not name or "\\" in name or "\0" in name or name.startswith("/"):
            return None
        first, _, rest = name.partition("/")
        base, inner = (self.plugins[first], rest) if first in self.plugins else (self.root, name)
        path = (base / inner).resolve()
        # A link or ".." leading outside is answered like a file that does not exist.
        if not path.is_relative_to(base.resolve()) or not path.is_file():
            return None
        return path

    def find(self, asked: str) -> tuple[Entry, bool] | None:
        """The file for an address, and whether its name carries the right hash."""
        entry = self.entry(asked)
        if entry is not None:
            return entry, False
        match = _HASHED.fullmatch(asked)
        if match is None:
            return None
        entry = self.entry(match["stem"] + match["suffix"])
        if entry is None:
            return None
        return entry, entry.hash == match["hash"]


@get(
    "/static/{name:path}",
    opt=public("style sheets, scripts and pictures are the same for everybody", session=False),
    name="static",
    sync_to_thread=False,
)
def static_file(request: Request[Any, Any, Any], name: FromPath[Path]) -> Response[bytes]:
    """One static file."""
    found = held(request).platform.static.find(str(name).lstrip("/"))
    if found is None:
        raise NotFoundException
    entry, fresh = found
    headers = {
        "ETag": f'"{entry.hash}"',
        "Cache-Control": YEAR if fresh else "no-cache",
        "Last-Modified": formatdate(entry.stamp[0] / 1e9, usegmt=True),
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if entry.gzipped:
        headers["Vary"] = "Accept-Encoding"
    if f'"{entry.hash}"' in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=entry.media_type)
    if entry.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(entry.gzipped, headers=headers, media_type=entry.media_type)
    body = entry.body or entry.path.read_bytes()
    return Response(body, headers=headers, media_type=entry.media_type)
