# SPDX-License-Identifier: Apache-2.0
"""Everybody who has no business here, at every address with a number in it.

The addresses are those the plugin declares, so that a new one is tried without being named here.
"""

import re
from datetime import UTC, datetime

import pytest

from core.api.db import row, transaction, value
from plugins.certificates.forms import BasicsForm
from plugins.certificates.plugin import route_handlers
from plugins.certificates.services import daily, inspecting
from tests.plugins.certificates.helpers import (
    ID,
    OFFICE,
    OTHER_ID,
    apply,
    card_in_hand,
    clerk,
    competent,
    name_list,
    portrait,
)
from tests.plugins.certificates.test_migrating import HEAD, person, sheet, try_out

NOW = datetime(2026, 5, 12, 2, tzinfo=UTC)
PUBLIC = ("/check/", "/qr/", "/register", "/letters")
NOBODY = 987_654_321
PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
PAPER = ("依据.jpg", portrait(), "image/jpeg")


@pytest.fixture
async def world(client, agencies, clock, files):
    """One of everything, in 磴口县, of 磴口县市场监督管理局."""
    clock(NOW)
    await competent(agencies.bureau)
    await name_list(agencies.bureau, ("张海龙", ID), ("李四", OTHER_ID))
    await name_list(agencies.bureau, ("王五", "440524198001010013"), kind="forced")
    done = await card_in_hand(agencies.agency, agencies.bureau, NOW.date())
    waiting = await apply(agencies.agency, name="李四", id_number=OTHER_ID)
    clock(datetime(2028, 4, 1, 2, tzinfo=UTC))
    async with transaction(OFFICE):
        card = await row(
            """select c.id, c.officer from certificates_request q
               join certificates_certificate c on c.id = q.certificate where q.id = $1""",
            done,
        )
        entry = await value("select id from certificates_list_entry where kind = 'forced'")
        body = await value("select id from certificates_body limit 1")
    await daily.complete_basics(
        clerk(agencies.agency), card["officer"], BasicsForm("13812345678", ID), None
    )
    [inspection], _ = await inspecting.apply(clerk(agencies.agency), [card["officer"]])
    content = sheet(HEAD, person("赵六", "440524198001010021", "15082200009", "没有"))
    run, _ = await try_out(agencies.bureau, content)
    return {
        "requests": waiting,
        "inspections": inspection,
        "bodies": body,
        "registrations": NOBODY,
        "cards": card["id"],
        "faces": card["id"],
        "officers": card["officer"],
        "entries": entry,
        "migrations": run,
        "imports": NOBODY,
        "keys": NOBODY,
        "trust": NOBODY,
        "data": agencies.agency.id,
        "begin": agencies.agency.id,
    }


def addresses(world):
    """Method and address with the victim's number, and with a number of nobody."""
    for handler in route_handlers():
        for path in handler.paths:
            if path.startswith(PUBLIC) or not re.search(r":int\}", path):
                continue
            before = re.findall(r"/(\w+)/\{\w+:int\}", path)
            assert before, path
            assert before[-1] in world, f"{path}: name what stands behind it"
            method = "POST" if "POST" in handler.http_methods else "GET"

            def fill(number, path=path):
                return "/certificates" + PARAMETER.sub(
                    lambda found: str(number) if found[2] == "int" else "body", path
                )

            yield method, fill(world[before[-1]]), fill(NOBODY)


FORM = {
    "decision": "pass",
    "reason": "试一试看看",
    "settle": "keep",
    "act": "forced",
    "since": "2028-04-01",
    "score": "99",
    "passed": "yes",
    "valid_from": "2028-04-01",
    "valid_until": "2030-04-01",
    "issued_on": "2028-04-01",
    "code": "x",
    "agrees": "yes",
    "name": "改名改名局",
    "phone": "13812345678",
    "organisation": "1",
    "number": "150822",
}


async def counted():
    async with transaction(OFFICE):
        return await row(
            """select (select count(*) from certificates_period) as periods,
                 (select array_agg(state order by id) from certificates_request) as requests,
                 (select array_agg(state order by id) from certificates_inspection) as inspections,
                 (select array_agg(state order by id) from certificates_body) as bodies,
                 (select count(*) from certificates_sign_off) as signed,
                 (select count(*) from certificates_face_name) as renamed,
                 (select array_agg(state order by id) from certificates_migration) as migrations,
                 (select count(*) from core_fact) as facts"""
        )


@pytest.mark.parametrize(
    ("role", "where"),
    [
        ("supervision_bureau", "foreign"),
        ("body_admin", "other"),
        ("body_admin", "foreign"),
        ("handler", "other"),
    ],
)
async def test_nothing_is_seen_and_nothing_done(client, login_as, agencies, world, role, where):
    if role == "supervision_bureau":
        await login_as(role, region=agencies.foreign_bureau.region, name="路人")
    else:
        unit = agencies.other_agency if where == "other" else agencies.foreign_agency
        await login_as(role, organisation=unit, name="路人")
    before = await counted()
    tried = 0
    for method, theirs, nobodys in addresses(world):
        if method == "GET":
            answer, nothing = await client.get(theirs), await client.get(nobodys)
        else:
            files = {"evidence": PAPER, "paper": PAPER, "file": PAPER}
            answer = await client.post(theirs, FORM, files=files)
            nothing = await client.post(nobodys, FORM, files=files)
        assert answer.status_code in (403, 404, 422), (method, theirs, answer.status_code)
        # A number that exists elsewhere answers as one that exists nowhere.
        assert answer.status_code == nothing.status_code, (method, theirs, nothing.status_code)
        assert "张海龙" not in answer.text, theirs
        assert "李四" not in answer.text, theirs
        tried += 1
    assert tried > 30
    after = await counted()
    assert after == before, "somebody without business here changed something"


async def test_another_officer_of_the_same_body_reads_and_changes_nothing(
    client, login_as, agencies, world
):
    await login_as("handler", organisation=agencies.agency, name="同事")
    before = await counted()
    tried = 0
    for method, theirs, _ in addresses(world):
        if method == "POST":
            files = {"evidence": PAPER, "paper": PAPER, "file": PAPER}
            answer = await client.post(theirs, FORM, files=files)
            assert answer.status_code in (403, 404, 409, 422), (theirs, answer.status_code)
            tried += 1
        else:
            # What he may read of his own unit shows no number in full.
            answer = await client.get(theirs)
            assert answer.status_code in (200, 403, 404), (theirs, answer.status_code)
            assert ID not in answer.text, theirs
            assert "13812345678" not in answer.text, theirs
    assert tried > 20
    assert await counted() == before


async def test_a_reader_is_refused_before_his_form_is_read(client, login_as, agencies, world):
    """Whoever may only read is told so, and not what he left out."""
    await login_as("leader", region=agencies.agency.region)
    before = await counted()
    tried = 0
    for method, theirs, _ in addresses(world):
        if method == "POST" and not theirs.endswith("/scan"):
            for form in ({}, FORM):
                answer = await client.post(theirs, form)
                assert answer.status_code == 403, (theirs, answer.status_code)
            tried += 1
    assert tried > 20
    assert await counted() == before


async def test_without_a_session_nothing_is_open(client, world):
    before = await counted()
    for method, theirs, _ in addresses(world):
        if method == "POST":
            answer = await client.post(theirs, FORM, files={"file": PAPER})
        else:
            answer = await client.get(theirs)
        assert answer.status_code in (303, 401, 403), (theirs, answer.status_code)
        assert "张海龙" not in answer.text, theirs
    assert await counted() == before
