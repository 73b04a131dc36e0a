# SPDX-License-Identifier: Apache-2.0
"""What 检查评议 declares: permissions, menu, facts, messages, subjects."""

from typing import Any

from core.api.plugin import FactKind, MessageKind, NavItem, Permission, SubjectKind
from plugins.reviews import facts, reactions

READ = "reviews.evaluation.read"
MANAGE = "reviews.evaluation.manage"
REPORT = "reviews.evaluation.report"

PERMISSIONS = (
    Permission(
        READ,
        "查看检查评议",
        ("supervision_bureau", "leader", "justice_office", "dept_supervisor", "legal_office"),
    ),
    Permission(MANAGE, "组织检查评议、评分、公布", ("supervision_bureau",)),
    Permission(REPORT, "报送自评、对评议提异议", ("dept_supervisor", "legal_office")),
)

NAV = (
    NavItem("检查评议", "/reviews/evaluations", READ, "监察平台", icon="checklist", weight=164),
    NavItem(
        "检查评议结果",
        "/reviews/public/evaluations",
        "",
        "公众服务",
        icon="checklist",
        for_public=True,
    ),
)

SUBJECTS = (
    SubjectKind("reviews.scheme", "评议标准", reactions.describe_scheme, permission=READ),
    SubjectKind("reviews.evaluation", "检查评议", reactions.describe_evaluation, permission=READ),
    SubjectKind("reviews.evaluated", "被评议的单位", reactions.describe_evaluated, permission=READ),
)


def _kind(key: str, title: str, text: str, payload: Any, *, broadcast: bool = False) -> FactKind:
    return FactKind(f"reviews.{key}", title, text, payload, broadcast=broadcast)


FACTS = (
    _kind("scheme_published", "发布评议标准", "发布“{name}”第 {version} 版", facts.Standard),
    _kind(
        "evaluation_opened",
        "组织检查评议",
        "组织“{title}”，取定 {units} 个单位的数",
        facts.Evaluated,
    ),
    _kind("evaluation_reported", "报送评议自评", "{unit}报送自评，{words}", facts.Appraised),
    _kind("evaluation_scored", "评议评分", "{unit}：{words}", facts.Appraised),
    _kind("evaluation_told", "告知评议结果", "告知“{title}”的结果", facts.Evaluated),
    _kind("evaluation_objected", "对评议提出异议", "{unit}：{words}", facts.Appraised),
    _kind("evaluation_ruled", "处理评议异议", "{unit}：{words}", facts.Appraised),
    _kind("evaluation_published", "公布评议结果", "公布“{title}”的结果", facts.Evaluated),
    _kind(
        "appraised",
        "检查评议结果",
        "{unit}在“{title}”中得 {score} 分",
        facts.Result,
        broadcast=True,
    ),
)

MESSAGES = (
    MessageKind(
        "reviews.evaluate",
        "检查评议自评：{title}",
        "请在{due}以前报送自评和佐证材料。",
        may_mute=False,
    ),
    MessageKind(
        "reviews.evaluated",
        "检查评议结果：{title}",
        "得 {score} 分。有不同意见可以提一次异议。",
        may_mute=False,
    ),
)
