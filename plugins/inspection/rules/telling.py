# SPDX-License-Identifier: Apache-2.0
"""Events and verdicts in the words of the pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from plugins.inspection.rules.kinds import decision_basis, discretion
from plugins.inspection.rules.model import Check, Event, Point, Verdict
from plugins.inspection.rules.words import deadline, yuan

ACTS = {
    "opened": "新建案件",
    "authorised": "环节授权",
    "step_entered": "进入",
    "step_submitted": "提交",
    "rolled_back": "回退",
    "recalled": "撤回提交",
    "corrected": "更正",
    "evidence_added": "上传证据",
    "evidence_voided": "作废证据",
    "suspended": "中止",
    "resumed": "恢复办理",
    "extended": "延期",
    "transferred": "移交",
    "delegated": "委托办理",
    "payment_recorded": "登记缴款",
    "closed": "办结",
    "attempt_refused": "提交未通过",
    "archived_note": "归档补记",
    "signed": "会签",
    "version_moved": "改按新版办理",
    "handed_over": "移送其他单位",
    "document_issued": "制作文书",
    "document_served": "送达文书",
    "document_voided": "作废文书",
    "disclosed": "公示",
    "archived": "归档",
    "clock_lapsed": "期限届满",
}

COLOUR_OF = {"fired": "", "passed": "ok", "not_applicable": "wait", "undecided": "wait"}


def event_words(event: Event) -> str:
    """One line of the table of events a verdict rests on."""
    act = ACTS.get(event.kind, event.kind)
    step = f"「{event.step_title or event.step}」" if event.step else ""
    if event.kind == "clock_lapsed" and event.lapse is not None:
        due = f"（{deadline(event.lapse.due_at)}）" if event.lapse.due_at else ""
        return f"{event.lapse.title or '期限'}届满{due}"
    if event.kind == "rolled_back":
        return f"{step}回退到「{event.to_title or event.to_step}」"
    if event.decision is not None:
        amount = f"，{yuan(event.decision.amount)}" if event.decision.amount else ""
        return f"{act}{step}，决定：{event.decision.outcome}{amount}"
    if event.kind == "payment_recorded" and event.payments:
        return f"登记缴款，累计 {yuan(sum(p.amount for p in event.payments))}"
    if event.kind in {"suspended", "resumed", "extended", "closed"} and event.reason:
        return f"{act}：{event.reason}"
    return f"{act}{step}"


def event_who(event: Event) -> str:
    if event.kind == "clock_lapsed":
        return "系统"
    return event.by or "、".join(o.name for o in event.officers[:3])


def event_files(event: Event) -> list[Mapping[str, Any]]:
    """The evidence in an event: names and hashes."""
    files = [
        {"id": f.id, "name": f.name, "sha256": f.sha256}
        for held in event.evidence.values()
        for f in held.files
    ]
    vouchers = [
        {"id": 0, "name": f"缴款凭证 {i}", "sha256": v}
        for p in event.payments
        for i, v in enumerate(p.vouchers, 1)
    ]
    return [*files, *vouchers]


def checks(verdict: Verdict) -> list[dict[str, str]]:
    """The conditions of a verdict, for the list 「为什么」: what held first, what broke last."""
    found = []
    for check in sorted(verdict.checks, key=lambda c: c.ok is False):
        words = []
        if check.need:
            words.append(f"要求：{check.need}")
        if check.have:
            words.append(f"实际：{check.have}")
        colour = "wait" if check.ok is None else "ok" if check.ok else verdict.colour or "red"
        found.append({"colour": colour, "title": check.title, "text": "。".join(words)})
    return found


def equation(verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {"title": p.title, "value": p.value, "note": p.note, "bad": p.bad, "sign": p.sign}
        for p in verdict.equation
    ]


def sentence_parts(verdict: Verdict) -> tuple[str, str, str]:
    """The sentence with the figure that is wrong apart, so that it can stand out."""
    sentence = verdict.sentence
    for part in verdict.equation:
        if part.bad:
            for word in ("少 ", "多 ", "超出上限 ", "低于下限 "):
                before, found, after = sentence.partition(f"{word}{part.value}")
                if found:
                    return before, found, after
    return sentence, "", ""


def in_one_version(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Of several versions of a point, the one that really judged, else the newest."""
    groups: dict[tuple[Any, ...], list[Verdict]] = {}
    for v in verdicts:
        place = (v.point, v.mark, v.step, v.visit, v.occurrence)
        groups.setdefault(place, []).append(v)
    kept = []
    for group in groups.values():
        decided = [v for v in group if v.result in {"fired", "passed"}]
        kept += decided or [max(group, key=lambda v: v.version)]
    # A point that judged somewhere needs no second line that it waits or does not apply.
    spoken = {(v.point, v.mark, v.step) for v in kept if v.visit}
    return [v for v in kept if v.visit or (v.point, v.mark, v.step) not in spoken]


def tier_and_why(verdict: Verdict) -> tuple[str, str]:
    """Of a verdict on discretion: the band with its range, and why it is this one.

    Both empty for any other verdict.
    """
    if verdict.kind != discretion.KEY:
        return "", ""
    by_title = {c.title: c for c in verdict.checks}
    band, ranged = by_title.get(discretion.BAND), by_title.get(discretion.RANGE)
    said = f"{band.have}，{ranged.need}" if band and ranged else band.have if band else ""
    chosen = by_title.get(discretion.STANDARD)
    because = [
        f"{c.title.removeprefix(discretion.BECAUSE)}，填的是 {c.have}"
        for c in verdict.checks
        if c.title.startswith(discretion.BECAUSE)
    ]
    return said, "；".join([*([chosen.have] if chosen else []), *because])


def one_line_each(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Both cases of a 决定依据 point (S1-17) on one line while neither would light a lamp.

    The hint would else list the same point twice in the same words. As soon as one of the two
    fires they are two records, and stand apart.
    """
    pairs: dict[tuple[Any, ...], list[Verdict]] = {}
    for v in verdicts:
        pairs.setdefault((v.point, v.kind, v.step, v.visit, v.occurrence, v.version), []).append(v)
    kept: list[Verdict] = []
    for pair in pairs.values():
        if (
            len(pair) == _BOTH
            and pair[0].kind == decision_basis.KEY
            and pair[0].result == pair[1].result != "fired"
        ):
            kept.append(_both_cases(*pair))
        else:
            kept += pair
    return kept


_BOTH = 2


def _both_cases(basis: Verdict, negative: Verdict) -> Verdict:
    passed = basis.result == "passed"
    said = (
        f"填写了依据；“{negative.checks[-1].have}”不是否定性决定"
        if passed
        else f"{basis.reason.rstrip('。')}，有没有依据、是不是否定性决定都不判断"
    )
    both = Check("填写依据，不是否定性决定", "", said, ok=True if passed else None)
    held = (*basis.checks, *negative.checks[1:]) if passed else ()
    return replace(basis, mark="M5", reason=f"{said}。", checks=(*held, both))


def by_step(
    verdicts: Sequence[Verdict], points: Sequence[Point], titles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Verdicts under the steps they speak of, in the order of the flow, worst first."""
    order = [key for p in points for key in p.steps]
    keys = list(dict.fromkeys([*order, *(v.step for v in verdicts)]))
    names = {key: title for p in points for key, title in p.steps.items()}
    rank = {"fired": 0, "undecided": 1, "passed": 2, "not_applicable": 3}
    groups = []
    for key in keys:
        lines = sorted((v for v in verdicts if v.step == key), key=lambda v: rank[v.result])
        if lines:
            groups.append(
                {
                    "key": key,
                    "title": names.get(key) or (lines[0].step_title if key else "全案"),
                    "lines": [_line(v, titles) for v in lines],
                }
            )
    return groups


def _line(verdict: Verdict, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "point": verdict.point,
        "title": verdict.title or verdict.point,
        "kind": titles.get(verdict.kind, verdict.kind),
        "mark": verdict.mark,
        "colour": verdict.colour if verdict.result == "fired" else COLOUR_OF[verdict.result],
        "result": verdict.result,
        "visit": verdict.visit,
        "version": verdict.version,
        "text": verdict.sentence or verdict.reason,
        "checks": checks(verdict),
        "clause": verdict.clause,
        "key": verdict.key,
    }
