# SPDX-License-Identifier: Apache-2.0
"""Text with headings, lists and links as people write it in a page: made safe before it is kept.

The editor (trix) is an enhancement of a plain text area. With it the browser posts HTML and a
second field ``<name>_rich=true``; without it, plain lines. ``taken`` makes the same safe HTML of
both. What is kept is already clean, and is cleaned again where it is shown: a row may be older
than the rule.
"""

import html
import re
import secrets

import nh3
from markupsafe import Markup

from core.web.security import SOURCES

TAGS = {
    "p", "div", "br", "h2", "h3", "strong", "em", "del", "blockquote", "ul", "ol", "li", "a", "pre",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}}
SCHEMES = {"http", "https", "mailto", "tel"}
# The editor knows one heading and calls it h1; the page has its own.
_HEADING = re.compile(r"<(/?)h1(?=[\s>])", re.IGNORECASE)
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|h2|h3|li|blockquote|pre)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """Safe HTML: only headings, paragraphs, lists, quotations, emphasis and plain links."""
    return nh3.clean(
        _HEADING.sub(r"<\1h2", text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        clean_content_tags={"script", "style"},
    ).strip()


def of_plain(text: str) -> str:
    """Plain lines as paragraphs; a single line break stays one."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(
        f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>"
        for part in parts
        if part
    )


def words_of(text: str) -> str:
    """The words alone, line by line: for summaries, search, and the plain text area."""
    lines = _BREAKS.sub("\n", re.sub(r"<li>", "- ", clean(text)))
    return _BLANK.sub("\n\n", html.unescape(_TAG.sub("", lines))).strip()


def taken(text: str, *, rich: bool) -> str:
    """What a form posted, as safe HTML; empty when it holds no word."""
    made = clean(text) if rich else of_plain(text)
    return made if words_of(made) else ""


def shown(text: str) -> Markup:
    """Kept text for a template."""
    return Markup(clean(text))  # noqa: S704 - cleaned in this very line


def editor_headers(nonce: str) -> dict[str, str]:
    """The content policy of a page with the editor, which adds style elements of its own."""
    sources = {**SOURCES, "style-src": f"'self' 'nonce-{nonce}'"}
    policy = "; ".join(f"{what} {where}" for what, where in sources.items())
    return {"Content-Security-Policy": policy}


def new_nonce() -> str:
    """A word for one answer; it goes into the header and into the page."""
    return secrets.token_urlsafe(16)
