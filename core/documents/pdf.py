# SPDX-License-Identifier: Apache-2.0
"""PDF by typst: the words go in as data, never as markup (D19)."""

import json
import logging
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import typst
from anyio import CapacityLimiter, to_thread

from core import clock, settings
from core.documents.fonts import BODY, TITLE, folders, printable
from core.documents.rules import Paper, plain
from core.web.codes import qr_file

log = logging.getLogger("jiandu.documents")

LAYOUT = (Path(__file__).parent / "paper.typ").read_bytes()
# Setting a page is processor work; one at a time leaves the other core to the requests.
_setting = CapacityLimiter(1)


@lru_cache(maxsize=2)
def _compiler(own: str) -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=folders(own)
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def _data(paper: Paper, own: str) -> str:
    # With fonts of the operator, what they hold is not known here; typst falls back by itself.
    shown = plain if own else (lambda text: printable(plain(text)))
    return json.dumps(
        {
            "title": shown(paper.title),
            "organ": shown(paper.organ),
            "number": shown(paper.number),
            "note": shown(paper.note),
            "mark": shown(paper.mark),
            "signed": [shown(line) for line in paper.signed],
            "code": qr_file(paper.code).decode() if paper.code else "",
            "code_words": shown(paper.code_words),
            "red": paper.red,
            "to": shown(paper.to),
            "copies": shown(paper.copies),
            "paragraphs": [{"text": shown(p.text), "kind": p.kind} for p in paper.paragraphs],
            "body_fonts": list(BODY),
            "title_fonts": list(TITLE),
        },
        ensure_ascii=False,
    )


def set_pdf(paper: Paper, at: datetime | None = None) -> bytes:
    """The document as a PDF, in this thread. The same paper and time give the same bytes."""
    own = settings.load().documents.fonts
    moment = int((at or clock.now()).timestamp())
    made = _compiler(own).compile(
        LAYOUT, format="pdf", sys_inputs={"data": _data(paper, own)}, timestamp=moment
    )
    assert isinstance(made, bytes)
    return made


async def pdf(paper: Paper, at: datetime | None = None) -> bytes:
    """The document as a PDF; needs no transaction and should run outside one."""
    return await to_thread.run_sync(set_pdf, paper, at, limiter=_setting)
