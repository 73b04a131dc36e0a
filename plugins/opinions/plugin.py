# SPDX-License-Identifier: Apache-2.0
"""意见征集: a bureau asks about a text, people answer article by article, and read what came of it."""

from typing import Any

import msgspec

from core.api.plugin import (
    Cron,
    DemoStep,
    FactKind,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.opinions import facts, figures, reactions
from plugins.opinions.demo import ask_for_demo_opinions
from plugins.opinions.rules import MANAGE, SEND
from plugins.opinions.services.base import OpinionSettings
from plugins.opinions.services.drafts import close_due, tell

MANIFEST = Manifest(
    name="opinions",
    title="意见征集",
    version="0.1.0",
    summary="征集稿及其各版，逐条提意见，答复和审核，采纳情况公开。",
    after=("supervisors", "complaints", "notices"),
)

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


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.opinions.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.opinions.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(SEND, "看征集稿，提意见，看自己的意见", ("supervisor", *OFFICERS)),
        Permission(MANAGE, "征集意见，答复、审核，公布采纳情况", ("supervision_bureau",)),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem(
            "意见征集",
            "/opinions/",
            SEND,
            "通知公告",
            icon="messages",
            weight=615,
            phone="bench",
        ),
        NavItem(
            "我的意见",
            "/opinions/mine",
            SEND,
            "通知公告",
            icon="message-2",
            weight=616,
            phone="me",
            note=reactions.news_words,
        ),
        NavItem("征集管理", "/opinions/desk", MANAGE, "监察平台", icon="edit", weight=145),
        NavItem(
            "意见采纳情况", "/opinions/reports", "", "", icon="messages", weight=40, for_public=True
        ),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "opinions.draft",
            "征集稿",
            describe=reactions.describe_draft,
            search=reactions.find_drafts,
            permission=SEND,
        ),
        SubjectKind(
            "opinions.opinion", "意见", describe=reactions.describe_opinion, permission=MANAGE
        ),
        SubjectKind("opinions.own", "我的意见", describe=reactions.describe_own, permission=SEND),
    ]


def _act(key: str, title: str, text: str, payload: type[msgspec.Struct]) -> FactKind:
    return FactKind(f"opinions.{key}", title, text, payload, broadcast=False)


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "opinions.opened",
            "开始征集意见",
            "就“{title}”征集意见，{closes_on} 截止",
            facts.Opened,
        ),
        FactKind(
            "opinions.version_published",
            "发布新的一版",
            "发布“{title}”第 {number} 版：{changes}",
            facts.VersionShown,
        ),
        FactKind(
            "opinions.extended",
            "延长征集",
            "“{title}”延长到 {closes_on}：{reason}",
            facts.Extended,
        ),
        FactKind("opinions.closed", "征集截止", "“{title}”截止，收到 {received} 件", facts.Stepped),
        FactKind(
            "opinions.finished", "答复完毕", "“{title}”的 {received} 件意见答复完毕", facts.Stepped
        ),
        FactKind(
            "opinions.report_published",
            "公布采纳情况",
            "公布“{title}”的采纳情况（第 {edition} 次）",
            facts.Published,
        ),
        FactKind("opinions.sent", "提意见", "{by}提第 {number} 件意见（{label}）", facts.Sent),
        _act("drafted", "起草征集稿", "起草“{title}”", facts.Stepped),
        _act("discarded", "丢弃草稿", "丢弃“{title}”的草稿", facts.Stepped),
        _act("summarised", "写总体说明", "写“{title}”采纳情况的总体说明", facts.Stepped),
        _act("revised", "修改意见", "{by}修改第 {number} 件意见", facts.Sent),
        _act("answered", "答复意见", "答复第 {number} 件意见", facts.Answered),
        _act("noted", "内部备注", "第 {number} 件意见添加备注", facts.Noted),
        _act("transcribed", "记录录音", "第 {number} 件意见记下录音里说的话", facts.Noted),
        _act("moderated", "审核意见", "第 {number} 件意见{words}：{reason}", facts.Moderated),
        _act("appealed", "申诉", "{by}对第 {number} 件意见的“{words}”申诉", facts.Appealed),
        _act("judged", "写采纳情况", "{label}{outcome}：{reason}", facts.Judged),
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind("opinions.opened", "征集意见：{title}", "{organ}征集意见，{until}截止。"),
        MessageKind("opinions.article_changed", "条文有变动：{title}", "你提过意见的条文改了。"),
        MessageKind("opinions.answered", "意见已答复：{title}", "{organ}答复了你的意见。"),
        MessageKind(
            "opinions.returned",
            "意见退回修改：{title}",
            "请在{until}以前改好再提交。",
            may_mute=False,
        ),
        MessageKind(
            "opinions.moderated",
            "意见审核：{title}",
            "处理：{what}。{until}以前可以申诉。",
            may_mute=False,
        ),
        MessageKind(
            "opinions.decided", "申诉和恢复：{title}", "“{what}”的处理结果：{how}。", may_mute=False
        ),
        MessageKind("opinions.report", "采纳情况已公布：{title}", "{organ}公布了意见采纳情况。"),
    ]


@hookimpl
def jobs() -> list[Job | Cron]:
    return [
        Job("opinions.tell", tell),
        Cron("opinions.close", close_due, at="00:05", per_region=True),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [OpinionSettings]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "opinions.asked",
            "征集稿",
            "期间内开始征集意见的稿子",
            figures.asked_in,
            "/opinions/desk",
        ),
        Metric(
            "opinions.received",
            "收到的意见",
            "期间内收到的意见，移除的不算",
            figures.received_in,
            "/opinions/desk",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(65, "征集意见", ask_for_demo_opinions)]
