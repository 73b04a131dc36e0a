# SPDX-License-Identifier: Apache-2.0
"""Money in logs: amounts outside their range, payments that differ from what was decided."""

from collections.abc import Mapping
from typing import Any

from plugins.inspection.rules.kinds.base import Kind, Runner, ending
from plugins.inspection.rules.logs.select import (
    Selector,
    Test,
    WrongPoint,
    alarm,
    applies,
    attributes_of,
    condition,
    known_before,
    need,
    number,
    quiet,
)
from plugins.inspection.rules.model import Event, Point, Verdict
from plugins.inspection.rules.view import Calendar, CaseView

RANGE = "M6"
PAID = "M7"

CENT = 0.005
"""Sums of decimal amounts are compared to the cent."""


def compile_range(point: Point, _calendar: Calendar | None) -> Runner:
    on = Selector(need(point, "on"), point)
    amount_name = need(point, "amount")
    base_name = point.params.get("base")
    tiers: list[tuple[Test | None, float | None, float | None, str]] = []
    for each in need(point, "tiers"):
        test = condition(each["when"], point) if each.get("when") else None
        low, high = number(each.get("min")), number(each.get("max"))
        if low is None and high is None:
            raise WrongPoint(f"监察点 {point.key}：每一档至少写 min 或 max")
        tiers.append((test, low, high, str(each.get("title", ""))))
    names = sorted({n for each in point.params["tiers"] for n in attributes_of(each.get("when"))})
    when = applies(point)
    colour = point.colour or "red"
    tail = ending(colour)

    def judge_one(view: CaseView, event: Event, nth: str) -> Verdict | None:
        amount = number(event.values.get(amount_name))
        if amount is None:
            return quiet(point, RANGE, "not_applicable", f"没有金额 {amount_name}。", event)
        facts = {name: known_before(view, event, name) for name in names}
        unknown = False
        for test, least, most, title in tiers:
            met = True if test is None else test(facts)
            if met is None:
                unknown = True
            if not met:
                continue
            base = 1.0
            if base_name is not None:
                held = number(known_before(view, event, base_name))
                if held is None:
                    return quiet(point, RANGE, "undecided", f"没有基数 {base_name}。", event)
                base = held
            low = None if least is None else least * base
            high = None if most is None else most * base
            if (low is None or amount >= low - CENT) and (high is None or amount <= high + CENT):
                return quiet(point, RANGE, "passed", f"{amount:g} 在幅度内。", event)
            allowed = f"{_figure(low, '不限')}至{_figure(high, '不限')}"
            with_title = f"「{title}」" if title else ""
            sentence = (
                f"「{event.step}」金额 {_figure(amount)}，{with_title}幅度是{allowed}，"
                f"{'超出上限' if high is not None and amount > high else '低于下限'}{tail}"
            )
            return alarm(
                point, RANGE, colour, event, sentence, occurrence=nth, detail={"amount": amount}
            )
        reason = "决定幅度的属性不齐。" if unknown else "没有一档适用。"
        return quiet(point, RANGE, "undecided", reason, event)

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, RANGE, "not_applicable", "案件不符合监察点的条件。"))
            return
        events = on.all(view)
        for event in events:
            found = judge_one(view, event, f"e{event.seq}" if len(events) > 1 else "")
            if found is not None and (explain or found.result == "fired"):
                out.append(found)
        if explain and not events:
            out.append(quiet(point, RANGE, "not_applicable", f"没有「{on.title}」。"))

    return run


def _figure(value: float | None, none: str = "") -> str:
    return none if value is None else f"{value:,.2f}"


class Sum:
    """An amount gathered from events: the sum, the first, the last or the largest of them."""

    __slots__ = ("attribute", "selector", "use")

    def __init__(self, spec: Any, point: Point, use: str) -> None:
        if not isinstance(spec, Mapping) or "attribute" not in spec:
            raise WrongPoint(
                f'监察点 {point.key}：金额要写成 {{ activity = "…", attribute = "…" }}'
            )
        self.selector = Selector(spec.get("activity", "*"), point)
        self.attribute = spec["attribute"]
        self.use = spec.get("use", use)
        if self.use not in {"sum", "first", "last", "max"}:
            raise WrongPoint(f"监察点 {point.key}：use 只能是 sum、first、last 或 max")

    def of(self, view: CaseView, before: Event | None = None) -> float | None:
        values = [
            v
            for e in self.selector.all(view)
            if (before is None or (e.at, e.seq) < (before.at, before.seq))
            and (v := number(e.values.get(self.attribute))) is not None
        ]
        if not values:
            return None
        if self.use == "sum":
            return sum(values)
        if self.use == "max":
            return max(values)
        return values[0] if self.use == "first" else values[-1]


def _sums(point: Point, name: str, use: str, *, required: bool) -> list[Sum]:
    spec = need(point, name) if required else point.params.get(name, [])
    return [Sum(each, point, use) for each in (spec if isinstance(spec, list) else [spec])]


def _total(sums: list[Sum], view: CaseView, before: Event | None = None) -> float | None:
    found = [v for s in sums if (v := s.of(view, before)) is not None]
    return sum(found) if found else None


def compile_payments(point: Point, _calendar: Calendar | None) -> Runner:
    decided = _sums(point, "decided", "last", required=True)
    additions = _sums(point, "additions", "sum", required=False)
    paid = _sums(point, "paid", "sum", required=True)
    enforcement = (
        Selector(point.params["enforcement"], point) if point.params.get("enforcement") else None
    )
    unless = Selector(point.params["unless"], point) if point.params.get("unless") else None
    tolerance = float(point.params.get("tolerance", 0)) + CENT
    unpaid = bool(point.params.get("unpaid", False))
    checks = frozenset(point.params.get("checks", ("difference", "enforcement")))
    if not checks <= {"difference", "enforcement"}:
        raise WrongPoint(f"监察点 {point.key}：checks 只能有 difference 和 enforcement")
    when = applies(point)
    colour = point.colour or "red"
    tail = ending(colour)

    def run(view: CaseView, out: list[Verdict], explain: bool) -> None:
        if when is not None and not when(view.attributes):
            if explain:
                out.append(quiet(point, PAID, "not_applicable", "案件不符合监察点的条件。"))
            return
        if unless is not None and unless.one(view) is not None:
            if explain:
                out.append(quiet(point, PAID, "not_applicable", f"有「{unless.title}」。"))
            return
        owed = _total(decided, view)
        if owed is None:
            if explain:
                out.append(quiet(point, PAID, "not_applicable", "没有决定的金额。"))
            return
        owed += _total(additions, view) or 0.0
        received = _total(paid, view)
        last = view.events[-1]
        before = len(out)
        if (
            "difference" in checks
            and (received is not None or unpaid)
            and abs((received or 0.0) - owed) > tolerance
        ):
            gap = (received or 0.0) - owed
            sentence = (
                f"决定和加收合计 {owed:,.2f}，缴款 {received or 0.0:,.2f}，"
                f"{'多' if gap > 0 else '少'} {abs(gap):,.2f}{tail}"
            )
            detail = {"owed": owed, "paid": received}
            out.append(
                alarm(point, PAID, colour, last, sentence, occurrence="difference", detail=detail)
            )
        if "enforcement" in checks and enforcement is not None:
            for event in enforcement.all(view):
                then_owed = _total(decided, view, event)
                then_paid = _total(paid, view, event)
                if then_owed is None or then_paid is None:
                    continue
                then_owed += _total(additions, view, event) or 0.0
                if then_paid >= then_owed - tolerance:
                    sentence = (
                        f"应缴 {then_owed:,.2f} 已缴清（{then_paid:,.2f}），"
                        f"仍然「{event.step}」{tail}"
                    )
                    nth = f"enforced{event.seq}"
                    out.append(alarm(point, PAID, colour, event, sentence, occurrence=nth))
                    break
        if explain and len(out) == before:
            out.append(quiet(point, PAID, "passed", "缴款与决定一致。", last))

    return run


AMOUNT_RANGE = Kind(
    "amount_range",
    "自由裁量（日志）",
    RANGE,
    "red",
    compile_range,
    params={
        "on": "作出决定的活动",
        "amount": "金额的属性",
        "base": "倍数的基数",
        "tiers": "各档的条件和幅度",
        "when": "条件",
    },
)
PAYMENTS = Kind(
    "payments",
    "处罚执行（日志）",
    PAID,
    "red",
    compile_payments,
    params={
        "decided": "决定的金额",
        "additions": "加收的金额",
        "paid": "缴款",
        "enforcement": "强制执行的活动",
        "unless": "有此活动则不判断",
        "tolerance": "允许的差额",
        "unpaid": "没有缴款也报",
        "checks": "difference、enforcement",
        "when": "条件",
    },
)
