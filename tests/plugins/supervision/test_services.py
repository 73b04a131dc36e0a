# SPDX-License-Identifier: Apache-2.0
"""A matter from its trigger to its verified rectification, and every way it may not go."""

import asyncio
from datetime import date, datetime, timedelta

import pytest

from core.api import clock as time
from core.api.db import Place, Scope, SubjectRef, row, rows, transaction
from core.api.deadlines import clock_by_id
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import Fact
from core.calendar.sweep import lapse_due_clocks
from core.host.facts import fact_of
from plugins.supervision import reactions
from plugins.supervision.queries import matters as reading
from plugins.supervision.services import checking, issuing, opening, registers, serving
from plugins.supervision.services.base import items_of, papers_of, ref
from tests.plugins.supervision.conftest import NOW, actor, draft, inspectors_for

ALL = Scope.platform("test")


async def matter(id_: int):
    async with transaction(ALL):
        return await row("select * from supervision_matter where id = $1", id_)


async def paper(id_: int):
    async with transaction(ALL):
        return await row("select * from supervision_paper where id = $1", id_)


async def listed(id_: int):
    async with transaction(ALL):
        return await items_of(id_)


async def turns(id_: int):
    async with transaction(ALL):
        return [
            (t["key"], t["step_title"])
            for t in await rows(
                "select key, step_title from core_turn where subject_kind = 'supervision.matter'"
                " and subject_id = $1 and closed_at is null order by id",
                id_,
            )
        ]


async def answers(id_: int, words: str = "已经补正并公示。") -> dict[int, str]:
    return {i["id"]: words for i in await listed(id_) if i["state"] != "passed"}


async def lapse(paper_id: int, clock) -> None:
    """Let the date of a document pass."""
    async with transaction(ALL):
        mine = await clock_by_id((await paper(paper_id))["clock"])
    clock(mine.due_at + timedelta(minutes=1))
    async with transaction(ALL):
        await lapse_due_clocks()
        fact = await row(
            "select * from core_fact where kind = 'core.clock.lapsed' and subject_id = $1"
            " order by id desc limit 1",
            paper_id,
        )
        await reactions.note_lapse(fact_of(fact))
        await reactions.note_lapse(fact_of(fact))  # told twice, it changes nothing


@pytest.mark.req("C5-06", "C5-09", "S4-1", "S4-11")
async def test_up_the_whole_ladder(county, clock, messages) -> None:
    id_ = await county.open()
    it = await matter(id_)
    assert (it["number"], it["way"], it["state"]) == ("监督〔2026〕1号", "individual", "open")
    assert it["source"].startswith("巴彦淖尔日报")
    notice = await county.issue(id_)
    one = await paper(notice)
    assert (one["number"], one["state"]) == ("执监通〔2026〕1号", "issued")
    assert await turns(id_) == [("body", "签收并答复监督通知书")]
    assert messages.to is not None
    await serving.sign(county.body, notice)
    assert (await paper(notice))["state"] == "received"
    async with transaction(ALL):
        mine = await clock_by_id((await paper(notice))["clock"])
    assert mine.due_day == date(2026, 6, 2)  # 15 working days from the receipt
    await lapse(notice, clock)
    assert (await paper(notice))["late"]
    assert (await matter(id_))["state"] == "overdue"
    assert ("office", "制发督办函") in await turns(id_)
    urge = await county.issue(id_, "urge")
    assert (await paper(notice))["state"] == "superseded"
    assert (await paper(urge))["number"] == "执监督〔2026〕1号"
    await lapse(urge, clock)
    opinion = await county.issue(id_, "opinion")
    await serving.sign(county.body, opinion)
    await serving.reply(county.body, opinion, "已经整改，附后请核。", await answers(id_))
    first, second = await listed(id_)
    failed = await checking.check(
        county.bureau,
        id_,
        {first["id"]: "passed", second["id"]: "failed"},
        {second["id"]: "录像仍然没有补齐"},
    )
    assert failed == 1
    decision = await county.issue(id_, "decision")
    assert (await paper(decision))["items"] == ["现场检查没有录像"]  # only what is left
    with pytest.raises(Refused):
        await checking.close(county.bureau, id_, "已经整改到位。")
    await serving.sign(county.body, decision)
    await serving.reply(county.body, decision, "录像设备已经配齐，附采购清单。", await answers(id_))
    with pytest.raises(Invalid):  # what has passed is not opened again
        await checking.check(county.bureau, id_, {first["id"]: "failed"}, {})
    assert await checking.check(county.bureau, id_, {second["id"]: "passed"}, {}) == 0
    await checking.close(county.bureau, id_, "两项问题都已整改到位。")
    assert (await matter(id_))["state"] == "closed"
    assert await turns(id_) == []
    with pytest.raises(Conflict):
        await county.issue(id_, "bulletin")


@pytest.mark.req("C5-08")
async def test_a_complaint_becomes_a_suggestion_once(county, facts) -> None:
    place = Place(county.agencies.agency.region_lo, county.agencies.agency.lo)
    told = {
        "number": "投诉〔2026〕3号",
        "organisation": county.agencies.agency.id,
        "reason": "罚款无据",
    }
    fact = Fact(
        0,
        "complaints.supervision_proposed",
        SubjectRef("complaints.complaint", 7),
        told,
        place,
        0,
        time.now(),
        time.now(),
    )
    async with transaction(Scope.of_place(place)):
        await reactions.note_complaint(fact)
        await reactions.note_complaint(fact)
    async with transaction(county.bureau.scope):
        [found] = await reading.suggestions(county.bureau.scope)
    async with transaction(county.body.scope):  # the body never hears who complained
        assert await reading.suggestions(county.body.scope) == []
    id_ = await county.open(
        trigger="complaint", source=found["source"], link="", suggestion=found["id"]
    )
    it = await matter(id_)
    assert (it["source_kind"], it["source_id"]) == ("complaints.complaint", 7)
    with pytest.raises(Conflict):
        await opening.set_aside(county.bureau, found["id"], "已经另案办理。")


@pytest.mark.req("C5-05")
async def test_an_upheld_alarm_proposes_a_supervision_of_the_body(county) -> None:
    place = Place(county.agencies.agency.region_lo, county.agencies.agency.lo)
    told = {
        "order": 5,
        "number": "督办〔2026〕5号",
        "alarms": [1, 2],
        "reason": "情况属实，办理不符合规定。",
        "organisation": county.agencies.agency.id,
    }
    fact = Fact(
        0, "orders.upheld", SubjectRef("orders.order", 5), told, place, 0, time.now(), time.now()
    )
    async with transaction(Scope.of_place(place)):
        await reactions.note_upheld(fact)
        await reactions.note_upheld(fact)  # a second alarm of the same order proposes nothing new
    async with transaction(county.body.scope):
        assert await reading.suggestions(county.body.scope) == []
    async with transaction(county.bureau.scope):
        [found] = await reading.suggestions(county.bureau.scope)
    assert (found["body"], found["trigger"]) == (county.agencies.agency.id, "alarm")
    id_ = await county.open(kind="daily", trigger="", source="", link="", suggestion=found["id"])
    it = await matter(id_)
    assert (it["kind"], it["trigger"], it["source_kind"]) == ("daily", "", "orders.order")
    assert it["source_id"] == 5


async def test_a_suggestion_is_set_aside_with_a_reason(county) -> None:
    async with transaction(ALL):
        await opening.note_suggestion(
            trigger="complaint",
            source=SubjectRef("complaints.complaint", 8),
            words="投诉〔2026〕4号",
            body=0,
            reason="态度不好",
            place=Place(county.agencies.agency.region_lo),
        )
        found = await row("select id from supervision_suggestion")
    with pytest.raises(Invalid):
        await opening.set_aside(county.bureau, found["id"], " ")
    await opening.set_aside(county.bureau, found["id"], "不属于执法监督范围。")
    async with transaction(county.bureau.scope):
        assert await reading.suggestions(county.bureau.scope) == []


@pytest.mark.req("C5-07")
async def test_who_may_not_be_supervised(county) -> None:
    with pytest.raises(Invalid, match="不能监督"):
        await county.open(body=county.agencies.bureau.id)
    with pytest.raises(Invalid):
        await county.open(body=county.agencies.foreign_agency.id)
    async with transaction(county.bureau.scope):
        names = [name for _, name in await opening.bodies_for(county.bureau)]
    assert "磴口县市场监督管理局" in names
    assert not {"磴口县司法局", "临河区市场监督管理局"} & set(names)


@pytest.mark.req("B6-2")
async def test_supervisors_with_cards_and_recusal(county, clock) -> None:
    with pytest.raises(Invalid, match="不得少于两人"):
        await county.open(persons=county.team[:1])
    id_ = await county.open()
    await opening.recuse(county.bureau, id_, county.team[0], "与当事人有亲属关系")
    with pytest.raises(Refused, match="不得少于两人"):
        await county.issue(id_)
    with pytest.raises(Invalid, match="已经回避"):
        await opening.add_member(county.bureau, id_, county.team[0])
    [third] = await inspectors_for(county.bureau, "周敏", organisation=county.agencies.bureau.id)
    await opening.add_member(county.bureau, id_, third)
    await county.issue(id_)
    # A card that runs out or is taken back ends the right to act, also on a running matter.
    async with transaction(ALL):
        found = await row("select id from supervision_inspector where person = $1", third)
    await registers.withdraw_inspector(county.bureau, found["id"], "调离监督岗位")
    other = await county.open(persons=county.team)
    async with transaction(ALL):
        before = await papers_of(other)
    assert before == []
    with pytest.raises(Refused, match="已经收回"):
        await issuing.preview(county.bureau, id_, draft("bulletin"))


@pytest.mark.req("C5-06")
async def test_a_refused_receipt_is_recorded_and_counts(county, clock) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    clock(NOW + timedelta(days=2))
    with pytest.raises(Invalid):
        await serving.record_service(county.bureau, notice, "refused", "", "拒收")
    await serving.record_service(
        county.bureau, notice, "refused", "", "办公室拒收，留置于收发室，见证人王某"
    )
    one = await paper(notice)
    assert (one["state"], one["receipt"]) == ("refused", "refused")
    async with transaction(ALL):
        mine = await clock_by_id(one["clock"])
    assert mine.due_day == date(2026, 6, 4)  # 15 working days from the refusal, as from a receipt
    with pytest.raises(Refused):
        await serving.sign(county.body, notice)
    await serving.reply(county.body, notice, "经研究，现答复如下。", await answers(id_))
    assert (await paper(notice))["state"] == "replied"


async def test_a_withdrawn_document_keeps_its_number(county) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    with pytest.raises(Invalid):
        await issuing.withdraw(county.bureau, notice, "")
    await issuing.withdraw(county.bureau, notice, "主送单位写错，重新制发")
    assert await listed(id_) == []
    assert await turns(id_) == [("office", "重新制发文书")]
    with pytest.raises(Refused):
        await serving.sign(county.body, notice)
    again = await county.issue(id_, items=("没有公示处罚决定",))
    assert (await paper(again))["number"] == "执监通〔2026〕2号"
    assert [i["title"] for i in await listed(id_)] == ["没有公示处罚决定"]
    assert issuing.stored_paper(await paper(notice)).mark == "撤回"


async def test_a_withdrawn_rung_leaves_the_one_below_standing(county, clock) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    talk = await county.issue(id_, "talk", talk_at=time.now(), talk_place="会议室")
    await serving.sign(county.body, talk)  # the notice is still the body's turn
    assert await turns(id_) == [
        ("body", "签收并答复监督通知书"),
        (f"talk-{talk}-body", "按时到场接受约谈"),
        (f"talk-{talk}-office", "约谈并作记录"),
    ]
    await lapse(notice, clock)
    urge = await county.issue(id_, "urge")
    await issuing.withdraw(county.bureau, urge, "督办函要求写错")
    assert (await paper(notice))["state"] == "issued"
    assert (await matter(id_))["state"] == "overdue"
    again = await county.issue(id_, "urge")
    assert (await paper(again))["number"] == "执监督〔2026〕2号"
    await lapse(again, clock)
    opinion = await county.issue(id_, "opinion")
    await serving.sign(county.body, opinion)
    await serving.reply(county.body, opinion, "已经整改，附后请核。", await answers(id_))
    await checking.check(
        county.bureau,
        id_,
        {i["id"]: "failed" for i in await listed(id_)},
        {i["id"]: "没有附证明材料" for i in await listed(id_)},
    )
    decision = await county.issue(id_, "decision")
    await issuing.withdraw(county.bureau, decision, "决定种类选错，重新作出")
    await county.issue(id_, "decision")
    assert (await matter(id_))["state"] == "waiting"


async def test_a_failed_issue_leaves_no_gap(county) -> None:
    id_ = await county.open()
    with pytest.raises(Invalid):
        await county.issue(id_, items=())
    with pytest.raises(Refused):
        await county.issue(id_, "decision")
    assert (await paper(await county.issue(id_)))["serial"] == 1
    assert (await paper(await county.issue(id_, "talk", talk_at=time.now(), talk_place="会议室")))[
        "number"
    ] == "执监约〔2026〕1号"


async def test_the_period_may_be_prolonged_before_it_passes(county, clock) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    await serving.sign(county.body, notice)
    await issuing.extend(county.bureau, notice, 5, "单位申请延期，材料较多")
    async with transaction(ALL):
        mine = await clock_by_id((await paper(notice))["clock"])
    assert mine.due_day == date(2026, 6, 9)
    await lapse(notice, clock)
    with pytest.raises(Refused):
        await issuing.extend(county.bureau, notice, 5, "再延期")
    # An answer after the date is still taken, and shown as late.
    await serving.reply(county.body, notice, "因故迟延，现答复如下。", await answers(id_))
    assert (await paper(notice))["late"]
    assert (await matter(id_))["state"] == "replied"


async def test_the_body_answers_every_item(county) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    with pytest.raises(Refused, match="先签收"):
        await serving.reply(county.body, notice, "已经整改完毕，特此答复。", await answers(id_))
    await serving.sign(county.body, notice)
    first, _second = await listed(id_)
    with pytest.raises(Invalid) as wrong:
        await serving.reply(
            county.body, notice, "已经整改完毕，特此答复。", {first["id"]: "已经补正公示。"}
        )
    assert [key for key in wrong.value.errors if key.startswith("answer_")]


async def test_scopes(county, region_tree) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    for stranger in (county.neighbour, county.township):
        with pytest.raises(NotFound):
            await county_issue(stranger, id_)
    with pytest.raises(NotFound):
        await serving.sign(county.stranger, notice)
    for who in (county.neighbour, county.township, county.stranger):
        async with transaction(who.scope):
            assert await reading.paper_in(who.scope, notice) is None
            assert await reading.received_open(who.scope) == 0
            assert await reading.turn_of_office(who.scope) == 0
            period = (date(2026, 1, 1), date(2026, 12, 31))
            assert await reading.opened_in(who.scope, period) == 0
            assert await reading.issued_in(who.scope, period) == 0
    async with transaction(county.body.scope):
        assert await reading.received_open(county.body.scope) == 1
    # The bureau of the county above may read; the act belongs to the organ that leads.
    second = actor(
        "市",
        {"supervision.matter.read", "supervision.matter.manage"},
        region_tree.city,
        county.agencies.city_bureau,
    )
    with pytest.raises(Refused, match="牵头"):
        await county_issue(second, id_)


async def county_issue(who, id_: int) -> int:
    return await issuing.issue(who, id_, draft())


@pytest.mark.req("S4-2")
async def test_assisting_organs(county) -> None:
    async with transaction(ALL):
        office = await row("select id from core_organisation where name = '隆盛合镇司法所'")
    id_ = await county.open(assists=[office["id"]])
    async with transaction(county.township.scope):
        [found] = await reading.assisted_by(county.township.scope, office["id"])
    assert (found["matter"], found["lead_name"]) == (id_, "磴口县司法局")
    async with transaction(county.neighbour.scope):
        assert await reading.assisted_by(county.neighbour.scope, office["id"]) == []
    with pytest.raises(Invalid):
        await opening.add_assist(county.bureau, id_, county.agencies.bureau.id)
    with pytest.raises(Invalid):
        await opening.add_assist(county.bureau, id_, county.agencies.agency.id)


async def test_a_matter_without_documents_may_be_dropped(county) -> None:
    id_ = await county.open()
    await opening.drop_matter(county.bureau, id_, "经初查不属于监督范围")
    assert (await matter(id_))["state"] == "dropped"
    other = await county.open()
    await county.issue(other)
    with pytest.raises(Refused):
        await opening.drop_matter(county.bureau, other, "经初查不属于监督范围")


async def test_a_talk_and_its_record(county) -> None:
    id_ = await county.open()
    await county.issue(id_)
    talk = await county.issue(id_, "talk", talk_at=time.now(), talk_place="三楼会议室")
    await serving.sign(county.body, talk)
    with pytest.raises(Invalid):
        await checking.record_talk(county.bureau, talk, "谈了")
    await checking.record_talk(county.bureau, talk, "局长到场，承诺三十日内整改到位。")
    assert (await paper(talk))["state"] == "done"
    assert ref(id_).kind == "supervision.matter"


async def test_a_talk_is_a_date_for_both_sides(county, clock) -> None:
    """Both have it on their desks until it is recorded or called off, whatever is answered."""
    id_ = await county.open()
    notice = await county.issue(id_)
    when = time.now() + timedelta(days=3)
    talk = await county.issue(id_, "talk", talk_at=when, talk_place="三楼会议室")
    other = await county.issue(id_, "talk", talk_at=when, talk_place="会议室")
    dates = [("按时到场接受约谈", when), ("约谈并作记录", when)]

    async def open_ones() -> list[tuple[str, datetime]]:
        async with transaction(ALL):
            return [
                (each["step_title"], each["due_at"])
                for each in await rows(
                    "select step_title, due_at from core_turn where subject_id = $1 and key like"
                    " 'talk-%' and subject_kind = 'supervision.matter' and closed_at is null"
                    " order by key",
                    id_,
                )
            ]

    assert await open_ones() == dates * 2
    await serving.sign(county.body, notice)
    await serving.reply(county.body, notice, "已经公示并完善制度。", await answers(id_))
    assert await open_ones() == dates * 2
    await issuing.withdraw(county.bureau, other, "改为书面督促，不再约谈")
    assert await open_ones() == dates
    clock(when + timedelta(hours=1))
    await checking.record_talk(county.bureau, talk, "局长到场，承诺三十日内整改到位。")
    assert await open_ones() == []
    with pytest.raises(Invalid) as late:
        await county.issue(id_, "talk", talk_at=when, talk_place="三楼会议室")
    assert set(late.value.errors) == {"talk_at"}


async def test_the_worker_sets_both_files(county, jobs, files) -> None:
    id_ = await county.open()
    notice = await county.issue(id_, copies="磴口县人民政府办公室")
    await jobs.run_all()
    one = await paper(notice)
    from core.api.files import open_

    async with transaction(ALL):
        as_pdf = await (await open_(one["pdf"])).read()
        as_docx = await (await open_(one["docx"])).read()
    assert as_pdf.startswith(b"%PDF")
    import io

    from docx import Document

    made = Document(io.BytesIO(as_docx))
    words = [p.text for p in made.paragraphs]
    for footer in (made.sections[0].footer, made.sections[0].even_page_footer):
        assert "— " in footer.paragraphs[0].text
        assert ">PAGE<" in footer._element.xml, "GB/T 9704 numbers the pages"
    assert "执监通〔2026〕1号" in words
    assert "行政执法监督通知书" in words
    assert "一、没有公示处罚决定" in words
    assert any("15个工作日" in line for line in words)
    assert any("逾期不答复的" in line for line in words)
    assert any(line.startswith("依据：") and line.endswith("。") for line in words)


async def test_two_numbers_drawn_at_once(fresh_db) -> None:
    """Two documents issued at the same moment get two numbers, one after the other."""
    from core.api.numbers import next_number

    async def draw() -> int:
        async with transaction(ALL):
            number = await next_number("supervision.notice", 1, 2026)
            await asyncio.sleep(0.05)
            return number

    assert sorted(await asyncio.gather(draw(), draw(), draw())) == [1, 2, 3]
