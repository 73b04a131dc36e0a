# SPDX-License-Identifier: Apache-2.0
"""What is told, in the words of the message: every step to the person and the unit (S2-3)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """A kind of message."""

    title: str
    text: str


MESSAGES: dict[str, Wording] = {
    "request_checked": Wording(
        "身份核查通过", "{name}的执法证申领通过了四项身份核查，已送法制机构审核。"
    ),
    "request_returned": Wording("申领被退回", "{name}的执法证申领被退回：{reason}"),
    "request_ended": Wording("申领已终止", "{name}的执法证申领不再办理：{reason}"),
    "exam_wanted": Wording(
        "申领审核通过，请准备考试",
        "{name}的执法证申领通过了法制审核，下一步参加公共法律知识考试，进考场刷身份证。",
    ),
    "exam_passed": Wording("考试合格", "{name}的公共法律知识考试合格（{score} 分），进入制证。"),
    "exam_failed": Wording(
        "考试不合格", "{name}的公共法律知识考试不合格（{score} 分），还有 {left} 次机会。"
    ),
    "result_corrected": Wording(
        "考试成绩更正", "{name}的考试成绩更正为不合格，证件已经制好，请核实处理。"
    ),
    "card_made": Wording("证件已制好", "{name}的执法证已制好，证号 {number}，等待发证。"),
    "card_issued": Wording("执法证已发", "{name}的执法证已发，证号 {number}。执法时请主动出示。"),
}
