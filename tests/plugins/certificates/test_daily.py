# SPDX-License-Identifier: Apache-2.0
"""Cancellations, suspension, transfers and renamings, with what follows from each."""

from datetime import UTC, date, datetime

import pytest

from core.api.db import execute, row, rows, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.people import found_organisation, organisation
from plugins.certificates.forms import (
    BasicsForm,
    DailyForm,
    DecisionForm,
    RenameForm,
    TransferForm,
)
from plugins.certificates.queries.applying import request_row
from plugins.certificates.queries.bodies import body_of
from plugins.certificates.queries.register import cards_of
from plugins.certificates.rules import judge_person
from plugins.certificates.rules.applying import STRUCK_OFF
from plugins.certificates.rules.daily import ACTS, acts_for
from plugins.certificates.services import daily
from plugins.certificates.services.applying import decide
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    apply,
    card_in_hand,
    clerk,
    competent,
    name_list,
    open_body,
    paper,
    reviewer,
)

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
TODAY = date(2026, 5, 12)
LATER = datetime(2026, 8, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "office", "acts"),
    [
        ("valid", False, {"cancel"}),
        ("valid", True, {"cancel", "suspend", "revoke", "forced"}),
        ("suspended", True, {"restore", "cancel", "revoke", "forced"}),
        ("cancelled", True, set()),
        ("overdue", False, {"cancel"}),
    ],
)
def test_each_act_is_somebodys_and_fits_the_state(state, office, acts):
    assert {key for key, _ in acts_for(state, office=office)} == acts
    assert [key for key, each in ACTS.items() if each.listed] == ["forced"]


pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID), ("李四", OTHER_ID))
    return agencies


async def card(request):
    async with transaction(OFFICE):
        return await row(
            """select c.* from certificates_request q
               join certificates_certificate c on c.id = q.certificate where q.id = $1""",
            request,
        )


async def state(request):
    async with transaction(OFFICE):
        return (await request_row(request))["state"]


def form(act, on=date(2026, 8, 3)):
    return DailyForm(act, on, "调离执法岗位")


@pytest.mark.req("S2-25")
@pytest.mark.req("S2-26")
async def test_with_card_may_apply_anew_forced_may_not(county, clock):
    unit, office = county.agency, county.bureau
    first = await card(await card_in_hand(unit, office, TODAY))
    second = await card(await card_in_hand(unit, office, TODAY, name="李四", id_number=OTHER_ID))
    clock(LATER)
    with pytest.raises(Invalid):
        await daily.act(clerk(unit), first["id"], form("cancel"), None)
    with pytest.raises(NotFound):
        await daily.act(clerk(county.other_agency), first["id"], form("cancel"), await paper())
    with pytest.raises(Refused):
        await daily.act(clerk(unit), first["id"], form("forced"), await paper())
    await daily.act(clerk(unit), first["id"], form("cancel"), await paper())
    await daily.act(reviewer(office), second["id"], form("forced"), await paper())
    async with transaction(OFFICE):
        held = await cards_of([first["person"], second["person"]])
    for each in (first, second):
        assert judge_person(held[each["person"]], date(2026, 8, 2)).qualified
        assert judge_person(held[each["person"]], date(2026, 8, 3)).code == "cancelled"
    assert await state(await apply(unit)) == "legal"
    again = await apply(unit, name="李四", id_number=OTHER_ID)
    assert await state(again) == "rejected"


@pytest.mark.req("S2-26")
@pytest.mark.parametrize("decided", [False, True])
async def test_forced_cancellation_takes_his_applications_from_every_desk(
    county, clock, facts, decided
):
    """Nobody may apply beside a card today; rows from another system or from before may stand so."""
    unit, office = county.agency, county.bureau
    held = await card(await card_in_hand(unit, office, TODAY))
    clock(LATER)
    request = await apply(unit, name="李四", id_number=OTHER_ID)
    if decided:
        assert await decide(reviewer(office), request, DecisionForm("pass")) == "exam"
    async with transaction(OFFICE):
        await execute(
            "update certificates_request set person = $2 where id = $1", request, held["person"]
        )
    await daily.act(reviewer(office), held["id"], form("forced"), await paper())
    async with transaction(OFFICE):
        found = await row("select * from certificates_request where id = $1", request)
        waiting = await value(
            "select count(*) from core_turn where subject_kind = 'certificates.request'"
            " and subject_id = $1 and closed_at is null",
            request,
        )
    assert (found["state"], waiting) == ("rejected", 0)
    assert "调离执法岗位" in found["reason"]
    unwanted = [each.payload for each in await facts.only("certificates.exam_unwanted")]
    assert (request in [each["request"] for each in unwanted]) is decided
    ended = (await facts.only("certificates.request_decided"))[-1].payload
    assert (ended["request"], ended["state"]) == (request, "rejected")


async def test_suspension_ends_on_its_day_and_nobody_reviews_elsewhere(county, clock):
    unit, office = county.agency, county.bureau
    held = await card(await card_in_hand(unit, office, TODAY))
    clock(LATER)
    with pytest.raises(NotFound):
        await daily.act(reviewer(county.foreign_bureau), held["id"], form("suspend"), await paper())
    await daily.act(reviewer(office), held["id"], form("suspend"), await paper())
    clock(datetime(2026, 9, 1, 2, tzinfo=UTC))
    await daily.act(reviewer(office), held["id"], form("restore", date(2026, 9, 1)), await paper())
    async with transaction(OFFICE):
        cards = (await cards_of([held["person"]]))[held["person"]]
    assert judge_person(cards, date(2026, 8, 31)).code == "suspended"
    assert judge_person(cards, date(2026, 9, 1)).qualified


@pytest.mark.req("S2-25", "C6-13")
async def test_a_renaming_makes_its_own_and_its_entrusted_faces_anew(county, clock, client):
    unit, office = county.agency, county.bureau
    async with transaction(OFFICE):
        second = await found_organisation("渡口所", "second", unit.region, parent=unit.id)
        entrusted = await found_organisation(
            "消费维权中心", "entrusted", unit.region, parent=unit.id
        )
    await name_list(office, ("张海龙", ID), ("李四", OTHER_ID), ("王五", "440524198001010013"))
    await open_body(unit)
    own = await card(await card_in_hand(unit, office, TODAY))
    below = await card(await card_in_hand(second, office, TODAY, name="李四", id_number=OTHER_ID))
    theirs = await card(
        await card_in_hand(entrusted, office, TODAY, name="王五", id_number="440524198001010013")
    )
    assert theirs["unit_name"] == unit.name
    async with transaction(OFFICE):
        body = (await body_of(unit.id))["id"]
        kept = await row("select count(*) as n from certificates_certificate")
    assert kept["n"] == 3
    clock(LATER)
    with pytest.raises(Invalid):
        await daily.rename(reviewer(office), body, RenameForm("磴口县市场监管委员会"), None)
    faces = await daily.rename(
        reviewer(office), body, RenameForm("磴口县市场监管委员会"), await paper()
    )
    assert faces == 2
    async with transaction(OFFICE):
        names = {
            each["id"]: each["unit_name"]
            for each in await rows("select id, unit_name from certificates_certificate")
        }
        before = await rows("select certificate, before from certificates_face_name")
        cards = (await cards_of([own["person"]]))[own["person"]]
    assert names == {
        own["id"]: "磴口县市场监管委员会",
        theirs["id"]: "磴口县市场监管委员会",
        below["id"]: "渡口所",
    }
    assert {(each["certificate"], each["before"]) for each in before} == {
        (own["id"], unit.name),
        (theirs["id"], unit.name),
    }
    assert judge_person(cards, date(2026, 8, 3)).qualified
    # Whoever scans an old card reads the new name and the one that stands in his hand.
    async with transaction(OFFICE):
        await execute(
            "update certificates_certificate set powers = $2 where id = $1",
            own["id"],
            '<b>行政"处罚"</b>',
        )
    said = await client.get(f"/certificates/check/{own['token']}")
    assert "磴口县市场监管委员会" in said.text
    assert f"单位原名</dt><dd>{unit.name}（2026年8月" in said.text
    assert "&lt;b&gt;行政&#34;处罚&#34;&lt;/b&gt;" in said.text
    other = await client.get(f"/certificates/check/{below['token']}")
    assert "单位原名" not in other.text
    assert "李四" in other.text
    asked = await client.get(f"/certificates/check/?number={own['number']}")
    assert f"{unit.name}（2026年8月" in asked.text


async def test_a_transfer_keeps_the_number_and_changes_the_face(
    county, clock, client, login_as, messages
):
    unit, office = county.agency, county.bureau
    held = await card(await card_in_hand(unit, office, TODAY))
    clock(LATER)
    to = TransferForm(county.other_agency.id, "工作需要")
    with pytest.raises(Invalid):
        await daily.transfer(
            reviewer(office), held["id"], TransferForm(county.foreign_agency.id, "工作需要")
        )
    await daily.transfer(reviewer(office), held["id"], to)
    async with transaction(OFFICE):
        after = await row("select * from certificates_certificate where id = $1", held["id"])
        there = await organisation(county.other_agency.id)
    assert (after["number"], after["unit_name"], after["org_lo"]) == (
        held["number"],
        there.name,
        there.lo,
    )
    # He is told; whoever opens the card reads from where he came and why.
    assert "transferred" in {
        each["kind"].split(".")[1] for each in await messages.to(held["person"])
    }
    await login_as("supervision_bureau", region=office.region)
    shown = (await client.get(f"/certificates/cards/{held['id']}")).text
    assert f"从{unit.name}调到{there.name}" in shown
    assert "工作需要" in shown


@pytest.mark.req("S2-21")
async def test_basics_are_completed_by_the_unit(county):
    unit, office = county.agency, county.bureau
    held = await card(await card_in_hand(unit, office, TODAY))
    basics = BasicsForm(phone="13900001111")
    await daily.complete_basics(clerk(unit), held["officer"], basics, None)
    with pytest.raises(NotFound):
        await daily.complete_basics(clerk(county.other_agency), held["officer"], basics, None)
    async with transaction(OFFICE):
        holder = await row("select phone_masked from core_person where id = $1", held["person"])
    assert holder["phone_masked"].endswith("1111")


async def test_the_pages(client, login_as, county):
    unit, office = county.agency, county.bureau
    held = await card(await card_in_hand(unit, office, TODAY))
    await login_as("body_admin", organisation=unit)
    shown = await client.get(f"/certificates/cards/{held['id']}")
    assert "有证注销" in shown.text
    assert "强制注销" not in shown.text
    officer = await client.get(f"/certificates/officers/{held['officer']}")
    assert officer.status_code == 200
    basics = f"/certificates/officers/{held['officer']}/basics"
    assert (await client.get(basics)).status_code == 200
    async with transaction(OFFICE):
        body = (await body_of(unit.id))["id"]
    await login_as("supervision_bureau", region=office.region)
    assert "强制注销" in (await client.get(f"/certificates/cards/{held['id']}")).text
    assert (await client.get(f"/certificates/bodies/{body}/rename")).status_code == 200
    await login_as("body_admin", organisation=county.other_agency)
    assert (await client.get(f"/certificates/cards/{held['id']}")).status_code == 404


@pytest.mark.req("S2-25", "S2-26")
async def test_whoever_is_struck_off_comes_in_by_no_other_door(county, client, login_as):
    """Registered by hand, as a known person, or without a number that is filled in later."""
    unit, office = county.agency, county.bureau
    held = await card(await card_in_hand(unit, office, TODAY))
    struck = DailyForm("forced", TODAY, "因受贿被开除公职")
    await daily.act(reviewer(office), held["id"], struck, await paper())
    await login_as("body_admin", organisation=unit)
    typed = {
        "organisation": str(unit.id),
        "name": "张海龙",
        "id_number": ID,
        "phone": "13812345678",
        "number": "15082277777",
        "valid_from": "2026-05-01",
        "valid_until": "2030-05-01",
    }
    for more in ({}, {"person": str(held["person"]), "id_number": ""}):
        answer = await client.post("/certificates/officers/new", {**typed, **more})
        assert answer.status_code == 422, more
        assert STRUCK_OFF in answer.text
        assert "15082277777" in answer.text, "what was typed stays"
    nameless = await client.post("/certificates/officers/new", {**typed, "id_number": ""})
    path = nameless.headers["location"].partition("?")[0]
    answer = await client.post(f"{path}/basics", {"phone": "13812345678", "id_number": ID})
    assert answer.status_code == 422
    assert STRUCK_OFF in answer.text
