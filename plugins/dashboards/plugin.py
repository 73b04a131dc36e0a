# SPDX-License-Identifier: Apache-2.0
"""统计分析: kept totals of every region and unit, down to the row, and the monthly report."""

from datetime import timedelta
from typing import Any

from core.api.plugin import (
    Card,
    Contribution,
    Cron,
    FactHandler,
    Job,
    Manifest,
    MessageKind,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.dashboards import reactions
from plugins.dashboards.commands import COMMANDS
from plugins.dashboards.reactions import READ, REPORT
from plugins.dashboards.rules.telling import HEARD
from plugins.dashboards.services import keeping, recounting

MANIFEST = Manifest(
    name="dashboards",
    title="统计分析",
    version="0.1.0",
    summary="逐级下钻的统计：案件、红黄灯、督办、投诉，每个数字点开就是那些记录；监督月报。",
    after=("cases", "inspection", "orders", "complaints"),
)

READERS = (
    "leader",
    "supervision_bureau",
    "justice_office",
    "legal_office",
    "dept_supervisor",
)


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.dashboards.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.dashboards.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [Permission(READ, "查看统计分析和监督月报", READERS)]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("统计分析", "/dashboards/", READ, "监察平台", icon="chart-bar", weight=128),
        NavItem(
            "执法统计", "/dashboards/public", "", "公众服务", icon="chart-bar", for_public=True
        ),
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [Card("dashboards.overview", "统计分析", READ, "/dashboards/cards/overview", weight=40)]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [SubjectKind(REPORT, "监督月报", describe=reactions.describe_report, permission=READ)]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        *(FactHandler(kind, keeping.hear, locks=reactions.the_subject) for kind in HEARD),
        FactHandler("powers.version_effective", keeping.class_known),
        FactHandler("core.region.move_finished", recounting.after_move),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job(
            recounting.JOB,
            recounting.recount_job,
            timeout=timedelta(minutes=30),
            scope="platform",
            reason="区划调整以后，各级合计都要重算",
        ),
        Cron(REPORT, reactions.tell_of_report, at="08:30", per_region=True),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            REPORT, "{where}{month}监督月报", "{month}的监督月报可以看了，也可以下载 DOCX、PDF。"
        )
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "core.command",
            f"dashboards.{each.name}",
            {"name": each.name, "help": each.help, "configure": each.configure, "run": each.run},
        )
        for each in COMMANDS
    ]
