# SPDX-License-Identifier: Apache-2.0
"""Retention: proposed by the clock, confirmed by hand, erased by the worker, leaving a stone."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.api import clock
from core.api.custody import forget
from core.api.db import execute, retried, row, rows, transaction
from core.api.errors import Invalid
from core.api.facts import record
from core.api.jobs import enqueue
from core.api.settings import settings_of
from plugins.complaints import facts
from plugins.complaints.rules import flow, retaining
from plugins.complaints.services.matters import (
    Actor,
    ComplaintSettings,
    change,
    place_of,
    ref,
    refuse,
    take,
)

BATCH = 200


async def propose_due(_payload: Mapping[str, Any]) -> None:
    """The nightly job: propose what is over its time and rests."""
    today = clock.today()
    found = await rows(
        "select * from complaints_complaint where closed_at < $1 and disposal <> 'proposed'"
        " and disposal <> 'confirmed' and state <> $2 order by closed_at limit $3",
        clock.now(),
        flow.ERASED,
        BATCH,
    )
    for it in found:
        settings = await settings_of(ComplaintSettings, it["region_lo"])
        age = retaining.Age(
            it["state"],
            _day(it["closed_at"]),
            _day(it["active_at"]) or today,
            it["postponed_until"],
        )
        if retaining.may_be_proposed(
            age,
            today,
            years=settings.retention_years,
            quiet_months=settings.retention_quiet_months,
        ):
            await _propose(it)


def _day(moment: Any) -> date | None:
    return clock.local(moment).date() if moment else None


async def _propose(it: Mapping[str, Any]) -> None:
    await execute(
        "update complaints_complaint set disposal = $2, disposal_at = $3, disposal_by = 0"
        " where id = $1",
        it["id"],
        retaining.PROPOSED,
        clock.now(),
    )
    await record(
        "complaints.disposal_proposed",
        ref(it["id"]),
        facts.Disposal(it["id"], it["number"], "保存期满"),
        place_of(it),
    )


@retried
async def confirm(who: Actor, complaint: int, reason: str) -> None:
    """确认销毁: the worker then erases the content; number, dates and digest remain."""
    if len(reason.strip()) < 2:
        raise Invalid({"reason": "请填写确认的理由。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        refuse(retaining.why_not_confirm(it["disposal"], it["disposal_by"], who.user_id))
        await execute(
            "update complaints_complaint set disposal = $2, disposal_at = $3, disposal_by = $4,"
            " disposal_reason = $5 where id = $1",
            complaint,
            retaining.CONFIRMED,
            clock.now(),
            who.user_id,
            reason.strip(),
        )
        await record(
            "complaints.disposal_confirmed",
            ref(complaint),
            facts.Disposal(complaint, it["number"], reason.strip()),
            place_of(it),
        )
        await enqueue("complaints.erase", {"complaint": complaint}, place=place_of(it))


@retried
async def postpone(who: Actor, complaint: int, until: date, reason: str) -> None:
    """暂缓: a lawsuit, an inspection, or somebody who still needs it."""
    if until <= clock.today():
        raise Invalid({"until": "日期须在今天以后。"})
    if len(reason.strip()) < 2:
        raise Invalid({"reason": "请填写暂缓的理由。"})
    async with transaction(who.scope):
        it = await take(who, complaint)
        if it["disposal"] != retaining.PROPOSED:
            refuse(["没有到期销毁的提议。"])
        await change(
            complaint,
            news=it["news"],
            disposal=retaining.POSTPONED,
            postponed_until=until,
            disposal_reason=reason.strip(),
        )
        await record(
            "complaints.disposal_postponed",
            ref(complaint),
            facts.Disposal(complaint, it["number"], reason.strip()),
            place_of(it),
        )


async def erase(payload: Mapping[str, Any]) -> None:
    """The worker's job: content, files, remarks, identity go; the stone stays."""
    it = await row(
        "select * from complaints_complaint where id = $1 for update", payload["complaint"]
    )
    if it is None or it["disposal"] != retaining.CONFIRMED or it["state"] == flow.ERASED:
        return
    complaint = it["id"]
    files = await rows("select file from complaints_attachment where complaint = $1", complaint)
    # The objects themselves follow: the store's sweep removes what no row names any more.
    await execute(
        "delete from core_file where id = any($1::int8[])", [each["file"] for each in files]
    )
    for table in ("complaints_attachment", "complaints_note"):
        await execute(f"delete from {table} where complaint = $1", complaint)
    await execute(
        "update complaints_copy set text = '', demand = '', answer = '', measures = '',"
        " officer_name = '' where complaint = $1",
        complaint,
    )
    shared = await row(
        "select 1 from complaints_complaint where envelope = $1 and id <> $2 and state <> $3",
        it["envelope"],
        complaint,
        flow.ERASED,
    )
    if it["envelope"] and shared is None:
        await forget(it["envelope"])
    # The code's check value stays: it names nobody, and whoever still holds the code reads that the
    # content is gone, not that there never was any such complaint.
    await execute(
        "update complaints_complaint set state = $2, account = '', officer_name = '',"
        " scanned_text = '', alias = null, reporter = 0, reporter_name = '', contact = null,"
        " envelope = 0, marks = '{}'::jsonb, once = null, salt = '', result = '',"
        " said_at = '', body_typed = null, news = false, disposal = '' where id = $1",
        complaint,
        flow.ERASED,
    )
    await record(
        "complaints.erased",
        ref(complaint),
        facts.Disposal(complaint, it["number"], it["disposal_reason"]),
        place_of(it),
    )
