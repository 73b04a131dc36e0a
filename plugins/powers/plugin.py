# SPDX-License-Identifier: Apache-2.0
"""职权目录: which powers exist, how each is exercised, and where it is watched."""

from typing import Any

from core.api.plugin import (
    Contribution,
    DemoStep,
    ExtensionPoint,
    FactHandler,
    FactKind,
    Gate,
    Manifest,
    MessageKind,
    NavItem,
    Permission,
    Retention,
    SubjectKind,
    hookimpl,
)
from plugins.powers import commands, facts
from plugins.powers.demo import enter_shipped_items, plan_drafts
from plugins.powers.queries.drafts import waiting_drafts
from plugins.powers.reactions import describe_draft, describe_item, find_drafts, find_items
from plugins.powers.rules import Definition
from plugins.powers.rules import approval as rules
from plugins.powers.rules.kinds import OfferedKind
from plugins.powers.services import catalogue

MANIFEST = Manifest(
    name="powers",
    title="职权目录",
    version="0.1.0",
    summary="权力事项的流程、表单、监察点、风险点、裁量标准和法律依据。",
)

STAFF = (
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

REVIEWERS = ("submitter", "body_admin", "legal_office", "dept_supervisor", "supervision_bureau")


@hookimpl
def piccolo_apps() -> list[str]:
    return ["plugins.powers.piccolo_app"]


@hookimpl
def route_handlers() -> list[Any]:
    from plugins.powers.routes import ROUTES

    return list(ROUTES)


@hookimpl
def permissions() -> list[Permission]:
    return [
        Permission("powers.item.read", "查看权力事项", STAFF),
        Permission("powers.item.enter", "录入权力事项", ("submitter", "body_admin")),
        Permission(rules.READ, "查看事项草稿", REVIEWERS),
        Permission(rules.EDIT, "编制、修订和撤回事项草稿", ("submitter", "body_admin")),
        Permission(rules.SUBMIT, "送审监察点", ("submitter",)),
        Permission(rules.LEGAL_REVIEW, "审核流程、表单和文书", ("legal_office",)),
        Permission(rules.FIRST_REVIEW, "监察点初审", ("dept_supervisor",)),
        Permission(rules.FINAL_REVIEW, "监察点审定", ("supervision_bureau",)),
    ]


@hookimpl
def nav_items() -> list[NavItem]:
    return [
        NavItem(
            "权力事项",
            "/powers/",
            "powers.item.read",
            "职权目录",
            icon="clipboard-text",
            weight=210,
        ),
        NavItem(
            "编制与审核",
            "/powers/drafts",
            rules.READ,
            "职权目录",
            icon="file-pencil",
            weight=212,
            badge=waiting_drafts,
        ),
        NavItem(
            "权责清单", "/powers/public", "", "公众服务", icon="clipboard-text", for_public=True
        ),
    ]


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return [
        SubjectKind(
            "powers.item",
            "权力事项",
            describe=describe_item,
            search=find_items,
            permission="powers.item.read",
        ),
        SubjectKind(
            "powers.draft",
            "事项草稿",
            describe=describe_draft,
            search=find_drafts,
            permission=rules.READ,
        ),
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "powers.version_effective",
            "权力事项生效",
            "“{title}”（{code}）第 {version} 版生效",
            Definition,
        ),
        FactKind(
            "powers.draft_created", "编制草稿", "“{title}”开始编制", facts.Drafted, broadcast=False
        ),
        FactKind(
            "powers.draft_edited",
            "修改草稿",
            "“{title}”第 {revision} 次保存",
            facts.Edited,
            broadcast=False,
        ),
        FactKind(
            "powers.draft_renewed",
            "并入新版",
            "“{title}”并入第 {base_version} 版",
            facts.Renewed,
            broadcast=False,
        ),
        FactKind(
            "powers.draft_sent_to_legal",
            "送法制审核",
            "“{title}”送法制审核",
            facts.Drafted,
            broadcast=False,
        ),
        FactKind(
            "powers.draft_passed",
            "审核通过",
            "{by}{step}通过“{title}”",
            facts.Reviewed,
            broadcast=False,
        ),
        FactKind("powers.draft_submitted", "送审", "“{title}”送审", facts.Offered),
        FactKind(
            "powers.draft_returned", "退回", "{by}{step}退回“{title}”：{reason}", facts.Returned
        ),
        FactKind("powers.draft_trial_requested", "试运行", "“{title}”申请试运行", facts.Offered),
        FactKind(
            "powers.draft_approved",
            "审定",
            "{by}审定“{title}”，第 {version} 版生效",
            facts.Approved,
        ),
        FactKind(
            "powers.draft_recalled", "撤回送审", "在初审打开以前撤回送审“{title}”", facts.Drafted
        ),
        FactKind("powers.draft_withdrawn", "撤回草稿", "撤回“{title}”", facts.Drafted),
    ]


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return [FactHandler("powers.version_effective", catalogue.publish, eager=True)]


@hookimpl
def contributions() -> list[Contribution]:
    return [
        Contribution(
            "core.command",
            "powers.lint",
            {
                "name": "lint",
                "help": commands.HELP,
                "configure": commands.configure,
                "run": commands.run,
            },
        )
    ]


@hookimpl
def gates() -> list[Gate]:
    return [
        Gate(
            "powers.draft_may_take_effect",
            "草稿可以审定生效吗",
            "powers.draft",
            expects=("inspection",),
        )
    ]


@hookimpl
def message_kinds() -> list[MessageKind]:
    return [
        MessageKind(
            "powers.draft_waits", "请办理：{title}", "{who}送来事项草稿：{text}", may_mute=False
        ),
        MessageKind(
            "powers.draft_returned", "草稿退回：{title}", "{who}退回：{text}", may_mute=False
        ),
        MessageKind("powers.draft_approved", "已经生效：{title}", "{who}审定，{text}生效。"),
        MessageKind(
            "powers.draft_out_of_date",
            "草稿要并入新版：{title}",
            "{who}审定了这一事项的{text}，你的草稿还以旧版为基础。",
        ),
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [
        DemoStep(20, "录入权力事项", enter_shipped_items),
        DemoStep(25, "编制和送审事项草稿", plan_drafts),
    ]


@hookimpl
def retention_rules() -> list[Retention]:
    return [
        Retention(
            "powers.unused_import",
            "没有采用或已撤销的职权清单导入",
            "预览时读入的表格，采用以后草稿和版本才是依据；留半年供核对，再久没有用处。",
            "powers_import",
            "state <> 'applied' and coalesce(undone_at, created_at) < $1",
            days=180,
            minimum=30,
        )
    ]


@hookimpl
def extension_points() -> list[ExtensionPoint]:
    return [
        ExtensionPoint(
            "powers.point_kind",
            "可以设置的监察点类型",
            OfferedKind,
            "一种新的监察点在编制页面上怎样设置：标题、说明、设在哪里、有哪些参数。怎样判断见 inspection.kind。",
        )
    ]
