# SPDX-License-Identifier: Apache-2.0
"""发布、阅读、确认、提醒、撤回: the acts, the refusals, the scope."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.api import clock as core_clock
from core.api.db import rows, value
from core.api.testing import Browser, Clock, Facts, Jobs, Messages
from tests.plugins.notices.conftest import As

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
DRAFT = {"title": "秋季监督", "body": "看三件事。", "readers": "all", "act": "publish"}


async def publish(client: Browser, **more: Any) -> int:
    answer = await client.post("/notices/new", {**DRAFT, **more})
    assert answer.status_code == 303, answer.text
    return int(await value("select max(id) from notices_notice"))


@pytest.mark.req("S0-18", "C2-14")
async def test_whoever_opens_it_has_read_it_and_the_office_sees_so(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    notice = await publish(client)
    reader = await as_reader()
    listed = await client.get("/notices/")
    assert "秋季监督" in listed.text
    assert "未读" in listed.text
    assert "看三件事。" in (await client.get(f"/notices/{notice}")).text
    await client.get(f"/notices/{notice}")
    (receipt,) = await rows("select person, confirmed_at from notices_receipt")
    assert (receipt["person"], receipt["confirmed_at"]) == (reader.person_id, None)
    await as_bureau()
    readers = await client.get(f"/notices/{notice}/readers?standing=read")
    assert "白音" in readers.text
    assert "白音" not in (await client.get(f"/notices/{notice}/readers?standing=waiting")).text
    (fact,) = await facts.only("notices.notice_published")
    assert fact.payload["digest"]


async def test_the_text_of_the_editor_is_made_safe(
    client: Browser, as_bureau: As, as_reader: As
) -> None:
    await as_bureau()
    hostile = '<h1>一</h1><div onclick="x()">好<script>alert(1)</script><a href="javascript:x">y</a></div>'
    notice = await publish(client, body=hostile, body_rich="true")
    await as_reader()
    page = (await client.get(f"/notices/{notice}")).text
    assert "<h2>一</h2>" in page
    assert "alert(1)" not in page
    assert "onclick" not in page.split("<article")[1].split("</article>")[0]
    assert "javascript:" not in page


async def test_plain_lines_stay_plain(client: Browser, as_bureau: As, as_reader: As) -> None:
    await as_bureau()
    notice = await publish(client, body="<b>不是</b>标签\n\n第二段")
    await as_reader()
    page = (await client.get(f"/notices/{notice}")).text
    assert "&lt;b&gt;不是&lt;/b&gt;标签</p><p>第二段" in page


@pytest.mark.req("C2-13")
async def test_only_those_it_is_meant_for_see_it(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any, agencies: Any
) -> None:
    await as_bureau()
    ours = await publish(client, title="给监督员的", readers="supervisors")
    await as_bureau(region_tree.city)
    below = await publish(client, title="只给磴口县", region=str(region_tree.county.id))
    await as_reader("handler", "张海龙")
    assert (await client.get(f"/notices/{ours}")).status_code == 404
    assert (await client.get(f"/notices/{below}")).status_code == 200
    await as_reader()
    assert (await client.get(f"/notices/{ours}")).status_code == 200
    await as_reader("supervisor", "外人", region=region_tree.other_county)
    listed = (await client.get("/notices/")).text
    assert "给监督员的" not in listed
    assert "只给磴口县" not in listed
    for notice in (ours, below):
        assert (await client.get(f"/notices/{notice}")).status_code == 404
        assert (await client.post(f"/notices/{notice}/confirm")).status_code == 404
    await as_reader("handler", "外单位", organisation=agencies.foreign_agency)
    assert (await client.get(f"/notices/{below}")).status_code == 404


async def test_a_draft_is_seen_by_its_office_only(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any
) -> None:
    await as_bureau()
    answer = await client.post("/notices/new", {**DRAFT, "act": "save", "body": ""})
    assert answer.status_code == 303
    draft = int(await value("select max(id) from notices_notice"))
    assert (await client.get(f"/notices/{draft}/edit")).status_code == 200
    await as_bureau(region_tree.city)
    for path in (f"/notices/{draft}", f"/notices/{draft}/edit", f"/notices/{draft}/readers"):
        assert (await client.get(path)).status_code == 404, path
    for act in ("edit", "discard", "remind", "withdraw"):
        answer = await client.post(f"/notices/{draft}/{act}", {**DRAFT, "reason": "写错了"})
        assert answer.status_code == 404, act
    await as_reader()
    assert (await client.get(f"/notices/{draft}")).status_code == 404
    assert (await client.get(f"/notices/{draft}/edit")).status_code == 403
    assert (await client.get("/notices/desk")).status_code == 403


async def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    client: Browser, as_bureau: As
) -> None:
    await as_bureau()
    answer = await client.post(
        "/notices/new", {**DRAFT, "title": "", "body": "已经写好的", "confirm_by": "2026-13-40"}
    )
    assert answer.status_code == 422
    assert "已经写好的" in answer.text
    answer = await client.post("/notices/new", {**DRAFT, "title": "", "body": "已经写好的"})
    assert answer.status_code == 422
    assert "请写标题" in answer.text
    assert "已经写好的" in answer.text
    assert await value("select count(*) from notices_notice") == 0, "nothing half done is kept"
    answer = await client.post("/notices/new", {**DRAFT, "region": "1"})
    assert answer.status_code == 422
    assert "请选择本地区" in answer.text


async def test_two_who_edit_one_draft_notice_each_other(client: Browser, as_bureau: As) -> None:
    await as_bureau()
    await client.post("/notices/new", {**DRAFT, "act": "save"})
    draft = int(await value("select max(id) from notices_notice"))
    first = await client.post(
        f"/notices/{draft}/edit", {**DRAFT, "act": "save", "version": "1", "title": "第一人"}
    )
    assert first.status_code == 303
    second = await client.post(
        f"/notices/{draft}/edit", {**DRAFT, "act": "save", "version": "1", "title": "第二人"}
    )
    assert second.status_code == 422
    assert "被别人改过" in second.text
    assert "第二人" in second.text
    assert await value("select title from notices_notice where id = $1", draft) == "第一人"


async def test_a_form_sent_twice_publishes_once(client: Browser, as_bureau: As) -> None:
    await as_bureau()
    form = {**DRAFT, "_once": "abcdefghijklmnop1234"}
    for _ in range(2):
        assert (await client.post("/notices/new", form)).status_code == 303
    assert await value("select count(*) from notices_notice") == 1


async def test_published_words_do_not_change(client: Browser, as_bureau: As) -> None:
    await as_bureau()
    notice = await publish(client)
    answer = await client.post(f"/notices/{notice}/edit", {**DRAFT, "title": "改了"})
    assert answer.status_code == 409
    assert await value("select title from notices_notice where id = $1", notice) == "秋季监督"


async def test_confirming_is_an_act_of_its_own(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    notice = await publish(client, must_confirm="true")
    await as_reader()
    await client.get(f"/notices/{notice}")
    assert "待确认" in (await client.get("/notices/?standing=open")).text
    for _ in range(2):
        assert (await client.post(f"/notices/{notice}/confirm")).status_code == 303
    assert len(await facts.only("notices.notice_confirmed")) == 1
    assert "你已于" in (await client.get(f"/notices/{notice}")).text


@pytest.mark.req("C2-14")
async def test_everybody_it_is_meant_for_gets_a_message_piece_by_piece(
    client: Browser,
    as_bureau: As,
    as_reader: As,
    jobs: Jobs,
    messages: Messages,
    monkeypatch: pytest.MonkeyPatch,
    region_tree: Any,
) -> None:
    from plugins.notices.services import notices

    monkeypatch.setattr(notices, "AT_ONCE", 2)
    here = [(await as_reader(name=name)).person_id for name in ("甲", "乙", "丙")]
    away = (await as_reader(name="丁", region=region_tree.other_county)).person_id
    await as_bureau()
    await publish(client, readers="supervisors")
    await jobs.run_all()
    told = sorted(each["person"] for each in await rows("select person from core_message"))
    assert told == sorted(here)
    assert away not in told
    assert messages is not None


@pytest.mark.req("C2-14")
async def test_reminding_reaches_the_unread_once_a_day(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts, clock: Clock
) -> None:
    clock(datetime(2026, 5, 12, 1, 0, tzinfo=UTC))
    slow = await as_reader(name="没读的")
    quick = await as_reader(name="读了的")
    await as_bureau()
    notice = await publish(client, readers="supervisors")
    await as_reader(name="读了的")
    await client.get(f"/notices/{notice}")
    await as_bureau()
    assert f"/notices/{notice}/remind" in (await client.get(f"/notices/{notice}/readers")).text
    assert (await client.post(f"/notices/{notice}/remind")).status_code == 303
    told = [
        each["person"]
        for each in await rows("select person from core_message where kind = 'notices.reminder'")
    ]
    assert told == [slow.person_id]
    assert quick.person_id not in told
    shown = (await client.get(f"/notices/{notice}/readers")).text
    assert "今天已经提醒过，明天可以再提醒。" in shown, "the sentence stands where the button stood"
    assert f"/notices/{notice}/remind" not in shown
    again = await client.post(f"/notices/{notice}/remind")
    assert again.status_code == 409
    (fact,) = await facts.only("notices.reminded")
    assert fact.payload["persons"] == 1


@pytest.mark.req("C2-14")
async def test_the_last_days_remind_by_themselves(
    client: Browser, as_bureau: As, as_reader: As, clock: Clock
) -> None:
    from core.api.db import Scope, transaction
    from plugins.notices.reactions import remind_by_itself

    start = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)
    clock(start)
    await as_reader(name="没确认的")
    who = await as_bureau()
    await publish(client, must_confirm="true", confirm_by="2026-05-15", readers="supervisors")
    for day in range(5):
        clock(start + timedelta(days=day))
        async with transaction(Scope(who.scope.region, who.scope.organisation)):
            await remind_by_itself({})
            await remind_by_itself({})
    days = [
        core_clock.local(each["created_at"]).day
        for each in await rows(
            "select at as created_at from core_message where kind = 'notices.reminder' order by id"
        )
    ]
    assert days == [13, 15]


async def test_a_withdrawn_notice_stays_with_its_reason(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    notice = await publish(client)
    refused = await client.post(f"/notices/{notice}/withdraw", {"reason": ""})
    assert refused.status_code == 422
    done = await client.post(f"/notices/{notice}/withdraw", {"reason": "日期写错了"})
    assert done.status_code == 303
    assert (await client.post(f"/notices/{notice}/withdraw", {"reason": "再来"})).status_code == 409
    begun = await client.get(f"/notices/new?replaces={notice}")
    assert "看三件事。" in begun.text
    new = await client.post(f"/notices/new?replaces={notice}", DRAFT)
    assert new.status_code == 303
    await as_reader()
    assert "日期写错了" in (await client.get(f"/notices/{notice}")).text
    listed = (await client.get("/notices/")).text
    assert listed.count("jd-main-link") == 1, "only the corrected one is listed"
    assert len(await facts.only("notices.notice_withdrawn")) == 1


async def test_its_files_are_read_by_its_readers_only(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any
) -> None:
    await as_bureau()
    answer = await client.post(
        "/notices/new",
        {**DRAFT, "readers": "supervisors"},
        files={"files": ("计划.pdf", io.BytesIO(PDF), "application/pdf")},
    )
    assert answer.status_code == 303, answer.text
    notice = int(await value("select max(id) from notices_notice"))
    attachment = int(await value("select max(id) from notices_attachment"))
    path = f"/notices/{notice}/files/{attachment}"
    assert (await client.get(path)).content.startswith(b"%PDF")
    await as_reader()
    assert (await client.get(path)).content.startswith(b"%PDF")
    assert (await client.get(f"/notices/{notice}/files/999999")).status_code == 404
    await as_reader("handler", "张海龙")
    assert (await client.get(path)).status_code == 404
    await as_reader("supervisor", "外人", region=region_tree.other_county)
    assert (await client.get(path)).status_code == 404


async def test_a_file_that_pretends_is_refused_and_the_words_stay(
    client: Browser, as_bureau: As
) -> None:
    await as_bureau()
    answer = await client.post(
        "/notices/new",
        DRAFT,
        files={"files": ("计划.pdf", io.BytesIO(b"MZ\x90\x00 not a pdf"), "application/pdf")},
    )
    assert answer.status_code == 422
    assert "看三件事。" in answer.text
    assert await value("select count(*) from notices_notice") == 0


async def test_a_phone_finds_the_way_back_to_the_list(
    client: Browser, as_bureau: As, as_reader: As
) -> None:
    await as_bureau()
    made = await publish(client)
    await as_reader()
    text = (await client.get(f"/notices/{made}")).text
    assert re.search(r'<p class="mb-0"><a href="/notices/">.*?通知公告</a></p>', text)
