# SPDX-License-Identifier: Apache-2.0
"""Every kind of point, its colour and its subtleties, as tables (domain A4.3, A4.4, part C)."""

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

DUE = datetime(2026, 5, 13, 16, 0, tzinfo=UTC)  # 5月13日 24:00 in Beijing


# M1 ------------------------------------------------------------------------------------------


def in_inquiry(**more):
    return Story().enter("inquiry", due=DUE, **more)


M1 = definition(point("time_limit", "inquiry", params={"of": "step"}))


@pytest.mark.req("S1-22")
@pytest.mark.parametrize(
    ("finish", "expected"),
    [
        (DUE - timedelta(seconds=1), []),
        (DUE, []),
        (DUE + timedelta(seconds=1), [("M1", "red")]),
        (DUE + timedelta(days=9), [("M1", "red")]),
    ],
)
def test_a_step_is_late_from_the_second_after_its_due_date(finish, expected):
    story = in_inquiry().submit("review", at=finish)
    assert lamps(story.judge(M1)) == expected


@pytest.mark.req("S1-22")
def test_the_passing_of_time_alone_raises_the_alarm_and_the_late_submit_does_not_repeat_it():
    story = in_inquiry()
    assert lamps(story.judge(M1, until=DUE)) == []
    (swept,) = story.judge(M1, until=DUE + timedelta(seconds=1))
    assert swept.at == DUE
    assert swept.sentence == (
        "「调查取证」限 5 个工作日，应在 2026年5月13日 24:00 前办结，到期没有办结，所以报红灯。"
    )
    story.submit("review", at=DUE + timedelta(days=3))
    (late,) = story.judge(M1, until=DUE + timedelta(days=4))
    assert late.key == swept.key
    assert late.digest == swept.digest


@pytest.mark.req("S1-22")
def test_each_entry_of_a_step_has_its_own_limit():
    story = in_inquiry().submit("review", at=DUE + timedelta(days=1))
    story.enter("review").roll_back("inquiry")
    second = story.at + timedelta(days=5)
    story.enter("inquiry", due=second)
    assert len(story.judge(M1, until=second)) == 1
    first, again = story.judge(M1, until=second + timedelta(days=1))
    assert (first.visit, again.visit) == (1, 2)
    assert first.key != again.key


@pytest.mark.req("S1-22")
def test_a_stage_is_judged_once_and_a_rollback_inside_it_continues_the_clock():
    stage = {
        "started_at": T0.isoformat(),
        "due_at": (T0 + timedelta(days=90)).isoformat(),
        "provisional": False,
    }
    rules = definition(point("time_limit", "", stage="decide", params={"of": "stage"}))
    story = Story()
    story.clocks["stage"] = stage
    story.enter("review").submit("decide").enter("decide").roll_back("review")
    story.enter("review").submit("decide").enter("decide")
    assert story.judge(rules, until=T0 + timedelta(days=90)) == []
    (late,) = story.judge(rules, until=T0 + timedelta(days=90, seconds=1))
    assert late.detail["of"] == "stage"
    assert "「审查决定」" in late.sentence
    story.clocks.pop("stage")
    story.submit("execute", at=T0 + timedelta(days=91)).enter("execute")
    (still,) = story.judge(rules, until=T0 + timedelta(days=100))
    assert still.digest == late.digest


def test_suspension_stops_the_clock_and_the_answer_says_so():
    story = in_inquiry().act("suspended", reason="委托鉴定")
    assert story.judge(M1, until=DUE + timedelta(days=30)) == []
    (quiet,) = story.judge(M1, until=DUE + timedelta(days=30), explain=True)
    assert quiet.result == "undecided"
    assert "已中止（委托鉴定），停止计时" in quiet.reason
    later = DUE + timedelta(days=40)
    story.clocks["step"] = {**story.clocks["step"], "due_at": later.isoformat()}
    story.act("resumed", at=DUE + timedelta(days=31))
    assert story.judge(M1, until=later) == []
    assert lamps(story.judge(M1, until=later + timedelta(seconds=1))) == [("M1", "red")]


def test_an_extension_counts_from_when_it_was_granted():
    longer = DUE + timedelta(days=30)
    story = in_inquiry()
    story.clocks["step"] = {**story.clocks["step"], "due_at": longer.isoformat()}
    granted_before = Story()
    granted_before.payloads = [*story.payloads]
    granted_before.step, granted_before.visits = "inquiry", {"inquiry": 1}
    granted_before.clocks = story.clocks
    granted_before.act("extended", at=DUE - timedelta(days=1), reason="案情复杂")
    assert granted_before.judge(M1, until=DUE + timedelta(days=5)) == []
    story.act("extended", at=DUE + timedelta(days=1))
    assert lamps(story.judge(M1, until=DUE + timedelta(days=5))) == [("M1", "red")]


def test_a_provisional_due_date_never_raises_a_red_alarm():
    story = in_inquiry(provisional=True).submit("review", at=DUE + timedelta(days=5))
    (quiet,) = story.judge(M1, explain=True)
    assert quiet.result == "undecided"
    assert "暂定" in quiet.reason


# M2 ------------------------------------------------------------------------------------------

M2_NEXT = definition(
    point("qualification", "inquiry", params={"minimum": 2, "judges": "next_step"})
)
M2_THIS = definition(
    point("qualification", "inquiry", params={"minimum": 2, "judges": "this_step"})
)
UNREGISTERED = officer("王志远", qualified=False)


@pytest.mark.req("S1-15", "S1-18")
@pytest.mark.parametrize(
    ("here", "there", "next_step", "this_step"),
    [
        (TWO, TWO, [], []),
        (TWO, TWO[:1], [("M2", "red")], []),
        (TWO[:1], TWO, [], [("M2", "red")]),
        (TWO, [*TWO, UNREGISTERED], [("M2", "red")], []),
        ([TWO[0], UNREGISTERED], TWO, [], [("M2", "red")]),
        (TWO, [], [("M2", "red")], []),
    ],
)
def test_two_qualified_officers_judged_for_the_next_or_for_this_step(
    here, there, next_step, this_step
):
    story = Story().enter("inquiry").submit("review", officers=here, next_officers=there)
    assert lamps(story.judge(M2_NEXT)) == next_step
    assert lamps(story.judge(M2_THIS)) == this_step


@pytest.mark.req("S1-15")
def test_the_unqualified_officer_is_named_with_the_reason():
    story = Story().enter("inquiry").submit("review", next_officers=[*TWO, UNREGISTERED])
    (alarm,) = story.judge(M2_NEXT)
    assert alarm.headline == "授权了 1 名不合格人员"
    assert (
        "合格 2 人，要求不少于 2 人，另有不合格 1 人：王志远（没有登记执法证号）" in alarm.sentence
    )
    assert "补录执法证号" in alarm.cure


def test_a_refused_attempt_is_a_fact_and_not_an_alarm():
    story = Story().enter("inquiry")
    story.act("attempt_refused", officers=TWO[:1], next_officers=[], reason="合格人员不足两名")
    assert story.judge(M2_THIS) == []
    assert story.judge(M2_NEXT) == []


def test_leaving_the_last_step_has_nobody_to_check():
    story = Story().enter("inquiry").submit("")
    (answer,) = story.judge(M2_NEXT, explain=True)
    assert answer.result == "not_applicable"


# M3 ------------------------------------------------------------------------------------------


@pytest.mark.req("S1-19")
def test_one_rollback_is_one_yellow_record_naming_what_was_crossed():
    rules = definition(point("rollback", "decide"))
    story = Story().enter("decide").roll_back("inquiry", reason="事实不清")
    (alarm,) = story.judge(rules)
    assert (alarm.mark, alarm.colour) == ("M3", "yellow")
    assert alarm.detail == {
        "from": "decide",
        "to": "inquiry",
        "crossed": ["review", "inquiry"],
    } or (alarm.detail["crossed"] == ["review", "inquiry"])
    assert alarm.headline == "处罚决定回退到调查取证，跨 2 个环节"
    assert "法制审核、调查取证" in alarm.sentence
    story.enter("inquiry").submit("review").enter("review").submit("decide").enter("decide")
    story.roll_back("review")
    assert len(story.judge(rules)) == 2


@pytest.mark.req("S1-19")
def test_forward_moves_and_taking_back_are_no_rollback():
    rules = definition(point("rollback", ""))
    story = Story().enter("decide").submit("inquiry").act("recalled")
    assert story.judge(rules) == []
    (quiet,) = story.judge(rules, explain=True)
    assert quiet.result == "passed"


# M4 ------------------------------------------------------------------------------------------

M4 = definition(point("evidence", "inquiry"))


def with_files(photos: int, record: int = 1):
    return {
        "photos": {
            "kind": "photo",
            "required": 1,
            "files": files(*(f"照片{i}.jpg" for i in range(photos))),
        },
        "record": {
            "kind": "document",
            "required": 1,
            "files": files(*(f"笔录{i}.pdf" for i in range(record))),
        },
    }


@pytest.mark.req("S1-20")
@pytest.mark.parametrize(
    ("photos", "record", "headline"),
    [
        (1, 1, None),
        (3, 2, None),
        (0, 1, "调查取证缺现场照片 0/1"),
        (0, 0, "调查取证缺现场照片 0/1、询问笔录 0/1"),
    ],
)
def test_missing_evidence_is_red_and_named(photos, record, headline):
    story = Story().enter("inquiry").submit("review", evidence=with_files(photos, record))
    found = story.judge(M4)
    assert [v.headline for v in found] == ([headline] if headline else [])
    assert all(v.colour == "red" for v in found)


@pytest.mark.req("S1-20")
def test_fewer_than_at_an_earlier_submit_of_the_same_step_is_reduced():
    story = Story().enter("inquiry").submit("review", evidence=with_files(3))
    story.enter("review").roll_back("inquiry").enter("inquiry")
    story.submit("review", evidence=with_files(2))
    (alarm,) = story.judge(M4)
    assert alarm.headline == "证据减少：现场照片由 3 份变为 2 份"
    assert alarm.events == (2, 6)


@pytest.mark.req("S1-20")
def test_voiding_after_the_submit_is_a_reduction_but_before_it_is_not():
    story = Story().enter("inquiry").act("evidence_voided", evidence=with_files(0))
    story.submit("review", evidence=with_files(2))
    assert story.judge(M4) == []
    story.act("evidence_voided", evidence=with_files(1))
    (alarm,) = story.judge(M4)
    assert alarm.occurrence == "v4"


@pytest.mark.req("S1-20")
def test_the_point_may_ask_for_its_own_numbers():
    rules = definition(point("evidence", "inquiry", params={"controls": {"photos": 3}}))
    story = Story().enter("inquiry").submit("review", evidence=with_files(2, 0))
    (alarm,) = story.judge(rules)
    assert alarm.headline == "调查取证缺现场照片 2/3"


# M5 ------------------------------------------------------------------------------------------


@pytest.mark.req("S1-16", "S1-17", "S1-21")
@pytest.mark.parametrize(
    ("negative", "outcome", "basis", "expected"),
    [
        (None, "罚款", "第一百二十六条", []),
        (None, "罚款", "", [("M5a", "red")]),
        (None, "罚款", "   ", [("M5a", "red")]),
        (None, "不予处罚", "第三十三条", [("M5b", "yellow")]),
        (None, "不予处罚", "", [("M5a", "red"), ("M5b", "yellow")]),
        (None, "不予许可", "第三十八条", [("M5b", "yellow")]),
        (None, "不予受理", "第三十二条", [("M5b", "yellow")]),
        (["不予立案"], "撤案", "第五十七条", []),
        (["不予立案"], "不予立案", "第五十七条", [("M5b", "yellow")]),
        ([], "不予处罚", "第三十三条", []),
    ],
)
def test_decisions_without_basis_and_negative_decisions(negative, outcome, basis, expected):
    params = {} if negative is None else {"negative": negative}
    rules = definition(point("decision_basis", "decide", params=params))
    story = Story().enter("decide")
    story.submit("execute", decision=decision(outcome=outcome, basis=basis))
    assert lamps(story.judge(rules)) == expected


@pytest.mark.req("S1-21")
def test_a_negative_decision_says_that_it_is_no_fault():
    story = Story().enter("decide").submit("", decision=decision(outcome="撤案"))
    (alarm,) = story.judge(definition(point("decision_basis", "decide")))
    assert "正常的预警，不表示办错，所以报黄灯。" in alarm.sentence


def test_the_basis_may_stand_in_the_form_only():
    story = Story().enter("decide")
    story.submit("", values={"outcome": "罚款", "basis": "第一百二十六条"})
    assert story.judge(definition(point("decision_basis", "decide"))) == []
    blank = Story().enter("decide").submit("", values={"outcome": "罚款", "basis": ""})
    assert lamps(blank.judge(definition(point("decision_basis", "decide")))) == [("M5a", "red")]


# M6 ------------------------------------------------------------------------------------------

M6 = definition(point("discretion", "decide", params={"standard": "s1"}))


@pytest.mark.parametrize(
    ("made", "headline"),
    [
        (decision(), None),
        (decision(amount=2000000), None),
        (decision(amount=2200000), "决定罚款超出裁量阶次上限 2,000 元"),
        (decision(amount=499900), "决定罚款低于裁量阶次下限 1 元"),
        (decision(tier="normal"), "裁量阶次应为从轻，选用一般"),
        (decision(kinds=["罚款", "吊销许可证"]), "处罚种类不在裁量阶次之内：吊销许可证"),
        (decision(facts={"goods_value": 600000}, amount=3000000), None),
    ],
)
def test_the_penalty_is_held_against_the_band_the_facts_select(made, headline):
    story = Story().enter("decide").submit("execute", decision=made)
    found = story.judge(M6)
    assert [v.headline for v in found] == ([headline] if headline else [])
    assert all(v.colour == "red" for v in found)


def test_missing_facts_leave_the_question_open():
    story = Story().enter("decide").submit("execute", decision=decision(facts={}))
    (answer,) = story.judge(M6, explain=True)
    assert answer.result == "undecided"
    assert "goods_value" in answer.reason


@pytest.mark.parametrize(("goods", "fired"), [(300000, False), (900000, True)])
def test_facts_no_band_provides_for_are_an_alarm_never_a_pass(goods, fired):
    rules = definition(point("discretion", "decide", params={"standard": "s1"}))
    rules["standards"] = [
        {
            "key": "s1",
            "title": "有空档的标准",
            "tiers": [
                {
                    "key": "a",
                    "title": "从轻",
                    "min": 0,
                    "max": 10**9,
                    "conditions": [{"control": "goods_value", "op": "lt", "value": 500000}],
                }
            ],
        }
    ]
    made = decision(tier="", facts={"goods_value": goods})
    found = Story().enter("decide").submit("execute", decision=made).judge(rules)
    assert [v.headline for v in found] == ["没有一个裁量阶次适用于所填的事实"] * fired
    assert all("没有标准可依" in v.sentence for v in found)


def test_bands_as_multiples_of_a_base():
    rules = definition(point("discretion", "decide", params={"standard": "s1"}))
    rules["standards"] = [
        {
            "key": "s1",
            "title": "货值倍数",
            "base": "goods_value",
            "tiers": [{"key": "a", "title": "一般", "min": 5, "max": 10}],
        }
    ]
    story = Story().enter("decide")
    story.submit("execute", decision=decision(amount=386000 * 10))
    assert story.judge(rules) == []
    over = Story().enter("decide").submit("execute", decision=decision(amount=386000 * 10 + 1))
    assert lamps(over.judge(rules)) == [("M6", "red")]


# M7 ------------------------------------------------------------------------------------------

M7 = definition(point("execution", "execute", params={"decision_step": "decide"}))


def executed(*payments, **more):
    story = Story().enter("decide").submit("execute", decision=decision()).enter("execute")
    return story.submit("close", payments=list(payments), **more)


@pytest.mark.parametrize(
    ("payments", "headline"),
    [
        ([paid(500000)], None),
        ([paid(400000)], "罚款 5,000 元，只缴 4,000 元"),
        ([paid(600000)], "罚款 5,000 元，缴了 6,000 元"),
        ([paid(500000, voucher=False)], "缺执行凭证，已执行 5,000 元"),
        ([], "罚款 5,000 元，没有缴款记录"),
        ([paid(250000), paid(250000, id=2)], None),
        ([paid(500000), paid(15000, id=2, kind="surcharge")], None),
        ([paid(500000), paid(500100, id=2, kind="surcharge")], "加处罚款超过罚款本数 1 元"),
        ([paid(500000, kind="enforcement")], None),
    ],
)
def test_execution_is_held_against_the_decision(payments, headline):
    found = executed(*payments).judge(M7)
    assert [v.headline for v in found] == ([headline] if headline else [])
    assert all(v.colour == "red" for v in found)


def test_approved_instalments_count_by_what_is_due():
    plan = [{"amount": 250000, "due": "2026-05-01"}, {"amount": 250000, "due": "2026-12-01"}]
    assert executed(paid(250000), instalments=plan).judge(M7) == []
    assert lamps(executed(paid(200000), instalments=plan).judge(M7)) == [("M7", "red")]
    both = [paid(250000), paid(250000, id=2, kind="instalment")]
    assert executed(*both, instalments=plan).judge(M7) == []


def test_the_sum_of_the_alarm_is_shown():
    (alarm,) = executed(paid(400000)).judge(M7)
    assert [(p.title, p.value) for p in alarm.equation] == [
        ("决定金额", "5,000.00 元"),
        ("已缴", "4,000.00 元"),
        ("相差", "1,000.00 元"),
    ]
    assert "少 1,000.00 元，没有批准的延期或分期，所以报红灯。" in alarm.sentence


def test_closing_without_executing_is_judged_too():
    story = Story().enter("decide").submit("execute", decision=decision()).enter("execute")
    story.act("closed")
    assert lamps(story.judge(M7)) == [("M7", "red")]
    none = Story().enter("decide").submit("", decision=decision(outcome="不予处罚", amount=None))
    none.act("closed")
    assert none.judge(M7) == []


# When points are in force -----------------------------------------------------------------------


@pytest.mark.req("S1-14")
def test_points_are_not_retroactive():
    rules = definition(
        point("evidence", "inquiry"), since="2026-10-09T16:00:00Z"
    )  # 10 October in Beijing
    nine = datetime(2026, 10, 9, 8, 0, tzinfo=UTC)
    before = Story().enter("inquiry").submit("review", at=nine, evidence=with_files(0))
    after = Story().enter("inquiry")
    after.submit("review", at=nine + timedelta(days=1), evidence=with_files(0))
    assert before.judge(rules) == []
    assert lamps(after.judge(rules)) == [("M4", "red")]


@pytest.mark.req("S1-14")
def test_the_version_in_force_at_the_act_judges_and_a_change_of_version_repeats_nothing():
    old = definition(point("evidence", "inquiry"), point("time_limit", "inquiry"))
    new = definition(
        point("evidence", "inquiry", params={"controls": {"photos": 5}}),
        point("time_limit", "inquiry"),
        version=2,
        since="2026-05-20T00:00:00Z",
    )
    story = Story().enter("inquiry", due=DUE)
    story.submit("review", at=DUE + timedelta(days=1), evidence=with_files(1))
    assert [(v.mark, v.version) for v in story.judge(old, new)] == [("M1", 1)]
    running = Story().enter("inquiry", due=DUE)
    running.submit("review", at=datetime(2026, 5, 21, tzinfo=UTC), evidence=with_files(1))
    assert [(v.mark, v.version) for v in running.judge(old, new)] == [("M4", 2), ("M1", 1)] or [
        (v.mark, v.version) for v in running.judge(old, new)
    ] == [("M1", 1), ("M4", 2)]


def test_a_limit_that_ran_out_before_the_first_points_counts_from_their_day():
    rules = definition(point("time_limit", "inquiry"), since="2026-05-20T00:00:00Z")
    done = Story().enter("inquiry", due=DUE)
    done.submit("review", at=datetime(2026, 5, 19, tzinfo=UTC))
    assert done.judge(rules) == []
    late = Story().enter("inquiry", due=DUE)
    late.submit("review", at=datetime(2026, 5, 21, tzinfo=UTC))
    (alarm,) = late.judge(rules)
    assert alarm.at == datetime(2026, 5, 20, tzinfo=UTC)
