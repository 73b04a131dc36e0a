# SPDX-License-Identifier: Apache-2.0
"""Edges of the seven kinds that a small change of a rule would move unnoticed."""

from datetime import timedelta

import msgspec
import pytest

from plugins.inspection.rules.kinds import SEVEN
from plugins.inspection.rules.kinds.discretion import bounds, holds
from plugins.inspection.rules.kinds.time_limit import is_late
from plugins.inspection.rules.model import Condition, Standard, Tier
from tests.plugins.inspection.story import (
    STANDARD,
    T0,
    Story,
    decision,
    definition,
    files,
    lamps,
    paid,
    point,
)


@pytest.mark.req("S1-15", "S1-16", "S1-19", "S1-20", "S1-22")
def test_the_lamp_each_kind_lights_by_itself() -> None:
    """The table of seed colours (domain A4.3)."""
    assert {k.mark: k.colour for k in SEVEN} == {
        "M1": "red",
        "M2": "red",
        "M3": "yellow",
        "M4": "red",
        "M5": "red",
        "M6": "red",
        "M7": "red",
    }


def held(photos: int) -> dict:
    names = [f"{n}.jpg" for n in range(photos)]
    return {"photos": {"kind": "photo", "required": 1, "files": files(*names)}}


PHOTOS = definition(point("evidence", "inquiry", params={"controls": {"photos": 1}}))


@pytest.mark.req("S1-20")
def test_a_second_submit_within_a_visit_is_another_occasion() -> None:
    story = Story().enter("inquiry").submit("review", evidence=held(0))
    story.act("recalled", step="inquiry").submit("review", evidence=held(0), step="inquiry")
    first, second = story.judge(PHOTOS)
    assert first.occurrence == ""
    assert second.occurrence == f"s{second.moment}"
    assert first.key != second.key


@pytest.mark.req("S1-20")
def test_the_control_that_lost_evidence_is_named() -> None:
    rules = definition(
        point("evidence", "inquiry", params={"controls": {"record": 1, "photos": 1}})
    )
    both = {**held(3), "record": {"kind": "document", "required": 1, "files": files("笔录.pdf")}}
    fewer = {**both, **held(1)}
    story = Story().enter("inquiry").submit("review", evidence=both)
    story.roll_back("inquiry").enter("inquiry").submit("review", evidence=fewer)
    (alarm,) = [v for v in story.judge(rules) if v.mark == "M4"]
    assert alarm.detail["control"] == "photos"
    assert "由 3 份变为 1 份" in alarm.sentence
    assert alarm.sentence.startswith("「调查取证」")


@pytest.mark.req("S1-22")
@pytest.mark.parametrize(
    ("after", "late"),
    [
        (timedelta(0), False),
        (timedelta(microseconds=999_999), False),
        (timedelta(seconds=1), True),
        (timedelta(days=-1), False),
    ],
)
def test_a_deadline_ends_with_its_second(after, late) -> None:
    assert is_late(T0 + after, T0) is late


@pytest.mark.req("S1-22")
def test_a_step_not_yet_entered_is_undecided_and_a_stage_is_judged_by_its_own_clock() -> None:
    limit = definition(point("time_limit", "inquiry"))
    (waiting,) = Story().enter("clue").judge(limit, explain=True)
    assert waiting.result == "undecided"
    stage = definition(point("time_limit", "", stage="investigate", params={"of": "stage"}))
    clock = {"started_at": T0.isoformat(), "due_at": (T0 + timedelta(days=2)).isoformat()}
    faces = {"stage": clock, "step": {**clock, "due_at": (T0 + timedelta(days=9)).isoformat()}}
    story = Story().act("step_entered", step="inquiry", at=T0, clocks=faces)
    story.act("step_submitted", step="inquiry", at=T0 + timedelta(days=3), clocks=faces)
    story.act("closed", step="inquiry", at=T0 + timedelta(days=4), clocks=faces)
    (alarm,) = story.judge(stage)
    assert (alarm.mark, alarm.colour, alarm.detail["of"]) == ("M1", "red", "stage")
    # The step's own limit has not passed, so the point of the step stays silent.
    assert story.judge(limit) == []


@pytest.mark.req("S1-22")
def test_the_proof_names_the_events_that_moved_the_due_date() -> None:
    def faces(days: int) -> dict:
        due = T0 + timedelta(days=days)
        return {"step": {"started_at": T0.isoformat(), "due_at": due.isoformat()}}

    story = Story().act("step_entered", step="inquiry", at=T0, clocks=faces(2))
    story.act("evidence_added", step="inquiry", at=T0 + timedelta(hours=1), clocks=faces(2))
    story.act("extended", step="inquiry", at=T0 + timedelta(days=1), clocks=faces(4))
    story.act("step_submitted", step="inquiry", at=T0 + timedelta(days=9), clocks=faces(4))
    (alarm,) = story.judge(definition(point("time_limit", "inquiry")))
    assert alarm.events == (1, 3, 4)


@pytest.mark.req("C4-06")
@pytest.mark.parametrize(
    ("op", "wanted", "actual", "met"),
    [
        ("le", 10, 10, True),
        ("le", 10, 10.01, False),
        ("lt", 10, 10, False),
        ("ge", 10, 10, True),
        ("gt", 10, 10, False),
        ("gt", 10, 11, True),
        ("eq", "初次", "初次", True),
        ("eq", "初次", "再次", False),
        ("ne", "初次", "再次", True),
        ("ne", "初次", "初次", False),
        ("in", ["甲", "乙"], "乙", True),
        ("in", ["甲", "乙"], "丙", False),
        ("le", 10, None, None),
        ("le", 10, "", None),
        ("le", 10, "很多", None),
    ],
)
def test_conditions_of_a_band(op, wanted, actual, met) -> None:
    assert holds(Condition("x", op, wanted), {"x": actual}) is met


@pytest.mark.req("C4-06")
@pytest.mark.parametrize(
    ("base", "expected"), [(1000, (2000, 5000)), (0, (0, 0)), (True, None), ("很多", None)]
)
def test_bounds_that_are_multiples_of_a_base(base, expected) -> None:
    standard = Standard("s", base="goods")
    assert bounds(Tier("t", min=2, max=5), standard, {"goods": base}) == expected


@pytest.mark.req("C4-06")
@pytest.mark.parametrize(
    ("amount", "lit"), [(499999, True), (500000, False), (2000000, False), (2000001, True)]
)
def test_the_bounds_of_a_band_belong_to_it(amount, lit) -> None:
    rules = definition(point("discretion", "decide", params={"standard": "s1"}))
    made = decision(amount=amount, tier="light", facts={"goods_value": 300000})
    found = Story().enter("decide").submit("execute", decision=made).judge(rules)
    assert lamps(found) == ([("M6", "red")] if lit else [])
    assert msgspec.convert(STANDARD, Standard).tiers[0].max == 2000000


def executed(*payments, made=None, explain=False):
    rules = definition(point("execution", "execute", params={"decision_step": "decide"}))
    story = Story().enter("decide").submit("execute", decision=made or decision(amount=500000))
    story.enter("execute").submit("close", payments=list(payments))
    return story.judge(rules, explain=explain)


@pytest.mark.req("C4-05")
def test_a_payment_without_voucher_breaks_that_check_only() -> None:
    bare = {**paid(500000), "vouchers": []}
    (alarm,) = executed(bare)
    assert [c.title for c in alarm.checks if c.ok is False] == ["每笔缴款有凭证"]
    (good,) = executed(paid(500000), explain=True)
    assert good.result == "passed"
    assert all(c.ok is not False for c in good.checks)
    (nothing,) = executed()
    assert "每笔缴款有凭证" not in [c.title for c in nothing.checks if c.ok is False]


@pytest.mark.req("C4-05", "C4-14")
def test_an_execution_without_decision_and_one_not_reached() -> None:
    rules = definition(point("execution", "execute", params={"decision_step": "decide"}))
    (waiting,) = Story().enter("decide").judge(rules, explain=True)
    assert waiting.result == "undecided"
    story = Story().enter("execute").submit("close", payments=[paid(1)])
    (without,) = story.judge(rules, explain=True)
    assert without.result == "not_applicable"
    assert "没有找到处罚决定" in without.reason


@pytest.mark.req("C4-06", "S1-16")
@pytest.mark.parametrize(
    ("amount", "words"),
    [(499000, "低于下限 10.00 元"), (2000100, "超出上限 1.00 元")],
)
def test_the_sentence_says_which_bound_was_left_and_by_how_much(amount, words) -> None:
    rules = definition(point("discretion", "decide", params={"standard": "s1"}))
    made = decision(amount=amount, tier="light", facts={"goods_value": 300000})
    (alarm,) = Story().enter("decide").submit("execute", decision=made).judge(rules)
    assert words in alarm.sentence


@pytest.mark.req("C4-06")
def test_a_band_the_facts_contradict_is_told_where_the_facts_are_not_complete() -> None:
    """One fact is enough to see that the chosen band does not apply."""
    tiers = (
        {"key": "a", "title": "从轻", "min": 0, "max": 100, "conditions": [
            {"control": "goods", "op": "le", "value": 5},
            {"control": "first", "op": "eq", "value": "是"},
        ]},
        {"key": "b", "title": "从重", "min": 200, "max": 300, "conditions": [
            {"control": "goods", "op": "gt", "value": 5},
            {"control": "first", "op": "eq", "value": "否"},
        ]},
    )  # fmt: skip
    rules = definition(
        point("discretion", "decide", params={"standard": "s"}),
        standards=[{"key": "s", "title": "标准", "tiers": list(tiers)}],
    )
    made = decision(amount=50, tier="a", facts={"goods": 9})
    (alarm,) = Story().enter("decide").submit("execute", decision=made).judge(rules)
    assert "应适用「从重」，选用的是「从轻」" in alarm.sentence
    # Without any fact nothing contradicts it, and nothing is accused.
    blank = decision(amount=50, tier="b", facts={})
    (open_,) = Story().enter("decide").submit("execute", decision=blank).judge(rules, explain=True)
    assert open_.result in {"undecided", "fired"}
    assert "应适用" not in open_.sentence


@pytest.mark.req("C4-05")
def test_the_sum_under_an_alarm_adds_up() -> None:
    (alarm,) = executed(paid(400000))
    decided, received, missing = alarm.equation
    assert (decided.title, decided.value) == ("决定金额", "5,000.00 元")
    assert (received.value, received.sign) == ("4,000.00 元", "−")
    assert (missing.value, missing.bad) == ("1,000.00 元", True)


@pytest.mark.req("C4-05")
@pytest.mark.parametrize(
    ("first_due", "second_due", "received", "title"),
    [
        # The second instalment is not due yet: only the first counts.
        ("2026-05-01", "2026-12-31", 200000, "已到期应缴"),
        # Both are due: the whole amount counts.
        ("2026-05-01", "2026-05-02", 400000, "决定金额"),
    ],
)
def test_instalments_count_as_they_fall_due(first_due, second_due, received, title) -> None:
    rules = definition(point("execution", "execute", params={"decision_step": "decide"}))
    plan = [{"amount": 300000, "due": first_due}, {"amount": 200000, "due": second_due}]
    story = Story().enter("decide").submit("execute", decision=decision(amount=500000))
    story.enter("execute").submit("close", payments=[paid(received)], instalments=plan)
    (alarm,) = story.judge(rules)
    assert alarm.equation[0].title == title
    assert alarm.equation[2].value == "1,000.00 元"


@pytest.mark.req("S1-19")
def test_a_jump_names_the_steps_it_crossed_and_a_single_step_does_not() -> None:
    rules = definition(point("rollback", ""))
    (jump,) = Story().enter("decide").roll_back("inquiry").judge(rules)
    assert "跨 2 个环节（法制审核、调查取证）" in jump.sentence
    assert jump.headline.endswith("，跨 2 个环节")
    (single,) = Story().enter("review").roll_back("inquiry").judge(rules)
    assert "跨" not in single.sentence
    assert "跨" not in single.headline
