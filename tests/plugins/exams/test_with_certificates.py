# SPDX-License-Identifier: Apache-2.0
"""What certificates tell and ask, by the facts and the gate the two agreed on."""

from typing import Any

import pytest

from core.api.db import Scope, transaction, value
from core.api.facts import record
from core.api.people import enter_person
from core.api.plugin import Fact, Place, SubjectRef
from core.api.testing import Agencies, Browser
from plugins.exams import reactions
from tests.plugins.exams.conftest import START

TOLD: dict[str, Any] = {
    "request": 7,
    "purpose": "inspection",
    "name": "张海龙",
    "organisation": 0,
    "org_lo": 0,
    "region_lo": 0,
    "card_number": "15082200001",
    "due_on": "2026-12-31",
}


async def heard(kind: str, person: int, place: Place, **more: Any) -> None:
    payload = {**TOLD, "person": person, **more}
    fact = Fact(1, kind, SubjectRef("core.person", person), payload, place, 0, START, START)
    async with transaction(Scope.platform("a fact is delivered")):
        if kind.endswith("unwanted"):
            await reactions.note_unwanted(fact)
        else:
            await reactions.note_wanted(fact)


@pytest.fixture
async def officer(agencies: Agencies) -> tuple[int, Place]:
    async with transaction(Scope.platform("test data")):
        person = await enter_person("张海龙", agencies.agency.id)
    return person.id, Place(agencies.agency.region_lo, agencies.agency.lo)


@pytest.mark.req("S2-24")
async def test_a_four_year_inspection_waits_for_its_exam(
    officer: tuple[int, Place], clock: Any
) -> None:
    clock(START)
    person, place = officer
    ref = SubjectRef("core.person", person)

    async def objected(**draft: Any) -> list[str]:
        async with transaction(Scope.platform("a gate asks").read_only()):
            found = await reactions.answer_review([ref], START.date(), draft or None)
        return [each.code for each in found.get(ref, ())]

    assert await objected(kind="four_year", moment="application") == []
    await heard("certificates.exam_wanted", person, place)
    await heard("certificates.exam_wanted", person, place)
    assert await value("select count(*) from exams_wanted") == 1
    assert await objected() == ["exams.not_passed"]
    assert await objected(kind="four_year", moment="scan", request=7) == ["exams.not_passed"]
    assert await objected(kind="four_year", moment="approval", request=7) == []
    assert await objected(kind="four_year", moment="application", request=8) == ["exams.not_passed"]
    assert await objected(kind="two_year", moment="scan", request=9) == []
    await heard("certificates.exam_unwanted", person, place, reason="本人离职")
    assert await objected() == []
    assert await value("select state from exams_wanted") == "withdrawn"


async def test_what_is_not_ours_is_left_alone(officer: tuple[int, Place]) -> None:
    person, place = officer
    await heard("certificates.exam_wanted", person, place, purpose="driving")
    await heard("certificates.exam_wanted", person, place, purpose="application", due_on="")
    assert await value("select array_agg(purpose) from exams_wanted") == ["application"]


@pytest.mark.needs("certificates")
@pytest.mark.req("S2-24")
async def test_told_by_the_platform_and_asked_by_its_gate(
    officer: tuple[int, Place], client: Browser, objects_to: Any
) -> None:
    del client  # it brings the registry of the real application
    from plugins.certificates.facts import ExamUnwanted, ExamWanted

    person, place = officer
    ref = SubjectRef("core.person", person)
    wanted = ExamWanted(
        request=7,
        purpose="inspection",
        person=person,
        name="张海龙",
        organisation=await value("select organisation from core_person where id = $1", person),
        org_lo=place.org_lo,
        region_lo=place.region_lo,
        card_number="15082200001",
        due_on="2026-12-31",
    )
    async with transaction(Scope.platform("the legal office approves")):
        await record("certificates.exam_wanted", ref, wanted, place)
    assert await value("select state from exams_wanted where person = $1", person) == "waiting"
    assert "exams.not_passed" in await objects_to("certificates.annual_review", ref)
    async with transaction(Scope.platform("the body withdraws")):
        await record(
            "certificates.exam_unwanted", ref, ExamUnwanted(7, "inspection", person, "离职"), place
        )
    assert await value("select state from exams_wanted where person = $1", person) == "withdrawn"
    assert "exams.not_passed" not in await objects_to("certificates.annual_review", ref)
