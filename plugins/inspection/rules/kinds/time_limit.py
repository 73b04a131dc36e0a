# SPDX-License-Identifier: Apache-2.0
"""M1 办理时限: past the limit of a step or of a stage; red; once per entry (S1-22).

The due date is the case's own clock, computed, paused and extended by the deadline service; the
engine only compares. The sentence speaks of the due date alone, so the alarm reads the same
whether the sweep found it or a late submit did.
"""

from datetime import datetime, timedelta
from typing import Any

from plugins.inspection.rules.kinds.base import Kind, Runner, ending, in_force, verdict
from plugins.inspection.rules.model import Check, ClockFace, Event, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import deadline, limit

KEY = "time_limit"
MARK = "M1"


A_SECOND = timedelta(seconds=1)


def is_late(at: datetime, due: datetime) -> bool:
    """A deadline day ends with 23:59:59; from the next second on it is missed."""
    return at - due >= A_SECOND


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    of_stage = point.params.get("of") == "stage" or bool(point.stage and not point.step)
    face = "stage" if of_stage else "step"

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        spans = _stage_spans(view, point.stage) if of_stage else _step_spans(view, point.step)
        for span in spans:
            found = _judge_span(point, face, span, view, explain)
            if found is not None and (explain or found.result == "fired"):
                out.append(found)
        if explain and not spans:
            title = _title(point, face, None)
            out.append(
                verdict(
                    point,
                    KEY,
                    "undecided",
                    mark=MARK,
                    reason=f"还没有进入「{title}」，没有开始计时。",
                )
            )

    return run


class Span:
    """One entry of a step or stage: its events in time order and the one that ended it."""

    __slots__ = ("ended", "events", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.events: list[Event] = []
        self.ended: Event | None = None


def _step_spans(view: CaseView, step: str) -> list[Span]:
    """Entries of a step, kept apart by the visit; suspension of the case counts for the open one."""
    spans: dict[int, Span] = {}
    current: Span | None = None
    for event in view.events:
        if event.kind in {"attempt_refused", "clock_lapsed"}:
            continue
        # An entering event may speak of the step it leads to only by `step` and `visit`.
        if event.step == step:
            span = spans.get(event.visit)
            if span is None:
                span = spans[event.visit] = Span(event.visit)
            if span.ended is None:
                span.events.append(event)
                current = span
                if event.kind in {"step_submitted", "rolled_back", "closed"}:
                    span.ended = event
                    current = None
        elif current is not None and event.kind in _ANYWHERE:
            current.events.append(event)
            if event.kind == "closed":
                current.ended = event
                current = None
        elif current is not None and event.kind in {"step_entered", "rolled_back"}:
            current.ended = event
            current = None
    return list(spans.values())


_ANYWHERE = {"suspended", "resumed", "extended", "closed"}


def _stage_spans(view: CaseView, stage: str) -> list[Span]:
    """Entries of a stage, kept apart by the start of its clock: a rollback inside continues it."""
    spans: dict[object, Span] = {}
    current: Span | None = None
    for event in view.events:
        if event.kind in {"attempt_refused", "clock_lapsed"}:
            continue
        if event.stage == stage:
            clock = event.clocks.get("stage")
            mark = clock.started_at if clock else None
            if current is not None and mark is None:
                span = current
            else:
                span = spans.setdefault(mark, Span(len(spans) + 1))
            span.ended = event if event.kind == "closed" else None
            span.events.append(event)
            current = span
        elif current is not None:
            if event.kind in {"suspended", "resumed"}:
                current.events.append(event)
            elif event.kind in {"step_entered", "closed"}:
                current.ended = event
                current = None
    return list(spans.values())


def _judge_span(
    point: Point, face: str, span: Span, view: CaseView, explain: bool
) -> Verdict | None:
    """What a point says of one entry; None for what nobody asked to read: that it did not fire."""
    due: datetime | None = None
    clock: ClockFace | None = None
    paused: Event | None = None
    used: list[int] = []
    for event in span.events:
        if due is not None and paused is None and is_late(event.at, due):
            return _late(point, face, span, clock, used, event.seq)
        if event.kind == "suspended":
            paused = event
        elif event.kind == "resumed":
            paused = None
        now = event.clocks.get(face)
        if now is not None and now.due_at is not None:
            if due != now.due_at or event.kind in {"suspended", "resumed", "extended"}:
                used.append(event.seq)
            due, clock = now.due_at, now
    last = span.ended
    looked = last.at if last is not None else view.now
    late = due is not None and looked is not None and paused is None and is_late(looked, due)
    if not explain and not late:
        return None
    title = _title(point, face, span)
    if due is None or clock is None:
        return _say(
            point, face, span, "not_applicable", f"「{title}」没有设定期限，或者这次进入没有计时。"
        )
    if looked is not None and not late and not in_force(point, looked):
        return _say(
            point, face, span, "not_applicable", f"当时第 {point.version} 版监察点没有生效。"
        )
    if last is not None:
        if paused is None and is_late(last.at, due):
            return _late(point, face, span, clock, used, last.seq)
        return _say(
            point,
            face,
            span,
            "passed",
            f"在 {deadline(due)} 前办结。"
            if paused is None
            else f"中止期间（{paused.reason or '原因见记录'}）办结，停止计时，不算超期。",
            (Check("按时办结", f"不晚于 {deadline(due)}", "按时"),),
            (*used, last.seq),
            last,
        )
    if paused is not None:
        return _say(
            point,
            face,
            span,
            "undecided",
            f"案件已中止（{paused.reason or '原因见记录'}），停止计时。",
            detail={"paused": True},
        )
    until = view.now
    if until is not None and is_late(until, due):
        return _late(point, face, span, clock, used, 0)
    return _say(point, face, span, "undecided", f"还没有到期，{deadline(due)} 到期。")


def _late(
    point: Point, face: str, span: Span, clock: ClockFace | None, used: list[int], seq: int
) -> Verdict:
    due = clock.due_at if clock else None
    if due is None:  # pragma: no cover - callers hold a clock with a due date
        raise ValueError("没有到期日")
    title = _title(point, face, span)
    if clock is not None and clock.provisional:
        return _say(
            point,
            face,
            span,
            "undecided",
            f"到期日 {deadline(due)} 是暂定的，跨到的年份还没有公布放假安排，不报红灯。",
        )
    at = due
    if due < point.since:
        if not point.new:
            return _say(point, face, span, "not_applicable", "到期时由上一版监察点判断。")
        at = point.since
        ended = span.ended
        if ended is not None and ended.at < point.since:
            return _say(point, face, span, "not_applicable", "办结在监察点生效以前，不溯及既往。")
    if at >= point.until:
        return _say(point, face, span, "not_applicable", "到期时由下一版监察点判断。")
    allowed = f"限 {limit(point.limit.amount, point.limit.unit)}，" if point.limit else ""
    colour = point.colour or "red"
    return verdict(
        point,
        KEY,
        "fired",
        mark=MARK,
        colour="red",
        step=_step_of(point, face, span),
        visit=span.number,
        occurrence=face,
        at=at,
        headline=f"{title}超期",
        sentence=f"「{title}」{allowed}应在 {deadline(due)} 前办结，到期没有办结{ending(colour)}",
        cure="尽快办结；以后按时办结。",
        checks=(
            Check("已经开始计时", "有期限", f"{allowed}{deadline(due)} 到期"),
            Check("没有中止", "到期时在计时", "在计时"),
            Check("按时办结", f"不晚于 {deadline(due)}", "到期没有办结", ok=False),
        ),
        events=tuple(dict.fromkeys(n for n in (*used, seq) if n)),
        detail={"due_at": due.isoformat(), "of": face},
    )


def _say(
    point: Point,
    face: str,
    span: Span,
    result: str,
    reason: str,
    checks: tuple[Check, ...] = (),
    events: tuple[int, ...] = (),
    event: Event | None = None,
    detail: dict[str, Any] | None = None,
) -> Verdict:
    return verdict(
        point,
        KEY,
        result,  # type: ignore[arg-type]
        mark=MARK,
        event=event,
        step=_step_of(point, face, span),
        visit=span.number,
        occurrence=face,
        at=event.at if event else (span.events[-1].at if span.events else None),
        reason=reason,
        checks=checks,
        events=events,
        detail=detail,
    )


def _step_of(point: Point, face: str, span: Span) -> str:
    """A stage's alarm stands with the point's step, else with the step the stage began in."""
    if face == "step" or point.step:
        return point.step
    return span.events[0].step if span.events else ""


def _title(point: Point, face: str, span: Span | None) -> str:
    if face == "stage":
        return point.stages.get(point.stage) or point.stage
    title = point.steps.get(point.step)
    if title:
        return title
    return (span.events[0].step_title if span and span.events else "") or point.step


KIND = Kind(
    key=KEY,
    title="办理时限",
    mark=MARK,
    colour="red",
    compile=compile_point,
    remedy="按时办结。",
    params={"of": "step 环节期限，stage 阶段期限"},
)
