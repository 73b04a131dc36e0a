# SPDX-License-Identifier: Apache-2.0
"""What holds for every kind: order and repetition, proof, reasons, kinds brought by others."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.inspection.rules.engine import (
    STANDARD_KINDS,
    compile_points,
    contributed_kind,
    fired,
    judge,
    worst,
)
from plugins.inspection.rules.model import Verdict
from plugins.inspection.rules.proof import fingerprint, judge_again, pack, seal, unpack
from tests.dummy_plugin.plugin import silent_cases
from tests.plugins.inspection.story import (
    ORDER,
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
    points,
)

EVERY_KIND = definition(
    point("time_limit", "inquiry"),
    point("time_limit", "", stage="decide", params={"of": "stage"}, key="p-stage"),
    point("qualification", "inquiry"),
    point("qualification", "decide", params={"judges": "this_step"}, key="p-here"),
    point("rollback", ""),
    point("evidence", "inquiry"),
    point("decision_basis", "decide"),
    point("discretion", "decide", params={"standard": "s1"}),
    point("execution", "execute", params={"decision_step": "decide"}),
)
NEWER = {**EVERY_KIND, "version": 2, "effective_from": "2026-05-10T00:00:00Z"}


@st.composite
def stories(draw):
    """Cases that wander through the flow with everything done more or less rightly."""
    story = Story()
    story.clocks["stage"] = {
        "started_at": T0.isoformat(),
        "due_at": (T0 + timedelta(days=draw(st.integers(1, 20)))).isoformat(),
        "provisional": draw(st.booleans()),
    }
    position = 0
    for _ in range(draw(st.integers(1, 7))):
        step = ORDER[position]
        limit = timedelta(hours=draw(st.integers(1, 200)))
        story.enter(step, due=story.at + limit, provisional=draw(st.booleans()))
        story.at += timedelta(hours=draw(st.integers(0, 150)))
        if draw(st.integers(0, 5)) == 0:
            story.act("suspended", reason="鉴定")
            story.at += timedelta(hours=draw(st.integers(0, 150)))
            story.act("resumed")
        if position and draw(st.integers(0, 4)) == 0:
            position = draw(st.integers(0, position - 1))
            story.roll_back(ORDER[position])
            continue
        count = draw(st.integers(0, 3))
        people = draw(
            st.lists(st.sampled_from([*TWO, officer("王志远", qualified=False)]), max_size=3)
        )
        made = None
        if step == "decide":
            made = decision(
                outcome=draw(st.sampled_from(["罚款", "不予处罚", "撤案"])),
                basis=draw(st.sampled_from(["第三十三条", ""])),
                amount=draw(st.sampled_from([None, 499900, 500000, 9000000])),
            )
        following = ORDER[position + 1] if position + 1 < len(ORDER) else ""
        story.submit(
            following,
            evidence={"photos": {"kind": "photo", "required": 1, "files": files(*"abc"[:count])}},
            officers=people,
            next_officers=list(reversed(people)),
            decision=made,
            payments=[paid(draw(st.sampled_from([400000, 500000])), voucher=draw(st.booleans()))]
            if step == "execute"
            else [],
        )
        if not following:
            break
        position += 1
    return story


@settings(max_examples=120, deadline=None)
@given(story=stories(), seed=st.integers(0, 9), days=st.integers(0, 60))
def test_order_and_repetition_of_events_never_double_or_change_an_alarm(story, seed, days):
    until = story.at + timedelta(days=days)
    rules = points(EVERY_KIND, NEWER)
    events = story.events
    plain = judge(events, rules, None, until)
    mixed = [*events, *events[: len(events) // 2]]
    random.Random(seed).shuffle(mixed)
    again = judge(mixed, rules, None, until)
    assert sorted(v.key + v.digest for v in again) == sorted(v.key + v.digest for v in plain)
    alarms = [v.key for v in fired(plain)]
    assert len(alarms) == len(set(alarms))
    only = judge(events, rules, None, until, explain=False)
    assert [v.key for v in only] == alarms


@pytest.mark.req("B41-6")
@settings(max_examples=80, deadline=None)
@given(story=stories(), days=st.integers(0, 60))
def test_every_alarm_can_be_proved_from_its_sealed_proof_alone(story, days):
    until = story.at + timedelta(days=days)
    rules = points(EVERY_KIND, NEWER)
    events = story.events
    for verdict in fired(judge(events, rules, None, until)):
        of = next(
            p
            for p in rules
            if (p.key, p.kind, p.version) == (verdict.point, verdict.kind, verdict.version)
        )
        sealed = pack(seal(verdict, of, events, until))
        again = judge_again(unpack(sealed))
        assert again.same
        assert again.verdict == verdict
        assert pack(unpack(sealed)) == sealed
        assert verdict.sentence.endswith(("所以报红灯。", "所以报黄灯。"))
        assert verdict.headline
        assert verdict.clause


@settings(max_examples=60, deadline=None)
@given(story=stories())
def test_an_alarm_once_raised_is_still_said_when_more_happens(story):
    """Later acts never take an alarm back; only an entry about the past can."""
    rules = points(EVERY_KIND)
    events = story.events
    said: dict[str, str] = {}
    for n in range(1, len(events) + 1):
        now = {v.key: v.digest for v in fired(judge(events[:n], rules, None, events[n - 1].at))}
        assert said.items() <= now.items()
        said = now


def test_a_changed_proof_is_noticed():
    story = Story().enter("inquiry").submit("review")
    (verdict,) = fired(judge(story.events, points(definition(point("evidence", "inquiry")))))
    (of,) = points(definition(point("evidence", "inquiry")))
    proof = seal(verdict, of, story.events, None)
    sealed = pack(proof)
    mended = msgspec.structs.replace(
        proof,
        events=tuple(
            msgspec.structs.replace(
                e,
                evidence={
                    c: msgspec.convert({"files": [{"id": 1, "sha256": "0", "name": "x"}]}, type(h))
                    for c, h in _evidence_of(of).items()
                },
            )
            for e in proof.events
        ),
    )
    assert not judge_again(mended).same
    assert fingerprint(pack(mended)) != fingerprint(sealed)
    assert not judge_again(msgspec.structs.replace(proof, events=())).same


def _evidence_of(of):
    from plugins.inspection.rules.model import Evidence

    return {control: Evidence() for control in of.required}


def test_a_proof_of_an_earlier_day_still_reads(tmp_path):
    """The bytes of a proof sealed by an earlier version of this engine; they must never change."""
    sealed = (
        '{"events":[{"at":"2026-05-06T03:00:00Z","decision":null,"evidence":{},"kind":'
        '"step_submitted","seq":2,"step":"inquiry","step_title":"调查取证","visit":1}],"format":1,'
        '"point":{"key":"p","kind":"evidence","required":{"photos":{"count":1,"kind":"photo",'
        '"title":"现场照片"}},"step":"inquiry","title":"照片","version":1},"until":null,"verdict":'
        '{"at":"2026-05-06T03:00:00Z","colour":"red","cure":"办件时在对应的控件上传证据。",'
        '"headline":"调查取证缺现场照片 0/1","kind":"evidence","mark":"M4","moment":2,"point":"p",'
        '"result":"fired","sentence":"「调查取证」缺少必传证据：现场照片 0/1，所以报红灯。","step":'
        '"inquiry","step_title":"调查取证","title":"照片","version":1,"visit":1}}'
    )
    again = judge_again(unpack(sealed))
    assert again.same, again


def test_better_wording_is_no_other_verdict_but_other_figures_are():
    story = Story().enter("execute").submit("close", payments=[paid(400000)])
    story.payloads[0]["kind"] = "step_submitted"
    story.payloads[0] |= {"step": "decide", "decision": decision()}
    rules = points(definition(point("execution", "execute", params={"decision_step": "decide"})))
    (verdict,) = fired(judge(story.events, rules))
    reworded = msgspec.structs.replace(verdict, sentence="换一种说法，所以报红灯。", headline="换")
    other = msgspec.structs.replace(verdict, detail={**verdict.detail, "paid": 1})
    assert reworded.digest == verdict.digest != other.digest
    assert verdict.agrees_with(reworded)
    assert not verdict.agrees_with(other)
    assert not verdict.agrees_with(msgspec.structs.replace(verdict, colour="yellow"))


@pytest.mark.req("S1-16")
def test_a_case_shows_its_worst_lamp():
    assert worst(["yellow", "red"]) == "red"
    assert worst(["yellow"]) == "yellow"
    assert worst([]) == ""


@pytest.mark.req("B41-6")
def test_why_it_did_not_fire_has_an_answer_for_every_point():
    story = Story().enter("clue").submit("filing")
    answers = story.judge(EVERY_KIND, explain=True)
    asked = {(p.key, p.kind) for p in points(EVERY_KIND)}
    assert {(v.point, v.kind) for v in answers} == asked
    assert all(v.reason for v in answers)
    assert fired(answers) == []


def long_silence(events, point):
    """A kind of another plugin: nothing happened for longer than the point allows."""
    limit = timedelta(days=point["params"]["days"])
    found = []
    for before, after in pairwise(events):
        gap = datetime.fromisoformat(after["at"]) - datetime.fromisoformat(before["at"])
        found.append(
            {
                "result": "fired" if gap > limit else "passed",
                "seq": after["seq"],
                "occurrence": f"g{after['seq']}",
                "sentence": f"有 {gap.days} 天没有动静，所以报黄灯。",
                "headline": "久无动静",
                "events": [before["seq"], after["seq"]],
            }
        )
    return found


def test_a_kind_brought_by_another_plugin_is_judged_proved_and_explained():
    kinds = STANDARD_KINDS.with_kinds(
        contributed_kind("other.silence", "久无动静", "M8", "yellow", long_silence)
    )
    rules = points(definition(point("other.silence", params={"days": 10})))
    story = Story().enter("clue").submit("filing").enter("filing", at=T0 + timedelta(days=30))
    verdicts = judge(story.events, rules, kinds=kinds)
    assert lamps(verdicts) == [("M8", "yellow")]
    assert {v.result for v in verdicts} == {"fired", "passed"}
    (alarm,) = fired(verdicts)
    assert judge_again(seal(alarm, rules[0], story.events, None, kinds), kinds).same
    (unknown,) = judge(story.events, rules)
    assert (unknown.result, unknown.reason) == (
        "undecided",
        "没有安装监察点类型 other.silence，无法判断。",
    )


def test_the_kind_of_the_dummy_plugin_judges():
    """The executable example of the extension point, `tests/dummy_plugin`."""
    kinds = STANDARD_KINDS.with_kinds(
        contributed_kind("dummy_silence", "久无动静", "dummy_silence", "yellow", silent_cases)
    )
    rules = points(definition(point("dummy_silence")))
    still = Story().act("opened", step="clue")
    assert lamps(judge(still.events, rules, kinds=kinds)) == [("dummy_silence", "yellow")]
    assert judge(still.enter("clue").events, rules, kinds=kinds) == []


@pytest.mark.parametrize(
    "answers",
    [[{"result": "objected", "seq": 1}], [{"seq": 1}], [{"result": "fired"}], None, ["x"]],
)
def test_a_faulty_kind_of_others_says_so_and_leaves_our_own_judging(answers):
    kinds = STANDARD_KINDS.with_kinds(
        contributed_kind("other.faulty", "坏的", "M9", "red", lambda _events, _point: answers)
    )
    rules = points(definition(point("other.faulty"), point("evidence", "inquiry")))
    story = Story().enter("inquiry").submit("review")
    verdicts = judge(story.events, rules, kinds=kinds)
    assert lamps(verdicts) == [("M4", "red")]
    (faulty,) = [v for v in verdicts if v.mark == "M9"]
    assert (faulty.result, "出错" in faulty.reason) == ("undecided", True)


def test_a_finding_needs_an_event_of_the_case_and_a_point_in_force():
    def finds(seq: int):
        return lambda _events, _point: [{"result": "fired", "seq": seq, "sentence": "……。"}]

    story = Story().act("opened", step="clue")
    for seq, since, lamp in (
        (1, "2026-01-01T00:00:00Z", [("M9", "red")]),
        (2, "2026-01-01T00:00:00Z", []),
        (1, "2027-01-01T00:00:00Z", []),
    ):
        kinds = STANDARD_KINDS.with_kinds(contributed_kind("o.kind", "x", "M9", "red", finds(seq)))
        rules = points(definition(point("o.kind"), since=since))
        assert lamps(judge(story.events, rules, kinds=kinds)) == lamp, (seq, since)


def test_a_point_asks_for_the_evidence_of_its_own_steps_form():
    base = definition(point("evidence", "inquiry"))
    tip = {
        "key": "tip",
        "title": "线索",
        "type": "evidence",
        "evidence_kind": "any",
        "min_count": 1,
    }
    rules = points({**base, "forms": [{"key": "clue", "controls": [tip]}, *base["forms"]]})
    found = fired(judge(Story().enter("inquiry").submit("review").events, rules))
    asked = {check.title for verdict in found for check in verdict.checks}
    assert "现场照片" in asked
    assert "线索" not in asked


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(ValueError, match="已经存在"):
        STANDARD_KINDS.with_kinds(contributed_kind("evidence", "x", "x", "red", long_silence))


def test_points_are_compiled_once_and_shared():
    compiled = compile_points(points(EVERY_KIND))
    for _ in range(2):
        assert judge(Story().enter("inquiry").submit("review").events, compiled)
    assert isinstance(judge([], compiled), list)


def test_verdict_keys_tell_visits_versions_and_marks_apart():
    verdict = Verdict("p", "evidence", "M4", "fired", step="a", visit=1, version=1, at=T0)
    keys = {
        verdict.key,
        msgspec.structs.replace(verdict, visit=2).key,
        msgspec.structs.replace(verdict, version=2).key,
        msgspec.structs.replace(verdict, mark="M5a").key,
        msgspec.structs.replace(verdict, occurrence="s3").key,
    }
    assert len(keys) == 5
    assert datetime(2026, 5, 6, 1, tzinfo=UTC) == T0
