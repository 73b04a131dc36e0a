# SPDX-License-Identifier: Apache-2.0
"""The verbs of clocks: start, pause, resume, extend, stop; in the caller's transaction.

A clock belongs to the party that must act. When the other side's turn comes, its clock is
stopped and another one started; one clock never runs for two sides.
"""

from datetime import datetime

from core import clock as time
from core import db
from core.api.plugin import Place, SubjectRef
from core.calendar.facts import ClockExtended, ClockPaused, ClockResumed
from core.calendar.queries import COLUMNS, Clock, clock_of, computed, load_calendar
from core.calendar.rules import Limit, due_date, lapsed
from core.errors import Invalid, NotFound, Refused
from core.facts.services import record

START = f"""
insert into core_clock (subject_kind, subject_id, key, title, pauses_with, state, started_at,
  due_at, limit_amount, limit_unit, provisional, ever_paused, paused_days, extensions,
  max_extensions, region_lo, org_lo)
values ($1, $2, $3, $4, $5, 'running', $6, $7, $8, $9, $10, false, 0, 0, $11, $12, $13)
returning {COLUMNS}
"""


async def start_clock(
    subject: SubjectRef,
    key: str,
    title: str,
    limit: Limit,
    place: Place,
    *,
    started_at: datetime | None = None,
    pauses_with: str = "",
    max_extensions: int | None = None,
) -> Clock:
    """Begin to count ``limit`` for ``subject``; one open clock per subject and ``key``.

    ``title`` names the event that set it running; it is the first word of the ledger.
    ``pauses_with`` is the key of another clock of the subject: paused and resumed with it.
    ``max_extensions`` is how often the law lets the period be prolonged (``None`` = no rule).
    """
    if limit.amount < 1:
        raise Invalid("期限至少为 1。")
    started_at = started_at or time.now()
    due = due_date(started_at, limit, await load_calendar(place.region_lo), label=title)
    row = await db.row(
        START,
        subject.kind,
        subject.id,
        key,
        title[:200],
        pauses_with,
        started_at,
        due.at,
        limit.amount,
        limit.unit,
        due.provisional,
        max_extensions,
        place.region_lo,
        place.org_lo,
    )
    if row is None:
        raise NotFound
    return clock_of(row)


async def _locked(clock_id: int) -> Clock:
    row = await db.row(f"select {COLUMNS} from core_clock where id = $1 for update", clock_id)
    if row is None:
        raise NotFound("没有找到这个期限，可能不在你的管理范围内。")
    return clock_of(row)


async def _note(
    clock: Clock,
    kind: str,
    at: datetime,
    *,
    limit: Limit | None = None,
    reason: str = "",
    approver: str = "",
    before: datetime | None = None,
    after: datetime | None = None,
) -> None:
    await db.execute(
        "insert into core_clock_event (clock, kind, at, amount, unit, reason, approver, due_before,"
        " due_after, actor, region_lo, org_lo)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        clock.id,
        kind,
        at,
        limit.amount if limit else 0,
        limit.unit if limit else "",
        reason,
        approver[:120],
        before,
        after,
        db.current_scope().actor,
        clock.place.region_lo,
        clock.place.org_lo,
    )


async def _named(approver: int | str) -> str:
    """The approver as the ledger prints him: kept by name, since persons move on."""
    if isinstance(approver, str):
        return approver
    if not approver:
        return ""
    name = await db.value("select name from core_person where id = $1", approver)
    return str(name) if name else f"{approver} 号人员"


async def _company(clock: Clock, state: str) -> list[Clock]:
    """The other clocks of the subject that stop and go with this one."""
    found = await db.rows(
        f"select {COLUMNS} from core_clock where subject_kind = $1 and subject_id = $2"
        " and pauses_with = $3 and state = $4 and id <> $5 order by id for update",
        clock.subject.kind,
        clock.subject.id,
        clock.key,
        state,
        clock.id,
    )
    return [clock_of(row) for row in found]


async def pause_clock(
    clock_id: int, reason: str, approver: int | str = "", *, at: datetime | None = None
) -> Clock:
    """Suspend (中止): nothing is counted and nothing lapses until it is resumed."""
    if not reason.strip():
        raise Invalid({"reason": "写明中止的理由。"})
    clock = await _locked(clock_id)
    at = at or time.now()
    if clock.state != "running":
        raise Refused("只有正在计时的期限才能中止。")
    if lapsed(clock.due_at, at):
        raise Refused("期限已过，不能再中止。")
    if at < clock.started_at:
        raise Refused("中止不能早于期限的起算时间。")
    name = await _named(approver)
    for each in [clock, *await _company(clock, "running")]:
        await _note(each, "paused", at, reason=reason, approver=name, before=each.due_at)
        await db.execute(
            "update core_clock set state = 'paused', paused_at = $2, ever_paused = true"
            " where id = $1",
            each.id,
            at,
        )
    await record(
        "core.clock.paused",
        clock.subject,
        ClockPaused(clock.id, clock.key, clock.title, reason, name),
        clock.place,
    )
    return await _locked(clock_id)


async def resume_clock(clock_id: int, *, at: datetime | None = None) -> Clock:
    """Go on counting; the due date moves by the days the clock stood."""
    clock = await _locked(clock_id)
    at = at or time.now()
    if clock.state != "paused":
        raise Refused("这个期限没有中止，不需要恢复。")
    if clock.paused_at and at < clock.paused_at:
        raise Refused("恢复不能早于中止。")
    for each in [clock, *await _company(clock, "paused")]:
        await _note(each, "resumed", at, before=each.due_at)
        due = await computed(each)
        await db.execute(
            "update core_clock set state = 'running', paused_at = null, due_at = $2,"
            " provisional = $3, paused_days = $4 where id = $1",
            each.id,
            due.at,
            due.provisional,
            due.paused_days,
        )
    now = await _locked(clock_id)
    await record(
        "core.clock.resumed",
        clock.subject,
        ClockResumed(
            clock.id,
            clock.key,
            clock.title,
            now.paused_days,
            clock.due_at.isoformat(),
            now.due_at.isoformat(),
        ),
        clock.place,
    )
    return now


async def extend_clock(
    clock_id: int,
    limit: Limit,
    reason: str,
    approver: int | str = "",
    *,
    at: datetime | None = None,
) -> Clock:
    """Prolong (延期): a separate act, counted, refused beyond what the law allows."""
    if not reason.strip():
        raise Invalid({"reason": "写明延期的理由。"})
    if limit.amount < 1:
        raise Invalid({"amount": "延期至少为 1。"})
    clock = await _locked(clock_id)
    at = at or time.now()
    if clock.state not in ("running", "paused"):
        raise Refused("期限已经结束，不能再延期。")
    if lapsed(clock.due_at, at) and clock.state == "running":
        raise Refused("期限已过，不能再延期；延期须在到期前批准。")
    if clock.max_extensions is not None and clock.extensions >= clock.max_extensions:
        raise Refused(f"这个期限最多延期 {clock.max_extensions} 次，已经用完。")
    name = await _named(approver)
    await _note(
        clock, "extended", at, limit=limit, reason=reason, approver=name, before=clock.due_at
    )
    await db.execute("update core_clock set extensions = extensions + 1 where id = $1", clock.id)
    due = await computed(await _locked(clock_id))
    await db.execute(
        "update core_clock set due_at = $2, provisional = $3 where id = $1",
        clock.id,
        due.at,
        due.provisional,
    )
    await record(
        "core.clock.extended",
        clock.subject,
        ClockExtended(
            clock.id,
            clock.key,
            clock.title,
            limit.amount,
            limit.unit,
            reason,
            name,
            clock.extensions + 1,
            clock.due_at.isoformat(),
            due.at.isoformat(),
        ),
        clock.place,
    )
    return await _locked(clock_id)


async def stop_clock(clock_id: int, *, at: datetime | None = None) -> Clock:
    """The act was done: nothing is counted any more. A lapsed clock stays lapsed."""
    clock = await _locked(clock_id)
    if clock.state in ("running", "paused"):
        await db.execute(
            "update core_clock set state = 'stopped', stopped_at = $2 where id = $1",
            clock_id,
            at or time.now(),
        )
    elif clock.stopped_at is None:
        await db.execute(
            "update core_clock set stopped_at = $2 where id = $1", clock_id, at or time.now()
        )
    return await _locked(clock_id)
