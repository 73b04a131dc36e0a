# SPDX-License-Identifier: Apache-2.0
"""What leaves: every list, paper and file of the cases is masked, recorded and carries the head."""

import pytest

from core.clock import today
from core.db import row
from plugins.cases.rules.documents import Delivery
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import (
    Issuing,
    add_evidence,
    hand_over_case,
    issue_document,
    record_service,
    roll_back,
)
from tests.plugins.cases.conftest import CLUE, INQUIRY, Office, pdf, publish
from tests.plugins.cases.papers import with_documents
from tests.plugins.cases.test_handing import there  # noqa: F401 - a fixture
from tests.plugins.cases.test_pages import Desk
from tests.plugins.leaving import (
    ID_NUMBER,
    LANDLINE,
    LEAKS,
    PHONE,
    SPOKEN,
    leaving,
    problems,
    seal_something,
    text_of,
)

FILES = {"documents/{document}/pdf", "documents/{document}/docx"}
PAPERS = {"/cases/ledger", "/cases/{case}/print", "/cases/{case}/index"}


@pytest.fixture
async def talkative(office: Office) -> tuple[int, int]:
    """A case of a natural person in which everybody wrote numbers into every free text."""
    office.penalty = await publish(office, with_documents())
    party = PartyDraft("person", "李建军", "", ID_NUMBER, "", "团结路 18 号", PHONE)
    case = await office.open(party=party, title=f"无证经营案，{SPOKEN}", source_note=SPOKEN)
    await office.submit(case, {**CLUE, "facts": SPOKEN})
    await office.submit(
        case,
        {"outcome": "立案", "basis": "第五十四条", "opinion": SPOKEN},
        actor=office.chief,
        officers=[office.zhang, office.sqgw],
    )
    visit = (await office.file(case)).open_visit["id"]
    await add_evidence(office.zhang, case, visit, "records", [pdf(f"笔录{PHONE}.pdf")])
    told = {**INQUIRY, "place": f"团结路{LANDLINE}", "facts": SPOKEN}
    await office.submit(case, told)
    await roll_back(office.chief, case, "inquiry", SPOKEN)
    await office.submit(case, told)
    await office.submit(case, {"summary": SPOKEN})
    await office.submit(case, {"opinion": "同意", "remark": SPOKEN}, actor=office.chief)
    document = await issue_document(office.zhang, case, "notice", Issuing())
    receipt = Delivery(
        "direct", today(), "李建军", f"本人{PHONE}", f"门口{PHONE}", "", SPOKEN, False
    )
    await record_service(office.zhang, case, document, receipt, [])
    return case, document


@pytest.mark.req("C3-08")
async def test_nothing_leaves_unmasked_unrecorded_or_unsealed(
    office: Office, talkative, client, login_as, app
):
    case, document = talkative
    await seal_something()
    await Desk(office, client, login_as).sit(office.zhang)
    values = {
        "case": case,
        "document": document,
        "item": 602,
        "key": "notice",
        "visit": (await office.file(case)).visits[0]["id"],
        "payment": 0,
        "referral": 0,
        "disclosure": 0,
        "officer": 0,
        "evidence": 0,
        "control": "records",
        "ident": 0,
    }
    left = [each async for each in leaving(client, app, "cases", values)]
    wrong = [words for each in left for words in problems(each)]
    assert not wrong, "\n".join(wrong)
    paths = {each.path for each in left}
    expected = {"/cases?format=xlsx", f"/cases/{case}/documents/new/notice/preview"}
    for path in (*PAPERS, "/cases/{case}/documents/{document}/receipt"):
        expected.add(path.format(case=case, document=document))
    expected |= {f"/cases/{case}/" + p.format(document=document) for p in FILES}
    assert expected <= paths, "the crawl lost what it knew"
    assert all(
        f"{SPOKEN[:3]}150822********0477" in each.text for each in left if "print" in each.path
    )


async def test_what_was_searched_for_is_not_kept_with_its_digits(
    office: Office, talkative, client, login_as, facts
):
    await Desk(office, client, login_as).sit(office.zhang)
    answer = await client.get(f"/cases/?format=xlsx&q={PHONE}&state=all")
    assert answer.status_code == 200
    (told,) = await facts.only("core.listing.exported")
    assert told.payload["conditions"] == "状态：全部；关键字：139****2345"
    assert told.payload["rows"] == 1
    assert told.payload["place"]


async def test_an_issued_document_leaves_only_where_that_is_noted(
    office: Office, talkative, client, login_as, facts
):
    case, document = talkative
    await Desk(office, client, login_as).sit(office.zhang)
    found = await row("select pdf, docx from cases_document where id = $1", document)
    for file in found.values():
        for way in ("", "/original"):
            assert (await client.get(f"/files/{file}{way}")).status_code == 404
    assert await facts.only("core.listing.exported") == []
    answer = await client.get(f"/cases/{case}/documents/{document}/pdf")
    assert answer.content.startswith(b"%PDF")
    assert len(await facts.only("core.listing.exported")) == 1


async def test_a_refused_export_leaves_no_trace(
    office: Office, agencies, talkative, client, login_as, facts
):
    case, document = talkative
    await login_as("handler", organisation=agencies.foreign_agency)
    for path in ("print", "index", f"documents/{document}/pdf", f"documents/{document}/receipt"):
        assert (await client.get(f"/cases/{case}/{path}")).status_code in (403, 404), path
    assert await facts.only("core.listing.exported") == []


@pytest.mark.usefixtures("there")
async def test_what_was_handed_over_leaves_masked(
    office: Office, agencies, talkative, client, login_as
):
    case, _ = talkative
    await hand_over_case(office.chief, case, agencies.foreign_agency.id, SPOKEN)
    await seal_something()
    await login_as("handler", organisation=agencies.foreign_agency)
    answer = await client.get("/cases/referrals?format=xlsx&state=waiting")
    assert answer.status_code == 200
    assert not [leak for leak in LEAKS if leak in text_of(answer)]
