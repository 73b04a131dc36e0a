# SPDX-License-Identifier: Apache-2.0
"""Telling of alarms: the first at once, those close behind it in one message, none hidden (C4-09)."""

from datetime import UTC, datetime, timedelta

import pytest

from core import db as engine
from core.api.db import Scope, execute, row, rows, transaction
from core.host.registry import current
from core.jobs import services as jobs
from plugins.inspection.rules.noticing import LISTED, Line, due_at, in_one
from tests.plugins.inspection.live import Where, alarms, put_in_force, tell
from tests.plugins.inspection.story import T0
from tests.plugins.inspection.test_live import RULES, inquiry

NOON = datetime(2026, 5, 7, 4, 0, tzinfo=UTC)
TEN = timedelta(minutes=10)
LATER = T0 + timedelta(days=1)
OFFICE = Scope.platform("a test looks at everything")


@pytest.mark.req("C4-09")
@pytest.mark.parametrize(
    ("last", "window", "due"),
    [
        (None, TEN, None),
        (NOON - TEN - timedelta(seconds=1), TEN, None),
        (NOON - TEN, TEN, None),
        (NOON - TEN + timedelta(seconds=1), TEN, NOON + timedelta(seconds=1)),
        (NOON, TEN, NOON + TEN),
        (NOON, timedelta(0), None),
    ],
)
def test_when_somebody_is_told(last, window, due):
    assert due_at(last, NOON, window) == due


def line(number: int, *, case: int = 1, colour: str = "red") -> Line:
    return Line(
        number, case, f"磴市监立〔2026〕{case}号", colour, f"缺材料 {number}", "……，所以报红灯。"
    )


def test_a_message_of_several_counts_all_and_names_each_or_leads_to_it():
    said = in_one([line(1), line(2), line(3, colour="yellow")])
    assert (said["count"], said["counts"]) == ("3", "红灯 2、黄灯 1")
    assert said["where"] == "磴市监立〔2026〕1号", "all of one case: the case is named"
    assert said["list"] == (
        "红灯 磴市监立〔2026〕1号 缺材料 1；红灯 磴市监立〔2026〕1号 缺材料 2；"
        "黄灯 磴市监立〔2026〕1号 缺材料 3"
    )
    several = in_one([line(n, case=n) for n in range(LISTED)])
    assert several["where"] == f"{LISTED} 个案件"
    assert "还有" not in several["list"]
    many = in_one([line(n, case=n) for n in range(LISTED + 1)])
    assert many["list"].count("缺材料") == LISTED
    assert many["list"].endswith("还有 1 条，打开可以看到全部")
    assert in_one([line(1)] * 2)["counts"] == "红灯 2", "a colour nobody has is not counted"


@pytest.fixture
async def county(db, region_tree, agencies, clock, login_as):
    where = Where(region_tree, agencies)
    clock(LATER)
    await put_in_force(where, RULES)
    await login_as("dept_supervisor", organisation=where.agency, person=901, name="乌云娜")
    await login_as("supervision_bureau", region=where.county, person=902, name="陈玉梅")
    await login_as("supervision_bureau", region=where.other_county, person=903, name="外县")
    return where


async def messages(person: int) -> list[dict]:
    async with transaction(OFFICE):
        return await rows(
            "select id, kind, title, text, subject_kind, subject_id, at from core_message"
            " where person = $1 and kind like 'inspection.alarm%' order by id",
            person,
        )


async def work() -> int:
    """What is due is done, with the rights of the worker."""
    before, done = engine.DB.scoped_role, 0
    engine.DB.scoped_role = engine.WORKER
    try:
        while await jobs.run_one(current()):
            done += 1
    finally:
        engine.DB.scoped_role = before
    return done


@pytest.mark.req("C4-09")
async def test_the_first_at_once_the_rest_in_one(county, facts, clock, client, login_as):
    for case in range(1, 6):
        await tell(county, inquiry(case=case))
    await facts.dispatch()
    (first,) = await messages(902)
    assert first["title"] == "红灯：调查取证缺现场照片 0/1"
    assert await work() == 0, "nothing is due before the window ends"
    clock(LATER + TEN - timedelta(seconds=1))
    assert await work() == 0
    clock(LATER + TEN)
    assert await work() > 0
    _, second = await messages(902)
    assert second["title"] == "4 个案件有 4 条新报警：红灯 4"
    for case in range(2, 6):
        assert f"〔2026〕{case}号" in second["text"], "each is named"
    assert second["subject_kind"] == "inspection.notice"
    assert [m["kind"] for m in await messages(901)] == ["inspection.alarm", "inspection.alarms"]
    assert await messages(903) == [], "another county is not told"
    async with transaction(OFFICE):
        waiting = await row("select count(*) as n from inspection_told where told_at is null")
        told = await rows("select alarm from inspection_told where person = 902")
    assert waiting["n"] == 0
    assert len(told) == 5, "every alarm was told exactly once"
    await login_as("supervision_bureau", region=county.county, person=902, name="陈玉梅")
    page = await client.get(f"/inspection/alarms?tab=&notice={second['subject_id']}")
    assert page.text.count("调查取证缺现场照片 0/1</a>") == 4
    assert "只列出一条消息里的报警" in page.text
    assert "看全部报警" in page.text
    answer = await client.get(f"/messages/{second['id']}")
    assert answer.headers["location"].endswith(f"notice={second['subject_id']}")
    await login_as("supervision_bureau", region=county.other_county, person=903, name="外县")
    away = await client.get(f"/inspection/alarms?tab=&notice={second['subject_id']}")
    assert "调查取证缺现场照片" not in away.text
    assert (await client.get("/inspection/alarms?tab=&notice=x")).status_code == 200


async def test_two_of_one_case_name_the_case_and_one_alone_stays_as_it_was(county, facts, clock):
    await tell(county, inquiry())
    await facts.dispatch()
    await tell(county, inquiry(case=2))
    await facts.dispatch()
    clock(LATER + TEN)
    await work()
    assert [m["kind"] for m in await messages(902)] == ["inspection.alarm"] * 2
    clock(LATER + 3 * TEN)
    await tell(county, inquiry(case=3))
    await facts.dispatch()
    assert len(await messages(902)) == 3, "after a quiet while it is at once again"


async def test_delivered_twice_it_is_told_once(county, facts, clock):
    await tell(county, inquiry())
    await tell(county, inquiry(case=2))
    await facts.dispatch()
    async with transaction(OFFICE):
        await execute("update core_delivery set state = 'pending' where plugin = 'inspection'")
    await facts.dispatch()
    clock(LATER + TEN)
    await work()
    await work()
    assert len(await messages(902)) == 2


async def test_the_window_is_a_setting_and_may_be_shut(county, facts):
    from core.parameters.services import change_settings

    async with transaction(OFFICE):
        await change_settings(county.county.id, "inspection", {"notice_minutes": 0})
    for case in range(1, 4):
        await tell(county, inquiry(case=case))
    await facts.dispatch()
    assert [m["kind"] for m in await messages(902)] == ["inspection.alarm"] * 3
    assert len(await alarms(3)) == 1


def test_the_setting_is_bounded():
    import msgspec

    from plugins.inspection.services.noticing import InspectionSettings

    assert msgspec.convert({"notice_minutes": 120}, InspectionSettings).notice_minutes == 120
    for wrong in (-1, 121):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"notice_minutes": wrong}, InspectionSettings)
