# SPDX-License-Identifier: Apache-2.0
"""Bodies and their accounts: which kind, what is still missing, when business opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

KINDS: dict[str, str] = {
    "first": "一级执法主体",
    "second": "二级机构",
    "entrusted": "受委托单位",
}

ORIGINS: dict[str, str] = {
    "existing": "原来就有账号",
    "shared": "原来就有账号，下属机构共用",
    "existing_second": "二级机构，原来就有独立账号",
    "registered": "自行注册",
    "created": "上级代为创建",
}
"""The starting points of S2-14's table."""

STATES: dict[str, tuple[str, str]] = {
    "draft": ("new", "资料待完善"),
    "submitted": ("doing", "待法制机构审核"),
    "returned": ("returned", "退回"),
    "approved": ("done", "审核通过"),
}

ORGANISATION_KINDS = {"first": "body", "second": "second", "entrusted": "entrusted"}


def kind_of(organisation_kind: str) -> str:
    """Which kind of account an organisation has at first."""
    return organisation_kind if organisation_kind in ("second", "entrusted") else "first"


@dataclass(frozen=True, slots=True)
class Info:
    """What a body has to say about itself (S2-12)."""

    kind: str
    unified_code: str
    staffing: tuple[int | None, ...]
    """公务员、事业、其他: 编制数 and 实有数, six numbers."""
    admin_phone: bool
    basis: str
    basis_url: str
    superior: int | None = None


STAFFING: tuple[tuple[str, str], ...] = (
    ("civil_quota", "公务员编制"),
    ("civil_actual", "公务员实有"),
    ("career_quota", "事业编制"),
    ("career_actual", "事业实有"),
    ("other_quota", "其他编制"),
    ("other_actual", "其他实有"),
)


def missing(info: Info) -> list[str]:
    """What of the account's information is still missing, in words."""
    lacks = [] if info.unified_code else ["统一社会信用代码"]
    lacks += [
        title for (_, title), number in zip(STAFFING, info.staffing, strict=True) if number is None
    ]
    if not info.admin_phone:
        lacks.append("管理员手机号")
    if not info.basis.strip() and not info.basis_url.strip():
        lacks.append("行政执法依据（文字或链接）")
    if info.kind != "first" and info.superior is None:
        lacks.append("上级主体")
    return lacks


def link_problem(url: str) -> str:
    """What is wrong with a link to the legal basis; empty when it can be followed."""
    if not url or url.startswith(("https://", "http://")):
        return ""
    return "链接以 https:// 或 http:// 开头。"


def closed_because(body: Mapping[str, Any] | None, today: date) -> list[str]:
    """Why a body may not do business yet; empty when every condition holds (S2-15).

    Approval and inclusion are two conditions; neither has to come first.
    """
    if body is None:
        return ["本单位的执法主体资料还没有登记，请先完善资料。"]
    reasons: list[str] = []
    if body["state"] != "approved":
        reasons.append(f"执法主体账户{STATES[body['state']][1]}，法制机构审核通过后才能办理。")
    if body["kind"] in ("second", "entrusted") and body["included_at"] is None:
        reasons.append("还没有由上级执法主体纳入其账户。")
    if body["kind"] == "entrusted" and not letter_in_force(body, today):
        reasons.append("没有在有效期内的委托书。")
    if body["origin"] == "shared" and body["divided_at"] is None:
        reasons.append("共用账号的人员还没有划分到各下属机构。")
    return reasons


def letter_in_force(body: Mapping[str, Any], today: date) -> bool:
    """Whether the entrusted unit's 委托书 covers today."""
    since, until = body["letter_from"], body["letter_until"]
    return since is not None and until is not None and since <= today <= until


def letter_problem(since: date, until: date) -> str:
    """What is wrong with the term of a 委托书."""
    if until <= since:
        return "委托期限的止日必须晚于起日。"
    if until.year - since.year > 10:
        return "委托期限超过十年，请核对年份。"
    return ""
