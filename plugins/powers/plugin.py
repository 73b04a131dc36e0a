# SPDX-License-Identifier: Apache-2.0
"""职权目录: which powers exist, how each is exercised, and where it is watched."""

from typing import Any

from core.api.plugin import (
    DemoStep,
    FactKind,
    Manifest,
    NavItem,
    Permission,
    SubjectKind,
    hookimpl,
)
from plugins.powers.demo import enter_shipped_items
from plugins.powers.reactions import describe_item, find_items
from plugins.powers.rules import Definition

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
        )
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
        )
    ]


@hookimpl
def fact_kinds() -> list[FactKind]:
    return [
        FactKind(
            "powers.version_effective",
            "权力事项生效",
            "“{title}”（{code}）第 {version} 版生效",
            Definition,
        )
    ]


@hookimpl
def demo_steps() -> list[DemoStep]:
    return [DemoStep(20, "录入权力事项", enter_shipped_items)]
