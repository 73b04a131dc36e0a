# SPDX-License-Identifier: Apache-2.0
"""Two tabs, two officers, an answer at the last moment; with real commits."""

import asyncio
from typing import Any

import pytest

from core import db
from core.api.errors import Invalid, Refused
from core.api.people import appoint_organ, enter_person
from core.api.testing import make_agencies
from core.db import Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.complaints import services
from plugins.complaints.rules import ANSWER, COPY, HANDLE, READ, flow
from tests import factories
from tests.absence import of_those_here
from tests.plugins.complaints.conftest import NOW, Matter, actor, state_of

ALL = Scope.platform("a test looks at everything")
TEXT = "检查时只来了一个人，没有出示证件。"


@pytest.fixture
async def office(fresh_db: str, clock: Any) -> Any:
    clock(NOW)
    enabling.forget()
    # Terms and recusals are another plugin's, with tests of its own.
    with host_registry.use(build(of_those_here("certificates", "complaints"))):
        tree = await factories.region_tree()
        agencies = await make_agencies(tree)
        async with db.transaction(ALL):
            await appoint_organ(tree.county.id, "supervision", agencies.bureau.id)
            officer = await enter_person("李志强", agencies.agency.id)
            volunteer = await enter_person("乌云娜", agencies.bureau.id)
        yield Matter(
            agencies,
            actor("陈玉梅", {READ, HANDLE}, tree.county),
            actor("高建军", {READ, HANDLE}, tree.county),
            actor("外县", {READ, HANDLE}, tree.other_county),
            actor("李建国", {COPY, ANSWER}, tree.county, agencies.agency),
            actor("农牧局", {COPY, ANSWER}, tree.county, agencies.other_agency),
            officer.id,
            volunteer.id,
            tree.county.lo,
        )
    enabling.forget()


async def count(sql: str) -> int:
    async with db.transaction(ALL):
        return int(await db.value(sql))


async def test_one_draft_from_two_tabs_is_filed_once(office: Matter) -> None:
    done = await asyncio.gather(*(office.filed(once="k" * 24) for _ in range(4)))
    assert len(set(done)) == 1
    assert await count("select count(*) from complaints_complaint") == 1
    assert await count("select count(*) from core_fact where kind = 'complaints.filed'") == 1


async def test_numbers_have_no_gap(office: Matter) -> None:
    await asyncio.gather(*(office.filed() for _ in range(5)))
    async with db.transaction(ALL):
        numbers = await db.column("select number from complaints_complaint")
    assert sorted(numbers) == [f"投〔2026〕{n}号" for n in range(1, 6)]


async def test_two_officers_of_the_bureau_handle_at_once(office: Matter) -> None:
    complaint = await office.filed()
    results = await asyncio.gather(
        services.push(office.bureau, complaint, TEXT),
        services.reject(office.second, complaint, "outside", "不属于执法监督。"),
        return_exceptions=True,
    )
    assert len([each for each in results if isinstance(each, Refused)]) == 1
    copies = await count("select count(*) from complaints_copy")
    assert (await state_of(complaint))["state"] == (flow.PUSHED if copies else flow.REJECTED)


async def test_two_pushes_at_once_make_one_copy(office: Matter) -> None:
    complaint = await office.filed()
    results = await asyncio.gather(
        *(services.push(office.bureau, complaint, TEXT) for _ in range(3)), return_exceptions=True
    )
    assert len([each for each in results if isinstance(each, Refused)]) == 2
    assert await count("select count(*) from complaints_copy") == 1
    assert await count("select count(*) from core_clock where state = 'running'") == 1


async def test_two_answers_at_once_count_once(office: Matter) -> None:
    _, copy = await office.pushed()
    results = await asyncio.gather(
        *(services.answer(office.body, copy, "no", f"经查不属实，第{n}稿。", "") for n in range(3)),
        return_exceptions=True,
    )
    assert len([each for each in results if isinstance(each, Refused)]) == 2
    assert await count("select count(*) from core_fact where kind = 'complaints.answered'") == 1


async def test_two_merges_across_end_in_one(office: Matter) -> None:
    one, two = await office.filed(), await office.filed()
    await asyncio.gather(
        services.merge(office.bureau, one, two),
        services.merge(office.second, two, one),
        return_exceptions=True,
    )
    states = {(await state_of(each))["state"] for each in (one, two)}
    assert states == {flow.SUBMITTED, flow.MERGED}


async def test_a_full_disk_files_nothing_and_loses_nothing(
    office: Matter, monkeypatch: Any
) -> None:
    from plugins.complaints.services import media

    async def full(*_args: Any, **_more: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(media, "keep", full)
    from tests.plugins.complaints.conftest import received

    sent = await received()
    with pytest.raises(OSError, match="No space"):
        await office.filed(once="d" * 24, media=[sent])
    assert await count("select count(*) from complaints_complaint") == 0
    assert await count("select count(*) from core_due where name = 'complaints.sign'") == 0
    monkeypatch.undo()
    # The draft comes again by itself, and then it is filed.
    assert await office.filed(once="d" * 24)
    assert await count("select count(*) from complaints_complaint") == 1


async def test_without_the_queue_a_complaint_is_filed_and_its_job_waits(office: Matter) -> None:
    # Jobs lie in PostgreSQL; whether anybody wakes a worker now decides nothing.
    complaint = await office.filed()
    assert (await state_of(complaint))["proof"] == ""
    assert await count("select count(*) from core_due where name = 'complaints.sign'") == 1


async def test_a_bad_text_pushes_nothing(office: Matter) -> None:
    complaint = await office.filed()
    with pytest.raises(Invalid):
        await services.push(office.bureau, complaint, "请打13722233344。")
    assert await count("select count(*) from complaints_copy") == 0
