# SPDX-License-Identifier: Apache-2.0
"""What the calendar declares as part of plugin ``core``."""

from datetime import timedelta
from typing import Any

from core.api.plugin import Cron, FactKind, Job, NavItem, Permission
from core.calendar import days, facts, sweep

fact_kinds = [
    FactKind(
        "core.clock.lapsed",
        "期限届满",
        "“{title}”的期限已过（{due_at}）",
        facts.ClockLapsed,
    ),
    FactKind("core.clock.paused", "期限中止", "“{title}”中止：{reason}", facts.ClockPaused),
    FactKind(
        "core.clock.resumed",
        "期限恢复",
        "“{title}”恢复计时，共中止 {paused_days} 天，新的到期时间 {due_at}",
        facts.ClockResumed,
    ),
    FactKind(
        "core.clock.extended",
        "期限延长",
        "“{title}”第 {count} 次延期：{reason}，新的到期时间 {due_at}",
        facts.ClockExtended,
    ),
    FactKind(
        "core.clock.recomputed",
        "期限重算",
        "“{title}”因{reason}重算：由 {due_before} 改为 {due_at}",
        facts.ClockRecomputed,
    ),
    FactKind(
        "core.calendar.imported",
        "导入工作日历",
        "导入 {year} 年工作日历 {days} 天，依据：{source}",
        facts.CalendarImported,
        broadcast=False,
    ),
    FactKind(
        "core.calendar.day_changed",
        "调整工作日历",
        "{day} 调整：{note}",
        facts.CalendarDayChanged,
        broadcast=False,
    ),
]

jobs = [
    Cron(
        "core.calendar.sweep",
        sweep.sweep,
        every=sweep.SWEEP_EVERY,
        # A worker that dies in the middle holds the turn until then; with the usual five minutes
        # an alarm would come that late.
        timeout=timedelta(seconds=40),
        reason="deadlines of all regions end in the same night",
    ),
    Job(
        days.RECOMPUTE,
        sweep.recompute_job,
        timeout=timedelta(minutes=30),
        scope="platform",
        reason="the clocks of a region's organisations follow its calendar",
    ),
]

permissions = [
    Permission(
        "core.calendar.read",
        "查看工作日历",
        ("system_admin", "supervision_bureau", "legal_office", "body_admin", "leader"),
    ),
    Permission("core.calendar.manage", "维护工作日历", ("system_admin",)),
]

nav_items = [NavItem("工作日历", "/calendar", "core.calendar.read", "平台管理", "calendar", 820)]


def route_handlers() -> list[Any]:
    from core.calendar import routes

    return [routes.show_calendar, routes.import_notice, routes.set_day]
