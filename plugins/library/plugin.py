# SPDX-License-Identifier: Apache-2.0
"""法律法规: the law at hand, and what leans on it."""

from datetime import timedelta
from typing import Any

from core.api.plugin import (
    Card,
    Contribution,
    DemoStep,
    FactHandler,
    FactKind,
    GateCheck,
    Job,
    Manifest,
    Metric,
    NavItem,
    Panel,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.library import facts, reactions
from plugins.library.commands import COMMANDS
from plugins.library.demo import plan_library
from plugins.library.linking import links_in
from plugins.library.rules import EDIT, HANDLE, READ, REVIEW, TASKS
from plugins.library.services.answering import basis_in_force
from plugins.library.services.impact import spread_impact
from plugins.library.services.using import keep_closed, keep_decision, keep_power

MANIFEST = Manifest(
    name="library",
    title="法律法规",
    version="0.1.0",
    summary="法规条文、版本和有效日期，逐字检索，依据失效报警，修法影响任务。",
    after=("notices",),
)

DESK = (
    "handler",
    "data_entry",
    "submitter",
    "legal_office",
    "dept_supervisor",
    "body_admin",
    "supervision_bureau",
    "justice_office",
    "leader",
)
BODY = ("legal_office", "body_admin", "dept_supervisor")


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.library.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.library.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "查阅法律法规", ("supervisor", *DESK)),
        Permission(EDIT, "编辑本地区维护的法规", ("supervision_bureau",)),
        Permission(REVIEW, "审核发布法规文本", ("supervision_bureau", "leader")),
        Permission(TASKS, "查看修法影响任务", ("supervision_bureau", "leader", *BODY)),
        Permission(HANDLE, "核对修法影响并办结", BODY),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("法律法规", "/library/", READ, "职权目录", "book-2", 240, phone="assist"),
        NavItem(
            "修法影响",
            "/library/tasks",
            TASKS,
            "职权目录",
            "git-compare",
            245,
            reactions.open_tasks,
        ),
        NavItem("法律法规", "/library/public", "", "", "book-2", 40, for_public=True),
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [Card("library.tasks", "修法影响", TASKS, "/library/card", size="side", weight=160)]


@hookimpl
def panels() -> list[Panel]:
    return [
        Panel("library.of_power", "powers.item", "依据现行有效", READ, "/library/of/power/{id}"),
        Panel("library.of_case", "cases.case", "决定依据", READ, "/library/of/case/{id}"),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind("library.law", "法律法规", describe=reactions.describe_law, permission=READ),
        SubjectKind(
            "library.article",
            "法规条文",
            describe=reactions.describe_article,
            search=reactions.search_articles,
            resolve=reactions.resolve_article,
            permission=READ,
        ),
        SubjectKind(
            "library.version", "法规版本", describe=reactions.describe_version, permission=EDIT
        ),
        SubjectKind(
            "library.task", "修法影响任务", describe=reactions.describe_task, permission=TASKS
        ),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "library.version_published",
            "发布法规版本",
            "发布《{title}》{name}",
            facts.VersionPublished,
        ),
        FactKind(
            "library.article_changed",
            "条文变化",
            "《{title}》有条文{kind_title}",
            facts.ArticleChanged,
        ),
        FactKind("library.repealed", "登记废止", "《{title}》废止：{note}", facts.LawRepealed),
        FactKind(
            "library.submitted", "法规送审", "《{title}》送审", facts.DraftMoved, broadcast=False
        ),
        FactKind(
            "library.returned",
            "法规退回",
            "《{title}》退回：{reason}",
            facts.DraftMoved,
            broadcast=False,
        ),
        FactKind(
            "library.task_done",
            "核对修法影响",
            "{about}依据《{title}》变化：{outcome}，{note}",
            facts.TaskDone,
        ),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("powers.version_effective", keep_power),
        FactHandler("cases.step_submitted", keep_decision),
        FactHandler("cases.closed", keep_closed),
    ]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [GateCheck("cases.basis_in_force", basis_in_force)]


@hookimpl
def jobs() -> list[Job]:
    return [
        Job(
            "library.impact",
            spread_impact,
            timeout=timedelta(minutes=10),
            scope="platform",
            reason="a national law is cited by bodies of every region",
        )
    ]


@hookimpl
def contributions() -> list[Contribution]:
    command = COMMANDS[0]
    return [
        Contribution("core.linker", "library.articles", {"find": links_in}),
        Contribution(
            "core.command",
            "library.laws",
            {
                "name": command.name,
                "help": command.help,
                "configure": command.configure,
                "run": command.run,
            },
        ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "library.tasks",
            "修法影响任务",
            "期间内因条文修改或者废止产生的核对任务，每个权力事项、裁量基准、监察点、在办案件每条算一项",
            reactions.tasks_made,
            "/library/tasks?tab=all",
        ),
        Metric(
            "library.tasks_open",
            "没有核对的修法影响",
            "期间内产生、至今没有办结的核对任务",
            reactions.tasks_waiting,
            "/library/tasks",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(18, "录入法律法规", plan_library)]
