# SPDX-License-Identifier: Apache-2.0
"""The law of the case, without a database."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.cases.rules.decision import build_decision
from plugins.cases.rules.definition import (
    Control,
    case_prefix,
    class_title,
    decision_prefix,
    read_definition,
)
from plugins.cases.rules.entry import (
    changes_between,
    clean_text,
    keep_draft,
    parse_control,
    parse_entry,
    raw_of,
    show_value,
)
from plugins.cases.rules.event import KINDS, CaseEvent, EvidenceLine, Officer, count_evidence
from plugins.cases.rules.execution import (
    Paid,
    Part,
    PartState,
    account,
    plan_refusal,
    split_evenly,
    surcharge,
    surcharge_ledger,
)
from plugins.cases.rules.flow import (
    Handover,
    VisitLine,
    choose_way,
    extension_refusal,
    latest_submitted,
    legal_rollback_targets,
    live,
    may_act,
    recall_refusal,
    steps_ahead,
    unavoidable,
    ways_on,
)
from plugins.cases.rules.money import parse_money, show_money
from plugins.cases.rules.party import (
    PartyDraft,
    credit_code_error,
    group_code,
    id_number_error,
    mask_name,
    mask_number,
    mask_phone,
    party_errors,
)
from plugins.cases.rules.stops import Moment, describe_values, hard_stops
from tests.plugins.cases.definitions import licence, penalty

PENALTY = read_definition(penalty())
LICENCE = read_definition(licence())
TODAY = date(2026, 5, 12)


def road(
    *steps: str, open_at: str = "", values: dict | None = None, by: int = 7
) -> list[VisitLine]:
    """A case that submitted these steps in order and stands at ``open_at``."""
    lines = [
        VisitLine(
            i + 1, step, steps[: i + 1].count(step), "submitted", (values or {}).get(step, {}), by
        )
        for i, step in enumerate(steps)
    ]
    if open_at:
        lines.append(VisitLine(len(lines) + 1, open_at, steps.count(open_at) + 1, "open", {}))
    return lines


class TestFlow:
    def test_a_met_condition_wins_over_the_plain_way(self):
        assert [w.to for w in ways_on(PENALTY, "filing", {"outcome": "立案"})] == ["inquiry"]
        assert [w.to for w in ways_on(PENALTY, "filing", {"outcome": "不予立案"})] == ["archive"]

    def test_several_plain_ways_are_a_choice(self):
        ways = ways_on(LICENCE, "check", {})
        assert [w.to for w in ways] == ["decide", "accept"]
        assert "几条路" in choose_way(ways, None)
        assert choose_way(ways, "accept").to == "accept"
        assert "不一致" in choose_way(ways, "deliver")

    def test_the_last_step_ends_the_case(self):
        (way,) = ways_on(PENALTY, "archive", {})
        assert way.to == ""

    def test_no_way_on_says_what_to_do(self):
        assert "流程设置" in choose_way((), None)

    def test_ahead_and_unavoidable(self):
        assert "archive" in steps_ahead(PENALTY, "clue")
        assert unavoidable(PENALTY, "review", "decide")
        assert not unavoidable(PENALTY, "inquiry", "archive")


class TestRollback:
    """Which steps are legal targets, and why each other one is not (C3-05)."""

    def targets(self, visits, **more):
        found = legal_rollback_targets(PENALTY, visits, **{"case_state": "open", **more})
        assert {t.step for t in found} == {s.key for s in PENALTY.steps}
        assert all(t.legal != bool(t.reason) for t in found), "excluded means a reason, always"
        return {t.step: t for t in found}

    @pytest.mark.req("S1-19", "C3-04", "C3-05")
    def test_a_jump_of_two_names_the_steps_crossed(self):
        got = self.targets(road("clue", "filing", "inquiry", "finding", open_at="review"))
        assert got["inquiry"].legal
        assert got["inquiry"].crossed == ("review", "finding")
        assert got["inquiry"].visits == (5, 4, 3)

    def test_ahead_and_here_are_excluded_with_reasons(self):
        got = self.targets(road("clue", "filing", open_at="inquiry"))
        assert "就在这个环节" in got["inquiry"].reason
        assert "还没有办到" in got["decide"].reason

    def test_a_branch_not_taken_is_named_as_such(self):
        got = self.targets(road("clue", "filing", open_at="archive"))
        assert "没有走这条分支" in got["inquiry"].reason

    def test_a_served_decision_is_not_undone_by_paperwork(self):
        visits = road(*(s.key for s in PENALTY.ordered[:8]), open_at="execute")
        got = self.targets(visits)
        assert "另行作出" in got["decide"].reason
        assert got["service"].legal, "serving again repairs a faulty service"

    def test_paid_money_stops_the_way_back(self):
        visits = road(*(s.key for s in PENALTY.ordered[:8]), open_at="execute")
        assert "缴款" in self.targets(visits, paid=100)["service"].reason

    @pytest.mark.parametrize("state", ["closed", "suspended", "transferred"])
    def test_no_target_in_a_case_that_does_not_run(self, state):
        got = self.targets(road("clue", open_at="filing"), case_state=state)
        assert not any(t.legal for t in got.values())

    def test_superseded_visits_do_not_count(self):
        visits = [
            VisitLine(1, "clue", 1, "superseded", {}),
            VisitLine(2, "filing", 1, "superseded", {}),
            VisitLine(3, "clue", 2, "open", {}),
        ]
        assert [v.id for v in live(visits)] == [3]
        assert not self.targets(visits)["filing"].legal

    @pytest.mark.req("S1-19")
    def test_a_forward_edge_that_points_back_is_no_rollback(self):
        visits = road("accept", "check", open_at="accept")
        assert latest_submitted(visits, ("accept",)).id == 1
        got = {t.step: t for t in legal_rollback_targets(LICENCE, visits, case_state="open")}
        assert got["check"].legal
        assert got["check"].crossed == ("accept",)

    @given(st.integers(1, 7), st.data())
    def test_every_legal_target_lies_on_the_road(self, length, data):
        keys = [s.key for s in PENALTY.ordered]
        visits = road(*keys[:length], open_at=keys[length])
        for t in legal_rollback_targets(PENALTY, visits, case_state="open"):
            if t.legal:
                assert t.step in keys[:length]
                assert len(t.crossed) == length - keys.index(t.step)


class TestRecall:
    def handover(self, **more) -> Handover:
        return Handover(
            **{
                "case_state": "open",
                "submitted_by": 7,
                "submitted_visit_state": "submitted",
                "next_seen_at": None,
                "next_version": 0,
                "next_evidence": 0,
                "acts_since": 0,
                **more,
            }
        )

    @pytest.mark.req("C3-06")
    def test_untouched_is_recalled_by_the_submitter_only(self):
        assert recall_refusal(self.handover(), 7, same_handler=False) == ""
        assert "本人" in recall_refusal(self.handover(), 8, same_handler=False)

    @pytest.mark.req("C3-06")
    def test_opened_typed_or_acted_upon_is_not(self):
        seen = self.handover(next_seen_at=datetime(2026, 5, 12, tzinfo=UTC))
        assert "已经打开" in recall_refusal(seen, 7, same_handler=False)
        assert recall_refusal(seen, 7, same_handler=True) == ""
        for more in ({"next_version": 1}, {"next_evidence": 1}, {"acts_since": 1}):
            assert "已经开始" in recall_refusal(self.handover(**more), 7, same_handler=True)

    def test_nothing_to_recall(self):
        assert recall_refusal(self.handover(case_state="closed"), 7, same_handler=True)
        assert recall_refusal(self.handover(submitted_visit_state=""), 7, same_handler=True)


class TestWhoMayAct:
    def test_authorised_only(self):
        inquiry = PENALTY.step("inquiry")
        ask = {"opened_by": 1, "permissions": {"cases.case.handle"}}
        assert may_act(inquiry, 2, authorised={2}, **ask) == ""
        assert "张海龙" in may_act(inquiry, 3, authorised={2}, names=["张海龙"], **ask)
        assert may_act(inquiry, 1, authorised=(), **ask) == "", "the opener, while nobody is"
        assert "授权" in may_act(inquiry, 3, authorised=(), **ask)

    def test_approval_and_review(self):
        filing, review = PENALTY.step("filing"), PENALTY.step("review")
        ask = {"opened_by": 1, "authorised": ()}
        assert "审批" in may_act(filing, 1, permissions={"cases.case.handle"}, **ask)
        assert may_act(filing, 9, permissions={"cases.case.approve"}, **ask) == ""
        denied = may_act(review, 1, authorised={1}, opened_by=1, permissions={"cases.case.handle"})
        assert "审核权限" in denied


class TestExtension:
    @pytest.mark.req("C3-13")
    def test_counted_with_a_maximum(self):
        ask = {"unit": "calendar", "discussed": False}
        assert extension_refusal("penalty", used=0, amount=30, **ask) == ""
        assert "最多" in extension_refusal("penalty", used=0, amount=31, **ask)
        assert "集体讨论" in extension_refusal("penalty", used=1, amount=30, **ask)
        assert (
            extension_refusal("penalty", used=1, amount=60, unit="calendar", discussed=True) == ""
        )
        assert "不能再延" in extension_refusal("penalty", used=2, amount=1, **ask)

    def test_a_licence_is_extended_once_in_working_days(self):
        assert (
            extension_refusal("licence", used=0, amount=10, unit="working", discussed=False) == ""
        )
        assert "工作日" in extension_refusal(
            "licence", used=0, amount=10, unit="calendar", discussed=False
        )
        assert "大于 0" in extension_refusal(
            "licence", used=0, amount=0, unit="working", discussed=False
        )
        assert "第四十二条" in extension_refusal(
            "licence", used=1, amount=1, unit="working", discussed=False
        )


class TestMoney:
    @pytest.mark.parametrize(
        ("typed", "fen"),
        [
            ("5000", 500000),
            ("5,000.00", 500000),
            ("５，０００．５０", 500050),
            ("￥3860元", 386000),
            ("0", 0),
            ("0.05", 5),
            (" 12 345 ", 1234500),
        ],
    )
    def test_as_people_type_it(self, typed, fen):
        assert parse_money(typed) == fen

    @pytest.mark.parametrize(
        "typed", ["", "五千", "1.234", "-5", "1,23", "12e3", "9" * 20, "5000.", "💰"]
    )
    def test_refused_with_a_sentence(self, typed):
        assert isinstance(parse_money(typed), str)

    @given(st.integers(0, 10**14))
    def test_shown_and_typed_again_is_the_same(self, fen):
        assert parse_money(show_money(fen)) == fen

    def test_nothing_and_negative(self):
        assert show_money(None) == ""
        assert show_money(-150) == "-1.50"


TODAY = date(2026, 5, 12)
GOOD = {
    "inquired_on": "2026-05-12",
    "place": "团结路 18 号",
    "facts": "现场检查发现😀",
    "goods_value": "３,860.00",
}


class TestEntry:
    def test_typed_values_become_primitives(self):
        entry = parse_entry(PENALTY, PENALTY.step("inquiry"), GOOD, TODAY)
        assert entry.errors == {}
        assert entry.values["goods_value"] == 386000
        assert entry.values["inquired_on"] == "2026-05-12"
        assert entry.values["facts"].endswith("😀")
        assert "photos" not in entry.values

    def test_all_mistakes_at_once(self):
        entry = parse_entry(
            PENALTY,
            PENALTY.step("inquiry"),
            {"goods_value": "很多", "inquired_on": "2026-02-30"},
            TODAY,
        )
        assert set(entry.errors) == {"inquired_on", "place", "facts", "goods_value"}

    @pytest.mark.req("S1-17", "S1-23")
    def test_a_missing_basis_is_an_alarm_and_never_a_refusal(self):
        control = Control("basis", "处罚依据", "basis", required=True)
        assert parse_control(control, "", today=TODAY) == (None, "")
        entry = parse_entry(PENALTY, PENALTY.step("decide"), {"outcome": "予以处罚"}, TODAY)
        assert entry.errors == {}
        assert entry.values["basis"] is None

    def test_ten_thousand_characters_are_kept_and_too_many_are_counted(self):
        control = Control("facts", "违法事实", "longtext")
        text = "字" * 10_000
        assert parse_control(control, text, today=TODAY) == (text, "")
        assert "最多" in parse_control(control, "字" * 20_001, today=TODAY)[1]
        assert "现在是" in parse_control(Control("t", "地点", "text"), "字" * 501, today=TODAY)[1]
        assert parse_control(Control("t", "地点", "text", max_length=3), "四个字哦", today=TODAY)[1]

    def test_hostile_characters(self):
        assert clean_text("a\x00b\r\nc\x1b\ud83d") == "ab\nc"

    @pytest.mark.parametrize(
        ("control", "typed", "value"),
        [
            (Control("b", "放弃", "boolean"), ["0", "1"], True),
            (Control("b", "放弃", "boolean"), None, False),
            (Control("n", "次数", "number", unit="次"), "３次", 3),
            (Control("n", "面积", "number"), "12.5", 12.5),
            (Control("d", "日期", "date"), "2026年5月12日", "2026-05-12"),
            (Control("d", "时间", "datetime"), "2026-05-12T09:30", "2026-05-12T09:30"),
            (Control("c", "种类", "choices"), ["罚款", "罚款", ""], ["罚款"]),
        ],
    )
    def test_every_type(self, control, typed, value):
        assert parse_control(control, typed, today=TODAY) == (value, "")

    @pytest.mark.parametrize(
        ("control", "typed"),
        [
            (Control("n", "次数", "number", min=1), "0"),
            (Control("n", "次数", "number", max=9), "10"),
            (Control("n", "次数", "number"), "nan"),
            (Control("n", "次数", "number"), "三"),
            (Control("m", "金额", "money", min=100), "0.5"),
            (Control("m", "金额", "money", max=100), "5"),
            (Control("d", "日期", "date"), "0026-05-12"),
            (Control("d", "日期", "date"), "昨天"),
            (Control("d", "时间", "datetime"), "2026-05-12"),
            (Control("d", "时间", "datetime"), "2026-05-12T29:99"),
        ],
    )
    def test_every_mistake_has_its_sentence(self, control, typed):
        assert parse_control(control, typed, today=TODAY)[1]

    @pytest.mark.parametrize(
        ("bounds", "typed", "told"),
        [
            ({"max": 0}, "2026-05-12", ""),
            ({"max": 0}, "2026-05-13", "检查日期不能晚于今天"),
            ({"max": 0}, "2026-05-11", ""),
            ({"max": 10}, "2026-05-22", ""),
            ({"max": 10}, "2026-05-23", "不能晚于 2026-05-22"),
            ({"min": 0}, "2026-05-11", "不能早于今天"),
            ({"min": -7}, "2026-05-04", "不能早于 2026-05-05"),
            ({"max": -(10**12)}, "2026-05-04", "不能晚于"),
            ({}, "2027-05-13", ""),
        ],
    )
    @pytest.mark.parametrize("kind", ["date", "datetime"])
    def test_what_happened_is_not_dated_after_today(self, kind, bounds, typed, told):
        control = Control("d", "检查日期", kind, **bounds)
        at = typed if kind == "date" else f"{typed}T23:59"
        value, refusal = parse_control(control, at, today=TODAY)
        assert (told in refusal and value is None) if told else (value == at and not refusal)

    def test_a_choice_outside_the_options(self):
        step = PENALTY.step("decide")
        entry = parse_entry(
            PENALTY, step, {"outcome": "没收财产", "kinds": ["枪毙"], "tier": "x"}, TODAY
        )
        assert set(entry.errors) == {"outcome", "kinds", "tier"}

    def test_a_draft_keeps_what_is_wrong(self):
        form = PENALTY.form_of(PENALTY.step("inquiry"))
        draft = keep_draft(
            form, {"goods_value": "很多", "photos": "x", "foreign": "y", "facts": ["a"]}
        )
        assert draft == {"goods_value": "很多", "facts": ["a"]}

    def test_shown_typed_and_compared(self):
        form = PENALTY.form_of(PENALTY.step("decide"))
        amount, tier = form.control("amount"), form.control("tier")
        assert show_value(PENALTY, amount, 500000) == "5,000.00 元"
        assert show_value(PENALTY, tier, "light") == "从轻"
        assert raw_of(amount, 500000) == "5,000.00"
        assert raw_of(amount, None) == ""
        assert raw_of(form.control("kinds"), ["罚款"]) == ["罚款"]
        (change,) = changes_between(PENALTY, form, {"amount": 1}, {"amount": 2})
        assert (change.old, change.new) == ("0.01 元", "0.02 元")

    def test_show_value_of_every_type(self):
        show = lambda kind, value, **m: show_value(PENALTY, Control("k", "t", kind, **m), value)  # noqa: E731
        assert show("boolean", True) == "是"
        assert show("date", "2026-05-12") == "2026年5月12日"
        assert show("datetime", "2026-05-12T09:30") == "2026-05-12 09:30"
        assert show("number", 3, unit="次") == "3 次"
        assert show("text", None) == ""
        assert raw_of(Control("b", "t", "boolean"), True) == "true"
        assert raw_of(Control("b", "t", "text"), "x") == "x"


class TestDecision:
    def decide(self, **values):
        return build_decision(PENALTY, PENALTY.step("decide"), values, {"goods_value": 386000})

    def test_a_fine_with_its_tier_and_the_facts_it_rests_on(self):
        got = self.decide(
            outcome="予以处罚",
            basis=" 第一百二十六条 ",
            amount=500000,
            tier="light",
            kinds=["罚款"],
        )
        assert (got.negative, got.amount, got.tier, got.standard) == (False, 500000, "light", "s1")
        assert got.facts == {"goods_value": 386000}
        assert got.basis == "第一百二十六条"

    def test_a_negative_decision_has_no_amount(self):
        got = self.decide(outcome="不予处罚", amount=500000)
        assert got.negative
        assert got.amount is None

    def test_a_step_without_outcome_decides_nothing(self):
        assert build_decision(PENALTY, PENALTY.step("inquiry"), {"goods_value": 1}, {}) is None
        assert self.decide(amount=1) is None

    def test_default_negative_words(self):
        bare = penalty()
        decide = next(f for f in bare["forms"] if f["key"] == "decide")
        decide["controls"][0]["negative"] = []
        got = build_decision(
            read_definition(bare), PENALTY.step("decide"), {"outcome": "不予处罚"}, {}
        )
        assert got.negative


OFFICERS = (Officer(7, "张海龙", True), Officer(8, "斯琴高娃", True))
FULL_ROAD = road(
    "clue",
    "filing",
    "inquiry",
    "finding",
    "review",
    "notice",
    open_at="decide",
    values={"review": {"opinion": "同意"}},
)


class TestHardStops:
    """Stops and alarms are told apart as the table B19 says."""

    def moment(self, *, step="decide", visits=FULL_ROAD, values=None, **more) -> Moment:
        chosen = PENALTY.step(step)
        values = {"outcome": "予以处罚"} if values is None else values
        base = {
            "definition": PENALTY,
            "step": chosen,
            "visits": visits,
            "officers": OFFICERS,
            "actor": 7,
            "decision": build_decision(PENALTY, chosen, values, {}),
            "evidence_by_visit": {6: {"receipt": 1}},
        }
        return Moment(**{**base, **more})

    def codes(self, **more):
        return [s.code for s in hard_stops(self.moment(**more))]

    def test_a_complete_case_passes_also_without_basis(self):
        assert self.codes() == []

    def test_two_qualified_officers(self):
        assert self.codes(officers=OFFICERS[:1]) == ["two_officers"]
        bad = (OFFICERS[0], Officer(9, "王志远", False, "未登记执法证号"))
        (stop,) = hard_stops(self.moment(officers=bad))
        assert "王志远" in stop.cure
        assert "第四十二条" in stop.clause

    def test_not_strict_is_an_alarm_only(self):
        assert self.codes(step="inquiry", values={}, officers=()) == []

    def test_legal_review_missing_or_not_agreed(self):
        without = road("clue", "filing", "inquiry", "finding", "notice", open_at="decide")
        assert "legal_review" in self.codes(visits=without, evidence_by_visit={5: {"receipt": 1}})
        changed = [
            v
            if v.step != "review"
            else VisitLine(v.id, v.step, 1, "submitted", {"opinion": "建议修改"}, 5)
            for v in FULL_ROAD
        ]
        assert self.codes(visits=changed) == ["legal_review"]

    def test_notice_with_receipt_or_waiver(self):
        assert self.codes(evidence_by_visit={}) == ["notice"]
        waived = [
            v
            if v.step != "notice"
            else VisitLine(v.id, v.step, 1, "submitted", {"waived": True}, 7)
            for v in FULL_ROAD
        ]
        assert self.codes(visits=waived, evidence_by_visit={}) == []
        without = [v for v in FULL_ROAD if v.step != "notice"]
        assert self.codes(visits=without) == ["notice"]

    def test_a_negative_decision_needs_no_notice_or_review(self):
        bare = road("clue", "filing", open_at="decide")
        assert self.codes(visits=bare, values={"outcome": "不予处罚"}, evidence_by_visit={}) == []

    def test_entrusted_units_do_not_coerce(self):
        mapping = penalty()
        mapping["steps"][2]["coercive"] = True
        definition = read_definition(mapping)
        more = {"definition": definition, "decision": None, "body_kind": "entrusted"}
        coercive = Moment(
            **{
                "step": definition.step("inquiry"),
                "visits": (),
                "officers": (),
                "actor": 7,
                "evidence_by_visit": {},
                **more,
            }
        )
        assert [s.code for s in hard_stops(coercive)] == ["entrusted_coercion"]

    def test_a_recused_officer_is_stopped_and_only_he(self):
        assert self.codes(recused=(7,)) == ["recused"]
        assert self.codes(recused=(8,)) == ["recused"]
        assert self.codes(recused=(99,)) == []

    def test_the_investigator_does_not_review_his_own_case(self):
        visits = road("clue", "filing", "inquiry", "finding", open_at="review")
        assert self.codes(step="review", values={}, visits=visits) == ["reviewer_apart"]
        assert self.codes(step="review", values={}, visits=visits, actor=55) == []

    def test_a_review_form_without_opinion_counts_by_being_submitted(self):
        mapping = penalty()
        review = next(f for f in mapping["forms"] if f["key"] == "review")
        review["controls"] = []
        assert self.codes(definition=read_definition(mapping)) == []
        review["controls"] = [
            {"key": "o", "title": "结论", "type": "outcome", "negative": ["不同意"], "options": []}
        ]
        visits = [
            v if v.step != "review" else VisitLine(v.id, v.step, 1, "submitted", {"o": "同意"}, 5)
            for v in FULL_ROAD
        ]
        assert self.codes(definition=read_definition(mapping), visits=visits) == []


class TestExecution:
    def test_three_percent_a_day_capped_at_the_fine(self):
        assert surcharge(500000, 1) == 15000
        assert surcharge(500000, 33) == 495000
        assert surcharge(500000, 34) == 500000
        assert surcharge(500000, 0) == 0
        assert surcharge(0, 10) == 0

    @given(st.integers(1, 10**12), st.integers(0, 5000))
    def test_the_surcharge_never_exceeds_the_fine(self, fine, days):
        assert 0 <= surcharge(fine, days) <= fine

    def test_instalments_close_oldest_first(self):
        parts = (Part(300000, date(2026, 5, 1)), Part(200000, date(2026, 6, 1)))
        got = account(parts, [Paid(350000, date(2026, 4, 30))], date(2026, 5, 20))
        assert [p.open for p in got.parts] == [0, 150000]
        assert got.parts[0].settled_on == date(2026, 4, 30)
        assert got.open == 150000
        assert got.surcharge_owed == 0

    def test_a_late_part_bears_its_surcharge_and_can_be_settled(self):
        parts = (Part(500000, date(2026, 5, 1)),)
        late = [Paid(500000, date(2026, 5, 3))]
        got = account(parts, late, date(2026, 5, 20))
        assert got.surcharge_owed == 30000
        assert not got.settled
        done = account(parts, [*late, Paid(30000, date(2026, 5, 3), "surcharge")], date(2026, 6, 1))
        assert done.settled
        assert done.overpaid == 0

    @given(
        st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
        st.lists(st.integers(1, 10**7), max_size=6),
    )
    def test_no_cent_is_lost(self, owed, paid):
        parts = [Part(a, date(2026, 1 + i, 1)) for i, a in enumerate(owed)]
        money = [Paid(a, date(2026, 1, 1)) for a in paid]
        got = account(parts, money, date(2026, 12, 31))
        assert sum(p.paid for p in got.parts) == min(sum(owed), sum(paid))
        assert got.open == max(0, sum(owed) - sum(paid))
        assert got.overpaid == max(0, sum(paid) - sum(owed))

    def test_a_plan_must_add_up(self):
        dues = [date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)]
        plan = split_evenly(500000, dues)
        assert sum(p.amount for p in plan) == 500000
        assert plan_refusal(500000, plan, TODAY) == ""
        assert "应当相等" in plan_refusal(400000, plan, TODAY)
        assert "应当相等" in plan_refusal(600000, plan, TODAY)
        assert plan_refusal(500000, (), TODAY)
        assert "大于 0" in plan_refusal(0, [Part(0, dues[0])], TODAY)
        assert "一期比一期晚" in plan_refusal(2, [Part(1, dues[1]), Part(1, dues[0])], TODAY)
        assert "早于今天" in plan_refusal(1, [Part(1, date(2026, 1, 1))], TODAY)
        assert "最多分" in plan_refusal(37, [Part(1, dues[0])] * 37, TODAY)
        assert split_evenly(5, []) == ()


class TestParty:
    @pytest.mark.parametrize(
        "good", ["11010519491231002X", "440524188001010014", "150801198811207478"]
    )
    def test_identity_numbers(self, good):
        assert id_number_error(good.lower(), TODAY) == ""

    @pytest.mark.parametrize(
        "bad",
        ["150801198811207470", "15080119881120747", "150801198813207478", "150801209911207470"],
    )
    def test_wrong_identity_numbers_say_which_part(self, bad):
        assert id_number_error(bad, TODAY)

    def test_credit_code(self):
        assert credit_code_error("9135 0100 M000 100Y 43") == ""
        assert "校验位" in credit_code_error("91350100M000100Y44")
        assert "18 位" in credit_code_error("9135")

    def test_masks(self):
        assert mask_name("李建军") == "李某某"
        assert mask_name("曹操") == "曹某"
        assert mask_name("") == ""
        assert mask_number("150801198811207478") == "150801********7478"
        assert mask_number("1") == ""
        assert mask_phone("138 0000 0000") == "138****0000"
        assert mask_phone("110") == "***"

    def test_all_party_errors_at_once(self):
        bad = PartyDraft("", "", "", "", "长" * 61, "址" * 301, "abc")
        assert set(party_errors(bad, TODAY)) == {
            "party_kind",
            "party_name",
            "phone",
            "address",
            "legal_representative",
        }
        person = PartyDraft("person", "李" * 121, "", "1", "", "", "")
        assert set(party_errors(person, TODAY)) == {"party_name", "id_number"}
        firm = PartyDraft("organisation", "鲜味园", "1", "", "", "", "0478-4212345")
        assert set(party_errors(firm, TODAY)) == {"code"}
        stall = PartyDraft("business", "鲜味园", "", "", "", "", "")
        assert party_errors(stall, TODAY) == {}


class TestEvent:
    @pytest.mark.req("S1-20")
    def test_voided_evidence_no_longer_counts_and_nothing_is_still_listed(self):
        lines = [
            EvidenceLine(1, "photos", "a.jpg", "aa", valid=False),
            EvidenceLine(2, "records", "b.pdf", "bb", valid=True),
        ]
        got = count_evidence(PENALTY, PENALTY.step("inquiry"), lines)
        assert len(got["photos"].files) == 0
        assert got["photos"].required == 1
        assert [f.id for f in got["records"].files] == [2]
        assert got["videos"].required == 0

    def test_the_event_is_primitives_only_and_decodes_again(self):
        event = CaseEvent(
            case=1,
            item=2,
            version=1,
            seq=1,
            kind="opened",
            at="2026-05-12T00:00:00Z",
            case_number="磴市监立〔2026〕1号",
            title="t",
            party="p",
            organisation=1,
            department=1,
            officers=OFFICERS,
        )
        plain = msgspec.to_builtins(event)
        assert msgspec.convert(plain, CaseEvent) == event
        assert {k for k, _, _ in KINDS} >= {"opened", "rolled_back", "attempt_refused"}
        for _, _, text in KINDS:
            assert "{" not in text.format_map(plain)


class TestDefinition:
    def test_numbers_are_worded_by_class_unless_the_prefix_says_it_already(self):
        assert case_prefix("磴市监", "penalty") == "磴市监立"
        assert case_prefix("磴市监立", "penalty") == "磴市监立"
        assert case_prefix("磴", "unknown") == "磴办"
        assert decision_prefix("磴市监立", "penalty") == "磴市监罚"
        assert decision_prefix("磴市监当罚", "penalty") == "", "one document, one number"
        assert decision_prefix("磴市监许", "licence") == "磴市监许决"
        assert decision_prefix("磴水征", "levy") == "磴水征决"

    def test_what_is_not_there_is_named_by_its_key(self):
        assert class_title("penalty") == "行政处罚"
        assert class_title("other") == "other"
        assert PENALTY.title_of("gone") == "gone"
        assert PENALTY.stage("file").title == "立案"
        assert PENALTY.stage("gone") is None
        bare = read_definition({**penalty(), "forms": [], "points": []})
        assert bare.form_of(bare.first).controls == ()
        assert bare.standard_for("tier").key == "s1"
        assert LICENCE.standard_for("tier") is None
        assert [p.key for p in PENALTY.points_of(PENALTY.step("inquiry"))] == ["p1", "p2"]
        assert PENALTY.basis[0].label.startswith("《食品安全法》第一百二十六条")

    def test_a_step_without_any_way_on_ends_the_case(self):
        bare = read_definition({**penalty(), "transitions": []})
        assert ways_on(bare, "clue", {}) == (ways_on(PENALTY, "missing", {})[0],)
        assert unavoidable(PENALTY, "clue", "decide")

    def test_without_points_the_controls_are_found_by_their_types(self):
        mapping = penalty(points=[])
        mapping["standards"][0]["base"] = "goods_value"
        bare = read_definition(mapping)
        values = {"outcome": "予以处罚", "basis": ["甲", "乙"], "amount": 600000, "tier": "light"}
        got = build_decision(bare, bare.step("decide"), values, {"goods_value": 1})
        assert (got.basis, got.amount, got.tier, got.standard) == ("甲；乙", 600000, "light", "s1")
        assert got.facts == {"goods_value": 1}

    def test_small_words(self):
        assert group_code("92150822MA0N3K7P4R") == "9215 0822 MA0N 3K7P 4R"

    def test_a_penalty_without_a_notice_step_and_the_stops_as_primitives(self):
        mapping = penalty()
        mapping["steps"] = [s for s in mapping["steps"] if s["key"] != "notice"]
        definition = read_definition(mapping)
        visits = [v for v in FULL_ROAD if v.step != "notice"]
        moment = TestHardStops().moment(definition=definition, visits=visits, officers=())
        stops = hard_stops(moment)
        assert [s.code for s in stops] == ["two_officers"]
        assert describe_values(stops)["two_officers"]["clause"].startswith("《行政处罚法》")


@pytest.mark.parametrize(
    ("part", "last", "rows"),
    [
        (PartState(500_000, date(2026, 5, 1), 500_000, date(2026, 5, 1), 0), "", 0),
        (PartState(500_000, date(2026, 5, 1), 0, None, 45_000), "450.00 元", 4),
        (PartState(500_000, date(2026, 5, 1), 500_000, date(2026, 5, 4), 45_000), "450.00 元", 4),
        (
            PartState(500_000, date(2026, 1, 1), 0, None, 500_000),
            "5,000.00 元，以不超过罚款数额为限",
            4,
        ),
        (PartState(500_000, date(2026, 5, 1), 200_000, None, 30_000), "300.00 元", 5),
    ],
)
def test_the_surcharge_explains_itself(part, last, rows):
    """《行政处罚法》第七十二条: three per cent a day, never more than the fine."""
    lines = surcharge_ledger(part, date(2026, 5, 4))
    assert len(lines) == rows
    if rows:
        assert lines[-1] == ("加处罚款", last)
