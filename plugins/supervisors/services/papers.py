# SPDX-License-Identifier: Apache-2.0
"""The certificate as a signed paper: what there is to sign, and where the signed codes are kept.

Who signs is another plugin's matter (``core.api.credentials``); without one the code leads to the
public page of the card, as it always did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.api import clock
from core.api.credentials import (
    CANCELLED,
    VALID,
    Credential,
    Shown,
    ask_for_moving,
    issuer,
)
from core.api.db import Scope, execute, rows, transaction
from plugins.supervisors.queries.terms import as_term, card_by_number, public_card
from plugins.supervisors.rules.codes import step
from plugins.supervisors.rules.terms import ACTIVE, EXPIRED
from plugins.supervisors.rules.words import plain_number
from plugins.supervisors.services.showing import standing, words_of_day

KIND = "supervisors"
TITLE = "行政执法社会监督员"


def _credential(card: Mapping[str, Any]) -> Credential:
    # Of a term that simply ran out the date in the code speaks for itself; the list only names
    # those that ended before it.
    good = card["state"] in (ACTIVE, EXPIRED)
    return Credential(
        ref=card["term"],
        code=card["token"],
        number=card["number"],
        name=card["name"],
        issuer=card["organ_name"],
        region=card["region_name"],
        region_lo=card["region_lo"],
        org_lo=card["org_lo"],
        begins=card["starts"],
        ends=as_term(dict(card)).last_day if good else card["ends"],
        state=VALID if good else CANCELLED,
    )


async def listed(refs: Sequence[int]) -> Sequence[Credential]:
    """All certificates, or those of the given terms; in the worker."""
    found = await rows(
        "select * from supervisors_card where published and ($1 or term = any($2::int8[]))"
        " order by id",
        not refs,
        list(refs),
    )
    return [_credential(each) for each in found]


async def look(code: str, number: str, today: date) -> Shown | None:
    """A certificate as anybody may see it, by its opaque code or its number."""
    async with transaction(Scope.public()):
        found = await public_card(code) if code else await card_by_number(plain_number(number))
    if found is None:
        return None
    good, words = standing(found, today)
    last = as_term(dict(found)).last_day
    return Shown(
        credential=_credential(found),
        good=good,
        words="聘期有效" if good else words,
        term=f"第 {found['number_in_row']} 届，{words_of_day(found['starts'])}至{words_of_day(last)}",
        photo=f"/supervisors/card/{found['token']}/photo" if good and found["photo"] else "",
    )


async def keep(term: int, path: str) -> None:
    """The address with the signed code, to be printed."""
    await execute("update supervisors_card set signed = $2 where term = $1", term, path)


async def keep_moving(term: int, path: str, until: datetime) -> None:
    """The address that is good for a moment, to be shown on the telephone."""
    await execute(
        "update supervisors_term set moving = $2, moving_until = $3 where id = $1",
        term,
        path,
        until,
    )


def printed_path(found: Mapping[str, Any]) -> str:
    """What the code on the certificate leads to: signed as far as somebody has signed it."""
    signed = found["signed"] if issuer() is not None else ""
    return str(signed or f"/supervisors/card/{found['token']}")


def public_page(found: Mapping[str, Any]) -> str:
    """The page others see who scan the code."""
    return printed_path(found).partition("#")[0]


@dataclass(frozen=True)
class Code:
    """The code on the telephone at this moment."""

    path: str
    """Where it leads; empty while the first one is being signed."""
    moving: bool
    again: int
    """Seconds until the next look; 0 = it does not change."""


async def code_now(found: Mapping[str, Any], tries: int) -> Code:
    """The code for the holder's telephone, and the next one asked for in time.

    Inside the holder's transaction; ``found`` is the own term with its card.
    """
    if issuer() is None:
        return Code(printed_path(found), moving=False, again=0)
    now = clock.now()
    todo = step(now, found["moving_until"], tries)
    if todo.ask:
        await ask_for_moving(KIND, found["id"])
    if todo.fixed:
        return Code(printed_path(found), moving=False, again=todo.again)
    return Code(str(found["moving"]) if todo.show else "", moving=True, again=todo.again)
