# SPDX-License-Identifier: Apache-2.0
"""The bureau's register."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from core.api import clock
from core.api.clock import SHANGHAI
from core.api.db import Scope, row, rows, scope_conditions
from core.api.files import Received
from core.api.web import Column, Filter, Listing
from plugins.complaints.rules import flow, intake


def _since(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(0), SHANGHAI)


def _until(text: str) -> datetime:
    return _since(text) + timedelta(days=1)


UNDONE = "c.state in ('submitted', 'accepted')"

REGISTER = Listing(
    key="complaints.register",
    title="投诉举报",
    select=(
        "c.id, c.number, c.door, c.kind, c.target, c.enforcement_type, c.body, c.body_name,"
        " c.officer_name, c.state, c.late, c.filed_at, c.handled_at, c.told_at, c.sealed,"
        " c.handler_name, c.org_lo, c.scanned, c.disposal, k.due_at, k.started_at,"
        " k.state as clock_state"
    ),
    source=(
        "complaints_complaint c left join lateral (select p.clock from complaints_copy p"
        " where p.complaint = c.id and p.state = 'open' order by p.id desc limit 1) p on true"
        " left join core_clock k on k.id = coalesce(p.clock, c.clock)"
    ),
    counted="complaints_complaint c",
    alias="c",
    id="c.id",
    columns=(
        Column("number", "编号", coded=True),
        Column("door", "来源", export=lambda one: intake.DOORS[one["door"]]),
        Column("kind", "类别", shown=False, export=lambda one: intake.KINDS[one["kind"]]),
        Column(
            "target",
            "举报对象",
            shown=False,
            export=lambda one: intake.TARGETS.get(one["target"], ""),
        ),
        Column("enforcement_type", "执法类型"),
        Column("body_name", "举报对象"),
        Column("officer_name", "执法人员", shown=False),
        Column("filed_at", "提交时间", kind="datetime", sort="c.filed_at"),
        Column("state", "状态", export=lambda one: flow.STATES[one["state"]][1]),
        Column("due_at", "反馈期限", kind="datetime"),
        Column("told_at", "告知时间", kind="datetime", shown=False),
        Column("handler_name", "办理人", shown=False),
    ),
    filters=(
        Filter(
            "tab",
            "处理",
            kind="tabs",
            options=(("open", "未处理"), ("done", "已处理"), ("all", "全部")),
            wheres={"open": UNDONE, "done": f"not ({UNDONE})", "all": "true"},
            default="open",
        ),
        Filter(
            "q",
            "关键字",
            where="c.number ilike {} or c.body_name ilike {} or c.officer_name ilike {}",
            placeholder="编号、单位或执法人员",
        ),
        Filter(
            "door", "来源", kind="choice", options=tuple(intake.DOORS.items()), where="c.door = {}"
        ),
        Filter(
            "kind", "类别", kind="choice", options=tuple(intake.KINDS.items()), where="c.kind = {}"
        ),
        Filter(
            "state",
            "状态",
            kind="choice",
            options=tuple((key, words) for key, (_, words) in flow.STATES.items()),
            where="c.state = {}",
        ),
        Filter(
            "due",
            "期限",
            kind="choice",
            options=(("late", "单位逾期未反馈"), ("match", "主体待匹配"), ("erase", "到期待销毁")),
            wheres={
                "late": "c.late and c.state = 'pushed'",
                "match": f"c.body = 0 and {UNDONE}",
                "erase": "c.disposal = 'proposed'",
            },
        ),
        Filter("since", "提交自", kind="date", where="c.filed_at >= {}", convert=_since),
        Filter("until", "至", kind="date", where="c.filed_at < {}", convert=_until),
    ),
    order="-filed_at",
    where="c.successor = 0 or c.state = 'transferred'",
)


async def undone(scope: Scope) -> int:
    """How many wait for the bureau: the number in the menu."""
    return await REGISTER.count(scope, {"tab": "open"})


async def find(complaint: int, scope: Scope) -> dict[str, Any] | None:
    """A complaint, if the scope owns it."""
    condition, args = scope_conditions(scope, "c", start=2)
    return await row(
        f"select c.* from complaints_complaint c where c.id = $1 and {condition}",
        complaint,
        *args,
    )


async def media_of(complaint: int) -> list[dict[str, Any]]:
    """The attachments of the complaint itself, in order."""
    return await rows(
        "select id, file, name, kind, media_type, size, sha256, clean, '/files/' || file as url"
        " from complaints_attachment"
        " where complaint = $1 and copy = 0 order by id",
        complaint,
    )


async def merged_into(complaint: int) -> list[dict[str, Any]]:
    """The complaints that go along with this one."""
    return await rows(
        "select * from complaints_complaint where merged_to = $1 and state = $2 order by id",
        complaint,
        flow.MERGED,
    )


async def notes_of(complaint: int) -> list[dict[str, Any]]:
    """The remarks the scope sees, oldest first."""
    return await rows(
        "select n.id, n.copy, n.level, n.text, n.author_name, n.side, n.at,"
        " coalesce(p.organisation_name, '') as unit from complaints_note n"
        " left join complaints_copy p on p.id = n.copy where n.complaint = $1 order by n.at, n.id",
        complaint,
    )


async def candidates(it: Mapping[str, Any], scope: Scope) -> list[dict[str, Any]]:
    """Open complaints about the same unit or officer of the last half year, to be compared."""
    condition, args = scope_conditions(scope, "c", start=6)
    return await rows(
        "select c.id, c.number, c.account, c.body, c.body_name, c.officer, c.officer_name,"
        " c.happened_on, c.state, c.filed_at from complaints_complaint c where c.id <> $1"
        " and c.state = any($2::text[]) and c.successor = 0"
        " and (c.body = $3 and c.body > 0 or c.officer = $4 and c.officer > 0)"
        f" and c.filed_at > $5 and {condition} order by c.filed_at desc limit 200",
        it["id"],
        list(flow.OPEN),
        it["body"],
        it["officer"],
        clock.now() - timedelta(days=180),
        *args,
    )


async def received_of(file: int) -> Received:
    """A stored file as received content, to be kept once more at another place."""
    found = await row(
        "select name, media_type, kind, size, sha256, path, copy_path, copy_type, copy_size,"
        " width, height from core_file where id = $1",
        file,
    )
    assert found is not None
    return Received(**{**found, "sha256": bytes(found["sha256"])})
