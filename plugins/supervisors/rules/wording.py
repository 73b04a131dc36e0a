# SPDX-License-Identifier: Apache-2.0
"""The one catalogue of what is said at each change of state (S0-23, C13-11). Pure.

The same words go to the inbox, to the channels and to the page 办证进度.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """A message: its name, headline and text; ``step`` = 筛选, 报名审核, 证件办理 … of S0-23."""

    step: str
    title: str
    text: str
    progress: bool = True
    """Also a line of 办证进度."""
    may_mute: bool = False


CATALOGUE: Mapping[str, Wording] = {
    "submitted": Wording("报名", "申请已提交", "{organ}正在筛选你的申请，结果会在这里告知。"),
    "invited": Wording("报名", "特邀登记", "{organ}邀请你担任社会监督员，正在办理。"),
    "screened": Wording("筛选", "筛选通过", "你的申请已通过筛选，进入审核。"),
    "rejected": Wording("报名审核", "申请未通过", "{reason}"),
    "withdrawn": Wording("报名", "申请已撤回", "你的申请已撤回，不再办理。"),
    "publicity": Wording(
        "报名审核",
        "审核通过，开始公示",
        "公示 {workdays} 个工作日，到 {until} 24 时止。没有异议即办理聘任。",
    ),
    "objected": Wording("报名审核", "公示期间有异议", "{organ}正在复核，结果会在这里告知。"),
    "rechecked": Wording("报名审核", "复核通过", "异议不成立，继续办理。"),
    "appointed": Wording(
        "证件办理",
        "聘任证书已签发",
        "证书号 {number}，聘期 {starts} 至 {ends}。在“我的二维码”可以出示电子证件。",
    ),
    "ending": Wording(
        "聘期",
        "聘期将满",
        "你的聘期到 {ends} 届满。{next}",
        progress=False,
    ),
    "expired": Wording("聘期", "聘期已满", "聘期已于 {ends} 届满，感谢你的工作。"),
    "renewal_asked": Wording("继任", "继任申请已提交", "{organ}正在审核。", progress=False),
    "renewal_passed": Wording(
        "继任", "继任申请通过", "公示无异议后续聘，新的聘期自 {starts} 起。", progress=False
    ),
    "renewal_refused": Wording("继任", "继任申请未通过", "{reason}", progress=False),
    "resignation_asked": Wording(
        "辞职", "辞职申请已提交", "{organ}正在审核，批准以前聘期照常。", progress=False
    ),
    "resigned": Wording("辞职", "辞职已批准", "聘期到 {ends} 为止，感谢你的工作。"),
    "resignation_refused": Wording("辞职", "辞职申请未批准", "{reason}", progress=False),
    "dismissed": Wording("聘期", "已解聘", "自 {on} 起解聘，依据{ground}。{reason}"),
    "commended": Wording("表彰", "通报表彰", "{title}", progress=False),
    "recusal_ordered": Wording("回避", "要求回避", "{organ}要求你回避：{matter}。", progress=False),
}
"""What the volunteer is told."""

OFFICE: Mapping[str, Wording] = {
    "office_objection": Wording("公示", "公示收到异议", "{name}：{text}", progress=False),
    "office_absences": Wording(
        "考勤", "连续无故缺席", "{name}连续 {count} 次无故缺席，请决定是否解聘。", progress=False
    ),
    "office_corrected": Wording(
        "考勤", "解聘建议不再成立", "{name}的考勤已更正，连续缺席的解聘建议撤回。", progress=False
    ),
    "office_officer": Wording("核查", "监督员可能是执法人员", "{name}：{text}", progress=False),
    "office_report": Wording(
        "纪律", "单位反映监督员", "{body}反映{name}：{breach}", progress=False
    ),
    "report_answered": Wording(
        "纪律", "反映的情况已答复", "你反映的{name}的情况：{outcome}。{text}", progress=False
    ),
}
"""What the office, or a body that reported, is told."""
