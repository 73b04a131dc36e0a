# SPDX-License-Identifier: Apache-2.0
"""The acts of a case, on the database."""

from datetime import date, timedelta

import msgspec
import pytest

from core import db
from core.api.db import Scope, transaction
from core.api.deadlines import clocks_of
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.plugin import SubjectRef
from plugins.cases.queries import CASES, overview
from plugins.cases.reactions import describe_case, search_cases
from plugins.cases.rules.event import CaseEvent
from plugins.cases.rules.execution import Part
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import (
    Changed,
    Choice,
    PaymentEntry,
    Posting,
    SameParty,
    Stopped,
    add_archive_note,
    add_evidence,
    approve_instalments,
    authorise_officers,
    correct_field,
    declare_recusal,
    delegate_step,
    extend_deadline,
    mark_seen,
    open_case,
    recall_submission,
    record_payment,
    renew_turns,
    resume_case,
    roll_back,
    save_draft,
    submit_step,
    suspend_case,
    transfer_case,
    void_evidence,
)
from plugins.cases.services.opening import party_in_full
from plugins.cases.services.payments import account_of, add_voucher
from plugins.cases.services.projections import keep_item_version
from tests.plugins.cases.conftest import (
    CLUE,
    DECISION,
    INQUIRY,
    TUESDAY,
    AlarmFact,
    pdf,
    picture,
    unqualified,
)
from tests.plugins.cases.definitions import penalty


async def turn_of(case: int) -> list[dict]:
    async with transaction(Scope.platform("a test looks at everything")):
        return await db.rows(
            "select person, holder_name, org_lo, permission, step_title, due_at, lamp from core_turn"
            " where subject_kind = 'cases.case' and subject_id = $1 and closed_at is null",
            case,
        )


async def events_of(facts, case: int) -> list[CaseEvent]:
    return [
        msgspec.convert(f.payload, CaseEvent)
        for f in await facts.of(SubjectRef("cases.case", case))
        if f.kind.startswith("cases.")
    ]


class TestOpening:
    @pytest.mark.req("S1-6")
    async def test_a_new_case_has_number_turn_clock_and_events(self, office, facts):
        case = await office.open()
        file = await office.file(case)
        assert file.row["case_number"] == "磴市监立〔2026〕1号"
        assert file.row["step"] == "clue"
        assert [o["name"] for o in file.officers] == ["张海龙"]
        assert await facts.kinds() == ["cases.opened", "cases.step_entered"]
        first, second = await events_of(facts, case)
        assert (first.seq, second.seq) == (1, 2)
        assert first.officers[0].qualified
        assert first.gate["officers"]["asked"] == ["certificates"]
        assert set(second.clocks) == {"step", "stage"}
        (turn,) = await turn_of(case)
        assert (turn["person"], turn["step_title"]) == (office.zhang.person, "线索核查")
        assert turn["due_at"] == (await clocks_of(file.subject))[0].due_at

    async def test_numbers_have_no_gap_and_a_double_click_opens_one_case(self, office):
        opening = office.opening(token="t1")
        case = await open_case(office.zhang, opening)
        assert await open_case(office.zhang, opening) == case
        other = await office.open(party=PartyDraft("business", "顺发收购站", "", "", "", "", ""))
        assert (await office.file(other)).row["case_number"] == "磴市监立〔2026〕2号"

    async def test_all_mistakes_at_once(self, office):
        with pytest.raises(Invalid) as refused:
            await office.open(title=" ", source="?", party=PartyDraft("?", "", "", "", "", "", ""))
        assert set(refused.value.errors) == {"title", "source", "party_kind", "party_name"}

    async def test_a_likely_duplicate_needs_a_conscious_yes(self, office):
        await office.open()
        with pytest.raises(SameParty) as found:
            await office.open()
        assert len(found.value.cases) == 1
        assert await office.open(same_party_confirmed=True)

    async def test_personal_data_rest_encrypted_and_masked(self, office):
        case = await office.open(
            party=PartyDraft(
                "person", "李建军", "", "150801198811207478", "", "团结路 18 号", "13800001111"
            )
        )
        party = await db.row("select * from cases_party where case_id = $1", case)
        assert "李建军".encode() not in b"".join(
            bytes(v) for v in party.values() if isinstance(v, bytes)
        )
        assert party["name_shown"] == "李某某"
        assert party["id_number_masked"] == "150801********7478"
        assert party["address_shown"] == ""
        assert party_in_full(party)["id_number"] == "150801198811207478"
        row = (await office.file(case)).row
        assert "李建军" not in str(row)
        async with transaction(office.chief.scope):
            assert [s.path for s in await search_cases("李建军", office.chief.scope)] == [
                f"/cases/{case}"
            ]
            assert [s.path for s in await search_cases("150801198811207478", office.chief.scope)]
            assert not await search_cases("李建国", office.chief.scope)
            assert not await search_cases("x", office.chief.scope)

    async def test_another_bodys_power_and_another_county(self, office):
        with pytest.raises(NotFound):
            await open_case(office.stranger, office.opening())
        case = await office.open()
        with pytest.raises(NotFound):
            await save_draft(office.stranger, case, Posting(1, 0, {}))
        async with transaction(office.stranger.scope):
            assert await describe_case(case, office.stranger.scope) is None
        async with transaction(office.chief.scope):
            assert "磴市监立" in (await describe_case(case, office.chief.scope)).title


class TestSubmitting:
    async def test_the_case_moves_on_and_the_event_carries_the_next_officers(self, office, facts):
        """S1-18: who handles step n+1 is authorised while leaving step n."""
        unqualified[office.wang.person] = "没有登记执法证号"
        case = await office.open()
        await office.submit(case, CLUE)
        done = await office.submit(
            case,
            {"outcome": "立案", "basis": "第五十四条"},
            actor=office.chief,
            officers=[office.zhang, office.wang],
        )
        assert done.to_title == "调查取证"
        event = next(
            e
            for e in await events_of(facts, case)
            if e.step == "filing" and e.kind == "step_submitted"
        )
        assert event.to_step == "inquiry"
        assert [(o.name, o.qualified) for o in event.next_officers] == [
            ("张海龙", True),
            ("王志远", False),
        ]
        assert event.decision.outcome == "立案"
        assert event.gate["basis"]["silent"] == ["library"]
        file = await office.file(case)
        assert file.row["lead"] == office.zhang.person
        assert [o["qualified"] for o in file.officers_of("inquiry", date(2026, 5, 12))] == [
            True,
            False,
        ]

    @pytest.mark.req("S1-23")
    async def test_missing_evidence_and_unqualified_officers_do_not_stop_a_step(self, office):
        unqualified[office.sqgw.person] = "没有登记执法证号"
        case = await office.to_inquiry()
        done = await office.submit(case, INQUIRY)
        assert done.to_title == "调查终结"

    async def test_the_negative_branch_ends_at_the_archive(self, office, facts):
        case = await office.open()
        await office.submit(case, CLUE)
        done = await office.submit(case, {"outcome": "不予立案"}, actor=office.chief)
        assert done.to_title == "结案归档"
        done = await office.submit(case, {"closing_note": "不予立案"})
        assert done.closed
        row = (await office.file(case)).row
        assert (row["state"], row["negative"], row["outcome"]) == ("closed", True, "不予立案")
        assert await turn_of(case) == []
        assert all(c.stopped_at for c in await clocks_of(SubjectRef("cases.case", case)))
        kinds = await facts.kinds()
        assert [k for k in kinds if k.startswith("cases.")][-2:] == [
            "cases.step_submitted",
            "cases.closed",
        ]

    async def test_a_second_click_changes_nothing(self, office, facts):
        case = await office.open()
        visit = (await office.file(case)).open_visit
        posting = Posting(visit["id"], 0, CLUE, token="once")
        assert not (await submit_step(office.zhang, case, posting)).repeated
        before = await facts.kinds()
        again = await submit_step(office.zhang, case, posting)
        assert again.repeated
        assert await facts.kinds() == before

    async def test_what_is_wrong_is_named_and_the_missing_way_too(self, office):
        case = await office.open()
        with pytest.raises(Invalid) as refused:
            await office.submit(case, {"checked_on": "昨天"})
        assert set(refused.value.errors) == {"facts", "checked_on"}

    async def test_only_the_authorised_may_act(self, office):
        case = await office.open()
        with pytest.raises(Refused, match="张海龙"):
            await office.submit(case, CLUE, actor=office.sqgw)
        await office.submit(case, CLUE)
        with pytest.raises(Refused, match="审批"):
            await office.submit(case, {"outcome": "立案"}, actor=office.zhang)

    async def test_an_approval_waits_for_the_unit(self, office):
        case = await office.open()
        await office.submit(case, CLUE)
        (turn,) = await turn_of(case)
        assert (turn["person"], turn["permission"]) == (0, "cases.case.approve")

    async def test_a_licence_offers_two_ways(self, office):
        case = await open_case(
            office.zhang, office.opening(item_version=office.licence, source="application")
        )
        await office.submit(case, {"outcome": "受理"})
        with pytest.raises(Invalid, match="几条路"):
            await office.submit(case, {"opinion": "材料不齐"})
        done = await office.submit(case, {"opinion": "材料不齐"}, to="accept")
        assert done.to_title == "受理"
        file = await office.file(case)
        assert file.open_visit["number"] == 2
        assert file.row["rollbacks"] == 0

    async def test_emoji_and_ten_thousand_characters(self, office):
        case = await office.open()
        await office.submit(case, {**CLUE, "facts": "😀" + "字" * 10_000})
        file = await office.file(case)
        assert len(file.earlier_values["facts"]) == 10_001


class TestTwoHands:
    async def test_a_stale_draft_tells_what_the_other_one_did(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit
        await save_draft(office.sqgw, case, Posting(visit["id"], 0, {**INQUIRY, "place": "北街"}))
        with pytest.raises(Changed) as conflict:
            await submit_step(
                office.zhang, case, Posting(visit["id"], 0, {**INQUIRY, "place": "南街"})
            )
        assert "斯琴高娃" in str(conflict.value)
        (change,) = conflict.value.changes
        assert (change.title, change.old, change.new) == ("调查地点", "北街", "南街")
        assert not conflict.value.done

    async def test_a_submitted_step_says_who_submitted_it(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit
        await submit_step(office.sqgw, case, Posting(visit["id"], 0, INQUIRY))
        with pytest.raises(Changed) as conflict:
            await save_draft(
                office.zhang, case, Posting(visit["id"], 0, {**INQUIRY, "place": "南街"})
            )
        assert conflict.value.done
        assert "斯琴高娃已经在 10:00 提交了调查取证" in str(conflict.value)
        assert conflict.value.changes[0].new == "南街"

    async def test_a_form_of_a_superseded_visit(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit
        await roll_back(office.chief, case, "clue", "补充线索")
        with pytest.raises(Changed, match="被取代"):
            await save_draft(office.zhang, case, Posting(visit["id"], 0, INQUIRY))
        with pytest.raises(Changed, match="不属于本案"):
            await save_draft(office.zhang, case, Posting(10**9, 0, INQUIRY))

    async def test_a_draft_keeps_nonsense_and_counts(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit
        assert (
            await save_draft(office.zhang, case, Posting(visit["id"], 0, {"goods_value": "很多"}))
            == 1
        )
        assert (
            await save_draft(office.zhang, case, Posting(visit["id"], 1, {"goods_value": "很多"}))
            == 1
        )
        stored = (await office.file(case)).open_visit
        assert stored["draft"] == {"goods_value": "很多"}


class TestHardStops:
    async def test_one_qualified_officer_stops_the_decision_and_the_attempt_is_a_fact(
        self, office, facts
    ):
        case = await office.to_decision()
        unqualified[office.sqgw.person] = "证件已过期"
        with pytest.raises(Stopped) as stopped:
            await office.submit(case, DECISION)
        assert [s.code for s in stopped.value.stops] == ["two_officers"]
        refused = (await events_of(facts, case))[-1]
        assert refused.kind == "attempt_refused"
        assert "合格 1 名" in refused.reason
        assert (await office.file(case)).row["step"] == "decide"
        unqualified.clear()
        assert (await office.submit(case, DECISION)).to_title == "送达"

    async def test_review_not_agreed_and_notice_without_receipt(self, office):
        case = await office.to_inquiry()
        await office.submit(case, INQUIRY)
        await office.submit(case, {"summary": "清楚"})
        await office.submit(case, {"opinion": "建议修改"}, actor=office.chief)
        await office.submit(case, {"notified_on": "2026-05-12"})
        with pytest.raises(Stopped) as stopped:
            await office.submit(case, DECISION)
        assert [s.code for s in stopped.value.stops] == ["legal_review", "notice"]
        done = await office.submit(case, {**DECISION, "outcome": "不予处罚"})
        assert done.to_title == "送达", "nobody is heard before being let go"

    async def test_the_investigator_may_not_review(self, office):
        case = await office.open(officers=(Choice(office.chief.person),))
        await office.submit(case, CLUE, actor=office.chief)
        await office.submit(
            case, {"outcome": "立案"}, actor=office.chief, officers=[office.chief, office.zhang]
        )
        await office.submit(case, INQUIRY, actor=office.chief)
        await office.submit(case, {"summary": "清楚"}, actor=office.chief)
        with pytest.raises(Stopped, match="不能再做本案的法制审核"):
            await office.submit(case, {"opinion": "同意"}, actor=office.chief)

    async def test_who_withdrew_is_out_and_the_others_go_on(self, office, facts):
        case = await office.to_inquiry()
        await declare_recusal(office.zhang, case, "当事人是我的亲属")
        with pytest.raises(Refused):
            await office.submit(case, INQUIRY, actor=office.zhang)
        with pytest.raises(Invalid, match="申请回避"):
            await authorise_officers(office.chief, case, "inquiry", [Choice(office.zhang.person)])
        assert (await turn_of(case))[0]["person"] == office.sqgw.person
        assert (await office.submit(case, INQUIRY, actor=office.sqgw)).to_title == "调查终结"
        assert (
            "申请回避"
            in next(e for e in await events_of(facts, case) if e.kind == "authorised").reason
        )
        with pytest.raises(Refused, match="已经申请过"):
            await declare_recusal(office.zhang, case, "再次")


class TestRollback:
    @pytest.mark.req("S1-19", "C3-04")
    async def test_one_act_one_event_and_the_work_is_kept(self, office, facts):
        case = await office.to_inquiry()
        await office.submit(case, INQUIRY)
        await office.submit(case, {"summary": "清楚"})
        await roll_back(office.chief, case, "inquiry", "补充询问店员", token="r")
        await roll_back(office.chief, case, "inquiry", "补充询问店员", token="r")
        events = await events_of(facts, case)
        (event,) = [e for e in events if e.kind == "rolled_back"]
        assert (event.step, event.to_step, event.crossed) == (
            "review",
            "inquiry",
            ("review", "finding"),
        )
        assert event.reason == "补充询问店员"
        file = await office.file(case)
        states = [(v["step"], v["number"], v["state"]) for v in file.visits]
        assert states == [
            ("clue", 1, "submitted"),
            ("filing", 1, "submitted"),
            ("inquiry", 1, "superseded"),
            ("finding", 1, "superseded"),
            ("review", 1, "superseded"),
            ("inquiry", 2, "open"),
        ]
        assert file.visits[2]["values"]["place"] == "团结路 18 号"
        assert file.open_visit["draft"]["place"] == "团结路 18 号", (
            "the new form begins with the old words"
        )
        assert file.row["rollbacks"] == 1
        assert [e.seq for e in events] == list(range(1, len(events) + 1))

    @pytest.mark.req("C3-05")
    async def test_an_illegal_target_is_refused_with_its_reason(self, office):
        case = await office.to_inquiry()
        with pytest.raises(Refused, match="还没有办到"):
            await roll_back(office.zhang, case, "decide", "x")
        with pytest.raises(Invalid, match="理由"):
            await roll_back(office.zhang, case, "clue", "  ")
        with pytest.raises(Refused, match="没有被授权"):
            await roll_back(office.wang, case, "clue", "x")

    async def test_the_stage_keeps_its_first_day_and_the_step_begins_anew(self, office, clock):
        case = await office.to_inquiry()
        subject = SubjectRef("cases.case", case)
        first = next(c for c in await clocks_of(subject) if c.key == "stage:investigate")
        clock(TUESDAY + timedelta(days=3))
        await roll_back(office.chief, case, "clue", "线索不清")
        await office.submit(case, CLUE)
        await office.submit(case, {"outcome": "立案"}, actor=office.chief)
        stages = [c for c in await clocks_of(subject) if c.key == "stage:investigate"]
        assert len(stages) == 2
        assert stages[1].started_at == first.started_at
        assert stages[1].due_at == first.due_at
        steps = [c for c in await clocks_of(subject) if c.key.startswith("step:inquiry")]
        assert [c.key for c in steps] == ["step:inquiry:1", "step:inquiry:2"]

    async def test_evidence_is_carried_over_by_reference(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit["id"]
        await add_evidence(office.zhang, case, visit, "photos", [picture()])
        await roll_back(office.chief, case, "clue", "线索不清")
        await office.submit(case, CLUE)
        await office.submit(case, {"outcome": "立案"}, actor=office.chief)
        file = await office.file(case)
        (new,) = file.evidence_of(file.open_visit["id"])
        (old,) = file.evidence_of(visit)
        assert (new["file"], new["carried_from"]) == (old["file"], old["id"])


class TestRecall:
    @pytest.mark.req("C3-06")
    async def test_back_to_where_it_was(self, office, facts):
        case = await office.open()
        await office.submit(case, CLUE)
        await recall_submission(office.zhang, case, token="x")
        file = await office.file(case)
        assert (file.row["step"], file.open_visit["draft"]["facts"]) == ("clue", "群众反映")
        assert [v["state"] for v in file.visits] == ["open", "recalled"]
        event = (await events_of(facts, case))[-1]
        assert (event.kind, event.step, event.visit, event.to_step) == (
            "recalled",
            "clue",
            1,
            "filing",
        )
        await office.submit(case, CLUE)
        assert (await office.file(case)).open_visit["number"] == 2

    @pytest.mark.req("C3-06")
    async def test_opened_by_the_next_one_it_is_final(self, office):
        case = await office.open()
        await office.submit(case, CLUE, officers=[office.chief])
        await mark_seen(office.zhang, case)
        await mark_seen(office.chief, case)
        with pytest.raises(Refused, match="已经打开"):
            await recall_submission(office.zhang, case)
        with pytest.raises(Refused, match="本人"):
            await recall_submission(office.sqgw, case)


class TestCorrecting:
    async def test_old_new_who_and_why_and_the_values_follow(self, office, facts):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit["id"]
        await office.submit(case, INQUIRY)
        change = await correct_field(office.zhang, case, visit, "goods_value", "4,000", "核算有误")
        assert (change.old, change.new) == ("3,860.00 元", "4,000.00 元")
        event = (await events_of(facts, case))[-1]
        assert (event.kind, event.step, event.reason) == ("corrected", "inquiry", "核算有误")
        assert event.values["goods_value"] == 400000
        assert event.changes[0].old == "3,860.00 元"
        with pytest.raises(Invalid, match="没有变化"):
            await correct_field(office.zhang, case, visit, "goods_value", "4000.00", "x")
        with pytest.raises(Invalid, match="理由"):
            await correct_field(office.zhang, case, visit, "goods_value", "1", "")

    async def test_what_steers_the_case_is_not_corrected(self, office):
        case = await office.to_inquiry()
        filing = next(v for v in (await office.file(case)).visits if v["step"] == "filing")
        with pytest.raises(Refused, match="走向"):
            await correct_field(office.chief, case, filing["id"], "outcome", "不予立案", "x")

    async def test_a_served_decision_stands(self, office):
        case = await office.to_decision()
        visit = (await office.file(case)).open_visit["id"]
        await office.submit(case, DECISION)
        await correct_field(office.zhang, case, visit, "amount", "5,500", "笔误")
        assert (await office.file(case)).row["decision"]["amount"] == 550000
        await office.submit(case, {"served_on": "2026-05-12", "manner": "直接送达"})
        with pytest.raises(Refused, match="已经送达"):
            await correct_field(office.zhang, case, visit, "amount", "6,000", "x")


class TestEvidence:
    @pytest.mark.req("S1-20")
    async def test_bound_counted_voided_and_never_deleted(self, office, facts):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit["id"]
        (piece,) = await add_evidence(office.zhang, case, visit, "photos", [picture()])
        await add_evidence(office.zhang, case, visit, "records", [pdf(), pdf("店员.pdf")])
        await void_evidence(office.zhang, case, piece, "拍错了地方")
        await void_evidence(office.zhang, case, piece, "再次")
        event = (await events_of(facts, case))[-1]
        assert event.kind == "evidence_voided"
        assert len(event.evidence["photos"].files) == 0
        assert len(event.evidence["records"].files) == 2
        file = await office.file(case)
        assert len(file.evidence) == 3
        voided = next(e for e in file.evidence if e["id"] == piece)
        assert voided["void_reason"] == "拍错了地方"
        assert len(voided["sha256"]) == 64
        with pytest.raises(Invalid):
            await void_evidence(office.zhang, case, piece, " ")

    async def test_a_renamed_executable_is_refused(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit["id"]
        fake = pdf("现场.jpg")
        fake.file.seek(0)
        fake.file.write(b"MZ\x90\x00" + b"\x00" * 200)
        with pytest.raises(Invalid):
            await add_evidence(office.zhang, case, visit, "photos", [fake])
        assert (await office.file(case)).evidence == []

    async def test_only_on_its_own_control_and_by_who_handles_the_step(self, office):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit["id"]
        with pytest.raises(NotFound):
            await add_evidence(office.zhang, case, visit, "facts", [picture()])
        with pytest.raises(Refused):
            await add_evidence(office.wang, case, visit, "photos", [picture()])
        with pytest.raises(Invalid, match="选择文件"):
            await add_evidence(office.zhang, case, visit, "photos", [])

    async def test_afterwards_is_a_visible_addition(self, office, facts):
        case = await office.to_inquiry()
        visit = (await office.file(case)).open_visit["id"]
        await office.submit(case, INQUIRY)
        await add_evidence(office.zhang, case, visit, "photos", [picture()])
        event = (await events_of(facts, case))[-1]
        assert (event.kind, event.step) == ("evidence_added", "inquiry")
        assert len(event.evidence["photos"].files) == 1


class TestClocks:
    @pytest.mark.req("C3-12", "C3-14")
    async def test_suspending_moves_the_date_on_resuming(self, office, clock, facts):
        case = await office.to_inquiry()
        subject = SubjectRef("cases.case", case)
        before = {c.key: c.due_at for c in await clocks_of(subject) if c.stopped_at is None}
        with pytest.raises(Refused, match="批准权限"):
            await suspend_case(office.zhang, case, "鉴定", "送检")
        await suspend_case(office.chief, case, "鉴定", "送检", token="s")
        with pytest.raises(Refused, match="中止"):
            await office.submit(case, INQUIRY)
        clock(TUESDAY + timedelta(days=20))
        await resume_case(office.zhang, case, "鉴定意见已收到")
        after = {c.key: c.due_at for c in await clocks_of(subject) if c.stopped_at is None}
        assert all(after[k] > before[k] for k in before)
        row = (await office.file(case)).row
        assert (row["state"], row["ever_suspended"]) == ("open", True)
        kinds = [e.kind for e in await events_of(facts, case)]
        assert kinds[-2:] == ["suspended", "resumed"]
        suspended = next(e for e in await events_of(facts, case) if e.kind == "suspended")
        assert suspended.approver == office.chief.person

    @pytest.mark.req("C3-13")
    async def test_extending_is_another_act_counted_and_limited(self, office, facts):
        case = await office.to_inquiry()
        subject = SubjectRef("cases.case", case)
        await extend_deadline(office.chief, case, "stage", 30, "calendar", "案情复杂")
        stage = next(c for c in await clocks_of(subject) if c.key == "stage:investigate")
        assert stage.extensions == 1
        with pytest.raises(Invalid, match="集体讨论"):
            await extend_deadline(office.chief, case, "stage", 30, "calendar", "仍然复杂")
        await extend_deadline(
            office.chief, case, "stage", 30, "calendar", "仍然复杂", discussed=True
        )
        with pytest.raises(Invalid, match="不能再延"):
            await extend_deadline(office.chief, case, "stage", 1, "calendar", "x", discussed=True)
        with pytest.raises(Refused):
            await extend_deadline(office.zhang, case, "stage", 1, "calendar", "x")
        events = [e for e in await events_of(facts, case) if e.kind == "extended"]
        assert len(events) == 2
        assert events[0].clocks["stage"].due_at < events[1].clocks["stage"].due_at

    async def test_a_stage_entered_again_keeps_what_was_granted(self, office, clock):
        case = await office.to_inquiry()
        subject = SubjectRef("cases.case", case)
        await extend_deadline(office.chief, case, "stage", 30, "calendar", "案情复杂")
        await suspend_case(office.chief, case, "鉴定", "送检")
        clock(TUESDAY + timedelta(days=10))
        await resume_case(office.chief, case, "已收到")
        old = [c for c in await clocks_of(subject) if c.key == "stage:investigate"][-1]
        await roll_back(office.chief, case, "clue", "线索不清")
        await office.submit(case, CLUE)
        await office.submit(case, {"outcome": "立案"}, actor=office.chief)
        new = [c for c in await clocks_of(subject) if c.key == "stage:investigate"][-1]
        assert new.id != old.id
        assert (new.started_at, new.due_at) == (old.started_at, old.due_at)


class TestHands:
    @pytest.mark.req("S1-6")
    async def test_authorising_replaces_the_set_and_records_the_answers(self, office, facts):
        case = await office.to_inquiry()
        unqualified[office.wang.person] = "未登记执法证号"
        await authorise_officers(
            office.zhang,
            case,
            "inquiry",
            [Choice(office.wang.person), Choice(office.zhang.person, "lead")],
        )
        file = await office.file(case)
        shown = [
            (o["name"], o["role"], o["qualified"])
            for o in file.officers_of("inquiry", date(2026, 5, 12))
        ]
        assert shown == [("张海龙", "lead", True), ("王志远", "assist", False)]
        event = (await events_of(facts, case))[-1]
        assert event.kind == "authorised"
        assert event.officers[1].reason == "未登记执法证号"
        unqualified.clear()
        assert not (await office.file(case)).officers_of("inquiry", date(2026, 5, 12))[1][
            "qualified"
        ], "what was known then stays; the next act asks again"

    async def test_whom_and_by_whom(self, office):
        case = await office.to_inquiry()
        with pytest.raises(Invalid, match="离开本单位"):
            await authorise_officers(
                office.zhang, case, "inquiry", [Choice(office.stranger.person)]
            )
        with pytest.raises(Refused):
            await authorise_officers(office.wang, case, "inquiry", [Choice(office.wang.person)])
        with pytest.raises(Refused, match="已经办过"):
            await authorise_officers(office.zhang, case, "clue", [Choice(office.wang.person)])
        with pytest.raises(Invalid, match="至少"):
            await authorise_officers(office.zhang, case, "inquiry", [])

    @pytest.mark.req("C3-09")
    async def test_delegation_has_dates_and_says_on_whose_behalf(self, office, clock, facts):
        case = await office.to_inquiry()
        today = date(2026, 5, 12)
        with pytest.raises(Invalid) as refused:
            await delegate_step(
                office.zhang,
                case,
                "inquiry",
                office.zhang.person,
                date(2026, 5, 1),
                date(2026, 4, 1),
                "",
            )
        assert set(refused.value.errors) == {"reason", "valid_from", "valid_to", "to_person"}
        await delegate_step(
            office.zhang,
            case,
            "inquiry",
            office.wang.person,
            today + timedelta(days=1),
            today + timedelta(days=3),
            "出差",
        )
        with pytest.raises(Refused):
            await office.submit(case, INQUIRY, actor=office.wang)
        clock(TUESDAY + timedelta(days=1))
        assert await renew_turns() == 1
        assert (await turn_of(case))[0]["person"] == office.wang.person
        await office.submit(case, INQUIRY, actor=office.wang)
        submitted = [e for e in await events_of(facts, case) if e.kind == "step_submitted"][-1]
        assert submitted.by == "王志远（受张海龙委托）"
        delegated = next(e for e in await events_of(facts, case) if e.kind == "delegated")
        assert "5月13日至5月15日" in delegated.reason

    @pytest.mark.req("C3-09")
    async def test_transfer_from_a_day_on(self, office, facts):
        case = await office.to_inquiry()
        await transfer_case(office.zhang, case, office.wang.person, date(2026, 5, 12), "岗位调整")
        file = await office.file(case)
        names = {o["name"] for o in file.officers_of("inquiry", date(2026, 5, 12))}
        assert names == {"王志远", "斯琴高娃"}
        assert file.row["lead"] == office.wang.person
        assert (await events_of(facts, case))[-1].kind == "transferred"
        with pytest.raises(Refused):
            await office.submit(case, INQUIRY, actor=office.zhang)
        with pytest.raises(Invalid):
            await transfer_case(office.chief, case, office.sqgw.person, date(2026, 1, 1), "x")


class TestExecution:
    async def test_decided_served_paid_and_closed(self, office, facts):
        case = await office.to_execution()
        file = await office.file(case)
        assert file.row["decision_number"] == "磴市监罚〔2026〕1号"
        assert file.row["decision"]["amount"] == 500000
        (part,) = file.instalments
        assert (part["amount"], part["due"]) == (500000, date(2026, 5, 27))
        await record_payment(
            office.zhang,
            case,
            PaymentEntry("payment", 500000, date(2026, 5, 12), token="p"),
            [pdf("缴款书.pdf")],
        )
        assert (
            await record_payment(
                office.zhang, case, PaymentEntry("payment", 500000, date(2026, 5, 12), token="p")
            )
            == 0
        )
        event = (await events_of(facts, case))[-1]
        assert event.kind == "payment_recorded"
        assert event.payments[0].amount == 500000
        assert len(event.payments[0].vouchers) == 1
        assert event.instalments == ()
        file = await office.file(case)
        assert account_of(file, date(2026, 5, 12)).settled
        payment = next(c for c in await clocks_of(file.subject) if c.key == "payment:1")
        assert payment.stopped_at is not None
        await office.submit(case, {"remark": "已缴清"})
        done = await office.submit(case, {"closing_note": "执行完毕"})
        assert done.closed
        assert (await office.file(case)).row["outcome"] == "予以处罚"

    async def test_instalments_are_approved_and_add_up(self, office, facts):
        case = await office.to_execution()
        parts = [Part(200000, date(2026, 6, 1)), Part(300000, date(2026, 7, 1))]
        with pytest.raises(Refused):
            await approve_instalments(office.zhang, case, parts, "经济困难")
        with pytest.raises(Invalid, match="应当相等"):
            await approve_instalments(office.chief, case, parts[:1], "经济困难")
        await approve_instalments(office.chief, case, parts, "经济困难", token="i")
        event = (await events_of(facts, case))[-1]
        assert [(i.amount, i.due) for i in event.instalments] == [
            (200000, "2026-06-01"),
            (300000, "2026-07-01"),
        ]
        assert event.approver == office.chief.person
        [step] = [
            c
            for c in await clocks_of((await office.file(case)).subject)
            if c.key.startswith("step:") and c.open
        ]
        assert step.due_day == date(2026, 7, 1), "the step lasts as long as the plan"
        await record_payment(
            office.zhang, case, PaymentEntry("instalment", 200000, date(2026, 5, 12))
        )
        file = await office.file(case)
        assert account_of(file, date(2026, 6, 2)).open == 300000
        open_clocks = {
            c.key
            for c in await clocks_of(file.subject)
            if c.stopped_at is None and c.key.startswith("payment")
        }
        assert open_clocks == {"payment:2"}
        payment = file.payments[0]["id"]
        await add_voucher(office.zhang, case, payment, [pdf("补.pdf")])
        assert len((await events_of(facts, case))[-1].payments[0].vouchers) == 1

    async def test_paid_money_bars_the_way_back_and_wrong_entries_are_named(self, office):
        case = await office.to_execution()
        with pytest.raises(Invalid) as refused:
            await record_payment(office.zhang, case, PaymentEntry("?", 0, date(2027, 1, 1)))
        assert set(refused.value.errors) == {"kind", "amount", "paid_on"}
        await record_payment(office.zhang, case, PaymentEntry("payment", 1, date(2026, 5, 12)))
        with pytest.raises(Refused, match="缴款"):
            await roll_back(office.chief, case, "service", "x")
        with pytest.raises(Refused, match="送达"):
            await roll_back(office.chief, case, "decide", "x")

    async def test_no_payment_before_the_execution(self, office):
        case = await office.to_inquiry()
        with pytest.raises(Refused, match="还没有进入"):
            await record_payment(office.zhang, case, PaymentEntry("payment", 1, date(2026, 5, 12)))


class TestClosed:
    async def closed(self, office) -> int:
        case = await office.open()
        await office.submit(case, CLUE)
        await office.submit(case, {"outcome": "不予立案"}, actor=office.chief)
        await office.submit(case, {"closing_note": ""})
        return case

    @pytest.mark.req("C3-15")
    async def test_only_notes_are_added_to_the_archive(self, office, facts):
        case = await self.closed(office)
        await add_archive_note(office.zhang, case, "收到复议决定：维持", token="n")
        event = (await events_of(facts, case))[-1]
        assert (event.kind, event.reason) == ("archived_note", "收到复议决定：维持")
        visit = (await office.file(case)).visits[0]["id"]
        for act in (
            lambda: roll_back(office.chief, case, "clue", "x"),
            lambda: suspend_case(office.chief, case, "鉴定", "x"),
            lambda: correct_field(office.zhang, case, visit, "facts", "y", "x"),
            lambda: add_evidence(office.zhang, case, visit, "facts", [picture()]),
            lambda: recall_submission(office.zhang, case),
        ):
            with pytest.raises((Refused, NotFound)):
                await act()
        open_one = await office.open(same_party_confirmed=True)
        with pytest.raises(Refused, match="还在办理"):
            await add_archive_note(office.zhang, open_one, "x")


class TestProjections:
    async def alarm(self, office, case, act="raised", **more):
        payload = AlarmFact(
            **{
                "alarm": 7,
                "case": case,
                "colour": "red",
                "kind": "evidence",
                "point": "p2",
                "step_title": "调查取证",
                "sentence": "缺照片",
                **more,
            }
        )
        async with transaction(office.chief.scope):
            await record(
                f"inspection.alarm_{act}",
                SubjectRef("inspection.alarm", payload.alarm),
                payload,
                (await office.file(case)).place,
            )

    @pytest.mark.req("S1-16")
    async def test_the_case_shows_its_worst_open_lamp_until_it_is_revoked(self, office):
        case = await office.open()
        await self.alarm(office, case, alarm=1, colour="yellow")
        await self.alarm(office, case, alarm=2)
        await self.alarm(office, case, alarm=2)
        row = (await office.file(case)).row
        assert (row["lamp"], row["red"], row["yellow"]) == ("red", 1, 1)
        assert (await turn_of(case))[0]["lamp"] == "red"
        await self.alarm(office, case, "revoked", alarm=2)
        assert (await office.file(case)).row["lamp"] == "yellow"
        await self.alarm(office, case, "upheld", alarm=1)
        assert (await office.file(case)).row["lamp"] == "yellow", "upheld is not revoked"

    async def test_a_new_version_serves_new_cases_only(self, office):
        case = await office.open()
        mapping = penalty(
            office.agency.id,
            version=2,
            title="新名称",
            org_lo=office.agency.lo,
            region_lo=office.tree.county.lo,
            aud_lo=office.tree.county.lo,
            aud_hi=office.tree.county.hi,
        )
        async with transaction(Scope.platform("test")):
            await keep_item_version(mapping)
            await keep_item_version({**mapping, "version": 1})
        with pytest.raises(NotFound, match="更新"):
            await office.open(same_party_confirmed=True)
        assert (await office.file(case)).definition.title != "新名称"

    async def test_counter_is_list(self, office):
        """S1-7 as far as the overview goes: each number is counted by the list it opens."""
        case = await office.open()
        other = await office.open(same_party_confirmed=True)
        await self.alarm(office, other)
        async with transaction(office.chief.scope):
            lines = {line.power_class: line for line in await overview(office.chief.scope, 2026)}
            assert len(lines) == 8
            scope = office.chief.scope
            params = {"state": "open", "power_class": "penalty"}
            assert lines["penalty"].running == await CASES.count(scope, params) == 2
            assert lines["penalty"].red == await CASES.count(scope, {**params, "lamp": "red"}) == 1
            assert lines["licence"].running == 0
            assert await CASES.count(office.stranger.scope) == 0
        assert case


async def test_two_at_the_same_moment_cannot_both_record(office):
    """The sequence is counted with a condition, so a lost lock would still not lose an act."""
    from plugins.cases.services.acting import compose, tell

    case = await office.open()
    stale = await office.file(case)
    await office.submit(case, CLUE)
    async with transaction(office.zhang.scope):
        with pytest.raises(Conflict):
            await tell(stale, compose(stale, office.zhang, "corrected"))
