# SPDX-License-Identifier: Apache-2.0
"""Links in the words people typed: a plugin says what a passage means, core draws it safely.

``{{ line | linked }}`` in a template is the line, escaped, with links where the linkers of
``core.linker`` found something to open. Without such a plugin it is the line, escaped.
"""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from core import clock
from core.web.state import Held, current

if TYPE_CHECKING:
    from core.auth.visitor import Visitor

log = logging.getLogger("jiandu.web")

POINT = "core.linker"
LONGEST = 20_000
"""Characters of one passage that are looked through; the rest is shown without links."""
_TAG = re.compile(r'(<(?:"[^"]*"|[^>"])*>)')


@dataclass(frozen=True)
class Link:
    """Characters ``start`` to ``end`` of a passage, and the page of this site they open."""

    start: int
    end: int
    path: str
    preview: str = ""
    """A partial of this site that shows what the page is about, while the pointer or the focus
    rests on the link; without script the link opens its page as ever."""


@dataclass(frozen=True, kw_only=True)
class Linker:
    """A contribution to ``core.linker``: no database, since it runs while a page is drawn."""

    find: Callable[[str, "Visitor | None", date | None], Sequence[Link]]
    """The links of a passage for this reader; the day is that of what the passage is about."""


def linked(text: object, on: date | datetime | None = None) -> Markup:
    """A passage for a page, escaped, with its links; ``on`` is when it was said."""
    if isinstance(text, Markup):
        return text
    if isinstance(on, datetime):
        on = clock.local(on).date()
    words = "" if text is None else str(text)
    out, at = Markup(""), 0
    for link in _found(words, on):
        out += escape(words[at : link.start])
        peek = Markup(' data-jd-peek="{}"').format(link.preview) if link.preview else ""
        out += Markup('<a href="{}"{}>{}</a>').format(link.path, peek, words[link.start : link.end])
        at = link.end
    return out + escape(words[at:])


def linked_html(html: Markup, on: date | None = None) -> Markup:
    """The same for cleaned HTML: only words outside of tags and of other links."""
    out, inside = [], 0
    for piece in _TAG.split(html):
        if piece.startswith("<"):
            inside += piece.startswith("<a ") - piece.startswith("</a>")
            out.append(piece)
        else:
            out.append(piece if inside else str(linked(unescape(piece), on)))
    return Markup("".join(out))  # noqa: S704 - tags as they were cleaned, words escaped again


def _found(words: str, on: date | None) -> Iterable[Link]:
    kept = current.get()
    if kept is None or not words:
        return
    found: list[Link] = []
    for each in kept.platform.registry.contributions(POINT):
        if _off(kept, each.plugin):
            continue
        try:
            found += each.value.find(words[:LONGEST], kept.visitor, on)
        except Exception:
            # Somebody else's finder must not take the page away.
            log.exception("linker %s failed", each.key)
    at = 0
    for link in sorted(found, key=lambda it: (it.start, -it.end)):
        # Only pages of this site, and never one link within another.
        local = all(_local(path) for path in (link.path, link.preview or link.path))
        if at <= link.start < link.end <= len(words) and local:
            yield link
            at = link.end


def _local(path: str) -> bool:
    return path.startswith("/") and not path.startswith("//")


def _off(kept: Held, plugin: str) -> bool:
    return kept.visitor is not None and plugin not in kept.enabled
