# SPDX-License-Identifier: Apache-2.0
"""Running cases and a new version of their item: which can move, to which step, and why not.

A case keeps the version it was opened under; moving it is an act of its own (C3-16).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from plugins.cases.rules.definition import Definition
from plugins.cases.rules.event import KIND_TITLES
from plugins.cases.rules.flow import SUBMITTED, VisitLine


@dataclass(frozen=True, slots=True)
class Move:
    """What moving one case would do; ``refusal`` is empty when it can be moved."""

    step: str
    to_step: str
    to_title: str
    refusal: str
    notes: tuple[str, ...] = ()

    @property
    def renamed(self) -> bool:
        """The open step has another key: its work is carried into a new entry of that step."""
        return self.to_step != self.step


def plan_move(
    old: Definition,
    new: Definition,
    *,
    state: str,
    step: str,
    visits: Sequence[VisitLine],
    filled: Sequence[str] = (),
) -> Move:
    """How a case at ``step`` would go on under ``new``.

    The open step is found by its key, else by its title. What was done must stay readable: a step
    that was visited and is missing in the new version keeps the case where it is. ``filled`` are
    the controls of the open step's draft.
    """
    here = old.step(step)
    target = new.find_step(step)
    if target is None:
        same = [s for s in new.steps if s.title == here.title]
        target = same[0] if len(same) == 1 else None
    to_step, to_title = (target.key, target.title) if target else ("", "")

    def no(reason: str) -> Move:
        return Move(step, to_step, to_title, reason)

    if new.version <= old.version:
        return no("已经是这个版本。")
    if state == "suspended":
        return no("案件已中止，先恢复办理。")
    if state != "open":
        return no("案件已经办结。")
    if target is None:
        return no(f"新版里没有“{here.title}”环节，按原版办完。")
    gone = sorted(
        {old.title_of(v.step) for v in visits if new.find_step(v.step) is None and v.step != step}
    )
    if gone:
        return no(f"已经办过的“{'”“'.join(gone)}”在新版里没有，案卷会对不上。")
    if any(v.state == SUBMITTED and old.step(v.step).kind == "service" for v in visits):
        return no("决定已经送达，按原版办完。")
    notes = []
    if target.key != step:
        notes.append(f"“{here.title}”在新版里重新进入，本环节期限重新起算")
    known = {c.key for c in new.form_of(target).controls}
    lost = [c.title for c in old.form_of(here).controls if c.key in filled and c.key not in known]
    if lost:
        notes.append(f"新版表单没有“{'”“'.join(lost)}”，已填内容留在原来的草稿里")
    added = [
        c.title
        for c in new.form_of(target).controls
        if c.required and old.form_of(here).control(c.key) is None
    ]
    if added:
        notes.append(f"新版要多填“{'”“'.join(added)}”")
    if target.min_officers > here.min_officers:
        notes.append(f"新版要求 {target.min_officers} 名合格人员")
    return Move(step, target.key, target.title, "", tuple(notes))


BINDING = frozenset(
    {
        "step_submitted",
        "rolled_back",
        "recalled",
        "corrected",
        "signed",
        "document_issued",
        "document_voided",
        "version_moved",
    }
)
"""Acts that rest on the version in force when they were done: behind them a move is not undone."""

OF_THE_ENTRY = frozenset({"suspended", "resumed", "extended"})
"""What is granted to one entry of a step; where the move made a new entry, it would be lost."""


@dataclass(frozen=True, slots=True)
class Since:
    """An act in the case after it was moved."""

    kind: str
    step_title: str = ""


def undo_refusal(
    old: Definition,
    *,
    state: str,
    step: str,
    from_step: str,
    to_step: str,
    since: Sequence[Since],
    added: Sequence[str] = (),
) -> str:
    """Why a move cannot be undone; empty when it can (C3-16: revert until the next act).

    ``step`` is where the case stands, ``since`` what happened after the move, ``added`` the
    controls that hold valid evidence now.
    """
    if state == "suspended":
        return "案件已中止，先恢复办理。"
    if state != "open":
        return "案件已经办结。"
    renamed = from_step != to_step
    for act in since:
        if act.kind == "step_submitted":
            return f"改版以后已经提交了“{act.step_title}”，按新版办完。"
        if act.kind in BINDING or (renamed and act.kind in OF_THE_ENTRY):
            return f"改版以后已经{KIND_TITLES.get(act.kind, act.kind)}，按新版办完。"
    here = old.find_step(from_step)
    if step != to_step or here is None:
        return "案件已经不在改版时的环节，按新版办完。"
    known = {c.key for c in old.form_of(here).controls}
    foreign = sorted({key for key in added if key not in known})
    if foreign:
        return "改版以后上传的材料在旧版表单里没有位置，先作废再撤回。"
    return ""
