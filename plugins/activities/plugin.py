# SPDX-License-Identifier: Apache-2.0
"""登记: what supervisors took part in; activities by invitation, with attendance."""

from typing import Any

import msgspec

from core.api.files import readers
from core.api.plugin import (
    Action,
    Contribution,
    Cron,
    DemoStep,
    FactKind,
    Gate,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.activities import facts, queries, reactions
from plugins.activities import jobs as daily
from plugins.activities.demo import plan_activities
from plugins.activities.rules.words import (
    ACTIVITY,
    HANDLE,
    INVITATION,
    MANAGE,
    OWN,
    READ,
    RECORD,
)
from plugins.activities.services.base import GATE, ActivitySettings

MANIFEST = Manifest(
    name="activities",
    title="活动登记",
    version="0.1.0",
    summary="社会监督员登记参加的执法活动；司法局组织活动、邀请、签到、考勤。",
    after=("supervisors",),
)
SECTION = "监督员管理"


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.activities.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.activities.routes import ROUTES

    return list(ROUTES)


@hookimpl
def contributions() -> list[Contribution]:
    return [readers("activities.media", READ)]


@hookimpl
def permissions() -> list[Permission]:
    bureau = ("supervision_bureau",)
    return [
        Permission(OWN, "登记活动，答复邀请，签到", ("supervisor",)),
        Permission(READ, "查看活动登记和组织的活动", (*bureau, "leader")),
        Permission(HANDLE, "阅办活动登记", bureau),
        Permission(MANAGE, "组织活动：邀请、签到、考勤", bureau),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("登记", "/activities/mine", OWN, "工作台", "edit", 40, phone="bench"),
        NavItem(
            "活动邀请",
            "/activities/invitations",
            OWN,
            "工作台",
            "calendar-event",
            45,
            phone="bench",
        ),
        NavItem("活动登记", "/activities/", READ, SECTION, "edit", 220, queries.waiting),
        NavItem("组织活动", "/activities/desk", READ, SECTION, "calendar-event", 225),
        NavItem("履职统计", "/activities/figures", READ, SECTION, "chart-bar", 230),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            RECORD,
            "活动登记",
            describe=reactions.describe_record,
            search=reactions.find_records,
            permission=READ,
        ),
        SubjectKind(
            ACTIVITY,
            "组织的活动",
            describe=reactions.describe_activity,
            search=reactions.find_activities,
            resolve=reactions.resolve_code,
            permission=READ,
        ),
        SubjectKind(INVITATION, "活动邀请", describe=reactions.describe_invitation, permission=OWN),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    def own(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
        return FactKind(f"activities.{key}", title, text, payload, broadcast=False)

    return [
        FactKind(
            "activities.attendance_recorded",
            "登记考勤",
            "“{title}”的考勤：{words}",
            facts.Attended,
        ),
        own("registered", "提交登记", "登记参加{unit}的执法活动", facts.Registered),
        own("completed", "补充登记", "补充后重新提交，{unit}", facts.Registered),
        own("noted", "登记已阅", "已阅，{unit}", facts.Decided),
        own("returned", "退回补充", "退回补充：{reason}", facts.Decided),
        own("commented", "回复登记", "回复：{reason}", facts.Decided),
        own(
            "party_revealed",
            "查看行政相对人联系方式",
            "查看行政相对人的完整联系方式，{unit}：{reason}",
            facts.Decided,
        ),
        own("announced", "组织活动", "组织活动“{title}”，{seats} 人", facts.Announced),
        own("changed", "变更活动", "活动“{title}”：{what}", facts.Changed),
        own("cancelled", "取消活动", "取消活动“{title}”：{reason}", facts.Cancelled),
        own("invited", "邀请参加", "邀请 {count} 人参加“{title}”", facts.Invited),
        own("answered", "答复邀请", "答复“{title}”：{words} {reason}", facts.Answered),
        own("leave_decided", "答复请假", "{name}的请假：{words} {reason}", facts.LeaveDecided),
        own("checked_in", "签到", "在“{title}”签到", facts.CheckedIn),
        own(
            "attendance_corrected",
            "更正考勤",
            "{name}的考勤由{words}：{reason}",
            facts.Corrected,
        ),
        own(
            "closed",
            "登记考勤并结束",
            "“{title}”到场 {present} 人，请假 {excused} 人，缺席 {absent} 人",
            facts.Closed,
        ),
    ]


@hookimpl
def gates() -> list[Gate]:
    return [
        Gate(GATE, "社会监督员参加活动、登记活动", "core.person", expects=("supervisors",)),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Cron("activities.remind", daily.remind, at="08:10", per_region=True),
        Cron("activities.ask_to_close", daily.ask_to_close, at="08:20", per_region=True),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind("activities.registered", "新的活动登记：{unit}", "{name}提交，请阅办。"),
        MessageKind("activities.noted", "登记已阅：{unit}", "{text}"),
        MessageKind(
            "activities.returned", "登记请补充：{unit}", "需要补充：{text}", may_mute=False
        ),
        MessageKind("activities.commented", "登记有回复：{unit}", "{text}"),
        MessageKind(
            "activities.invited",
            "活动邀请：{title}",
            "{organ}邀请你参加，{when}，{where}。请答复参加或请假。",
            may_mute=False,
        ),
        MessageKind("activities.changed", "活动有变化：{title}", "{text}。", may_mute=False),
        MessageKind("activities.cancelled", "活动取消：{title}", "{text}", may_mute=False),
        MessageKind("activities.leave_asked", "请假：{title}", "{name}：{text}"),
        MessageKind("activities.leave_decided", "请假答复：{title}", "{words}。{text}"),
        MessageKind("activities.reminder", "活动提醒：{title}", "{when}，{where}。"),
        MessageKind(
            "activities.attendance", "考勤：{title}", "登记为{words}。{text}", may_mute=False
        ),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [ActivitySettings]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "activities.check_in",
            ACTIVITY,
            "签到",
            OWN,
            "/activities/in",
            "circle-check",
            weight=10,
        ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "activities.registered",
            "活动登记",
            "期间内社会监督员提交的活动登记",
            queries.registered_in,
            "/activities/?tab=all",
        ),
        Metric(
            "activities.held",
            "组织的活动",
            "期间内举行、考勤已经登记的活动",
            queries.held_in,
            "/activities/desk?tab=closed",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(75, "社会监督员的活动", plan_activities)]
