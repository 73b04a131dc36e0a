# SPDX-License-Identifier: Apache-2.0
"""Bodies and their accounts: every starting point, and business closed until all holds."""

from datetime import UTC, date, datetime

import pytest

from core.api.db import row, rows, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import receive
from core.api.people import found_organisation
from plugins.certificates.forms import (
    BodyForm,
    CertificateForm,
    CreateBodyForm,
    DecisionForm,
    DivideForm,
    LetterForm,
    OfficerForm,
    RegistrationForm,
)
from plugins.certificates.queries.bodies import body_of, body_row, published_letters
from plugins.certificates.rules.bodies import Info, closed_because, letter_problem, missing
from plugins.certificates.services import applying, bodies, dividing, inspecting
from plugins.certificates.services.base import unit_name_of
from plugins.certificates.services.cards import register_certificate
from plugins.certificates.services.register import register_officer
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    clerk,
    competent,
    open_body,
    photo,
    request_form,
    reviewer,
)

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
TODAY = date(2026, 5, 12)
CODE, OTHER_CODE = "91350100M000100Y43", "12100000400000456B"
FULL = BodyForm(
    unified_code=CODE,
    civil_quota=20,
    civil_actual=18,
    career_quota=0,
    career_actual=0,
    other_quota=0,
    other_actual=0,
    admin_name="刘晓燕",
    admin_phone="13812345678",
    basis="食品安全法",
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

whole = {
    "state": "approved",
    "kind": "first",
    "origin": "existing",
    "included_at": None,
    "letter_from": None,
    "letter_until": None,
    "divided_at": None,
}


@pytest.mark.req("S2-15")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"state": "submitted"}, ["法制机构审核"]),
        ({"kind": "second"}, ["纳入"]),
        ({"kind": "second", "state": "submitted"}, ["法制机构审核", "纳入"]),
        ({"kind": "second", "included_at": NOW}, []),
        ({"kind": "entrusted", "included_at": NOW}, ["委托书"]),
        (
            {
                "kind": "entrusted",
                "included_at": NOW,
                "letter_from": date(2026, 1, 1),
                "letter_until": date(2026, 5, 12),
            },
            [],
        ),
        (
            {
                "kind": "entrusted",
                "included_at": NOW,
                "letter_from": date(2025, 1, 1),
                "letter_until": date(2026, 5, 11),
            },
            ["委托书"],
        ),
        ({"origin": "shared"}, ["划分"]),
        ({"origin": "shared", "divided_at": NOW}, []),
    ],
)
def test_business_stays_closed_until_every_condition_holds(changes, words):
    reasons = closed_because({**whole, **changes}, TODAY)
    assert len(reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, reasons, strict=True))
    assert closed_because(None, TODAY)


@pytest.mark.req("S2-12")
def test_what_a_body_has_to_say_about_itself():
    full = Info("first", CODE, (20, 18, 0, 0, 0, 0), True, "", "https://flk.npc.gov.cn")
    assert missing(full) == []
    assert len(missing(Info("second", "", (None,) * 6, False, " ", ""))) == 10
    assert letter_problem(date(2026, 1, 1), date(2025, 1, 1))
    assert letter_problem(date(2026, 1, 1), date(2040, 1, 1))
    assert not letter_problem(date(2026, 1, 1), date(2029, 1, 1))


pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
async def county(agencies, clock, files):
    clock(NOW)
    await competent(agencies.bureau)
    return agencies


@pytest.mark.req("S2-13")
@pytest.mark.req("S2-14")
async def test_a_first_level_body_completes_and_is_approved(county, facts):
    unit, office = county.agency, county.bureau
    body = await bodies.begin(clerk(unit), unit.id)
    with pytest.raises(Refused, match="还缺"):
        await bodies.submit(clerk(unit), body)
    with pytest.raises(Refused, match="法制机构审核"):
        await applying.apply(clerk(unit), request_form(unit), await photo())
    await bodies.complete(clerk(unit), body, FULL)
    await bodies.submit(clerk(unit), body)
    with pytest.raises(NotFound):
        await bodies.decide(reviewer(county.foreign_bureau), body, DecisionForm("pass"), None)
    await bodies.decide(reviewer(office), body, DecisionForm("pass"), None)
    async with transaction(OFFICE):
        found = await body_row(body)
        assert closed_because(found, TODAY) == []
    assert [each.payload["act"] for each in await facts.only("certificates.body_changed")] == [
        "entered",
        "completed",
        "submitted",
        "approved",
    ]
    # Saving what already stands there leaves it open; a change has to be approved again.
    same = {k: getattr(FULL, k) for k in FULL.__struct_fields__} | {"admin_phone": ""}
    for changes, state in (({}, "approved"), ({"career_quota": 3}, "draft")):
        await bodies.complete(clerk(unit), body, BodyForm(**{**same, **changes}))
        async with transaction(OFFICE):
            assert (await body_row(body))["state"] == state


@pytest.mark.req("S2-14")
async def test_the_reviewing_office_of_a_body_may_be_a_justice_office(county, region_tree):
    unit, office = county.agency, county.bureau
    async with transaction(OFFICE):
        post = await found_organisation("巴彦高勒司法所", "justice_office", region_tree.county.id)
    body = await bodies.begin(clerk(unit), unit.id)
    await bodies.complete(clerk(unit), body, FULL)
    await bodies.submit(clerk(unit), body)
    with pytest.raises(Invalid):
        await bodies.decide(reviewer(office), body, DecisionForm("pass"), unit.id)
    await bodies.decide(reviewer(office), body, DecisionForm("pass"), post.id)
    request = await applying.apply(clerk(unit), request_form(unit), await photo())
    async with transaction(OFFICE):
        found = await row("select reviewer_lo from certificates_request where id = $1", request)
    assert found["reviewer_lo"] == post.lo


@pytest.mark.req("S2-9")
@pytest.mark.req("S2-10")
async def test_the_superior_creates_an_entrusted_unit_which_needs_its_letter(county):
    unit, office = county.agency, county.bureau
    form = CreateBodyForm(
        superior=unit.id,
        name="磴口县消费维权中心",
        kind="entrusted",
        admin_name="张海龙",
        id_number=ID,
        phone="13812345678",
        unified_code="",
    )
    body, slip = await bodies.create_below(clerk(unit), form)
    login, code = slip.split(" ", 1)
    assert login.startswith("zhang")
    assert code
    async with transaction(OFFICE):
        found = await body_row(body)
        home = await row("select * from core_organisation where id = $1", found["organisation"])
    assert found["included_at"] is not None
    below = type(unit)(**{key: home[key] for key in unit.__dataclass_fields__})
    await bodies.complete(clerk(below), body, FULL)
    with pytest.raises(Refused, match="委托书"):
        await bodies.submit(clerk(below), body)
    paper = await receive(PDF, "委托书.pdf", kinds=("document",))
    letter = LetterForm(date(2026, 1, 1), date(2028, 12, 31))
    with pytest.raises(Invalid):
        await bodies.keep_letter(clerk(below), body, letter, await photo())
    await bodies.keep_letter(clerk(below), body, letter, paper)
    await bodies.submit(clerk(below), body)
    await bodies.decide(reviewer(office), body, DecisionForm("pass"), None)
    async with transaction(OFFICE):
        assert closed_because(await body_row(body), TODAY) == []
        assert [each["superior_name"] for each in await published_letters(TODAY)] == [unit.name]
        assert await published_letters(date(2029, 1, 1)) == []
        assert await unit_name_of(below) == unit.name


@pytest.mark.req("S2-15")
@pytest.mark.req("S2-16")
async def test_a_second_level_body_registers_and_both_conditions_in_any_order(county):
    unit, office = county.agency, county.bureau
    async with transaction(OFFICE):
        await row(
            "update core_organisation set unified_code = $2 where id = $1 returning id",
            unit.id,
            CODE,
        )
        form = RegistrationForm(
            name="磴口县渡口市场监管所",
            kind="second",
            unified_code=OTHER_CODE,
            reviewer=office.id,
            admin_name="李四",
            id_number=OTHER_ID,
            phone="13812345678",
            superior_code=CODE,
        )
        registration = await bodies.register(form)
    with pytest.raises(NotFound):
        await bodies.include_registration(clerk(county.other_agency), registration)
    await bodies.include_registration(clerk(unit), registration)
    body, slip = await bodies.open_registration(
        reviewer(office), registration, DecisionForm("pass")
    )
    assert slip
    async with transaction(OFFICE):
        found = await body_row(body)
    assert found["included_at"] is not None
    assert found["superior"] == unit.id
    assert closed_because(found, TODAY) == ["执法主体账户资料待完善，法制机构审核通过后才能办理。"]


async def turns(body):
    """Whose turn it is on a body: office or unit, superior."""
    async with transaction(OFFICE):
        return {
            (each["key"], each["step_title"], each["org_lo"])
            for each in await rows(
                "select key, step_title, org_lo from core_turn where subject_id = $1"
                " and subject_kind = 'certificates.body' and closed_at is null",
                body,
            )
        }


@pytest.mark.req("S2-14", "S2-15")
async def test_whoever_is_next_with_an_account_has_it_on_his_desk(county):
    """The unit completes it, the office looks at it; the superior is asked until it took it in."""
    unit, office = county.agency, county.bureau
    async with transaction(OFFICE):
        below = await found_organisation("渡口所", "second", unit.region, parent=unit.id)
        await row(
            "update core_organisation set unified_code = $2 where id = $1 returning id",
            unit.id,
            CODE,
        )
    body = await bodies.begin(clerk(below), below.id)
    assert await turns(body) == {("", "完善资料", below.lo)}
    said = {**{key: getattr(FULL, key) for key in FULL.__struct_fields__}, "superior_code": CODE}
    await bodies.complete(clerk(below), body, BodyForm(**{**said, "unified_code": OTHER_CODE}))
    await bodies.submit(clerk(below), body)
    asked = ("include", "纳入", unit.lo)
    assert await turns(body) == {("", "账户审核", office.lo), asked}
    await bodies.decide(reviewer(office), body, DecisionForm("pass"), None)
    assert await turns(body) == {asked}
    await bodies.include(clerk(unit), body)
    assert await turns(body) == set()
    # What is changed after the approval is looked at again; the superior has it still.
    await bodies.complete(clerk(below), body, BodyForm(**{**said, "unified_code": OTHER_CODE}))
    assert await turns(body) == {("", "完善资料", below.lo)}


@pytest.mark.req("S2-13")
async def test_the_people_of_a_shared_account_are_divided(county):
    unit = county.agency
    async with transaction(OFFICE):
        below = await found_organisation("渡口所", "second", unit.region, parent=unit.id)
        officer = await register_officer(
            OfficerForm(name="张海龙", organisation=unit.id, id_number=ID)
        )
        await register_certificate(
            officer,
            CertificateForm("15082200001", date(2026, 1, 1), date(2030, 12, 31)),
        )
    body = await bodies.begin(clerk(unit), unit.id)
    shared = BodyForm(
        **{k: getattr(FULL, k) for k in FULL.__struct_fields__ if k != "shared"}, shared=True
    )
    await bodies.complete(clerk(unit), body, shared)
    with pytest.raises(Invalid):
        await dividing.divide(
            clerk(unit), body, DivideForm([officer], [county.other_agency.id], True)
        )
    assert await dividing.divide(clerk(unit), body, DivideForm([officer], [below.id], True)) == 1
    async with transaction(OFFICE):
        held = await row("select * from certificates_officer where id = $1", officer)
        found = await body_of(unit.id)
    assert (held["organisation"], held["org_lo"]) == (below.id, below.lo)
    assert found["divided_at"] is not None
    async with transaction(OFFICE):
        card = await row("select * from certificates_certificate where officer = $1", officer)
    assert card["unit_name"] == "渡口所", "a second-level body's face bears its own name"


@pytest.mark.req("S2-14")
@pytest.mark.parametrize("approved", [False, True])
async def test_an_inspection_under_way_goes_with_whoever_is_divided(county, clock, approved):
    """The shared account does no business any more, so nobody there could finish it."""
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    unit, office = county.agency, county.bureau
    async with transaction(OFFICE):
        below = await found_organisation("渡口所", "second", unit.region, parent=unit.id)
    await open_body(unit)
    async with transaction(OFFICE):
        officer = await register_officer(
            OfficerForm(name="张海龙", organisation=unit.id, id_number=ID, phone="13812345678")
        )
        card = CertificateForm(
            "15082200001", date(2026, 5, 12), date(2036, 5, 11), inspection_due=date(2028, 5, 12)
        )
        await register_certificate(officer, card)
        body = (await body_of(unit.id))["id"]
    made, refused = await inspecting.apply(clerk(unit), [officer])
    assert refused == []
    inspection = made[0]
    if approved:
        passed = DecisionForm("pass")
        assert await inspecting.approve(reviewer(office), inspection, passed) == "approved"
    await dividing.divide(clerk(unit), body, DivideForm([officer], [below.id], True))
    async with transaction(OFFICE):
        found = await row("select * from certificates_inspection where id = $1", inspection)
        turns = await rows(
            "select org_lo, permission from core_turn where subject_kind = $1 and subject_id = $2"
            " and closed_at is null",
            inspecting.INSPECTION,
            inspection,
        )
    assert (found["organisation"], found["org_lo"]) == (below.id, below.lo)
    assert [each["org_lo"] for each in turns] == [below.lo if approved else office.lo]
    if not approved:
        assert await inspecting.approve(reviewer(office), inspection, DecisionForm("pass"))


async def test_the_pages(client, login_as, county):
    assert (await client.get("/certificates/register")).status_code == 200
    refused = await client.post("/certificates/register", {"name": "某某单位"})
    assert refused.status_code == 422
    assert (await client.get("/certificates/letters")).status_code == 200
    await login_as("body_admin", organisation=county.agency)
    assert "还没有登记资料" in (await client.get("/certificates/bodies")).text
    begun = await client.post(f"/certificates/bodies/begin/{county.agency.id}", {})
    async with transaction(OFFICE):
        body = (await body_of(county.agency.id))["id"]
    del begun
    shown = await client.get(f"/certificates/bodies/{body}")
    assert shown.status_code == 200
    assert "业务还没有开放" in shown.text
    assert (await client.get("/certificates/bodies/new")).status_code == 200
    await login_as("supervision_bureau", region=county.bureau.region)
    assert (await client.get(f"/certificates/bodies/{body}")).status_code == 200
    await login_as("body_admin", organisation=county.other_agency)
    assert (await client.get(f"/certificates/bodies/{body}")).status_code == 404
