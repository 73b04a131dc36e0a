# SPDX-License-Identifier: Apache-2.0
"""监察督办: an alarm is withdrawn only by an order, in five steps over two tiers."""

from typing import Any

import msgspec

from core.api.files import readers
from core.api.plugin import (
    Action,
    Contribution,
    DemoStep,
    FactHandler,
    FactKind,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Panel,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.orders import facts, reactions
from plugins.orders.demo import plan_orders
from plugins.orders.queries import (
    issued_in,
    open_in,
    waiting_for_bureau,
    waiting_for_department,
    waiting_for_handler,
)
from plugins.orders.rules import ISSUE, READ, RELAY, REPLY, WITHDRAW
from plugins.orders.services import OrderSettings, tell_late

MANIFEST = Manifest(
    name="orders",
    title="监察督办",
    version="0.1.0",
    summary="督办五步法：发起、转办、回复、汇总、撤销或维持。",
    after=("inspection",),
)


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.orders.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.orders.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission(READ, "查看督办", ("supervision_bureau", "dept_supervisor", "handler")),
        Permission(ISSUE, "发起督办", ("supervision_bureau",)),
        Permission(RELAY, "转办和回复监察机关", ("dept_supervisor",)),
        Permission(REPLY, "回复报警原因", ("handler",)),
        Permission(WITHDRAW, "撤销报警、维持、退回", ("supervision_bureau",)),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem("督办中心", "/orders/", permission, "监察平台", "sitemap", 120, count)
        for permission, count in (
            (ISSUE, waiting_for_bureau),
            (RELAY, waiting_for_department),
            (REPLY, waiting_for_handler),
        )
    ]


@hookimpl
def panels() -> list[Panel]:
    return [
        Panel("orders.alarm", "inspection.alarm", "督办", READ, "/orders/panels/alarm/{id}", 20)
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "orders.order",
            "督办",
            describe=reactions.describe_order,
            search=reactions.find_orders,
            permission=READ,
        )
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind("orders.issued", "发起督办", "{number}发给{to}", facts.Issued),
        FactKind("orders.received", "签收督办", "{number}签收", facts.Received, broadcast=False),
        FactKind("orders.relayed", "转督办件人员", "{number}转给{to}", facts.Relayed),
        FactKind("orders.replied", "回复督办", "{by}回复{number}", facts.Replied),
        FactKind(
            "orders.returned", "退回再办", "{number}退回，第 {round} 轮：{reason}", facts.Returned
        ),
        FactKind("orders.revoked", "撤销报警", "{number}撤销报警：{reason}", facts.Decided),
        FactKind("orders.upheld", "维持报警", "{number}维持报警：{reason}", facts.Decided),
        FactKind(
            "orders.extended",
            "延长回复期限",
            "{number}延长 {days} 个工作日：{reason}",
            facts.Extended,
        ),
        FactKind(
            "orders.urged", "催办", "{by}催办{number}，请{to}回复", facts.Urged, broadcast=False
        ),
        FactKind("orders.escalated", "逾期上报", "{number}逾期未回复，上报{to}", facts.Escalated),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [
        FactHandler(
            "inspection.alarm_raised", reactions.note_alarm, eager=True, locks=reactions.the_alarm
        ),
        FactHandler("core.clock.lapsed", reactions.note_silence, locks=reactions.the_alarm),
    ]


@hookimpl
def jobs() -> list[Job]:
    return [Job("orders.tell_late", tell_late)]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "orders.issued", "新的督办：{number}", "{who}发起督办：{title}", may_mute=False
        ),
        MessageKind(
            "orders.relayed",
            "请回复督办：{number}",
            "{who}转来督办：{title}。{text}",
            may_mute=False,
        ),
        MessageKind("orders.replied", "督办已回复：{number}", "{who}回复了督办：{title}"),
        MessageKind(
            "orders.returned", "督办退回：{number}", "{who}退回再办：{text}", may_mute=False
        ),
        MessageKind("orders.revoked", "报警已撤销：{number}", "{title}：{text}"),
        MessageKind("orders.upheld", "报警维持：{number}", "{title}：{text}"),
        MessageKind(
            "orders.urged", "催办：{number}", "{who}催办，请尽快回复：{title}", may_mute=False
        ),
        MessageKind(
            "orders.escalated", "逾期未回复：{number}", "{who}没有按期回复：{title}", may_mute=False
        ),
    ]


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return [OrderSettings]


@hookimpl
def actions() -> list[Action]:
    return [
        Action(
            "orders.issue",
            "inspection.alarm",
            "发起督办",
            ISSUE,
            "/orders/new",
            icon="send",
            many=True,
            weight=10,
        )
    ]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "inspection.analysis",
            "orders.analysis",
            {"title": "督办", "path": "/orders/parts/analysis", "permission": READ},
        ),
        readers("orders.reply", READ),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "orders.issued",
            "发起督办",
            "期间内监察机关发出的督办（不含部门转办的下级督办）",
            issued_in,
            "/orders/?tab=new",
            per_unit=True,
        ),
        Metric(
            "orders.open",
            "未办结督办",
            "期间内发出、至今没有撤销或维持的督办",
            open_in,
            "/orders/?tab=doing",
            per_unit=True,
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(60, "安排一年的督办", plan_orders)]
