# SPDX-License-Identifier: Apache-2.0
"""The road of a draft into force (S1-9 … S1-14). Pure.

编制 → 法制审核（流程、表单、文书）→ 可以送审 → 初审（部门监察室）→ 审定（监察机关）→ 生效. Both
reviewers may return it to the submitter with a reason, and what was returned goes through the
first review again. Nobody reviews what he submitted or edited last.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from plugins.powers.rules.definition import Definition
from plugins.powers.rules.writing import bare

READ = "powers.draft.read"
EDIT = "powers.draft.edit"
SUBMIT = "powers.draft.submit"
LEGAL_REVIEW = "powers.draft.check"
FIRST_REVIEW = "powers.draft.review"
FINAL_REVIEW = "powers.draft.approve"

DRAFT, LEGAL, READY = "draft", "legal", "ready"
FIRST, FINAL = "first_review", "final_review"
RETURNED, EFFECTIVE, WITHDRAWN = "returned", "effective", "withdrawn"

CLOSED: Final = (EFFECTIVE, WITHDRAWN)
EDITABLE: Final = (DRAFT, READY, RETURNED)
UNDER_REVIEW: Final = (LEGAL, FIRST, FINAL)

STATE_WORDS: Final[dict[str, tuple[str, str]]] = {
    # state → (look of the chip, word)
    DRAFT: ("new", "编制中"),
    LEGAL: ("doing", "法制审核中"),
    READY: ("replied", "可以送审"),
    FIRST: ("doing", "待初审"),
    FINAL: ("doing", "待审定"),
    RETURNED: ("returned", "退回送审"),
    EFFECTIVE: ("done", "已生效"),
    WITHDRAWN: ("revoked", "已撤回"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of a draft. ``…_by`` are people (``core.api.access``)."""

    state: str
    base_version: int
    current: int
    """The version in force now; another than ``base_version`` makes the draft out of date."""
    edited_by: int = 0
    submitted_by: int = 0
    opened: bool = False
    """The first reviewer has read what was submitted."""
    first_by: int = 0
    """Who passed the first review; known where the last one is decided."""
    legal_stands: bool = False
    """The legal office approved exactly the flow, forms and documents the draft has now."""
    faults: int = 0
    errors: int = 0
    """Findings of the linter that are errors."""
    changed: bool = True
    """It differs from the version in force."""

    @property
    def out_of_date(self) -> bool:
        """Another version took effect since this draft was begun (S1-14)."""
        return self.state not in CLOSED and self.base_version != self.current


def legal_digest(item: Definition) -> str:
    """SHA-256 of what the legal office approves: everything but points and risks (S1-9, S1-11)."""
    judged = msgspec.structs.replace(bare(item), points=[], risks=[])
    return hashlib.sha256(msgspec.json.encode(judged, order="sorted")).hexdigest()


def why_not_edit(standing: Standing) -> list[str]:
    """Reasons against editing now; while somebody reviews it, a draft stands still."""
    match standing.state:
        case state if state in EDITABLE:
            return []
        case state if state in UNDER_REVIEW:
            return [f"{STATE_WORDS[state][1]}，审完或者退回之后才能修改。"]
        case state:
            return [f"草稿{STATE_WORDS[state][1]}，不能再修改。"]


def why_not_ask_legal(standing: Standing) -> list[str]:
    """Reasons against handing the draft to the legal office (S1-9)."""
    if standing.state not in EDITABLE:
        return why_not_edit(standing)
    if standing.legal_stands:
        return ["法制机构已经审核通过，直接送审即可。"]
    return [*_out_of_date(standing), *_unfit(standing)]


def why_not_submit(standing: Standing) -> list[str]:
    """Reasons against 送审: S1-9 asks for the legal office's approval and for sound points."""
    if standing.state not in EDITABLE:
        return why_not_edit(standing)
    reasons = [*_out_of_date(standing), *_unfit(standing)]
    if not standing.changed:
        reasons.append("草稿和现在生效的版本没有差别，不用送审。")
    if not standing.legal_stands:
        reasons.append("流程、表单和文书要先由法制机构审核通过。")
    return reasons


def why_not_review(standing: Standing, actor: int, state: str) -> list[str]:
    """Reasons against passing or returning it in ``state``; nobody reviews his own (S1-14)."""
    if standing.state != state:
        word = STATE_WORDS[standing.state][1]
        return [f"草稿现在是“{word}”，不在“{STATE_WORDS[state][1]}”这一步。"]
    if actor and actor == standing.submitted_by:
        return ["这份草稿是你送审的，不能由你自己审核。"]
    if actor and actor == standing.edited_by:
        return ["这份草稿最后由你修改，不能由你自己审核。"]
    return []


def why_not_pass(standing: Standing, actor: int, state: str) -> list[str]:
    """Like ``why_not_review``; in addition nothing stale or faulty goes on."""
    reasons = why_not_review(standing, actor, state)
    if not reasons and state == FINAL and actor and actor == standing.first_by:
        # Two reviews by one person, in two roles or as somebody's deputy, are one review.
        reasons = ["这份草稿是你初审的，审定要由另一个人办理。"]
    return reasons or [*_out_of_date(standing), *_unfit(standing)]


def why_not_recall(standing: Standing, actor: int) -> list[str]:
    """Reasons against taking a submission back: only its submitter, only while nobody read it."""
    if standing.state != FIRST:
        word = STATE_WORDS[standing.state][1]
        return [f"草稿现在是“{word}”，只有送审以后、初审以前可以撤回送审。"]
    if not actor or actor != standing.submitted_by:
        return ["只有送审人本人可以撤回送审。"]
    if standing.opened:
        return ["初审人员已经打开看过，不能撤回；要改的请初审人员退回。"]
    return []


def why_not_withdraw(standing: Standing) -> list[str]:
    """A draft is withdrawn by those who made it, at any time before it takes effect."""
    if standing.state in CLOSED:
        return [f"草稿{STATE_WORDS[standing.state][1]}。"]
    return []


def after_edit(standing: Standing) -> str:
    """The state after an edit: what the legal office has not seen goes back to it (S1-9, S1-11)."""
    if standing.state in (READY, RETURNED) and not standing.legal_stands:
        return DRAFT
    return standing.state


def _out_of_date(standing: Standing) -> list[str]:
    if not standing.out_of_date:
        return []
    base, now = standing.base_version, standing.current
    return [f"草稿以第 {base} 版为基础，现在生效的是第 {now} 版，先把新版并进来。"]


def _unfit(standing: Standing) -> list[str]:
    reasons = []
    if standing.faults:
        reasons.append(f"还有 {standing.faults} 处会卡住案件的问题没有改。")
    if standing.errors:
        reasons.append(f"监察点检查还有 {standing.errors} 个错误没有改。")
    return reasons
