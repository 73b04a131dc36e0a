# SPDX-License-Identifier: Apache-2.0
"""Reading alarms, silences and figures."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from core.api.clock import SHANGHAI, now
from core.api.db import Scope, row, rows, scope_conditions, transaction, value
from core.api.extensions import contributions
from core.api.web import Column, Filter, Listing
from plugins.inspection.rules.kinds import SEVEN
from plugins.inspection.rules.model import COLOUR_TITLES, Definition, Event, Point, points_of

STATE_TITLES = {
    "raised": "新的",
    "supervised": "督办中",
    "explained": "已回复",
    "revoked": "已撤销",
    "upheld": "维持",
}
OPEN = "a.state <> 'revoked'"
"""Open is what no order has taken back; an upheld alarm stands."""


async def _units(scope: Scope) -> Sequence[tuple[str, str]]:
    """The units that have alarms inside the scope."""
    where, args = scope_conditions(scope, "a")
    found = await rows(
        "select o.id, o.name from core_organisation o where o.id in"
        f" (select a.department from inspection_alarm a where {where}) order by o.name limit 300",
        *args,
    )
    return [(str(r["id"]), r["name"]) for r in found]


async def _items(scope: Scope) -> Sequence[tuple[str, str]]:
    """The items that have alarms inside the scope, by the title of their newest version."""
    where, args = scope_conditions(scope, "a")
    found = await rows(
        "select distinct on (r.item) r.item, r.title from inspection_rule_set r where r.item in"
        f" (select a.item from inspection_alarm a where {where})"
        " order by r.item, r.version desc limit 500",
        *args,
    )
    return sorted(((str(r["item"]), r["title"]) for r in found), key=lambda each: each[1])


def row_number(text: str) -> int:
    """The number of a row as an address has it; one no row can have restricts nothing."""
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


def _since(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(0), SHANGHAI)


def _until(text: str) -> datetime:
    """The day named is still inside."""
    return _since(text) + timedelta(days=1)


class _Titles(dict[str, str]):
    """Titles of kinds; a contributed kind this process does not know keeps its key."""

    def __missing__(self, key: str) -> str:
        return key


KIND_POINT = "inspection.kind"
"""Where other plugins bring kinds of points."""


def kind_titles(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Titles of all kinds of points by key: the seven, those other plugins bring, and ``more``.

    Of a kind nobody brings any more the key: its alarms stay and are still shown.
    """
    brought = {each.key: str(each.value.title) for each in contributions(KIND_POINT)}
    return _Titles({**(more or {}), **brought, **{k.key: k.title for k in SEVEN}})


def kind_title(key: str) -> str:
    """The title of one kind; of a kind whose plugin is gone its key."""
    return kind_titles()[key]


def kind_colour(key: str) -> str:
    """The lamp a kind lights unless a point says otherwise."""
    own = {k.key: k.colour for k in SEVEN}
    brought = {each.key: str(each.value.colour) for each in contributions(KIND_POINT)}
    return own.get(key) or brought.get(key, "red")


async def kind_options(_scope: Scope) -> Sequence[tuple[str, str]]:
    """The kinds to choose from in a filter, in the order of the seven, then by title."""
    titles = kind_titles()
    own = [k.key for k in SEVEN]
    more = sorted((key for key in titles if key not in own), key=titles.__getitem__)
    return [(key, titles[key]) for key in (*own, *more)]


ALARMS = Listing(
    key="inspection.alarms",
    title="报警",
    select=(
        "a.id, a.case_id, a.colour, a.kind, a.mark, a.headline, a.sentence, a.point_title,"
        " a.step_title, a.state, a.returned, a.late, a.corrected, a.silence, a.case_number,"
        " a.case_title, a.party, a.raised_at, a.happened_at, a.state_at, a.order_id,"
        " a.order_number, a.state_reason, o.name as unit"
    ),
    source="inspection_alarm a left join core_organisation o on o.id = a.department",
    alias="a",
    id="a.id",
    columns=(
        Column("colour", "灯", fold="jd-f1", export=lambda r: COLOUR_TITLES[r["colour"]], width=6),
        Column("headline", "一句话", fold="jd-say1", width=40),
        Column("kind", "类型", fold="jd-nofold", export=lambda r: kind_title(r["kind"])),
        Column("state", "状态", fold="jd-f1", export=lambda r: STATE_TITLES[r["state"]]),
        Column("hold", "轮到谁 · 还剩", exported=False),
        Column("raised_at", "报警时间", sort="a.raised_at", kind="datetime", fold="jd-f1e"),
        Column("case_number", "案号", shown=False, width=24),
        Column("party", "当事人", shown=False, width=24),
        Column("unit", "办案单位", shown=False, width=24),
        Column("step_title", "环节", shown=False),
        Column("sentence", "说明", shown=False, width=60),
        Column("order_number", "督办编号", shown=False, width=20),
        Column("state_reason", "处理意见", shown=False, width=30),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            default="open",
            options=(
                ("open", "未撤销"),
                ("raised", "待督办"),
                ("explained", "已回复"),
                ("revoked", "已撤销"),
                ("upheld", "维持"),
            ),
            wheres={
                "open": OPEN,
                "raised": "a.state = 'raised'",
                "explained": "a.state = 'explained'",
                "revoked": "a.state = 'revoked'",
                "upheld": "a.state = 'upheld'",
            },
        ),
        Filter(
            "colour",
            "灯",
            kind="choice",
            options=(("red", "红灯"), ("yellow", "黄灯")),
            where="a.colour = {}",
        ),
        Filter(
            "kind",
            "监察点类型",
            kind="choice",
            load=kind_options,
            where="a.kind = {}",
        ),
        Filter(
            "unit",
            "单位",
            kind="choice",
            load=_units,
            where="a.department = {}",
            convert=row_number,
        ),
        Filter(
            "item", "权力事项", kind="choice", load=_items, where="a.item = {}", convert=row_number
        ),
        Filter("since", "报警日期起", kind="date", where="a.raised_at >= {}", convert=_since),
        Filter("until", "报警日期止", kind="date", where="a.raised_at < {}", convert=_until),
        Filter(
            "q",
            "案号或当事人",
            where="a.case_number || ' ' || a.case_title || ' ' || a.party ilike {}",
            placeholder="输入后回车",
        ),
        Filter("case", "案件", kind="hidden", where="a.case_id = {}", convert=row_number),
        Filter("point", "监察点", kind="hidden", where="a.point_title = {}"),
        Filter("step", "环节", kind="hidden", where="a.step_title = {}"),
        Filter(
            "notice",
            "一条消息里的",
            kind="hidden",
            where="a.id in (select unnest(n.alarms) from inspection_notice n where n.id = {})",
            convert=row_number,
        ),
    ),
    order="-raised_at",
)


async def open_count(scope: Scope) -> int:
    """The badge: the list's own query, so the two cannot differ."""
    return await ALARMS.count(scope)


async def lamp_counts(request_params: Any, scope: Scope) -> dict[str, int]:
    """Red and yellow under the conditions of the list."""
    return await ALARMS.counts("colour", scope, request_params)


async def find_alarm(alarm: int, scope: Scope) -> dict[str, Any] | None:
    where, args = scope_conditions(scope, "a", start=2)
    return await row(
        "select a.*, o.name as unit, b.name as body from inspection_alarm a"
        " left join core_organisation o on o.id = a.department"
        f" left join core_organisation b on b.id = a.organisation where a.id = $1 and {where}",
        alarm,
        *args,
    )


async def corrections_of(alarm: int) -> list[dict[str, Any]]:
    return await rows(
        "select result, sentence, made_at from inspection_correction where alarm = $1 order by id",
        alarm,
    )


async def alarms_of_case(case: int, scope: Scope) -> list[dict[str, Any]]:
    where, args = scope_conditions(scope, "a", start=2)
    return await rows(
        "select a.id, a.colour, a.kind, a.headline, a.state, a.returned, a.step_title,"
        " a.raised_at, a.silence, a.corrected"
        f" from inspection_alarm a where a.case_id = $1 and {where} order by a.raised_at desc, a.id",
        case,
        *args,
    )


async def board(scope: Scope) -> list[dict[str, Any]]:
    """Open lamps by unit, red first."""
    where, args = scope_conditions(scope, "a")
    return await rows(
        "select a.department as unit, coalesce(o.name, '') as name,"
        " count(*) filter (where a.colour = 'red') as red,"
        " count(*) filter (where a.colour = 'yellow') as yellow,"
        " count(*) filter (where a.state = 'raised') as waiting"
        " from inspection_alarm a left join core_organisation o on o.id = a.department"
        f" where {OPEN} and {where} group by 1, 2 order by red desc, yellow desc, 2 limit 12",
        *args,
    )


async def silences(scope: Scope, *, ended: bool) -> list[dict[str, Any]]:
    where, args = scope_conditions(scope, "s", start=2)
    state = "s.ended_at is null and s.ends_at > $1"
    return await rows(
        "select s.*, (select count(*) from inspection_alarm a where a.silence = s.id) as alarms"
        f" from inspection_silence s where {f'not ({state})' if ended else state} and {where}"
        " order by s.ends_at desc limit 100",
        now(),
        *args,
    )


async def silence_of(silence: int) -> dict[str, Any] | None:
    return await row("select * from inspection_silence where id = $1", silence)


async def items_with_points(scope: Scope) -> list[dict[str, Any]]:
    """Items whose points may be silenced, newest version each."""
    return (
        await rows(
            "select distinct on (item) item, title, definition -> 'points' as points"
            " from inspection_rule_set where effective_from <= $1 order by item, version desc",
            now(),
        )
        if not scope.region.empty
        else []
    )


async def judged_cases(scope: Scope, limit: int) -> list[int]:
    where, args = scope_conditions(scope, "v", start=2)
    found = await rows(
        f"select distinct v.case_id from inspection_verdict v where {where} order by 1 limit $1",
        limit,
        *args,
    )
    return [r["case_id"] for r in found]


# Figures --------------------------------------------------------------------------------------


async def _count(scope: Scope, period: tuple[date, date], condition: str) -> int:
    where, args = scope_conditions(scope, "a", start=3)
    start = datetime.combine(period[0], time(0), SHANGHAI)
    end = datetime.combine(period[1] + timedelta(days=1), time(0), SHANGHAI)
    async with transaction(scope):
        return int(
            await value(
                "select count(*) from inspection_alarm a"
                f" where a.raised_at >= $1 and a.raised_at < $2 and {condition} and {where}",
                start,
                end,
                *args,
            )
        )


async def red_raised(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, "a.colour = 'red'")


async def yellow_raised(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, "a.colour = 'yellow'")


async def still_open(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, OPEN)


async def upheld(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, "a.state = 'upheld'")


async def alarm_keys(case: int, scope: Scope) -> dict[str, int]:
    """The alarm that stands for each verdict of the case."""
    where, args = scope_conditions(scope, "a", start=2)
    found = await rows(
        f"select a.verdict_key, a.id from inspection_alarm a where a.case_id = $1 and {where}",
        case,
        *args,
    )
    return {r["verdict_key"]: r["id"] for r in found}


async def points_of_case(events: Sequence[Event]) -> list[Point]:
    """The points of the item the case belongs to, all versions."""
    item = next((e.item for e in events if e.item), 0)
    found = await rows(
        "select definition from inspection_rule_set where item = $1 order by version", item
    )
    return points_of([msgspec.convert(r["definition"], Definition) for r in found])


# Trials ---------------------------------------------------------------------------------------


async def trials_of_draft(draft: int, scope: Scope) -> list[dict[str, Any]]:
    """The trials of a draft, newest first."""
    where, args = scope_conditions(scope, "t", start=2)
    return await rows(
        f"select t.* from inspection_trial t where t.draft = $1 and {where}"
        " order by t.id desc limit 6",
        draft,
        *args,
    )


async def names_of_units(units: Collection[int]) -> dict[int, str]:
    """Names of organisations, public like those on every door."""
    found = await rows(
        "select id, name from core_organisation where id = any($1::int8[])", sorted(units)
    )
    return {r["id"]: r["name"] for r in found}
