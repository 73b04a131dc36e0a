# SPDX-License-Identifier: Apache-2.0
"""Reading the catalogue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from core.api.db import Scope, literal, published_conditions, row, rows
from core.api.web import Column, Filter, Listing
from plugins.powers.rules import POWER_CLASSES, Definition

CLASS_TITLES: dict[str, str] = {one.key: one.title for one in POWER_CLASSES}

ITEMS = Listing(
    key="powers.items",
    title="权力事项",
    select=(
        "i.id, i.code, i.title, i.power_class, i.current, o.name as organisation, "
        "v.effective_from, "
        "jsonb_array_length(v.definition->'steps') as steps, "
        "jsonb_array_length(v.definition->'points') as points"
    ),
    source=(
        "powers_item i join core_organisation o on o.id = i.organisation "
        "left join powers_version v on v.item = i.id and v.number = i.current"
    ),
    alias="i",
    id="i.id",
    tied="published",
    columns=(
        Column("code", "编码", sort="i.code"),
        Column("title", "事项", sort="i.title"),
        Column(
            "power_class",
            "类别",
            sort="i.power_class",
            export=lambda item: CLASS_TITLES.get(item["power_class"], item["power_class"]),
        ),
        Column("organisation", "行使主体", sort="o.name"),
        Column("steps", "环节", kind="number"),
        Column("points", "监察点", kind="number"),
        Column("effective_from", "生效时间", kind="datetime"),
    ),
    filters=(
        Filter(
            "q", "关键字", where="i.title ilike {} or i.code ilike {}", placeholder="事项名称或编码"
        ),
        Filter(
            "power_class",
            "类别",
            kind="tabs",
            where="i.power_class = {}",
            options=(("", "全部"), *((one.key, one.title) for one in POWER_CLASSES)),
        ),
    ),
    order="code",
)


@dataclass(frozen=True)
class ItemVersion:
    """An item as it stands (or stood) in one version."""

    id: int
    organisation_name: str
    region_name: str
    number: int
    current: int
    effective_from: datetime
    effective_to: datetime | None
    source: str
    definition: Definition


async def find_item(item: int, scope: Scope, *, number: int | None = None) -> ItemVersion | None:
    """The item in its version ``number`` (the current one by default), if the scope sees it."""
    condition, args = published_conditions(scope, "i", start=3)
    found = await row(
        f"""select i.id, i.current, v.number, v.definition, v.effective_from, v.effective_to,
                   v.source, o.name as organisation_name, r.name as region_name
            from powers_item i
            join powers_version v on v.item = i.id and v.number = coalesce($2::int, i.current)
            join core_organisation o on o.id = i.organisation
            join core_region r on r.id = o.region
            where i.id = $1 and {condition}""",
        item,
        number,
        *args,
    )
    if found is None:
        return None
    definition = msgspec.convert(found.pop("definition"), Definition)
    return ItemVersion(definition=definition, **found)


async def versions_of(item: int, scope: Scope) -> list[dict[str, Any]]:
    """All versions of an item, newest first: ``number effective_from effective_to source``."""
    condition, args = published_conditions(scope, "v", start=2)
    return await rows(
        f"""select v.number, v.effective_from, v.effective_to, v.source from powers_version v
            where v.item = $1 and {condition} order by v.number desc""",
        item,
        *args,
    )


async def search_items(text: str, scope: Scope) -> list[dict[str, Any]]:
    """Items whose name or code holds ``text``, at most ten."""
    condition, args = published_conditions(scope, "i", start=2)
    return await rows(
        f"""select i.id, i.code, i.title from powers_item i
            where (i.title ilike '%' || $1 || '%' or i.code ilike $1 || '%') and {condition}
            order by i.code limit 10""",
        literal(text),
        *args,
    )
