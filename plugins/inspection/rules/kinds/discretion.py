# SPDX-License-Identifier: Apache-2.0
"""M6 自由裁量: a penalty not according to the discretion standard; red.

The band follows from the facts of the decision, not from the band the handler names; a named band
that the facts contradict is itself a departure, and so is a penalty for facts no band provides
for. Facts that are not entered leave the verdict open rather than accuse.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from plugins.inspection.rules.bands import (
    Choice,
    Reading,
    bounds,
    choose,
    holds,
    read,
    reasons,
    title_of,
)
from plugins.inspection.rules.kinds.base import (
    Kind,
    Runner,
    ending,
    in_force,
    not_in_force,
    not_reached,
    occurrence,
    verdict,
)
from plugins.inspection.rules.model import (
    Check,
    Decision,
    Event,
    Part,
    Point,
    Verdict,
)
from plugins.inspection.rules.view import Calendar, CaseView
from plugins.inspection.rules.words import short_yuan, yuan

__all__ = ["KEY", "KIND", "MARK", "bounds", "compile_point", "holds"]

KEY = "discretion"
MARK = "M6"
STANDARD = "适用的标准"
BAND = "适用的裁量阶次"
RANGE = "处罚金额在幅度内"
BECAUSE = "条件："
"""Titles of checks the hint before submitting looks for."""


def compile_point(point: Point, _calendar: Calendar | None) -> Runner:
    asked = _asked(point)

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        submits = view.submits(point.step)
        seen: dict[int, int] = {}
        for event in submits:
            found = _judge(point, event, occurrence(seen, event), view, asked, explain)
            if found is not None and (explain or found.result == "fired"):
                out.append(found)
        if explain and not submits:
            out.append(not_reached(point, KEY, MARK))

    return run


def _judge(
    point: Point, event: Event, nth: str, view: CaseView, asked: frozenset[str], explain: bool
) -> Verdict | None:
    """The verdict on one submit; None where nobody asked why nothing fired."""
    if not in_force(point, event.at):
        return not_in_force(point, KEY, MARK, event)

    def quiet(result: Any, reason: str, checks: tuple[Check, ...] = ()) -> Verdict:
        return verdict(
            point,
            KEY,
            result,
            mark=MARK,
            event=event,
            occurrence=nth,
            reason=reason,
            checks=checks,
        )

    decision = event.decision
    if point.standard is None:
        return quiet("undecided", "职权目录里没有这个监察点引用的裁量标准。")
    amount = _amount(point, event, decision)
    kinds = decision.kinds if decision else ()
    facts = _facts(event, view, asked)
    named = str(
        (decision.tier if decision else "")
        or event.values.get(point.params.get("tier_control", "tier"))
        or ""
    )
    choice = choose(
        point.standard, point.since, point.editions, _act_on(point, event, view), facts, named
    )
    standard = choice.standard
    reading = read(standard, facts, named)
    matched, possible, chosen, band = (
        reading.matched,
        reading.possible,
        reading.chosen,
        reading.band,
    )
    if amount is None and not kinds:
        if not explain:
            return None
        told = (
            ()
            if decision is not None and decision.negative
            else _why(point, choice, reading, facts)
        )
        return quiet("not_applicable", "这次提交没有作出处罚，没有要对照的幅度。", told)
    if not matched and not reading.contradicted:
        if reading.lacking:
            lacking = "、".join(title_of(key, point.controls) for key in reading.lacking)
            return quiet(
                "undecided",
                f"裁量事实没有填写（{lacking}），无法对照「{standard.title}」。",
            )
        return _without_standard(point, event, nth, choice)
    checks: list[Check] = []
    wrong: list[str] = []
    headline = ""
    equation: tuple[Part, ...] = ()
    if chosen is not None and chosen not in matched:
        should = "、".join(t.title or t.key for t in (matched or possible)) or "其他阶次"
        checks.append(Check("选用的阶次", should, chosen.title or chosen.key, ok=False))
        wrong.append(f"按事实应适用「{should}」，选用的是「{chosen.title or chosen.key}」")
        headline = f"裁量阶次应为{should}，选用{chosen.title or chosen.key}"
    if amount is not None and matched:
        ranges = [bounds(t, standard, facts) for t in matched]
        known = [r for r in ranges if r is not None]
        if not known:
            base = title_of(standard.base or "", point.controls)
            return quiet("undecided", f"计算基数（{base}）没有填写，算不出「{band}」的幅度。")
        fits = any(
            (lo is None or amount >= lo) and (hi is None or amount <= hi) for lo, hi in known
        )
        words = "或".join(_range(lo, hi) for lo, hi in known)
        gap_before = " " if words[0].isdigit() else ""
        checks.append(Check(RANGE, words, yuan(amount), fits))
        if not fits:
            gap, bound, over = _gap(amount, known)
            wrong.append(
                f"处罚金额 {yuan(amount)}，「{band}」的幅度是{gap_before}{words}，"
                f"{'超出上限' if over else '低于下限'} {yuan(gap)}"
            )
            headline = headline or (
                f"决定罚款{'超出裁量阶次上限' if over else '低于裁量阶次下限'} {short_yuan(gap)}"
            )
            equation = (
                Part("决定金额", yuan(amount)),
                Part("上限" if over else "下限", yuan(bound), band, sign="−" if over else "与"),
                Part("相差", yuan(gap), "允许 0.00 元", sign="=", bad=True),
            )
    allowed = {k for t in matched for k in t.kinds}
    extra = [k for k in kinds if k not in allowed] if matched and allowed else []
    if allowed:
        checks.append(
            Check(
                "处罚种类",
                "、".join(sorted(allowed)),
                "、".join(kinds) or "没有填写",
                not extra,
            )
        )
    if extra:
        wrong.append(f"处罚种类“{'、'.join(extra)}”不在「{band}」之内")
        headline = headline or f"处罚种类不在裁量阶次之内：{'、'.join(extra)}"
    if not wrong and not explain:
        return None
    checks[:0] = _why(point, choice, reading, facts, ranged=amount is None)
    detail = {
        "amount": amount,
        "tiers": [t.key for t in matched],
        "named": named,
        "control": point.params.get("amount_control", "amount"),
    }
    if choice.former is not None:
        detail["edition"] = choice.former.version
    if not wrong:
        return verdict(
            point,
            KEY,
            "passed",
            mark=MARK,
            event=event,
            occurrence=nth,
            reason="；".join(f"{c.title}：{c.have}" for c in checks),
            checks=tuple(checks),
            detail=detail,
        )
    return verdict(
        point,
        KEY,
        "fired",
        mark=MARK,
        event=event,
        occurrence=nth,
        headline=headline,
        sentence=f"对照{_named(choice)}，{'；'.join(wrong)}{ending(point.colour or 'red')}",
        cure="按照职权目录录入的自由裁量标准办理。",
        checks=tuple(checks),
        equation=equation,
        detail=detail,
    )


def _act_on(point: Point, event: Event, view: CaseView) -> date | None:
    """The day of the act, from this form or the newest one before it."""
    control = str(point.params.get("act_control") or "")
    if not control or not point.editions:
        return None
    for values in (event.values, *_earlier(view, event)):
        try:
            return date.fromisoformat(str(values.get(control) or "")[:10])
        except ValueError:
            continue
    return None


def _earlier(view: CaseView, event: Event) -> Iterator[dict[str, Any]]:
    """What the forms before this act say, the newest first."""
    for each in reversed(view.events):
        if each.kind == "step_submitted" and each.seq < event.seq and each.at <= event.at:
            yield each.values


def _asked(point: Point) -> frozenset[str]:
    """The controls any edition of the standard asks about."""
    standards = (point.standard, *(each.standard for each in point.editions))
    known = [one for one in standards if one is not None]
    bases = {one.base for one in known if one.base}
    return frozenset(bases | {c.control for one in known for t in one.tiers for c in t.conditions})


def _facts(event: Event, view: CaseView, asked: frozenset[str]) -> dict[str, Any]:
    """What the bands are chosen by; facts are mostly established in the investigation before."""
    facts = {**event.values, **(event.decision.facts if event.decision else {})}
    missing = {key for key in asked if facts.get(key) in (None, "")}
    for values in _earlier(view, event) if missing else ():
        found = {key: values[key] for key in missing if values.get(key) not in (None, "")}
        facts |= found
        missing -= found.keys()
    return facts


def _why(
    point: Point, choice: Choice, reading: Reading, facts: dict[str, Any], *, ranged: bool = True
) -> tuple[Check, ...]:
    """Which standard, which band and for which facts; with its range where no amount is judged."""
    found: list[Check] = []
    if choice.why and (point.params.get("act_control") or choice.former):
        found.append(
            Check(STANDARD, choice.standard.title, choice.why, True if choice.sure else None)
        )
    lacking = "、".join(title_of(key, point.controls) for key in reading.lacking)
    band = reading.band or (f"还不能判断，缺{lacking}" if lacking else "没有适用的阶次")
    found.append(Check(BAND, choice.standard.title, band))
    found += [
        Check(f"{BECAUSE}{what}", have=have)
        for what, have in reasons(reading, facts, point.controls)
    ]
    if ranged and reading.matched:
        known = [bounds(t, reading.standard, facts) for t in reading.matched]
        words = "或".join(_range(*each) for each in known if each is not None)
        if words:
            found.append(Check(RANGE, words, "没有填写", None))
    return tuple(found)


def _named(choice: Choice) -> str:
    title = f"「{choice.standard.title}」"
    return f"{title}（{choice.why}）" if choice.former else title


def _without_standard(point: Point, event: Event, nth: str, choice: Choice) -> Verdict:
    """A penalty for facts no band provides for: nobody can say that it is right, so it is shown."""
    return verdict(
        point,
        KEY,
        "fired",
        mark=MARK,
        event=event,
        occurrence=nth,
        headline="没有一个裁量阶次适用于所填的事实",
        sentence=f"对照{_named(choice)}，所填的事实没有一个阶次适用，这个处罚没有标准可依"
        f"{ending(point.colour or 'red')}",
        cure="核对裁量事实；事实无误的，由编制单位补上缺的阶次。",
        checks=(Check(BAND, choice.standard.title, "没有适用的阶次", ok=False),),
        detail={"tiers": [], "named": ""},
    )


def _amount(point: Point, event: Event, decision: Decision | None) -> int | None:
    if decision is not None and decision.amount is not None:
        return decision.amount
    typed = event.values.get(point.params.get("amount_control", "amount"))
    return typed if isinstance(typed, int) and not isinstance(typed, bool) else None


def _range(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return "不限"
    if low is None:
        return f"不超过 {yuan(high or 0)}"
    if high is None:
        return f"不少于 {yuan(low)}"
    return f"{yuan(low)}至 {yuan(high)}"


def _gap(amount: int, ranges: list[tuple[int | None, int | None]]) -> tuple[int, int, bool]:
    """The nearest bound that is broken: by how much, which, and whether upwards."""
    found: list[tuple[int, int, bool]] = []
    for low, high in ranges:
        if high is not None and amount > high:
            found.append((amount - high, high, True))
        if low is not None and amount < low:
            found.append((low - amount, low, False))
    return min(found)


KIND = Kind(
    key=KEY,
    title="自由裁量",
    mark=MARK,
    colour="red",
    compile=compile_point,
    remedy="按照职权目录系统录入的自由裁量标准办案。",
    params={
        "standard": "裁量标准",
        "amount_control": "金额控件",
        "tier_control": "阶次控件",
        "act_control": "违法行为日期控件",
    },
)
