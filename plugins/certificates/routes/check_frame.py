# SPDX-License-Identifier: Apache-2.0
"""The page behind a scanned code, put together from a template that was drawn once.

It is asked more often than all other pages together, and of one card it shows a dozen words. So
the template is drawn once for each shape it can have, with a mark for each word, and a card's
words are put in the place of the marks; escaped here, since the template has not seen them.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import escape

from core.api import clock
from core.api.web import Request, render, templates_may_change
from plugins.certificates.rules import Standing

__all__ = ["drawn", "words_of"]

TEMPLATE = "certificates/check.html"
_FOLDER = Path(__file__).resolve().parents[1] / "templates"
_FILES = [_FOLDER / f"{each}.html" for each in ("check", "check_base", "check_holder")]
_MARK = re.compile(r"JDWORD([a-z]+)JDWORD")
_frames: dict[Any, tuple[str, ...]] = {}
MOST = 200
"""Shapes are few; more would mean that something of a card got into the key."""


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def words_of(found: Mapping[str, Any], standing: Standing) -> dict[str, str]:
    """What anybody may read of a card, ready to be shown; an empty word is left out of the page."""
    former = ""
    if found["former"]:
        former = f"{found['former']}（{_day(found['former_until'])}更名，旧证在有效期内照常有效）"
    return {
        "name": found["holder_name"],
        "unit": found["unit_name"],
        "number": found["number"],
        "powers": found["powers"] or found["category"] or "证面未载明",
        "region": found["region_name"] or "证面未载明",
        "kind": "部门执法证" if found["kind"] == "ministry" else "地方执法证",
        "term": f"{_day(found['valid_from'])}至{_day(found['valid_until'])}",
        "due": f"{_day(found['inspection_due'])}前完成" if found["inspection_due"] else "",
        "former": former,
        "reason": standing.reason,
        "photo": f"/certificates/check/{found['token']}/photo" if found["photo"] else "",
    }


def drawn(
    request: Request,
    words: Mapping[str, str],
    *,
    qualified: bool,
    headline: str,
    acts: Sequence[Any],
    code: str,
    moment: datetime,
) -> str:
    """The whole page for one card."""
    shape = (
        qualified,
        tuple(bool(each) for each in words.values()),
        tuple((each.path, each.title) for each in acts),
        # Somebody who writes templates sees what he has written.
        max(each.stat().st_mtime_ns for each in _FILES) if templates_may_change(request) else 0,
    )
    parts = _frames.get(shape)
    if parts is None:
        marks = {key: f"JDWORD{key}JDWORD" if word else "" for key, word in words.items()}
        text = render(
            request,
            TEMPLATE,
            found=marks,
            qualified=qualified,
            headline="JDWORDheadlineJDWORD",
            code="JDWORDcodeJDWORD",
            acts=acts,
            checked_at="JDWORDminuteJDWORD",
        )
        parts = tuple(_MARK.split(text))
        if len(_frames) < MOST:
            _frames[shape] = parts
    now = clock.local(moment)
    minute = f"{now.month}月{now.day}日 {now.hour:02}:{now.minute:02}"
    filled = {**words, "headline": headline, "minute": minute}
    ready = {"code": quote(code, safe="")}
    return "".join(
        part if at % 2 == 0 else ready[part] if part in ready else str(escape(filled[part]))
        for at, part in enumerate(parts)
    )
