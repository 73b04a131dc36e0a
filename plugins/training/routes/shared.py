# SPDX-License-Identifier: Apache-2.0
"""What several pages need: regions to choose, documents, what a training looks like to me."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from core.api import clock
from core.api.access import Visitor
from core.api.db import transaction
from core.api.regions import children
from core.api.web import Response
from plugins.training.queries.lessons import LESSON_STATES
from plugins.training.queries.trainings import materials_of, seat_of
from plugins.training.rules import feedback as feedback_rules
from plugins.training.rules import taking_part as rules
from plugins.training.rules.hours import hours_words
from plugins.training.rules.lessons import KINDS, TAGS
from plugins.training.rules.watching import share
from plugins.training.services.base import at_office, feedback_end, is_meant, sign_up_end


def typed_time(moment: datetime | None) -> str:
    """A moment as the browser's control for date and time wants it."""
    return f"{clock.local(moment):%Y-%m-%dT%H:%M}" if moment else ""


def span_words(found: Mapping[str, Any]) -> str:
    """``7月3日 09:00–12:00``; over several days both ends with their date."""
    begin, end = clock.local(found["starts_at"]), clock.local(found["ends_at"])
    first = f"{begin.month}月{begin.day}日 {begin:%H:%M}"
    if begin.date() == end.date():
        return f"{first}–{end:%H:%M}"
    return f"{first} 至 {end.month}月{end.day}日 {end:%H:%M}"


WORDS: dict[str, Any] = {
    "states": rules.STATES,
    "seats_words": rules.SEATS,
    "outcomes": rules.OUTCOMES,
    "ways": rules.WAYS,
    "lesson_states": LESSON_STATES,
    "kinds": KINDS,
    "tags": TAGS,
    "hours_words": hours_words,
    "share": share,
    "typed_time": typed_time,
    "span_words": span_words,
}
"""What every template of this plugin may say."""


async def regions_of(who: Visitor) -> list[tuple[int, str]]:
    """Where a text of this office may be aimed: its region or one just below."""
    below = await children(who.region.id)
    return [
        (who.region.id, f"{who.region.name}（含下级）"),
        *((each.id, each.name) for each in below),
    ]


async def for_me(who: Visitor, found: dict[str, Any]) -> dict[str, Any]:
    """Everything a participant's page of a training says; inside the transaction."""
    training, now = int(found["id"]), clock.now()
    seat = await seat_of(training, who.person_id) if who.person_id else None
    has = seat["state"] if seat else ""
    if has == "waiting":
        # How many stand before one is counted where all seats are visible.
        async with transaction(at_office(who, found)):
            seat = await seat_of(training, who.person_id)
    until = sign_up_end(found)
    over = now >= found["ends_at"]
    why_not_say = feedback_rules.why_not_said(
        seat["attendance"] if seat else "",
        bool(seat and seat["feedback"]),
        over,
        clock.today(),
        feedback_end(found),
    )
    return {
        "training": found,
        "materials": await materials_of(training=training),
        "seat": seat,
        "why_not": rules.why_not_sign_up(found["state"], has, now, until, is_meant(found, who)),
        "way_out": rules.way_out(has, now, until, found["starts_at"])
        if found["state"] == "published"
        and not (seat and (seat["excuse"] or seat["attendance"] == "present"))
        else "",
        "sign_up_end": until,
        "feedback_end": feedback_end(found),
        "may_say": not why_not_say,
        "why_not_say": why_not_say,
        "over": over,
    }


def document(content: bytes, name: str) -> Response:
    """A document to be saved or printed."""
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": 'inline; filename="certificate.pdf";'
            f" filename*=UTF-8''{quote(name)}.pdf",
            "Cache-Control": "private, no-store",
        },
    )
