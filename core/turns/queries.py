# SPDX-License-Identifier: Apache-2.0
"""The lists behind the home page: mine, my unit's, what I watch, what I have done.

The number on a tab and the rows under it come from one condition each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from core import clock, db
from core.api.plugin import SubjectRef
from core.auth.visitor import Visitor
from core.calendar.queries import load_calendar
from core.calendar.rules import WorkCalendar, standard
from core.host.enabling import enabled_plugins
from core.host.registry import current
from core.intervals import Interval
from core.listing import Column, Filter, Listing, Page
from core.scope import NOTHING, Scope
from core.turns import rules

Tab = Literal["mine", "unit", "watched", "done"]
TABS: Final[dict[Tab, str]] = {
    "mine": "我的待办",
    "unit": "本单位待办",
    "watched": "重点关注",
    "done": "已办结",
}

LAMPS: Final = {"": "", "red": "红灯", "yellow": "黄灯"}

# What is paused waits for nothing and stands at the end; a thing without a date just before.
DUE = (
    "case when coalesce(k.state = 'paused', t.paused) then '3000-01-01'::timestamptz"
    " else coalesce(k.due_at, t.due_at, '2999-01-01'::timestamptz) end"
)

TURNS = Listing(
    key="core.turns",
    title="待办",
    select="t.id, t.subject_kind, t.subject_id, t.title, t.subline, t.step_title, t.step_note,"
    " t.path, t.person, t.holder_name, t.org_lo, t.region_lo, t.lamp, t.closed_at, t.pause_note,"
    " coalesce(k.started_at, t.started_at) as started_at, coalesce(k.due_at, t.due_at) as due_at,"
    " coalesce(k.state = 'paused', t.paused) as paused, coalesce(k.limit_unit, t.unit) as unit",
    source="core_turn t left join core_clock k on k.id = t.clock",
    alias="t",
    id="t.id",
    tied="own",
    columns=(
        Column("lamp", "灯", kind="lamp", fold="jd-f1", export=lambda row: LAMPS[row["lamp"]]),
        Column("title", "事项与当事人", sort="t.title"),
        Column("subline", "说明", shown=False, width=40),
        Column("step_title", "当前环节", fold="jd-f9e"),
        Column("holder_name", "轮到谁", shown=False),
        Column("due_at", "轮到谁 · 还剩", sort=DUE, kind="datetime", fold="jd-f9"),
        Column(
            "closed_at",
            "办结时间",
            sort="coalesce(t.closed_at, t.created)",
            kind="datetime",
            shown=False,
        ),
    ),
    filters=(
        Filter("tab", "分类", kind="hidden", options=tuple(TABS.items())),
        Filter(
            "q",
            "事项或当事人",
            where="t.title || ' ' || t.subline ilike {}",
            placeholder="案号、案由、当事人",
        ),
        Filter(
            "lamp",
            "灯",
            kind="choice",
            options=(("red", "红灯"), ("yellow", "黄灯")),
            where="t.lamp = {}",
        ),
        Filter(
            "due",
            "期限",
            kind="choice",
            options=(("late", "已超期"), ("today", "今天到期"), ("open", "未到期")),
            wheres={
                "late": f"{DUE} <= now()",
                "today": f"{DUE} > now() and ({DUE} - interval '1 microsecond')"
                " at time zone 'Asia/Shanghai' < date_trunc('day', now() at time zone"
                " 'Asia/Shanghai') + interval '1 day'",
                "open": f"{DUE} > now()",
            },
        ),
    ),
    order="due_at",
    size=30,
)


OFFICE = """
select o.lo, o.hi from core_organisation o where o.id = coalesce(
  (select organisation from core_person where id = $1),
  (select c.organisation from core_competent_organ c join core_region r on r.id = c.region
   where c.function = 'supervision' and $2 between r.lo and r.hi order by r.lo desc limit 1))
"""


async def office(who: Visitor) -> Interval:
    """The visitor's unit, with what is below it.

    Roles that reach a region are given without an organisation; their unit is the person's own,
    or else the organ that supervises there.
    """
    if who.organisation is not None:
        return Interval(who.organisation.lo, who.organisation.hi)
    if not who.role or who.on_phone:
        return NOTHING
    found = await db.row(OFFICE, who.person_id, who.region.lo)
    return Interval(found["lo"], found["hi"]) if found else NOTHING


def _closed_to(who: Visitor) -> list[str]:
    """The kinds of things whose pages the acting role does not open."""
    return sorted(
        kind.key
        for kind in current().subject_kinds.values()
        if kind.permission and kind.permission not in who.permissions
    )


async def condition(tab: Tab, who: Visitor) -> tuple[str, Sequence[Any]]:
    """What belongs on a tab, for ``Listing``: SQL with ``{}`` and its values.

    My turns are those in my name, and those of anybody with a right I hold in my unit or below.
    The acting role decides: with another role chosen, other things wait. What a plugin handed out
    before it was switched off here or taken away stays hidden: nobody could open it.
    """
    where, args = await _belonging(tab, who)
    on = await enabled_plugins(who.region.lo, version=who.version)
    return f"{where} and split_part(t.subject_kind, '.', 1) = any({{}}::text[])", (
        *args,
        sorted(on),
    )


async def _belonging(tab: Tab, who: Visitor) -> tuple[str, Sequence[Any]]:
    if tab == "mine":
        unit = await office(who)
        return (
            (
                "t.closed_at is null and (t.person = {}::int8 or (t.person = 0 and t.org_lo"
                " between {}::int8 and {}::int8"
                " and (t.permission = '' or t.permission = any({}::text[]))))"
            ),
            # Accounts without a person must not match the 0 that stands for "anybody".
            (who.person_id or -1, unit.lo, unit.hi, sorted(who.permissions)),
        )
    if tab == "unit":
        unit = await office(who)
        return (
            (
                "t.closed_at is null and t.org_lo between {}::int8 and {}::int8"
                " and not t.subject_kind = any({}::text[])"
            ),
            (unit.lo, unit.hi, _closed_to(who)),
        )
    if tab == "watched":
        return (
            (
                "t.closed_at is null and exists (select 1 from core_watch w where w.user_id ="
                " {}::int8 and w.subject_kind = t.subject_kind and w.subject_id = t.subject_id)"
                " and not t.subject_kind = any({}::text[])"
            ),
            (who.user_id, _closed_to(who)),
        )
    # An act may close what waits elsewhere, such as the body's turn when the bureau ends a matter.
    return (
        (
            "t.closed_at is not null and t.closed_by = {}::int8"
            " and not t.subject_kind = any({}::text[])"
        ),
        (who.user_id, _closed_to(who)),
    )


async def my_turns(who: Visitor) -> int:
    """How many things wait for this visitor in the acting role."""
    where, args = await condition("mine", who)
    return await TURNS.count(who.scope, where=where, args=args)


async def unit_turns(who: Visitor) -> int:
    """How many things wait for anybody in the visitor's unit."""
    where, args = await condition("unit", who)
    return await TURNS.count(who.scope, where=where, args=args)


async def watched_turns(who: Visitor) -> int:
    """How many of the things the visitor keeps an eye on are still open."""
    where, args = await condition("watched", who)
    return await TURNS.count(who.scope, where=where, args=args)


async def page(request: Any, who: Visitor, tab: Tab) -> Page:
    """One page of a tab; every row carries its ball under ``hold``."""
    where, args = await condition(tab, who)
    found = await TURNS.page(request, who.scope, where=where, args=args)
    calendar = await load_calendar(who.region.lo)
    for row in found.rows:
        row["hold"] = _hold(row, who.person_id, calendar, mine=tab == "mine")
    return found


async def export(request: Any, who: Visitor, tab: Tab) -> list[dict[str, Any]]:
    """All rows of a tab under the filters in force."""
    where, args = await condition(tab, who)
    return await TURNS.export(request, who.scope, where=where, args=args)


@dataclass(frozen=True, slots=True)
class Day:
    """The sentence of the day."""

    late: int
    today: int
    red: int
    yellow: int


async def day(who: Visitor) -> Day:
    """What of my turns is late, falls due today, or burns."""
    where, args = await condition("mine", who)
    query = TURNS.query({}, who.scope, where, args)
    due = {key: TURNS.filters[-1].wheres[key] for key in ("late", "today")}
    row = await db.row(
        f"select count(*) filter (where {due['late']}) as late,"
        f" count(*) filter (where {due['today']}) as today,"
        " count(*) filter (where t.lamp = 'red') as red,"
        " count(*) filter (where t.lamp = 'yellow') as yellow"
        f" from {TURNS.source} where {query.sql}",
        *query.args,
    )
    return Day(**row) if row else Day(0, 0, 0, 0)


OWN = """
select t.subject_kind, t.subject_id, t.title, t.subline, t.step_title, t.path, t.person,
  t.holder_name, t.pause_note, coalesce(k.started_at, t.started_at) as started_at,
  coalesce(k.due_at, t.due_at) as due_at, coalesce(k.state = 'paused', t.paused) as paused,
  coalesce(k.limit_unit, t.unit) as unit
from core_turn t left join core_clock k on k.id = t.clock
where t.person = $1 and t.closed_at is null order by due_at nulls last, t.id limit 20
"""


async def own_turns(who: Visitor) -> list[dict[str, Any]]:
    """What waits for this very person, for the phone; each row carries its ball under ``hold``."""
    found = await db.rows(OWN, who.person_id or -1)
    calendar = await load_calendar(who.region.lo) if found else standard()
    for row in found:
        row["hold"] = _hold(row, who.person_id, calendar, mine=True)
    return found


HOLDS = """
select t.subject_kind, t.subject_id, t.person, t.holder_name, t.step_title, t.pause_note,
  t.org_lo, t.permission, t.region_lo, coalesce(k.started_at, t.started_at) as started_at,
  coalesce(k.due_at, t.due_at) as due_at, coalesce(k.state = 'paused', t.paused) as paused,
  coalesce(k.limit_unit, t.unit) as unit
from unnest($1::text[], $2::int8[]) s(kind, id)
join core_turn t on t.subject_kind = s.kind and t.subject_id = s.id and t.closed_at is null
left join core_clock k on k.id = t.clock
order by t.id
"""


async def holds(
    subjects: Sequence[SubjectRef], who: Visitor | None = None
) -> dict[SubjectRef, list[dict[str, Any]]]:
    """Whose turn it is on objects the caller has already been allowed to see.

    Read past the visitor's scope on purpose: that a paper lies with another organ is part of
    what everybody who may see the paper may know. Each value fits the macro ``hold``.
    """
    if not subjects:
        return {}
    wide = Scope.platform("who holds an object may be told to whoever sees the object")
    async with db.transaction(wide.read_only()):
        found = await db.rows(
            HOLDS, [each.kind for each in subjects], [each.id for each in subjects]
        )
        calendar = await load_calendar(found[0]["region_lo"]) if found else standard()
        unit = await office(who) if who else NOTHING
    me = who.person_id if who else 0
    result: dict[SubjectRef, list[dict[str, Any]]] = {}
    for row in found:
        ref = SubjectRef(row["subject_kind"], row["subject_id"])
        # The same rule as the list of one's turns: what is on it says "轮到我" everywhere.
        mine = (
            who is not None
            and row["person"] == 0
            and unit.lo <= row["org_lo"] <= unit.hi
            and (not row["permission"] or row["permission"] in who.permissions)
        )
        result.setdefault(ref, []).append(_hold(row, me, calendar, mine=mine))
    return result


async def hold(subject: SubjectRef, who: Visitor | None = None) -> dict[str, Any] | None:
    """Whose turn it is on one object; None when it waits for nobody."""
    found = (await holds([subject], who)).get(subject)
    return found[0] if found else None


async def is_watched(user: int, subject: SubjectRef) -> bool:
    """Whether the user keeps an eye on ``subject``."""
    return bool(
        await db.value(
            "select exists (select 1 from core_watch where user_id = $1 and subject_kind = $2"
            " and subject_id = $3)",
            user,
            subject.kind,
            subject.id,
        )
    )


def _hold(
    row: Mapping[str, Any], me: int, calendar: WorkCalendar, *, mine: bool = False
) -> dict[str, Any]:
    left = rules.countdown(
        now=clock.now(),
        started_at=row["started_at"],
        due_at=row["due_at"],
        calendar=calendar,
        unit=row["unit"] or "working",
        paused=row["paused"],
        pause_note=row["pause_note"],
    )
    return {
        "who": row["holder_name"],
        "note": left.note,
        "share": left.share,
        "tone": left.tone,
        "me": mine or bool(me and row["person"] == me),
        "due_at": row["due_at"],
        "step": row["step_title"],
    }
