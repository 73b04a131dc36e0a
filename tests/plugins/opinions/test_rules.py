# SPDX-License-Identifier: Apache-2.0
"""States, window, moderation, report: tables without a database."""

from datetime import date
from typing import Any

import pytest

from plugins.opinions.rules import flow, report

OPENS, CLOSES = date(2026, 9, 1), date(2026, 9, 30)


@pytest.mark.req("S0-17")
@pytest.mark.parametrize(
    ("today", "where"),
    [
        (date(2026, 8, 31), "before"),
        (date(2026, 9, 1), "inside"),
        (date(2026, 9, 30), "inside"),
        (date(2026, 10, 1), "after"),
    ],
)
def test_both_boundary_days_belong_to_the_window(today: date, where: str) -> None:
    assert flow.window(today, OPENS, CLOSES) == where
    assert bool(flow.why_not_send("open", today, OPENS, CLOSES)) == (where != "inside")


@pytest.mark.parametrize("state", ["draft", "closed", "answered", "published"])
def test_only_an_open_draft_takes_opinions(state: str) -> None:
    assert flow.why_not_send(state, OPENS, OPENS, CLOSES)


def test_what_ended_yesterday_is_closed_before_the_nightly_run() -> None:
    assert flow.state_now("open", date(2026, 10, 1), CLOSES) == "closed"
    assert flow.state_now("open", CLOSES, CLOSES) == "open"
    assert flow.state_now("published", date(2026, 10, 1), CLOSES) == "published"


@pytest.mark.parametrize(
    ("title", "words", "opens", "closes", "field"),
    [
        ("", "稿", OPENS, CLOSES, "title"),
        ("题" * 121, "稿", OPENS, CLOSES, "title"),
        ("题", " ", OPENS, CLOSES, "body"),
        ("题", "稿", None, CLOSES, "opens_on"),
        ("题", "稿", OPENS, None, "closes_on"),
        ("题", "稿", CLOSES, OPENS, "closes_on"),
        ("题", "稿", date(2026, 8, 1), date(2026, 8, 30), "closes_on"),
        ("题", "稿", OPENS, date(2028, 9, 1), "closes_on"),
    ],
)
def test_a_draft_is_opened_only_complete(
    title: str, words: str, opens: Any, closes: Any, field: str
) -> None:
    assert list(flow.faults_of_opening(title, words, opens, closes, OPENS)) == [field]


def test_a_window_of_one_day_is_a_window() -> None:
    assert flow.faults_of_opening("题", "稿", OPENS, OPENS, OPENS) == {}


@pytest.mark.parametrize(
    ("state", "wished", "today", "possible"),
    [
        ("open", date(2026, 10, 8), CLOSES, True),
        ("open", CLOSES, OPENS, False),
        ("open", date(2026, 10, 8), date(2026, 10, 1), False),
        ("closed", date(2026, 10, 8), OPENS, False),
        ("open", date(2028, 10, 8), OPENS, False),
    ],
)
def test_the_last_day_is_put_off_while_it_has_not_passed(
    state: str, wished: date, today: date, possible: bool
) -> None:
    assert (flow.why_not_extend(state, CLOSES, wished, today) == "") is possible


@pytest.mark.parametrize(
    ("state", "waiting", "returned", "unjudged", "reasons"),
    [
        ("closed", 0, 0, (), 0),
        ("closed", 1, 0, (), 1),
        ("closed", 1, 2, ("第三条",), 3),
        ("open", 0, 0, (), 1),
    ],
)
def test_everything_is_answered_and_judged_before_it_is_finished(
    state: str, waiting: int, returned: int, unjudged: tuple[str, ...], reasons: int
) -> None:
    assert len(flow.why_not_finish(state, waiting, returned, unjudged)) == reasons


@pytest.mark.parametrize(
    ("act", "state", "draft", "measures", "possible"),
    [
        ("return", "new", "open", (), True),
        ("return", "new", "closed", (), True),
        ("return", "answered", "open", (), False),
        ("return", "new", "published", (), False),
        ("block", "answered", "published", (), True),
        ("block", "answered", "open", ("block",), False),
        ("censor", "removed", "open", (), False),
        ("remove", "removed", "open", (), False),
        ("remove", "new", "open", (), True),
        ("statement", "answered", "answered", (), True),
    ],
)
def test_measures_are_taken_where_they_make_sense(
    act: str, state: str, draft: str, measures: tuple[str, ...], possible: bool
) -> None:
    assert (flow.why_not_moderate(act, state, draft, measures) == "") is possible


def test_an_appeal_comes_in_time_on_the_last_day_and_once() -> None:
    until = date(2026, 9, 11)
    assert flow.why_not_appeal("block", False, False, until, until) == ""
    assert flow.why_not_appeal("block", False, False, date(2026, 9, 12), until)
    assert flow.why_not_appeal("block", False, True, until, until)
    assert flow.why_not_appeal("block", True, False, until, until)


def test_a_returned_opinion_is_changed_until_its_day() -> None:
    until = date(2026, 9, 11)
    assert flow.why_not_revise("returned", "closed", until, until) == ""
    assert flow.why_not_revise("returned", "closed", date(2026, 9, 12), until)
    assert flow.why_not_revise("new", "open", until, until)
    assert flow.why_not_revise("returned", "published", until, until)


def test_covered_passages_leave_nothing_of_themselves() -> None:
    text = "联系张三，电话13904785566，张三。"
    assert "张三" not in flow.covered(text, ["张三", "电话13904785566，张三"])
    assert flow.covered(text, []) == text


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ([12, 7, 5], [12, 7, 5]),
        ([12, 7, 2], [12, None, None]),
        ([12, 3, 2], [12, None, None]),
        ([3], [None]),
        ([12, 0, 2], [None, 0, None]),
        ([12, 9, 1, 1], [12, None, None, None]),
    ],
)
def test_small_numbers_are_hidden_and_cannot_be_worked_out(
    numbers: list[int], shown: list[int | None]
) -> None:
    rows = [{"name": f"县{n}", "number": each} for n, each in enumerate(numbers)]
    assert [each["number"] for each in report.regions_of(rows, 5)] == shown


def one(**more: Any) -> dict[str, Any]:
    return {
        "id": 1, "number": 1, "article": "a1.1", "label": "第一条", "standing": "same",
        "text": "原文", "transcript": "", "shown": "", "blocked": False, "statement": "",
        "answer": "", "state": "answered", "pieces": 0, "sealed": False, "person_name": "白音",
        "files": "", **more,
    }  # fmt: skip


def mask(text: str) -> str:
    return text.replace("13904785566", "***")


def test_what_is_published_of_an_opinion_names_nobody() -> None:
    made = report.publishable(one(text="打13904785566", pieces=2), mask)
    assert made["text"] == "打***"
    assert "白音" not in str(made)
    assert made["pieces"] == 2
    assert report.publishable(one(shown="（已遮盖）"), mask)["text"] == "（已遮盖）"
    assert report.publishable(one(blocked=True), mask)["text"] == ""
    assert report.publishable(one(text="", transcript="说的"), mask)["text"] == "（录音）说的"


def test_the_report_has_a_line_for_every_article_with_opinions() -> None:
    from plugins.opinions.rules.articles import follow, split

    now, _ = follow(split("第一条　甲。\n第二条　乙。"), (), 0)
    lines = report.lines_of(
        now,
        {"a1": "第一条", "a2": "第二条", "a9": "第九条"},
        {"": 1, "a2": 2, "a9": 1},
        {"a2": {"outcome": "adopted", "reason": "改了"}},
    )
    assert [(each["label"], each["count"], each["outcome"]) for each in lines] == [
        ("全文", 1, ""),
        ("第二条", 2, "adopted"),
        ("第九条（已删除）", 1, ""),
    ]
