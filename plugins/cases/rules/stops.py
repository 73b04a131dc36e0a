# SPDX-License-Identifier: Apache-2.0
"""The statutory hard stops: the few things that lock the button instead of lighting a lamp.

Everything else is an alarm of the inspection plugin and never blocks the case (S1-23). Which
of the two a fault is, is written down once, in the table below (domain handbook B19).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.cases.rules.definition import Definition, Step
from plugins.cases.rules.event import Decision, Officer
from plugins.cases.rules.flow import SUBMITTED, VisitLine, latest_submitted, unavoidable
from plugins.cases.rules.joint import Word, joint_standing

PASSING_OPINIONS = ("同意", "通过", "审核通过")
WAIVER_KEYS = ("waived", "waiver")


@dataclass(frozen=True, slots=True)
class Stop:
    """One reason why the law does not allow the act, with its clause and the way out."""

    code: str
    text: str
    clause: str
    cure: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What the hard stops look at when a step is submitted."""

    definition: Definition
    step: Step
    visits: Sequence[VisitLine]
    officers: Sequence[Officer]
    actor: int
    decision: Decision | None
    evidence_by_visit: Mapping[int, Mapping[str, int]]
    """Valid files by visit and control."""
    body_kind: str = "body"
    """The kind of organisation that handles the case; ``entrusted`` is 受委托."""
    recused: Sequence[int] = ()
    words: Sequence[Word] = ()
    """What was signed at this entry of a joint step."""


def _two_officers(m: Moment) -> Stop | None:
    if not m.step.strict_officers or m.step.min_officers <= 0:
        return None
    qualified = sum(1 for o in m.officers if o.qualified)
    if qualified >= m.step.min_officers:
        return None
    bad = "、".join(o.name for o in m.officers if not o.qualified)
    return Stop(
        "two_officers",
        f"{m.step.title}应当由 {m.step.min_officers} 名以上具有执法资格的人员办理，"
        f"现在合格 {qualified} 名。",
        "《行政处罚法》第四十二条",
        f"在环节授权中增加合格的执法人员{f'，或请填报人员补录{bad}的证件' if bad else ''}。",
    )


def _passed(definition: Definition, visit: VisitLine) -> bool:
    """Whether a legal review ended in agreement: 同意, not 不同意 or 建议修改."""
    form = definition.form_of(definition.step(visit.step))
    controls = form.of_type("outcome") or tuple(
        c
        for c in form.of_type("choice")
        if any(o.value.startswith(PASSING_OPINIONS) for o in c.options)
    )
    if not controls:
        return True
    control = controls[0]
    value = str(visit.values.get(control.key) or "")
    if control.type == "outcome" and control.negative:
        return bool(value) and value not in control.negative
    return value.startswith(PASSING_OPINIONS)


def _deciding(m: Moment) -> bool:
    """Only a positive decision needs the guarantees: nobody is heard before being let go."""
    return m.step.kind == "decision" and m.decision is not None and not m.decision.negative


def _legal_review(m: Moment) -> Stop | None:
    if not _deciding(m):
        return None
    for step in m.definition.of_kind("legal_review"):
        visit = latest_submitted(m.visits, (step.key,))
        if visit is not None and visit.prior:
            continue
        needed = unavoidable(m.definition, step.key, m.step.key)
        if (visit is None and needed) or (visit is not None and not _passed(m.definition, visit)):
            said = "没有经过法制审核" if visit is None else "法制审核没有通过"
            return Stop(
                "legal_review",
                f"本案{said}，不得作出决定。",
                "《行政处罚法》第五十八条",
                f"回退到{step.title}，审核同意后再作决定。",
            )
    return None


def _notice(m: Moment) -> Stop | None:
    if not _deciding(m) or m.definition.power_class != "penalty":
        return None
    steps = m.definition.of_kind("notice")
    if not steps:
        return None
    clause = "《行政处罚法》第四十四条、第六十二条"
    visit = latest_submitted(m.visits, tuple(s.key for s in steps))
    if visit is None:
        return Stop(
            "notice",
            "没有把拟作出的处罚内容及事实、理由、依据和权利告知当事人，不得作出决定。",
            clause,
            f"回退到{steps[0].title}，送达告知书并上传回证。",
        )
    if visit.prior or any(bool(visit.values.get(k)) for k in WAIVER_KEYS):
        return None
    form = m.definition.form_of(m.definition.step(visit.step))
    counts = m.evidence_by_visit.get(visit.id, {})
    missing = [
        c.title for c in form.of_type("evidence") if counts.get(c.key, 0) < max(c.min_count, 0)
    ]
    if missing:
        return Stop(
            "notice",
            f"事先告知缺少{'、'.join(missing)}，当事人也没有明确放弃陈述申辩，不得作出决定。",
            clause,
            f"在{m.definition.step(visit.step).title}补传{'、'.join(missing)}。",
        )
    return None


def _coercion_by_entrusted(m: Moment) -> Stop | None:
    if not (m.step.coercive and m.body_kind == "entrusted"):
        return None
    return Stop(
        "entrusted_coercion",
        f"{m.step.title}是行政强制措施，不得由受委托的单位实施。",
        "《行政强制法》第十七条",
        "请移交委托机关办理。",
    )


def _recusal(m: Moment) -> Stop | None:
    if m.actor in m.recused:
        return Stop(
            "recused",
            "你已经申请回避，不能再办理本案。",
            "《行政处罚法》第四十三条",
            "请负责人另行指定办理人。",
        )
    names = [o.name for o in m.officers if o.person in m.recused]
    if names:
        return Stop(
            "recused",
            f"{'、'.join(names)}已经申请回避，不能办理本环节。",
            "《行政处罚法》第四十三条",
            "在环节授权中移除该人员。",
        )
    return None


def _reviewer_apart(m: Moment) -> Stop | None:
    if m.step.kind != "legal_review":
        return None
    handled = {
        v.submitted_by
        for v in m.visits
        if v.state == SUBMITTED
        and m.definition.step(v.step).kind
        not in ("legal_review", "approval", "discussion", "publication")
    }
    if m.actor not in handled:
        return None
    return Stop(
        "reviewer_apart",
        "你办理过本案的调查环节，不能再做本案的法制审核。",
        "《行政处罚法》第五十八条",
        "请法制机构的其他审核人员办理。",
    )


def _joint(m: Moment) -> Stop | None:
    if m.step.joint is None:
        return None
    standing = joint_standing(m.step.joint, [(o.person, o.name) for o in m.officers], m.words)
    if not standing.refusal:
        return None
    return Stop(
        "joint",
        standing.refusal.rstrip("。"),
        "本事项的流程规定本环节会签",
        "请授权的人员分别会签；意见不一致的，研究后重新会签或者回退。",
    )


STOPS: tuple[Callable[[Moment], Stop | None], ...] = (
    _recusal,
    _coercion_by_entrusted,
    _reviewer_apart,
    _two_officers,
    _legal_review,
    _notice,
    _joint,
)
"""In the order in which they are told: the person first, then the steps before."""


def hard_stops(moment: Moment) -> tuple[Stop, ...]:
    """Every reason why the step may not be submitted now; empty when it may."""
    found: list[Stop] = []
    for rule in STOPS:
        stop = rule(moment)
        if stop is not None:
            found.append(stop)
    return tuple(found)


def describe_values(stops: Sequence[Stop]) -> dict[str, Any]:
    """The stops as primitives, for the event of a refused attempt."""
    return {s.code: {"text": s.text, "clause": s.clause} for s in stops}
