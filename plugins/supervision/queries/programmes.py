# SPDX-License-Identifier: Apache-2.0
"""Programmes, what was handed in, duties, hand-overs."""

from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.supervision.rules.transfer import STATES

PROGRAMMES = Listing(
    key="supervision.programmes",
    title="工作方案",
    select="g.id, g.title, g.organ_name, g.begins_on, g.ends_on, g.closed_at,"
    " (select count(*) from supervision_deliverable d where d.programme = g.id) as deliverables",
    source="supervision_programme g",
    alias="g",
    id="g.id",
    tied="published",
    columns=(
        Column("title", "方案名称", fold="jd-f1", width=40),
        Column("organ_name", "制定机关", width=24),
        Column("begins_on", "开始", kind="date", sort="g.begins_on"),
        Column("ends_on", "结束", kind="date"),
        Column("deliverables", "成果", kind="number"),
        Column("closed_at", "状态", export=lambda r: "已结束" if r["closed_at"] else "进行中"),
    ),
    filters=(
        Filter(
            "tab",
            "分类",
            kind="tabs",
            options=(("open", "进行中"), ("closed", "已结束")),
            wheres={"open": "g.closed_at is null", "closed": "g.closed_at is not null"},
            default="open",
        ),
    ),
    order="-begins_on",
)

TRANSFERS = Listing(
    key="supervision.transfers",
    title="行刑衔接",
    select=(
        "t.id, t.title, t.case_number, t.suspicion, t.body_name, t.state, t.late, t.reported_at,"
        " k.due_at"
    ),
    source="supervision_transfer t left join core_clock k on k.id = t.clock",
    alias="t",
    id="t.id",
    columns=(
        Column("title", "案件", fold="jd-f1", width=36),
        Column("case_number", "案号", width=24),
        Column("suspicion", "涉嫌罪名", width=20),
        Column("body_name", "执法单位", width=24),
        Column("state", "状态", fold="jd-f1e", export=lambda r: STATES[r["state"]][1]),
        Column("late", "逾期", export=lambda r: "逾期" if r["late"] else "", shown=False),
        Column("due_at", "本步期限", kind="datetime"),
        Column("reported_at", "报告时间", kind="datetime", sort="t.reported_at"),
    ),
    filters=(
        Filter(
            "tab",
            "分类",
            kind="tabs",
            options=(("open", "办理中"), ("late", "逾期"), ("closed", "已结束")),
            wheres={
                "open": "t.state not in ('ended', 'refused')",
                "late": "t.late",
                "closed": "t.state in ('ended', 'refused')",
            },
            default="open",
        ),
        Filter(
            "q",
            "关键字",
            where="t.title || ' ' || t.case_number || ' ' || t.body_name ilike {}",
            placeholder="案件、案号、单位",
        ),
    ),
    order="-reported_at",
)


async def programme_in(scope: Scope, programme: int) -> dict[str, Any] | None:
    """A programme of one's own region, or of an office above."""
    return await row(
        "select g.* from supervision_programme g where g.id = $1"
        " and ((g.region_lo between $2 and $3) or (g.aud_lo <= $2 and g.aud_hi >= $3))",
        programme,
        scope.region.lo,
        scope.region.hi,
    )


async def deliverables_of(programme: int) -> list[dict[str, Any]]:
    return await rows(
        "select * from supervision_deliverable where programme = $1 order by due_on, id", programme
    )


async def handed_in(scope: Scope, programme: int) -> list[dict[str, Any]]:
    """What was handed in, as far as the scope sees it: an office its own, the bureau all."""
    where, args = scope_conditions(scope, "s", start=2)
    return await rows(
        f"select s.* from supervision_submission s where s.programme = $1 and {where}"
        " order by s.at desc, s.id desc limit 500",
        programme,
        *args,
    )


async def transfer_in(scope: Scope, transfer: int) -> dict[str, Any] | None:
    where, args = scope_conditions(scope, "t", start=2)
    return await row(
        f"select t.*, k.due_at from supervision_transfer t left join core_clock k on k.id = t.clock"
        f" where t.id = $1 and {where}",
        transfer,
        *args,
    )


async def duties(scope: Scope) -> list[dict[str, Any]]:
    """The lists of duties of the offices in one's region, and of those above."""
    return await rows(
        "select d.*, b.number as basis_number from supervision_duty d left join supervision_basis b"
        " on b.id = d.basis where d.removed_at is null and ((d.region_lo between $1 and $2)"
        " or (d.aud_lo <= $1 and d.aud_hi >= $2)) order by d.organ, d.content, d.id limit 1000",
        scope.region.lo,
        scope.region.hi,
    )


async def templates_of(organ: int) -> dict[str, dict[str, Any]]:
    return {
        each["kind"]: each
        for each in await rows("select * from supervision_template where organ = $1", organ)
    }
