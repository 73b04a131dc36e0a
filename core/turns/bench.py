# SPDX-License-Identifier: Apache-2.0
"""The work bench of the phone shell: what a volunteer does, and what waits for him."""

from typing import Any

from litestar import Request, Response

from core import db
from core.auth.visitor import Visitor
from core.turns import queries
from core.web import navigation, responses
from core.web.state import held

SCAN = "core.scan.use"


async def bench(request: Request[Any, Any, Any], who: Visitor) -> Response[Any]:
    """Scan, tiles, my open turns with their balls, cards of plugins (S0-26).

    An applicant has no work bench; what he may see is under 我的 (S0-6).
    """
    if not who.may(navigation.BENCH):
        return responses.redirect(request, "/me")
    kept = held(request)
    async with db.transaction(who.scope):
        numbers = await navigation.counts(kept, who)
        turns = await queries.own_turns(who)
    return responses.page(
        request,
        "pages/bench.html",
        may_scan=who.may(SCAN),
        tiles=[
            {"item": item, "badge": numbers.get(item.path, 0)}
            for item in navigation.phone_items(kept, who, "bench")
        ],
        turns=turns,
        cards=navigation.cards(kept.platform, who),
    )
