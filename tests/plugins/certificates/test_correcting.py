# SPDX-License-Identifier: Apache-2.0
"""A score corrected to a failure after the card was made: marked, and decided once by the office."""

from datetime import UTC, date, datetime

import pytest

from core.api import clock as platform_clock
from core.api.db import SubjectRef, row, transaction, value
from core.api.errors import Conflict, NotFound, Refused
from core.api.plugin import Fact, Place
from plugins.certificates.forms import (
    BasicsForm,
    DecisionForm,
    IssueForm,
    MakeForm,
    ResultForm,
    SettleForm,
)
from plugins.certificates.queries.applying import request_row
from plugins.certificates.reactions import answer_officer_may_act
from plugins.certificates.services import applying, daily, inspecting, making, settling
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    apply,
    card_in_hand,
    clerk,
    competent,
    name_list,
    paper,
    reviewer,
)

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
TODAY = date(2026, 5, 12)
pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID))
    return agencies


async def publish(found, hear, purpose="application", *, passed, score=52, used=1):
    """What ``exams`` tells after a regrade."""
    payload = {
        "purpose": purpose,
        "request": found["id"],
        "person": found["person"],
        "score": score,
        "passed": passed,
        "attempts_used": used,
        "attempts_allowed": 2,
    }
    subject, now = SubjectRef("core.person", found["person"]), platform_clock.now()
    place = Place(found["region_lo"], found["org_lo"])
    async with transaction(OFFICE):
        await hear(Fact(1, "exams.result_published", subject, payload, place, 0, now, now))


async def request_of(request):
    async with transaction(OFFICE):
        return await request_row(request)


async def qualified(person):
    ref = SubjectRef("core.person", person)
    async with transaction(OFFICE):
        answer = await answer_officer_may_act([ref], platform_clock.today())
    return [each.code for each in answer.get(ref, ())]


async def turn(kind, subject):
    async with transaction(OFFICE):
        return await value(
            "select step_title from core_turn where subject_kind = $1 and subject_id = $2"
            " and closed_at is null",
            kind,
            subject,
        )


@pytest.mark.req("S2-24")
async def test_a_card_in_the_hand_stays_until_the_office_says_otherwise(county, facts):
    unit, office = county.agency, reviewer(county.bureau)
    request = await card_in_hand(unit, county.bureau, TODAY)
    found = await request_of(request)
    await publish(found, applying.hear_result, passed=False)
    marked = await request_of(request)
    assert (marked["state"], marked["score"]) == ("issued", 52)
    assert marked["correction"] == "考试成绩于5月12日更正为 52 分，不合格"
    assert await qualified(found["person"]) == []
    assert await turn("certificates.request", request) == "成绩更正后处理"
    keep = SettleForm("keep", "试题重评有误，已向考试机关反映")
    with pytest.raises(NotFound):
        await settling.settle_request(reviewer(county.foreign_bureau), request, keep)
    with pytest.raises(Refused):
        await settling.settle_request(clerk(unit), request, keep)
    assert await settling.settle_request(office, request, keep) == "issued"
    assert await turn("certificates.request", request) is None
    with pytest.raises(Conflict, match="没有等待处理"):
        await settling.settle_request(office, request, keep)

    # Corrected once more: a pass takes the mark back, a failure is decided anew.
    await publish(found, applying.hear_result, passed=False)
    await publish(found, applying.hear_result, passed=True, score=70)
    assert (await request_of(request))["correction"] == ""
    assert await turn("certificates.request", request) is None
    await publish(found, applying.hear_result, passed=False)
    await settling.settle_request(office, request, SettleForm("withdraw", "重评后不合格"))
    assert (await request_of(request))["state"] == "cancelled"
    assert await qualified(found["person"]) == ["cancelled"]
    decided = [each.payload["state"] for each in await facts.only("certificates.request_decided")]
    assert decided[-2:] == ["correction_keep", "correction_withdraw"]
    # He may apply anew.
    again = await apply(unit)
    assert (await request_of(again))["state"] == "legal"


@pytest.mark.req("S2-24")
async def test_a_card_that_is_only_made_is_not_handed_over_meanwhile(county, facts):
    unit, office = county.agency, reviewer(county.bureau)
    request = await apply(unit)
    await applying.decide(office, request, DecisionForm("pass"))
    found = await request_of(request)
    await publish(found, applying.hear_result, passed=True, score=70)
    await making.make(office, request, MakeForm(TODAY))
    await publish(found, applying.hear_result, passed=False)
    with pytest.raises(Refused, match="先决定证件维持还是收回"):
        await making.issue(office, request, IssueForm(TODAY))
    number = (await request_of(request))["number"]
    await settling.settle_request(office, request, SettleForm("withdraw", "重评后不合格"))
    again = await request_of(request)
    assert (again["state"], again["certificate"], again["correction"]) == ("exam", None, "")
    assert len(await facts.only("certificates.exam_wanted")) == 2
    await publish(found, applying.hear_result, passed=True, score=90, used=2)
    await making.make(office, request, MakeForm(TODAY))
    assert (await request_of(request))["number"] != number
    await making.issue(office, request, IssueForm(TODAY))
    assert await qualified(found["person"]) == []


@pytest.mark.req("S2-24")
async def test_an_inspection_that_was_finished_by_an_exam(county, clock, facts):
    unit, office = county.agency, reviewer(county.bureau)
    request = await card_in_hand(unit, county.bureau, TODAY)
    found = await request_of(request)
    async with transaction(OFFICE):
        officer = await value(
            "select officer from certificates_certificate where id = $1", found["certificate"]
        )
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        await value(
            "update certificates_certificate set inspection_due = '2030-05-12' returning id"
        )
    clock(datetime(2030, 4, 1, 2, tzinfo=UTC))
    await daily.complete_basics(clerk(unit), officer, BasicsForm("13812345678", ID), None)
    [inspection], _ = await inspecting.apply(clerk(unit), [officer])
    await inspecting.approve(office, inspection, DecisionForm("pass"))
    form = ResultForm(score=88, passed="yes", reason="纸面考试")
    await inspecting.enter_result(office, inspection, form, await paper())
    await inspecting.finish_with_card(office, inspection)
    async with transaction(OFFICE):
        done = await row("select * from certificates_inspection where id = $1", inspection)
    await publish(done, inspecting.hear_result, "inspection", passed=False)
    assert await turn("certificates.inspection", inspection) == "成绩更正后处理"
    assert await qualified(found["person"]) == []
    with pytest.raises(Refused):
        await settling.settle_inspection(clerk(unit), inspection, SettleForm("keep", "照旧"))
    stopped = SettleForm("withdraw", "重评后不合格")
    assert await settling.settle_inspection(office, inspection, stopped) == "exam"
    assert await qualified(found["person"]) == ["suspended"]
    assert (await facts.only("certificates.exam_wanted"))[-1].payload["purpose"] == "inspection"
    with pytest.raises(Conflict):
        await settling.settle_inspection(office, inspection, stopped)
