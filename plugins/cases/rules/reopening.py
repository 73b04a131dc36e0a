# SPDX-License-Identifier: Apache-2.0
"""办结以后重新处理: a closed case is not opened again, it is dealt with anew in a linked case (C3-15).

An act once made is corrected by another act that names it. Whoever was ordered to decide anew may
not, on the same facts and grounds, decide the same again (《行政复议法》第六十四条，《行政诉讼法》
第七十一条); supervision may order correction or revoke (S4), and the organ may correct itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a closed case is dealt with anew."""

    key: str
    title: str
    ordered: bool
    """By another organ: its document has to be named."""
    source: str
    """The source of the new case (来源)."""
    warning: str = ""


SAME_AGAIN = "不得以同一事实和理由作出与原决定相同或者基本相同的决定"

GROUNDS: tuple[Ground, ...] = (
    Ground(
        "review",
        "行政复议决定撤销，责令重新作出",
        True,
        "assigned",
        f"{SAME_AGAIN}；因违反法定程序被撤销的除外（《行政复议法》第六十四条）。",
    ),
    Ground(
        "court",
        "人民法院判决撤销，判令重新作出",
        True,
        "assigned",
        f"{SAME_AGAIN}（《行政诉讼法》第七十一条）。",
    ),
    Ground("supervision", "行政执法监督决定撤销或者责令改正", True, "assigned"),
    Ground("self", "本机关发现原决定有错误，自行纠正", False, "other"),
    Ground("facts", "办结后出现新的事实或者证据", False, "other"),
)
GROUND: Mapping[str, Ground] = {each.key: each for each in GROUNDS}
REASON_LIMIT = 400


def reopening_refusal(state: str, later: tuple[str, bool] | None = None) -> str:
    """Why a case cannot be dealt with anew; empty when it can.

    ``later`` is the number of the case that does so already, and whether that one has ended.
    """
    if state == "transferred":
        return "案件已经移送，由接收单位处理。"
    if state != "closed":
        return "案件还在办理，需要改正的用回退或者更正。"
    if later is not None and not later[1]:
        return f"已经另立 {later[0]} 重新处理，那个案件还没有办结。"
    return ""


def reopening_errors(
    ground: str, basis_number: str, reason: str, due: date | None, today: date
) -> dict[str, str]:
    """What is wrong with the form, by field."""
    errors: dict[str, str] = {}
    known = GROUND.get(ground)
    if known is None:
        errors["ground"] = "请选择重新处理的缘由。"
    elif known.ordered and not basis_number:
        errors["basis_number"] = "请填写决定书或者判决书的文号。"
    if len(basis_number) > 100:
        errors["basis_number"] = "文号最多 100 个字。"
    if not reason:
        errors["reason"] = "请写明理由：原案错在哪里，重新处理什么。"
    elif len(reason) > REASON_LIMIT:
        errors["reason"] = f"理由最多 {REASON_LIMIT} 个字，现在是 {len(reason)} 个字。"
    if due is not None and due < today:
        errors["due"] = "期限已经过去，请核对。"
    return errors


def in_words(number: str, ground: str, basis_number: str, reason: str) -> str:
    """The sentence of the record: which case, why, on whose order."""
    title = GROUND[ground].title
    basis = f"（{basis_number}）" if basis_number else ""
    return f"{number}，{title}{basis}。{reason}"
