# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is: words and share of a deadline, who sees what, numbers equal to lists."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import db as database
from core.api.plugin import Place, SubjectRef
from core.api.testing import switch_off
from core.calendar.rules import Unit, WorkCalendar
from core.db import Scope, transaction
from core.turns import queries, rules, services
from tests import factories

NOW = datetime(2026, 5, 12, 2, 46, tzinfo=UTC)  # a Tuesday, 10:46 in Beijing
DAY = timedelta(days=1)


def end_of(year: int, month: int, day: int) -> datetime:
    """The last second of a day in Beijing."""
    return datetime(year, month, day, 15, 59, 59, tzinfo=UTC)


PLAIN = WorkCalendar(plain=True)


def left(due: datetime | None, **more: Any) -> rules.Countdown:
    return rules.countdown(now=NOW, started_at=NOW - 2 * DAY, due_at=due, calendar=PLAIN, **more)


@pytest.mark.parametrize(
    ("due", "unit", "note", "tone"),
    [
        (end_of(2026, 5, 8), "calendar", "超期 4 天", "late"),
        (end_of(2026, 5, 12), "working", "今天 24:00 到期", "near"),
        (end_of(2026, 5, 14), "working", "剩 2 个工作日", "near"),
        (end_of(2026, 5, 18), "working", "剩 4 个工作日", ""),
        (NOW + timedelta(hours=30), "hours", "剩 30 小时", ""),
        (None, "working", "已 2 天", ""),
    ],
)
def test_words_of_a_deadline(due: datetime | None, unit: Unit, note: str, tone: str) -> None:
    found = left(due, unit=unit)
    assert (found.note, found.tone) == (note, tone)


def test_share_is_the_time_used_up() -> None:
    assert left(NOW + 2 * DAY).share == 50
    assert left(NOW - DAY).share == 100
    assert left(None).share == 0


def test_a_paused_thing_says_why_and_has_no_arc() -> None:
    found = left(NOW - DAY, paused=True, pause_note="鉴定期间不计入")
    assert found == rules.Countdown("已中止，鉴定期间不计入", 0, "paused")


def test_greeting_follows_the_hour() -> None:
    assert rules.greeting(NOW) == "上午好"
    assert rules.greeting(datetime(2026, 5, 12, 12, tzinfo=UTC)) == "晚上好"


# --- with the database -----------------------------------------------------------------------

PERMISSION = "core.audit.read"


async def hand(
    number: int, agencies: Any, subject: SubjectRef | None = None, **more: Any
) -> SubjectRef:
    subject = subject or SubjectRef("core.home", number)
    place = Place(agencies.agency.region_lo, agencies.agency.lo)
    given: dict[str, Any] = {
        "title": f"案件 {number}",
        "subline": f"磴市监立〔2026〕{number}号",
        "path": f"/cases/{number}",
        "place": place,
        **more,
    }
    async with transaction(Scope.platform("test")):
        await services.hand_turn(subject, **given)
    return subject


async def numbers(who: Any) -> tuple[int, int, int]:
    async with transaction(who.scope):
        return (
            await queries.my_turns(who),
            await queries.unit_turns(who),
            await queries.watched_turns(who),
        )


class Request:
    """What a listing reads of a request."""

    def __init__(self, query: str = "") -> None:
        from urllib.parse import parse_qsl

        pairs = parse_qsl(query)
        self.query_params = type("Q", (), {"multi_items": lambda _self: pairs})()
        self.url = type("U", (), {"path": "/"})()


async def titles(who: Any, tab: queries.Tab = "mine", query: str = "") -> list[str]:
    async with transaction(who.scope):
        return [row["title"] for row in (await queries.page(Request(query), who, tab)).rows]


async def test_my_turns_are_mine_and_those_of_my_rights(
    agencies: Any, login_as: Any, region_tree: Any
) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    other = await factories.person(agencies.agency, "斯琴高娃")
    who = await login_as("handler", person=person.id, permissions=(PERMISSION,))
    await hand(1, agencies, holder_person=person.id)
    await hand(2, agencies, holder_person=other.id)
    await hand(3, agencies, holder_org=agencies.agency.lo, permission=PERMISSION)
    await hand(4, agencies, holder_org=agencies.agency.lo, permission="core.audit.unmask")
    assert sorted(await titles(who)) == ["案件 1", "案件 3"]
    assert await numbers(who) == (2, 4, 0)


@pytest.mark.needs("powers")
async def test_the_unit_list_holds_nothing_whose_page_stays_shut(
    agencies: Any, login_as: Any
) -> None:
    """A clerk without any right in the catalogue is not led to a draft that answers 403."""
    place = Place(agencies.agency.region_lo, agencies.agency.lo)
    async with transaction(Scope.platform("test")):
        await services.hand_turn(
            SubjectRef("powers.draft", 1),
            title="草稿",
            subline="",
            path="/powers/drafts/1",
            place=place,
            holder_org=agencies.agency.lo,
            permission="powers.draft.read",
        )
    clerk = await login_as("data_entry", permissions=(PERMISSION,))
    assert (await titles(clerk, "unit"), (await numbers(clerk))[1]) == ([], 0)
    reader = await login_as("handler", permissions=("powers.draft.read",))
    assert (await titles(reader, "unit"), (await numbers(reader))[1]) == (["草稿"], 1)


async def test_what_an_absent_plugin_handed_out_waits_for_nobody(
    agencies: Any, login_as: Any, client: Any
) -> None:
    """Its page answers 404, so it neither stands on a list nor counts."""
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    await hand(1, agencies, holder_person=person.id)
    await hand(2, agencies, holder_person=person.id, subject=SubjectRef("gone.paper", 2))
    assert await numbers(who) == (1, 1, 0)
    assert await titles(who) == await titles(who, "unit") == ["案件 1"]
    assert "案件 2" not in (await client.get("/")).text


@pytest.mark.needs("powers")
async def test_what_a_plugin_handed_out_waits_until_it_is_on_again(
    agencies: Any, login_as: Any, region_tree: Any
) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    await hand(1, agencies, holder_person=person.id, subject=SubjectRef("powers.draft", 1))
    for on, waits in ((False, []), (True, ["案件 1"])):
        await switch_off("powers", region_tree.county, on=on)
        who = replace(who, version=who.version + 1)
        assert await titles(who) == waits


async def test_another_agency_sees_nothing(agencies: Any, login_as: Any) -> None:
    await hand(1, agencies, holder_org=agencies.agency.lo, permission=PERMISSION)
    who = await login_as("handler", organisation=agencies.other_agency, permissions=(PERMISSION,))
    assert await numbers(who) == (0, 0, 0)
    assert await titles(who, "unit") == []


@pytest.mark.req("B41-3")
async def test_the_number_on_a_tab_is_the_length_of_its_list(agencies: Any, login_as: Any) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    for number in range(35):
        await hand(number + 1, agencies, holder_person=person.id)
    assert (await numbers(who))[0] == 35
    async with transaction(who.scope):
        found = await queries.page(Request(), who, "mine")
        assert len(found.rows) == 30
        assert found.total == 35
        assert found.next_cursor
        assert len(await queries.export(Request(), who, "mine")) == 35


async def test_handing_on_closes_the_turn_before(agencies: Any, login_as: Any) -> None:
    first = await factories.person(agencies.agency, "张海龙")
    second = await factories.person(agencies.agency, "斯琴高娃")
    who = await login_as("handler", person=first.id)
    await hand(1, agencies, holder_person=first.id)
    subject = await hand(1, agencies, holder_person=second.id)
    assert await titles(who) == []
    async with transaction(who.scope):
        found = await queries.hold(subject, who)
    assert found is not None
    assert (found["who"], found["me"]) == ("斯琴高娃", False)


async def test_turns_with_keys_of_their_own_stand_side_by_side(agencies: Any) -> None:
    first = await factories.person(agencies.agency, "张海龙")
    second = await factories.person(agencies.agency, "斯琴高娃")
    await hand(1, agencies, holder_person=first.id, key="a")
    subject = await hand(1, agencies, holder_person=second.id, key="b")
    async with transaction(Scope.platform("test")):
        assert {h["who"] for h in (await queries.holds([subject]))[subject]} == {
            "张海龙",
            "斯琴高娃",
        }
        assert await services.close_turn(subject, key="a") == 1
        assert await services.close_turn(subject) == 1
        assert await queries.hold(subject) is None


async def test_the_holder_sees_a_turn_of_another_organs_paper(agencies: Any, login_as: Any) -> None:
    """The bureau's order waits for an officer of the agency: it stands at his place."""
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    await hand(1, agencies, holder_person=person.id, place=Place(agencies.agency.region_lo, 0))
    assert await titles(who) == ["案件 1"]


async def test_a_lamp_stays_when_the_turn_moves_on(agencies: Any, login_as: Any) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    subject = await hand(1, agencies, holder_person=person.id)
    async with transaction(who.scope):
        await services.set_lamp(subject, "red")
    await hand(1, agencies, holder_person=person.id, step_title="执行")
    async with transaction(who.scope):
        assert (await queries.page(Request("lamp=red"), who, "mine")).rows[0]["lamp"] == "red"
        assert (await queries.day(who)).red == 1
        await services.set_lamp(subject, "")
        assert (await queries.day(who)).red == 0


async def test_sorted_by_what_is_due_first_and_paused_last(
    agencies: Any, login_as: Any, clock: Any
) -> None:
    clock(NOW)
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    for number, due in ((1, NOW + 9 * DAY), (2, NOW - DAY), (3, None), (4, NOW + DAY)):
        subject = await hand(number, agencies, holder_person=person.id, due_at=due)
    async with transaction(who.scope):
        await services.move_due(subject, NOW + DAY, paused=True, note="鉴定")
    assert await titles(who) == ["案件 2", "案件 1", "案件 3", "案件 4"]
    async with transaction(who.scope):
        rows = (await queries.page(Request(), who, "mine")).rows
    assert [row["hold"]["tone"] for row in rows] == ["late", "", "", "paused"]


async def test_watching_is_private_and_twice_is_once(agencies: Any, login_as: Any) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    subject = await hand(1, agencies, holder_person=person.id)
    async with transaction(who.scope):
        await services.watch(who.user_id, subject)
        await services.watch(who.user_id, subject)
        assert await queries.is_watched(who.user_id, subject)
    assert await titles(who, "watched") == ["案件 1"]
    async with transaction(who.scope):
        await services.unwatch(who.user_id, subject)
        assert not await queries.is_watched(who.user_id, subject)
    assert await titles(who, "watched") == []


async def test_what_i_closed_is_my_done_list(agencies: Any, login_as: Any) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    who = await login_as("handler", person=person.id)
    subject = await hand(1, agencies, holder_person=person.id)
    async with transaction(who.scope):
        await services.close_turn(subject)
    assert await titles(who) == []
    assert await titles(who, "done") == ["案件 1"]


async def test_a_turn_needs_a_holder() -> None:
    with pytest.raises(ValueError, match="holder"):
        await services.hand_turn(SubjectRef("core.home", 1), title="x", path="/", place=Place(0))


async def test_home_page_shows_what_waits(agencies: Any, login_as: Any, client: Any) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    await login_as("handler", person=person.id)
    await hand(1, agencies, holder_person=person.id, step_title="调查取证")
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "案件 1" in answer.text
    assert "轮到我" in answer.text
    assert "调查取证" in answer.text
    assert (
        "没有待办" in (await client.get("/?tab=watched")).text
        or "还没有重点关注" in (await client.get("/?tab=watched")).text
    )


async def test_export_keeps_the_filter(agencies: Any, login_as: Any, client: Any) -> None:
    from io import BytesIO

    from python_calamine import CalamineWorkbook

    person = await factories.person(agencies.agency, "张海龙")
    await login_as("handler", person=person.id)
    await hand(1, agencies, holder_person=person.id)
    await hand(2, agencies, holder_person=person.id)
    answer = await client.get("/?q=案件 2&format=xlsx")
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert any("案件 2" in row for row in rows)
    assert not any("案件 1" in row for row in rows)


async def test_watching_by_the_button(agencies: Any, login_as: Any, client: Any) -> None:
    person = await factories.person(agencies.agency, "张海龙")
    await login_as("handler", person=person.id)
    subject = await hand(1, agencies, holder_person=person.id)
    form = {"kind": subject.kind, "id": str(subject.id), "on": "true", "next": "/?tab=watched"}
    answer = await client.post("/watch", form)
    assert answer.status_code == 303
    assert "案件 1" in (await client.get("/?tab=watched")).text


async def test_home_is_closed_to_strangers(client: Any) -> None:
    answer = await client.get("/")
    assert answer.status_code == 303
    assert "/login" in answer.headers["location"]


def test_database_is_imported_for_its_engine() -> None:
    """The tables are found by Piccolo, so migrations know them."""
    from core.piccolo_app import table_modules

    assert "core.turns.tables" in table_modules()
    assert database.kind_of(__import__("core.turns.tables", fromlist=["Turn"]).Turn) is not None
