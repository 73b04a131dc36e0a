# SPDX-License-Identifier: Apache-2.0
"""Time in logs: between two activities or of the whole case, and what must follow and never does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugins.inspection.rules.days import due_by, end_of, surely_in_time
from plugins.inspection.rules.kinds.base import Kind, Runner, Sparing, ending, silent
from plugins.inspection.rules.logs.select import (
    Selector,
    WrongPoint,
    alarm,
    applies,
    instant,
    need,
    quiet,
    read,
)
from plugins.inspection.rules.model import Event, Limit, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import deadline as words_of
from plugins.inspection.rules.words import limit as limit_words
from plugins.inspection.rules.words import moment

MARK = "M1"

Due = Callable[[CaseView, Event | None], "datetime | None"]


def zone_of(point: Point) -> ZoneInfo:
    name = point.params.get("timezone", "Asia/Shanghai")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise WrongPoint(f"监察点 {point.key}：没有时区 {name}") from error


def _limit(point: Point, name: str = "limit") -> Limit:
    spec = need(point, name)
    try:
        found = Limit(amount=int(spec["amount"]), unit=str(spec.get("unit", "working")))
    except (TypeError, KeyError, ValueError) as error:
        raise WrongPoint(
            f'监察点 {point.key}：{name} 要写成 {{ amount = 15, unit = "working" }}'
        ) from error
    if found.amount < 0:
        raise WrongPoint(f"监察点 {point.key}：{name} 不能是负数")
    return found


def _due(point: Point, calendar: Calendar | None) -> tuple[Due, str]:
    """How the due instant of a case follows, and how the limit is said."""
    zone = zone_of(point)
    attribute = point.params.get("deadline")
    if attribute:
        whole_day = point.params.get("deadline_ends", "instant") == "day"
        grace = (
            due_by(_limit(point, "grace"), zone, calendar) if point.params.get("grace") else None
        )
        known: dict[object, datetime | None] = {}

        def by_attribute(view: CaseView, event: Event | None) -> datetime | None:
            raw = read(event, view, attribute)
            if raw is None:
                return None
            try:
                return known[raw]
            except KeyError:
                if len(known) > _REMEMBERED:
                    known.clear()
                at = instant(raw)
                if at is not None and whole_day:
                    at = end_of(at.astimezone(zone).date(), zone)
                if at is not None and grace is not None:
                    at = grace(at)
                known[raw] = at
                return at

        return by_attribute, f"案件自带的期限 {attribute}"
    limit = _limit(point)
    try:
        count = due_by(limit, zone, calendar, roll_over=bool(point.params.get("roll_over", False)))
    except ValueError as error:
        raise WrongPoint(f"监察点 {point.key}：{error}") from error

    def by_limit(_view: CaseView, event: Event | None) -> datetime | None:
        return count(event.at) if event is not None else None

    return by_limit, limit_words(limit.amount, limit.unit)


_REMEMBERED = 10_000


def compile_between(point: Point, calendar: Calendar | None) -> Runner | Sparing:
    whole = point.params.get("of") == "case"
    by_attribute = bool(point.params.get("deadline"))
    start = None
    if not whole and (point.params.get("from") or not by_attribute):
        start = Selector(need(point, "from"), point, point.params.get("from_occurrence", "first"))
    end = (
        None
        if whole
        else Selector(need(point, "to"), point, point.params.get("to_occurrence", "first"))
    )
    due_of, said = _due(point, calendar)
    safe = None if by_attribute else surely_in_time(_limit(point))
    missing = point.params.get("if_missing", "wait")
    if missing not in {"wait", "ignore", "fire"}:
        raise WrongPoint(f"监察点 {point.key}：if_missing 只能是 wait、ignore 或 fire")
    when = applies(point)
    colour = point.colour or "red"
    zone = zone_of(point)
    tail = ending(colour)

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, MARK, "not_applicable", "案件不符合监察点的条件。"))
            return
        events = view.events
        if not events:
            return
        if start is None:
            begun = events[0]
        else:
            first = start.one(view)
            if first is None:
                if explain:
                    reason = f"没有「{start.title}」，没有开始计时。"
                    out.append(quiet(point, MARK, "not_applicable", reason))
                return
            begun = first
        done = events[-1] if end is None else end.one(view)
        if safe is not None and not explain and done is not None and done.at - begun.at <= safe:
            return
        due = due_of(view, begun)
        if due is None:
            if explain:
                out.append(quiet(point, MARK, "undecided", "案件没有可用的期限。", begun))
            return
        if done is None:
            late = missing == "fire" or (
                missing == "wait" and view.until is not None and view.until > due
            )
            if late:
                sentence = (
                    f"「{end.title if end else '案件'}」应在 {words_of(due, zone)} 前完成"
                    f"（{said}），一直没有{tail}"
                )
                detail = {"due": due.isoformat()}
                out.append(
                    alarm(
                        point, MARK, colour, begun, sentence, at=max(due, begun.at), detail=detail
                    )
                )
            elif explain:
                out.append(quiet(point, MARK, "undecided", "还没有办完，也没有到期。", begun))
            return
        if done.at > due:
            sentence = (
                f"「{done.step}」应在 {words_of(due, zone)} 前完成（{said}），"
                f"实际 {moment(done.at, zone)}，超出 {_over(done.at - due)}{tail}"
            )
            events_used = (begun.seq, done.seq) if begun.seq != done.seq else (done.seq,)
            detail = {"due": due.isoformat(), "done": done.at.isoformat()}
            out.append(
                alarm(point, MARK, colour, done, sentence, events=events_used, detail=detail)
            )
        elif explain:
            reason = f"{moment(done.at, zone)} 完成，期限 {words_of(due, zone)}。"
            out.append(quiet(point, MARK, "passed", reason, done))

    if start is None:
        return run
    begins = start.named
    return Sparing(run, lambda view: not begins(view))


def _over(span: timedelta) -> str:
    if span >= timedelta(days=1):
        return f"{span.days} 天"
    hours = span.total_seconds() / 3600
    return f"{hours:.1f} 小时"


def compile_follow(point: Point, calendar: Calendar | None) -> Runner | Sparing:
    after = Selector(need(point, "after"), point, "last")
    then = Selector(need(point, "then"), point)
    unless = Selector(point.params["unless"], point) if point.params.get("unless") else None
    each = bool(point.params.get("each", False))
    within = None
    if point.params.get("limit"):
        within = _due(point, calendar)
    when = applies(point)
    colour = point.colour or "red"
    tail = ending(colour)
    zone = zone_of(point)

    def judge_one(view: CaseView, first: Event, out: list[Verdict], explain: bool) -> None:
        order = (first.at, first.seq)
        follower = next((e for e in then.all(view) if (e.at, e.seq) > order), None)
        nth = f"e{first.seq}" if each else ""
        if within is None:
            if follower is None:
                sentence = f"「{first.step}」之后应有「{then.title}」，一直没有{tail}"
                out.append(alarm(point, MARK, colour, first, sentence, occurrence=nth))
            elif explain:
                out.append(quiet(point, MARK, "passed", f"之后有「{follower.step}」。", follower))
            return
        due_of, said = within
        due = due_of(view, first)
        if due is None:
            return
        if follower is None and view.until is not None and view.until <= due:
            if explain:
                out.append(quiet(point, MARK, "undecided", "还没有到期。", first))
            return
        if follower is None or follower.at > due:
            what = "一直没有" if follower is None else f"{moment(follower.at, zone)} 才有"
            sentence = f"「{first.step}」之后 {said}内应有「{then.title}」，{what}{tail}"
            used = (first.seq,) if follower is None else (first.seq, follower.seq)
            out.append(
                alarm(point, MARK, colour, first, sentence, at=due, occurrence=nth, events=used)
            )
        elif explain:
            out.append(quiet(point, MARK, "passed", f"之后有「{follower.step}」。", follower))

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, MARK, "not_applicable", "案件不符合监察点的条件。"))
            return
        if unless is not None and unless.one(view) is not None:
            if explain:
                reason = f"有「{unless.title}」，不要求后续。"
                out.append(quiet(point, MARK, "not_applicable", reason))
            return
        if each:
            firsts = after.all(view)
        else:
            last = after.one(view)
            firsts = () if last is None else (last,)
        for first in firsts:
            judge_one(view, first, out, explain)
        if explain and not firsts:
            out.append(quiet(point, MARK, "not_applicable", f"没有「{after.title}」。"))

    asked = [each for each in (after, then, unless) if each is not None]
    if within is None and when is None and all(each.unconditional for each in asked):
        return Sparing(run, silent(run))
    return Sparing(run, lambda view: not after.named(view))


TIME_BETWEEN = Kind(
    "time_between",
    "办理时限（日志）",
    MARK,
    "red",
    compile_between,
    params={
        "of": "case = 全案",
        "from": "起点活动",
        "from_occurrence": "first、last",
        "to": "终点活动",
        "to_occurrence": "first、last",
        "limit": "期限",
        "deadline": "案件自带期限的属性",
        "deadline_ends": "instant、day",
        "grace": "期限以外的宽限",
        "roll_over": "遇休息日顺延",
        "if_missing": "wait、ignore、fire",
        "when": "条件",
    },
)
MUST_FOLLOW = Kind(
    "must_follow",
    "应有的后续",
    MARK,
    "red",
    compile_follow,
    params={
        "after": "活动",
        "then": "应有的后续",
        "unless": "有此活动则不要求",
        "each": "每一次都要求",
        "limit": "期限",
        "deadline": "案件自带期限的属性",
        "deadline_ends": "instant、day",
        "grace": "宽限",
        "roll_over": "遇休息日顺延",
        "when": "条件",
    },
)
