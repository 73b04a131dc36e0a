# SPDX-License-Identifier: Apache-2.0
"""How the engine hears of acts, answers gates and names its alarms."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, literal, rows, scope_conditions
from core.api.facts import Fact, Place, SubjectRef
from core.api.gates import Blocker
from core.api.plugin import SubjectLabel
from plugins.inspection.queries import STATE_TITLES, find_alarm
from plugins.inspection.rules import telling
from plugins.inspection.rules.model import COLOUR_TITLES, Verdict
from plugins.inspection.services import life
from plugins.inspection.services.judging import ALARM, judge_case, verdicts_of
from plugins.inspection.services.noticing import tell_collected, tell_of_alarm
from plugins.inspection.services.rulesets import keep_rules, kinds
from plugins.inspection.services.silences import end_due_silences
from plugins.inspection.services.trials.beginning import begin_trial, find_trial
from plugins.inspection.services.trials.gate import may_take_effect
from plugins.inspection.services.trials.running import carry_on

__all__ = ["carry_on", "may_take_effect", "tell_collected", "tell_of_alarm"]


async def on_rules(fact: Fact) -> None:
    """A power item version came into force."""
    await keep_rules(fact.payload)


async def on_case(fact: Fact) -> None:
    """Something happened in a case, or a clock of one ran out."""
    await judge_case(fact)


async def on_draft_submitted(fact: Fact) -> None:
    """A draft goes its way of approval: who decides has its effect before him (C4-17)."""
    await begin_trial(fact.payload, fact.place, again=False)


async def on_trial_requested(fact: Fact) -> None:
    """Somebody asked for a trial on the draft's page."""
    await begin_trial(fact.payload, fact.place, again=True)


def of_case(fact: Fact) -> Sequence[SubjectRef]:
    """Two judgements of one case never run side by side."""
    return (fact.subject,)


def of_alarms(fact: Fact) -> Sequence[SubjectRef]:
    return tuple(SubjectRef(ALARM, int(each)) for each in fact.payload.get("alarms") or ())


on_issued = life.order_issued
on_replied = life.order_replied
on_returned = life.order_returned
on_revoked = life.order_revoked
on_upheld = life.order_upheld


# Gates ----------------------------------------------------------------------------------------


async def before_submit(
    subjects: Sequence[SubjectRef], _on_date: date, draft: Mapping[str, Any] | None
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """What would be said if the draft were submitted now: 「若现在提交：…」."""
    answers: dict[SubjectRef, Sequence[Blocker]] = {}
    if draft is None:
        return answers
    known = kinds()
    for subject in subjects:
        verdicts, _, acting = await verdicts_of(subject.id, draft)
        if acting is None:
            continue
        said = [
            v for v in verdicts if v.moment == acting.seq or (v.result == "fired" and not v.moment)
        ]
        answers[subject] = [
            _hint(v, subject, known.title(v.kind))
            for v in sorted(telling.one_line_each(said), key=_worst_first)
        ]
    return answers


_RANK = {"fired": 0, "undecided": 2, "passed": 3, "not_applicable": 4}


def _worst_first(verdict: Verdict) -> tuple[int, str]:
    return _RANK[verdict.result] + (verdict.colour == "yellow"), verdict.point


def _hint(verdict: Verdict, subject: SubjectRef, kind_title: str) -> Blocker:
    broken = next((c for c in verdict.checks if c.ok is False), None)
    # Of several checks that held, the last one says what was really asked.
    shown = broken or (verdict.checks[-1] if verdict.checks else None)
    colour = verdict.colour or {"passed": "ok"}.get(verdict.result, "wait")
    tier, why = telling.tier_and_why(verdict)
    return Blocker(
        f"inspection.{verdict.mark}",
        verdict.sentence or verdict.reason,
        subject,
        {
            "colour": colour,
            "point": verdict.point,
            "title": verdict.title,
            "kind": kind_title,
            "mark": verdict.mark,
            "result": verdict.result,
            "headline": _short(verdict),
            "control": str(verdict.detail.get("control", "")),
            "what": shown.title if shown else "",
            "need": shown.need if shown else "",
            "have": tier or (shown.have if shown else ""),
            "why": why,
            "cure": verdict.cure,
        },
    )


def _short(verdict: Verdict) -> str:
    """What is lacking in two words, 「现场照片 0/1」; the step is the one on the screen anyway."""
    lacking = [f"{c.title} {c.have}" for c in verdict.checks if c.ok is False and "/" in c.have]
    return "、".join(lacking) or verdict.headline


async def may_be_ordered(
    subjects: Sequence[SubjectRef], _on_date: date, _draft: Mapping[str, Any] | None
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """An alarm stands under one order at a time, and only while nothing was decided about it."""
    found = {
        r["id"]: r
        for r in await rows(
            "select id, state, order_number, headline from inspection_alarm"
            " where id = any($1::int8[])",
            [s.id for s in subjects],
        )
    }
    answers: dict[SubjectRef, Sequence[Blocker]] = {}
    for subject in subjects:
        alarm = found.get(subject.id)
        if alarm is None:
            answers[subject] = [Blocker("inspection.no_alarm", "没有这条报警。", subject)]
        elif alarm["state"] != "raised":
            under = f"，{alarm['order_number']}" if alarm["order_number"] else ""
            answers[subject] = [
                Blocker(
                    "inspection.not_new",
                    f"报警“{alarm['headline']}”{STATE_TITLES[alarm['state']]}{under}，"
                    "不能再次发起督办。",
                    subject,
                )
            ]
    return answers


# Naming ---------------------------------------------------------------------------------------


async def describe_alarm(alarm: int, scope: Scope) -> SubjectLabel | None:
    found = await find_alarm(alarm, scope)
    if found is None:
        return None
    return SubjectLabel(
        f"{COLOUR_TITLES[found['colour']]}：{found['headline']}",
        f"/inspection/alarms/{alarm}",
        found["case_number"],
    )


async def find_alarms(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    where, args = scope_conditions(scope, "a", start=2)
    found = await rows(
        "select a.id, a.colour, a.headline, a.case_number from inspection_alarm a"
        " where (a.case_number || ' ' || a.party || ' ' || a.headline) ilike '%' || $1 || '%'"
        f" and {where} order by a.raised_at desc limit 10",
        literal(text),
        *args,
    )
    return [
        SubjectLabel(
            f"{COLOUR_TITLES[r['colour']]}：{r['headline']}",
            f"/inspection/alarms/{r['id']}",
            r["case_number"],
        )
        for r in found
    ]


async def describe_notice(notice: int, scope: Scope) -> SubjectLabel | None:
    where, args = scope_conditions(scope, "n", start=2)
    found = await rows(
        f"select cardinality(n.alarms) as count from inspection_notice n where n.id = $1 and {where}",
        notice,
        *args,
    )
    if not found:
        return None
    return SubjectLabel(f"{found[0]['count']} 条报警", f"/inspection/alarms?tab=&notice={notice}")


async def describe_silence(_silence: int, _scope: Scope) -> SubjectLabel | None:
    return SubjectLabel("静默", "/inspection/silences")


async def describe_trial(trial: int, scope: Scope) -> SubjectLabel | None:
    found = await find_trial(trial)
    if found is None or not scope.sees(Place(found["region_lo"], found["org_lo"])):
        return None
    return SubjectLabel(f"试运行：{found['title']}", f"/inspection/trials/{trial}")


# Crons ----------------------------------------------------------------------------------------


async def announce_ended_silences(_payload: Mapping[str, Any]) -> None:
    await end_due_silences()
