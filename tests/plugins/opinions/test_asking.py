# SPDX-License-Identifier: Apache-2.0
"""征集、提意见、各版、截止: the acts, the refusals, the scope."""

import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from core.api.db import Scope, rows, transaction, value
from core.api.testing import Agencies, Browser, Clock, Facts, Files, Jobs, Messages
from plugins.opinions.services.drafts import close_due
from tests.plugins.opinions.conftest import OFFICE, TEXT, As, Asked

Ask = Callable[..., Awaitable[Asked]]
Say = Callable[..., Awaitable[int]]
LAST_SECOND = datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC)
TOO_LATE = datetime(2026, 9, 30, 16, 0, 0, tzinfo=UTC)


async def nightly() -> None:
    async with transaction(Scope.platform("the nightly run of a test")):
        await close_due({})


@pytest.mark.req("S0-17", "C2-05")
async def test_a_volunteer_lists_reads_and_answers_by_article(
    client: Browser, ask: Ask, as_reader: As, say: Say, facts: Facts
) -> None:
    asked = await ask()
    reader = await as_reader()
    assert "行政检查规范" in (await client.get("/opinions/")).text
    page = (await client.get(f"/opinions/{asked.id}")).text
    assert "第二条" in page
    assert f"/opinions/{asked.id}/new?at={asked.keys['第二条']}" in page
    form = (await client.get(f"/opinions/{asked.id}/new?at={asked.keys['第三条']}")).text
    # One box on the phone per article: what was begun on another one is not filled in here.
    assert f'data-jd-draft="opinions.opinion.{asked.id}.{asked.keys["第三条"]}"' in form
    assert "第三条第二款" in form
    opinion = await say(asked.id, asked.keys["第二条"])
    (kept,) = await rows("select * from opinions_opinion where id = $1", opinion)
    assert (kept["number"], kept["label"], kept["person"]) == (1, "第二条", reader.person_id)
    assert kept["standing"] == "same"
    (fact,) = await facts.only("opinions.sent")
    assert "白音" not in str(fact.payload)
    assert "年一次就够了" in (await client.get("/opinions/mine")).text


@pytest.mark.req("S0-17", "C2-02")
async def test_an_opinion_may_be_a_photo_alone_and_never_empty(
    client: Browser, ask: Ask, as_reader: As, files: Files
) -> None:
    asked = await ask()
    await as_reader()
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "#8fb8c4").save(picture, "JPEG")
    nothing = await client.post(f"/opinions/{asked.id}/new", {"confidential": "open"})
    assert nothing.status_code == 422
    assert "请写下意见" in nothing.text
    answer = await client.post(
        f"/opinions/{asked.id}/new",
        {"confidential": "open"},
        files={"media": ("现场.jpg", picture.getvalue(), "image/jpeg")},
    )
    assert answer.status_code == 303, answer.text[:2000]
    own = (await client.follow(answer)).text
    assert "现场.jpg" in own
    number = await value("select id from opinions_attachment")
    shown = await client.get(f"{answer.headers['location']}/files/{number}")
    assert shown.status_code == 200
    assert files.paths()


async def test_confidentiality_is_asked_not_presumed(
    client: Browser, ask: Ask, as_reader: As
) -> None:
    asked = await ask()
    await as_reader()
    answer = await client.post(f"/opinions/{asked.id}/new", {"text": "意见"})
    assert answer.status_code == 422
    assert "保密" in answer.text
    assert "意见</textarea>" in answer.text


@pytest.mark.req("S3-22", "C2-15")
async def test_under_seal_no_row_names_the_author_and_he_finds_his_own(
    client: Browser, ask: Ask, as_reader: As, say: Say, facts: Facts, messages: Messages
) -> None:
    asked = await ask()
    reader = await as_reader()
    opinion = await say(asked.id, asked.keys["第二条"], confidential="sealed", once="k" * 24)
    (kept,) = await rows("select * from opinions_opinion where id = $1", opinion)
    assert (kept["person"], kept["person_name"], kept["home"], kept["home_name"]) == (0, "", 0, "")
    (fact,) = await facts.only("opinions.sent")
    assert fact.actor == 0
    assert fact.payload["by"].startswith("sealed:")
    assert await value("select count(*) from core_once where location like '/opinions/mine%'") == 0
    assert "身份保密" in (await client.get(f"/opinions/mine/{opinion}")).text
    # The bureau answers without learning who it was, and no message names him.
    bureau = await ask(title="另一份")
    await client.post(f"/opinions/opinion/{opinion}/answer", {"answer": "已采纳。"})
    page = (await client.get(f"/opinions/opinion/{opinion}")).text
    assert "保密人员" in page
    assert reader.name not in page
    assert "opinions.answered" not in await messages.kinds()
    assert bureau.id != asked.id
    await as_reader()
    assert "已采纳。" in (await client.get(f"/opinions/mine/{opinion}")).text


@pytest.mark.req("S3-22")
async def test_a_dump_leads_from_a_sealed_opinion_to_nobody(
    client: Browser, ask: Ask, as_reader: As, say: Say
) -> None:
    """Neither the name nor the account or person stands in any row the sending has written."""
    asked = await ask()
    reader = await as_reader(name="乌云其其格")
    before = await dump()
    await say(asked.id, asked.keys["第二条"], confidential="sealed", once="k" * 24)
    for table, lines in (await dump()).items():
        for line in lines - before.get(table, set()):
            cells = line.strip("()").split(",")
            assert "乌云其其格" not in line, table
            assert str(reader.person_id) not in cells, (table, line)
            assert reader.login not in line, (table, line)


async def dump() -> dict[str, set[str]]:
    """Every row of every table that does not know persons in any case."""
    async with transaction(OFFICE):
        tables = await rows(
            "select tablename from pg_tables where schemaname = 'public'"
            " and case when schemaname = 'public'"
            " then has_table_privilege(quote_ident(tablename), 'select') end"
            " and tablename not in ('core_person', 'core_user', 'core_session', 'core_assignment')"
        )
        return {
            each["tablename"]: {
                one["line"]
                for one in await rows(f'select t::text as line from "{each["tablename"]}" t')
            }
            for each in tables
        }


@pytest.mark.req("S0-17")
async def test_a_form_that_arrives_twice_counts_once_also_when_the_second_is_late(
    client: Browser, ask: Ask, as_reader: As, say: Say, clock: Clock
) -> None:
    asked = await ask()
    await as_reader()
    first = await say(asked.id, once="abcdefghijklmnop")
    assert await say(asked.id, once="abcdefghijklmnop") == first
    clock(TOO_LATE)
    await as_reader()
    assert await say(asked.id, once="abcdefghijklmnop") == first
    assert await value("select count(*) from opinions_opinion") == 1


@pytest.mark.req("S0-17", "C2-01")
@pytest.mark.parametrize(
    ("moment", "taken"),
    [
        (datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 8, 31, 16, 0, 0, tzinfo=UTC), True),
        (LAST_SECOND, True),
        (TOO_LATE, False),
    ],
)
async def test_both_boundary_days_count_to_the_second(
    client: Browser, ask: Ask, as_reader: As, clock: Clock, moment: datetime, taken: bool
) -> None:
    clock(datetime(2026, 8, 30, 2, tzinfo=UTC))
    asked = await ask()
    clock(moment)
    await as_reader()
    answer = await client.post(
        f"/opinions/{asked.id}/new", {"text": "意见", "confidential": "open"}
    )
    assert (answer.status_code == 303) is taken
    assert (await value("select count(*) from opinions_opinion")) == int(taken)


async def test_the_window_that_closes_while_he_writes_takes_no_word_from_him(
    client: Browser, ask: Ask, as_reader: As, clock: Clock
) -> None:
    asked = await ask()
    clock(LAST_SECOND)
    await as_reader()
    assert (await client.get(f"/opinions/{asked.id}/new")).status_code == 200
    clock(TOO_LATE)
    answer = await client.post(
        f"/opinions/{asked.id}/new", {"text": "检查太密了。", "confidential": "open"}
    )
    assert answer.status_code == 409
    assert "9月30日截止" in answer.text.split('id="jd-errbox"')[1].split("</div>")[0]
    assert "检查太密了。" in answer.text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("2026-09-02T02:00:00.000Z", "9月2日 10:00"),  # a day ahead
        ("2026-08-31T02:00:00.000Z", "8月31日 10:00"),  # before the window began
        ("0001-01-01T00:00:00+12:00", "0001-01-01T00:00:00+12:00"),
    ],
)
async def test_a_phone_whose_clock_is_wrong_is_in_time_by_ours(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say, said: str, shown: str
) -> None:
    asked = await ask()
    await as_reader()
    opinion = await say(asked.id, said_at=said)
    sent = await value("select sent_at from opinions_opinion where id = $1", opinion)
    assert sent == datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
    await as_bureau()
    page = await client.get(f"/opinions/opinion/{opinion}")
    assert page.status_code == 200
    assert f"手机上的时间 {shown}" in page.text


async def test_another_region_and_another_role_see_nothing(
    client: Browser,
    ask: Ask,
    as_reader: As,
    as_bureau: As,
    say: Say,
    region_tree: Any,
    agencies: Agencies,
) -> None:
    asked = await ask(readers="supervisors")
    await as_reader()
    opinion = await say(asked.id)
    await as_reader(name="外县人", region=region_tree.other_county)
    assert "行政检查规范" not in (await client.get("/opinions/")).text
    for path in (f"/opinions/{asked.id}", f"/opinions/{asked.id}/new", f"/opinions/mine/{opinion}"):
        assert (await client.get(path)).status_code == 404
    sent = await client.post(f"/opinions/{asked.id}/new", {"text": "意见", "confidential": "open"})
    assert sent.status_code == 404
    # An officer of the same county is not meant when it is for supervisors only.
    await as_reader("handler", name="李志强", organisation=agencies.agency)
    assert (await client.get(f"/opinions/{asked.id}")).status_code == 404
    for path in (
        "/opinions/desk",
        f"/opinions/desk/{asked.id}",
        f"/opinions/opinion/{opinion}",
        f"/opinions/desk/{asked.id}/report",
    ):
        assert (await client.get(path)).status_code == 403
    await as_bureau(region_tree.other_county)
    for path in (
        f"/opinions/desk/{asked.id}",
        f"/opinions/desk/{asked.id}/opinions",
        f"/opinions/opinion/{opinion}",
        f"/opinions/desk/{asked.id}/report?format=xlsx",
    ):
        assert (await client.get(path)).status_code == 404


@pytest.mark.req("C2-13")
async def test_a_higher_office_asks_a_part_of_its_tree(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say, region_tree: Any
) -> None:
    """Audience is the subtree chosen, not the whole of the office's own."""
    asked = await ask(region_tree.city, readers="supervisors", region="")
    part = await ask(
        region_tree.city,
        title="只问一个县",
        readers="supervisors",
        region=str(region_tree.county.id),
    )
    await as_reader()
    assert "只问一个县" in (await client.get("/opinions/")).text
    opinion = await say(part.id)
    await as_reader(name="外县人", region=region_tree.other_county)
    assert "只问一个县" not in (await client.get("/opinions/")).text
    assert (await client.get(f"/opinions/{part.id}")).status_code == 404
    assert (await client.get(f"/opinions/{asked.id}")).status_code == 200
    # It belongs to the office that asked, not to the county its author comes from.
    await as_bureau()
    assert (await client.get(f"/opinions/opinion/{opinion}")).status_code == 404
    await as_bureau(region_tree.city)
    page = (await client.get(f"/opinions/opinion/{opinion}")).text
    assert region_tree.county.name in page
    outside = await client.post(
        "/opinions/desk/new",
        {"title": "越界", "body": "稿", "region": str(region_tree.far_county.id), "act": "save"},
    )
    assert outside.status_code == 422


async def test_a_draft_that_is_not_open_is_seen_by_its_office_alone(
    client: Browser, ask: Ask, as_reader: As
) -> None:
    answer = await ask(title="先问一份")
    saved = await client.post(
        "/opinions/desk/new", {"title": "还没写好", "body": "稿", "readers": "all", "act": "save"}
    )
    path = saved.headers["location"]
    assert (await client.get(path)).status_code == 200
    draft = int(path.split("/")[3])
    await as_reader()
    assert "还没写好" not in (await client.get("/opinions/")).text
    assert (await client.get(f"/opinions/{draft}")).status_code == 404
    assert answer.id != draft


async def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    client: Browser, as_bureau: As, september: Clock
) -> None:
    await as_bureau()
    answer = await client.post(
        "/opinions/desk/new",
        {"title": "题", "body": "稿子的话", "readers": "all", "opens_on": "2026-09-10",
         "closes_on": "2026-09-09", "act": "open"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "截止日期在开始日期前面" in answer.text
    assert "稿子的话" in answer.text
    assert await value("select count(*) from opinions_draft") == 0


async def test_a_draft_nobody_has_seen_is_thrown_away_and_an_open_one_is_not(
    client: Browser, ask: Ask, facts: Facts
) -> None:
    asked = await ask()
    saved = await client.post(
        "/opinions/desk/new", {"title": "写错了", "body": "稿", "act": "save"}
    )
    draft = saved.headers["location"].split("/")[3]
    assert (await client.post(f"/opinions/desk/{draft}/discard", {})).status_code == 303
    assert (await client.get(f"/opinions/desk/{draft}")).status_code == 404
    assert (await client.post(f"/opinions/desk/{asked.id}/discard", {})).status_code == 409
    kinds = await facts.kinds()
    assert kinds.count("opinions.drafted") == 2
    assert "opinions.discarded" in kinds


async def test_hostile_text_stays_text(
    client: Browser, ask: Ask, as_reader: As, say: Say, as_bureau: As
) -> None:
    asked = await ask(
        title="<script>alert(1)</script>",
        body='<h1 onclick="x()">一</h1><div>好<script>alert(2)</script><a href="javascript:x">y</a></div>',
        body_rich="true",
    )
    await as_reader()
    opinion = await say(
        asked.id, text="<img src=x onerror=alert(3)>{{7*7}}", transcript="=cmd|' /C calc'!A0"
    )
    for path in (f"/opinions/{asked.id}", f"/opinions/mine/{opinion}", "/opinions/mine"):
        page = (await client.get(path)).text
        assert "<script>alert" not in page
        assert "javascript:x" not in page
        assert "<img src=x" not in page
    await as_bureau()
    page = (await client.get(f"/opinions/opinion/{opinion}")).text
    assert "<img src=x" not in page
    assert "{{7*7}}" in page
    assert (await client.get(f"/opinions/desk/{asked.id}/report?format=docx")).status_code == 200
    assert (await client.get(f"/opinions/desk/{asked.id}/report?format=xlsx")).status_code == 200


async def test_an_article_that_does_not_exist_is_refused(
    client: Browser, ask: Ask, as_reader: As
) -> None:
    asked = await ask()
    await as_reader()
    for at in ("a99", "a1'; drop table x", "a1.9"):
        answer = await client.post(
            f"/opinions/{asked.id}/new", {"at": at, "text": "意见", "confidential": "open"}
        )
        assert answer.status_code == 422
    assert await value("select count(*) from opinions_opinion") == 0


@pytest.mark.req("C2-04")
async def test_opinions_stay_with_their_articles_in_a_new_version(
    client: Browser, ask: Ask, as_reader: As, say: Say, as_bureau: As, messages: Messages
) -> None:
    asked = await ask()
    reader = await as_reader()
    second = await say(asked.id, asked.keys["第二条"])
    third = await say(asked.id, asked.keys["第三条"])
    await as_bureau()
    path = f"/opinions/desk/{asked.id}/edit"
    unsaid = await client.post(path, {"body": TEXT + "改", "act": "publish"})
    assert unsaid.status_code == 422
    assert "改了什么" in unsaid.text
    text = TEXT.replace("不超过两次", "不超过一次").replace(
        "第三条　", "第三条　能联合检查的，由牵头机关组织，不重复上门。\n第四条　"
    )
    answer = await client.post(path, {"body": text, "changes": "改为一年一次。", "act": "publish"})
    assert answer.status_code == 303, answer.text[:2000]
    found = {each["id"]: each["standing"] for each in await rows("select * from opinions_opinion")}
    assert found == {second: "changed", third: "moved"}
    assert [m["kind"] for m in await messages.to(reader.person_id)] == ["opinions.article_changed"]
    shown = (await client.get(f"/opinions/opinion/{second}")).text
    assert "条文已变动" in shown
    assert "不超过一次" in shown
    compared = (await client.get(f"/opinions/desk/{asked.id}/changes?from=1&to=2")).text
    assert "<del>两</del><ins>一</ins>" in compared
    await as_reader()
    assert "已经改了" in (await client.get(f"/opinions/mine/{second}")).text
    # A form kept on a phone still names the version it was written on.
    late = await say(asked.id, asked.keys["第二条"], seen="1")
    assert await value("select standing from opinions_opinion where id = $1", late) == "changed"
    assert (await client.get(f"/opinions/{asked.id}/changes")).status_code == 200


async def test_the_window_is_put_off_only_before_it_ends(
    client: Browser, ask: Ask, as_bureau: As, clock: Clock, facts: Facts
) -> None:
    asked = await ask()
    path = f"/opinions/desk/{asked.id}/extend"
    earlier = await client.post(path, {"closes_on": "2026-09-20", "reason": "缩短"})
    assert earlier.status_code == 422
    later = await client.post(path, {"closes_on": "2026-10-10", "reason": "节假日"})
    assert later.status_code == 303
    (fact,) = await facts.only("opinions.extended")
    assert fact.payload["closes_on"] == "2026-10-10"
    clock(datetime(2026, 10, 11, 2, tzinfo=UTC))
    await as_bureau()
    over = await client.post(path, {"closes_on": "2026-10-20", "reason": "再延"})
    assert over.status_code == 422


async def test_the_nightly_run_closes_what_has_ended_and_hands_it_to_the_bureau(
    client: Browser, ask: Ask, clock: Clock, facts: Facts, as_bureau: As
) -> None:
    asked = await ask()
    clock(LAST_SECOND)
    await nightly()
    assert await value("select state from opinions_draft where id = $1", asked.id) == "open"
    clock(TOO_LATE)
    await nightly()
    await nightly()
    assert await value("select state from opinions_draft where id = $1", asked.id) == "closed"
    assert len(await facts.only("opinions.closed")) == 1
    async with transaction(OFFICE):
        (turn,) = await rows(
            "select step_title, clock, path from core_turn where subject_kind = 'opinions.draft'"
            " and closed_at is null"
        )
    assert turn["step_title"] == "答复并写采纳情况"
    assert turn["clock"] is not None
    await as_bureau()
    assert (await client.get(turn["path"])).status_code == 200


async def test_everybody_it_is_meant_for_is_told_once(
    client: Browser, as_reader: As, ask: Ask, jobs: Jobs, messages: Messages
) -> None:
    reader = await as_reader()
    asked = await ask(readers="supervisors")
    await jobs.run_all()
    told = await messages.to(reader.person_id)
    assert [each["kind"] for each in told] == ["opinions.opened"]
    assert "9月30日" in told[0]["text"]
    assert asked.id


async def test_two_who_edit_at_once_notice_each_other(client: Browser, ask: Ask) -> None:
    asked = await ask()
    path = f"/opinions/desk/{asked.id}/edit"
    version = await value("select version from opinions_draft where id = $1", asked.id)
    fields = {"body": TEXT + "\n第四条　甲。", "changes": "加一条", "version": str(version)}
    assert (await client.post(path, {**fields, "act": "save"})).status_code == 303
    second = await client.post(path, {**fields, "act": "save"})
    assert second.status_code == 422
    assert "刚刚被别人改过" in second.text
