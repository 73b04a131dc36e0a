# SPDX-License-Identifier: Apache-2.0
"""What the pages show beyond rows: regions to choose, the certificate as paper, photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.api import clock
from core.api.db import Scope, transaction, value
from core.api.documents import Paper, fill
from core.api.errors import NotFound
from core.api.facts import heard_by
from core.api.files import OpenFile, open_
from core.api.regions import RegionRow, children, country, find, path, region
from plugins.supervisors.queries.terms import as_term
from plugins.supervisors.rules.terms import ACTIVE, TERM_STATES
from plugins.supervisors.rules.words import OBLIGATIONS
from plugins.supervisors.services.base import organ_of, settings_in

COUNTY = 3
"""Registration stops at the county (X13)."""
BELOW = 80


@dataclass(frozen=True)
class Choice:
    """One step down the region tree: where one stands, what lies below, what was searched."""

    region: RegionRow
    path: tuple[RegionRow, ...]
    below: tuple[RegionRow, ...]
    found: tuple[tuple[RegionRow, str], ...]
    query: str
    organ: str
    """The organ that would handle the application; empty while one may not stop here."""
    closed: str
    """Why nobody can apply here; empty when one can, or has to choose further."""


async def choose_region(wanted: int, query: str) -> Choice:
    """省 → 盟市 → 旗县区 from the real tree, one link at a time, so it needs no script (S0-2)."""
    async with transaction(Scope.public()):
        place = await region(wanted) if wanted else await country()
        if place is None or not place.open or place.level > COUNTY:
            raise NotFound("没有这个地区，请逐级选择。")
        above = await path(place.lo)
        below = [each for each in await children(place.id) if each.level <= COUNTY]
        if place.level >= COUNTY:
            below = []
        found = [each for each in await find(query) if each.level <= COUNTY] if query else []
        named = [(each, "".join(one.name for one in (await path(each.lo))[1:-1])) for each in found]
        organ, closed = "", ""
        if not below:
            competent = await organ_of(place.lo)
            on = "supervisors" in await heard_by("core.clock.lapsed", place.lo)
            if place.level < 2 or competent is None or not on:
                closed = f"{place.name}还没有开通网上申请，请向当地司法局询问。"
            else:
                organ = competent.name
        return Choice(
            place, tuple(above[1:]), tuple(below[:BELOW]), tuple(named), query, organ, closed
        )


def standing(found: Mapping[str, Any], today: date) -> tuple[bool, str]:
    """Whether a certificate is good on a day, and the words for it."""
    term = as_term(dict(found))
    if found["state"] == ACTIVE:
        if term.runs_on(today):
            return True, "有效"
        if today < term.starts:
            return False, f"聘期自{words_of_day(term.starts)}起"
        return False, "聘期已满"
    return False, TERM_STATES[found["state"]][1]


def words_of_day(day: date) -> str:
    """2026年5月12日."""
    return f"{day.year}年{day.month}月{day.day}日"


CERTIFICATE = """{{basis}}经审核并向社会公示，现聘请你为{{region}}行政执法社会监督员，聘期{{years}}，自{{starts}}起至{{ends}}止。
聘期内应当履行下列义务：
{{obligations}}"""
"""Fits on one page with its signature; what supervisors do stands in the code of conduct."""


def certificate_paper(found: Mapping[str, Any], address: str, basis: Sequence[str]) -> Paper:
    """聘任证书 as a document: the words are data, whatever a name looks like (S3-6, S3-28)."""
    obligations = "\n".join(
        f"（{numeral}）{text}。" for numeral, text in zip("一二三四五", OBLIGATIONS, strict=True)
    )
    years = found["ends"].year - found["starts"].year
    named = "、".join(each if each.startswith("《") else f"《{each}》" for each in basis)
    values = {
        "basis": f"根据{named}，" if basis else "经研究，",
        "region": str(found["region_name"]),
        "years": {1: "一年", 2: "两年", 3: "三年", 4: "四年", 5: "五年"}.get(years, ""),
        "starts": words_of_day(found["starts"]),
        "ends": words_of_day(found["ends"]),
        "obligations": obligations,
    }
    good, words = standing(found, clock.today())
    issued = clock.local(found["issued_at"]).date()
    return Paper(
        title="行政执法社会监督员聘任证书",
        paragraphs=fill(CERTIFICATE, values),
        organ=str(found["organ_name"]),
        number=str(found["number"]),
        to=str(found["name"]),
        signed=(str(found["organ_name"]), words_of_day(issued)),
        code=address,
        note=f"第{found['number_in_row']}届　{found['number']}",
        mark="" if good or found["state"] == ACTIVE else words,
    )


async def basis_in(region_lo: int) -> list[str]:
    """The documents by which supervisors are engaged in a region, with their first day."""
    async with transaction(Scope.platform("the basis of a certificate is public")):
        return list((await settings_in(region_lo)).basis)


async def open_photo(file_id: int | None) -> OpenFile:
    """A supervisor's or applicant's picture, for who was let in by a token or is himself."""
    if not file_id:
        raise NotFound
    async with transaction(Scope.platform("the photo of a card, behind its token or its owner")):
        opened = await open_(file_id)
    if opened.file.purpose != "supervisors.photo":
        raise NotFound
    return opened


async def card_number_of(term: int) -> str:
    """The certificate number of a term, as its card shows it to anybody."""
    async with transaction(Scope.public()):
        found = await value(
            "select number from supervisors_card where term = $1 and published", term
        )
    return str(found or "")
