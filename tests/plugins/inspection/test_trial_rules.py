# SPDX-License-Identifier: Apache-2.0
"""A draft against the version in force, on told cases: what is new, lost, changed, the same."""

from datetime import timedelta

import msgspec
import pytest

from core.api.workdays import standard
from plugins.inspection.rules.engine import STANDARD_KINDS
from plugins.inspection.rules.model import EPOCH, Definition
from plugins.inspection.rules.trial import Counted, Retimed, Trial, compare, totals
from tests.plugins.inspection.story import T0, TWO, Story, decision, definition, files, point

CALENDAR = standard()


def version(*points, **more) -> Definition:
    return msgspec.convert(definition(*points, **more), Definition)


def trial(base, draft) -> Trial:
    return Trial(compare(base, draft), CALENDAR, STANDARD_KINDS)


def photos(n):
    return {
        "photos": {"kind": "photo", "required": 1, "files": files(*(f"{i}.jpg" for i in range(n)))},
        "record": {"kind": "document", "required": 1, "files": files("笔录.pdf")},
    }


def inquiry(n=0, **more) -> Story:
    return Story(**more).enter("inquiry").submit("review", evidence=photos(n), next_officers=TWO)


def tried(base, draft, *stories) -> dict[str, int]:
    found = trial(base, draft)
    for story in stories:
        found.add(story.events, None)
    return totals(found.counted.rows())


EVIDENCE = point("evidence", "inquiry", key="ev")
ROLLBACK = point("rollback", "review", key="back")


@pytest.mark.req("C4-17")
@pytest.mark.parametrize(
    ("base", "draft", "expected"),
    [
        # A point more: its alarms are new.
        ((), (EVIDENCE,), {"new": 1, "lost": 0, "changed": 0, "same": 0}),
        # A point less: they are lost.
        ((EVIDENCE,), (), {"new": 0, "lost": 1, "changed": 0, "same": 0}),
        # The same point: they stay.
        ((EVIDENCE,), (EVIDENCE,), {"new": 0, "lost": 0, "changed": 0, "same": 1}),
        # Only words differ: they stay.
        (
            (EVIDENCE,),
            ({**EVIDENCE, "title": "别的名字", "clause": "别的依据"},),
            {"new": 0, "lost": 0, "changed": 0, "same": 1},
        ),
        # Another lamp: changed.
        (
            (EVIDENCE,),
            ({**EVIDENCE, "colour": "yellow"},),
            {"new": 0, "lost": 0, "changed": 1, "same": 0},
        ),
        # Another demand that the case fails too, by another figure: changed.
        (
            (EVIDENCE,),
            ({**EVIDENCE, "params": {"controls": {"photos": 3}}},),
            {"new": 0, "lost": 0, "changed": 1, "same": 0},
        ),
    ],
)
def test_what_differs(base, draft, expected) -> None:
    assert tried(version(*base), version(*draft), inquiry(0)) == expected


@pytest.mark.req("C4-17")
def test_a_case_that_passes_both_counts_nowhere() -> None:
    assert not any(tried(version(EVIDENCE), version(EVIDENCE, ROLLBACK), inquiry(1)).values())


@pytest.mark.req("C4-17")
def test_what_the_past_does_not_know_is_named_and_not_tried() -> None:
    base = version({**EVIDENCE, "params": {"controls": {"photos": 1}}})
    steps = [*definition()["steps"], {"key": "hear", "title": "听证", "stage": "decide"}]
    forms = msgspec.json.decode(msgspec.json.encode(definition()["forms"]))
    for form in forms:
        form["controls"].append(
            {"key": "drone", "title": "无人机录像", "type": "evidence", "min_count": 1}
        )
    draft = version(
        {**EVIDENCE, "params": {"controls": {"photos": 1, "drone": 1}}},
        point("rollback", "hear", key="hear"),
        steps=steps,
        forms=forms,
    )
    compared = compare(base, draft)
    assert {(each.point, each.reason) for each in compared.left_out} == {
        ("hear", "以往案件没有环节「听证」"),
        ("ev", "以往的表单没有证据控件「无人机录像」，这一项不对照"),
    }
    # What is left of the evidence point asks what it asked before, so nothing changes.
    assert tried(base, draft, inquiry(0)) == {"new": 0, "lost": 0, "changed": 0, "same": 1}


@pytest.mark.req("C4-17")
def test_a_step_the_draft_drops_takes_its_points_out_of_the_comparison() -> None:
    steps = [s for s in definition()["steps"] if s["key"] != "inquiry"]
    compared = compare(version(EVIDENCE), version(steps=steps))
    assert [each.point for each in compared.left_out] == ["ev"]
    assert compared.before == ()


@pytest.mark.req("C4-17")
def test_an_item_without_any_version_has_nothing_to_compare() -> None:
    compared = compare(None, version(EVIDENCE))
    assert [each.point for each in compared.left_out] == ["ev"]
    assert (compared.before, compared.after, compared.kept) == ((), (), ())


def limited(days: int):
    steps = [
        {**s, "limit": {"amount": days, "unit": "working"}} if s["key"] == "inquiry" else s
        for s in definition()["steps"]
    ]
    return version(point("time_limit", "inquiry", key="late"), steps=steps)


def dated(worked_on, *, suspended=0) -> Story:
    """Entered on Wednesday 6 May with 5 working days, due on the 12th; submitted so many days on."""

    def clock(due):
        return {
            "step": {"started_at": T0.isoformat(), "due_at": due.isoformat(), "provisional": False}
        }

    due = CALENDAR.end_of(CALENDAR.add_workdays(CALENDAR.day_of(T0), 5))
    story = Story().act("step_entered", step="inquiry", visit=1, at=T0, clocks=clock(due))
    if suspended:
        due += timedelta(days=suspended)
        story.act("suspended", step="inquiry", visit=1, at=T0 + timedelta(hours=1), reason="鉴定")
        story.act(
            "resumed",
            step="inquiry",
            visit=1,
            at=T0 + timedelta(days=suspended),
            clocks=clock(due),
        )
    story.act(
        "step_submitted",
        step="inquiry",
        visit=1,
        at=T0 + timedelta(days=worked_on),
        clocks=clock(due),
    )
    return story


@pytest.mark.req("C4-17", "S1-22")
@pytest.mark.parametrize(
    ("old", "new", "story", "expected"),
    [
        (5, 3, dated(4), {"new": 1, "lost": 0, "changed": 0, "same": 0}),
        (5, 5, dated(4), {"new": 0, "lost": 0, "changed": 0, "same": 0}),
        (5, 10, dated(9), {"new": 0, "lost": 1, "changed": 0, "same": 0}),
        (5, 6, dated(20), {"new": 0, "lost": 0, "changed": 1, "same": 0}),
        # Suspended for a week: the shorter limit moves on by the same week.
        (5, 3, dated(8, suspended=7), {"new": 0, "lost": 0, "changed": 0, "same": 0}),
    ],
)
def test_a_changed_limit_moves_the_due_date(old, new, story, expected) -> None:
    assert tried(limited(old), limited(new), story) == expected


@pytest.mark.req("C4-17")
def test_a_limit_added_and_a_limit_dropped() -> None:
    steps = [{**s, "limit": None} if s["key"] == "inquiry" else s for s in definition()["steps"]]
    without = version(point("time_limit", "inquiry", key="late"), steps=steps)
    bare = Story().act("step_entered", step="inquiry", visit=1, at=T0)
    bare.act("step_submitted", step="inquiry", visit=1, at=T0 + timedelta(days=9))
    assert tried(without, limited(3), bare)["new"] == 1
    assert tried(limited(5), without, dated(9))["lost"] == 1


def test_events_are_left_alone_where_no_limit_changes() -> None:
    events = dated(4).events
    assert Retimed(compare(limited(5), limited(5)), CALENDAR)(events) is events


@pytest.mark.req("C4-17")
def test_the_figures_survive_between_two_pieces() -> None:
    base, draft = version(EVIDENCE), version(ROLLBACK, {**EVIDENCE, "colour": "yellow"})
    stories = [inquiry(0, case=n) for n in range(1, 30)]
    whole, pieces = trial(base, draft), trial(base, draft)
    for n, story in enumerate(stories):
        whole.add(story.events, None)
        pieces.add(story.events, None)
        if n % 7 == 0:
            stored = msgspec.json.decode(msgspec.json.encode(pieces.counted.store()))
            pieces.counted = Counted.restore(stored)
    assert whole.counted.rows() == pieces.counted.rows()
    assert whole.counted.chosen() == pieces.counted.chosen()
    assert [s.case for s in whole.counted.chosen()] == list(range(29, 9, -1))  # the newest 20


def test_both_versions_judge_the_whole_past() -> None:
    """Whenever a version came into force: what differs is the rules' doing alone."""
    base = version(EVIDENCE, since="2030-01-01T00:00:00Z")
    compared = compare(base, version(EVIDENCE, point("decision_basis", "decide", key="basis")))
    assert {p.since for p in (*compared.after, *compared.kept)} == {EPOCH}
    story = inquiry(0).enter("decide").submit("execute", decision=decision(basis=""))
    assert tried(base, version(EVIDENCE, point("decision_basis", "decide", key="b")), story) == {
        "new": 1,
        "lost": 0,
        "changed": 0,
        "same": 1,
    }
