# SPDX-License-Identifier: Apache-2.0
"""The rules of the law as tables: terms, gaps, absences, recusal, conditions, photos, states."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from piccolo.columns import Numeric, Real
from piccolo.table import Table

from core.api.deadlines import term_end
from plugins.supervisors import forms, tables
from plugins.supervisors.rules import applying, states, terms, wording
from plugins.supervisors.rules.applying import Answers, Photo, faults, photo_faults
from plugins.supervisors.rules.attendance import Attendance, proposes_dismissal
from plugins.supervisors.rules.recusal import Recusal, conflicts
from plugins.supervisors.rules.terms import Term, in_a_row, why_not_appoint, why_not_renew
from plugins.supervisors.rules.words import (
    DECLARATIONS,
    DUTIES,
    GROUNDS,
    OBLIGATIONS,
    ROUTES,
    SOURCES,
    ground_words,
)


def term(starts: str, ends: str, ended_on: str = "") -> Term:
    return Term(
        date.fromisoformat(starts),
        date.fromisoformat(ends),
        date.fromisoformat(ended_on) if ended_on else None,
    )


FIRST = term("2022-05-01", "2024-04-30")
SECOND = term("2024-05-01", "2026-04-30")
SHORT = term("2024-05-01", "2026-04-30", "2024-06-15")
RULES = {"maximum": 2, "gap_months": 24}


class TestTerms:
    @pytest.mark.req("S3-7")
    @pytest.mark.parametrize(
        ("starts", "ends"),
        [
            ("2022-05-01", "2024-04-30"),
            ("2024-02-29", "2026-02-28"),
            ("2024-03-01", "2026-02-28"),
            ("2025-01-01", "2026-12-31"),
        ],
    )
    def test_a_term_of_two_years_ends_the_day_before_the_anniversary(self, starts, ends):
        assert term_end(date.fromisoformat(starts), 2) == date.fromisoformat(ends)

    @pytest.mark.req("S3-7", "S3-8", "C13-04")
    @pytest.mark.parametrize(
        ("history", "starts", "refused"),
        [
            ([], "2026-05-01", False),
            ([FIRST], "2024-05-01", False),
            ([FIRST, SECOND], "2026-05-01", True),
            # A term given up early counts as a whole one.
            ([FIRST, SHORT], "2024-07-01", True),
            ([FIRST, SHORT], "2026-06-14", True),
            ([FIRST, SHORT], "2026-06-15", False),
            # One day inside the gap of 24 months is in a row; the gap itself is not.
            ([FIRST, SECOND], "2028-04-29", True),
            ([FIRST, SECOND], "2028-04-30", False),
            # A first term long ago and one after it: only what hangs together counts.
            ([term("2018-01-01", "2019-12-31"), FIRST], "2024-05-01", False),
            # Three ago, two in a row after a gap.
            ([term("2016-01-01", "2017-12-31"), FIRST, SECOND], "2026-05-01", True),
        ],
    )
    def test_not_more_than_two_in_a_row(self, history, starts, refused):
        found = why_not_appoint(history, date.fromisoformat(starts), **RULES)
        assert bool(found) is refused, found

    @pytest.mark.req("S3-8")
    def test_the_refusal_says_when_he_may_be_appointed_again(self):
        (sentence,) = why_not_appoint([FIRST, SECOND], date(2026, 5, 1), **RULES)
        assert "不得连任超过两届" in sentence
        assert "2028年4月30日起" in sentence

    @pytest.mark.req("S3-8")
    @pytest.mark.parametrize(
        ("history", "starts", "count"),
        [([], "2026-05-01", 0), ([FIRST], "2024-05-01", 1), ([FIRST, SECOND], "2026-05-01", 2)],
    )
    def test_terms_in_a_row_are_counted(self, history, starts, count):
        assert in_a_row(history, date.fromisoformat(starts), 24) == count
        assert terms.number_of_term(history, date.fromisoformat(starts), 24) == count + 1

    @pytest.mark.req("S3-7")
    def test_two_terms_never_overlap(self):
        (sentence,) = why_not_appoint([FIRST], date(2024, 4, 30), **RULES)
        assert "不能与它重叠" in sentence

    @pytest.mark.req("S3-8")
    def test_the_limits_are_parameters(self):
        assert why_not_appoint([FIRST, SECOND], date(2026, 5, 1), maximum=3, gap_months=24) == []
        assert why_not_appoint([FIRST], date(2024, 5, 1), maximum=1, gap_months=24)

    @pytest.mark.req("C13-05", "S0-24")
    @pytest.mark.parametrize(
        ("history", "today", "refused"),
        [
            ([FIRST], "2024-02-29", "2024年3月1日起"),
            ([FIRST], "2024-03-01", ""),
            ([FIRST], "2024-04-30", ""),
            ([FIRST], "2024-05-01", "请重新申报"),
        ],
    )
    def test_renewal_opens_sixty_days_before_the_end(self, history, today, refused):
        found = why_not_renew(history, FIRST, date.fromisoformat(today), **RULES, opens_days=60)
        assert ("".join(found) == "") is (refused == "")
        assert refused in "".join(found)

    @pytest.mark.req("S3-7", "C13-05")
    def test_a_third_term_cannot_even_be_applied_for(self):
        (sentence,) = why_not_renew(
            [FIRST, SECOND], SECOND, date(2026, 4, 1), **RULES, opens_days=60
        )
        assert "不得连任超过两届" in sentence

    @pytest.mark.req("S3-7", "C13-05")
    def test_whose_next_term_is_appointed_is_told_so(self):
        """During the first he is not told that he serves the second."""
        (sentence,) = why_not_renew([FIRST, SECOND], FIRST, FIRST.ends, **RULES, opens_days=60)
        assert "下一届已经聘任" in sentence

    @pytest.mark.req("C13-04")
    @pytest.mark.parametrize(
        ("today", "due"),
        [("2024-02-29", False), ("2024-03-01", True), ("2024-04-30", True), ("2024-05-01", False)],
    )
    def test_the_reminder_is_due_sixty_days_before(self, today, due):
        assert terms.reminder_due(FIRST, date.fromisoformat(today), 60) is due

    def test_who_resigned_is_not_reminded(self):
        assert not terms.reminder_due(SHORT, date(2026, 4, 1), 60)

    @pytest.mark.parametrize(
        ("day", "months", "later"),
        [
            ("2024-01-31", 1, "2024-03-01"),
            ("2024-02-29", 24, "2026-03-01"),
            ("2024-04-30", 24, "2026-04-30"),
            ("2024-12-31", 2, "2025-03-01"),
            ("2024-11-30", 1, "2024-12-30"),
            ("2024-12-15", 0, "2024-12-15"),
        ],
    )
    def test_months_are_counted_by_the_calendar(self, day, months, later):
        found = terms.months_later(date.fromisoformat(day), months)
        assert found == date.fromisoformat(later)


def attended(*outcomes: str) -> list[Attendance]:
    start = date(2026, 3, 1)
    return [
        Attendance(number, start + timedelta(days=7 * number), outcome)
        for number, outcome in enumerate(outcomes)
    ]


class TestAbsences:
    @pytest.mark.req("S3-25", "C13-09")
    @pytest.mark.parametrize(
        ("outcomes", "count"),
        [
            ([], 0),
            (["absent"], 0),
            (["absent", "absent"], 2),
            (["absent", "excused", "absent"], 0),
            (["absent", "present", "absent"], 0),
            (["absent", "present", "absent", "absent"], 2),
            (["absent", "absent", "absent"], 3),
            (["absent", "absent", "present"], 0),
        ],
    )
    def test_the_second_unexcused_in_a_row_counts(self, outcomes, count):
        assert len(proposes_dismissal(attended(*outcomes))) == count

    @pytest.mark.req("S3-25")
    def test_the_order_is_that_of_the_activities_not_of_the_entries(self):
        first, second, third = attended("absent", "present", "absent")
        assert proposes_dismissal([third, first, second]) == []

    def test_the_limit_is_a_parameter(self):
        assert proposes_dismissal(attended("absent", "absent"), limit=3) == []


class TestRecusal:
    BODY = Recusal(1, "declared", "workplace", organisation_lo=100, organisation_hi=199)
    OFFICER = Recusal(2, "ordered", "relative", organisation_lo=100, organisation_hi=199, officer=7)
    CASE = Recusal(3, "ordered", "self", case="磴市监罚〔2026〕12号")

    @pytest.mark.req("S3-17", "C13-08")
    @pytest.mark.parametrize(
        ("recusal", "draft", "stopped"),
        [
            (BODY, {"organisation_lo": 100}, True),
            (BODY, {"organisation_lo": 150}, True),
            (BODY, {"organisation_lo": 200}, False),
            (BODY, {"organisation_lo": 0}, False),
            (BODY, {}, False),
            (OFFICER, {"organisation_lo": 150, "officer": 7}, True),
            (OFFICER, {"organisation_lo": 150, "officer": 8}, False),
            (OFFICER, {"organisation_lo": 150}, False),
            (CASE, {"case": "磴市监罚〔2026〕12号 "}, True),
            (CASE, {"case": "磴市监罚〔2026〕13号"}, False),
            (CASE, {"case": ""}, False),
        ],
    )
    def test_a_matter_is_compared_with_the_declared_conflicts(self, recusal, draft, stopped):
        assert bool(conflicts([recusal], draft, date(2026, 5, 1))) is stopped

    @pytest.mark.req("S3-17")
    def test_a_lifted_recusal_no_longer_binds(self):
        over = Recusal(
            1, "ordered", "self", 100, 199, since=date(2026, 1, 1), until=date(2026, 4, 1)
        )
        assert conflicts([over], {"organisation_lo": 120}, date(2026, 4, 1))
        assert not conflicts([over], {"organisation_lo": 120}, date(2026, 4, 2))

    @pytest.mark.req("S3-17")
    def test_the_sentence_says_who_wanted_it(self):
        ((_, own),) = conflicts([self.BODY], {"organisation_lo": 100}, date(2026, 5, 1))
        ((_, told),) = conflicts([self.CASE], {"case": self.CASE.case}, date(2026, 5, 1))
        assert "本人已申请回避" in own
        assert "司法行政机关要求回避" in told


GOOD = {
    "source": "lawyer",
    "has_photo": True,
    "declared": tuple(DECLARATIONS),
    "agreed": True,
}


class TestConditions:
    @pytest.mark.req("S0-2", "C13-01")
    def test_the_stamped_form_is_needed_for_a_recommendation_only(self):
        found = faults(Answers("unit", **GOOD))
        assert found["recommendation"] == "请上传单位盖章的单位推荐表"
        assert "recommending_unit" in found
        assert faults(Answers("self", **GOOD)) == {}
        whole = Answers("unit", **GOOD, has_recommendation=True, recommending_unit="磴口县律师协会")
        assert faults(whole) == {}

    @pytest.mark.req("S0-2")
    def test_the_photo_is_needed_and_the_sentence_says_which(self):
        found = faults(Answers("self", **{**GOOD, "has_photo": False}))
        assert "PNG 或 JPG" in found["photo"]

    @pytest.mark.req("S3-10", "S3-11", "S3-12", "S3-13", "S3-3")
    @pytest.mark.parametrize("missing", list(DECLARATIONS))
    def test_every_condition_of_article_seven_is_declared(self, missing):
        declared = [each for each in DECLARATIONS if each != missing]
        found = faults(Answers("self", **{**GOOD, "declared": declared}))
        assert DECLARATIONS[missing] in found["declared"]

    @pytest.mark.req("S3-10", "S3-11", "S3-12", "S3-13", "S3-3")
    @pytest.mark.parametrize(
        "words",
        [
            "遵守法律法规",
            "刑事处罚",
            "行政处分",
            "党纪处分",
            "违反治安管理",
            "信用",
            "公道正派",
            "法律知识",
            "保密",
            "身体健康",
            "时间和精力",
            "不是行政执法人员",
        ],
    )
    def test_what_article_seven_asks_stands_in_the_declarations(self, words):
        found = faults(Answers("self", **{**GOOD, "declared": ()}))
        assert words in found["declared"]

    @pytest.mark.req("S3-14")
    def test_the_regions_own_conditions_are_asked_one_by_one(self):
        extra = ("在本地居住满一年", "会讲蒙古语")
        found = faults(Answers("self", **GOOD, checked=("0",)), extra=extra)
        assert "会讲蒙古语" in found["checked"]
        assert "在本地居住满一年" not in found["checked"]
        assert faults(Answers("self", **GOOD, checked=("0", "1")), extra=extra) == {}

    @pytest.mark.req("S3-12")
    def test_the_legal_qualification_is_no_condition(self):
        assert "legal_qualified" not in Answers.__dataclass_fields__

    @pytest.mark.req("S3-5", "C13-01")
    def test_a_closed_route_is_refused(self):
        assert "route" in faults(Answers("self", **GOOD), routes=("unit",))

    def test_without_consent_nothing_is_taken_in(self):
        assert "agreed" in faults(Answers("self", **{**GOOD, "agreed": False}))

    @pytest.mark.req("S3-2")
    def test_an_unknown_source_is_refused(self):
        assert "source" in faults(Answers("self", **{**GOOD, "source": "spy"}))
        named = ("人大代表", "政协委员", "专家学者", "民营企业家", "律师", "人民团体")
        rest = ("行业协会", "基层自治组织", "新闻媒体", "党政机关人员")
        assert set(named + rest) < set(SOURCES.values())

    @pytest.mark.req("S3-5")
    def test_three_ways_of_recruiting(self):
        assert list(ROUTES) == ["self", "unit", "invited"]

    @pytest.mark.req("S3-15", "S3-16")
    def test_duties_and_obligations_are_those_of_the_articles(self):
        assert len(DUTIES) == 6
        assert len(OBLIGATIONS) == 5
        # Article nine, each of its prohibitions in its own sentence and order.
        for words, said in zip(
            (("权限", "程序"), ("谋私", "妨碍"), ("秘密", "隐私"), ("财物",), ("无关",)),
            OBLIGATIONS,
            strict=True,
        ):
            assert all(each in said for each in words), said

    @pytest.mark.req("S3-24")
    def test_there_are_eight_grounds_numbered_as_in_the_article(self):
        assert len(GROUNDS) == 8
        assert ground_words("absence").startswith("第（六）项：连续两次以上")
        assert ground_words("other").startswith("第（八）项")

    @pytest.mark.req("S3-9")
    def test_nothing_here_knows_of_payment(self):
        words = " ".join((*SOURCES.values(), *GROUNDS.values(), *DUTIES))
        assert "报酬" not in words
        # Nor is there a place where a sum could be kept, or a form that asks for one.
        kept = [
            column
            for one in vars(tables).values()
            if isinstance(one, type) and issubclass(one, Table) and one is not Table
            for column in one._meta.columns
        ]
        assert len(kept) > 100
        names = {each._meta.name for each in kept}
        asked = {
            each.name
            for one in vars(forms).values()
            if isinstance(one, type) and issubclass(one, msgspec.Struct)
            for each in msgspec.structs.fields(one)
        }
        assert {"reason", "starts"} <= asked
        sums = ("pay", "fee", "salary", "wage", "allowance", "amount", "bank", "account_number")
        assert not [name for name in names | asked if any(each in name for each in sums)]
        assert not [each for each in kept if isinstance(each, (Numeric, Real))]


class TestPhoto:
    @pytest.mark.req("S0-2")
    @pytest.mark.parametrize(
        ("photo", "says"),
        [
            (Photo("image/png", 295, 413), ""),
            (Photo("image/jpeg", 1200, 1600), ""),
            (Photo("image/jpeg", 413, 295), "竖起来"),
            (Photo("image/jpeg", 400, 400), "竖起来"),
            (Photo("image/jpeg", 400, 400), "照片是方的"),
            (Photo("image/jpeg", 413, 295), "照片是横的"),
            (Photo("image/jpeg", 200, 280), "原图"),
            (Photo("image/jpeg", 1080, 2400), "裁掉"),
            (Photo("image/webp", 600, 800), "截屏"),
            (Photo("image/gif", 600, 800), "相机"),
            (Photo("image/bmp", 600, 800), "另存为 JPG"),
            (Photo("image/x", 600, 800), "PNG 或 JPG"),
        ],
    )
    def test_a_refusal_says_how_to_mend_it(self, photo, says):
        found = photo_faults(photo)
        assert (found == "") is (says == "")
        assert says in found


NOON = datetime(2026, 5, 8, 4, tzinfo=UTC)
ENDS = datetime(2026, 5, 8, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Beijing


def notice(**told) -> states.Notice:
    return states.Notice(NOON - timedelta(days=7), ENDS, **told)


class TestStates:
    @pytest.mark.req("S3-6", "C13-03")
    @pytest.mark.parametrize(
        ("state", "moment", "counts"),
        [
            ("publicity", NOON, True),
            ("objected", NOON, True),
            ("publicity", ENDS, True),
            ("publicity", ENDS + timedelta(seconds=1), False),
            ("appointed", NOON, False),
            ("review", NOON, False),
            ("publicity", NOON - timedelta(days=8), False),
        ],
    )
    def test_an_objection_counts_until_the_last_second(self, state, moment, counts):
        assert (states.may_object(state, notice(), moment) == "") is counts

    @pytest.mark.req("S3-6")
    @pytest.mark.parametrize(
        ("state", "told", "moment", "allowed"),
        [
            ("publicity", {}, ENDS + timedelta(seconds=1), True),
            ("publicity", {}, ENDS, False),
            ("publicity", {"objections": 1, "unanswered": 1}, ENDS + timedelta(days=1), False),
            ("publicity", {"objections": 1}, ENDS + timedelta(days=1), True),
            ("objected", {"objections": 1}, ENDS + timedelta(days=1), False),
            ("review", {}, ENDS + timedelta(days=1), False),
            ("appointed", {}, ENDS + timedelta(days=1), False),
        ],
    )
    def test_appointed_is_only_after_a_notice_without_objection(self, state, told, moment, allowed):
        assert (states.why_not_appoint(state, notice(**told), moment) == []) is allowed

    def test_without_a_notice_nobody_is_appointed(self):
        assert states.why_not_appoint("publicity", None, NOON)

    @pytest.mark.req("S0-23", "S3-6")
    def test_screening_comes_before_review_and_review_before_the_notice(self):
        assert states.next_state("screening", "screen_pass") == "review"
        assert states.next_state("review", "review_pass") == "publicity"
        assert states.next_state("publicity", "object") == "objected"
        assert states.next_state("objected", "recheck_pass") == "publicity"
        assert states.next_state("publicity", "appoint") == "appointed"

    @pytest.mark.parametrize("state", states.STATES)
    @pytest.mark.parametrize("act", states.ACTS)
    def test_an_act_that_does_not_fit_is_a_sentence(self, state, act):
        allowed = bool(states.next_state(state, act))
        assert (states.why_not(state, act) == "") is allowed
        if state in states.ENDED:
            assert not allowed

    @pytest.mark.parametrize("state", states.STATES)
    @pytest.mark.parametrize("had_notice", [True, False])
    def test_the_strip_has_one_present_step_or_is_done(self, state, had_notice):
        strip = states.life(state, had_notice=had_notice)
        now = [each for each in strip if each["state"] == "now"]
        assert len(now) == (0 if state == "appointed" else 1)
        if state in states.UNSUCCESSFUL:
            assert now[0]["title"] == states.STATES[state][1]


class TestWording:
    @pytest.mark.req("S0-23", "C13-11")
    def test_every_change_of_state_has_its_words(self):
        for event in ("submitted", "screened", "rejected", "publicity", "objected", "rechecked",
                      "appointed", "withdrawn", "expired", "resigned", "dismissed"):  # fmt: skip
            assert wording.CATALOGUE[event].progress
        steps = {each.step for each in wording.CATALOGUE.values()}
        assert {"筛选", "报名审核", "证件办理"} <= steps

    def test_the_pointer_to_the_first_application_names_place_and_state(self):
        found = applying.duplicate_words("内蒙古自治区巴彦淖尔市磴口县", date(2026, 5, 6), "待审核")
        assert "2026年5月6日" in found
        assert "磴口县" in found
        assert "待审核" in found
