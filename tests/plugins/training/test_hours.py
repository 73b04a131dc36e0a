# SPDX-License-Identifier: Apache-2.0
"""The ledger by hand, what a role owes, who is short, reminders."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.api.db import Scope, SubjectRef, execute, rows, transaction, value
from core.api.testing import Browser, Clock, Facts
from plugins.training.services import reminding
from tests.plugins.training.conftest import As, announce, typed

MAY = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)


def entry(person_id: int, **more: str) -> dict[str, str]:
    return {
        "person": str(person_id),
        "title": "自治区骨干班",
        "hours": "16",
        "on": "2026-05-01",
        "reason": "结业证书 12 号",
        **more,
    }


@pytest.mark.req("C8-04")
async def test_hours_gained_elsewhere_are_entered_and_taken_back(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, clock: Clock
) -> None:
    clock(MAY)
    who = await as_reader("handler", "张海龙")
    await as_bureau()
    assert "张海龙" in (await client.get("/training/ledger/new?find=张海")).text
    for _ in range(2):
        answer = await client.post(
            "/training/ledger/new?find=张海", entry(who.person_id, once="k" * 20)
        )
        assert answer.status_code == 303, answer.text
    (made,) = await rows("select id, tenths from training_hours")
    assert made["tenths"] == 160
    wrong = await client.post(f"/training/ledger/{made['id']}/reverse", {"reason": ""})
    assert wrong.status_code == 422
    await client.post(f"/training/ledger/{made['id']}/reverse", {"reason": "证书是别人的"})
    twice = await client.post(f"/training/ledger/{made['id']}/reverse", {"reason": "再来一次"})
    assert twice.status_code == 422
    assert "已经冲销过" in twice.text
    assert [
        each["tenths"] for each in await rows("select tenths from training_hours order by id")
    ] == [
        160,
        -160,
    ]
    (credited,) = await facts.only("training.hours_credited")
    (reversed_,) = await facts.only("training.hours_reversed")
    assert reversed_.payload["reverses"] == credited.payload["entry"]
    await as_reader("handler", "张海龙")
    mine = (await client.get("/training/hours")).text
    assert "自治区骨干班" in mine
    assert "证书是别人的" in mine
    assert "0 学时" in mine
    kinds = [each["kind"] for each in await rows("select kind from core_message order by id")]
    assert kinds == ["training.hours", "training.hours_reversed"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"hours": "很多"}, "学时请写数字"),
        ({"hours": "0"}, "学时要大于 0"),
        ({"on": "2027-01-01"}, "还没有到"),
        ({"reason": ""}, "依据"),
        ({"person": "999999"}, "请选择本地区的人员"),
    ],
)
async def test_what_is_wrong_with_an_entry_stands_beside_it(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock, more: dict[str, str], said: str
) -> None:
    clock(MAY)
    who = await as_reader("handler", "张海龙")
    await as_bureau()
    answer = await client.post("/training/ledger/new?find=张", entry(who.person_id, **more))
    assert answer.status_code == 422
    assert said in answer.text
    assert "自治区骨干班" in answer.text
    assert await value("select count(*) from training_hours") == 0


async def test_hours_of_people_elsewhere_are_out_of_reach(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, agencies: Any, clock: Clock
) -> None:
    clock(MAY)
    here = await as_reader("handler", "张海龙")
    away = await as_reader("handler", "外县的", organisation=agencies.foreign_agency)
    await as_bureau()
    answer = await client.post("/training/ledger/new", entry(away.person_id))
    assert answer.status_code == 422
    await client.post("/training/ledger/new", entry(here.person_id))
    made = await value("select id from training_hours")
    await as_bureau(region_tree.other_county)
    assert "自治区骨干班" not in (await client.get("/training/ledger")).text
    assert (await client.get(f"/training/ledger/{made}")).status_code == 404
    assert (
        await client.post(f"/training/ledger/{made}/reverse", {"reason": "不归我管"})
    ).status_code == 404
    await as_reader("body_admin", "主体管理员", organisation=agencies.agency)
    assert "自治区骨干班" in (await client.get("/training/ledger")).text
    assert (
        await client.post(f"/training/ledger/{made}/reverse", {"reason": "没有权限"})
    ).status_code == 403
    await as_reader("body_admin", "别的主体", organisation=agencies.other_agency)
    assert (await client.get(f"/training/ledger/{made}")).status_code == 404


@pytest.mark.req("C8-10")
async def test_who_is_short_is_seen_by_year_and_reminded(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, clock: Clock
) -> None:
    clock(MAY)
    met = await as_reader("handler", "够了的")
    short = await as_reader("handler", "差着的")
    await as_bureau()
    form = {"role": "handler", "hours": "40", "from_year": "2026", "basis": "培训计划"}
    answer = await client.post("/training/requirements", {**form, "once": "k" * 20})
    again = await client.post("/training/requirements", {**form, "once": "k" * 20})
    assert answer.status_code == again.status_code == 303
    path = answer.headers["location"]
    assert await value("select count(*) from training_requirement") == 1
    await client.post("/training/ledger/new", entry(met.person_id, hours="40"))
    await client.post("/training/ledger/new", entry(short.person_id, hours="15.5"))
    page = (await client.get(path)).text
    assert "差着的" in page
    assert "24.5" in page
    assert "够了的" not in page
    assert "够了的" in (await client.get(f"{path}?show=met")).text
    await client.post(f"{path}/remind")
    told = await rows("select person, text from core_message where kind = 'training.short'")
    assert [each["person"] for each in told] == [short.person_id]
    assert "24.5" in told[0]["text"]
    assert f"{path}/remind" not in (await client.get(path)).text
    assert (await client.post(f"{path}/remind")).status_code == 409, "once a day"
    # The next year begins at nothing, and the year before stays.
    clock(MAY + timedelta(days=365))
    await as_bureau()
    assert "40" in (await client.get(path)).text
    assert "够了的" in (await client.get(path)).text
    last_year = (await client.get(f"{path}?year=2026&show=met")).text
    assert "够了的" in last_year
    await as_reader("handler", "差着的")
    mine = (await client.get("/training/hours")).text
    assert "还差 <b>40</b>" in mine
    assert "差 24.5" in mine
    assert len(await facts.only("training.requirement_set")) == 1


@pytest.mark.req("C8-10", "S4-8")
async def test_a_new_requirement_ends_the_old_one_and_both_stay(
    client: Browser, as_bureau: As, clock: Clock, facts: Facts
) -> None:
    clock(MAY)
    await as_bureau()
    first = {"role": "justice_office", "hours": "24", "from_year": "2026"}
    await client.post("/training/requirements", first)
    same = await client.post("/training/requirements", first)
    assert same.status_code == 422
    assert "请先停止它" in same.text
    assert (
        await client.post("/training/requirements", {**first, "from_year": "2025"})
    ).status_code == 422
    await client.post("/training/requirements", {**first, "hours": "40", "from_year": "2027"})
    found = await rows("select tenths, from_year, to_year from training_requirement order by id")
    assert [(each["tenths"], each["from_year"], each["to_year"]) for each in found] == [
        (240, 2026, 2026),
        (400, 2027, None),
    ]
    path = f"/training/requirements/{await value('select max(id) from training_requirement')}"
    assert "司法所人员" in (await client.get("/training/requirements")).text
    await client.post(f"{path}/end")
    assert (await client.post(f"{path}/end")).status_code == 409
    assert len(await facts.only("training.requirement_ended")) == 1


async def test_requirements_of_another_office_are_not_found(
    client: Browser, as_bureau: As, region_tree: Any
) -> None:
    await as_bureau()
    year = datetime.now(UTC).year
    answer = await client.post(
        "/training/requirements", {"role": "handler", "hours": "40", "from_year": str(year)}
    )
    path = answer.headers["location"]
    await as_bureau(region_tree.other_county)
    assert (await client.get(path)).status_code == 404
    for act in ("remind", "end"):
        assert (await client.post(f"{path}/{act}")).status_code == 404


@pytest.mark.req("C8-10")
async def test_reminders_go_out_by_themselves_once(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(MAY)
    reader = await as_reader("handler", "差着的")
    await as_bureau()
    await client.post(
        "/training/requirements", {"role": "handler", "hours": "40", "from_year": "2026"}
    )
    begin = MAY + timedelta(days=2)
    training = await announce(
        client, starts_at=typed(begin), ends_at=typed(begin + timedelta(hours=3))
    )
    await as_reader("handler", "差着的")
    await client.post(f"/training/{training}/join")
    bureau = await as_bureau()
    scope = Scope(bureau.scope.region, bureau.scope.organisation)
    for day in range(4):
        clock(MAY + timedelta(days=day))
        async with transaction(scope):
            await reminding.remind_of_beginning(scope)
            await reminding.remind_of_hours(scope)
    for month in (9, 10, 11):
        for day in (1, 2):
            clock(datetime(2026, month, day, 1, 0, tzinfo=UTC))
            async with transaction(scope):
                await reminding.remind_of_hours(scope)
    told = await rows("select kind, person from core_message where kind in"
                      " ('training.begins', 'training.short') order by id")  # fmt: skip
    assert [each["kind"] for each in told] == [
        "training.begins",
        "training.short",
        "training.short",
    ]
    assert {each["person"] for each in told} == {reader.person_id}


@pytest.mark.req("C8-04")
@pytest.mark.needs("certificates")
async def test_whoever_was_short_last_year_is_named_at_the_annual_review(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock, objects_to: Any
) -> None:
    clock(MAY)
    short = await as_reader("handler", "差着的")
    met = await as_reader("handler", "够了的")
    await as_bureau()
    await client.post(
        "/training/requirements", {"role": "handler", "hours": "16", "from_year": "2026"}
    )
    await client.post("/training/ledger/new", entry(met.person_id))

    async def said(person: int) -> list[str]:
        found = await objects_to("certificates.annual_review", SubjectRef("core.person", person))
        return [each for each in found if each.startswith("training.")]

    assert await said(short.person_id) == [], "the year is not over"
    clock(MAY + timedelta(days=365))
    assert await said(short.person_id) == ["training.hours_short"]
    assert await said(met.person_id) == []
    async with transaction(Scope.platform("test")):
        await execute(
            """update core_assignment set valid_to = $2 where "user" in
                 (select id from core_user where person = $1)""",
            short.person_id,
            MAY.date(),
        )
    assert await said(short.person_id) == [], "whoever has left the role owes nothing for it"


async def test_the_ledger_leaves_as_a_workbook(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    clock(MAY)
    who = await as_reader("handler", "张海龙")
    await as_bureau()
    await client.post("/training/ledger/new", entry(who.person_id))
    answer = await client.get("/training/ledger?format=xlsx")
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")


@pytest.mark.req("C8-04")
async def test_an_office_above_reads_the_entry_and_leaves_it(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, clock: Clock
) -> None:
    clock(MAY)
    who = await as_reader("handler", "张海龙")
    county = await as_bureau()
    await client.post("/training/ledger/new", entry(who.person_id))
    (made,) = await rows("select id, organ, organ_name from training_hours")
    path = f"/training/ledger/{made['id']}"
    assert made["organ_name"] in (await client.get(path)).text
    assert "冲销这一条" in (await client.get(path)).text
    await as_bureau(region_tree.city)
    page = (await client.get(path)).text
    assert made["organ_name"] in page
    assert "冲销这一条" not in page
    refused = await client.post(f"{path}/reverse", {"reason": "市里觉得不对"})
    assert refused.status_code == 422
    assert f"由{made['organ_name']}记入" in refused.text
    assert await value("select count(*) from training_hours") == 1
    # What the city credits to somebody of the county is the city's to take back.
    await client.post("/training/ledger/new", entry(who.person_id, title="市级示范班"))
    of_city = await value("select max(id) from training_hours")
    await as_bureau(county.region)
    refused = await client.post(f"/training/ledger/{of_city}/reverse", {"reason": "县里不要"})
    assert refused.status_code == 422
    assert await value("select count(*) from training_hours") == 2


@pytest.mark.req("C8-04")
async def test_an_entry_older_than_the_offices_belongs_to_the_office_of_its_place(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, clock: Clock
) -> None:
    clock(MAY)
    who = await as_reader("handler", "张海龙")
    await as_bureau()
    await client.post("/training/ledger/new", entry(who.person_id))
    made = await value("select id from training_hours")
    await execute(
        'insert into training_hours (person, name, tenths, "on", year, source, source_id, title,'
        " reason, recorded_at, recorded_by_name, region_lo, org_lo, organ, organ_name)"
        " select person, name, tenths, \"on\", year, source, source_id, '旧班', reason, recorded_at,"
        " recorded_by_name, region_lo, org_lo, 0, '' from training_hours where id = $1",
        made,
    )
    old = await value("select max(id) from training_hours")
    await as_bureau(region_tree.city)
    assert "冲销这一条" not in (await client.get(f"/training/ledger/{old}")).text
    await as_bureau()
    answer = await client.post(f"/training/ledger/{old}/reverse", {"reason": "证书是别人的"})
    assert answer.status_code == 303
