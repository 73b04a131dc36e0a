# SPDX-License-Identifier: Apache-2.0
"""The causes and remedies of the training pages (handbook A4.4), each told as a case."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.plugins.inspection.story import (
    T0,
    TWO,
    Story,
    decision,
    definition,
    files,
    lamps,
    officer,
    paid,
    point,
)

DUE = datetime(2026, 5, 13, 16, 0, tzinfo=UTC)


def test_m1_the_limit_is_exceeded_and_done_in_time_it_is_not():
    rules = definition(point("time_limit", "inquiry"))
    late = Story().enter("inquiry", due=DUE).submit("review", at=DUE + timedelta(hours=1))
    in_time = Story().enter("inquiry", due=DUE).submit("review", at=DUE - timedelta(hours=1))
    assert lamps(late.judge(rules)) == [("M1", "red")]
    assert lamps(in_time.judge(rules)) == []


def test_m4_nothing_was_uploaded_and_uploading_while_handling_helps():
    rules = definition(point("evidence", "inquiry"))
    bare = Story().enter("inquiry").submit("review")
    assert lamps(bare.judge(rules)) == [("M4", "red")]
    full = Story().enter("inquiry")
    full.submit(
        "review", evidence={"photos": {"files": files("a")}, "record": {"files": files("b")}}
    )
    assert lamps(full.judge(rules)) == []


@pytest.mark.req("S1-21")
def test_m5_case_1_a_ticked_negative_decision_alarms_and_that_is_normal():
    rules = definition(point("decision_basis", "filing", params={"negative": ["不予立案"]}))
    story = Story().enter("filing").submit("", decision=decision(outcome="不予立案"))
    (alarm,) = story.judge(rules)
    assert alarm.colour == "yellow"
    assert "不需要改正" in alarm.cure


def test_m5_case_2_the_text_field_was_left_empty_and_filling_it_helps():
    rules = definition(point("decision_basis", "decide", params={"basis_control": "reasons"}))
    empty = Story().enter("decide")
    empty.submit("", values={"outcome": "罚款", "reasons": ""})
    assert lamps(empty.judge(rules)) == [("M5a", "red")]
    filled = Story().enter("decide")
    filled.submit("", values={"outcome": "罚款", "reasons": "事实清楚，依据第一百二十六条"})
    assert lamps(filled.judge(rules)) == []


@pytest.mark.req("S1-15")
def test_m2_case_1_an_officer_not_entered_in_the_register():
    rules = definition(point("qualification", "filing"))
    missing = officer("王志远", qualified=False)
    story = Story().enter("filing").submit("inquiry", next_officers=[TWO[0], missing])
    (alarm,) = story.judge(rules)
    assert "填报人员补录执法证号" in alarm.cure
    assert "王志远（没有登记执法证号）" in alarm.sentence
    # Entered later, the officer is good; the old judgement rests on what was known then.
    story.enter("inquiry").submit("review", officers=TWO, next_officers=TWO)
    assert len(story.judge(rules)) == 1


@pytest.mark.req("S1-15")
def test_m2_case_2_fewer_than_two_were_authorised_and_two_help():
    rules = definition(point("qualification", "filing"))
    one = Story().enter("filing").submit("inquiry", next_officers=TWO[:1])
    two = Story().enter("filing").submit("inquiry", next_officers=TWO)
    assert lamps(one.judge(rules)) == [("M2", "red")]
    assert lamps(two.judge(rules)) == []


@pytest.mark.req("S1-18")
def test_m2_case_3_the_point_stands_on_the_wrong_step_and_one_step_earlier_it_is_right():
    """Steps 1 to 5, two officers needed in step 4: the point belongs on step 3."""
    on_4 = definition(point("qualification", "review", params={"judges": "next_step"}))
    on_3 = definition(point("qualification", "inquiry", params={"judges": "next_step"}))
    story = Story().enter("inquiry").submit("review", officers=TWO, next_officers=TWO)
    story.enter("review").submit("decide", officers=TWO, next_officers=TWO[:1])
    assert lamps(story.judge(on_4)) == [("M2", "red")]
    assert lamps(story.judge(on_3)) == []
    alone = Story().enter("inquiry").submit("review", officers=TWO, next_officers=TWO[:1])
    assert lamps(alone.judge(on_3)) == [("M2", "red")]


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([paid(400000)], [("M7", "red")]),
        ([paid(500000, voucher=False)], [("M7", "red")]),
        ([paid(500000)], []),
    ],
)
def test_m7_executed_otherwise_or_without_voucher_and_as_decided(payments, expected):
    rules = definition(point("execution", "execute", params={"decision_step": "decide"}))
    story = Story().enter("decide").submit("execute", decision=decision()).enter("execute")
    story.submit("close", payments=payments)
    assert lamps(story.judge(rules)) == expected


def test_m6_not_by_the_standard_and_by_it():
    rules = definition(point("discretion", "decide", params={"standard": "s1"}))
    over = Story().enter("decide").submit("execute", decision=decision(amount=4900000))
    within = Story().enter("decide").submit("execute", decision=decision(amount=900000))
    assert lamps(over.judge(rules)) == [("M6", "red")]
    assert lamps(within.judge(rules)) == []


@pytest.mark.req("S1-19")
def test_m3_case_1_a_rollback_alarms_and_that_is_normal():
    rules = definition(point("rollback", "review"))
    story = Story().enter("review").roll_back("inquiry")
    (alarm,) = story.judge(rules)
    assert alarm.colour == "yellow"
    assert "按规则的提示" in alarm.cure


@pytest.mark.req("S1-19")
def test_m3_case_2_a_branch_drawn_backwards_is_no_rollback():
    rules = definition(point("rollback", ""))
    story = Story().enter("decide").submit("inquiry").enter("inquiry").submit("review")
    assert story.judge(rules) == []


@pytest.mark.req("S1-23")
def test_an_alarm_never_stops_the_case():
    rules = definition(point("evidence", "inquiry"), point("time_limit", "inquiry"))
    story = Story().enter("inquiry", due=T0).submit("review").enter("review").submit("decide")
    assert len(story.judge(rules)) == 2
    assert story.events[-1].step == "review"
