# SPDX-License-Identifier: Apache-2.0
"""What a complaint must say, at either door (S0-12, S3-18, C1-01 … C1-03, C1-18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

SUPERVISOR = "supervisor"
PUBLIC = "public"
DOORS = {SUPERVISOR: "社会监督员", PUBLIC: "群众"}

COMPLAINT = "complaint"
PRAISE = "praise"
KINDS = {COMPLAINT: "投诉", PRAISE: "表扬"}

TARGETS = {"officer": "行政执法人员", "act": "行政执法行为"}
"""举报对象, in the words of the source."""

TYPES = (
    "行政处罚",
    "行政许可",
    "行政检查",
    "行政强制",
    "行政确认",
    "行政征收",
    "行政给付",
    "行政裁决",
)
"""执法类型. The source lists four and 「等」; these are the eight classes of the power catalogue."""
OTHER_TYPE = "其他"

CONFIDENTIALITY = {
    "open": "不保密",
    "sealed": "保密",
}

PSEUDONYMS = {SUPERVISOR: "社会监督员（保密）", PUBLIC: "群众（保密）"}
ANONYMOUS = "群众（未留姓名）"

VERIFIED = "verified"
UNVERIFIED = "unverified"
SCANS = {"": "没有扫码", VERIFIED: "已扫证件二维码", UNVERIFIED: "证件未核实"}

OLDEST_DAYS = 365 * 3
"""Older matters are still taken, with a hint; nothing is refused for its age."""


def types_of(extra: str) -> tuple[str, ...]:
    """The types offered in a region: the eight, its own, and 其他."""
    own = [each.strip() for each in extra.replace("，", ",").replace("、", ",").split(",")]
    return tuple(dict.fromkeys([*TYPES, *(each for each in own if each), OTHER_TYPE]))


def date_fault(happened: date, today: date) -> str:
    """举报日期: default today, editable, never in the future (S0-12)."""
    if happened <= today:
        return ""
    return f"举报日期不能晚于今天。今天是{today.month}月{today.day}日，手机的日期可能不对。"


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation as the form offers it."""

    id: int
    name: str
    lo: int
    hi: int

    def holds(self, other: "Unit") -> bool:
        """Whether ``other`` is this one or stands below it."""
        return self.lo <= other.lo <= self.hi


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen or typed for 所在部门 and 所在主体."""

    department: Unit | None
    body: Unit | None
    body_name: str
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def matched(self) -> bool:
        return self.body is not None

    @property
    def words(self) -> str:
        return self.body.name if self.body else self.body_name


def choose(
    units: Sequence[Unit], department: int | None, body: int | None, typed: str, *, needed: bool
) -> Chosen:
    """所在部门 and 所在主体: chosen from the tree, or the body typed by hand (S0-12, S0-16).

    A typed name that is exactly a unit's is taken for that unit; any other is kept as text and
    matched by staff later. At the public's door (``needed`` is false) both may be left out.
    """
    by_id = {each.id: each for each in units}
    part = by_id.get(department) if department else None
    chosen = by_id.get(body) if body else None
    typed = " ".join(typed.split())
    faults: list[tuple[str, str]] = []
    if department and part is None:
        faults.append(("department", "请从列表里选择部门。"))
    if body and chosen is None:
        faults.append(("body", "请从列表里选择主体，或者手动输入名称。"))
    if chosen is None and typed:
        same = [each for each in units if each.name == typed]
        chosen = same[0] if len(same) == 1 else None
    elif chosen is not None and typed and typed != chosen.name:
        faults.append(
            ("body_name", "主体已经在列表里选了，手动输入的名称请删去，或者两者写成一样。")
        )
    if needed and part is None and not department:
        faults.append(("department", "请选择举报对象所在部门。"))
    if needed and chosen is None and not typed and not body:
        faults.append(("body", "请选择举报对象所在主体，或者手动输入名称。"))
    if part is not None and chosen is not None and not part.holds(chosen):
        faults.append(("body", f"“{chosen.name}”不属于“{part.name}”，请核对部门或主体。"))
    return Chosen(part, chosen, typed or (chosen.name if chosen else ""), tuple(faults))


def reporter_words(door: str, sealed: bool, name: str) -> str:
    """How the reporter is called where the handler reads."""
    if sealed:
        return PSEUDONYMS[door]
    if name:
        return f"{DOORS[door]} {name}"
    return ANONYMOUS if door == PUBLIC else DOORS[door]


def outside_words(door: str) -> str:
    """How the reporter is called in whatever the body reads: never by name (B11)."""
    return PSEUDONYMS[door]


def how_told(door: str, *, sealed: bool, phone: bool) -> str:
    """How a result reaches the reporter, for the handler: what the platform does, what he must."""
    if door != PUBLIC:
        return (
            "举报人要求保密，平台不发消息，他在自己的列表里看到。"
            if sealed
            else "平台发消息给举报人。"
        )
    if phone:
        return "举报人用回执码看到。他留了电话，平台不发短信，请打电话告知。"
    if sealed:
        return "举报人要求保密，用回执码看到。"
    return "举报人没有留电话，用回执码看到。"


def title_of(kind: str, target: str, body: str, officer: str) -> str:
    """One line for lists: 投诉行政执法人员：县市场监管局 李志强."""
    about = " ".join(part for part in (body, officer) if part) or "单位不明"
    return f"{KINDS[kind]}{TARGETS.get(target, '')}：{about}"
