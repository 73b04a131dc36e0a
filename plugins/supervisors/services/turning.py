# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is about a term: an application of the supervisor's, else a proposal to dismiss.

One term has one turn, for both stand on one page; what is left of them when one is decided decides
what it says next.
"""

from collections.abc import Mapping
from typing import Any

from core.api.turns import close_turn
from plugins.supervisors.queries.terms import proposals_of, requests_of
from plugins.supervisors.services.appointing import words_of
from plugins.supervisors.services.base import SERVE, give_office, place_of, term_ref

TITLES = {"renewal": "继任", "resignation": "辞职"}


async def turn_of_term(term: Mapping[str, Any]) -> None:
    """Give the competent organ its turn while anything of the term waits; take it back after."""
    subject, place = term_ref(term["id"]), place_of(term)
    path = f"/supervisors/terms/{term['id']}"
    asked = [each for each in await requests_of(term["id"]) if each["state"] == "submitted"]
    if asked:
        # The oldest first; ``requests_of`` has the newest first.
        what = TITLES[asked[-1]["kind"]]
        await give_office(
            subject,
            title=f"{term['name']}申请{what}",
            subline=f"聘期到 {words_of(term['ends'])}",
            step=f"审核{what}申请",
            path=path,
            place=place,
            permission=SERVE,
        )
        return
    proposed = [each for each in await proposals_of(term["id"]) if each["state"] == "open"]
    if not proposed:
        await close_turn(subject)
        return
    await give_office(
        subject,
        title=f"{term['name']}：{proposed[-1]['text'][:60]}",
        step="决定是否解聘",
        path=path,
        place=place,
        permission=SERVE,
    )
