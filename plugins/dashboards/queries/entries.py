# SPDX-License-Identifier: Apache-2.0
"""The rows behind a number: the same region, organisation, class and months."""

from datetime import date
from typing import Any

from core.api.web import Column, Filter, Listing, Params
from plugins.dashboards.queries.spots import Spot
from plugins.dashboards.rules.measures import BY_KEY, CLASS_TITLES, CLASSES, MEASURES
from plugins.dashboards.rules.periods import read_month, shifted


def first_of(text: str) -> date | None:
    """The first day of ``2026-05``."""
    month = read_month(text)
    return date(month // 100, month % 100, 1) if month else None


def after_of(text: str) -> date | None:
    """The first day after ``2026-05``."""
    month = read_month(text)
    if month is None:
        return None
    following = shifted(month, 1)
    return date(following // 100, following % 100, 1)


ENTRIES = Listing(
    key="dashboards.rows",
    title="统计明细",
    select="e.id, e.measure, e.subject_kind, e.subject_id, e.power_class, e.day, e.amount, e.title,"
    " e.region_lo, e.org_lo, g.name as region_name, coalesce(o.name, '') as unit",
    source="dashboards_entry e left join core_region g on g.lo = e.region_lo"
    " left join core_organisation o on o.lo = e.org_lo",
    counted="dashboards_entry e",
    alias="e",
    id="e.id",
    columns=(
        Column("title", "编号和事由", fold="jd-say1", width=48),
        Column("unit", "单位", width=30),
        Column("region_name", "地区", width=18),
        Column(
            "power_class",
            "类别",
            export=lambda r: CLASS_TITLES.get(r["power_class"], "未分类"),
        ),
        Column("day", "日期", kind="date", sort="e.day"),
        Column("amount", "用时（日）", kind="number", shown=False),
    ),
    filters=(
        Filter(
            "measure",
            "数字",
            kind="hidden",
            options=tuple((each.key, each.title) for each in MEASURES),
            where="e.measure = {}",
            default="cases.opened",
        ),
        Filter("power_class", "类别", kind="choice", options=CLASSES, where="e.power_class = {}"),
        Filter("q", "编号或事由", where="e.title ilike {}", placeholder="输入后回车"),
        Filter("from", "起月", kind="hidden"),
        Filter("to", "止月", kind="hidden"),
        Filter("region", "地区", kind="hidden"),
        Filter("unit", "单位", kind="hidden"),
        Filter("own", "本级", kind="hidden"),
    ),
    order="-day",
    count_limit=2_000_000,
)


def conditions(
    spot: Spot, org_lo: int | None, params: Params, *, own: bool
) -> tuple[str, tuple[Any, ...]]:
    """What the address restricts beyond the filters: place and months."""
    place, until = spot.region, spot.region.lo if own else spot.region.hi
    parts, args = ["e.region_lo between {} and {}"], [place.lo, until]
    found: list[Any] = list(args)
    if org_lo is not None:
        parts.append("e.org_lo = {}")
        found.append(org_lo)
    for condition, day in (
        ("e.day >= {}", first_of(params.get("from"))),
        ("e.day < {}", after_of(params.get("to"))),
    ):
        if day:
            parts.append(condition)
            found.append(day)
    return " and ".join(parts), tuple(found)


def measure_of(params: Params) -> str:
    """The measure asked for; the first one when it is none of ours."""
    asked = params.get("measure")
    return asked if asked in BY_KEY else "cases.opened"
