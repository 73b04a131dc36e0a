# SPDX-License-Identifier: Apache-2.0
"""会签: several officers sign one step, and how many of them have to agree (C3-08)."""

from collections.abc import Sequence
from dataclasses import dataclass

from plugins.cases.rules.definition import Joint


@dataclass(frozen=True, slots=True)
class Word:
    """What one officer signed."""

    person: int
    name: str
    agrees: bool
    opinion: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a joint step stands; ``refusal`` is empty once it may be submitted."""

    needed: int
    agreed: int
    signed: int
    waiting: tuple[str, ...]
    refusal: str


def rule_in_words(joint: Joint, people: int) -> str:
    """The rule as a sentence on the page."""
    if joint.mode == "any":
        return "会签：一人同意即可提交。"
    if joint.mode == "quorum":
        return f"会签：{max(1, joint.quorum)} 人同意才能提交，现在授权 {people} 人。"
    return f"会签：授权的 {people} 人全部同意才能提交。"


def joint_standing(
    joint: Joint, officers: Sequence[tuple[int, str]], words: Sequence[Word]
) -> Standing:
    """Whether a joint step may be submitted, and if not, why.

    Only those authorised now count: the signature of somebody whose authorisation was withdrawn
    stays in the file and decides nothing.
    """
    people = dict(officers)
    counting = {w.person: w for w in words if w.person in people}
    agreed = sum(1 for w in counting.values() if w.agrees)
    against = [w for w in counting.values() if not w.agrees]
    waiting = tuple(name for person, name in officers if person not in counting)
    needed = {"all": len(people), "any": 1}.get(joint.mode, max(1, joint.quorum))
    refusal = _refusal(joint, needed, agreed, against, waiting)
    return Standing(needed, agreed, len(counting), waiting, refusal)


def _refusal(
    joint: Joint, needed: int, agreed: int, against: Sequence[Word], waiting: Sequence[str]
) -> str:
    people = agreed + len(against) + len(waiting)
    if not people:
        return "这是会签环节，请先授权会签人员。"
    if needed > people:
        return f"会签需要 {needed} 人同意，只授权了 {people} 人，请补充授权。"
    if joint.mode == "all" and against:
        said = "；".join(f"{w.name}不同意{f'：{w.opinion}' if w.opinion else ''}" for w in against)
        return f"会签没有全部同意，不能提交。{said}。"
    if agreed >= needed:
        return ""
    if agreed + len(waiting) < needed:
        return f"会签需要 {needed} 人同意，{len(against)} 人不同意，已经不可能通过。"
    rest = f"还有{'、'.join(waiting)}没有会签"
    if joint.mode == "all":
        return f"{rest}。"
    return f"会签需要 {needed} 人同意，现在 {agreed} 人同意，{rest}。"
