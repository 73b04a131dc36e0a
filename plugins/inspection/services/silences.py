# SPDX-License-Identifier: Apache-2.0
"""Silences: alarms go on being raised, but nobody is told; by whom, why and until when is shown."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from core.api.access import Visitor
from core.api.clock import SHANGHAI, now, today
from core.api.db import row, rows, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import Place, SubjectRef, record
from core.api.messages import notify
from plugins.inspection.forms import SilenceForm
from plugins.inspection.rules.facts import SilenceChanged

SILENCE = "inspection.silence"
LONGEST = timedelta(days=90)
"""A silence is for a known disturbance, not a way to switch a point off."""

ADD = """
insert into inspection_silence (item, point, title, case_id, reason, author, author_name,
  starts_at, ends_at, ended_by, region_lo, org_lo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11) returning id
"""


async def declare_silence(who: Visitor, form: SilenceForm) -> int:
    """Declare a silence for a point of an item, or for one case."""
    moment = now()
    ends = datetime.combine(form.until + timedelta(days=1), time(0), SHANGHAI)
    if form.until < today():
        raise Invalid({"until": "截止日期已经过去，请选今天或以后的日子。"})
    if ends - moment > LONGEST + timedelta(days=1):
        raise Invalid({"until": f"静默最长 {LONGEST.days} 天，请选近一些的日子，到期可以再设。"})
    title, place = await _about(who, form)
    silence = int(
        await value(
            ADD,
            form.item,
            form.point,
            title,
            form.case,
            form.reason,
            who.user_id,
            who.name,
            moment,
            ends,
            place.region_lo,
            place.org_lo,
        )
    )
    await record(
        "inspection.silence_declared",
        SubjectRef(SILENCE, silence),
        SilenceChanged(
            silence=silence,
            title=title,
            reason=form.reason,
            until=form.until.isoformat(),
            by=who.name,
        ),
        place,
    )
    return silence


async def _about(who: Visitor, form: SilenceForm) -> tuple[str, Place]:
    """What the silence is about, in words, and where it belongs."""
    found = await row(
        "select title, definition -> 'points' as points from inspection_rule_set"
        " where item = $1 order by version desc limit 1",
        form.item,
    )
    if found is None:
        raise Invalid({"item": "请选择有监察点的权力事项。"})
    points = {p["key"]: p.get("title") or p["key"] for p in found["points"] or ()}
    if form.point and form.point not in points:
        raise Invalid({"point": "这个事项没有这个监察点。"})
    words = f"{found['title']} · {points[form.point] if form.point else '全部监察点'}"
    if form.case:
        case = await row(
            "select case_number, region_lo, org_lo from inspection_alarm"
            " where case_id = $1 order by id desc limit 1",
            form.case,
        )
        if case is None:
            raise Invalid({"case": "没有找到这个案件的报警。"})
        return f"{words} · {case['case_number']}", Place(case["region_lo"], case["org_lo"])
    return words, Place(who.region.lo, 0)


async def end_silence(who: Visitor, silence: int, reason: str) -> None:
    """Take a silence back before its end."""
    found = await row("select * from inspection_silence where id = $1", silence)
    if found is None:
        raise NotFound
    if found["ended_at"] is not None or found["ends_at"] <= now():
        raise Refused("这条静默已经结束。")
    await _end(found, f"{who.name}：{reason}", who.name, reason)


async def end_due_silences() -> int:
    """Announce the silences whose end has come; returns how many."""
    found = await rows(
        "select * from inspection_silence where ended_at is null and ends_at <= $1"
        " order by id limit 200",
        now(),
    )
    for each in found:
        await _end(each, "到期", "", "到期")
        person = await value("select person from core_user where id = $1", each["author"])
        if person:
            await notify(
                "inspection.silence_ended",
                [person],
                SubjectRef(SILENCE, each["id"]),
                {"title": each["title"], "reason": each["reason"]},
                Place(each["region_lo"], each["org_lo"]),
            )
    return len(found)


async def _end(found: Mapping[str, Any], ended_by: str, by: str, reason: str) -> None:
    await value(
        "update inspection_silence set ended_at = $2, ended_by = $3 where id = $1 returning id",
        found["id"],
        now(),
        ended_by[:100],
    )
    await record(
        "inspection.silence_ended",
        SubjectRef(SILENCE, found["id"]),
        SilenceChanged(
            silence=found["id"], title=found["title"], reason=reason, until="", by=by or "系统"
        ),
        Place(found["region_lo"], found["org_lo"]),
    )
