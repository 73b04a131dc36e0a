# SPDX-License-Identifier: Apache-2.0
"""Annual inspections against the database: the scan, the exam, the gate and its evidence."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from core.api.db import SubjectRef, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.gates import Verdict
from core.api.plugin import Blocker
from plugins.certificates.forms import DailyForm, DecisionForm, ResultForm
from plugins.certificates.queries.inspecting import inspection_row
from plugins.certificates.queries.register import cards_of
from plugins.certificates.reactions import answer_officer_may_act
from plugins.certificates.rules import judge_person
from plugins.certificates.services import daily, inspecting
from plugins.certificates.services.inspecting import base as asking
from plugins.certificates.services.reminding import remind
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    card_in_hand,
    clerk,
    competent,
    name_list,
    paper,
    reviewer,
)
from tests.plugins.certificates.helpers import apply as apply_for

ISSUED = datetime(2026, 5, 12, 2, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def officer(agencies, clock, files):
    clock(ISSUED)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID))
    request = await card_in_hand(agencies.agency, agencies.bureau, date(2026, 5, 12))
    async with transaction(OFFICE):
        return await row(
            """select c.officer as id, c.person, c.token, c.number, c.id as card
               from certificates_request q join certificates_certificate c on c.id = q.certificate
               where q.id = $1""",
            request,
        )


def code(officer):
    return f"https://jiandu.example/certificates/check/{officer['token']}"


async def state(inspection):
    async with transaction(OFFICE):
        return (await inspection_row(inspection))["state"]


async def apply(agencies, officer):
    made, refused = await inspecting.apply(clerk(agencies.agency), [officer["id"]])
    assert refused == []
    return made[0]


@pytest.mark.req("S2-23")
async def test_two_years_later_the_unit_applies_the_office_approves_the_officer_scans(
    agencies, officer, clock, facts
):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    unit, office = agencies.agency, agencies.bureau
    inspection = await apply(agencies, officer)
    assert await state(inspection) == "applied"
    with pytest.raises(Conflict, match="还没有审核通过"):
        await inspecting.scan(clerk(unit), inspection, code(officer))
    assert (
        await inspecting.approve(reviewer(office), inspection, DecisionForm("pass")) == "approved"
    )
    stranger = replace(clerk(agencies.other_agency), person_id=4711)
    with pytest.raises(NotFound):
        await inspecting.scan(stranger, inspection, code(officer))
    himself = replace(clerk(unit), permissions=frozenset(), person_id=officer["person"])
    with pytest.raises(Invalid):
        await inspecting.scan(himself, inspection, officer["number"])
    assert await inspecting.scan(himself, inspection, code(officer)) == []
    assert await state(inspection) == "done"
    with pytest.raises(Conflict, match="已经完成"):
        await inspecting.scan(clerk(unit), inspection, code(officer))
    [done] = await facts.only("certificates.inspection_done")
    assert (done.payload["next_due"], done.payload["how"]) == ("2030-05-12", "self")
    async with transaction(OFFICE):
        found = await inspection_row(inspection)
    assert set(found["evidence"]) == {"application", "approval", "scan"}
    assert "exams" in {*found["evidence"]["scan"]["silent"], *found["evidence"]["scan"]["asked"]}


@pytest.mark.req("S2-22", "S2-23")
async def test_approval_without_scan_finishes_nothing(agencies, officer, clock, facts):
    """The office's word alone leaves the card as it was: after its day it is not inspected."""
    clock(datetime(2028, 5, 10, 2, tzinfo=UTC))
    unit, office = agencies.agency, agencies.bureau
    inspection = await apply(agencies, officer)
    await inspecting.approve(reviewer(office), inspection, DecisionForm("pass"))
    with pytest.raises(Conflict, match="待扫码完成"):
        await inspecting.finish_with_card(reviewer(office), inspection)
    with pytest.raises(Conflict, match="待扫码完成"):
        await inspecting.approve(reviewer(office), inspection, DecisionForm("pass"))
    for nothing in ("", officer["number"], "15082200999", f"{code(officer)[:-1]}"):
        with pytest.raises(Invalid) as refused:
            await inspecting.scan(clerk(unit), inspection, nothing)
        assert set(refused.value.errors) == {"code"}
    # The office that approved does not scan in the unit's place.
    with pytest.raises((Refused, NotFound)):
        await inspecting.scan(reviewer(office), inspection, code(officer))
    assert await state(inspection) == "approved"
    assert await facts.only("certificates.inspection_done") == []
    clock(datetime(2028, 5, 13, 2, tzinfo=UTC))
    ref = SubjectRef("core.person", officer["person"])
    async with transaction(OFFICE):
        [due] = (await cards_of([officer["person"]]))[officer["person"]]
        stops = await answer_officer_may_act([ref], date(2028, 5, 13))
    assert due.inspection_due == date(2028, 5, 12)
    assert [each.code for each in stops[ref]] == ["not_inspected"]


@pytest.mark.req("S2-22")
async def test_overdue_is_unqualified_from_the_day_and_stays_so_for_those_days(
    agencies, officer, clock
):
    clock(datetime(2028, 7, 1, 2, tzinfo=UTC))
    ref = SubjectRef("core.person", officer["person"])

    async def on(day):
        async with transaction(OFFICE):
            return [each.code for each in (await answer_officer_may_act([ref], day)).get(ref, ())]

    assert await on(date(2028, 5, 12)) == []
    assert await on(date(2028, 5, 13)) == ["not_inspected"]
    inspection = await apply(agencies, officer)
    await inspecting.approve(reviewer(agencies.bureau), inspection, DecisionForm("pass"))
    await inspecting.scan(clerk(agencies.agency), inspection, code(officer))
    assert await on(date(2028, 6, 30)) == ["not_inspected"]
    assert await on(date(2028, 7, 1)) == []


@pytest.mark.req("S2-24")
async def test_four_years_later_nothing_ends_without_the_exam(agencies, officer, clock, facts):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    first = await apply(agencies, officer)
    await inspecting.approve(reviewer(agencies.bureau), first, DecisionForm("pass"))
    await inspecting.scan(clerk(agencies.agency), first, code(officer))
    clock(datetime(2030, 4, 1, 2, tzinfo=UTC))
    second = await apply(agencies, officer)
    assert (
        await inspecting.approve(reviewer(agencies.bureau), second, DecisionForm("pass")) == "exam"
    )
    wanted = (await facts.only("certificates.exam_wanted"))[-1].payload
    assert (wanted["purpose"], wanted["card_number"], wanted["due_on"]) == (
        "inspection",
        officer["number"],
        "2030-05-12",
    )
    with pytest.raises(Conflict):
        await inspecting.scan(clerk(agencies.agency), second, code(officer))
    with pytest.raises(Conflict):
        await inspecting.finish_with_card(reviewer(agencies.bureau), second)
    form = ResultForm(score=88, passed="yes", reason="纸面考试")
    await inspecting.enter_result(reviewer(agencies.bureau), second, form, await paper())
    await inspecting.finish_with_card(reviewer(agencies.bureau), second)
    async with transaction(OFFICE):
        [card] = (await cards_of([officer["person"]]))[officer["person"]]
    assert (card.number, card.valid_until, card.inspection_due) == (
        officer["number"],
        date(2035, 3, 31),
        date(2032, 5, 12),
    )
    assert judge_person([card], date(2034, 1, 1)).code == "not_inspected"


@pytest.mark.req("S2-25", "C7-01")
@pytest.mark.parametrize(("act", "kept"), [("cancel", False), ("forced", False), ("suspend", True)])
async def test_an_inspection_ends_with_its_card(agencies, officer, clock, facts, act, kept):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    first = await apply(agencies, officer)
    await inspecting.approve(reviewer(agencies.bureau), first, DecisionForm("pass"))
    await inspecting.scan(clerk(agencies.agency), first, code(officer))
    clock(datetime(2030, 4, 1, 2, tzinfo=UTC))
    second = await apply(agencies, officer)
    await inspecting.approve(reviewer(agencies.bureau), second, DecisionForm("pass"))
    said = DailyForm(act, date(2030, 4, 1), "调离执法岗位")
    await daily.act(reviewer(agencies.bureau), officer["card"], said, await paper())
    assert await state(second) == ("exam" if kept else "ended")
    unwanted = [each.payload for each in await facts.only("certificates.exam_unwanted")]
    assert [(each["purpose"], each["request"]) for each in unwanted] == (
        [] if kept else [("inspection", second)]
    )
    if kept:
        return
    told = (await facts.only("certificates.inspection_changed"))[-1].payload
    assert (told["state"], "调离执法岗位" in told["reason"]) == ("ended", True)
    # A result that comes after it brings no card back.
    late = ResultForm(score=88, passed="yes", reason="纸面考试")
    with pytest.raises(Conflict):
        await inspecting.enter_result(reviewer(agencies.bureau), second, late, await paper())


@pytest.mark.req("S2-7")
@pytest.mark.req("S2-8")
async def test_an_objection_stops_it_at_each_moment_and_answering_lifts_it(
    agencies, officer, clock, monkeypatch
):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    objections = [Blocker("late", "投诉 2028-3 逾期未答复。")]
    drafts = []

    async def answer(gate, subjects, on_date, draft):
        drafts.append(dict(draft))
        blocked = {ref: tuple(objections) for ref in subjects if objections}
        objected = ("complaints",) if objections else ()
        return Verdict(gate, on_date, blocked, ("complaints",), ("exams",), objected)

    monkeypatch.setattr(asking, "decide", answer)
    [inspection], refused = await inspecting.apply(clerk(agencies.agency), [officer["id"]])
    assert refused == []
    assert await state(inspection) == "blocked"
    objections.clear()
    assert await inspecting.apply_again(clerk(agencies.agency), inspection) == "applied"
    objections.append(Blocker("late", "投诉 2028-4 逾期未答复。"))
    decided = await inspecting.approve(reviewer(agencies.bureau), inspection, DecisionForm("pass"))
    assert decided == "blocked"
    objections.clear()
    await inspecting.apply_again(clerk(agencies.agency), inspection)
    await inspecting.approve(reviewer(agencies.bureau), inspection, DecisionForm("pass"))
    objections.append(Blocker("late", "投诉 2028-5 逾期未答复。"))
    said = await inspecting.scan(clerk(agencies.agency), inspection, code(officer))
    assert said == ["投诉 2028-5 逾期未答复。"]
    assert await state(inspection) == "approved"
    async with transaction(OFFICE):
        kept = (await inspection_row(inspection))["evidence"]["scan"]
    assert (kept["asked"], kept["silent"], kept["objected"]) == (
        ["complaints"],
        ["exams"],
        ["complaints"],
    )
    objections.clear()
    assert await inspecting.scan(clerk(agencies.agency), inspection, code(officer)) == []
    assert [each["moment"] for each in drafts] == [
        "application",
        "application",
        "approval",
        "application",
        "approval",
        "scan",
        "scan",
    ]
    assert {each["kind"] for each in drafts} == {"two_year"}


@pytest.mark.req("S2-21")
async def test_nobody_is_handed_in_without_his_telephone(agencies, officer, clock):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        await row(
            "update core_person set phone_masked = '' where id = $1 returning id",
            officer["person"],
        )
    made, refused = await inspecting.apply(clerk(agencies.agency), [officer["id"]])
    assert made == []
    assert "手机号" in refused[0]
    with pytest.raises(Refused):
        await inspecting.apply(clerk(agencies.agency), [])


@pytest.mark.req("S2-20")
async def test_applicants_without_a_card_go_with_the_inspection(agencies, officer):
    del officer
    unit = agencies.agency
    await name_list(agencies.bureau, ("李四", OTHER_ID))
    request = await apply_for(unit, name="李四", id_number=OTHER_ID)
    with pytest.raises(Refused):
        await inspecting.join(clerk(unit), [])
    assert await inspecting.join(clerk(agencies.other_agency), [request]) == 0
    assert await inspecting.join(clerk(unit), [request]) == 1
    assert await inspecting.join(clerk(unit), [request]) == 0
    async with transaction(OFFICE):
        joined = await row(
            "select joined_inspection, state from certificates_request where id = $1", request
        )
    assert (joined["joined_inspection"], joined["state"]) == (2026, "legal")


@pytest.mark.req("S2-3")
async def test_reminders_go_out_before_the_day_and_stop_when_it_is_applied_for(
    agencies, officer, clock, messages
):
    clock(datetime(2028, 4, 12, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        assert await remind() == 1
    told = await messages.to(officer["person"])
    assert "还有 30 天" in str(told)
    await apply(agencies, officer)
    async with transaction(OFFICE):
        assert await remind() == 0


async def test_the_pages(client, login_as, agencies, officer, clock):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    await login_as("body_admin", organisation=agencies.agency)
    due = await client.get("/certificates/inspections/due")
    assert due.status_code == 200
    assert "张海龙" in due.text
    applied = await client.post("/certificates/inspections/apply", {"id": str(officer["id"])})
    assert applied.status_code in (200, 303)
    listed = await client.get("/certificates/inspections")
    assert "张海龙" in listed.text
    async with transaction(OFFICE):
        inspection = (await row("select id from certificates_inspection"))["id"]
    assert (await client.get(f"/certificates/inspections/{inspection}")).status_code == 200
    await login_as("supervision_bureau", region=agencies.bureau.region)
    shown = await client.get(f"/certificates/inspections/{inspection}")
    assert "年审审核" in shown.text
    await login_as("body_admin", organisation=agencies.other_agency)
    assert (await client.get(f"/certificates/inspections/{inspection}")).status_code == 404


async def test_what_blocks_is_a_link_only_for_who_may_open_it(
    agencies, officer, clock, monkeypatch, client, login_as
):
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        body = await value("select id from certificates_body limit 1")
    objection = Blocker("late", "投诉逾期未答复。", SubjectRef("certificates.body", body))

    async def answer(gate, subjects, on_date, draft):
        blocked = dict.fromkeys(subjects, (objection,))
        return Verdict(gate, on_date, blocked, ("complaints",), (), ("complaints",))

    monkeypatch.setattr(asking, "decide", answer)
    [inspection], _ = await inspecting.apply(clerk(agencies.agency), [officer["id"]])
    there = f"/certificates/bodies/{body}"
    for role, status in (("body_admin", 200), ("handler", 403)):
        await login_as(role, organisation=agencies.agency)
        shown = (await client.get(f"/certificates/inspections/{inspection}")).text
        assert "投诉逾期未答复。" in shown
        assert (await client.get(there)).status_code == status, role
        assert (f'href="{there}"' in shown) == (status == 200), role
