# SPDX-License-Identifier: Apache-2.0
"""The acts on complaints, from filing to the result told."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.api.db import SubjectRef, rows, transaction, value
from core.api.deadlines import clocks_of
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.plugin import Fact, Place
from plugins.complaints import queries, reactions, services
from plugins.complaints.queries.own import OWN as READING
from plugins.complaints.rules import flow
from plugins.complaints.services import retaining as keeping
from plugins.complaints.services.reminding import remind
from plugins.complaints.services.reporters import aliases_of
from plugins.complaints.showing import due_of, for_reporter
from tests.plugins.complaints.conftest import NOW, OFFICE, copy_of, received, state_of

TEXT = "检查时只来了一个人，没有出示证件。"


# --- filing ------------------------------------------------------------------------------------


@pytest.mark.req("S0-13", "S0-16", "S3-18", "C1-01")
async def test_a_supervisors_report_goes_to_his_own_bureau(matter, facts):
    complaint = await matter.filed(
        told_on_site=True, wants_procedure=True, certificate=77, scanned="verified"
    )
    it = await state_of(complaint)
    assert it["organ"] == matter.agencies.bureau.id
    assert (it["region_lo"], it["org_lo"]) == (matter.region_lo, matter.agencies.bureau.lo)
    assert it["certificate"] == 77
    assert it["told_on_site"]
    assert it["wants_procedure"]
    assert it["state"] == flow.SUBMITTED
    [fact] = await facts.only("complaints.filed")
    assert fact.payload["by"] == "社会监督员（保密）"
    async with transaction(matter.bureau.scope):
        assert await queries.undone(matter.bureau.scope) == 1
    async with transaction(matter.body.scope):
        # The register belongs to the bureau: the body sees no row of it.
        assert await queries.find(complaint, matter.body.scope) is None
        assert await value("select count(*) from complaints_complaint") == 0


@pytest.mark.req("C1-06")
async def test_nothing_is_refused_for_want_of_an_organ(matter, region_tree):
    reporter = services.public("", "", region_tree.other_county.lo)
    async with transaction(OFFICE):
        await matter_without_organs()
    filed = await services.file(reporter, matter.said(target="act", officer=0, officer_name=""))
    it = await state_of(filed.id)
    assert it["organ"] == 0
    assert "没有指定" in "".join(it["route"])


async def matter_without_organs() -> None:
    from core.api.db import execute

    await execute("delete from core_competent_organ")


@pytest.mark.req("S0-16", "C1-01")
async def test_a_typed_body_waits_to_be_matched(matter):
    from plugins.complaints.rules.intake import Chosen

    chosen = Chosen(matter.unit(), None, "磴口县城管大队")
    complaint = await matter.filed(chosen=chosen, officer=0, officer_name="", scanned="unverified")
    it = await state_of(complaint)
    assert (it["body"], it["body_name"]) == (0, "磴口县城管大队")
    with pytest.raises(Refused, match="匹配"):
        await services.push(matter.bureau, complaint, TEXT)
    await services.match_body(matter.bureau, complaint, matter.agencies.agency.id)
    assert (await state_of(complaint))["body"] == matter.agencies.agency.id
    await services.push(matter.bureau, complaint, TEXT)


@pytest.mark.req("S0-13", "S0-15")
async def test_a_body_of_another_region_is_reached_by_handing_over_alone(matter):
    """An officer from elsewhere was scanned: the bureau has no power over his unit."""
    there = matter.unit(matter.agencies.foreign_agency)
    from plugins.complaints.rules.intake import Chosen

    complaint = await matter.filed(chosen=Chosen(there, there, there.name))
    with pytest.raises(Refused, match="移交"):
        await services.push(matter.bureau, complaint, TEXT)
    with pytest.raises(Invalid, match="移交"):
        await services.match_body(matter.bureau, complaint, there.id)
    bureau = matter.agencies.foreign_bureau.id
    made = await services.transfer_to_bureau(matter.bureau, complaint, bureau, "属于临河区。")
    assert await services.push(matter.foreign, made, TEXT)


@pytest.mark.req("C1-14", "S0-16")
async def test_matching_leaves_what_the_receipt_proves(matter):
    """The digest covers the name as it was typed; a unit found for it later changes no proof."""
    from plugins.complaints.rules import receipts
    from plugins.complaints.rules.intake import Chosen

    for typed in ("磴口县城管大队", ""):
        chosen = Chosen(matter.unit(), None, typed)
        complaint = await matter.filed(chosen=chosen, officer=0, officer_name="")
        for unit in (matter.agencies.other_agency.id, matter.agencies.agency.id):
            await services.match_body(matter.bureau, complaint, unit)
        it = await state_of(complaint)
        assert it["body_name"] == matter.agencies.agency.name
        assert receipts.digest_of(receipts.content_of(it, []), it["salt"]) == it["digest"]


async def test_sent_twice_with_one_key_is_filed_once(matter):
    first = await matter.filed(once="k" * 24)
    assert await matter.filed(once="k" * 24) == first
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_complaint") == 1


@pytest.mark.req("C1-08", "S3-20")
@pytest.mark.parametrize("said", ["2026-09-02T10:00:00.000Z", "2026-08-31T10:00:00.000Z", "昨天"])
async def test_a_telephone_a_day_off_moves_no_date(matter, said):
    """What the telephone thinks is kept as it was said; every date is the server's."""
    complaint, copy = await matter.pushed(await matter.filed(said_at=said))
    it, sent = await state_of(complaint), await copy_of(copy)
    assert (it["filed_at"], it["said_at"], sent["pushed_at"]) == (NOW, said, NOW)
    async with transaction(OFFICE):
        started = await value("select started_at from core_clock where id = $1", sent["clock"])
    assert started == NOW


async def test_another_key_is_another_complaint(matter):
    assert await matter.filed(once="a" * 24) != await matter.filed(once="b" * 24)


@pytest.mark.req("C1-18", "C1-13")
async def test_praise_feeds_the_officers_record(matter, facts):
    filed = await matter.public(kind="praise", officer=matter.officer, officer_name="李志强")
    assert filed.number.startswith("表〔2026〕")
    assert (await state_of(filed.id))["state"] == flow.SUBMITTED
    copy = await services.push(matter.bureau, filed.id, "态度很好，耐心讲解。")
    assert (await copy_of(copy))["state"] == "informed"
    assert (await copy_of(copy))["clock"] is None
    [fact] = await facts.only("complaints.praised")
    assert fact.payload["officer"] == matter.officer
    assert (await state_of(filed.id))["state"] == flow.TOLD


@pytest.mark.req("C1-18")
@pytest.mark.parametrize(("founded", "counts"), [("yes", 1), ("partly", 1), ("no", 0)])
async def test_a_praise_told_without_passing_it_on_counts_as_well(matter, facts, founded, counts):
    filed = await matter.public(kind="praise", officer=matter.officer, officer_name="李志强")
    await services.tell_result(matter.bureau, filed.id, founded, "核实过了，情况如来信所说。")
    told = await facts.only("complaints.praised")
    assert [each.payload["officer"] for each in told] == [matter.officer] * counts


@pytest.mark.req("C1-16")
async def test_the_publics_complaint_is_pushed_at_once_as_a_copy(matter, facts):
    filed = await matter.public(
        "王大锤",
        "13722233344",
        account="我叫王大锤，住在团结路3号，电话13722233344。检查时要我交钱，没有开票。",
    )
    assert (await state_of(filed.id))["state"] == flow.PUSHED
    async with transaction(OFFICE):
        [copy] = await rows("select * from complaints_copy")
    assert copy["automatic"]
    assert copy["reporter_words"] == "群众（保密）"
    for secret in ("王大锤", "13722233344", "团结路"):
        assert secret not in str(copy)
    assert "没有开票" in copy["text"]
    [fact] = await facts.only("complaints.pushed")
    assert fact.payload["automatic"] is True


async def test_a_flood_is_stopped(matter, monkeypatch):
    from core.api.errors import TooMany
    from plugins.complaints.services import filing

    async def few(*_args):
        return services.ComplaintSettings(public_per_hour=2)

    monkeypatch.setattr(filing, "settings_of", few)
    await matter.public()
    await matter.public()
    with pytest.raises(TooMany):
        await matter.public()


# --- pushing, answering, telling ---------------------------------------------------------------


@pytest.mark.req("S0-15", "S3-19", "S3-20", "C1-08", "C1-10")
async def test_thirty_days_from_the_push(matter, clock):
    complaint = await matter.filed()
    clock(datetime(2026, 9, 1, 3, 0, tzinfo=UTC))
    _, copy = await matter.pushed(complaint)
    async with transaction(matter.body.scope):
        [turn] = await rows("select due_at from core_clock")
        found = await queries.find_copy(copy, matter.body.scope)
    assert found is not None
    # 30 natural days end on 1 October, a holiday: the first working day after is 8 October.
    assert turn["due_at"].astimezone(UTC).date() == date(2026, 10, 8)
    async with transaction(matter.other_body.scope):
        assert await queries.find_copy(copy, matter.other_body.scope) is None


@pytest.mark.req("S0-14", "S0-15", "S3-23")
async def test_from_push_to_result(matter, facts, clock):
    complaint = await matter.filed()
    assert not flow.Standing((await state_of(complaint))["state"]).handled
    _, copy = await matter.pushed(complaint)
    assert flow.Standing((await state_of(complaint))["state"]).handled
    with pytest.raises(Refused, match="期限还没有到"):
        await services.tell_result(matter.bureau, complaint, "yes", "属实，已处理。")
    clock(NOW + timedelta(days=3))
    await services.answer(matter.body, copy, "yes", "经查属实，当日只有一人。", "已通报批评。")
    assert (await state_of(complaint))["state"] == flow.ANSWERED
    assert (await state_of(complaint))["told_at"] is None
    await services.tell_result(matter.bureau, complaint, "yes", "属实，当事人已被通报批评。")
    it = await state_of(complaint)
    assert it["state"] == flow.TOLD
    assert it["told_at"] is not None
    [answered] = await facts.only("complaints.answered")
    assert answered.payload["late"] is False
    [told] = await facts.only("complaints.result_told")
    assert "通报" not in str(told.payload)
    async with transaction(OFFICE):
        assert await value("select state from core_clock") == "stopped"
        assert await value("select count(*) from core_turn where closed_at is null") == 0


@pytest.mark.parametrize(
    ("founded", "text", "measures", "field"),
    [
        ("", "经查属实，已经改正。", "通报", "founded"),
        ("yes", "短", "通报", "text"),
        ("yes", "经查属实，已经改正。", "", "measures"),
        ("partly", "经查部分属实。", " ", "measures"),
    ],
)
async def test_an_answer_says_what_was_found_and_done(matter, founded, text, measures, field):
    _, copy = await matter.pushed()
    with pytest.raises(Invalid) as error:
        await services.answer(matter.body, copy, founded, text, measures)
    assert field in error.value.errors


async def test_only_the_body_itself_answers_and_once(matter):
    _, copy = await matter.pushed()
    with pytest.raises(NotFound):
        await services.answer(matter.other_body, copy, "no", "经查不属实。", "")
    with pytest.raises(Refused):
        await services.answer(matter.bureau, copy, "no", "经查不属实。", "")
    await services.answer(matter.body, copy, "no", "经查不属实。", "")
    with pytest.raises(Refused, match="已经反馈"):
        await services.answer(matter.body, copy, "no", "经查不属实。", "")


@pytest.mark.req("C1-09")
async def test_extending_and_pausing_are_two_acts(matter, facts):
    complaint, copy = await matter.pushed()
    with pytest.raises(Invalid) as error:
        await services.extend(matter.bureau, complaint, 10, "需要鉴定", matter.bureau.name)
    assert "approver" in error.value.errors
    with pytest.raises(Invalid):
        await services.extend(matter.bureau, complaint, 31, "需要鉴定", "赵建国")
    async with transaction(OFFICE):
        before = await value("select due_at from core_clock")
    await services.extend(matter.bureau, complaint, 15, "需要鉴定", "赵建国")
    async with transaction(OFFICE):
        assert await value("select due_at from core_clock") > before
    with pytest.raises(Refused, match="最多延期"):
        await services.extend(matter.bureau, complaint, 5, "还需要", "赵建国")
    await services.pause(matter.bureau, complaint, "当事人住院", "赵建国")
    async with transaction(OFFICE):
        [event] = await rows(
            "select kind, reason, approver from core_clock_event where kind = 'paused'"
        )
        assert (event["reason"], event["approver"]) == ("当事人住院", "赵建国")
        assert await value("select state from core_clock") == "paused"
        due = await due_of((await clocks_of(SubjectRef("complaints.copy", copy)))[0])
        assert due is not None
        assert due["words"] == "已中止，不计时，恢复后顺延"
    await services.resume(matter.bureau, complaint)
    assert len(await facts.only("complaints.extended")) == 1
    assert len(await facts.only("complaints.paused")) == 1
    assert (await copy_of(copy))["state"] == "open"


@pytest.mark.req("C1-07")
async def test_reject_needs_ground_and_reason(matter):
    complaint = await matter.filed()
    with pytest.raises(Invalid):
        await services.reject(matter.bureau, complaint, "", "不属于执法监督。")
    with pytest.raises(Invalid):
        await services.reject(matter.bureau, complaint, "outside", "不")
    await services.reject(matter.bureau, complaint, "outside", "属于民事纠纷，请向法院起诉。")
    it = await state_of(complaint)
    assert it["state"] == flow.REJECTED
    assert "民事纠纷" in it["result"]
    with pytest.raises(Refused):
        await services.push(matter.bureau, complaint, TEXT)


@pytest.mark.req("C1-07", "S0-15")
async def test_transfer_outside_still_tells_the_result(matter):
    complaint = await matter.filed()
    with pytest.raises(Invalid):
        await services.transfer(matter.bureau, complaint, "discipline", "", "涉嫌违纪")
    await services.transfer(matter.bureau, complaint, "discipline", "磴口县纪委监委", "涉嫌违纪")
    assert (await state_of(complaint))["state"] == flow.TRANSFERRED
    await services.tell_result(matter.bureau, complaint, "yes", "纪委已立案，处理结果已公布。")
    assert (await state_of(complaint))["state"] == flow.TOLD


@pytest.mark.req("S0-13", "S0-15", "C1-07")
async def test_transfer_to_another_bureau_gives_it_a_row_of_its_own(matter, facts, files):
    complaint = await matter.filed(media=[await received()])
    made = await services.transfer_to_bureau(
        matter.bureau, complaint, matter.agencies.foreign_bureau.id, "被举报单位在临河区"
    )
    sent, got = await state_of(complaint), await state_of(made)
    assert (sent["state"], sent["successor"]) == (flow.TRANSFERRED, made)
    assert (got["state"], got["origin"]) == (flow.SUBMITTED, complaint)
    assert got["region_lo"] == matter.agencies.foreign_bureau.region_lo
    async with transaction(matter.foreign.scope):
        assert await queries.find(made, matter.foreign.scope) is not None
        assert await queries.find(complaint, matter.foreign.scope) is None
        [media] = await queries.media_of(made)
        assert await value("select count(*) from core_file where id = $1", media["file"]) == 1
    with pytest.raises(Refused):
        await services.push(matter.bureau, complaint, TEXT)
    # The reporter goes on seeing one matter, which bureau has it, and its result.
    [own] = await queries.own_list(aliases_of(matter.supervisor), done=True)
    assert own["now_organ"] == matter.agencies.foreign_bureau.name
    await services.tell_result(matter.foreign, made, "no", "经查不属实，已当面说明。")
    [own] = await queries.own_list(aliases_of(matter.supervisor), done=True)
    assert (own["id"], own["now_state"]) == (complaint, flow.TOLD)


# --- notes, merging, supervision ---------------------------------------------------------------


@pytest.mark.req("C1-15")
async def test_three_levels_of_notes(matter):
    complaint, copy = await matter.pushed()
    await services.note(matter.bureau, complaint, "internal", "怀疑还有别的人。")
    await services.note(matter.bureau, complaint, "unit", "请附检查记录。")
    await services.note(matter.bureau, complaint, "reporter", "正在核实，请等候。")
    await services.note_of_body(matter.body, copy, "检查记录后补。")
    async with transaction(matter.body.scope):
        seen = [each["text"] for each in await queries.notes_of(complaint)]
    assert seen == ["请附检查记录。", "检查记录后补。"]
    thread = await queries.thread_of(complaint)
    assert [each["text"] for each in thread["notes"]] == ["正在核实，请等候。"]
    async with transaction(matter.bureau.scope):
        assert len(await queries.notes_of(complaint)) == 4
    with pytest.raises(Invalid, match="认出"):
        await services.note(matter.bureau, complaint, "unit", "请联系乌云娜。")
    other = await matter.filed()
    with pytest.raises(Invalid):
        await services.note(matter.bureau, other, "unit", "还没有推送。")


@pytest.mark.req("C1-17")
async def test_merging_keeps_each_reporters_date(matter, clock):
    one, copy = await matter.pushed()
    clock(NOW + timedelta(days=20))
    two = await matter.filed()
    async with transaction(matter.bureau.scope):
        others = await queries.candidates(await state_of(two), matter.bureau.scope)
    assert [each["id"] for each in others] == [one]
    await services.merge(matter.bureau, two, one)
    it = await state_of(two)
    assert (it["state"], it["merged_to"]) == (flow.MERGED, one)
    async with transaction(OFFICE):
        dates = await rows("select id, due_at, state from core_clock order by id")
    assert dates[0]["due_at"] < dates[1]["due_at"]
    assert it["clock"] == dates[1]["id"]
    await services.answer(matter.body, copy, "yes", "经查属实，当日只有一人。", "通报。")
    await services.tell_result(matter.bureau, one, "yes", "属实，已通报批评。")
    assert (await state_of(two))["state"] == flow.TOLD
    assert (await state_of(two))["result"] == "属实，已通报批评。"


@pytest.mark.req("C1-17", "S3-23")
async def test_a_refusal_reaches_those_merged_as_well(matter):
    one, two = await matter.filed(), await matter.filed()
    await services.merge(matter.bureau, two, one)
    await services.reject(matter.bureau, one, "outside", "不属于执法监督。")
    for each in (one, two):
        it = await state_of(each)
        assert (it["state"], it["result"][-8:]) == (flow.REJECTED, "不属于执法监督。")
        assert it["told_at"] is not None


@pytest.mark.req("C1-17", "S3-23", "C1-07")
async def test_handed_over_the_merged_go_along(matter):
    one, two = await matter.filed(), await matter.filed()
    await services.merge(matter.bureau, two, one)
    there = matter.agencies.foreign_bureau
    made = await services.transfer_to_bureau(matter.bureau, one, there.id, "属于临河区。")
    along = await state_of((await state_of(two))["successor"])
    assert (along["state"], along["merged_to"]) == (flow.MERGED, made)
    assert along["organ"] == there.id
    await services.tell_result(matter.foreign, made, "yes", "属实，已通报批评。")
    for each in (one, two):
        chain = (await queries.thread_of(each))["chain"]
        assert (chain[-1]["state"], chain[-1]["result"]) == (flow.TOLD, "属实，已通报批评。")


@pytest.mark.req("C1-17", "C1-18")
async def test_praises_of_one_deed_are_all_told(matter, facts):
    one = await matter.public(kind="praise", officer=matter.officer, officer_name="李志强")
    two = await matter.public(kind="praise", officer=matter.officer, officer_name="李志强")
    await services.merge(matter.bureau, two.id, one.id)
    await services.push(matter.bureau, one.id, "态度很好，耐心讲解。")
    assert (await state_of(two.id))["state"] == flow.TOLD
    assert len(await facts.only("complaints.praised")) == 2


@pytest.mark.parametrize("case", ["self", "foreign", "closed", "praise"])
async def test_what_cannot_be_merged(matter, case):
    one, two = await matter.filed(), await matter.filed()
    if case == "closed":
        await services.reject(matter.bureau, one, "outside", "不属于执法监督。")
    if case == "praise":
        one = (await matter.public(kind="praise")).id
    target, who = {
        "self": (two, matter.bureau),
        "closed": (one, matter.bureau),
        "foreign": (one, matter.foreign),
        "praise": (one, matter.bureau),
    }[case]
    with pytest.raises((Refused, NotFound)):
        await services.merge(who, two, target)


async def test_a_complaint_starts_a_supervision_once(matter, facts):
    complaint = await matter.filed()
    await services.propose_supervision(matter.bureau, complaint, "同一单位多次被举报")
    [fact] = await facts.only("complaints.supervision_proposed")
    assert fact.payload["organisation"] == matter.agencies.agency.id
    with pytest.raises(Refused):
        await services.propose_supervision(matter.bureau, complaint, "再提一次看看")


# --- the clock, reminders, the annual review ---------------------------------------------------


async def lapse(copy: int, clock_id: int) -> None:
    fact = Fact(
        0,
        "core.clock.lapsed",
        SubjectRef("complaints.copy", copy),
        {"clock": clock_id, "provisional": False},
        Place(0),
        0,
        NOW,
        NOW,
    )
    async with transaction(OFFICE):
        await reactions.note_lapsed(fact)


@pytest.mark.req("C1-19")
@pytest.mark.needs("certificates")
async def test_overdue_and_unanswered_blocks_the_review(matter, clock, objects_to):
    complaint, copy = await matter.pushed()
    subject = SubjectRef("core.person", matter.officer)
    gate = "certificates.annual_review"
    assert await objects_to(gate, subject) == []
    clock(NOW + timedelta(days=60))
    assert await objects_to(gate, subject) == ["complaints.overdue"]
    # Asked about a day before it was due, there is nothing yet.
    assert await objects_to(gate, subject, on=date(2026, 10, 8)) == []
    found = await copy_of(copy)
    await lapse(copy, found["clock"])
    assert (await state_of(complaint))["late"]
    # The reporter is not promised again what has passed.
    it = await state_of(complaint)
    async with transaction(READING):
        view = await for_reporter(it)
    assert view.words == "单位到期没有反馈，司法局正在督促"
    await services.answer(matter.body, copy, "no", "经查不属实，有两人在场。", "")
    assert await objects_to(gate, subject) == []
    assert (await state_of(complaint))["state"] == flow.ANSWERED


@pytest.mark.needs("certificates")
async def test_paused_does_not_block(matter, clock, objects_to):
    complaint, _ = await matter.pushed()
    await services.pause(matter.bureau, complaint, "等鉴定", "赵建国")
    clock(NOW + timedelta(days=60))
    subject = SubjectRef("core.person", matter.officer)
    assert await objects_to("certificates.annual_review", subject) == []


@pytest.mark.req("C1-17", "C1-19")
@pytest.mark.needs("certificates")
async def test_merging_an_overdue_one_unblocks_nobody(matter, clock, objects_to, facts):
    """并案 is no answer: the officer's review waits until the body has said what it found."""
    complaint, copy = await matter.pushed()
    clock(NOW + timedelta(days=20))
    into = await matter.filed()
    await services.merge(matter.bureau, complaint, into)
    subject = SubjectRef("core.person", matter.officer)
    gate = "certificates.annual_review"
    assert await objects_to(gate, subject) == []
    clock(NOW + timedelta(days=60))
    assert await objects_to(gate, subject) == ["complaints.overdue"]
    # The date of the one merged passed first: the bureau hears it at the other one.
    await lapse(copy, (await copy_of(copy))["clock"])
    await lapse(copy, (await copy_of(copy))["clock"])
    assert (await state_of(complaint))["late"]
    [fact] = await facts.only("complaints.overdue")
    assert fact.payload["complaint"] == complaint
    async with transaction(OFFICE):
        [turn] = await rows(
            "select step_title, lamp from core_turn where subject_kind = 'complaints.complaint'"
            " and subject_id = $1 and closed_at is null",
            into,
        )
    assert "期限已过" in turn["step_title"]
    assert turn["lamp"] == "red"
    with pytest.raises(Refused, match="一并反馈"):
        await services.answer(matter.body, copy, "no", "经查不属实，有两人在场。", "")
    _, second = await matter.pushed(into)
    await services.answer(matter.body, second, "no", "经查不属实，有两人在场。", "")
    assert await objects_to(gate, subject) == []


@pytest.mark.req("C1-17")
async def test_the_own_date_of_a_merged_one_is_heard(matter, clock, facts):
    one, _ = await matter.pushed()
    clock(NOW + timedelta(days=5))
    two = await matter.filed()
    await services.merge(matter.bureau, two, one)
    clock(NOW + timedelta(days=70))
    fact = Fact(
        0,
        "core.clock.lapsed",
        SubjectRef("complaints.complaint", two),
        {"clock": (await state_of(two))["clock"], "provisional": False},
        Place(0),
        0,
        NOW,
        NOW,
    )
    async with transaction(OFFICE):
        await reactions.note_lapsed(fact)
    assert (await state_of(two))["late"]
    assert [each.payload["complaint"] for each in await facts.only("complaints.overdue")] == [two]


async def test_late_may_be_pushed_again_or_told(matter, clock):
    complaint, copy = await matter.pushed()
    clock(NOW + timedelta(days=60))
    await lapse(copy, (await copy_of(copy))["clock"])
    again = await services.push(matter.bureau, complaint, TEXT)
    assert (await copy_of(copy))["state"] == "closed"
    assert (await copy_of(again))["state"] == "open"
    assert not (await state_of(complaint))["late"]


@pytest.mark.req("C1-08")
async def test_reminders_only_in_working_hours_and_each_once(matter, clock, messages):
    await matter.pushed()

    async def at(moment: datetime) -> int:
        clock(moment)
        async with transaction(OFFICE):
            await remind({})
            return int(await value("select coalesce(min(reminded), 99) from complaints_copy"))

    assert messages is not None
    assert await at(datetime(2026, 9, 28, 2, 0, tzinfo=UTC)) == 99
    # Due 8 October; seven days before is the holiday, so the last working day before it.
    assert await at(datetime(2026, 9, 30, 12, 0, tzinfo=UTC)) == 99  # 20:00
    assert await at(datetime(2026, 9, 30, 2, 0, tzinfo=UTC)) == 1
    assert await at(datetime(2026, 10, 2, 2, 0, tzinfo=UTC)) == 1
    assert await at(datetime(2026, 10, 9, 2, 0, tzinfo=UTC)) == 0


# --- retention ---------------------------------------------------------------------------------


@pytest.mark.req("C1-20")
async def test_proposed_confirmed_and_a_stone(matter, clock, facts, jobs, files):
    complaint = await matter.filed(media=[await received()])
    await services.reject(matter.bureau, complaint, "outside", "不属于执法监督。")
    with pytest.raises(Refused):
        await services.confirm(matter.bureau, complaint, "到期")

    async def night() -> str:
        async with transaction(OFFICE):
            await keeping.propose_due({})
        return str((await state_of(complaint))["disposal"])

    clock(NOW + timedelta(days=365 * 9))
    assert await night() == ""
    clock(NOW + timedelta(days=365 * 10 + 5))
    assert await night() == "proposed"
    await services.postpone(matter.bureau, complaint, date(2038, 1, 1), "有诉讼")
    assert await night() == "postponed"
    clock(datetime(2039, 2, 1, 2, 0, tzinfo=UTC))
    assert await night() == "proposed"
    await services.confirm(matter.bureau, complaint, "无继续保存的必要")
    await jobs.run_all()
    it = await state_of(complaint)
    assert it["state"] == flow.ERASED
    assert (it["account"], it["alias"], it["reporter"], it["reporter_name"]) == ("", None, 0, "")
    assert it["number"]
    assert it["digest"]
    assert it["filed_at"]
    async with transaction(OFFICE):
        assert await value("select count(*) from core_file") == 0
        assert await value("select count(*) from complaints_attachment") == 0
    assert len(await facts.only("complaints.erased")) == 1


@pytest.mark.req("C1-20")
async def test_the_copy_at_the_body_goes_with_its_complaint(matter, clock, jobs):
    complaint, copy = await matter.answered()
    await services.tell_result(matter.bureau, complaint, "yes", "属实，单位已通报批评。")
    clock(NOW + timedelta(days=365 * 10 + 5))
    async with transaction(OFFICE):
        await keeping.propose_due({})
    await services.note_of_body(matter.body, copy, "整改材料已归档。")
    await services.confirm(matter.bureau, complaint, "无继续保存的必要")
    await jobs.run_all()
    async with transaction(matter.body.scope):
        found = await queries.find_copy(copy, matter.body.scope)
        assert await queries.notes_of(complaint) == []
    assert found is not None
    assert (found["text"], found["answer"], found["measures"]) == ("", "", "")
    with pytest.raises(Refused, match="内容已销毁"):
        await services.note_of_body(matter.body, copy, "再补一份。")


# --- scope -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        "accept",
        "push",
        "reject",
        "tell",
        "note",
        "match",
        "extend",
        "pause",
        "supervise",
        "identity",
    ],
)
async def test_another_county_acts_on_nothing(matter, act):
    complaint = await matter.filed()
    who = matter.foreign
    acts = {
        "accept": lambda: services.accept(who, complaint),
        "push": lambda: services.push(who, complaint, TEXT),
        "reject": lambda: services.reject(who, complaint, "outside", "不属于执法监督。"),
        "tell": lambda: services.tell_result(who, complaint, "yes", "属实，已处理。"),
        "note": lambda: services.note(who, complaint, "internal", "看看"),
        "match": lambda: services.match_body(who, complaint, 1),
        "extend": lambda: services.extend(who, complaint, 5, "理由", "赵建国"),
        "pause": lambda: services.pause(who, complaint, "理由", "赵建国"),
        "supervise": lambda: services.propose_supervision(who, complaint, "理由很充分"),
        "identity": lambda: services.ask_identity(who, complaint, "理由充分"),
    }
    with pytest.raises(NotFound):
        await acts[act]()


async def test_identity_of_who_did_not_mind_is_not_sealed(matter):
    with pytest.raises(Conflict):
        await services.ask_identity(matter.bureau, await matter.filed(), "须向本人核实")


@pytest.mark.req("S3-17")
async def test_who_must_withdraw_does_not_report(matter, monkeypatch):
    from core.api.plugin import Blocker
    from core.host.gates import Verdict
    from plugins.complaints.services import filing

    asked = []

    async def decide(gate, subjects, on_date, draft=None):
        asked.append((gate, subjects[0].id, draft))
        blocked = draft["organisation_lo"] == matter.agencies.agency.lo
        blocker = Blocker("supervisors.recused", "你声明过要回避这个单位。")
        found = {subjects[0]: (blocker,)} if blocked else {}
        return Verdict(gate, on_date, found)

    monkeypatch.setattr(filing, "decide", decide)
    with pytest.raises(Refused, match="回避"):
        await matter.filed(sealed=True)
    assert asked == [
        (
            "complaints.supervisor_may_report",
            matter.supervisor,
            {"organisation_lo": matter.agencies.agency.lo, "officer": matter.officer, "case": 0},
        )
    ]
    async with transaction(OFFICE):
        assert await value("select count(*) from complaints_complaint") == 0
        assert not await rows("select 1 from core_fact where kind like 'complaints.%'")
    other = matter.unit(matter.agencies.other_agency)
    from plugins.complaints.rules.intake import Chosen

    assert await matter.filed(chosen=Chosen(other, other, other.name))
