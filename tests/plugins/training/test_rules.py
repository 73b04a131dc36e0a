# SPDX-License-Identifier: Apache-2.0
"""The rules of training as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.training.rules import feedback, hours, lessons, taking_part, watching

NOW = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
END = LATER + timedelta(hours=4)


@pytest.mark.req("C8-04")
@pytest.mark.parametrize(
    ("text", "tenths"),
    [
        ("4", 40),
        ("2.5", 25),
        (" 40 学时", 400),
        ("0", 0),
        ("2.55", None),
        ("四", None),
        ("-3", None),
        ("", None),
        ("1e3", None),
        ("9999", None),
    ],
)
def test_hours_as_people_write_them(text: str, tenths: int | None) -> None:
    assert hours.tenths_of(text) == tenths


@given(st.integers(-9999, 9999))
def test_hours_are_written_as_they_are_read(tenths: int) -> None:
    words = hours.hours_words(tenths)
    assert hours.tenths_of(words.removeprefix("-")) == abs(tenths)
    assert words.startswith("-") == (tenths < 0)


@pytest.mark.req("C8-04")
def test_a_counter_entry_takes_its_hours_off_the_same_year() -> None:
    entries = [
        hours.Entry(1, 2025, 80),
        hours.Entry(2, 2026, 40),
        hours.Entry(3, 2026, -40, reverses=2),
        hours.Entry(4, 2026, 25),
    ]
    assert hours.sum_by_year(entries) == {2025: 80, 2026: 25}


@pytest.mark.parametrize(
    ("entry", "reversed_already", "reason", "refused"),
    [
        (hours.Entry(1, 2026, 40), False, "记重了", ""),
        (hours.Entry(1, 2026, 40), True, "记重了", "已经冲销过"),
        (hours.Entry(2, 2026, -40, 1), False, "记重了", "本身就是冲销"),
        (hours.Entry(1, 2026, 40), False, " ", "原因"),
    ],
)
def test_what_can_be_reversed(
    entry: hours.Entry, reversed_already: bool, reason: str, refused: str
) -> None:
    found = hours.why_not_reversed(entry, reversed_already, reason)
    assert refused in found
    assert bool(found) == bool(refused)


@pytest.mark.req("C8-10")
@pytest.mark.parametrize(
    ("year", "owed"), [(2023, 0), (2024, 200), (2025, 400), (2026, 400), (2027, 0)]
)
def test_what_is_owed_in_a_year_is_the_highest_not_the_sum(year: int, owed: int) -> None:
    assert hours.owed_in(year, [hours.Owed(200, 2024, 2026), hours.Owed(400, 2025, 2026)]) == owed


def test_nobody_is_short_by_less_than_nothing() -> None:
    assert hours.short_by(400, 150) == 250
    assert hours.short_by(400, 450) == 0


@pytest.mark.req("C8-10")
@pytest.mark.parametrize(
    ("today", "before", "reminds"),
    [
        (date(2026, 9, 30), None, False),
        (date(2026, 10, 1), None, True),
        (date(2026, 10, 2), date(2026, 10, 1), False),
        (date(2026, 11, 1), date(2026, 10, 1), True),
        (date(2026, 11, 1), date(2025, 11, 1), True),
    ],
)
def test_whoever_is_short_is_reminded_monthly_from_october(
    today: date, before: date | None, reminds: bool
) -> None:
    assert hours.reminds_on(today, before) is reminds


GOOD = {
    "starts_at": LATER,
    "ends_at": END,
    "sign_up_until": None,
    "feedback_until": None,
    "venue": "会议室",
    "tenths": 40,
    "now": NOW,
}


@pytest.mark.req("C8-01")
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({}, ""),
        ({"starts_at": None}, "starts_at"),
        ({"starts_at": NOW}, "starts_at"),
        ({"ends_at": LATER}, "ends_at"),
        ({"ends_at": None}, "ends_at"),
        ({"sign_up_until": LATER + timedelta(minutes=1)}, "sign_up_until"),
        ({"sign_up_until": NOW}, "sign_up_until"),
        ({"sign_up_until": LATER}, ""),
        ({"feedback_until": date(2026, 5, 18)}, "feedback_until"),
        ({"venue": " "}, "venue"),
        ({"tenths": 0}, "hours"),
    ],
)
def test_what_a_plan_must_say(changed: dict[str, object], field: str) -> None:
    found = taking_part.faults_of_plan("行政处罚法", "学三章。", **{**GOOD, **changed})  # type: ignore[arg-type]
    assert set(found) == ({field} if field else set())


def test_a_plan_needs_a_title_and_words() -> None:
    assert set(taking_part.faults_of_plan(" ", "", **GOOD)) == {"title", "body"}  # type: ignore[arg-type]


@pytest.mark.req("C8-01")
@pytest.mark.parametrize(
    ("state", "has", "now", "meant", "refused"),
    [
        ("published", "", NOW, True, ""),
        ("published", "left", NOW, True, ""),
        ("published", "seat", NOW, True, "报过名"),
        ("published", "waiting", NOW, True, "报过名"),
        ("published", "", LATER, True, "截止"),
        ("published", "", NOW, False, "不是面向你"),
        ("withdrawn", "", NOW, True, "取消"),
        ("finished", "", NOW, True, "结课"),
    ],
)
def test_who_may_sign_up(state: str, has: str, now: datetime, meant: bool, refused: str) -> None:
    found = taking_part.why_not_sign_up(state, has, now, LATER, meant)
    assert refused in found
    assert bool(found) == bool(refused)


@pytest.mark.parametrize(
    ("seats", "taken", "got"),
    [(0, 500, "seat"), (2, 1, "seat"), (2, 2, "waiting"), (2, 3, "waiting")],
)
def test_a_full_training_has_a_waiting_list(seats: int, taken: int, got: str) -> None:
    assert taking_part.place_for(seats, taken) == got


@pytest.mark.parametrize(
    ("seats", "taken", "waiting", "up"),
    [(2, 2, 3, 0), (2, 1, 3, 1), (2, 0, 1, 1), (0, 9, 3, 3), (2, 3, 1, 0)],
)
def test_free_seats_go_to_the_waiting(seats: int, taken: int, waiting: int, up: int) -> None:
    assert taking_part.may_move_up(seats, taken, waiting) == up


@pytest.mark.req("C8-11")
@pytest.mark.parametrize(
    ("has", "now", "way"),
    [
        ("seat", NOW, "leave"),
        ("seat", LATER - timedelta(hours=1), "excuse"),
        ("seat", LATER, ""),
        ("waiting", LATER - timedelta(hours=1), "leave"),
        ("waiting", LATER, ""),
        ("left", NOW, ""),
        ("", NOW, ""),
    ],
)
def test_the_way_out(has: str, now: datetime, way: str) -> None:
    assert taking_part.way_out(has, now, LATER - timedelta(days=1), LATER) == way


@pytest.mark.req("C8-02")
@pytest.mark.parametrize(
    ("state", "now", "refused"),
    [
        ("published", LATER - timedelta(minutes=61), "还没到"),
        ("published", LATER - timedelta(minutes=60), ""),
        ("published", END, ""),
        ("published", END + timedelta(seconds=1), "已经结束"),
        ("finished", LATER, "不能签到"),
        ("withdrawn", LATER, "不能签到"),
    ],
)
def test_when_one_checks_in(state: str, now: datetime, refused: str) -> None:
    found = taking_part.why_no_check_in(state, now, LATER, END, 60)
    assert refused in found
    assert bool(found) == bool(refused)


@pytest.mark.req("C8-11")
@pytest.mark.parametrize(
    ("attendance", "excuse", "outcome"),
    [
        ("present", "", "present"),
        ("present", "有会", "present"),
        ("", "有会", "excused"),
        ("", " ", "absent"),
        ("absent", "有会", "absent"),
    ],
)
def test_what_counts_at_the_end(attendance: str, excuse: str, outcome: str) -> None:
    assert taking_part.outcome_at_end(attendance, excuse) == outcome


def test_a_training_is_closed_after_it_is_over() -> None:
    assert "还没有结束" in taking_part.may_finish("published", LATER, END)
    assert taking_part.may_finish("published", END, END) == ""
    assert taking_part.may_finish("finished", END, END)


@pytest.mark.req("C8-07")
def test_numbers_as_offices_write_them() -> None:
    assert taking_part.certificate_number("磴培训", 2026, 12) == "磴培训〔2026〕12号"
    assert taking_part.batch_words(2026, 3) == "2026年第3期"


@pytest.mark.req("C8-06")
@pytest.mark.parametrize(
    ("attendance", "given", "over", "today", "refused"),
    [
        ("present", False, True, date(2026, 5, 20), ""),
        ("present", True, True, date(2026, 5, 20), "每人一次"),
        ("present", False, False, date(2026, 5, 20), "结束以后"),
        ("present", False, True, date(2026, 5, 27), "截止"),
        ("absent", False, True, date(2026, 5, 20), "到场"),
        ("", False, True, date(2026, 5, 20), "到场"),
    ],
)
def test_who_may_say_what_he_thought(
    attendance: str, given: bool, over: bool, today: date, refused: str
) -> None:
    found = feedback.why_not_said(attendance, given, over, today, date(2026, 5, 26))
    assert refused in found
    assert bool(found) == bool(refused)


@pytest.mark.req("C8-06")
@pytest.mark.parametrize(
    ("count", "today", "shown"),
    [
        (9, date(2026, 5, 26), False),
        (9, date(2026, 5, 27), True),
        (2, date(2026, 5, 27), False),
        (3, date(2026, 5, 27), True),
    ],
)
def test_feedback_is_shown_late_and_never_alone(count: int, today: date, shown: bool) -> None:
    assert (feedback.why_not_shown(count, 3, today, date(2026, 5, 26)) == "") is shown


def test_the_mean_of_marks() -> None:
    answers = [
        {"content": 5, "teaching": 4, "useful": 1},
        {"content": 4, "teaching": 4, "useful": 2},
    ]
    assert [each.mean for each in feedback.scores(answers)] == ["4.5", "4.0", "1.5"]
    assert [each.share for each in feedback.scores(answers)] == [90, 80, 30]
    assert feedback.scores([]) == []


@pytest.mark.req("C8-03")
@pytest.mark.parametrize(
    ("ranges", "seconds"),
    [
        ([(0, 10), (5, 20)], 20),
        ([(0, 10), (10, 20)], 20),
        ([(30, 40), (0, 10)], 20),
        ([(10, 5), (-3, 4), (0, 0.2)], 0),
        ([(0, 10**9)], watching.LONGEST),
    ],
)
def test_seconds_are_counted_once(ranges: list[tuple[float, float]], seconds: int) -> None:
    assert watching.seconds_of(watching.merged(ranges)) == seconds


@pytest.mark.req("C8-03")
@pytest.mark.parametrize(
    ("have", "reported", "elapsed", "expected"),
    [
        ([], [(0, 15)], 15.0, [(0, 15)]),
        ([], [(0, 600)], 15.0, [(0, 35)]),
        ([(0, 15)], [(0, 15)], 15.0, [(0, 15)]),
        ([(0, 15)], [(0, 30), (500, 600)], 15.0, [(0, 30), (500, 520)]),
        ([(0, 15)], [(0, 600)], 0.0, [(0, 15)]),
        ([(50, 60)], [(0, 100)], 10.0, [(0, 25), (50, 60)]),
    ],
)
def test_a_report_holds_no_more_than_the_time_that_passed(
    have: watching.Ranges,
    reported: list[tuple[float, float]],
    elapsed: float,
    expected: watching.Ranges,
) -> None:
    assert watching.taken_in(have, reported, elapsed) == expected


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=8),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=8),
    st.floats(0, 300),
)
def test_what_was_seen_never_shrinks_and_never_outruns_the_clock(
    before: list[tuple[int, int]], reported: list[tuple[int, int]], elapsed: float
) -> None:
    have = watching.merged(before)
    now = watching.taken_in(have, reported, elapsed)
    grown = watching.seconds_of(now) - watching.seconds_of(have)
    assert 0 <= grown <= elapsed * watching.FASTEST + watching.SLACK
    assert now == watching.merged(now)


def test_a_hundred_percent_means_all_of_it() -> None:
    assert watching.share(599, 600) == 99
    assert watching.share(600, 600) == 100
    assert watching.share(10, 0) == 0


@pytest.mark.parametrize(
    ("seconds", "size", "length"),
    [
        (600.4, 20_000_000, 600),
        (10.0, 5_000, 10),
        (90_000.0, 20_000_000, 0),
        (3600.0, 100_000, 0),
        (0.0, 10, 0),
        (1.0, 20_000_000, 0),
        (float("nan"), 10, 0),
        (float("inf"), 10, 0),
    ],
)
def test_a_length_must_be_believable(seconds: float, size: int, length: int) -> None:
    assert watching.believable_length(seconds, size) == length


@pytest.mark.req("C8-13")
@pytest.mark.parametrize(
    ("text", "words", "level"),
    [
        ("当事人身份证号 150822198504127621。", "身份证号", lessons.MUST),
        ("统一社会信用代码 91150822MA0N1ABC2D", "统一社会信用代码", lessons.MUST),
        ("电话 139 4782 0000", "手机号", lessons.MUST),
        ("座机 0478-4212345", "电话", lessons.MUST),
        ("磴市监罚〔2026〕12号决定书", "文号或案号", lessons.MUST),
        ("车牌蒙L12345", "车牌号", lessons.MUST),
        ("全角号码１３９４７８２００００", "手机号", lessons.MUST),
        ("磴口县鑫源商贸有限公司销售过期食品", "单位名称", lessons.CHECK),
        ("住所在团结路12号3单元", "门牌", lessons.CHECK),
        ("当事人李志强在现场", "姓名", lessons.CHECK),
    ],
)
def test_a_case_example_gives_nobody_away(text: str, words: str, level: str) -> None:
    (found,) = lessons.leaks(text)
    assert (found.words, found.level) == (words, level)


@pytest.mark.req("C8-13")
@pytest.mark.parametrize(
    "text",
    [
        "当事人张某在现场。",
        "某商贸有限公司销售过期食品。",
        "依照行政处罚法第五十一条，罚款 3000 元。",
        "执法人员没有出示证件，也没有告知权利。",
        "2026年3月5日立案，90日内办结。",
    ],
)
def test_what_is_blurred_already_is_let_pass(text: str) -> None:
    assert lessons.leaks(text) == []


def test_a_name_is_marked_once_however_often_it_stands() -> None:
    assert len(lessons.leaks("当事人李志强到场，当事人李志强签字。")) == 1


@pytest.mark.req("C8-13")
@pytest.mark.parametrize(
    ("words", "checked", "field"),
    [
        ("经过：张某未出示证件。", False, ""),
        ("经过：当事人李志强在现场。", False, "checked"),
        ("经过：当事人李志强在现场。", True, ""),
        ("电话 13947820000。", True, "body"),
        ("", True, "body"),
    ],
)
def test_when_a_case_example_may_come_out(words: str, checked: bool, field: str) -> None:
    found = lessons.faults_of_lesson("case", "没有表明身份", words, materials=1, checked=checked)
    assert set(found) == ({field} if field else set())


def test_a_lesson_needs_words_or_a_file() -> None:
    assert set(lessons.faults_of_lesson("lesson", "课", "", materials=0, checked=False)) == {"body"}
    assert lessons.faults_of_lesson("lesson", "课", "", materials=1, checked=False) == {}


@pytest.mark.req("C8-12")
def test_a_lesson_is_suggested_after_several_alarms_of_a_kind() -> None:
    counts = {"evidence": 3, "time_limit": 2, "rollback": 5, "": 9}
    assert lessons.suggested(counts, 3) == ["rollback", "evidence"]


def test_every_video_counts_for_being_done() -> None:
    assert lessons.may_be_done([95, 100], 90) == ""
    assert "40%" in lessons.may_be_done([95, 40], 90)
    assert lessons.may_be_done([], 90) == ""


@pytest.mark.req("C8-01")
@pytest.mark.parametrize(
    ("state", "before", "after", "said"),
    [
        ("published", 20, 25, ""),
        ("published", 20, 0, ""),
        ("published", 20, 20, "只能增加"),
        ("published", 20, 5, "只能增加"),
        ("published", 0, 5, "不限名额"),
        ("finished", 20, 25, "还没有结课"),
        ("draft", 20, 25, "还没有结课"),
        ("withdrawn", 20, 25, "还没有结课"),
    ],
)
def test_seats_are_only_added(state: str, before: int, after: int, said: str) -> None:
    why = taking_part.why_not_add_seats(state, before, after)
    assert (said in why) if said else not why
