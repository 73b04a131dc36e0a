# SPDX-License-Identifier: Apache-2.0
"""The words of a Word file in order: what Word numbers by itself, what was inserted, tables.

What has no words (pictures, notes) leaves a mark, which the reading of the law tells.
"""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from docx.document import Document as DocumentObject
from lxml import etree

from plugins.library.rules.numerals import write_number

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
PICTURE = "{urn:schemas-microsoft-com:vml}imagedata"
WORDS = {W + "t": "", W + "tab": " ", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
OUTSIDE = {W + "del", W + "moveFrom", W + "txbxContent", FALLBACK}
CHINESE = (
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "taiwaneseCounting",
    "ideographDigital",
)
SAFE = etree.XMLParser(resolve_entities=False, no_network=True)


class Numbering:
    """Numbers that Word writes by itself: 第一条 of a list is nowhere in the text."""

    def __init__(self, document: DocumentObject) -> None:
        self.counts: dict[tuple[str, int], int] = {}
        self.levels: dict[tuple[str, int], tuple[str, str, int]] = {}
        self.lists: dict[str, str] = {}
        self.styles: dict[str, Any] = {
            each.style_id: each.element.find(f"{W}pPr/{W}numPr") for each in document.styles
        }
        part = next(
            (r for r in document.part.rels.values() if r.reltype.endswith("/numbering")), None
        )
        if part is None or part.is_external:
            return
        root = etree.fromstring(part.target_part.blob, SAFE)
        for one in root.iter(W + "abstractNum"):
            for level in one.iter(W + "lvl"):
                told = {c.tag: c.get(W + "val") or "" for c in level}
                start = told.get(W + "start", "1")
                self.levels[one.get(W + "abstractNumId"), int(level.get(W + "ilvl") or 0)] = (
                    told.get(W + "numFmt", ""),
                    told.get(W + "lvlText", ""),
                    int(start) if start.isdecimal() else 1,
                )
        for one in root.iter(W + "num"):
            target = one.find(W + "abstractNumId")
            if target is not None:
                self.lists[one.get(W + "numId")] = target.get(W + "val")

    def of(self, paragraph: Any) -> str:
        """The number that stands before a paragraph, and a space."""
        own = paragraph.find(f"{W}pPr/{W}numPr")
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        if own is None and style is not None:
            own = self.styles.get(style.get(W + "val"))
        if own is None:
            return ""
        number, level = own.find(W + "numId"), own.find(W + "ilvl")
        kept = self.lists.get(number.get(W + "val") if number is not None else "", "")
        at = int(level.get(W + "val")) if level is not None else 0
        if (kept, at) not in self.levels:
            return ""
        _kind, pattern, start = self.levels[kept, at]
        self.counts[kept, at] = self.counts.get((kept, at), start - 1) + 1
        for below in [key for key in self.counts if key[0] == kept and key[1] > at]:
            del self.counts[below]
        if not self._written(kept, at) and "%" in pattern:
            return ""
        for n in range(at + 1):
            pattern = pattern.replace(f"%{n + 1}", self._written(kept, n))
        if not any(c.isalnum() for c in pattern):
            return ""
        return pattern if pattern.endswith(("）", ")", "、")) else f"{pattern} "

    def _written(self, kept: str, at: int) -> str:
        kind, _pattern, start = self.levels.get((kept, at), ("", "", 1))
        number = self.counts.get((kept, at), start)
        if kind in CHINESE:
            return write_number(number)
        return "" if kind in ("bullet", "none", "") else str(number)


def lines_of(document: DocumentObject) -> Iterator[str]:
    numbers = Numbering(document)
    yield from _blocks(document.element.body, numbers, _titles(document))
    if _parts_of(document, "footnotes") or _parts_of(document, "endnotes"):
        yield "![脚注没有读入](footnotes)"


def _blocks(parent: Any, numbers: Numbering, titles: set[str]) -> Iterator[str]:
    """Paragraphs and tables in order, also inside content controls; text boxes behind theirs."""
    for each in parent:
        if each.tag == W + "p":
            words = _words(each)
            number = numbers.of(each) if words else ""
            style = each.find(f"{W}pPr/{W}pStyle")
            heading = "# " if style is not None and style.get(W + "val") in titles else ""
            for at, line in enumerate(words.split("\n")):
                if line.strip():
                    yield heading + (number if not at else "") + line.strip()
            if next(each.iter(DRAWING, PICTURE), None) is not None:
                yield "![图没有读入](picture)"
            for box in each.iter(W + "txbxContent"):
                # Written twice, for old and new programs; the old form is left aside.
                if not any(above.tag == FALLBACK for above in box.iterancestors()):
                    yield from _blocks(box, numbers, titles)
        elif each.tag == W + "tbl":
            yield "\n".join(_rows(each))
        elif each.tag in (W + "sdt", W + "sdtContent", W + "ins", W + "moveTo", W + "customXml"):
            yield from _blocks(each, numbers, titles)


def _rows(table: Any) -> Iterator[str]:
    for line in table.iter(W + "tr"):
        if next(line.iterancestors(W + "tbl")) is not table:
            continue
        cells = [each for each in line.iter(W + "tc") if next(each.iterancestors(W + "tr")) is line]
        texts = [
            " ".join(" ".join(_words(p) for p in cell.iter(W + "p")).split()) for cell in cells
        ]
        yield "| " + " | ".join(each.replace("|", "｜") for each in texts) + " |"


def _words(paragraph: Any) -> str:
    """What is read in a paragraph: inserted words count, struck out ones do not."""
    found = []
    for each in paragraph.iter(*WORDS):
        above = takewhile(lambda one: one is not paragraph, each.iterancestors())
        if each.getparent().tag != W + "r" or any(one.tag in OUTSIDE for one in above):
            continue
        found.append(each.text or "" if each.tag == W + "t" else WORDS[each.tag])
    return "".join(found).strip()


def _titles(document: DocumentObject) -> set[str]:
    return {each.style_id for each in document.styles if each.name == "Title"}


def _parts_of(document: DocumentObject, kind: str) -> bool:
    """Whether the file has notes; the first two of a part are the lines above them."""
    for each in document.part.rels.values():
        if each.reltype.endswith("/" + kind) and not each.is_external:
            words = etree.fromstring(each.target_part.blob, SAFE).iter(W + "t")
            return any((one.text or "").strip() for one in words)
    return False
