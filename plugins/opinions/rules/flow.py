# SPDX-License-Identifier: Apache-2.0
"""States of a draft and of an opinion, the window, and what may be done when."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

TITLE_MOST = 120
LONGEST_WINDOW = 366

STATES = {
    "draft": "草稿",
    "open": "正在征集",
    "closed": "已截止",
    "answered": "已答复",
    "published": "已公布",
}
"""Of a draft, in this order only (C2-01)."""
CHIPS = {
    "draft": "doing",
    "open": "new",
    "closed": "late",
    "answered": "replied",
    "published": "done",
}

OPINION_STATES = {
    "new": "待答复",
    "returned": "已退回作者",
    "answered": "已答复",
    "removed": "已移除",
}
OPINION_CHIPS = {"new": "new", "returned": "returned", "answered": "replied", "removed": "revoked"}

OUTCOMES = {"adopted": "采纳", "partly": "部分采纳", "not": "未采纳"}
"""What came of the opinions on an article (C2-12)."""


def state_now(state: str, today: date, closes: date | None) -> str:
    """The state as it is, also in the minutes before the nightly run has written it down."""
    return "closed" if state == "open" and closes is not None and today > closes else state


Window = Literal["before", "inside", "after"]


def window(today: date, opens: date, closes: date) -> Window:
    """Where a day lies; both boundary days belong to the window."""
    if today < opens:
        return "before"
    return "inside" if today <= closes else "after"


def why_not_send(state: str, today: date, opens: date, closes: date) -> str:
    """Why no opinion can be sent now; empty when it can."""
    if state == "draft":
        return "这份稿子还没有开始征集。"
    where = window(today, opens, closes)
    if where == "before":
        return f"{opens.month}月{opens.day}日才开始征集，到那天再提交。"
    if where == "after" or state != "open":
        return f"征集已于{closes.month}月{closes.day}日截止，不能再提交。"
    return ""


def faults_of_opening(
    title: str, words: str, opens: date | None, closes: date | None, today: date
) -> dict[str, str]:
    """Why a draft cannot be opened as it stands, by field."""
    found: dict[str, str] = {}
    if not title.strip():
        found["title"] = "请写标题。"
    elif len(title.strip()) > TITLE_MOST:
        found["title"] = f"标题最多 {TITLE_MOST} 个字，现在 {len(title.strip())} 个。"
    if not words.strip():
        found["body"] = "请写征集的稿子。"
    if opens is None:
        found["opens_on"] = "请填开始的日期。"
    if closes is None:
        found["closes_on"] = "请填截止的日期，截止当天仍然可以提交。"
    elif opens is not None and closes < opens:
        found["closes_on"] = "截止日期在开始日期前面，请改。"
    elif closes < today:
        found["closes_on"] = "截止日期已经过去，请改成今天或以后。"
    elif opens is not None and (closes - opens).days > LONGEST_WINDOW:
        found["closes_on"] = "征集期超过一年，请检查年份。"
    return found


def why_not_extend(state: str, closes: date, wished: date, today: date) -> str:
    """Why the last day cannot be put off; empty when it can."""
    if state != "open" or today > closes:
        return "征集已经截止，不能再延长。"
    if wished <= closes:
        return "新的截止日期要晚于原来的。"
    if (wished - closes).days > LONGEST_WINDOW:
        return "延长超过一年，请检查年份。"
    return ""


def why_not_finish(state: str, waiting: int, returned: int, unjudged: Sequence[str]) -> list[str]:
    """What is still missing before a draft counts as answered."""
    if state != "closed":
        return ["征集截止以后才能结束答复。"]
    found = []
    if waiting:
        found.append(f"还有 {waiting} 件意见没有答复。")
    if returned:
        found.append(f"还有 {returned} 件退回作者的意见没有了结：等作者改好，或者移除、恢复。")
    if unjudged:
        found.append(f"还没有写采纳情况：{'、'.join(unjudged)}。")
    return found


# --- one opinion ---------------------------------------------------------------------------------

ACTS = {
    "return": "退回作者",
    "block": "不予公布",
    "censor": "遮盖",
    "remove": "移除",
    "statement": "审核说明",
    "lift": "恢复",
    "uphold": "维持",
}
"""What a moderator does; the first five are distinct measures, each with a reason (C2-10)."""
MEASURES = ("return", "block", "censor", "remove", "statement")
COVERED = "（已遮盖）"


def why_not_answer(state: str, draft_state: str) -> str:
    """Why an opinion cannot be answered; empty when it can."""
    if draft_state not in ("open", "closed"):
        return "答复已经结束，不能再改。"
    if state == "returned":
        return "这件意见已退回作者，等作者改好再答复。"
    if state == "removed":
        return "这件意见已移除。"
    return ""


def why_not_moderate(act: str, state: str, draft_state: str, measures: Sequence[str]) -> str:
    """Why a measure cannot be taken on an opinion; ``measures`` are those in force."""
    if act == "return":
        if draft_state not in ("open", "closed"):
            return "答复已经结束，不能再退回。"
        if state != "new":
            return "只有还没有答复的意见可以退回作者。"
    if act == "remove" and state == "removed":
        return "已经移除过。"
    if act != "remove" and state == "removed":
        return "这件意见已移除，要先恢复。"
    if act == "block" and "block" in measures:
        return "已经定为不予公布。"
    return ""


def why_not_revise(state: str, draft_state: str, today: date, until: date | None) -> str:
    """Why the author cannot send a changed text; empty when he can.

    Who was asked to change has until the date he was told, also after the window has closed.
    """
    if state != "returned":
        return "没有退回的意见不能修改；可以另提一件。"
    if draft_state not in ("open", "closed"):
        return "答复已经结束，不能再修改。"
    if until is not None and today > until:
        return "修改的期限已经过去。"
    return ""


def why_not_appeal(act: str, lifted: bool, appealed: bool, today: date, until: date | None) -> str:
    """Why a measure cannot be appealed against; the last day belongs to the period."""
    if act not in MEASURES or lifted:
        return "这项处理不需要申诉。"
    if appealed:
        return "已经提出过申诉，请等答复。"
    if until is None or today > until:
        return "申诉的期限已经过去。"
    return ""


def covered(text: str, passages: Sequence[str]) -> str:
    """A text with the passages covered, longest first."""
    for each in sorted(passages, key=len, reverse=True):
        if each:
            text = text.replace(each, COVERED)
    return text


def shown_of(text: str, transcript: str, passages: Sequence[str]) -> str:
    """What is published with the passages covered; empty while that is what was said itself.

    Of an opinion that is a recording only, what was said in it is published.
    """
    whole = text or transcript
    made = covered(whole, passages)
    return made if made != whole else ""


# --- numbers -------------------------------------------------------------------------------------

SMALLEST = 5


def hidden(numbers: Sequence[int], smallest: int = SMALLEST) -> list[bool]:
    """Which numbers of a line whose sum is shown stay hidden, so that none points to a person.

    What is hidden follows together from the sum. When it is one number, or so little that two
    ones are the only way to make it, the next smallest is hidden too.
    """
    hide = [0 < n < smallest for n in numbers]
    while any(hide) and (
        sum(hide) == 1 or sum(n for i, n in enumerate(numbers) if hide[i]) < smallest
    ):
        others = [i for i, n in enumerate(numbers) if not hide[i] and n > 0]
        if not others:
            break
        hide[min(others, key=lambda i: (numbers[i], i))] = True
    return hide
