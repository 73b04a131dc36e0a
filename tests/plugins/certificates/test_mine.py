# SPDX-License-Identifier: Apache-2.0
"""An officer's own pages, praise in his record, the superior's read-only view."""

from datetime import UTC, date, datetime

import pytest

from core.api.db import Place, Scope, SubjectRef, row, transaction, value
from core.api.errors import Refused
from core.api.people import found_organisation
from core.api.plugin import Fact
from core.api.web import describe
from plugins.certificates.queries.mine import figures_by_unit, notes_of
from plugins.certificates.reactions import describe_own, keep_praise
from plugins.certificates.services.applying import cancel
from plugins.certificates.services.base import OWN
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    apply,
    card_in_hand,
    clerk,
    competent,
    name_list,
    paper,
)

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID))
    return agencies


@pytest.mark.req("S2-1")
@pytest.mark.req("S2-6")
async def test_own_card_own_telephone_and_praise(client, login_as, county):
    request = await card_in_hand(county.agency, county.bureau, date(2026, 5, 12))
    async with transaction(OFFICE):
        card = await row(
            """select c.* from certificates_request q join certificates_certificate c
               on c.id = q.certificate where q.id = $1""",
            request,
        )
    praised = Fact(
        1,
        "complaints.praised",
        SubjectRef("complaints.complaint", 9),
        {"complaint": 9, "number": "2026-9", "organisation": 1, "officer": card["person"]},
        Place(card["region_lo"], 0),
        0,
        NOW,
        NOW,
    )
    await keep_praise(praised)
    await keep_praise(praised)
    async with transaction(OFFICE):
        assert len(await notes_of(card["person"])) == 1
    await login_as("handler", organisation=county.agency, person=card["person"])
    shown = await client.get("/certificates/mine")
    assert shown.status_code == 200
    for words in (card["number"], "今天有执法资格", "群众表扬", "2028年5月12日"):
        assert words in shown.text
    assert ID not in shown.text
    # His unit and the office read it in his record as well.
    record = (await client.get(f"/certificates/officers/{card['officer']}")).text
    assert "收到群众表扬（编号 2026-9）" in record
    kept = await client.post("/certificates/mine/basics", {"phone": "13900001111"})
    assert kept.status_code in (200, 303)
    async with transaction(OFFICE):
        phone = await value("select phone_masked from core_person where id = $1", card["person"])
    assert phone.endswith("1111")
    refused = await client.post("/certificates/mine/basics", {"id_number": "150801198811207478"})
    assert refused.status_code == 422


async def test_who_is_no_officer_is_told_whom_to_ask(client, login_as, county):
    await login_as("handler", organisation=county.agency)
    assert "还没有登记为执法人员" in (await client.get("/certificates/mine")).text


@pytest.mark.req("S2-11")
async def test_the_superior_sees_the_people_below_and_cannot_act_for_them(client, login_as, county):
    async with transaction(OFFICE):
        second = await found_organisation(
            "渡口所", "second", county.agency.region, parent=county.agency.id
        )
    await card_in_hand(second, county.bureau, date(2026, 5, 12))
    scope = clerk(county.agency).scope
    async with transaction(scope):
        assert [(each["name"], each["valid"]) for each in await figures_by_unit(scope)] == [
            ("渡口所", 1)
        ]
    request = await apply(second, name="李四", id_number="110105194912310021")
    with pytest.raises(Refused, match="自己的账户"):
        await cancel(clerk(county.agency), request, "调离", await paper())
    await login_as("body_admin", organisation=county.agency)
    assert "无证注销" not in (await client.get(f"/certificates/requests/{request}")).text
    shown = await client.get("/certificates/figures")
    assert "渡口所" in shown.text
    assert (await client.get("/certificates/figures?format=xlsx")).status_code == 200
    await login_as("body_admin", organisation=county.other_agency)
    assert "渡口所" not in (await client.get("/certificates/figures")).text


@pytest.mark.parametrize("role", ["leader", "justice_office", "former_supervisor"])
async def test_whoever_has_a_card_opens_it_in_whatever_role(client, login_as, county, role):
    """The message about his own card leads here; the right only decides about the menu."""
    request = await card_in_hand(county.agency, county.bureau, date(2026, 5, 12))
    async with transaction(OFFICE):
        card = await row(
            """select c.number, c.person from certificates_request q
               join certificates_certificate c on c.id = q.certificate where q.id = $1""",
            request,
        )
        assert await describe_own(card["person"], Scope.platform("no person")) is None
    at = {"organisation": county.agency, "region": county.agency.region}
    who = await login_as(role, **at, person=card["person"])
    shown = await client.get("/certificates/mine")
    assert shown.status_code == 200
    assert card["number"] in shown.text
    assert (await client.get("/certificates/mine/basics")).status_code == 200
    own = SubjectRef(OWN, card["person"])
    async with transaction(who.scope):
        named = await describe([own], who.scope, who.permissions)
    assert named[own].path == "/certificates/mine"


async def test_in_another_role_nobody_reads_a_card_but_his_own(client, login_as, county):
    request = await card_in_hand(county.agency, county.bureau, date(2026, 5, 12))
    async with transaction(OFFICE):
        number = await value(
            """select c.number from certificates_request q
               join certificates_certificate c on c.id = q.certificate where q.id = $1""",
            request,
        )
    await login_as("former_supervisor", region=county.agency.region)
    page = await client.get("/certificates/mine")
    assert "还没有登记为执法人员" in page.text
    assert number not in page.text
    assert (await client.get("/certificates/mine/basics")).status_code == 404


async def test_a_legal_section_that_reviews_nothing_reads_its_own_unit(client, login_as, county):
    """The bureau reviews; the unit's own legal section sees how far its people are."""
    await apply(county.agency)
    for path in ("requests", "bodies"):
        await login_as("legal_office", organisation=county.agency)
        mine = (await client.get(f"/certificates/{path}")).text
        assert county.agency.name in mine, path
        await login_as("legal_office", organisation=county.other_agency)
        other = (await client.get(f"/certificates/{path}")).text
        assert county.agency.name not in other, path
