# SPDX-License-Identifier: Apache-2.0
"""通知公告、行为准则、操作手册: what an office tells, and who has read it."""

from typing import Any

from core.api.plugin import (
    Cron,
    DemoStep,
    FactKind,
    Job,
    Manifest,
    MessageKind,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.notices import facts
from plugins.notices.demo import publish_demo_notices
from plugins.notices.reactions import (
    describe_guide,
    describe_notice,
    find_notices,
    remind_by_itself,
)
from plugins.notices.services.notices import tell

MANIFEST = Manifest(
    name="notices",
    title="通知公告",
    version="0.1.0",
    summary="通知公告与已读回执，行为准则和操作手册的版本与阅读确认。",
    after=("supervisors",),
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
READ, PUBLISH = "notices.notice.read", "notices.notice.publish"
MANUAL = "notices.guide.read"


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.notices.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.notices.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "阅读通知公告", ("supervisor", *DESK)),
        Permission(MANUAL, "阅读行为准则和操作手册", ("supervisor", *DESK)),
        Permission(PUBLISH, "发布通知公告、行为准则和操作手册", ("supervision_bureau",)),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem(
            "通知公告",
            "/notices/",
            READ,
            "通知公告",
            icon="speakerphone",
            weight=610,
            phone="bench",
        ),
        NavItem(
            "行为准则",
            "/notices/conduct",
            MANUAL,
            "通知公告",
            icon="certificate",
            weight=620,
            phone="bench",
        ),
        NavItem(
            "操作手册",
            "/notices/manual",
            MANUAL,
            "通知公告",
            icon="book",
            weight=630,
            phone="assist",
        ),
        NavItem("发布通知", "/notices/desk", PUBLISH, "通知公告", icon="edit", weight=640),
        NavItem(
            "准则和手册",
            "/notices/guides",
            PUBLISH,
            "通知公告",
            icon="file-text",
            weight=650,
        ),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "notices.notice",
            "通知公告",
            describe=describe_notice,
            search=find_notices,
            permission=READ,
        ),
        SubjectKind(
            "notices.guide", "行为准则和操作手册", describe=describe_guide, permission=MANUAL
        ),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "notices.notice_published",
            "发布通知",
            "发布通知“{title}”",
            facts.NoticePublished,
        ),
        FactKind(
            "notices.notice_withdrawn",
            "撤回通知",
            "撤回通知“{title}”：{reason}",
            facts.NoticeWithdrawn,
        ),
        FactKind("notices.reminded", "提醒阅读", "提醒 {persons} 人阅读“{title}”", facts.Reminded),
        FactKind("notices.notice_confirmed", "确认已读", "确认已阅读“{title}”", facts.Confirmed),
        FactKind(
            "notices.guide_published",
            "发布准则或手册",
            "发布“{title}”第 {number} 版",
            facts.GuidePublished,
        ),
        FactKind(
            "notices.guide_closed", "停用准则或手册", "停用“{title}”：{reason}", facts.GuideClosed
        ),
        FactKind(
            "notices.guide_confirmed",
            "确认已读",
            "确认已阅读“{title}”第 {number} 版",
            facts.Confirmed,
        ),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind("notices.published", "通知：{title}", "{organ}发布通知，请阅读。"),
        MessageKind(
            "notices.reminder", "请阅读：{title}", "{organ}提醒你阅读这条通知。", may_mute=False
        ),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job("notices.tell", tell),
        Cron("notices.remind", remind_by_itself, at="09:00", per_region=True),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(60, "发布通知和行为准则", publish_demo_notices)]
