# SPDX-License-Identifier: Apache-2.0
"""Which acts a case offers to somebody now; locked ones are shown with the reason."""

from dataclasses import dataclass

from core.api import clock
from plugins.cases.queries import CaseFile, path_of
from plugins.cases.rules.flow import legal_rollback_targets
from plugins.cases.services.acting import Actor
from plugins.cases.services.pausing import extension_rule


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its words, its page, and why it is locked (empty when it is not)."""

    key: str
    title: str
    icon: str
    href: str
    why: str = ""
    note: str = ""


def acts_of(file: CaseFile, actor: Actor, *, recall_why: str) -> dict[str, Act]:
    """All acts on the case as a whole, in the order in which they are shown."""
    row = file.row
    suspended = row["state"] == "suspended"
    ended = row["state"] in ("closed", "transferred")
    handles = "cases.case.handle" in actor.permissions
    involved = actor.person in {row["lead"], row["opened_by"]} or any(
        o["person"] == actor.person for o in file.officers_of(row["step"], clock.today())
    )
    over = "案件已经办结。" if ended else ""
    stopped = "案件已中止。" if suspended else ""
    reading = "" if handles else "你现在的角色只能查看案件。"
    outsider = "" if involved or actor.approves else "由本案办理人或者负责人办理。"
    approving = "" if actor.approves else "由负责人或者法制机构批准。"
    targets = legal_rollback_targets(
        file.definition, file.lines(), case_state=row["state"], paid=file.paid
    )
    no_target = "" if any(t.legal for t in targets) else "现在没有可以回退到的环节。"
    mine = any(o["step"] == row["step"] and o["person"] == actor.person for o in file.officers)
    recused = any(r["person"] == actor.person for r in file.recusals)
    amount, unit, _clause, times = extension_rule(row["power_class"])
    days = f"{amount} {'个工作日' if unit == 'working' else '天'}"

    def act(key: str, title: str, why: str, note: str = "", *, icon: str) -> Act:
        return Act(key, title, icon, path_of(file.id, key), reading or why, note)

    acts = [
        act(
            "rollback",
            "回退环节",
            over or stopped or outsider or no_target,
            "回到走过的环节重新办理，原来的内容保留备查。",
            icon="arrow-back-up",
        ),
        act(
            "recall",
            "撤回提交",
            recall_why,
            "下一环节打开以前，可以撤回自己的提交。",
            icon="arrow-back",
        ),
        act(
            "suspend",
            "中止",
            over or (stopped and "案件已经中止。") or approving,
            "鉴定、公告、听证等期间停止计时。",
            icon="player-pause",
        ),
        act(
            "resume",
            "恢复办理",
            over or ("" if suspended else "案件没有中止。") or outsider,
            "从今天起继续计时，到期日按中止的天数顺延。",
            icon="player-play",
        ),
        act(
            "extend",
            "延期",
            over or stopped or approving,
            f"一次最多 {days}，最多 {times} 次。",
            icon="calendar-plus",
        ),
        act(
            "transfer",
            "移交",
            over or stopped or outsider,
            "换一个人主办，自某日起生效。",
            icon="transfer",
        ),
        act(
            "handover",
            "移送其他单位",
            over or approving,
            "不属于本单位管辖的，移送有管辖权的单位。",
            icon="transfer-out",
        ),
        act(
            "delegate",
            "委托办理",
            over or stopped or ("" if mine else "你没有被授权办理现在的环节。"),
            "出差、休假期间由他人代办，有起止日期。",
            icon="user-share",
        ),
        act(
            "recuse",
            "申请回避",
            over
            or ("你已经申请回避。" if recused else "")
            or ("" if involved else "你没有办理本案。"),
            "与本案有利害关系的，应当回避。",
            icon="user-off",
        ),
        act(
            "archive",
            "归档",
            ("" if ended else "案件办结以后才能归档。")
            or (f"已经归档，归档号 {row['archive_number']}。" if row["archived_at"] else "")
            or outsider,
            "检查案卷是否齐全，编归档号，定保管期限。",
            icon="archive",
        ),
        act(
            "reopen",
            "另立新案重新处理",
            ("案件已经移送，由接收单位处理。" if row["state"] == "transferred" else "")
            or ("" if ended else "案件办结以后，原决定被撤销或者有错误的，才另立新案。")
            or ("" if "cases.case.reopen" in actor.permissions else "由负责人或者法制机构决定。"),
            "原决定被撤销、有错误或者有新的事实时，另立一个关联的新案，原案不变。",
            icon="folder-plus",
        ),
        act(
            "notes",
            "归档补记",
            "" if ended else "案件办结以后才需要补记。",
            "归档以后的情况写在这里，不改动原来的内容。",
            icon="note",
        ),
    ]
    return {a.key: a for a in acts}
