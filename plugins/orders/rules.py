# SPDX-License-Identifier: Apache-2.0
"""The five steps of a supervision order (督办), its numbers, causes, and words. Pure.

① 监察机关 issues to the department, ② 部门监察室 relays to the officers, ③ officers reply,
④ 部门监察室 replies, ⑤ 监察机关 withdraws the alarm, upholds it, or returns for another round.
An alarm is withdrawn in no other way; curing its cause does not clear it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

ISSUED, RELAYED, REPLIED = "issued", "relayed", "replied"
REVOKED, UPHELD, SETTLED = "revoked", "upheld", "settled"
CLOSED: Final = (REVOKED, UPHELD, SETTLED)

ISSUE, RELAY, REPLY, WITHDRAW, READ = (
    "orders.order.issue",
    "orders.order.relay",
    "orders.order.reply",
    "orders.order.withdraw",
    "orders.order.read",
)

STATE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # state → (look of the chip, word)
    ISSUED: ("new", "新的"),
    RELAYED: ("doing", "办理中"),
    REPLIED: ("replied", "已回复"),
    REVOKED: ("revoked", "已撤销"),
    UPHELD: ("upheld", "已维持"),
    SETTLED: ("revoked", "部分撤销"),
}
LAMP_WORDS: Final[Mapping[str, str]] = {"red": "红灯", "yellow": "黄灯"}

ITEM_WORDS: Final[Mapping[str, str]] = {
    "open": "等待说明",
    "explained": "已说明",
    REVOKED: "已撤销",
    UPHELD: "已维持",
}
KIND_WORDS: Final[Mapping[str, str]] = {
    "time_limit": "办理时限",
    "qualification": "主体资格",
    "rollback": "环节回退",
    "evidence": "证据固化",
    "decision_basis": "决定依据",
    "discretion": "自由裁量",
    "execution": "处罚执行",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an alarm was raised, as the training material teaches it, and what cures it."""

    key: str
    kind: str
    title: str
    nature: str
    remedy: str


CAUSES: Final[tuple[Cause, ...]] = (
    Cause("late", "time_limit", "超过本环节或本阶段的期限", "真实报警", "按时办结"),
    Cause("no_evidence", "evidence", "没有上传证据", "真实报警", "在办理时用对应的控件上传"),
    Cause(
        "negative",
        "decision_basis",
        "作出了监察点勾选的不予类决定",
        "属于正常",
        "无需整改，经督办撤销",
    ),
    Cause(
        "no_basis", "decision_basis", "录入案件时没有填写该环节的文本域", "录入疏漏", "补填文本域"
    ),
    Cause(
        "unregistered",
        "qualification",
        "执法人员没有录入资格库",
        "基础数据缺失",
        "由填报人员登录执法人员管理系统，录入执法证号等信息",
    ),
    Cause(
        "too_few",
        "qualification",
        "授权的合格执法人员不足两人",
        "录入疏漏",
        "授权两名以上合格执法人员",
    ),
    Cause(
        "point_misplaced",
        "qualification",
        "人员合格且人数足够，监察点设错了环节",
        "配置错误",
        "把监察点提前到上一个环节",
    ),
    Cause("differs", "execution", "执行内容与决定不一致", "真实报警", "按照决定执行"),
    Cause("no_voucher", "execution", "没有上传执行凭据", "真实报警", "上传执行凭据"),
    Cause(
        "off_standard",
        "discretion",
        "没有按裁量标准作出",
        "真实报警",
        "按职权目录系统录入的标准办理",
    ),
    Cause(
        "rolled_back",
        "rollback",
        "发生了环节回退，且设有回退监察点",
        "属于正常",
        "无需整改，经督办撤销",
    ),
    Cause(
        "branch_misdrawn",
        "rollback",
        "没有回退，监察点设在了画成回退的分支上",
        "配置错误",
        "在职权目录系统取消该分支上的监察点",
    ),
    Cause("other", "", "其他原因", "其他", "在说明中写清"),
)
CAUSE_BY_KEY: Final = {cause.key: cause for cause in CAUSES}


def causes_for(kinds: Collection[str]) -> tuple[Cause, ...]:
    """The causes that fit alarms of these kinds; 其他 always."""
    return tuple(c for c in CAUSES if not c.kind or c.kind in kinds)


# --- numbers and titles ----------------------------------------------------------------------


def number_text(year: int, serial: int) -> str:
    """「督办〔2026〕18号」: no leading zeros, as the office writes document numbers."""
    return f"督办〔{year}〕{serial}号"


def alarm_words(alarm: Mapping[str, Any]) -> str:
    """An alarm in a few words: its headline, else its point, else its kind."""
    return str(alarm["headline"] or alarm["point"] or KIND_WORDS.get(alarm["kind"], "报警"))


def order_title(alarms: Sequence[Mapping[str, Any]]) -> str:
    """What the order is about: its first alarm, and how many more."""
    first = alarm_words(alarms[0])
    return first if len(alarms) == 1 else f"{first}等 {len(alarms)} 项"


def default_instruction(alarms: Sequence[Mapping[str, Any]]) -> str:
    """The request the form begins with."""
    points = list(
        dict.fromkeys(str(a["point"] or KIND_WORDS.get(a["kind"], "报警")) for a in alarms)
    )
    return f"请查明{'、'.join(points)}报警的原因，督促改正并回复。"


# --- who may do it ---------------------------------------------------------------------------

ACTS: Final = ("receive", "relay", "reply", "answer", "decide", "extend", "urge")


@dataclass(frozen=True, slots=True)
class Hand:
    """Who would act, as far as the rules ask."""

    permissions: Collection[str]
    person: int
    region_lo: int


def why_not_mine(act: str, hand: Hand, order: Mapping[str, Any], issuer: int) -> list[str]:
    """Why an act on an order is not this person's to do, whatever the order's state.

    Services refuse by it and the page draws its buttons by it, so the two cannot differ.
    ``issuer`` is the region (``lo``) of the organ that issued the order: a bureau above sees the
    orders of those below it, and leaves them to them.
    """
    first, mine = order["tier"] == 1, bool(hand.person) and order["to_person"] == hand.person
    may = hand.permissions
    if act == "receive":
        addressed = RELAY in may if first else mine
        return [] if addressed else ["签收由收到督办的一方办理。"]
    if act == "reply":
        if REPLY not in may:
            return ["回复由办件人员本人办理。"]
        return [] if not first and mine else ["这份督办不是发给你的。"]
    if act == "relay":
        if RELAY not in may:
            return ["转办由部门监察室人员办理。"]
        return [] if first else ["只有监察机关发来的督办才能转办。"]
    if act == "answer":
        if RELAY not in may:
            return ["回复监察机关由部门监察室人员办理。"]
        return [] if first else ["这份督办由办件人员回复。"]
    if act == "urge":
        # Each tier is urged from above: nobody urges the order that he has to answer himself.
        above = {WITHDRAW} if first else {WITHDRAW, RELAY}
        return [] if above & set(may) else ["催办由发出督办的一方办理。"]
    needed = WITHDRAW if first else RELAY
    if act == "decide":
        needed = WITHDRAW
        if WITHDRAW in may and not first:
            return ["监察机关只对自己发出的督办作决定。"]
    if needed not in may:
        return [
            "撤销、维持和退回由监察机关人员办理。"
            if act == "decide"
            else "延长期限由发出督办的一方办理。"
        ]
    if first and issuer != hand.region_lo:
        return [f"这份督办由{order['organ_name']}发出，由它办理。"]
    return []


# --- what may be done when -------------------------------------------------------------------


def why_not_extend(state: str, *, counting: bool) -> list[str]:
    """Only a deadline that is running can be made longer."""
    if state in (ISSUED, RELAYED) and counting:
        return []
    return ["这份督办没有正在计时的期限。"]


def why_not_urge(state: str) -> list[str]:
    """Who has answered is not reminded."""
    return [] if state in (ISSUED, RELAYED) else ["这份督办已经回复，不需要催办。"]


@dataclass(frozen=True, slots=True)
class Lower:
    """An order of the second tier, as far as the rules need it."""

    id: int
    number: str
    to_name: str
    state: str
    round: int
    cause: str = ""
    text: str = ""
    alarms: tuple[int, ...] = ()


def why_not_relay(state: str) -> list[str]:
    """② needs an order that is neither answered nor finished."""
    if state in (ISSUED, RELAYED):
        return []
    if state == REPLIED:
        return ["这份督办已经回复监察机关，等待撤销或维持。"]
    return ["这份督办已经办结。"]


def why_not_reply_lower(state: str) -> list[str]:
    """③ is given once per order; another round brings another order."""
    if state == ISSUED:
        return []
    return ["这份督办已经回复过了。"] if state == REPLIED else ["这份督办已经办结。"]


def why_not_reply_upper(state: str, round_: int, lowers: Sequence[Lower]) -> list[str]:
    """④ is refused before ③: somebody who handled the case must have answered in this round."""
    if state == REPLIED:
        return ["这份督办已经回复监察机关，等待撤销或维持。"]
    if state in CLOSED:
        return ["这份督办已经办结。"]
    now = [lower for lower in lowers if lower.round == round_]
    if not now:
        return ["还没有转给办件人员。先发起下级督办，收到回复后才能回复监察机关。"]
    if not any(lower.state == REPLIED for lower in now):
        return ["办件人员还没有回复。至少收到一份下级回复后才能回复监察机关。"]
    return []


def why_not_decide(state: str) -> list[str]:
    """⑤ follows ④."""
    if state == REPLIED:
        return []
    if state in CLOSED:
        return ["这份督办已经办结。"]
    return ["等部门回复后才能操作。"]


def why_not_these(chosen: Collection[int], open_alarms: Collection[int]) -> list[str]:
    """A decision covers at least one alarm that is still open on the order."""
    if not chosen:
        return ["请至少选择一个报警。"]
    if not set(chosen) <= set(open_alarms):
        return ["所选的报警里有已经处理过的，请刷新后重选。"]
    return []


def state_after(items: Collection[str]) -> str:
    """The order's state once its items stand so: finished only when no alarm is open."""
    if any(item not in (REVOKED, UPHELD) for item in items):
        return REPLIED
    kinds = set(items)
    if kinds == {REVOKED}:
        return REVOKED
    return UPHELD if kinds == {UPHELD} else SETTLED


def all_answered(round_: int, lowers: Sequence[Lower]) -> bool:
    """Whether the ball goes back to the department: nobody of this round owes an answer."""
    now = [lower for lower in lowers if lower.round == round_]
    return bool(now) and all(lower.state != ISSUED for lower in now)


# --- words -----------------------------------------------------------------------------------


def draft_reply(lowers: Sequence[Lower], titles: Mapping[int, str]) -> str:
    """The department's reply as a draft from those of its officers; it must be confirmed.

    ``titles`` names the alarms. Officers who have not answered are named too, so that nobody
    forwards a gap unread.
    """
    parts = []
    for number, lower in enumerate(lowers, 1):
        about = "、".join(titles[a] for a in lower.alarms if a in titles)
        head = f"{number}. {about}（{lower.to_name}，{lower.number}）"
        if lower.state == ISSUED:
            parts.append(f"{head}：尚未回复。")
            continue
        cause = CAUSE_BY_KEY.get(lower.cause)
        why = f"{cause.title}，{cause.nature}。" if cause and cause.key != "other" else ""
        parts.append(f"{head}：{why}{lower.text}")
    return "\n".join(parts)


STEPS: Final = ("① 发起督办", "② 转督办件人员", "③ 办件人员回复", "④ 部门回复", "⑤ 撤销或维持")


def step_now(state: str, round_: int, lowers: Sequence[Lower]) -> int:
    """Which of the five steps comes next (1–5); 6 when all is done."""
    if state in CLOSED:
        return 6
    if state == REPLIED:
        return 5
    if state == ISSUED:
        return 2
    return 4 if all_answered(round_, lowers) else 3


def next_act(state: str, round_: int, lowers: Sequence[Lower]) -> str:
    """The next step in words, true to the state and to nothing else."""
    step = step_now(state, round_, lowers)
    waiting = [x.to_name for x in lowers if x.round == round_ and x.state == ISSUED]
    return {
        2: "部门监察室查看后，转给办件人员说明原因。",
        3: f"等 {'、'.join(waiting)} 回复。收到至少一份回复后，部门监察室可以回复监察机关。",
        4: "下级都已回复，部门监察室核对后回复监察机关。",
        5: "监察机关决定撤销报警、维持，或者退回再办。",
        6: "已办结。",
    }[step]


# --- dates -----------------------------------------------------------------------------------


def lower_days(wanted: int, left_to_parent: int, reserve: int) -> int:
    """Working days for ②'s order: as set, but leaving the department time to answer above.

    ``left_to_parent`` are the working days the department itself has left.
    """
    return max(1, min(wanted, left_to_parent - reserve))


OFFICE_OPENS: Final = time(9, 0)
OFFICE_CLOSES: Final = time(17, 30)


def office_moment(moment: datetime, is_workday: Callable[[date], bool]) -> datetime:
    """``moment`` itself within office hours, else the next opening; in the moment's own zone.

    Reminders keep to this, so that no telephone rings at midnight.
    """
    day = moment.date()
    if is_workday(day):
        if OFFICE_OPENS <= moment.time() < OFFICE_CLOSES:
            return moment
        if moment.time() < OFFICE_OPENS:
            return datetime.combine(day, OFFICE_OPENS, moment.tzinfo)
    day += timedelta(days=1)
    for _ in range(400):
        if is_workday(day):
            break
        day += timedelta(days=1)
    return datetime.combine(day, OFFICE_OPENS, moment.tzinfo)
