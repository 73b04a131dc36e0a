# SPDX-License-Identifier: Apache-2.0
"""Matters and documents: lists, one matter with all that hangs on it, counts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions, value
from core.api.regions import children, path
from core.api.web import Column, Filter, Listing
from plugins.supervision.rules.kinds import KINDS, STATES, TRIGGERS
from plugins.supervision.rules.papers import PAPERS
from plugins.supervision.rules.papers import STATES as PAPER_STATES

TURN = "m.state in ('open', 'overdue', 'replied')"
"""It is the organ's turn."""

PREFECTURE = 2
"""Level of 盟市; the region around a county, as far as one works together without being told to."""

_TABS = {
    "mine": ("轮到监督机关", TURN),
    "waiting": ("等待答复", "m.state = 'waiting'"),
    "closed": ("已结束", "m.state in ('closed', 'dropped')"),
    "all": ("全部", "true"),
}

MATTERS = Listing(
    key="supervision.matters",
    title="执法监督",
    select=(
        "m.id, m.number, m.kind, m.title, m.body_name, m.organ_name, m.trigger, m.source, m.state,"
        " m.opened_at, m.active_at, m.closed_at, p.number as paper_number, p.late, k.due_at"
    ),
    source=(
        "supervision_matter m left join lateral (select q.number, q.late, q.clock from"
        " supervision_paper q where q.matter = m.id and q.state <> 'withdrawn'"
        " order by q.id desc limit 1) p on true left join core_clock k on k.id = p.clock"
        " and k.state = 'running'"
    ),
    alias="m",
    id="m.id",
    columns=(
        Column("number", "编号", sort="m.opened_at", fold="jd-f1", width=18),
        Column("title", "监督事项", width=40),
        Column("kind", "种类", shown=False, export=lambda r: KINDS[r["kind"]]),
        Column("body_name", "被监督单位", shown=False, width=24),
        Column("organ_name", "监督机关", shown=False, width=24),
        Column(
            "trigger",
            "启动情形",
            shown=False,
            export=lambda r: TRIGGERS[r["trigger"]].title if r["trigger"] else "",
        ),
        Column("paper_number", "最近文书", width=24),
        Column("state", "状态", fold="jd-f1e", export=lambda r: STATES[r["state"]][1]),
        Column("due_at", "答复期限", kind="datetime"),
        Column("active_at", "最近办理", sort="m.active_at", kind="datetime"),
    ),
    filters=(
        Filter(
            "tab",
            "分类",
            kind="tabs",
            options=tuple((key, words) for key, (words, _) in _TABS.items()),
            wheres={key: where for key, (_, where) in _TABS.items()},
            default="mine",
        ),
        Filter(
            "q",
            "关键字",
            where="m.number || ' ' || m.title || ' ' || m.body_name || ' ' || m.case_number"
            " ilike {}",
            placeholder="编号、事项、单位、案号",
        ),
        Filter("kind", "种类", kind="choice", options=tuple(KINDS.items()), where="m.kind = {}"),
        Filter(
            "trigger",
            "启动情形",
            kind="choice",
            options=tuple((key, each.title) for key, each in TRIGGERS.items()),
            where="m.trigger = {}",
        ),
        Filter(
            "late",
            "逾期",
            kind="choice",
            options=(("now", "逾期未答复"), ("yes", "有过逾期")),
            wheres={
                "now": "m.state = 'overdue'",
                "yes": "exists (select 1 from supervision_paper q where q.matter = m.id and q.late)",
            },
        ),
    ),
    order="-active_at",
)

_WAITS = "p.state in ('issued', 'received', 'refused')"
_ASKS = "p.kind in ('notice', 'urge', 'opinion', 'decision')"

RECEIVED = Listing(
    key="supervision.received",
    title="收到的监督文书",
    select=(
        "p.id, p.number, p.kind, p.organ_name, p.state, p.late, p.issued_at, p.received_at,"
        " p.replied_at, k.due_at"
    ),
    source="supervision_paper p left join core_clock k on k.id = p.clock and k.state = 'running'",
    alias="p",
    id="p.id",
    columns=(
        Column("number", "文号", sort="p.issued_at", fold="jd-f1", width=24),
        Column("kind", "文书", export=lambda r: PAPERS[r["kind"]].title),
        Column("organ_name", "发文机关", width=24),
        Column("state", "状态", fold="jd-f1e", export=lambda r: PAPER_STATES[r["state"]][1]),
        Column("issued_at", "发出时间", sort="p.issued_at", kind="datetime"),
        Column("due_at", "答复期限", kind="datetime"),
    ),
    filters=(
        Filter(
            "tab",
            "分类",
            kind="tabs",
            options=(("open", "待办理"), ("done", "已办理"), ("all", "全部")),
            wheres={
                "open": f"({_WAITS} and {_ASKS}) or (p.state = 'issued' and not ({_ASKS}))",
                "done": f"not (({_WAITS} and {_ASKS}) or (p.state = 'issued' and not ({_ASKS})))",
                "all": "true",
            },
            default="open",
        ),
        Filter("q", "文号", where="p.number ilike {}", placeholder="文号里的字"),
    ),
    order="-issued_at",
)


async def turn_of_office(scope: Scope) -> int:
    """Matters that are the organ's turn: the list's first tab."""
    return await MATTERS.count(scope, {"tab": "mine"})


async def received_open(scope: Scope) -> int:
    """Documents the body has to sign or answer."""
    return await RECEIVED.count(scope, {"tab": "open"})


async def paper_in(scope: Scope, paper: int) -> dict[str, Any] | None:
    """A document inside the scope."""
    where, args = scope_conditions(scope, "p", start=2)
    return await row(
        f"select p.* from supervision_paper p where p.id = $1 and {where}", paper, *args
    )


async def assists_of(*, matter: int = 0, campaign: int = 0) -> list[dict[str, Any]]:
    """The assisting organs of a matter or campaign, as far as the open scope sees them."""
    return await rows(
        "select * from supervision_assist where matter = $1 and campaign = $2 order by id",
        matter,
        campaign,
    )


async def assisted_by(scope: Scope, organ: int) -> list[dict[str, Any]]:
    """What an organ assists with, newest first."""
    where, args = scope_conditions(scope, "a", start=2)
    return await rows(
        "select a.matter, a.campaign, a.title, a.lead_name, a.at from supervision_assist a"
        f" where a.organ = $1 and {where} order by a.at desc limit 100",
        organ,
        *args,
    )


async def findings_of(matter: int) -> dict[str, dict[str, Any]]:
    return {
        each["key"]: each
        for each in await rows("select * from supervision_finding where matter = $1", matter)
    }


async def suggestions(scope: Scope) -> list[dict[str, Any]]:
    """Suggestions nobody has decided about yet, oldest first."""
    where, args = scope_conditions(scope, "s")
    return await rows(
        "select s.*, o.name as body_name from supervision_suggestion s left join core_organisation o"
        f" on o.id = s.body where s.state = 'open' and {where} order by s.at, s.id limit 200",
        *args,
    )


async def inspectors_of(scope: Scope) -> list[dict[str, Any]]:
    """The supervisors of the region, those with a card in force first."""
    where, args = scope_conditions(scope, "i")
    return await rows(
        f"select i.* from supervision_inspector i where {where}"
        " order by (i.withdrawn_at is not null), i.organ_name, i.name limit 1000",
        *args,
    )


async def offices_near(region_lo: int) -> list[tuple[str, str]]:
    """Justice bureaus and offices that can assist one of this region, its own among them.

    Those of the regions above, of its own region and of the one around it up to a prefecture: a
    county works with the county next to it and a township with its neighbours. The whole country
    would be forty thousand boxes to tick, and a slip would show the matter to a stranger.
    """
    above = await path(region_lo)
    own = above[-1] if above else None
    if own is None:
        return []
    parent = above[-2] if len(above) > 1 else None
    around = parent if parent is not None and parent.level >= PREFECTURE else own
    beside = [each.lo for each in await children(parent.id)] if parent is not None else []
    found = await rows(
        "select o.id, o.name from core_organisation o where o.kind in ('justice', 'justice_office')"
        " and (o.region_lo between $1 and $2 or o.region_lo = any($3::int8[]))"
        " and o.valid_to is null order by o.region_lo, o.name limit 2000",
        around.lo,
        around.hi,
        [*(each.lo for each in above), *beside],
    )
    return [(str(o["id"]), o["name"]) for o in found]


async def bases(scope: Scope) -> list[dict[str, Any]]:
    """Basis documents an office may name: its own and those of the offices above."""
    return await rows(
        "select b.* from supervision_basis b where (b.region_lo between $1 and $2)"
        " or (b.aud_lo <= $1 and b.aud_hi >= $2) order by b.number limit 500",
        scope.region.lo,
        scope.region.hi,
    )


# --- metrics ----------------------------------------------------------------------------------


async def _count(
    scope: Scope, period: tuple[date, date], table: str, column: str, more: str
) -> int:
    where, args = scope_conditions(scope, "t", start=3)
    found: int = await value(
        f"select count(*) from {table} t where t.{column} >= ($1::date)::timestamp at time zone"
        " 'Asia/Shanghai' and t.{0} < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'"
        " and {1}{2}".format(column, where, more),
        *period,
        *args,
    )
    return found


async def opened_in(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, "supervision_matter", "opened_at", "")


async def closed_in(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, "supervision_matter", "closed_at", " and t.state = 'closed'")


async def issued_in(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(
        scope, period, "supervision_paper", "issued_at", " and t.state <> 'withdrawn'"
    )


async def late_in(scope: Scope, period: tuple[date, date]) -> int:
    return await _count(scope, period, "supervision_paper", "issued_at", " and t.late")


async def figures(scope: Scope) -> Sequence[tuple[str, int]]:
    """How many matters stand where, for the card of the home page."""
    where, args = scope_conditions(scope, "m")
    found = await row(
        "select count(*) filter (where m.state in ('open', 'replied')) as turn,"
        " count(*) filter (where m.state = 'waiting') as waiting,"
        " count(*) filter (where m.state = 'overdue') as overdue"
        f" from supervision_matter m where {where}",
        *args,
    )
    assert found is not None
    return [
        ("轮到监督机关", found["turn"] + found["overdue"]),
        ("等待答复", found["waiting"]),
        ("其中逾期未答复", found["overdue"]),
    ]
