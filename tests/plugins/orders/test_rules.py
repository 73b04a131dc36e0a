# SPDX-License-Identifier: Apache-2.0
"""The five steps as pure rules."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plugins.orders import rules
from plugins.orders.rules import Lower

BEIJING = ZoneInfo("Asia/Shanghai")


def lower(state="issued", round_=1, **more) -> Lower:
    return Lower(more.pop("id", 2), "督办〔2026〕6号", "张海龙", state, round_, **more)


@pytest.mark.req("S1-29")
def test_numbers_have_no_leading_zeros() -> None:
    assert rules.number_text(2026, 18) == "督办〔2026〕18号"
    assert rules.number_text(2026, 6) == "督办〔2026〕6号"


@pytest.mark.req("S1-27")
@pytest.mark.parametrize(
    ("state", "round_", "lowers", "refused"),
    [
        ("issued", 1, [], "还没有转给办件人员"),
        ("relayed", 1, [lower()], "办件人员还没有回复"),
        ("relayed", 1, [lower("replied")], ""),
        ("relayed", 1, [lower("replied"), lower("issued", id=3)], ""),
        # The answers of an earlier round do not serve the next one.
        ("issued", 2, [lower("replied", 1)], "还没有转给办件人员"),
        ("relayed", 2, [lower("replied", 1), lower("issued", 2)], "办件人员还没有回复"),
        ("relayed", 2, [lower("replied", 1), lower("replied", 2)], ""),
        ("replied", 1, [lower("replied")], "已经回复监察机关"),
        ("revoked", 1, [lower("replied")], "已经办结"),
    ],
)
def test_the_department_answers_after_an_officer(state, round_, lowers, refused) -> None:
    reasons = rules.why_not_reply_upper(state, round_, lowers)
    assert bool(reasons) == bool(refused)
    assert refused in "".join(reasons)


@pytest.mark.req("S1-24")
@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("issued", False),
        ("relayed", False),
        ("replied", True),
        ("revoked", False),
        ("upheld", False),
    ],
)
def test_only_an_answered_order_is_decided(state, allowed) -> None:
    assert (rules.why_not_decide(state) == []) is allowed


@pytest.mark.req("S1-24")
@pytest.mark.parametrize(
    ("state", "relay", "reply"),
    [
        ("issued", True, True),
        ("relayed", True, False),
        ("replied", False, False),
        ("upheld", False, False),
    ],
)
def test_who_may_act_when(state, relay, reply) -> None:
    assert (rules.why_not_relay(state) == []) is relay
    if state != "relayed":
        assert (rules.why_not_reply_lower(state) == []) is reply


@pytest.mark.req("C5-13")
@pytest.mark.parametrize(
    ("items", "after"),
    [
        (["revoked"], "revoked"),
        (["revoked", "explained"], "replied"),
        (["revoked", "open"], "replied"),
        (["revoked", "revoked"], "revoked"),
        (["upheld", "upheld"], "upheld"),
        (["revoked", "upheld"], "settled"),
    ],
)
def test_an_order_ends_when_its_last_alarm_is_decided(items, after) -> None:
    assert rules.state_after(items) == after


@pytest.mark.parametrize(
    ("chosen", "open_", "refused"),
    [([], [1], "至少选择"), ([2], [1], "已经处理过"), ([1], [1, 2], "")],
)
def test_a_decision_names_open_alarms(chosen, open_, refused) -> None:
    assert refused in "".join(rules.why_not_these(chosen, open_))
    assert bool(rules.why_not_these(chosen, open_)) == bool(refused)


@pytest.mark.req("S1-25")
@pytest.mark.parametrize(
    ("state", "round_", "lowers", "step"),
    [
        ("issued", 1, [], 2),
        ("relayed", 1, [lower()], 3),
        ("relayed", 1, [lower("replied"), lower("issued", id=3)], 3),
        ("relayed", 1, [lower("replied")], 4),
        ("replied", 1, [lower("replied")], 5),
        ("revoked", 1, [lower("revoked")], 6),
        ("issued", 2, [lower("replied", 1)], 2),
    ],
)
def test_which_step_comes_next(state, round_, lowers, step) -> None:
    assert rules.step_now(state, round_, lowers) == step
    assert rules.next_act(state, round_, lowers)


@pytest.mark.req("C5-12")
def test_the_hint_names_who_is_waited_for() -> None:
    hint = rules.next_act("relayed", 1, [lower("replied"), Lower(3, "n", "斯琴高娃", "issued", 1)])
    assert "斯琴高娃" in hint
    assert "张海龙" not in hint


@pytest.mark.req("C5-04")
def test_the_draft_gathers_the_replies_and_names_the_gap() -> None:
    draft = rules.draft_reply(
        [
            lower("replied", cause="no_voucher", text="凭据已补传。", alarms=(1,)),
            Lower(3, "督办〔2026〕7号", "斯琴高娃", "issued", 1, alarms=(2,)),
        ],
        {1: "没有执行凭据", 2: "合格人员只有 1 人"},
    )
    first, second = draft.splitlines()
    assert (
        first
        == "1. 没有执行凭据（张海龙，督办〔2026〕6号）：没有上传执行凭据，真实报警。凭据已补传。"
    )
    assert second == "2. 合格人员只有 1 人（斯琴高娃，督办〔2026〕7号）：尚未回复。"


@pytest.mark.req("C5-03")
def test_causes_fit_the_kinds_of_alarm() -> None:
    kinds = {cause.kind for cause in rules.CAUSES if cause.kind}
    assert kinds == set(rules.KIND_WORDS)
    assert [c.key for c in rules.causes_for({"qualification"})] == [
        "unregistered",
        "too_few",
        "point_misplaced",
        "other",
    ]
    assert len(rules.CAUSE_BY_KEY) == len(rules.CAUSES)


@pytest.mark.req("C5-02")
@pytest.mark.parametrize(
    ("wanted", "left", "days"), [(5, 10, 5), (5, 6, 4), (5, 3, 1), (5, 0, 1), (5, -4, 1)]
)
def test_the_lower_deadline_leaves_time_for_the_upper(wanted, left, days) -> None:
    assert rules.lower_days(wanted, left, 2) == days


@pytest.mark.req("C5-10")
def test_no_reminder_outside_office_hours() -> None:
    def workday(day: date) -> bool:
        return day.weekday() < 5

    moment = datetime(2026, 5, 1, tzinfo=BEIJING)
    while moment < datetime(2026, 5, 20, tzinfo=BEIJING):
        at = rules.office_moment(moment, workday)
        assert at >= moment
        assert workday(at.date())
        assert rules.OFFICE_OPENS <= at.time() < rules.OFFICE_CLOSES
        assert at == rules.office_moment(at, workday)
        moment += timedelta(minutes=47)


def test_titles_and_requests() -> None:
    one = {"headline": "罚款 5,000 元，只缴 4,000 元", "point": "执行", "kind": "execution"}
    two = {"headline": "", "point": "主体资格", "kind": "qualification"}
    three = {"headline": "", "point": "", "kind": "evidence"}
    assert rules.order_title([one]) == "罚款 5,000 元，只缴 4,000 元"
    assert rules.order_title([two, one]) == "主体资格等 2 项"
    assert rules.alarm_words(three) == "证据固化"
    assert (
        rules.default_instruction([one, two]) == "请查明执行、主体资格报警的原因，督促改正并回复。"
    )


FIRST = {"tier": 1, "to_person": 0, "organ_name": "县司法局"}
SECOND = {"tier": 2, "to_person": 7, "organ_name": "县市场监管局"}
COUNTY, CITY = 10, 1
HANDS = {
    "bureau": rules.Hand({rules.READ, rules.ISSUE, rules.WITHDRAW}, 1, COUNTY),
    "superior": rules.Hand({rules.READ, rules.ISSUE, rules.WITHDRAW}, 2, CITY),
    "department": rules.Hand({rules.READ, rules.RELAY}, 3, COUNTY),
    "officer": rules.Hand({rules.READ, rules.REPLY}, 7, COUNTY),
    "colleague": rules.Hand({rules.READ, rules.REPLY}, 8, COUNTY),
    "nobody": rules.Hand({rules.READ, rules.REPLY}, 0, COUNTY),
}
MINE = {
    # (act, tier): who may, by the five steps
    ("receive", 1): {"department"},
    ("receive", 2): {"officer"},
    ("relay", 1): {"department"},
    ("relay", 2): set(),
    ("reply", 1): set(),
    ("reply", 2): {"officer"},
    ("answer", 1): {"department"},
    ("answer", 2): set(),
    ("decide", 1): {"bureau"},
    ("decide", 2): set(),
    ("extend", 1): {"bureau"},
    ("extend", 2): {"department"},
    ("urge", 1): {"bureau", "superior"},
    ("urge", 2): {"bureau", "superior", "department"},
}


@pytest.mark.req("S1-24", "S1-25")
@pytest.mark.parametrize(("act", "tier"), MINE)
def test_whose_act_it_is(act, tier) -> None:
    order = FIRST if tier == 1 else SECOND
    free = {who for who, hand in HANDS.items() if not rules.why_not_mine(act, hand, order, COUNTY)}
    assert free == MINE[act, tier]


@pytest.mark.req("S1-25")
def test_a_bureau_above_is_told_whose_order_it_is() -> None:
    [reason] = rules.why_not_mine("decide", HANDS["superior"], FIRST, COUNTY)
    assert reason == "这份督办由县司法局发出，由它办理。"


def test_every_act_has_a_row() -> None:
    assert {act for act, _ in MINE} == set(rules.ACTS)


@pytest.mark.req("C5-09")
def test_only_who_owes_an_answer_is_pressed() -> None:
    open_, closed = (rules.ISSUED, rules.RELAYED), (rules.REPLIED, *rules.CLOSED)
    assert not any(rules.why_not_urge(s) for s in open_)
    assert all(rules.why_not_urge(s) for s in closed)
    assert not any(rules.why_not_extend(s, counting=True) for s in open_)
    assert all(rules.why_not_extend(s, counting=False) for s in open_)
    assert all(rules.why_not_extend(s, counting=True) for s in closed)
