# SPDX-License-Identifier: Apache-2.0
"""What accounts and sessions declare as part of plugin ``core``."""

from typing import Any

import msgspec

from core.api.plugin import FactKind, NavItem, Permission, SubjectKind, SubjectLabel
from core.scope import Scope


class AccountActed(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of most facts about an account."""

    user: int
    login: str
    name: str
    reason: str = ""


class SessionActed(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of facts about sessions."""

    user: int
    login: str
    name: str
    address: str = ""
    agent: str = ""
    reason: str = ""


class RoleActed(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of facts about roles of a user."""

    user: int
    login: str
    name: str
    assignment: int
    role: str
    role_title: str
    region: int | None = None
    region_name: str = ""
    organisation: int | None = None
    organisation_name: str = ""
    until: str = ""
    delegated_by: int | None = None
    reason: str = ""


class RightsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of ``core.role.rights_changed``."""

    role: str
    role_title: str
    added: list[str]
    removed: list[str]


class ListExported(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of ``core.listing.exported``: what left the platform, how much, and in which form."""

    listing: str
    title: str
    rows: int
    conditions: str = ""
    form: str = "XLSX"
    place: str = ""
    """Whose data it is at most: the place or unit in which the person acts."""


PERMISSIONS = [
    Permission("core.account.read", "查看账号", ("system_admin", "security_admin", "audit_admin")),
    Permission("core.account.manage", "开立、停用账号，打印临时密码单", ("system_admin",)),
    Permission(
        "core.role.grant", "授予和收回角色，调整角色权限", ("security_admin",), sensitive=True
    ),
    Permission(
        "core.slip.approve", "批准为管理员打印临时密码单", ("security_admin",), sensitive=True
    ),
    Permission("core.plugin.switch", "按地区启用和停用模块", ("system_admin",)),
    Permission(
        "core.access.explain",
        "查询谁能看到一条记录以及为什么",
        ("security_admin", "audit_admin", "supervision_bureau", "body_admin"),
    ),
]


async def open_slip_requests(scope: Scope) -> int:
    """How many slips for administrators wait for an answer."""
    from core.auth.approvals import open_requests

    return await open_requests(scope)


NAV_ITEMS = [
    NavItem("账号", "/accounts", "core.account.read", "平台管理", "users", 800),
    NavItem(
        "密码单审批",
        "/accounts/slips",
        "core.slip.approve",
        "平台管理",
        "key",
        805,
        badge=open_slip_requests,
    ),
    NavItem("角色与权限", "/rights", "core.account.read", "平台管理", "shield-lock", 810),
    NavItem("谁能看到", "/explain", "core.access.explain", "平台管理", "eye", 820),
]

_FACT_KINDS = [
    FactKind("core.account.opened", "开立账号", "开立账号 {login}（{name}）", AccountActed),
    FactKind(
        "core.account.closed", "停用账号", "停用账号 {login}（{name}）：{reason}", AccountActed
    ),
    FactKind("core.account.reopened", "恢复账号", "恢复账号 {login}（{name}）", AccountActed),
    FactKind("core.account.locked", "锁定账号", "账号 {login} 连续登录失败，已锁定", SessionActed),
    FactKind(
        "core.slip.issued", "打印临时密码单", "为 {login}（{name}）打印临时密码单", AccountActed
    ),
    FactKind("core.slip.used", "使用临时密码单", "{login}（{name}）用临时密码单登录", AccountActed),
    FactKind(
        "core.slip.revoked", "作废临时密码单", "作废 {login}（{name}）的临时密码单", AccountActed
    ),
    FactKind("core.password.changed", "修改密码", "{login}（{name}）修改了密码", AccountActed),
    FactKind("core.session.opened", "登录", "{name}（{login}）登录", SessionActed),
    FactKind("core.session.refused", "登录失败", "{login} 登录失败：{reason}", SessionActed),
    FactKind("core.session.closed", "退出", "{name}（{login}）退出登录", SessionActed),
    FactKind("core.session.ended", "下线", "{name}（{login}）被下线：{reason}", SessionActed),
    FactKind("core.role.granted", "授予角色", "授予 {name}（{login}）{role_title}", RoleActed),
    FactKind("core.role.withdrawn", "收回角色", "收回 {name}（{login}）的{role_title}", RoleActed),
    FactKind(
        "core.role.delegated",
        "委托代理",
        "{role_title} 委托 {name}（{login}）代理，到 {until}",
        RoleActed,
    ),
    FactKind(
        "core.role.delegation_ended",
        "结束代理",
        "{name}（{login}）代理的{role_title}已结束",
        RoleActed,
    ),
    FactKind("core.role.switched", "切换身份", "{name}（{login}）切换为{role_title}", RoleActed),
    FactKind("core.role.rights_changed", "调整角色权限", "调整{role_title}的权限", RightsChanged),
    FactKind("core.listing.exported", "导出表格", "导出“{title}”{rows} 条", ListExported),
]


def fact_kinds() -> list[FactKind]:
    """Those of accounts, and of slips for administrators."""
    from core.auth import approvals

    return [*_FACT_KINDS, *approvals.FACT_KINDS]


async def describe_user(id: int, _scope: Scope) -> SubjectLabel | None:
    """An account by name; names resolve for everybody, the page opens for administrators."""
    from core import db

    found = await db.row("select name, login from core_user where id = $1", id)
    if found is None:
        return None
    return SubjectLabel(found["name"], f"/accounts/{id}", found["login"])


async def describe_role(id: int, _scope: Scope) -> SubjectLabel | None:
    """A role by its title."""
    from core import db

    title = await db.value("select title from core_role where id = $1", id)
    return SubjectLabel(title, "/rights") if title else None


SUBJECT_KINDS = [
    SubjectKind("core.user", "账号", describe_user, permission="core.account.read"),
    SubjectKind("core.role", "角色", describe_role, permission="core.account.read"),
]


def route_handlers() -> list[Any]:
    """Sign-in, password, roles, accounts."""
    from core.auth.admin import HANDLERS as KEEPING
    from core.auth.approving import HANDLERS as APPROVING
    from core.auth.explain import HANDLERS as EXPLAINING
    from core.auth.routes import HANDLERS as SIGNING_IN
    from core.auth.why import HANDLERS as WHY

    return [*SIGNING_IN, *KEEPING, *APPROVING, *EXPLAINING, *WHY]
