# SPDX-License-Identifier: Apache-2.0
"""What the acts share: who keeps a law, where it stands, its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.api.access import Visitor
from core.api.db import Place, Scope, SubjectRef, row
from core.api.errors import NotFound, Refused
from core.api.people import competent_organ
from plugins.library.rules import NOT_FOUND

LAW, VERSION, ARTICLE, TASK = "library.law", "library.version", "library.article", "library.task"


@dataclass(frozen=True)
class Keeper:
    """The office that keeps a law in the library, and who acts for it."""

    user: int
    name: str
    organ_name: str
    place: Place


async def keeper_of(who: Visitor) -> Keeper:
    """The competent organ of the visitor's region; nobody else keeps laws."""
    organ = await competent_organ(who.region.lo, "supervision") if who.region.id else None
    if organ is None or organ.region_lo != who.region.lo:
        raise Refused("你所在的地区没有登记行政执法监督机关，请系统管理员在“机构”里指定后再编辑。")
    return Keeper(who.user_id, who.name, organ.name, Place(who.region.lo, organ.lo))


async def law_row(law: int) -> dict[str, Any]:
    """A law that may be seen; ``NotFound`` otherwise."""
    found = await row("select * from library_law where id = $1", law)
    if found is None:
        raise NotFound(NOT_FOUND)
    return found


def days(kept: Any) -> dict[str, date]:
    """Dates by article, as a version keeps them."""
    found: Mapping[str, str] = kept or {}
    return {key: date.fromisoformat(day) for key, day in found.items()}


def place_of(found: Mapping[str, Any]) -> Place:
    """Where a row belongs."""
    return Place(found["region_lo"], found["org_lo"])


def ref(kind: str, id: int) -> SubjectRef:
    """The subject of a fact."""
    return SubjectRef(kind, id)


def everywhere(why: str, actor: int = 0) -> Scope:
    """The whole country, said why."""
    return Scope.platform(why, actor=actor)
