# SPDX-License-Identifier: Apache-2.0
"""在线考试: bank, papers, sessions, sitting over a bad line, marks, appeals, results."""

from datetime import timedelta
from typing import Any

import msgspec

from core.api.plugin import (
    Contribution,
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
from plugins.exams import facts, reactions
from plugins.exams.commands import COMMANDS
from plugins.exams.demo import play_exams
from plugins.exams.queries.sessions import waiting_count
from plugins.exams.services.base import (
    BANK,
    ENTRY,
    OWN,
    PAPER,
    QUESTION,
    RUN,
    SECOND,
    SESSION,
    WAITING,
    ExamSettings,
)

MANIFEST = Manifest(
    name="exams",
    title="在线考试",
    version="0.1.0",
    summary="题库、组卷、场次、断线不丢的作答、评分、异议和成绩。",
    after=("certificates", "training"),
)

BUREAU = ("supervision_bureau",)
OFFICERS = (
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
SECTION = "考试"


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.exams.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.exams.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(BANK, "编题库和试卷", BUREAU, sensitive=True),
        Permission(RUN, "安排考试、入场、监考、公布成绩", BUREAU, sensitive=True),
        Permission(SECOND, "查看考试，作为第二人确认", (*BUREAU, "leader")),
        Permission(WAITING, "查看范围内的考生", (*BUREAU, "leader", "body_admin", "legal_office")),
        Permission(OWN, "看自己的考试和成绩，提出异议", OFFICERS),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("考试场次", "/exams/", SECOND, SECTION, "calendar-event", 760),
        NavItem("考生", "/exams/candidates", WAITING, SECTION, "users", 765, waiting_count),
        NavItem("题库", "/exams/bank", BANK, SECTION, "books", 770),
        NavItem("试卷", "/exams/papers", BANK, SECTION, "file-text", 775),
        NavItem("我的考试", "/exams/mine", OWN, SECTION, "writing", 780),
        NavItem("考生入口", "/exams/sit", "", SECTION, "device-desktop", 790, for_public=True),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(SESSION, "考试场次", reactions.describe_session, permission=SECOND),
        SubjectKind(ENTRY, "考生", reactions.describe_entry),
        SubjectKind(PAPER, "试卷", reactions.describe_paper, permission=BANK),
        SubjectKind(QUESTION, "试题", reactions.describe_question, permission=BANK),
        SubjectKind("exams.batch", "题库导入", reactions.describe_batch, permission=BANK),
        SubjectKind("exams.office", "现场照片", reactions.describe_office),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    def own(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
        return FactKind(f"exams.{key}", title, text, payload, broadcast=False)

    session, entry, moved = facts.SessionChanged, facts.EntryChanged, facts.AttemptMoved
    return [
        FactKind(
            "exams.result_published",
            "公布考试成绩",
            "考试得 {score} 分（合格 {pass_score} 分），第 {attempts_used} 次",
            facts.ResultPublished,
        ),
        own("bank_imported", "导入题库", "从“{filename}”导入 {questions} 题", facts.BankChanged),
        own("questions_approved", "审核试题", "审核 {questions} 题", facts.BankChanged),
        own("question_written", "编写试题", "编写“{words}”", facts.QuestionChanged),
        own("question_retired", "停用试题", "停用“{words}”：{reason}", facts.QuestionChanged),
        own("paper_saved", "编制试卷", "编制“{title}”，{questions} 题", facts.PaperSaved),
        own("paper_retired", "停用试卷", "停用“{title}”", facts.PaperSaved),
        own("candidate_entered", "补录考生", "补录{name}：{reason}", facts.Asked),
        own("candidate_withdrawn", "撤回考生", "撤回{name}：{reason}", facts.Asked),
        own("session_planned", "安排考试", "安排“{title}”", session),
        own("roster_extended", "安排考生", "“{title}”安排 {persons} 人", session),
        own(
            "invigilators_named",
            "指定监考员",
            "“{title}”的监考员：{names}",
            facts.InvigilatorsNamed,
        ),
        own("session_opened", "开始入场", "“{title}”抽卷，开始入场", session),
        own("session_cancelled", "取消考试", "取消“{title}”：{reason}", session),
        own("session_closed", "考试结束", "“{title}”结束，{persons} 人缺考", session),
        own("session_published", "公布成绩", "公布“{title}”{persons} 人的成绩", session),
        own("entry_changed", "调整名册", "{name}{words}", entry),
        own("checked_in", "考生入场", "{name}{words}", entry),
        own("released", "释放答卷", "{name}{words}：{reason}", entry),
        own("minutes_added", "加时", "{name}{words}：{reason}", entry),
        own("late_allowed", "准许迟到", "{name}{words}：{reason}", entry),
        own("photo_waived", "免拍照", "{name}{words}：{reason}", entry),
        own("collected", "收卷", "{name}{words}：{reason}", entry),
        own("voided", "作废答卷", "{name}{words}：{reason}", entry),
        own("sealed_taken", "采用密封文件", "{name}{words}：{reason}", entry),
        own("second_refused", "第二人不同意", "{name}{words}，不同意", entry),
        own("attempt_begun", "开始作答", "{name}开始作答", moved),
        own("attempt_ended", "结束作答", "{name}结束作答，共 {acts} 条记录", moved),
        own("appeal_filed", "对试题提出异议", "{name}对一道题提出异议", facts.AppealMoved),
        own(
            "appeal_decided",
            "处理试题异议",
            "处理{name}的异议，{changed} 人得分变动",
            facts.AppealMoved,
        ),
        own(
            "photos_deleted",
            "删除到期照片",
            "删除 {before} 以前的现场照片 {photos} 张",
            facts.PhotosDeleted,
        ),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler("certificates.exam_wanted", reactions.note_wanted, eager=True),
        FactHandler("certificates.exam_unwanted", reactions.note_unwanted, eager=True),
    ]


@hookimpl
def gate_checks() -> list[GateCheck]:
    return [GateCheck("certificates.annual_review", reactions.answer_review)]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "exams.seated",
            "考试安排：{title}",
            "{when}开考，{place}。带身份证，年审的带执法证，提前半小时入场。",
            may_mute=False,
        ),
        MessageKind(
            "exams.invigilate",
            "监考安排：{title}",
            "{when}开考，{place}，请你监考。开考前三小时可以开始入场。",
            may_mute=False,
        ),
        MessageKind(
            "exams.cancelled", "考试取消：{title}", "这场考试取消：{reason}", may_mute=False
        ),
        MessageKind("exams.result", "考试成绩：{title}", "{words}。", may_mute=False),
        MessageKind("exams.appeal_decided", "试题异议{outcome}", "你提出的异议{outcome}：{answer}"),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Cron(
            "exams.sweep",
            reactions.every_minute,
            every=timedelta(minutes=1),
            reason="一分钟一次，各地区一起看到时的答卷，不必每个地区各起一个任务",
        ),
        Cron("exams.photos", reactions.at_night, at="03:10", per_region=True),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [ExamSettings]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "core.command",
            f"exams.{each.name}",
            {
                "name": each.name,
                "help": each.help,
                "configure": each.configure,
                "run": each.run,
            },
        )
        for each in COMMANDS
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(75, "题库、考试和成绩", play_exams)]
