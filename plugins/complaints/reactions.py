# SPDX-License-Identifier: Apache-2.0
"""What complaints answer and hear: the annual review, lapsed clocks, names of their objects."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from core.api import clock
from core.api.clock import SHANGHAI
from core.api.db import Scope, SubjectRef, literal, rows, scope_conditions, value
from core.api.plugin import Blocker, Fact, SubjectLabel
from plugins.complaints import queries
from plugins.complaints.rules import flow
from plugins.complaints.services.matters import copy_path, path_of, title_line
from plugins.complaints.services.pushing import silence, silence_of_merged


async def block_review(
    subjects: Sequence[SubjectRef],
    on_date: date,
    draft: Mapping[str, Any] | None = None,  # noqa: ARG001 - the gate hands it to every check
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Officers with complaints pushed to their bodies, past due and unanswered (C1-19)."""
    # A deadline ends with its day: what is due on the day asked about is not late on it.
    moment = min(clock.now(), datetime.combine(on_date, time(0), SHANGHAI))
    found: dict[SubjectRef, list[Blocker]] = {}
    for copy in await queries.overdue_of([each.id for each in subjects], moment):
        due = clock.local(copy["due_at"]).date()
        found.setdefault(SubjectRef("core.person", copy["officer"]), []).append(
            Blocker(
                "complaints.overdue",
                f"投诉 {copy['number']} 推送后没有按期反馈（{due.month}月{due.day}日到期）。",
                SubjectRef("complaints.copy", copy["id"]),
                {"number": copy["number"], "due": due.isoformat()},
            )
        )
    return found


async def note_lapsed(fact: Fact) -> None:
    """The body's date passed. A provisional date proves nothing, so it is let pass."""
    if fact.subject.kind == "complaints.copy":
        await silence(
            fact.subject.id,
            int(fact.payload["clock"]),
            provisional=bool(fact.payload.get("provisional")),
        )
    elif fact.subject.kind == "complaints.complaint":
        await silence_of_merged(
            fact.subject.id,
            int(fact.payload["clock"]),
            provisional=bool(fact.payload.get("provisional")),
        )


def the_copy(fact: Fact) -> Sequence[SubjectRef]:
    return (fact.subject,)


async def describe(complaint: int, scope: Scope) -> SubjectLabel | None:
    """Number, page and state of a complaint of the scope."""
    found = await queries.find(complaint, scope)
    if found is None:
        return None
    return SubjectLabel(
        f"{found['number']} {title_line(found)}",
        path_of(complaint),
        flow.STATES[found["state"]][1],
    )


async def describe_copy(copy: int, scope: Scope) -> SubjectLabel | None:
    """Number and page of a copy of the scope."""
    found = await queries.find_copy(copy, scope)
    if found is None:
        return None
    return SubjectLabel(f"{found['number']} 转来的投诉", copy_path(copy), found["enforcement_type"])


async def describe_own(complaint: int, _scope: Scope) -> SubjectLabel | None:
    """The way to a supervisor's own; the page itself checks whose it is."""
    return SubjectLabel("我的投诉举报", f"/complaints/mine/{complaint}")


async def search(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Complaints by number, unit or officer; never by what was told or by whom."""
    where, args = scope_conditions(scope, "c", start=2)
    found = await rows(
        "select c.* from complaints_complaint c where (c.number || ' ' || c.body_name || ' ' ||"
        " c.officer_name) ilike '%' || $1 || '%'"
        f" and {where} order by c.filed_at desc, c.id desc limit 10",
        literal(text),
        *args,
    )
    return [
        SubjectLabel(
            f"{each['number']} {title_line(each)}",
            path_of(each["id"]),
            flow.STATES[each["state"]][1],
        )
        for each in found
    ]


# --- figures -----------------------------------------------------------------------------------


async def _between(scope: Scope, period: tuple[date, date], more: str) -> int:
    first, last = period
    where, args = scope_conditions(scope, "c", start=3)
    return int(
        await value(
            "select count(*) from complaints_complaint c where"
            " c.filed_at >= ($1::date)::timestamp at time zone 'Asia/Shanghai'"
            " and c.filed_at < ($2::date + 1)::timestamp at time zone 'Asia/Shanghai'"
            f" and c.origin = 0 and {where}{more}",
            first,
            last,
            *args,
        )
    )


async def filed_in(scope: Scope, period: tuple[date, date]) -> int:
    """How many complaints came."""
    return await _between(scope, period, " and c.kind = 'complaint'")


async def praised_in(scope: Scope, period: tuple[date, date]) -> int:
    """How many praises came."""
    return await _between(scope, period, " and c.kind = 'praise'")


async def late_in(scope: Scope, period: tuple[date, date]) -> int:
    """How many of those wait for a body that is past its date."""
    return await _between(scope, period, " and c.late and c.state = 'pushed'")
