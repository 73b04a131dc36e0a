# SPDX-License-Identifier: Apache-2.0
"""DOCX for further work in the office's own word processor; names the office's fonts (D19)."""

import io
import re
from datetime import datetime

from anyio import to_thread
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as DocxParagraph

from core import clock
from core.documents.rules import Paper, plain

BODY_FONT = "仿宋_GB2312"
TITLE_FONT = "方正小标宋简体"
# XML 1.0 knows no other characters; ``plain`` has taken out the control characters already.
_NOT_XML = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _words(text: str) -> str:
    return _NOT_XML.sub("", plain(text))


def _write(
    paragraph: DocxParagraph,
    text: str,
    *,
    size: float = 16,
    font: str = BODY_FONT,
    bold: bool = False,
) -> None:
    run = paragraph.add_run(_words(text))
    run.font.name = font
    run.font.size = Pt(size)
    run.bold = bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 - the library's way to the East Asian font


def set_docx(paper: Paper, at: datetime | None = None) -> bytes:
    """The document as DOCX, in this thread."""
    file = Document()
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    moment = (at or clock.now()).astimezone(clock.SHANGHAI).replace(tzinfo=None, microsecond=0)
    about = file.core_properties
    about.title, about.author = _words(paper.title)[:250], _words(paper.organ)[:250]
    about.created = about.modified = moment
    _write(section.footer.paragraphs[0], paper.note, size=10.5)
    if paper.mark:
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _write(head, paper.mark, bold=True)
    for text, size in ((paper.organ, 18), (paper.title, 22)):
        if text:
            head = file.add_paragraph()
            head.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _write(head, text, size=size, font=TITLE_FONT)
    if paper.number:
        line = file.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _write(line, paper.number)
    for each in paper.paragraphs:
        line = file.add_paragraph()
        line.paragraph_format.line_spacing = Pt(28)
        line.paragraph_format.space_after = Pt(0)
        if each.kind == "right":
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        elif each.kind == "text":
            line.paragraph_format.first_line_indent = Pt(32)
        _write(line, each.text, bold=each.kind == "heading")
    if paper.code:
        # Word draws no code by itself; the address says the same.
        _write(file.add_paragraph(), f"{paper.code_words}：{paper.code}", size=10.5)
    for text in paper.signed:
        line = file.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _write(line, text)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


async def docx(paper: Paper, at: datetime | None = None) -> bytes:
    """The document as DOCX; needs no transaction and should run outside one."""
    return await to_thread.run_sync(set_docx, paper, at)
