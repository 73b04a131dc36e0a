# SPDX-License-Identifier: Apache-2.0
"""The code tables of the field: power classes, step kinds, monitoring point kinds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PowerClass:
    """One of the eight classes of administrative power (S1-8, after 山东条例 art. 8)."""

    key: str
    title: str
    icon: str
    short: str


# S1 names eight classes without listing them; this is the table decided in the domain handbook.
POWER_CLASSES: tuple[PowerClass, ...] = (
    PowerClass("penalty", "行政处罚", "gavel", "罚"),
    PowerClass("licence", "行政许可", "certificate", "许"),
    PowerClass("inspection", "行政检查", "clipboard-check", "检"),
    PowerClass("coercion", "行政强制", "lock", "强"),
    PowerClass("confirmation", "行政确认", "rubber-stamp", "确"),
    PowerClass("levy", "行政征收", "receipt", "征"),
    PowerClass("payment", "行政给付", "coins", "给"),
    PowerClass("ruling", "行政裁决", "scale", "裁"),
)

STEP_KINDS: dict[str, str] = {
    "ordinary": "一般环节",
    "filing": "立案受理",
    "approval": "审批",
    "legal_review": "法制审核",
    "discussion": "集体讨论",
    "notice": "事先告知",
    "hearing": "听证",
    "decision": "决定",
    "service": "送达",
    "execution": "执行",
    "closing": "结案归档",
    "publication": "公示",
}

Colour = Literal["red", "yellow"]


@dataclass(frozen=True, slots=True)
class PointKind:
    """One of the seven kinds of monitoring point (domain table A4.3)."""

    key: str
    code: str
    title: str
    short: str
    colours: tuple[Colour, ...]
    needs: Literal["step", "stage_or_step", "any"]
    explains: str


POINT_KINDS: tuple[PointKind, ...] = (
    PointKind(
        "time_limit",
        "M1",
        "办理时限",
        "时限",
        ("red",),
        "stage_or_step",
        "超过环节或阶段的办理期限，红灯。",
    ),
    PointKind(
        "qualification",
        "M2",
        "执法主体资格确认",
        "主体",
        ("red",),
        "step",
        "有执法资格的人员少于要求，或者有不合格人员，红灯。",
    ),
    PointKind("rollback", "M3", "环节回退", "回退", ("yellow",), "any", "环节回退一次，黄灯一次。"),
    PointKind(
        "evidence", "M4", "证据固化", "证据", ("red",), "step", "主要证据缺失或者减少，红灯。"
    ),
    PointKind(
        "decision_basis",
        "M5",
        "决定依据",
        "依据",
        ("red", "yellow"),
        "step",
        "作出决定未填依据，红灯；作出否定性决定，黄灯。",
    ),
    PointKind(
        "discretion", "M6", "自由裁量", "裁量", ("red",), "step", "决定不在裁量标准的幅度内，红灯。"
    ),
    PointKind(
        "execution",
        "M7",
        "处罚执行",
        "执行",
        ("red",),
        "step",
        "执行与决定不一致，或者没有执行凭据，红灯。",
    ),
)

# S1-21: 不予立案, 不予处罚, 撤案; the two of licensing are our addition.
DEFAULT_NEGATIVE_OUTCOMES: tuple[str, ...] = (
    "不予立案",
    "不予处罚",
    "撤案",
    "不予许可",
    "不予受理",
)
