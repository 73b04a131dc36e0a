# SPDX-License-Identifier: Apache-2.0
"""Reading the public catalogue. Everything here is read with the scope of a visitor from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from core.api.db import row, rows
from core.api.web import Column, Filter, Listing
from plugins.powers.rules import POWER_CLASSES, Basis, Definition, Stage, Standard, Step, Transition

MOST = 2000
"""Items of one body on one printed sheet or in one file; no body has a tenth of it."""


class Content(msgspec.Struct, frozen=True):
    """The published part of a definition."""

    basis: list[Basis] = []
    stages: list[Stage] = []
    steps: list[Step] = []
    transitions: list[Transition] = []
    standards: list[Standard] = []
    remedies: list[str] = []


@dataclass(frozen=True)
class PublicItem:
    """An item in force as the public sees it."""

    item: int
    version: int
    code: str
    title: str
    power_class: str
    organisation: int
    body: str
    region: str
    effective_from: datetime
    content: Content

    @property
    def limits(self) -> list[tuple[str, str]]:
        """The periods by which the office is bound: of the stages, else of the steps."""
        stages = [(one.title, one.limit.words) for one in self.content.stages if one.limit]
        return stages or [(one.title, one.limit.words) for one in self.content.steps if one.limit]

    @property
    def chart(self) -> Definition:
        """What the flow chart is drawn from: steps and ways, no points."""
        return Definition(
            self.item,
            self.version,
            self.code,
            self.title,
            self.power_class,
            stages=self.content.stages,
            steps=self.content.steps,
            transitions=self.content.transitions,
        )


PUBLIC_ITEMS = Listing(
    key="powers.public_items",
    title="权责清单",
    select=(
        "p.id, p.item, p.version, p.code, p.title, p.power_class, p.organisation, p.content,"
        " p.effective_from, o.name as body, r.name as region"
    ),
    source=(
        "powers_public_item p join core_organisation o on o.id = p.organisation"
        " join core_region r on r.id = o.region"
    ),
    alias="p",
    id="p.id",
    tied="public",
    where="p.published",
    columns=(
        Column("title", "事项", sort="p.title"),
        Column("code", "编码", sort="p.code"),
        Column("body", "行使主体", sort="o.name"),
        Column("effective_from", "版本日期", sort="p.effective_from", kind="date"),
    ),
    filters=(
        Filter(
            "power_class",
            "类别",
            kind="tabs",
            where="p.power_class = {}",
            options=(("", "全部"), *((one.key, one.title) for one in POWER_CLASSES)),
        ),
        Filter(
            "q",
            "关键字",
            where="p.title || ' ' || p.code || ' ' || (p.content ->> 'basis') ilike {}",
            placeholder="事项、编码或法律名称",
        ),
        Filter("body", "行使主体", kind="hidden", where="p.organisation = {}", convert=int),
    ),
    order="code",
)

_FROM = """
select p.item, p.version, p.code, p.title, p.power_class, p.organisation, p.content,
       p.effective_from, o.name as body, r.name as region
from powers_public_item p join core_organisation o on o.id = p.organisation
join core_region r on r.id = o.region
where p.published and """


def as_item(found: dict[str, Any]) -> PublicItem:
    """A row as an item."""
    wanted = {key: found[key] for key in PublicItem.__dataclass_fields__ if key != "content"}
    return PublicItem(content=msgspec.convert(found["content"], Content), **wanted)


async def public_item(item: int) -> PublicItem | None:
    """The item as published, if it is."""
    found = await row(f"{_FROM} p.item = $1", item)
    return as_item(found) if found else None


async def items_of_body(body: int) -> list[PublicItem]:
    """Everything a body has in force, by class and code."""
    order = [one.key for one in POWER_CLASSES]
    found = [
        as_item(each)
        for each in await rows(f"{_FROM} p.organisation = $1 order by p.code limit {MOST}", body)
    ]
    return sorted(found, key=lambda one: (order.index(one.power_class), one.code))


async def body_named(body: int) -> dict[str, Any] | None:
    """The name and region of a body that has published items."""
    return await row(
        """select o.id, o.name, r.name as region, count(*) as items, max(p.effective_from) as newest
           from powers_public_item p join core_organisation o on o.id = p.organisation
           join core_region r on r.id = o.region
           where p.published and o.id = $1 group by o.id, o.name, r.name""",
        body,
    )


async def bodies() -> list[dict[str, Any]]:
    """Every body with published items, by region."""
    return await rows(
        """select o.id, o.name, r.name as region, r.lo as region_lo, count(*) as items,
                  max(p.effective_from) as newest
           from powers_public_item p join core_organisation o on o.id = p.organisation
           join core_region r on r.id = o.region
           where p.published group by o.id, o.name, r.name, r.lo order by r.lo, o.lo, o.name
           limit 3000"""
    )
