# SPDX-License-Identifier: Apache-2.0
"""新申领: the four identity checks, and the way from the application to the card in the hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["pass", "fail", "unavailable"]

CHECKS: dict[str, str] = {
    "id_number": "身份证号真实",
    "forced_list": "不在强制注销名单",
    "duplicate": "没有证件，也不在申领中",
    "establishment": "在编办的在编名单中",
}
"""S2-18, in the order of the source."""

OUTCOMES: dict[str, str] = {"pass": "通过", "fail": "未通过", "unavailable": "暂时不能核查"}

STATES: dict[str, tuple[str, str]] = {
    "checking": ("returned", "核查未通过"),
    "legal": ("doing", "待法制机构审核"),
    "returned": ("returned", "法制机构退回"),
    "exam": ("doing", "待考试"),
    "making": ("doing", "待制证"),
    "made": ("doing", "待发证"),
    "issued": ("done", "已发证"),
    "failed": ("revoked", "考试不合格"),
    "rejected": ("revoked", "不予办理"),
    "cancelled": ("revoked", "无证注销"),
}
"""State of an application: the chip it is drawn with, and its word."""

OPEN = ("checking", "legal", "returned", "exam", "making", "made")
"""In one of these the person is 在申领中 and cannot apply a second time."""

_FROM: dict[str, tuple[str, ...]] = {
    "check": ("checking", "returned"),
    "decide": ("legal",),
    "result": ("exam", "making"),
    "make": ("making",),
    "issue": ("made",),
    "cancel": OPEN,
}
_ACTS: dict[str, str] = {
    "check": "核查",
    "decide": "审核",
    "result": "登记成绩",
    "make": "制证",
    "issue": "发证",
    "cancel": "注销",
}


def why_not(state: str, act: str) -> str:
    """Why an application in ``state`` does not allow ``act``; empty when it does."""
    if state in _FROM[act]:
        return ""
    return f"这份申请现在是“{STATES[state][1]}”，不能{_ACTS[act]}。"


@dataclass(frozen=True, slots=True)
class Check:
    """What one identity check said, in a sentence for the clerk who has to cure it."""

    key: str
    outcome: str
    sentence: str
    version: int = 0
    """Of the list that was looked into; 0 = no list."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was found about an ID number before anything is judged."""

    id_problem: str = ""
    """What the number itself is wrong in; empty when it can be one."""
    source: str = ""
    """What a connected register of identities says: pass, fail, unavailable; empty = none."""
    forced_reason: str = ""
    forced_version: int = 0
    holds_card: str = ""
    """The number of the card the person holds, wherever."""
    applies_at: str = ""
    """The unit where he is in an application, wherever."""
    establishment_version: int = 0
    """0 when no list was imported for the region."""
    establishment_name: str | None = None
    """The name the list has for the ID number; ``None`` when it is not in it."""


def judge(known: Known, name: str) -> tuple[Check, ...]:
    """All four checks, each with its own answer: one that fails hides none of the others."""
    return (
        _real(known),
        _forced(known),
        _duplicate(known),
        _establishment(known, name),
    )


def _real(known: Known) -> Check:
    if known.id_problem:
        return Check("id_number", "fail", known.id_problem)
    if known.source == "fail":
        return Check("id_number", "fail", "人口信息核验：身份证号与姓名不符，请核对原件。")
    if known.source == "unavailable":
        return Check("id_number", "unavailable", "人口信息核验暂时没有答复，稍后重新核查。")
    if known.source == "pass":
        return Check("id_number", "pass", "号码无误，人口信息核验一致。")
    return Check("id_number", "pass", "号码的位数、出生日期和校验位都对；没有接入人口信息核验。")


STRUCK_OFF = "在强制注销名单中，不能登记为执法人员；只有省级写明理由移出后才能办。"


def _forced(known: Known) -> Check:
    if known.forced_reason:
        return Check(
            "forced_list",
            "fail",
            f"在强制注销名单中（{known.forced_reason}），不能再申领；只有省级写明理由移出后才能办。",
            known.forced_version,
        )
    return Check("forced_list", "pass", "不在强制注销名单。", known.forced_version)


def _duplicate(known: Known) -> Check:
    if known.holds_card:
        return Check("duplicate", "fail", f"已有执法证 {known.holds_card}，一人只有一个证。")
    if known.applies_at:
        return Check("duplicate", "fail", f"正在{known.applies_at}申领，不能重复申请。")
    return Check("duplicate", "pass", "没有证件，也不在别处申领。")


def _establishment(known: Known, name: str) -> Check:
    version = known.establishment_version
    if not version:
        return Check(
            "establishment", "unavailable", "本地区还没有导入在编名单，请法制机构导入后重新核查。"
        )
    if known.establishment_name is None:
        return Check(
            "establishment",
            "fail",
            f"第 {version} 版在编名单里没有这个身份证号；名单有误的，请编办更正后重新核查。",
            version,
        )
    if known.establishment_name != name:
        return Check(
            "establishment",
            "fail",
            f"第 {version} 版在编名单里这个号码是“{known.establishment_name}”，请核对姓名。",
            version,
        )
    return Check("establishment", "pass", f"在第 {version} 版在编名单中。", version)


def after_checks(checks: Sequence[Check]) -> str:
    """The state the application is in after the checks: only four passes reach the legal office.

    A hit on the forced-cancel list is final (S2-19); everything else can be cured and looked at
    again.
    """
    outcomes = {each.key: each.outcome for each in checks}
    if outcomes.get("forced_list") == "fail":
        return "rejected"
    if set(outcomes) == set(CHECKS) and all(each == "pass" for each in outcomes.values()):
        return "legal"
    return "checking"


def after_result(*, passed: bool, attempts_used: int, attempts_allowed: int) -> str:
    """Where a published exam result leads: on, to another attempt, or to the end (S2-24)."""
    if passed:
        return "making"
    return "failed" if attempts_used >= attempts_allowed else "exam"


def unit_on_card(kind: str, own: str, superior: str) -> str:
    """The unit name on the card face: generated, never typed (S2-4, S2-10)."""
    return superior if kind == "entrusted" and superior else own


PLACEHOLDERS: tuple[str, ...] = ("{地区}", "{单位}", "{流水}", "{年}")


def pattern_problem(pattern: str) -> str:
    """What is wrong with a number pattern; empty when it always makes a number of a card."""
    rest = pattern
    for each in PLACEHOLDERS:
        rest = rest.replace(each, "")
    if "{流水}" not in pattern:
        return "编号规则里要有 {流水}，否则会重号。"
    if not all(letter.isascii() and letter.isalnum() for letter in rest):
        return "编号规则只能用 {地区} {单位} {流水} {年}、数字和大写字母。"
    return ""


def number_from(pattern: str, values: Mapping[str, int | str]) -> str:
    """The number of a card: 地区 six digits, 单位 three, 流水 four, as the pattern orders them."""
    unit, serial = int(values["unit"]), int(values["serial"])
    if unit > 999 or serial > 9999:
        raise ValueError("the pattern has no room for this unit or serial")
    return (
        pattern.replace("{地区}", str(values["region"])[:6].ljust(6, "0"))
        .replace("{单位}", f"{unit:03d}")
        .replace("{流水}", f"{serial:04d}")
        .replace("{年}", f"{int(values['year']):04d}")
        .upper()
    )
