# SPDX-License-Identifier: Apache-2.0
"""What the bodies see: redacted copies, and nothing of the register."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.complaints.rules import intake

COPY_STATES = {
    "open": ("doing", "待反馈"),
    "answered": ("replied", "已反馈"),
    "merged": ("doing", "与另一件一并反馈"),
    "closed": ("done", "司法局已办结"),
    "informed": ("done", "表扬"),
}

COPIES = Listing(
    key="complaints.copies",
    title="转来的投诉",
    select=(
        "p.id, p.number, p.kind, p.enforcement_type, p.organisation_name, p.officer_name,"
        " p.organ_name, p.state, p.pushed_at, p.answered_at, p.late, p.reporter_words, p.text,"
        " k.due_at, k.started_at, k.state as clock_state"
    ),
    source="complaints_copy p left join core_clock k on k.id = p.clock",
    alias="p",
    id="p.id",
    columns=(
        Column("number", "编号", coded=True),
        Column("kind", "类别", shown=False, export=lambda one: intake.KINDS[one["kind"]]),
        Column("enforcement_type", "执法类型"),
        Column("organisation_name", "被反映单位"),
        Column("officer_name", "执法人员", shown=False),
        Column("reporter_words", "举报人", shown=False),
        Column("text", "内容", shown=False),
        Column("pushed_at", "送达时间", kind="datetime", sort="p.pushed_at"),
        Column("due_at", "反馈期限", kind="datetime"),
        Column("state", "状态", export=lambda one: COPY_STATES[one["state"]][1]),
        Column("answered_at", "反馈时间", kind="datetime", shown=False),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(("open", "待反馈"), ("done", "已反馈"), ("praise", "表扬"), ("all", "全部")),
            wheres={
                "open": "p.state = 'open'",
                "done": "p.state in ('answered', 'merged', 'closed')",
                "praise": "p.state = 'informed'",
                "all": "true",
            },
            default="open",
        ),
        Filter(
            "q",
            "关键字",
            where="p.number ilike {} or p.officer_name ilike {}",
            placeholder="编号或执法人员",
        ),
    ),
    order="-pushed_at",
)


async def find_copy(copy: int, scope: Scope) -> dict[str, Any] | None:
    """A copy, if the scope owns it."""
    condition, args = scope_conditions(scope, "p", start=2)
    return await row(
        f"select p.* from complaints_copy p where p.id = $1 and {condition}", copy, *args
    )


async def copies_of(complaint: int) -> list[dict[str, Any]]:
    """All pushes of a complaint, newest first."""
    return await rows(
        "select * from complaints_copy where complaint = $1 order by id desc", complaint
    )


async def open_copies(complaint: int) -> list[dict[str, Any]]:
    """Those still waiting for an answer."""
    return await rows(
        "select * from complaints_copy where complaint = $1 and state = 'open' order by id",
        complaint,
    )


async def media_of_copy(copy: int, *, answer: bool) -> list[dict[str, Any]]:
    """The attachments of a copy, or of the body's answer to it."""
    return await rows(
        "select id, file, name, kind, media_type, size, sha256, clean, '/files/' || file as url"
        " from complaints_attachment"
        " where copy = $1 and answer = $2 order by id",
        copy,
        answer,
    )


async def overdue_of(persons: Sequence[int], moment: datetime) -> list[dict[str, Any]]:
    """Pushed, past the date on which nothing is paused, and unanswered, by officer (C1-19).

    One that was merged into another after its push is no more answered than before.
    """
    return await rows(
        "select p.id, p.number, p.officer, p.pushed_at, k.due_at from complaints_copy p"
        " join core_clock k on k.id = p.clock where p.officer = any($1::int8[])"
        " and p.state in ('open', 'merged') and k.state in ('running', 'lapsed')"
        " and k.due_at < $2"
        " order by p.pushed_at, p.id",
        list(persons),
        moment,
    )
