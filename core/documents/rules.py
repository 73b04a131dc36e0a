# SPDX-License-Identifier: Apache-2.0
"""From a document template and values to paragraphs. Pure; text stays text all the way.

A template is plain text, one paragraph per line: ``# …`` is a heading inside the document,
``> …`` stands at the right, ``{{key}}`` is a placeholder. There is no other syntax, and what is
put in is never read again: a value that looks like a heading or a placeholder is printed as it is.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "heading", "right"]

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_.-]{1,60})\s*\}\}")
BLANK = "＿＿＿＿＿＿"
"""What stands where a value is missing, so that it can be filled in by hand."""
TEXT_LIMIT = 200_000

_CONTROL = {c: None for c in range(32) if c not in (9, 10)} | {
    0x7F: None,
    0xFFFE: None,
    0xFFFF: None,
}
# Characters that turn the direction of writing could show another text than the one signed.
_TURNING = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a document."""

    text: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document ready to be laid out; every field is plain text."""

    title: str
    paragraphs: tuple[Paragraph, ...]
    organ: str = ""
    """Stands above the title: who issues it."""
    number: str = ""
    signed: tuple[str, ...] = ()
    """The lines at the lower right: organ and date."""
    note: str = ""
    """A line at the foot of every page: what the document belongs to."""
    mark: str = ""
    """Across the page: 预览, 作废."""
    code: str = ""
    """An address, printed as a QR code beside the signature: where the document is checked."""
    code_words: str = "扫码查验"
    red: bool = False
    """With the head of a 公文 (GB/T 9704): the organ large and red, the number under it, a red rule,
    and page numbers as — 1 —."""
    to: str = ""
    """主送机关, flush left above the text."""
    copies: str = ""
    """抄送 and the like, between two rules at the end (版记)."""


def plain(text: str) -> str:
    """Text as it may be printed: composed, without control and direction characters."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    encodable = unix.encode("utf-8", "ignore").decode("utf-8")
    return unicodedata.normalize("NFC", encodable.translate(_CONTROL).translate(_TURNING))


def lines_of(body: str) -> Iterator[tuple[str, Kind]]:
    """The lines of a template with their kind; empty ones are left out."""
    for line in plain(body).split("\n"):
        text = line.strip()
        if not text:
            continue
        if text.startswith("# "):
            yield text[2:].strip(), "heading"
        elif text.startswith("> "):
            yield text[2:].strip(), "right"
        else:
            yield text, "text"


def placeholders_of(body: str) -> tuple[str, ...]:
    """The keys a template asks for, in order, each once."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(body)))


def missing_of(body: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The placeholders of a template without a value, in the order of the text."""
    return tuple(key for key in placeholders_of(body) if not values.get(key, "").strip())


def fill(body: str, values: Mapping[str, str]) -> tuple[Paragraph, ...]:
    """The paragraphs of a template with its values put in.

    A value of several lines becomes several paragraphs of the same kind. Splitting the template
    at its placeholders comes first, so no value is ever searched for placeholders again.
    """
    found: list[Paragraph] = []
    for line, kind in lines_of(body):
        pieces = PLACEHOLDER.split(line)
        text = "".join(
            (plain(values.get(piece, "")).strip() or BLANK) if at % 2 else piece
            for at, piece in enumerate(pieces)
        )
        found.extend(Paragraph(each.strip(), kind) for each in text.split("\n") if each.strip())
    return tuple(found)


def text_length(paragraphs: Sequence[Paragraph]) -> int:
    return sum(len(p.text) for p in paragraphs)
