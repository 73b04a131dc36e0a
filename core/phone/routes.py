# SPDX-License-Identifier: Apache-2.0
"""The pages of the phone shell that belong to no plugin."""

import logging
from typing import Any

from litestar import Request, Response, get

from core import clock, db
from core.auth.access import requires, visitor
from core.auth.queries import assignments
from core.people.queries import competent_organ, person
from core.web import navigation, responses
from core.web.enclosing import panels_for
from core.web.state import held

log = logging.getLogger("jiandu.web")

Req = Request[Any, Any, Any]


@get("/assist", guards=[requires(navigation.BENCH)])
async def assist(request: Req) -> Response[Any]:
    """Laws, manuals and lists that plugins bring (S0-22, S0-26)."""
    rows = navigation.phone_items(held(request), visitor(request), "assist")
    return responses.page(request, "pages/assist.html", rows=rows)


@get("/me", guards=[requires()])
async def me(request: Req) -> Response[Any]:
    """My affairs (S0-24); all there is for an applicant beside the messages (S0-6)."""
    who = visitor(request)
    kept = held(request)
    rows = []
    async with db.transaction(who.scope):
        mine = await person(who.person_id)
        several = len(await assignments(who.user_id, clock.today())) > 1
        numbers = await navigation.counts(kept, who)
        for item in navigation.phone_items(kept, who, "me"):
            note = ""
            if item.note is not None:
                try:
                    async with db.transaction():
                        note = await item.note(who.scope)
                except Exception:
                    # Somebody else's few words must not take the page away.
                    log.exception("note of %s failed", item.path)
            rows.append({"item": item, "note": note, "badge": numbers.get(item.path, 0)})
    return responses.page(
        request,
        "pages/me.html",
        me=mine,
        rows=rows,
        several=several,
        panels=panels_for(request, "core.me"),
    )


@get("/me/profile", guards=[requires()])
async def profile(request: Req) -> Response[Any]:
    """What the platform knows of me."""
    who = visitor(request)
    async with db.transaction(who.scope):
        mine = await person(who.person_id)
        organ = await competent_organ(who.region.lo, "supervision") if who.region.id else None
    facts = [("姓名", who.name), ("账号", who.account), ("身份", who.role_title)]
    if who.region.name:
        facts.append(("地区", who.region.name))
    if mine is not None:
        facts += [
            ("性别", mine.sex),
            # With the day, the masked number beside it would be whole again.
            ("出生", f"{mine.birth_date.year}年" if mine.birth_date else ""),
            ("身份证号", mine.id_number_masked),
            ("联系电话", mine.phone_masked),
        ]
    return responses.page(
        request,
        "pages/me_profile.html",
        facts=[each for each in facts if each[1]],
        organ=organ.label if organ else "",
    )


HANDLERS = [assist, me, profile]
