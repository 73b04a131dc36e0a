# SPDX-License-Identifier: Apache-2.0
"""Every kind of message × the officer, his unit, the body above, the office: each opens a page."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from core.api.db import execute, row, rows, transaction
from core.api.gates import Verdict
from core.api.people import enter_person, found_organisation, organisation
from core.api.plugin import Blocker
from core.api.testing import Browser, sign_in_as
from core.auth import sessions
from core.auth.services import office as office_of_accounts
from plugins.certificates.forms import (
    BasicsForm,
    DailyForm,
    DecisionForm,
    IssueForm,
    MakeForm,
    RenameForm,
    SettleForm,
    TransferForm,
)
from plugins.certificates.queries.bodies import body_of
from plugins.certificates.rules.wording import MESSAGES
from plugins.certificates.services import applying, bodies, daily, inspecting, making, settling
from plugins.certificates.services.inspecting import base as asking
from plugins.certificates.services.reminding import remind
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    apply,
    clerk,
    competent,
    name_list,
    paper,
    reviewer,
)
from tests.plugins.certificates.test_bodies import FULL
from tests.plugins.certificates.test_correcting import publish, request_of

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("client")
THIRD_ID = "440524198001010013"
PASS = DecisionForm("pass")
BACK = DecisionForm("return", "材料不清楚，请补")


@pytest.fixture
async def second(agencies, clock, files):
    """A second-level unit below 磴口县市场监督管理局, and one below that."""
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID), ("李四", OTHER_ID), ("王五", THIRD_ID))
    async with transaction(OFFICE):
        unit = await found_organisation(
            "磴口县稽查大队", "second", agencies.agency.region, parent=agencies.agency.id
        )
        below = await found_organisation(
            "稽查大队一中队", "second", agencies.agency.region, parent=unit.id
        )
    return unit, below


async def reader(app, role, unit, *, name="", person=None):
    """Somebody with an account, signed in in a browser of his own."""
    if person is None:
        async with transaction(OFFICE):
            person = (await enter_person(name, unit.id)).id
    browser = Browser(app)
    await sign_in_as(browser, role, organisation=unit, region=unit.region, person=person, name=name)
    return person, browser


async def play_bodies(unit, agencies):
    """Sent back, approved, taken in."""
    who = clerk(unit)
    body = await bodies.begin(who, unit.id)
    await bodies.complete(who, body, FULL)
    await bodies.submit(who, body)
    await bodies.decide(reviewer(agencies.bureau), body, BACK, None)
    await bodies.complete(who, body, FULL)
    await bodies.submit(who, body)
    await bodies.decide(reviewer(agencies.bureau), body, PASS, None)
    await bodies.include(clerk(agencies.agency), body)


async def play_application(unit, office):
    """Failed, passed, corrected while the card waits and when it is in the hand, and kept."""
    request = await apply(unit)
    await applying.decide(office, request, PASS)
    found = await request_of(request)
    await publish(found, applying.hear_result, passed=False)
    await publish(found, applying.hear_result, passed=True, score=70)
    await making.make(office, request, MakeForm(NOW.date()))
    await making.issue(office, request, IssueForm(NOW.date()))
    await publish(found, applying.hear_result, passed=False)
    await settling.settle_request(office, request, SettleForm("keep", "重评有误，维持"))
    returned = await apply(unit, name="李四", id_number=OTHER_ID)
    await applying.decide(office, returned, BACK)
    ended = await apply(unit, name="王五", id_number=THIRD_ID)
    await applying.decide(office, ended, DecisionForm("reject", "不在执法岗位"))
    async with transaction(OFFICE):
        return await row(
            """select c.id, c.officer, c.person, c.token from certificates_request q
               join certificates_certificate c on c.id = q.certificate where q.id = $1""",
            request,
        )


async def play_inspections(unit, office, card, clock, monkeypatch):
    """Reminded, sent back, blocked, approved and scanned; four years later with an exam."""
    clock(datetime(2028, 4, 12, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        await remind()
    basics = BasicsForm("13812345678", ID)
    await daily.complete_basics(clerk(unit), card["officer"], basics, None)
    [inspection], refused = await inspecting.apply(clerk(unit), [card["officer"]])
    assert refused == []
    await inspecting.approve(office, inspection, BACK)
    objections = [Blocker("late", "投诉 2028-3 逾期未答复。")]

    async def answer(gate, subjects, on_date, _draft):
        blocked = {ref: tuple(objections) for ref in subjects if objections}
        return Verdict(gate, on_date, blocked, ("complaints",), (), ("complaints",))

    with monkeypatch.context() as patched:
        patched.setattr(asking, "decide", answer)
        await inspecting.apply_again(clerk(unit), inspection)
        objections.clear()
        await inspecting.apply_again(clerk(unit), inspection)
    await inspecting.approve(office, inspection, PASS)
    himself = replace(clerk(unit), permissions=frozenset(), person_id=card["person"])
    code = f"https://jiandu.example/certificates/check/{card['token']}"
    assert await inspecting.scan(himself, inspection, code) == []
    clock(datetime(2030, 4, 1, 2, tzinfo=UTC))
    [second], _ = await inspecting.apply(clerk(unit), [card["officer"]])
    await inspecting.approve(office, second, PASS)
    clock(datetime(2030, 5, 13, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        await remind()
    clock(datetime(2031, 4, 4, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        await execute("update certificates_certificate set valid_until = '2031-05-04'")
        await remind()
    said = DailyForm("suspend", date(2031, 4, 4), "停职检查")
    await daily.act(office, card["id"], said, await paper())


async def play_moves(unit, agencies, card):
    """The unit takes another name; he goes to another unit and comes back."""
    office = reviewer(agencies.bureau)
    async with transaction(OFFICE):
        body = (await body_of(unit.id))["id"]
    await daily.rename(office, body, RenameForm("磴口县综合稽查大队"), await paper())
    for to in (agencies.other_agency, unit):
        await daily.transfer(office, card["id"], TransferForm(to.id, "干部交流"))


@pytest.mark.req("S2-3")
async def test_every_message_opens_a_page_of_its_readers(app, agencies, second, clock, monkeypatch):
    unit, below = second
    office = reviewer(agencies.bureau)
    readers = dict(
        [
            await reader(app, "body_admin", unit, name="管理员"),
            await reader(app, "data_entry", unit, name="填报员"),
            await reader(app, "body_admin", agencies.agency, name="上级管理员"),
            await reader(app, "body_admin", below, name="下级管理员"),
            await reader(app, "supervision_bureau", agencies.bureau, name="审核人"),
        ]
    )
    lowest = list(readers)[3]
    await play_bodies(unit, agencies)
    card = await play_application(unit, office)
    await play_moves(unit, agencies, card)
    # The officer's own account has nothing but what concerns himself.
    himself, browser = await reader(app, "submitter", unit, name="张海龙", person=card["person"])
    readers[himself] = browser
    await play_inspections(unit, office, card, clock, monkeypatch)
    async with transaction(OFFICE):
        told = await rows("select id, person, kind, subject_kind from core_message order by id")
    assert {each["kind"].split(".")[1] for each in told} == set(MESSAGES)
    assert lowest not in {each["person"] for each in told}
    for each in readers.values():
        # Years have passed since they signed in.
        async with transaction(office_of_accounts(0)):
            begun = await sessions.begin(each.visitor.user_id, each.visitor.assignment_id)
        each.session = begun.token
    faults = []
    for each in told:
        if each["person"] not in readers:
            continue
        follow = readers[each["person"]]
        to = (await follow.get(f"/messages/{each['id']}")).headers.get("location", "/messages")
        status = (await follow.get(to)).status_code
        if to.startswith(("/messages", "/login")) or status != 200:
            faults.append((each["kind"], each["subject_kind"], each["person"], to, status))
        if each["person"] == himself:
            assert to.startswith(("/certificates/mine", "/certificates/inspections/")), to
    assert not faults
    for browser in readers.values():
        await browser.close()


@pytest.mark.req("S2-23")
async def test_an_officer_who_reads_nothing_else_scans_his_own_card(
    app, agencies, second, clock, monkeypatch
):
    """The page of his inspection is his, though the register is closed to him."""
    unit, _ = second
    office = reviewer(agencies.bureau)
    card = await play_application(unit, office)
    clock(datetime(2028, 4, 12, 2, tzinfo=UTC))
    basics = BasicsForm("13812345678", ID)
    await daily.complete_basics(clerk(unit), card["officer"], basics, None)
    [inspection], _ = await inspecting.apply(clerk(unit), [card["officer"]])
    await inspecting.approve(office, inspection, PASS)
    path = f"/certificates/inspections/{inspection}"
    code = f"https://jiandu.example/certificates/check/{card['token']}"
    async with transaction(OFFICE):
        home = await organisation(unit.id)
    for role, person, status in (
        ("submitter", None, 404),
        ("submitter", card["person"], 303),
    ):
        _, browser = await reader(app, role, home, name="张海龙", person=person)
        page = await browser.get(path)
        assert page.status_code == (404 if status == 404 else 200)
        assert "/certificates/officers/" not in page.text
        assert (await browser.post(f"{path}/scan", {"code": code})).status_code == status
        await browser.close()
