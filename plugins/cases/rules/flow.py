# SPDX-License-Identifier: Apache-2.0
"""Where a case may go: onwards by the transitions, back by a computed list, and recalled.

A case's road is the sequence of its *visits*: each entry of a step is one visit. Rolling back
supersedes visits and never removes them, so the road that counts is the one of visits that are
``open`` or ``submitted``, in the order in which they were entered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from plugins.cases.rules.definition import Definition, Step, Transition

OPEN, SUBMITTED, SUPERSEDED, RECALLED = "open", "submitted", "superseded", "recalled"
VISIT_STATES: Mapping[str, str] = {
    OPEN: "办理中",
    SUBMITTED: "已提交",
    SUPERSEDED: "已被取代",
    RECALLED: "已撤回",
}
CASE_STATES: Mapping[str, str] = {
    "open": "在办",
    "suspended": "已中止",
    "closed": "已办结",
    "transferred": "已移交",
}


@dataclass(frozen=True, slots=True)
class VisitLine:
    """What the rules need to know of one visit."""

    id: int
    step: str
    number: int
    state: str
    values: Mapping[str, Any]
    submitted_by: int = 0
    prior: bool = False
    """Done before the case was entered here (补录)."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way onwards; ``to`` is empty where the case ends."""

    to: str
    title: str
    kind: str = "forward"


@dataclass(frozen=True, slots=True)
class Target:
    """One step as a rollback target: either legal, or excluded with the reason why."""

    step: str
    title: str
    legal: bool
    reason: str
    crossed: tuple[str, ...] = ()
    visits: tuple[int, ...] = ()
    """The visits that would be superseded, newest first."""


def live(visits: Sequence[VisitLine]) -> tuple[VisitLine, ...]:
    """The visits that count, in the order of the road."""
    road = (v for v in visits if v.state in (OPEN, SUBMITTED))
    return tuple(sorted(road, key=lambda v: v.id))


def current(visits: Sequence[VisitLine]) -> VisitLine | None:
    """The one open visit; none once the case is closed."""
    return next((v for v in reversed(live(visits)) if v.state == OPEN), None)


def latest_submitted(visits: Sequence[VisitLine], steps: Collection[str]) -> VisitLine | None:
    """The newest counting submission of one of these steps."""
    road = [v for v in live(visits) if v.state == SUBMITTED and v.step in steps]
    return road[-1] if road else None


def _holds(transition: Transition, values: Mapping[str, Any]) -> bool:
    """Whether the transition has a condition and these values meet it."""
    when = transition.when
    if when is None:
        return False
    value = values.get(when.control)
    chosen = value if isinstance(value, list | tuple) else [value]
    return any(str(v) in when.values for v in chosen if v is not None)


def ways_on(definition: Definition, step: str, values: Mapping[str, Any]) -> tuple[Way, ...]:
    """The ways on from a step with these values.

    A transition whose condition holds wins over those without one: a branch 不予立案 is taken
    because it was decided, not because somebody picked it from a list. Several unconditioned
    ways remain a choice of the handler. A step without any way on ends the case.
    """
    going = [t for t in definition.transitions if t.start == step and t.kind != "rollback"]
    if not going:
        return (Way("", "办结"),)
    met = [t for t in going if _holds(t, values)]
    chosen = met or [t for t in going if t.when is None]
    return tuple(
        Way(t.to, t.title or (f"进入{definition.title_of(t.to)}" if t.to else "办结"), t.kind)
        for t in chosen
    )


def choose_way(ways: Sequence[Way], to: str | None) -> Way | str:
    """The way taken, or the sentence saying why none can be taken."""
    if not ways:
        return (
            "按现在填写的内容，这个环节没有可以去的下一环节。请检查结论，或请管理员核对流程设置。"
        )
    if to is None:
        return ways[0] if len(ways) == 1 else "这个环节之后有几条路，请选择下一环节。"
    found = next((w for w in ways if w.to == to), None)
    if found is not None:
        return found
    names = "、".join(w.title for w in ways)
    return f"所选的下一环节与填写的结论不一致，按结论应当：{names}。"


def steps_ahead(definition: Definition, step: str) -> frozenset[str]:
    """Every step that can still be reached from a step, without counting rollbacks."""
    seen: set[str] = set()
    queue = [step]
    while queue:
        at = queue.pop()
        for t in definition.transitions:
            if t.start == at and t.kind != "rollback" and t.to and t.to not in seen:
                seen.add(t.to)
                queue.append(t.to)
    return frozenset(seen)


def unavoidable(definition: Definition, step: str, before: str) -> bool:
    """Whether every road from the first step to ``before`` passes ``step``."""
    if step in (definition.first.key, before):
        return True
    seen = {definition.first.key}
    queue = [definition.first.key]
    while queue:
        at = queue.pop()
        for t in definition.transitions:
            if t.start != at or t.kind == "rollback" or not t.to or t.to == step or t.to in seen:
                continue
            if t.to == before:
                return False
            seen.add(t.to)
            queue.append(t.to)
    return True


def legal_rollback_targets(
    definition: Definition,
    visits: Sequence[VisitLine],
    *,
    case_state: str,
    paid: int = 0,
) -> tuple[Target, ...]:
    """Every step with the answer whether the case may go back to it, and if not, why not.

    Legal is a step that lies on the road behind the open visit, as long as the way back does
    not undo what already had effect outside: a served decision (it is changed or revoked by a
    decision of its own, never by undoing paperwork) or money that was paid.
    """
    road = live(visits)
    now = current(visits)
    targets = []
    for step in definition.ordered:
        reason, crossed, dropped = _rollback(definition, step, road, now, case_state, paid)
        targets.append(Target(step.key, step.title, not reason, reason, crossed, dropped))
    return tuple(targets)


def _rollback(
    definition: Definition,
    step: Step,
    road: Sequence[VisitLine],
    now: VisitLine | None,
    case_state: str,
    paid: int,
) -> tuple[str, tuple[str, ...], tuple[int, ...]]:
    if case_state == "suspended":
        return "案件已中止，先恢复办理再回退。", (), ()
    if case_state != "open" or now is None:
        return "案件已经办结，不能回退；需要重新处理的，另立新案并关联本案。", (), ()
    if step.key == now.step:
        return "案件就在这个环节，直接修改即可。", (), ()
    at = max((i for i, v in enumerate(road) if v.step == step.key), default=None)
    if at is None:
        visited = step.key in steps_ahead(definition, now.step)
        reason = "还没有办到这个环节。" if visited else "本案没有走这条分支，或这一次办理已被取代。"
        return reason, (), ()
    passed = road[at:]
    if road[at].prior:
        return "这个环节在补录以前已经办过，不能回退到补录以前。", (), ()
    for visit in passed[1:]:
        kind = definition.step(visit.step).kind
        if kind == "service" and visit.state == SUBMITTED:
            return (
                "决定已经送达当事人，不能回退到送达之前；要改变决定，应当依法另行作出撤销或者变更决定。",
                (),
                (),
            )
    executing = any(definition.step(v.step).kind == "execution" for v in passed[1:])
    if paid > 0 and executing:
        return "已经登记缴款，不能回退到执行之前。", (), ()
    crossed: list[str] = []
    for visit in reversed(passed[1:]):
        if visit.step not in crossed:
            crossed.append(visit.step)
    return "", tuple(crossed), tuple(v.id for v in reversed(passed))


@dataclass(frozen=True, slots=True)
class Handover:
    """The state of the newest submission, as recall looks at it."""

    case_state: str
    submitted_by: int
    submitted_visit_state: str
    next_seen_at: datetime | None
    next_version: int
    next_evidence: int
    acts_since: int
    """Acts recorded after the submission, not counting the entry of the next step."""


def recall_refusal(handover: Handover, actor: int, *, same_handler: bool) -> str:
    """Why the submission cannot be taken back; empty when it can (C3-06).

    "Untouched" means that the next handler has neither opened nor changed it. Where the next
    handler is the submitter himself, opening it does not count, typing does.
    """
    if handover.case_state != "open":
        return "案件不在办理状态，不能撤回。"
    if handover.submitted_visit_state != SUBMITTED:
        return "没有可以撤回的提交。"
    if handover.submitted_by != actor:
        return "只有提交人本人可以撤回。"
    if handover.next_seen_at is not None and not same_handler:
        return "下一环节的办理人已经打开，不能撤回；需要修改的，请办理人回退。"
    if handover.next_version or handover.next_evidence or handover.acts_since:
        return "下一环节已经开始办理，不能撤回；需要修改的，请用回退。"
    return ""


def may_act(
    step: Step,
    person: int,
    *,
    authorised: Collection[int],
    opened_by: int,
    permissions: Collection[str],
    names: Sequence[str] = (),
) -> str:
    """Why this person may not act on the step; empty when he may (S1 环节授权).

    Who is authorised may act. Where nobody is authorised yet, the opener may, and on steps of
    approval whoever holds the right to approve. Reviewing is never open by default to the one
    who opened the case.
    """
    approving = step.kind in ("approval", "legal_review", "discussion")
    if step.kind == "legal_review" and "cases.case.approve" not in permissions:
        return "法制审核由法制机构的审核人员办理，你没有审核权限。"
    if person in authorised:
        return ""
    if authorised:
        who = "、".join(names)
        return f"本环节授权给了{who}，你没有被授权。" if who else "本环节已授权他人，你没有被授权。"
    if approving:
        if "cases.case.approve" in permissions:
            return ""
        return "本环节由有审批权限的负责人办理，请在环节授权中指定。"
    if person == opened_by:
        return ""
    return "本环节还没有授权办理人，请立案人或负责人先做环节授权。"


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """How often and by how much a period may be extended, with the article that says so."""

    times: int
    amount: int
    unit: Literal["working", "calendar"]
    clause: str
    second_needs_discussion: bool = False


EXTENSION_RULES: Mapping[str, ExtensionRule] = {
    "penalty": ExtensionRule(
        2,
        30,
        "calendar",
        "案情复杂的，经负责人批准可以延长三十日；仍不能办结的，由负责人集体讨论决定",
        second_needs_discussion=True,
    ),
    "licence": ExtensionRule(
        1, 10, "working", "《行政许可法》第四十二条：经负责人批准可以延长十日，并告知申请人理由"
    ),
    "coercion": ExtensionRule(
        1, 30, "calendar", "《行政强制法》第二十五条：经负责人批准可以延长，延长期限不得超过三十日"
    ),
}
DEFAULT_EXTENSION = ExtensionRule(1, 30, "calendar", "经负责人批准可以延长一次，不超过三十日")

SUSPENSION_GROUNDS: tuple[str, ...] = (
    "听证",
    "公告",
    "检验、检测、检疫",
    "鉴定",
    "专家评审",
    "等待有权机关的解释、确认或者裁判",
    "当事人原因暂时无法查清",
    "不可抗力",
    "其他依法可以中止的情形",
)


def extension_refusal(
    power_class: str, *, used: int, amount: int, unit: str, discussed: bool
) -> str:
    """Why this extension is not allowed; empty when it is (C3-13: counted, with a maximum)."""
    rule = EXTENSION_RULES.get(power_class, DEFAULT_EXTENSION)
    unit_word = "个工作日" if rule.unit == "working" else "天"
    if amount <= 0:
        return "请填写延长的天数，应当大于 0。"
    if used >= rule.times:
        return f"已经延期 {used} 次，不能再延。{rule.clause}。"
    if unit != rule.unit:
        return f"延长的期限应当按{'工作日' if rule.unit == 'working' else '自然日'}计算。"
    if rule.second_needs_discussion and used >= 1:
        return "" if discussed else "再次延期应当经负责人集体讨论决定，请确认已经集体讨论。"
    if amount > rule.amount:
        return f"一次最多延长 {rule.amount} {unit_word}。{rule.clause}。"
    return ""
