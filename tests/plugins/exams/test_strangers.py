# SPDX-License-Identifier: Apache-2.0
"""Everybody who has no business with an exam, at every address with a number in it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from core.api.db import Scope, execute, row, transaction, value
from core.api.testing import Agencies, Browser
from plugins.exams.plugin import route_handlers
from plugins.exams.services import door, sitting
from tests.plugins.exams.conftest import START, Hall, sign_in

WIDE = Scope.platform("a test looks at everything")
NOBODY = 987_654_321
PARAMETER = re.compile(r"\{(\w+):int\}")
FORM = {
    "reason": "试一试看看",
    "minutes": "10",
    "outcome": "agreed",
    "decision": "upheld",
    "remedy": "all",
    "code": "x",
    "wanted": "1",
    "question": "1",
    "words": "题目有错，两个都对",
}


@pytest.fixture
async def world(hall: Hall, clock: Any, client: Browser) -> dict[str, int]:
    """A sitting under way with a question of the second person's."""
    code = await hall.open()
    entry, password = await hall.let_in()
    async with transaction(hall.who.scope):
        await door.waive_photo(hall.who, hall.session, entry["id"], "没有摄像头")
    clock(START)
    signed = await sitting.sign_in(code, entry["ticket"], password)
    await sitting.begin(signed.attempt, signed.token)
    async with transaction(hall.who.scope):
        await door.ask_void(hall.who, hall.session, entry["id"], "替考嫌疑")
    async with transaction(WIDE):
        return {
            "sessions": hall.session,
            "entries": entry["id"],
            "mine": entry["id"],
            "seats": entry["id"],
            "bank": await value("select min(id) from exams_question"),
            "papers": hall.paper,
            "batches": await value("select min(id) from exams_batch"),
            "imports": await value("select min(id) from exams_batch"),
            "candidates": await value("select min(id) from exams_wanted"),
            "confirmations": await value("select min(id) from exams_confirmation"),
            "appeals": NOBODY,
            "pictures": NOBODY,
        }


def addresses(world: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    for handler in route_handlers():
        for path in handler.paths:
            if not PARAMETER.search(path) or path.startswith("/sit/"):
                continue
            parts = path.split("/")
            method = "POST" if "POST" in handler.http_methods else "GET"
            filled = [
                str(world[parts[at - 1]]) if PARAMETER.fullmatch(part) else part
                for at, part in enumerate(parts)
            ]
            nobodys = [str(NOBODY) if PARAMETER.fullmatch(part) else part for part in parts]
            yield method, "/exams" + "/".join(filled), "/exams" + "/".join(nobodys)


async def state() -> Any:
    async with transaction(WIDE):
        return await row(
            """select (select array_agg(state order by id) from exams_session) as sessions,
                 (select array_agg(state order by id) from exams_attempt) as attempts,
                 (select array_agg(state order by id) from exams_wanted) as wanted,
                 (select array_agg(state order by id) from exams_question) as questions,
                 (select array_agg(state order by id) from exams_confirmation) as asked,
                 (select count(*) from exams_act) as acts,
                 (select count(*) from core_fact) as facts"""
        )


@pytest.mark.parametrize(
    ("role", "where"),
    [
        ("supervision_bureau", "foreign"),
        ("leader", "foreign"),
        ("body_admin", "other"),
        ("handler", "other"),
        ("legal_office", "other"),
        ("dept_supervisor", "other"),
    ],
)
async def test_nothing_is_seen_and_nothing_done(
    client: Browser,
    login_as: Any,
    agencies: Agencies,
    world: dict[str, int],
    role: str,
    where: str,
) -> None:
    if where == "foreign":
        region = agencies.foreign_bureau.region
        await login_as(role, organisation=False, region=region, name="路人")
    else:
        await login_as(role, organisation=agencies.other_agency, name="路人")
    before, tried = await state(), 0
    for method, theirs, nobodys in addresses(world):
        if method == "GET":
            answer, nothing = await client.get(theirs), await client.get(nobodys)
        else:
            answer, nothing = await client.post(theirs, FORM), await client.post(nobodys, FORM)
        assert answer.status_code in (403, 404, 422), (method, theirs, answer.status_code)
        assert answer.status_code == nothing.status_code, (method, theirs, nothing.status_code)
        assert "考生1" not in answer.text, theirs
        tried += 1
    assert tried > 25
    assert await state() == before


@pytest.mark.req("S2-28")
async def test_a_candidate_reaches_his_own_paper_and_no_other(
    hall: Hall, clock: Any, client: Browser, app: Any
) -> None:
    """Another session's code, another's ticket, a token that is not his, after it was released."""
    code = await hall.open()
    entry, password = await hall.let_in()
    other, _ = await hall.let_in(1)
    assert (await sign_in(client, "000000", entry, password)).status_code == 422
    assert (await sign_in(client, code, other, password)).status_code == 422
    answer = await sign_in(client, code, entry, password)
    assert answer.status_code == 303
    again = Browser(app)
    assert (await sign_in(again, code, entry, password)).status_code == 422, "once only"
    cookie = next(each for each in client.http.cookies.jar if "." in each.value)
    number, _, token = cookie.value.partition(".")
    async with transaction(WIDE):
        theirs = await value("select id from exams_attempt where entry = $1", other["id"])
    for forged in (f"{theirs}.{token}", f"{number}.{'A' * len(token)}", f"{number}.", "x.y", "1e3"):
        again.http.cookies.clear()
        again.http.cookies.set(cookie.name, forged)
        for path in ("/exams/sit/ready", "/exams/sit/paper", "/exams/sit/done"):
            shown = await again.get(path)
            assert entry["ticket"] not in shown.text, (forged, path)
            assert other["ticket"] not in shown.text, (forged, path)
        acts = {"acts": [{"n": 5, "kind": "answer", "q": 0, "a": ["o1"]}]}
        sent = await again.http.post("/exams/sit/answers", json=acts)
        assert sent.status_code in (401, 403, 404, 410), (forged, sent.status_code)
    # His own paper, before the time: nothing of the questions.
    early = await client.get("/exams/sit/paper")
    assert "data-exam-question" not in early.text
    await again.close()


async def test_another_candidate_opens_neither_the_result_nor_the_office_pages(
    client: Browser, login_as: Any, agencies: Agencies, world: dict[str, int]
) -> None:
    """He has a place of his own in the very session, and an account at the same agency."""
    visitor = await login_as("handler", organisation=agencies.agency, name="另一名考生")
    async with transaction(WIDE):
        other = await value("select max(id) from exams_entry")
        await execute("update exams_entry set person = $2 where id = $1", other, visitor.person_id)
    assert other != world["mine"]
    assert (await client.get(f"/exams/mine/{other}")).status_code == 200
    before = await state()
    for method, theirs, _ in addresses(world):
        send = client.get(theirs) if method == "GET" else client.post(theirs, FORM)
        answer = await send
        assert answer.status_code in (403, 404, 422), (method, theirs, answer.status_code)
        assert "考生1" not in answer.text, theirs
    assert await state() == before
