# SPDX-License-Identifier: Apache-2.0
"""What several pages share: the unit look-up, the address, files."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from core.api.clock import today
from core.api.db import Scope, transaction
from core.api.people import decrypt, organisation
from core.api.regions import RegionRow, children, region
from core.api.regions import path as region_path
from core.api.web import Bound, Request, Response, number_of, partial
from plugins.activities.queries import UNIT_KINDS, last_record, units_named
from plugins.activities.rules.records import Unit
from plugins.activities.services.records import PARTY

NO_STORE = {"Cache-Control": "no-store"}
LOOK = Scope.platform("units and regions are public; a look-up names them to anybody").read_only()
MIN_LETTERS = 2
FIRST = date(2000, 1, 1)
"""Nobody looks further back, and the calendar of computers has a beginning."""


def take(form: Bound[Any], errors: Mapping[str, str]) -> None:
    """Put what a service found wrong beside its fields."""
    for name, sentence in errors.items():
        form.errors.setdefault(name, sentence)


def day_of(text: str) -> date | None:
    """A date of the address bar, or none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def period_of(request: Request) -> tuple[date, date]:
    """From and to of a page of figures: the last year by default."""
    last = day_of(request.query_params.get("until", "")) or today()
    first = day_of(request.query_params.get("since", "")) or max(last, FIRST) - timedelta(days=364)
    return min(first, last), last


async def units_found(text: str, region_lo: int) -> tuple[list[Unit], str]:
    """What a look-up finds, and a word when it finds nothing."""
    wanted = " ".join(text.split())
    if len(wanted) < MIN_LETTERS:
        return [], "输入单位名称里的两个字以上再查找。"
    async with transaction(LOOK):
        found = await units_named(wanted, region_lo)
    return found, "" if found else f"没有找到名称里有“{wanted}”的单位，请换几个字。"


async def answer_units(request: Request, region_lo: int, base: str) -> Response:
    """The list below the field, while one types."""
    text = request.query_params.get("unit", "")
    if not text.strip():
        return partial(request, "activities/_units.html", found=[], said="", base=base)
    found, said = await units_found(text, region_lo)
    return partial(request, "activities/_units.html", found=found, said=said, base=base)


async def chosen_unit(unit: int) -> Unit | None:
    """A unit of the look-up."""
    async with transaction(LOOK):
        found = await organisation(unit)
    if found is None or found.kind not in UNIT_KINDS or found.valid_to is not None:
        return None
    return Unit(found.id, found.name, found.lo)


async def phone_known(person: int, unit: int) -> str:
    """The telephone of a unit as the supervisor wrote it down last."""
    found = await last_record(person, unit)
    return str(found["organisation_phone"]) if found else ""


async def place_context(wanted: int, *, changing: bool = False) -> dict[str, Any]:
    """The address as the form shows it, and what can be chosen from here."""
    async with transaction(LOOK):
        where: RegionRow | None = await region(wanted) if wanted else None
        above = (await region_path(where.lo))[1:] if where else []
        below = await children(where.id) if where else []
        if where is None:
            root = (await region_path(0))[:1]
            below = await children(root[0].id) if root else []
    return {
        "place": where,
        "above": above,
        "below": below,
        "changing": changing,
        "done": where is not None and (where.level >= 3 or not below),
        "place_words": " ".join(each.name for each in above),
    }


def typed_region(form: Bound[Any] | None, own: int) -> int:
    """The region a form stands at; one's own on a fresh page."""
    if form is None:
        return own
    return number_of(form.get("region") or "") or 0


def party_phone_of(found: Mapping[str, Any]) -> str:
    """The party's contact, for whom it belongs to and for the bureau that handles the record."""
    return decrypt(found["party_phone"], PARTY) if found["party_phone"] else ""
