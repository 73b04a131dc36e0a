# SPDX-License-Identifier: Apache-2.0
"""What the acts share: settings, places, the office, the locked rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor
from core.api.audience import group_of
from core.api.custody import alias
from core.api.db import Place, Scope, SubjectRef, execute, row
from core.api.errors import Invalid, NotFound, Refused
from core.api.people import OrganisationRow, competent_organ
from core.api.regions import RegionRow, region
from plugins.opinions import queries
from plugins.opinions.rules import MANAGE, articles

DRAFT, OPINION, OWN = "opinions.draft", "opinions.opinion", "opinions.own"
REGISTER = "opinions belong to the bureau that asked, whoever sends them"
OPEN_ALIAS, SEALED_ALIAS = "opinions.open", "opinions.sealed"
PSEUDONYM = "保密人员"
"""What stands for an author under seal."""


class OpinionSettings(msgspec.Struct, frozen=True):
    """Periods and numbers of 意见征集, by region."""

    answer_days: Annotated[int, Meta(ge=1, le=180)] = 30
    """征集截止后多少天内答复完（自然日，末日逢休息日顺延）"""
    appeal_days: Annotated[int, Meta(ge=1, le=60)] = 10
    """作者对退回、不予公布、遮盖、移除、审核说明申诉的天数"""
    smallest_number: Annotated[int, Meta(ge=2, le=50)] = 5
    """公布的统计里小于这个数的不显示"""


@dataclass(frozen=True)
class Author:
    """Who sends an opinion, and from where."""

    person: int
    user: int
    name: str
    login: str
    role: str
    title: str
    region: int
    region_name: str
    region_lo: int
    region_hi: int


def author_of(who: Visitor) -> Author:
    """The visitor as an author."""
    if not who.person_id:
        raise Refused("这个账号没有对应的人员，不能提意见；请管理员先把账号和人员对上。")
    return Author(
        who.person_id,
        who.user_id,
        who.name,
        who.login,
        who.role,
        who.role_title,
        who.region.id,
        who.region.name,
        who.region.lo,
        who.region.hi,
    )


def aliases_of(person: int) -> list[bytes]:
    """Both names under which a person's opinions are found."""
    return [alias(person, OPEN_ALIAS), alias(person, SEALED_ALIAS)]


def is_meant(found: Mapping[str, Any], role: str, lo: int, hi: int) -> bool:
    """Whether somebody in this role and place belongs to the audience of a draft."""
    return (
        found["readers"] in ("all", group_of(role))
        and found["aud_lo"] <= lo
        and hi <= found["aud_hi"]
    )


async def office_of(who: Visitor) -> OrganisationRow:
    """The office that asks: the competent organ of the region somebody acts for (S3-29)."""
    organ = await competent_organ(who.region.lo, "supervision") if who.region.id else None
    if organ is None or organ.region_lo != who.region.lo:
        raise Refused("你所在的地区没有登记行政执法监督机关，请系统管理员在“机构”里指定后再征集。")
    return organ


async def own_office(who: Visitor) -> int:
    """The id of the office he asks for; 0 for a mere reader."""
    if not who.may(MANAGE) or not who.region.id:
        return 0
    organ = await competent_organ(who.region.lo, "supervision")
    return organ.id if organ is not None and organ.region_lo == who.region.lo else 0


def place_of(found: Mapping[str, Any]) -> Place:
    """Where a row belongs."""
    return Place(found["region_lo"], found["org_lo"])


def ref(kind: str, id: int) -> SubjectRef:
    """The subject of a fact."""
    return SubjectRef(kind, id)


def register(actor: int = 0) -> Scope:
    """Where opinions are written and found by those who do not own the register."""
    return Scope.platform(REGISTER, actor=actor)


def digest_of(*parts: str) -> str:
    """SHA-256 of words, so that the record proves what was shown."""
    return sha256("\n".join(parts).encode()).hexdigest()


async def aimed_at(who: Visitor, chosen: int) -> RegionRow:
    """The region a draft is meant for: inside the office's own, the whole of it by default."""
    found = await region(chosen or who.region.id)
    if found is None or not (who.region.lo <= found.lo and found.hi <= who.region.hi):
        raise Invalid({"region": "请选择本地区或下级地区。"})
    return found


async def own_draft(who: Visitor, draft: int) -> dict[str, Any]:
    """A draft of one's own office, locked."""
    found = await queries.locked_draft(draft, who.scope, (await office_of(who)).id)
    if found is None:
        raise NotFound
    return found


async def own_opinion(who: Visitor, opinion: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An opinion on a draft of one's own office, both locked, the draft first."""
    seen = await queries.find_opinion(opinion, who.scope)
    if seen is None:
        raise NotFound
    draft = await own_draft(who, seen["draft"])
    found = await row("select * from opinions_opinion where id = $1 for update", opinion)
    assert found is not None
    return found, draft


async def change_opinion(opinion: int, **values: Any) -> None:
    """Set columns of an opinion."""
    names = list(values)
    sets = ", ".join(f'"{name}" = ${n}' for n, name in enumerate(names, 2))
    await execute(f"update opinions_opinion set {sets} where id = $1", opinion, *values.values())


async def change_draft(draft: int, **values: Any) -> None:
    """Set columns of a draft; every act moves it up in the list."""
    values = {"sort_at": clock.now(), **values}
    names = list(values)
    sets = ", ".join(f'"{name}" = ${n}' for n, name in enumerate(names, 2))
    await execute(f"update opinions_draft set {sets} where id = $1", draft, *values.values())


def passages_of(measures: Sequence[Mapping[str, Any]], without: int = 0) -> list[str]:
    """The passages covered by measures in force."""
    return [
        each["passage"]
        for each in measures
        if each["kind"] == "censor" and each["decided"] != "lift" and each["id"] != without
    ]


def articles_in(version: Mapping[str, Any] | None) -> tuple[articles.Article, ...]:
    """The articles of a version's row."""
    return articles.stored(version["articles"]) if version else ()


def days_on(days: int) -> Any:
    """The day so many days after today; today itself is not counted."""
    return clock.today() + timedelta(days=days)
