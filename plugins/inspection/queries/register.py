# SPDX-License-Identifier: Apache-2.0
"""风险防控 and 监察规则: the risks and the points of every item in force, and what they did.

Figures are those of the alarm list: counted by its own query, in one grouped statement for all
lines of a page, so that every number opens exactly the rows it counts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from core.api.db import Scope, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.inspection.queries import ALARMS, kind_colour, kind_options, kind_title, row_number
from plugins.inspection.queries.periods import Period

VERSIONS = """
select r.id, r.item, r.version, r.code, r.title, r.definition, r.effective_from, r.region_lo,
  r.org_lo, r.aud_lo, r.aud_hi, r.organisation,
  lead(r.effective_from) over (partition by r.item order by r.effective_from, r.version) as ends
from inspection_rule_set r
"""
IN_FORCE = "k.effective_from <= {} and (k.ends is null or k.ends > {})"
"""Of every item the version in force at a moment, named twice."""


def at(moment: datetime) -> dict[str, Any]:
    """The condition of a list of what is in force, with its arguments."""
    return {"where": IN_FORCE, "args": (moment, moment)}


STEP = """
left join lateral (
  select s ->> 'title' as title, n as number
  from jsonb_array_elements(r.definition -> 'steps') with ordinality as s(s, n)
  where s ->> 'key' = e.e ->> 'step' limit 1) s on true
"""

RISK_SOURCE = f"""(
select r.id * 1000 + e.n as id, r.item, r.version, r.code, r.title, r.organisation, r.region_lo,
  r.org_lo, r.aud_lo, r.aud_hi, o.name as unit, coalesce(s.title, '') as step_title,
  e.e ->> 'level' as level, e.e ->> 'description' as description,
  e.e ->> 'prevention' as prevention,
  case e.e ->> 'level' when '高' then 1 when '中' then 2 else 3 end as rank, r.effective_from,
  r.ends
from ({VERSIONS}) r
cross join lateral jsonb_array_elements(coalesce(r.definition -> 'risks', '[]')) with ordinality
  as e(e, n)
{STEP}
left join core_organisation o on o.id = r.organisation) k"""

POINT_SOURCE = f"""(
select r.id * 1000 + e.n as id, r.item, r.version, r.code, r.title, r.organisation, r.region_lo,
  r.org_lo, r.aud_lo, r.aud_hi, o.name as unit, coalesce(s.title, '') as step_title,
  e.e ->> 'key' as point, coalesce(nullif(e.e ->> 'title', ''), e.e ->> 'key') as point_title,
  e.e ->> 'kind' as kind, e.e ->> 'colour' as colour, e.e ->> 'clause' as clause,
  r.effective_from, r.ends,
  coalesce((select g ->> 'title' from jsonb_array_elements(r.definition -> 'stages') g
    where g ->> 'key' = e.e ->> 'stage' limit 1), '') as stage_title
from ({VERSIONS}) r
cross join lateral jsonb_array_elements(coalesce(r.definition -> 'points', '[]')) with ordinality
  as e(e, n)
{STEP}
left join core_organisation o on o.id = r.organisation) k"""


async def _units(scope: Scope) -> Sequence[tuple[str, str]]:
    """The bodies whose items the visitor sees."""
    where, args = scope_conditions(scope, "r")
    found = await rows(
        "select o.id, o.name from core_organisation o where o.id in"
        f" (select r.organisation from inspection_rule_set r where {where})"
        " order by o.name limit 300",
        *args,
    )
    return [(str(r["id"]), r["name"]) for r in found]


def _period_filters() -> tuple[Filter, ...]:
    """They choose what is counted, not which lines are shown."""
    return (
        Filter("since", "期间起", kind="date"),
        Filter("until", "期间止", kind="date"),
    )


RISKS = Listing(
    key="inspection.risks",
    title="风险防控",
    select="k.item, k.title, k.code, k.unit, k.step_title, k.level, k.description, k.prevention,"
    " k.rank",
    source=RISK_SOURCE,
    alias="k",
    id="k.id",
    tied="published",
    columns=(
        Column("level", "等级", sort="k.rank", fold="jd-f1"),
        Column("description", "风险点", fold="jd-say1", width=40),
        Column("title", "权力事项", sort="k.title", width=36),
        Column("step_title", "环节"),
        Column("prevention", "防控措施", width=40),
        Column("alarms", "期间报警", kind="number"),
        Column("unit", "行权单位", shown=False, width=24),
        Column("code", "事项编码", shown=False, width=20),
    ),
    filters=(
        Filter(
            "level",
            "等级",
            kind="choice",
            options=(("高", "高"), ("中", "中"), ("低", "低")),
            where="k.level = {}",
        ),
        Filter(
            "unit",
            "行权单位",
            kind="choice",
            load=_units,
            where="k.organisation = {}",
            convert=row_number,
        ),
        Filter(
            "q",
            "事项、环节或风险",
            where="k.title || ' ' || k.step_title || ' ' || k.description || ' ' || k.prevention"
            " ilike {}",
            placeholder="输入后回车",
        ),
        *_period_filters(),
    ),
    order="level",
)

POINTS = Listing(
    key="inspection.points",
    title="监察规则",
    select="k.item, k.version, k.title, k.code, k.unit, k.step_title, k.stage_title, k.point,"
    " k.point_title, k.kind, k.colour, k.clause, k.effective_from",
    source=POINT_SOURCE,
    alias="k",
    id="k.id",
    tied="published",
    columns=(
        Column("kind", "类型", sort="k.kind", fold="jd-f1", export=lambda r: kind_title(r["kind"])),
        Column("point_title", "监察点", sort="k.point_title", fold="jd-say1", width=36),
        Column("title", "权力事项", sort="k.title", width=36),
        Column("place", "环节或阶段"),
        Column("lamps", "灯色"),
        Column("judged", "期间判断", kind="number"),
        Column("alarms", "期间报警", kind="number"),
        Column("effective_from", "生效", sort="k.effective_from", kind="date", shown=False),
        Column("clause", "依据", shown=False, width=30),
        Column("unit", "行权单位", shown=False, width=24),
        Column("code", "事项编码", shown=False, width=20),
    ),
    filters=(
        Filter(
            "kind",
            "监察点类型",
            kind="choice",
            load=kind_options,
            where="k.kind = {}",
        ),
        Filter(
            "unit",
            "行权单位",
            kind="choice",
            load=_units,
            where="k.organisation = {}",
            convert=row_number,
        ),
        Filter(
            "q",
            "事项、环节或监察点",
            where="k.title || ' ' || k.step_title || ' ' || k.point_title ilike {}",
            placeholder="输入后回车",
        ),
        *_period_filters(),
    ),
    order="title",
)


def alarms_path(**conditions: Any) -> str:
    """The alarm list under these conditions, every state."""
    return f"{ALARM_LIST}?{urlencode([('tab', ''), *conditions.items()])}"


ALARM_LIST = "/inspection/alarms"


async def _grouped(
    scope: Scope, period: Period, items: Sequence[int], column: str
) -> dict[tuple[int, str], int]:
    """Alarms of the period by item and one more column, by the alarm list's own query."""
    query = ALARMS.query({"tab": "", **period.params}, scope)
    wanted = query.bind(list(items))
    found = await rows(
        f"select a.item, a.{column} as what, count(*) as n from {ALARMS.source}"
        f" where {query.sql} and a.item = any({wanted}::int8[]) group by 1, 2",
        *query.args,
    )
    return {(r["item"], r["what"]): r["n"] for r in found}


async def count_for_risks(lines: Sequence[dict[str, Any]], scope: Scope, period: Period) -> None:
    """How many alarms each line's step had in the period."""
    found = await _grouped(scope, period, sorted({r["item"] for r in lines}), "step_title")
    for line in lines:
        line["alarms"] = found.get((line["item"], line["step_title"]), 0)
        line["alarms_path"] = alarms_path(
            item=line["item"], step=line["step_title"], **period.params
        )


async def count_for_points(lines: Sequence[dict[str, Any]], scope: Scope, period: Period) -> None:
    """How often each point judged and how often it fired in the period."""
    items = sorted({r["item"] for r in lines})
    fired = await _grouped(scope, period, items, "point_title")
    where, args = scope_conditions(scope, "v", start=4)
    judged = await rows(
        "select v.item, v.point, count(*) as n from inspection_verdict v"
        " where v.item = any($1::int8[]) and v.happened_at >= $2 and v.happened_at < $3"
        f" and v.result in ('passed', 'fired') and {where} group by 1, 2",
        items,
        period.start,
        period.end,
        *args,
    )
    counts = {(r["item"], r["point"]): r["n"] for r in judged}
    for line in lines:
        line["alarms"] = fired.get((line["item"], line["point_title"]), 0)
        line["judged"] = counts.get((line["item"], line["point"]), 0)
        line["place"] = line["step_title"] or line["stage_title"] or "全案"
        line["lamps"] = lamps_of(line)
        line["alarms_path"] = alarms_path(
            item=line["item"], point=line["point_title"], **period.params
        )


def lamps_of(point: Mapping[str, Any]) -> str:
    """The lamps a point may light, in words."""
    titles = {"red": "红灯", "yellow": "黄灯"}
    colour = point["colour"] or kind_colour(point["kind"])
    if point["kind"] == "decision_basis":
        return f"{titles[colour]}，否定性决定黄灯"
    return titles[colour]
