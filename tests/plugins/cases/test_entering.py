# SPDX-License-Identifier: Apache-2.0
"""补录: cases already under way enter at their present step, marked and not judged for the past."""

from datetime import date

import pytest

from core.api.deadlines import clocks_of
from core.api.errors import Invalid, Refused
from plugins.cases.queries import subject_of
from plugins.cases.rules.definition import read_definition
from plugins.cases.rules.entering import enterable, entering_errors, road_to, stated_values
from plugins.cases.rules.flow import legal_rollback_targets
from plugins.cases.services import UnderWay, open_case
from tests.plugins.cases.conftest import DECISION, INQUIRY, Office
from tests.plugins.cases.definitions import penalty
from tests.plugins.cases.test_pages import Desk, field_of

TODAY = date(2026, 5, 12)


def test_the_road_a_case_has_passed():
    definition = read_definition(penalty())
    assert road_to(definition, "inquiry") == ("clue", "filing")
    assert road_to(definition, "archive") == ("clue", "filing"), "the shortest one"
    assert road_to(definition, "decide")[-2:] == ("review", "notice")
    assert road_to(definition, "clue") == ()
    assert "clue" not in {s.key for s in enterable(definition)}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, None),
        ({"step": ""}, "step"),
        ({"step": "clue"}, "step"),
        ({"step": "nowhere"}, "step"),
        ({"opened_on": date(2026, 5, 13)}, "opened_on"),
        ({"opened_on": date(2020, 1, 1)}, "opened_on"),
        ({"amount": 100}, "amount"),
        ({"step": "execute", "amount": 100}, None),
        ({"step": "execute", "amount": -1}, "amount"),
        ({"reason": ""}, "reason"),
        ({"reason": "长" * 401}, "reason"),
        ({"number": "长" * 61}, "number"),
    ],
)
def test_what_an_entry_needs(wrong, field):
    typed = {
        "step": "inquiry",
        "opened_on": date(2026, 3, 1),
        "number": "",
        "amount": None,
        "reason": "平台上线前立案",
        **wrong,
    }
    errors = entering_errors(read_definition(penalty()), today=TODAY, **typed)
    assert list(errors) == ([field] if field else [])


def test_nothing_is_invented_but_the_outcome():
    definition = read_definition(penalty())
    assert stated_values(definition, definition.step("inquiry"), amount=5, on=TODAY) == {}
    found = stated_values(definition, definition.step("decide"), amount=500_000, on=TODAY)
    assert found["amount"] == 500_000
    assert found["outcome"] == "予以处罚"


async def enter(office: Office, step: str, actor=None, **more) -> int:
    entry = UnderWay(
        **{"step": step, "opened_on": date(2026, 1, 5), "reason": "平台上线前立案", **more}
    )
    return await open_case(
        actor or office.chief, office.opening(under_way=entry, same_party_confirmed=True)
    )


@pytest.mark.req("S1-14")
async def test_a_case_enters_at_its_step_and_goes_on(office: Office, facts):
    with pytest.raises(Refused, match="由负责人"):
        await enter(office, "inquiry", actor=office.zhang)
    with pytest.raises(Invalid):
        await enter(office, "clue")
    case = await enter(office, "inquiry", number="旧〔2025〕88号")
    file = await office.file(case)
    assert file.row["under_way"]
    assert file.row["case_number"] == "旧〔2025〕88号"
    assert (file.row["step"], file.row["opened_at"].year) == ("inquiry", 2026)
    assert [(v["step"], v["prior"]) for v in file.visits] == [
        ("clue", True),
        ("filing", True),
        ("inquiry", False),
    ]
    (opened,) = await facts.only("cases.opened")
    assert "补录在办案件" in opened.payload["reason"]
    assert await facts.only("cases.step_submitted") == [], "no event tells of the past"
    with pytest.raises(Invalid, match="已经有一个案件"):
        await enter(office, "inquiry", number="旧〔2025〕88号")
    targets = {
        t.step: t for t in legal_rollback_targets(file.definition, file.lines(), case_state="open")
    }
    assert not targets["filing"].legal
    assert "补录以前" in targets["filing"].reason
    await office.submit(case, INQUIRY, actor=office.chief)
    assert (await office.file(case)).row["step"] == "finding"


async def test_periods_that_had_run_out_are_not_counted(office: Office):
    case = await enter(office, "finding", opened_on=date(2025, 6, 1))
    running = {c.key for c in await clocks_of(subject_of(case)) if c.stopped_at is None}
    assert "stage:investigate" not in running, "ninety days were over long before"
    case = await enter(office, "finding", opened_on=date(2026, 4, 1))
    clocks = {c.key: c for c in await clocks_of(subject_of(case)) if c.stopped_at is None}
    assert clocks["stage:investigate"].started_at.date() == date(2026, 4, 1)


async def test_what_was_done_before_does_not_stop_the_decision(office: Office):
    case = await enter(office, "decide", opened_on=date(2026, 4, 1))
    from plugins.cases.services import Choice, authorise_officers

    await authorise_officers(
        office.chief,
        case,
        "decide",
        [Choice(office.chief.person, "lead"), Choice(office.sqgw.person)],
    )
    await office.submit(case, DECISION, actor=office.chief)
    assert (await office.file(case)).row["step"] == "service"


async def test_entered_at_the_execution_the_fine_is_known(office: Office):
    case = await enter(office, "execute", opened_on=date(2026, 4, 1), amount=500_000)
    file = await office.file(case)
    assert file.row["decision"]["amount"] == 500_000


async def test_the_form(office: Office, client, login_as):
    desk = Desk(office, client, login_as)
    await desk.sit(office.zhang)
    assert "补录" not in await desk.page(f"/cases/new?item={office.penalty}")
    await desk.sit(office.chief, "legal_office")
    html = await desk.page(f"/cases/new?item={office.penalty}")
    assert "补录到现在的环节" in html
    data = {
        "item": office.penalty,
        "token": field_of(html, "token"),
        "title": "案由",
        "source": "inspection",
        "party_kind": "business",
        "party_name": "某店",
        "entry_step": "inquiry",
        "entry_opened_on": "2026-03-01",
        "entry_reason": "",
    }
    answer = await client.post("/cases/new", data)
    assert answer.status_code == 422
    assert "请写明为什么补录" in answer.text
    assert 'id="f-entry_reason"' in answer.text
    answer = await client.post("/cases/new", {**data, "entry_reason": "上线前立案"})
    assert answer.status_code == 303, answer.text[-800:]
    html = (await client.follow(answer)).text
    assert "补录的案件" in html
    assert "补录以前" in html
    assert "案由" in await desk.page("/cases/?clock=entered")
