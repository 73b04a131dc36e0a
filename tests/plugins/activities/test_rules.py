# SPDX-License-Identifier: Apache-2.0
"""The rules of records and attendance, as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from plugins.activities.rules import attendance, records
from plugins.activities.rules.attendance import Invited, Window
from plugins.activities.rules.records import Unit
from plugins.activities.rules.words import CODE, KINDS, TYPES

START = datetime(2026, 9, 8, 1, 0, tzinfo=UTC)  # 9:00 in Beijing
END = START + timedelta(hours=2)
WINDOW = Window(START, END, 30)


def minutes(n: int) -> datetime:
    return START + timedelta(minutes=n)


@pytest.mark.req("S0-20")
def test_the_two_types_and_no_third() -> None:
    assert list(TYPES.values()) == ["自主", "应邀"]


@pytest.mark.req("S3-15")
def test_every_kind_names_the_duty_it_comes_from_and_all_six_are_there() -> None:
    assert {item for _, item in KINDS.values()} == set("一二三四五六")


@pytest.mark.req("S0-20")
@pytest.mark.parametrize(
    ("act", "state", "after"),
    [
        ("note", "submitted", "noted"),
        ("return", "submitted", "returned"),
        ("complete", "returned", "submitted"),
        ("note", "returned", ""),
        ("note", "noted", ""),
        ("return", "noted", ""),
        ("complete", "submitted", ""),
        ("complete", "noted", ""),
    ],
)
def test_what_may_follow(act: str, state: str, after: str) -> None:
    assert records.after(act, state) == after
    assert bool(records.why_not(act, state)) == (not after)


@pytest.mark.parametrize(("day", "wrong"), [(7, False), (8, False), (9, True)])
def test_what_has_not_happened_is_not_registered(day: int, wrong: bool) -> None:
    assert bool(records.date_fault(date(2026, 9, day), date(2026, 9, 8))) == wrong


@pytest.mark.req("S0-20")
@pytest.mark.parametrize(
    ("level", "below", "wrong"),
    [
        (None, True, True),
        (1, True, True),
        (2, True, True),
        (2, False, False),
        (3, True, False),
        (4, False, False),
    ],
)
def test_the_address_goes_down_to_the_county(level: int | None, below: bool, wrong: bool) -> None:
    assert bool(records.place_fault(level, below)) == wrong


ONE, SAME = Unit(5, "磴口县市场监督管理局", 50), Unit(6, "磴口县市场监督管理局", 60)


@pytest.mark.req("S0-20")
@pytest.mark.parametrize(
    ("typed", "chosen", "found", "meant"),
    [
        ("磴口县市场监督管理局", 5, [ONE, SAME], ONE),
        ("磴口县市场监督管理局", 6, [ONE, SAME], SAME),
        ("磴口县市场监督管理局", None, [ONE], ONE),
        (" 磴口县市场监督管理局 ", None, [ONE], ONE),
        ("磴口县市场监督管理局", None, [ONE, SAME], "2 个"),
        # Typed on after choosing: the chosen one does not count any more.
        ("磴口县农牧局", 5, [], "没有找到“磴口县农牧局”"),
        ("", 5, [], "请查找并选择"),
    ],
)
def test_which_unit_is_meant(
    typed: str, chosen: int | None, found: list[Unit], meant: Unit | str
) -> None:
    answer = records.match(typed, chosen, found)
    if isinstance(meant, str):
        assert isinstance(answer, str)
        assert meant in answer
    else:
        assert answer == meant


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (60, 120, ""),
        (0, 120, "starts_at"),
        (-5, 120, "starts_at"),
        (60, 60, "ends_at"),
        (60, 60 + 7 * 24 * 60 + 1, "ends_at"),
    ],
)
def test_times_of_an_activity(starts: int, ends: int, field: str) -> None:
    wrong = attendance.times_fault(minutes(starts), minutes(ends), START)
    assert list(wrong) == ([field] if field else [])


@pytest.mark.parametrize(
    ("chosen", "taken", "seats", "fine"),
    [(0, 0, 5, False), (5, 0, 5, True), (6, 0, 5, False), (1, 5, 5, False), (2, 3, 5, True)],
)
def test_no_more_than_there_are_places(chosen: int, taken: int, seats: int, fine: bool) -> None:
    assert (attendance.inviting_fault(chosen, taken, seats) == "") == fine


def test_a_granted_leave_frees_its_place() -> None:
    people = [Invited(1), Invited(2, "leave", "granted"), Invited(3, "leave", "refused")]
    assert attendance.seats_taken(people) == 2


@pytest.mark.parametrize(
    ("answer", "mine", "state", "at", "reason", "fine"),
    [
        ("coming", Invited(1), "open", -60, "", True),
        ("coming", Invited(1), "open", 0, "", False),
        ("coming", Invited(1), "cancelled", -60, "", False),
        ("coming", Invited(1), "closed", 200, "", False),
        ("leave", Invited(1), "open", -60, "孩子住院", True),
        ("leave", Invited(1), "open", -60, " ", False),
        ("leave", Invited(1), "open", 60, "路上车坏了", True),
        ("leave", Invited(1, "leave", "granted"), "open", -60, "孩子住院", False),
        ("leave", Invited(1, outcome="present"), "open", 60, "要先走", False),
        ("leave", Invited(1), "closed", 200, "忘了", False),
        ("coming", Invited(1, "leave", "refused"), "open", -60, "", True),
    ],
)
def test_answers(answer: str, mine: Invited, state: str, at: int, reason: str, fine: bool) -> None:
    fault = attendance.answer_fault(answer, mine, state, WINDOW, minutes(at), reason)
    assert (fault == "") == fine, fault


@pytest.mark.req("S3-24")
@pytest.mark.parametrize(
    ("mine", "state", "at", "admitted", "words"),
    [
        (Invited(1, "coming"), "open", 0, True, ""),
        (Invited(1), "open", -30, True, ""),
        (Invited(1, "leave", "granted"), "open", 10, True, ""),
        (Invited(1), "open", 120, True, ""),
        (Invited(1), "open", -31, True, "还没有到签到时间"),
        (Invited(1), "open", 121, True, "活动已经结束"),
        (Invited(1), "open", 10, False, "已经过期，或者不是这次活动"),
        (None, "open", 10, True, "没有邀请你"),
        (Invited(1, outcome="present"), "open", 10, True, "已经签到"),
        (Invited(1), "cancelled", 10, True, "已经取消"),
        (Invited(1), "closed", 10, True, "考勤已经登记"),
    ],
)
def test_check_in(mine: Invited | None, state: str, at: int, admitted: bool, words: str) -> None:
    said = attendance.checkin_fault(mine, state, WINDOW, minutes(at), admitted=admitted)
    assert words in said
    assert bool(said) == bool(words)


@pytest.mark.req("S3-24")
@pytest.mark.parametrize(
    ("mine", "recused", "outcome"),
    [
        (Invited(1, outcome="present"), False, "present"),
        (Invited(1, "coming"), False, "absent"),
        (Invited(1), False, "absent"),
        (Invited(1, "leave", "granted"), False, "excused"),
        (Invited(1, "leave", "refused"), False, "absent"),
        (Invited(1), True, "excused"),
        (Invited(1, outcome="absent"), True, "absent"),
    ],
)
def test_what_closing_makes_of_everybody(mine: Invited, recused: bool, outcome: str) -> None:
    assert attendance.outcome_at_closing(mine, recused=recused) == outcome


@pytest.mark.parametrize(
    ("state", "at", "people", "words"),
    [
        ("open", 121, [Invited(1)], ""),
        ("open", 60, [Invited(1)], "还没有结束"),
        ("open", 121, [], "还没有邀请"),
        ("open", 121, [Invited(1, "leave", "asked")], "1 个人的请假没有答复"),
        ("open", 121, [Invited(1, "leave", "asked", "present")], ""),
        ("closed", 121, [Invited(1)], "已经登记过"),
        ("cancelled", 121, [Invited(1)], "已经取消"),
    ],
)
def test_closing(state: str, at: int, people: list[Invited], words: str) -> None:
    said = attendance.closing_fault(state, WINDOW, minutes(at), people)
    assert words in said
    assert bool(said) == bool(words)


@pytest.mark.parametrize(
    ("mine", "outcome", "reason", "state", "field"),
    [
        (Invited(1), "present", "签到表", "open", None),
        (Invited(1, outcome="absent"), "excused", "住院证明", "closed", None),
        (Invited(1, outcome="absent"), "absent", "一样", "closed", "outcome"),
        (Invited(1), "asleep", "睡着", "open", "outcome"),
        (Invited(1), "present", " ", "open", "reason"),
        (Invited(1), "present", "签到表", "cancelled", ""),
    ],
)
def test_corrections_need_a_reason(
    mine: Invited, outcome: str, reason: str, state: str, field: str | None
) -> None:
    wrong = attendance.correction_fault(mine, outcome, reason, state)
    assert list(wrong) == ([] if field is None else [field])


@pytest.mark.parametrize(
    ("state", "at", "words"),
    [
        ("open", -1, "未开始"),
        ("open", 0, "进行中"),
        ("open", 120, "待登记考勤"),
        ("closed", 0, "已结束"),
        ("cancelled", 0, "已取消"),
    ],
)
def test_where_it_stands(state: str, at: int, words: str) -> None:
    assert attendance.phase(state, WINDOW, minutes(at))[1] == words


@pytest.mark.parametrize(
    ("text", "activity"),
    [
        ("https://x.cn/activities/in?code=abcdefgh22345672&id=17", "17"),
        ("/activities/in?id=17", "17"),
        ("https://evil.example/?next=/activities/out?id=1", ""),
        ("javascript:alert(1)", ""),
        ("/activities/in?id=17x", ""),
    ],
)
def test_only_our_own_address_is_a_code(text: str, activity: str) -> None:
    found = CODE.search(text)
    assert (found[1] if found else "") == activity
