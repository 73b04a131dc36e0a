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
    "correction_settled": Wording(
        "成绩更正的处理", "{name}的考试成绩更正为不合格，处理结果：{outcome}。理由：{reason}"
    ),
    "card_made": Wording("证件已制好", "{name}的执法证已制好，证号 {number}，等待发证。"),
    "card_issued": Wording("执法证已发", "{name}的执法证已发，证号 {number}。执法时请主动出示。"),
    "inspection_due": Wording(
        "执法证快到年审时间", "{name}的执法证应在 {due} 前完成{kind}，还有 {days} 天，请单位申请。"
    ),
    "inspection_overdue": Wording(
        "执法证逾期未年审", "{name}的执法证应在 {due} 前完成{kind}，现在逾期，从今天起不能执法。"
    ),
    "card_expiring": Wording("执法证快到期", "{name}的执法证有效期到 {due}，还有 {days} 天。"),
    "inspection_applied": Wording("已申请年审", "{name}的{kind}已经申请，等法制机构审核。"),
    "inspection_blocked": Wording("年审受阻", "{name}的{kind}现在不能办：{reason}"),
    "inspection_returned": Wording("年审被退回", "{name}的{kind}被退回：{reason}"),
    "inspection_approved": Wording(
        "年审审核通过，请扫码完成",
        "{name}的{kind}审核通过，请在 {due} 前由本人或单位管理员扫证件二维码完成。",
    ),
    "inspection_exam": Wording(
        "年审审核通过，请准备考试", "{name}的{kind}审核通过，须考试合格，进考场扫证件二维码。"
    ),
    "inspection_done": Wording("年审完成", "{name}的{kind}完成，下一次应在 {next} 前完成。"),
    "body_approved": Wording("账户审核通过", "{name}的执法主体账户审核通过。"),
    "body_returned": Wording("账户被退回", "{name}的执法主体账户被退回：{reason}"),
    "body_included": Wording("已由上级纳入", "{name}已由上级执法主体纳入账户。"),
    "body_renamed": Wording(
        "执法主体更名", "{before}更名为{after}，{faces} 个证面重新生成，旧证在有效期内照常有效。"
    ),
    "transferred": Wording(
        "执法人员调入", "{name}从{before}调到{after}，证号 {number} 不变，证面单位已更新：{reason}"
    ),
    "transferred_away": Wording("执法人员调出", "{name}从{before}调到{after}：{reason}"),
    "card_act": Wording("证件{act}", "{name}的执法证 {number} 已{act}：{reason}"),
}
