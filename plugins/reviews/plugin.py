# SPDX-License-Identifier: Apache-2.0
"""案卷评查, from the published seed to the checked rectification, and 检查评议."""

from typing import Any

from core.api.files import readers
from core.api.plugin import (
    Contribution,
    DemoStep,
    FactHandler,
    FactKind,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.reviews import declared_evaluation as evaluation
from plugins.reviews import facts, figures, reactions
from plugins.reviews.demo import plan_evaluation, plan_review
from plugins.reviews.queries.lists import results_waiting
from plugins.reviews.services import noting

PLAN = "reviews.plan.read"
MANAGE = "reviews.plan.manage"
SCORE = "reviews.sheet.score"
RESULT = "reviews.result.read"
ANSWER = "reviews.result.answer"
APPROVE = "reviews.guidance.approve"
GUIDANCE = "reviews.guidance.read"
DESK = (
    "handler",
    "data_entry",
    "submitter",
    "legal_office",
    "dept_supervisor",
    "supervision_bureau",
    "body_admin",
    "justice_office",
    "leader",
)

MANIFEST = Manifest(
    name="reviews",
    title="案卷评查和检查评议",
    version="0.1.0",
    summary="评分表、可重复的抽样、两人各自打分、异议、整改和复核、排名、案例指导；五个方面的检查评议。",
    after=("cases", "inspection"),
)


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.reviews.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.reviews.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(PLAN, "查看评查计划和排名", ("supervision_bureau", "leader", "justice_office")),
        Permission(MANAGE, "组织案卷评查", ("supervision_bureau",)),
        Permission(SCORE, "评查案卷", ("supervision_bureau", "justice_office")),
        Permission(
            RESULT,
            "查看评查结果",
            ("supervision_bureau", "leader", "dept_supervisor", "legal_office"),
        ),
        Permission(ANSWER, "提出异议、报送整改", ("dept_supervisor", "legal_office")),
        Permission(APPROVE, "审定、撤下典型案例", ("supervision_bureau", "leader")),
        Permission(GUIDANCE, "查看案例指导", DESK),
        *evaluation.PERMISSIONS,
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("案卷评查", "/reviews/", PLAN, "监察平台", icon="clipboard-check", weight=160),
        NavItem("我的评查", "/reviews/mine", SCORE, "监察平台", icon="edit", weight=161),
        NavItem(
            "评查结果",
            "/reviews/results",
            RESULT,
            "监察平台",
            icon="file-check",
            weight=162,
            badge=results_waiting,
        ),
        NavItem("案例指导", "/reviews/guidance", GUIDANCE, "监察平台", icon="bulb", weight=163),
        NavItem("案例指导", "/reviews/public", "", "公众服务", icon="bulb", for_public=True),
        *evaluation.NAV,
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind("reviews.plan", "评查计划", reactions.describe_plan, permission=PLAN),
        SubjectKind("reviews.drawn", "评查案卷", reactions.describe_drawn, permission=RESULT),
        SubjectKind("reviews.template", "评分表", reactions.describe_template, permission=PLAN),
        SubjectKind("reviews.sheet", "评分", reactions.describe_sheet, permission=SCORE),
        SubjectKind("reviews.guidance", "典型案例", reactions.describe_guidance, permission=PLAN),
        *evaluation.SUBJECTS,
    ]


def _acted(key: str, title: str, text: str) -> FactKind:
    return FactKind(f"reviews.{key}", title, text, facts.Acted, broadcast=False)


def _guided(key: str, title: str, text: str, *, broadcast: bool = False) -> FactKind:
    return FactKind(f"reviews.{key}", title, text, facts.Guided, broadcast=broadcast)


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "reviews.template_published",
            "发布评分表",
            "发布“{name}”第 {version} 版",
            facts.Published,
            broadcast=False,
        ),
        FactKind(
            "reviews.announced",
            "公布评查计划和种子",
            "公布“{title}”，种子：{seed}",
            facts.Announced,
            broadcast=False,
        ),
        FactKind(
            "reviews.drawn",
            "抽取案卷",
            "“{title}”从 {population} 卷中抽出 {drawn} 卷，名单摘要 {digest}",
            facts.Sampled,
            broadcast=False,
        ),
        FactKind(
            "reviews.scored", "提交评分", "{case_number} 的一份评分", facts.Scored, broadcast=False
        ),
        _acted("recused", "评查人回避", "{case_number} 的评查人回避：{words}"),
        _acted("replaced", "更换评查人", "{case_number}：{words}"),
        FactKind(
            "reviews.results_told",
            "告知评查结果",
            "告知“{title}”的结果",
            facts.Stepped,
            broadcast=False,
        ),
        _acted("objected", "对评查提出异议", "{case_number}：{words}"),
        _acted("objection_decided", "处理评查异议", "{case_number}：{words}"),
        _acted("rectified", "报送评查整改", "{case_number}：{words}"),
        _acted("rectification_checked", "复核评查整改", "{case_number}：{words}"),
        FactKind(
            "reviews.plan_confirmed",
            "确认评查成绩",
            "确认“{title}”的成绩",
            facts.Stepped,
            broadcast=False,
        ),
        FactKind(
            "reviews.confirmed",
            "评查成绩确认",
            "{case_number} 评查得 {score} 分，{grade}",
            facts.Confirmed,
        ),
        _guided("guidance_written", "写成典型案例", "写成典型案例“{title}”，送审定"),
        _guided("guidance_returned", "退回典型案例", "退回“{title}”：{words}"),
        FactKind(
            "reviews.guidance_published",
            "发布典型案例",
            "发布典型案例“{title}”",
            facts.Guidance,
        ),
        _guided("guidance_withdrawn", "撤下典型案例", "撤下“{title}”：{words}", broadcast=True),
        *evaluation.FACTS,
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("powers.version_effective", noting.note_item),
        FactHandler("cases.closed", noting.note_case),
        FactHandler("inspection.alarm_raised", noting.note_alarm),
        FactHandler("inspection.alarm_revoked", noting.note_revoked),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "reviews.asked", "请评查案卷：{number}", "“{plan}”请你独立打分。", may_mute=False
        ),
        MessageKind(
            "reviews.result",
            "评查结果：{number}",
            "得 {score} 分。可以提出异议；扣分项请整改后报送。",
            may_mute=False,
        ),
        *evaluation.MESSAGES,
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [readers("reviews.self_report", evaluation.READ)]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "reviews.told",
            "评查案卷",
            "期间内告知结果的评查案卷数",
            figures.told_in,
            "/reviews/results?tab=all",
            per_unit=True,
        )
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [
        DemoStep(96, "评查案卷", plan_review),
        DemoStep(97, "检查评议", plan_evaluation),
    ]
