# SPDX-License-Identifier: Apache-2.0
"""培训管理: trainings, attendance, hours, lessons; the bureau's desk and the phone."""

from datetime import timedelta
from typing import Any

import msgspec

from core.api.plugin import (
    Action,
    Card,
    Cron,
    DemoStep,
    FactHandler,
    FactKind,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.training import facts, reactions
from plugins.training.demo import plan_trainings
from plugins.training.services.base import (
    BATCH,
    LEDGER,
    LESSON,
    MANAGE,
    OWN,
    READ,
    REQUIREMENT,
    SUGGESTED,
    TRAINING,
    TrainingSettings,
)
from plugins.training.services.planning import tell

MANIFEST = Manifest(
    name="training",
    title="培训管理",
    version="0.1.0",
    summary="培训报名、签到、学时台账、评价、证明，课程和案例指导。",
    after=("supervisors", "notices", "inspection"),
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
BUREAU = ("supervision_bureau",)
SECTION = "培训"


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.training.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.training.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "参加培训，学课程，看自己的学时", ("supervisor", *DESK)),
        Permission(MANAGE, "组织培训，编课程和案例，定学时要求", BUREAU),
        Permission(
            SUGGESTED, "看到因自己的报警建议学习的课程", ("handler", "submitter", "dept_supervisor")
        ),
        Permission(LEDGER, "查看范围内人员的学时台账", (*BUREAU, "leader", "body_admin")),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("培训", "/training/", READ, SECTION, icon="school", weight=700, phone="bench"),
        NavItem("课程和案例", "/training/lessons", READ, SECTION, "book-2", 705, phone="assist"),
        NavItem("我的学时", "/training/hours", READ, SECTION, "hourglass", 710, phone="me"),
        NavItem("组织培训", "/training/desk", MANAGE, SECTION, "calendar-event", 720),
        NavItem("编写课程", "/training/lessons/desk", MANAGE, SECTION, "edit", 725),
        NavItem("学时台账", "/training/ledger", LEDGER, SECTION, "list-check", 730),
        NavItem("学时要求", "/training/requirements", MANAGE, SECTION, "checklist", 735),
    ]


@hookimpl
def dashboard_cards() -> list[Card]:
    return [Card("training.suggested", "建议学习", SUGGESTED, "/training/suggested", 400)]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "training.case_lesson",
            "cases.case",
            "写成案例",
            MANAGE,
            "/training/lessons/case",
            "bulb",
        )
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            TRAINING,
            "培训",
            describe=reactions.describe_training,
            search=reactions.find_trainings,
            permission=READ,
        ),
        SubjectKind(LESSON, "课程和案例", describe=reactions.describe_lesson, permission=READ),
        SubjectKind(
            REQUIREMENT, "学时要求", describe=reactions.describe_requirement, permission=READ
        ),
        SubjectKind(OWN, "我的学时", describe=reactions.describe_own, permission=READ),
        SubjectKind(BATCH, "签到名单", describe=reactions.describe_batch, permission=MANAGE),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    def own(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
        return FactKind(f"training.{key}", title, text, payload, broadcast=False)

    return [
        FactKind("training.published", "发布培训", "发布培训“{title}”（{batch}）", facts.Published),
        FactKind(
            "training.attendance_recorded",
            "培训出勤",
            "“{title}”出勤：{words}",
            facts.Attendance,
        ),
        FactKind("training.finished", "结课", "“{title}”结课，{present} 人到场", facts.Finished),
        FactKind(
            "training.hours_credited", "记学时", "“{title}”记 {hours} 学时", facts.HoursEntered
        ),
        FactKind(
            "training.hours_reversed",
            "冲销学时",
            "“{title}”冲销 {hours} 学时：{reason}",
            facts.HoursEntered,
        ),
        own("withdrawn", "取消培训", "取消培训“{title}”：{reason}", facts.Withdrawn),
        own("seats_added", "增加名额", "“{title}”名额增加到{words}：{reason}", facts.SeatsChanged),
        own("signed_up", "报名", "{name}报名“{title}”（{outcome}）", facts.TookPart),
        own("left", "退出或请假", "{name}退出“{title}”（{outcome}）{reason}", facts.TookPart),
        own("moved_up", "候补转正", "{name}候补进入“{title}”", facts.TookPart),
        own("checked_in", "签到", "{name}签到“{title}”（{outcome}）", facts.TookPart),
        own("certificate_issued", "发培训证明", "“{title}”证明 {number}", facts.Certified),
        own("certificate_voided", "作废培训证明", "“{title}”证明 {number} 作废", facts.Certified),
        own("feedback_given", "评价培训", "收到“{title}”的一份评价", facts.FeedbackGiven),
        own("reminded", "提醒开课", "提醒 {persons} 人参加“{title}”", facts.Reminded),
        own("shortfall_reminded", "提醒学时", "提醒{title} {persons} 人补学时", facts.Reminded),
        own("list_applied", "导入签到名单", "“{title}”导入 {persons} 人", facts.ListChanged),
        own("list_undone", "撤销签到名单", "“{title}”撤销 {persons} 人", facts.ListChanged),
        own("material_added", "添加课件", "“{title}”添加 {name}", facts.MaterialChanged),
        own("material_removed", "移除课件", "“{title}”移除 {name}", facts.MaterialChanged),
        own(
            "requirement_set",
            "定学时要求",
            "{role}从 {from_year} 年起每年 {hours} 学时",
            facts.RequirementSet,
        ),
        own(
            "requirement_ended",
            "停止学时要求",
            "{role}每年 {hours} 学时，到 {to_year} 年为止",
            facts.RequirementSet,
        ),
        own("lesson_published", "发布课程", "发布{kind}“{title}”", facts.LessonPublished),
        own("lesson_withdrawn", "撤下课程", "撤下“{title}”：{reason}", facts.Withdrawn),
        own("lesson_suggested", "建议学习", "因报警建议学习“{title}”", facts.Studied),
        own("lesson_declined", "不学建议的课程", "不学“{title}”{reason}", facts.Studied),
        own("lesson_done", "学完课程", "学完“{title}”", facts.Studied),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("inspection.alarm_raised", reactions.note_alarm),
        FactHandler("inspection.alarm_revoked", reactions.forget_alarm),
        FactHandler("reviews.guidance_published", reactions.note_guidance),
        FactHandler("reviews.guidance_withdrawn", reactions.forget_guidance),
    ]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [GateCheck("certificates.annual_review", reactions.answer_review)]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind("training.announced", "培训：{title}", "{organ}{when}举办培训，可以报名。"),
        MessageKind(
            "training.cancelled",
            "培训取消：{title}",
            "{organ}取消了这期培训：{reason}",
            may_mute=False,
        ),
        MessageKind(
            "training.moved_up",
            "候补成功：{title}",
            "{why}，你有名额了，{when}开始。去不了请退出，让给下一位。",
            may_mute=False,
        ),
        MessageKind("training.begins", "明天培训：{title}", "{when}，{venue}。到场扫码签到。"),
        MessageKind(
            "training.completed", "培训结课：{title}", "记 {hours} 学时，证明可以下载，请评价。"
        ),
        MessageKind("training.hours", "记学时：{title}", "“{title}”记 {hours} 学时。"),
        MessageKind(
            "training.hours_reversed",
            "学时更正：{title}",
            "“{title}”的 {hours} 学时已冲销：{reason}",
            may_mute=False,
        ),
        MessageKind(
            "training.short",
            "{year} 年还差 {missing} 学时",
            "{organ}要求每年 {needed} 学时，你还差 {missing} 学时。",
        ),
        MessageKind(
            "training.suggested",
            "建议学习：{title}",
            "近期有 {times} 次“{kind}”方面的报警，这份课程讲怎样避免。可以不学。",
        ),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job("training.tell", tell),
        Cron("training.morning", reactions.in_the_morning, at="08:40", per_region=True),
        Cron("training.hourly", reactions.every_hour, every=timedelta(hours=1), per_region=True),
        Cron("training.nightly", reactions.at_night, at="02:20", per_region=True),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [TrainingSettings]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(70, "培训、学时和课程", plan_trainings)]
