# SPDX-License-Identifier: Apache-2.0
"""From the recorded act to the alarm in the same transaction, and what becomes of it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from core.api.db import Scope, execute, rows, transaction
from core.api.facts import Place, SubjectRef, record
from core.api.gates import advise, decide
from core.host import facts as host_facts
from core.host.registry import current
from plugins.cases.rules.event import KINDS, CaseEvent
from plugins.inspection.plugin import CASE_ACTS
from plugins.inspection.rules.facts import AlarmRaised
from plugins.inspection.rules.model import decode_event
from plugins.inspection.rules.proof import fingerprint, judge_again, unpack
from plugins.inspection.services import life
from tests.plugins.inspection.live import CASE, Where, alarms, count, put_in_force, tell
from tests.plugins.inspection.story import (
    T0,
    TWO,
    Story,
    decision,
    definition,
    files,
    point,
)

pytestmark = pytest.mark.usefixtures("db")

LATER = T0 + timedelta(days=1)
RULES = definition(
    point("evidence", "inquiry", title="现场照片"),
    point("qualification", "inquiry", params={"judges": "next_step"}),
    point("decision_basis", "decide"),
    point("time_limit", "inquiry"),
)


def photos(n):
    return {
        "photos": {"kind": "photo", "required": 1, "files": files(*(f"{i}.jpg" for i in range(n)))},
        "record": {"kind": "document", "required": 1, "files": files("笔录.pdf")},
    }


@pytest.fixture
async def tree(region_tree, agencies):
    return Where(region_tree, agencies)


@pytest.fixture
async def county(tree, clock):
    clock(LATER)
    await put_in_force(tree, RULES)
    return tree


def inquiry(n=0, **more):
    return Story(**more).enter("inquiry").submit("review", evidence=photos(n), next_officers=TWO)


def test_every_published_kind_of_case_event_decodes():
    assert {key for key, _, _ in KINDS} >= set(CASE_ACTS)
    for key, _, _ in KINDS:
        published = CaseEvent(
            case=1,
            item=7,
            version=1,
            seq=1,
            kind=key,
            at="2026-05-06T09:00:00+08:00",
            case_number="磴市监立〔2026〕1号",
            title="案由",
            party="某店",
            organisation=3,
            department=4,
        )
        event = decode_event(msgspec.to_builtins(published))
        assert (event.kind, event.at) == (key, datetime(2026, 5, 6, 1, tzinfo=UTC))
    full = inquiry(2).payloads[-1]
    published = msgspec.convert(full, CaseEvent)
    event = decode_event(msgspec.to_builtins(published))
    assert len(event.evidence["photos"].files) == 2
    assert [o.qualified for o in event.next_officers] == [True, True]
    ours = {f.encode_name for f in msgspec.structs.fields(type(event))}
    # What judging never asks for: who signed what, which document, and the gate's own answer.
    unread = {"gate", "changes", "approver", "signatures", "document"}
    assert set(CaseEvent.__struct_fields__) - ours <= unread


async def test_the_alarm_stands_before_the_submit_is_committed(county, facts):
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    assert (alarm["mark"], alarm["colour"], alarm["state"]) == ("M4", "red", "raised")
    assert alarm["headline"] == "调查取证缺现场照片 0/1"
    assert alarm["region_lo"] == county.county.lo
    (told,) = await facts.only("inspection.alarm_raised")
    raised = msgspec.convert(told.payload, AlarmRaised)
    assert (raised.alarm, raised.case, raised.handlers) == (alarm["id"], 1, (11, 12))
    assert raised.sentence == alarm["sentence"]


async def test_redelivery_and_repetition_double_nothing(county, facts):
    story = inquiry()
    await tell(county, story)
    again = (await facts.only("cases.step_submitted"))[0]
    handler = current().handler("inspection", "cases.step_submitted")
    for _ in range(3):
        async with transaction(Scope.of_place(again.place)):
            await handler.handle(again)
    assert len(await alarms(1)) == 1
    assert len(await facts.only("inspection.alarm_raised")) == 1


@pytest.mark.req("B41-6")
async def test_the_stored_proof_gives_the_same_verdict(county):
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    assert fingerprint(alarm["proof"].encode()) == alarm["proof_hash"]
    again = judge_again(unpack(alarm["proof"]))
    assert again.same
    assert again.verdict.sentence == alarm["sentence"]


@pytest.mark.req("S1-24")
async def test_curing_the_cause_does_not_clear_the_alarm(county):
    story = inquiry()
    await tell(county, story)
    story.enter("review").roll_back("inquiry").enter("inquiry")
    story.submit("review", evidence=photos(3), next_officers=TWO)
    await tell(county, story, after=2)
    (alarm,) = await alarms(1)
    assert (alarm["state"], alarm["corrected"]) == ("raised", False)


async def test_an_entry_after_the_fact_writes_a_correction_and_keeps_the_alarm(county, facts):
    due = LATER - timedelta(hours=2)
    story = Story().enter("inquiry", due=due)
    await tell(county, story)
    story.submit("review", at=LATER - timedelta(minutes=10), evidence=photos(1), next_officers=TWO)
    await tell(county, story, after=1)
    (alarm,) = await alarms(1)
    assert alarm["mark"] == "M1"
    # The suspension had been granted in time and is entered only now.
    story.act("suspended", at=due - timedelta(hours=3), reason="委托鉴定")
    await tell(county, story, after=2)
    (still,) = await alarms(1)
    assert (still["state"], still["corrected"]) == ("raised", True)
    (corrected,) = await facts.only("inspection.alarm_corrected")
    assert "中止期间（委托鉴定）办结" in corrected.payload["sentence"]
    assert "不因此消除" in corrected.payload["sentence"]
    assert await count("correction") == 1
    story.act("extended", at=LATER, reason="无关的后续")
    await tell(county, story, after=3)
    assert await count("correction") == 1


async def test_a_lapsed_clock_raises_the_alarm_without_any_act(county, clock):
    from core.api.deadlines import ClockLapsed

    due = LATER + timedelta(hours=1)
    story = Story().enter("inquiry", due=due)
    await tell(county, story)
    assert await alarms(1) == []
    clock(due + timedelta(seconds=2))
    place = Place(county.county.lo, county.agency.lo)
    fields = {
        "clock": 5,
        "key": "step:inquiry:1",
        "title": "调查取证",
        "due_at": due.isoformat(),
        "started_at": T0.isoformat(),
        "provisional": False,
    }
    payload = msgspec.convert(fields, ClockLapsed)
    for _ in range(2):
        async with transaction(Scope.of_place(place)):
            await record("core.clock.lapsed", SubjectRef(CASE, 1), payload, place)
    (alarm,) = await alarms(1)
    assert (alarm["mark"], alarm["happened_at"]) == ("M1", due)


async def test_a_case_without_points_costs_one_query_and_writes_nothing(tree, clock):
    clock(LATER)
    await put_in_force(tree, definition())
    await tell(tree, inquiry())
    assert await alarms(1) == []
    assert await count("verdict") == 0


async def test_the_hint_says_what_submitting_now_would_bring(county):
    story = Story().enter("inquiry")
    await tell(county, story)
    draft = story.submit("review", evidence=photos(0), next_officers=TWO).payloads[-1]
    ref = SubjectRef(CASE, 1)
    async with transaction(Scope.of_place(Place(county.county.lo))):
        answer = await advise("cases.before_submit", [ref], LATER.date(), draft)
    assert answer.unavailable == ()
    first, *rest = answer.blockers[ref]
    assert first.detail["colour"] == "red"
    assert (first.detail["headline"], first.detail["control"]) == ("现场照片 0/1", "photos")
    assert (first.detail["what"], first.detail["have"]) == ("现场照片", "0/1")
    assert {b.detail["colour"] for b in rest} >= {"ok"}
    assert await alarms(1) == []


async def test_the_hint_fails_open_and_says_so(county, monkeypatch):
    await tell(county, Story().enter("inquiry"))
    ref = SubjectRef(CASE, 1)
    async with transaction(Scope.of_place(Place(county.county.lo))):
        answer = await advise("cases.before_submit", [ref], LATER.date(), {"kind": 5})
    assert answer.unavailable == ("inspection",)
    assert answer.blockers == {}


# The life of an alarm -------------------------------------------------------------------------


def order_fact(kind, county, **payload):
    from core.api.facts import Fact

    return Fact(
        id=0,
        kind=f"orders.{kind}",
        subject=SubjectRef("orders.order", 70),
        payload={"order": 70, "tier": 1, **payload},
        place=Place(county.county.lo, county.bureau.lo),
        actor=0,
        at=LATER,
        recorded_at=LATER,
    )


async def move(county, kind, **payload):
    handle = getattr(life, f"order_{kind}")
    fact = order_fact(kind, county, **payload)
    async with transaction(Scope.of_place(fact.place)):
        await handle(fact)


async def state_of(case=1):
    return [a["state"] for a in await alarms(case)]


@pytest.mark.req("S1-24")
async def test_an_alarm_goes_from_raised_to_revoked_only_by_orders(county, facts):
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    await move(county, "revoked", alarms=[alarm["id"]], reason="跳过督办")
    assert await state_of() == ["raised"]
    await move(county, "issued", alarms=[alarm["id"]], number="督办〔2026〕1号")
    assert await state_of() == ["supervised"]
    await move(county, "replied", tier=2, order=71, text="内部回复")
    assert await state_of() == ["supervised"]
    await move(county, "replied", text="漏传照片，已补")
    assert await state_of() == ["explained"]
    await move(county, "returned", reason="请附照片")
    (again,) = await alarms(1)
    assert (again["state"], again["returned"]) == ("supervised", True)
    await move(county, "replied", text="已附")
    await move(county, "revoked", alarms=[alarm["id"]], reason="说明充分")
    (done,) = await alarms(1)
    assert (done["state"], done["order_number"]) == ("revoked", "督办〔2026〕1号")
    kinds = [k for k in await facts.kinds() if k.startswith("inspection.alarm_")]
    assert kinds == [
        "inspection.alarm_raised",
        "inspection.alarm_supervised",
        "inspection.alarm_explained",
        "inspection.alarm_supervised",
        "inspection.alarm_explained",
        "inspection.alarm_revoked",
    ]
    (revoked,) = await facts.only("inspection.alarm_revoked")
    assert revoked.payload["worst_open"] == ""


@pytest.mark.req("S1-27")
async def test_an_alarm_can_be_upheld_and_then_stands(county):
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    await move(county, "issued", alarms=[alarm["id"]], number="督办〔2026〕1号")
    await move(county, "upheld", alarms=[alarm["id"]], reason="理由不成立")
    assert await state_of() == ["upheld"]
    await move(county, "issued", alarms=[alarm["id"]], number="督办〔2026〕2号")
    assert await state_of() == ["upheld"]


async def test_only_a_new_alarm_may_be_put_under_an_order(county):
    await tell(county, inquiry())
    (alarm,) = await alarms(1)
    ref, nothing = SubjectRef("inspection.alarm", alarm["id"]), SubjectRef("inspection.alarm", 1)
    async with transaction(Scope.of_place(Place(county.county.lo))):
        before = await decide("inspection.alarm_may_be_ordered", [ref, nothing], LATER.date())
    assert before.passed(ref)
    assert not before.passed(nothing)
    await move(county, "issued", alarms=[alarm["id"]], number="督办〔2026〕1号")
    async with transaction(Scope.of_place(Place(county.county.lo))):
        after = await decide("inspection.alarm_may_be_ordered", [ref], LATER.date())
    assert not after.passed(ref)
    assert "督办〔2026〕1号" in after.sentences[0]


async def test_another_region_sees_nothing_of_it(county):
    await tell(county, inquiry())
    async with transaction(Scope.of_place(Place(county.other_county.lo))):
        assert await rows("select id from inspection_alarm") == []
        assert await rows("select id from inspection_verdict") == []
        assert await execute("update inspection_alarm set state = 'revoked'") == 0


async def test_nobody_may_delete_an_alarm(county):
    import asyncpg

    await tell(county, inquiry())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(Scope.of_place(Place(county.county.lo))):
            await execute("delete from inspection_alarm")


async def test_the_decision_without_basis_and_negative_makes_two_alarms(county):
    story = Story().enter("decide")
    story.submit("", decision=decision(outcome="不予处罚", basis=""))
    await tell(county, story)
    assert [(a["mark"], a["colour"]) for a in await alarms(1)] == [
        ("M5a", "red"),
        ("M5b", "yellow"),
    ]


async def test_a_fault_of_the_engine_leaves_the_act_standing_and_the_worker_repeats(
    county, facts, monkeypatch
):
    from plugins.inspection.services import judging

    async def broken(*_):
        raise RuntimeError("no")

    with monkeypatch.context() as patch:
        patch.setattr(judging, "known_of", broken)
        await tell(county, inquiry())
    assert await alarms(1) == []
    assert len(await facts.only("cases.step_submitted")) == 1
    while await host_facts.deliver_one(current()):
        pass
    assert len(await alarms(1)) == 1


@pytest.mark.req("S1-17")
@pytest.mark.parametrize(
    ("decided", "lines"),
    [
        (
            None,
            [
                (
                    "M5",
                    "wait",
                    "「处罚决定」这次提交没有作出决定，有没有依据、是不是否定性决定都不判断",
                )
            ],
        ),
        (decision(), [("M5", "ok", "填写了依据；“罚款”不是否定性决定")]),
        (
            decision(outcome="不予处罚", basis=""),
            [("M5a", "red", "空"), ("M5b", "yellow", "不予处罚")],
        ),
        (
            decision(outcome="不予处罚"),
            [("M5b", "yellow", "不予处罚"), ("M5a", "ok", decision()["basis"])],
        ),
    ],
)
async def test_the_hint_names_both_cases_of_a_decision_once(county, decided, lines) -> None:
    before = Story().enter("decide")
    after = Story().enter("decide").submit("execute", decision=decided)
    await tell(county, before)
    subject = SubjectRef(CASE, before.case)
    async with transaction(Scope.of_place(Place(county.county.lo))):
        verdict = await advise("cases.before_submit", [subject], LATER.date(), after.payloads[-1])
    told = [b.detail for b in verdict.blockers[subject] if b.detail["kind"] == "决定依据"]
    assert [(d["mark"], d["colour"], d["have"]) for d in told] == lines
