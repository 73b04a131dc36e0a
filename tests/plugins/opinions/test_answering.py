# SPDX-License-Identifier: Apache-2.0
"""答复、审核、采纳情况: many at once, measures and appeals, one public page."""

import io
import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from python_calamine import CalamineWorkbook

from core.api.db import rows, transaction, value
from core.api.testing import Browser, Clock, Facts, Files, LoginAs, Messages
from tests.plugins.opinions.conftest import OFFICE, As, Asked
from tests.plugins.opinions.test_asking import TOO_LATE, nightly


def sheet(content: bytes) -> str:
    """All words of the first sheet."""
    return str(
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    )


Ask = Callable[..., Awaitable[Asked]]
Say = Callable[..., Awaitable[int]]


@pytest.mark.req("C2-06")
async def test_many_get_one_answer_and_each_author_one_message(
    client: Browser,
    ask: Ask,
    as_reader: As,
    as_bureau: As,
    say: Say,
    messages: Messages,
    facts: Facts,
) -> None:
    asked = await ask()
    first = await as_reader()
    ids = [await say(asked.id, text="一次"), await say(asked.id, text="两次")]
    second = await as_reader(name="乌兰")
    ids.append(await say(asked.id, text="三次"))
    await as_bureau()
    path = f"/opinions/desk/{asked.id}/answer"
    chosen = await client.get(path + "?" + "&".join(f"id={each}" for each in ids))
    assert "一起答复 3 件意见" in chosen.text
    assert "通知 2 人" in chosen.text
    fields = {"id": [str(each) for each in ids], "answer": "都采纳了。", "_once": "q" * 24}
    assert (await client.post(path, fields)).status_code == 303
    again = await client.post(path, fields)
    assert again.status_code == 303
    assert len(await facts.only("opinions.answered")) == 3
    for who in (first, second):
        assert [m["kind"] for m in await messages.to(who.person_id)] == ["opinions.answered"]
    # The same words once more, by another form, tell nobody again.
    await client.post(path, {**fields, "_once": "r" * 24})
    assert len(await messages.to(first.person_id)) == 1
    empty = await client.post(path, {"answer": "话"})
    assert empty.status_code == 303
    await as_reader()
    assert "都采纳了。" in (await client.get(f"/opinions/mine/{ids[0]}")).text


async def test_opinions_of_another_draft_are_not_answered_along(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say
) -> None:
    asked, other = await ask(), await ask(title="另一份")
    await as_reader()
    mine, theirs = await say(asked.id), await say(other.id)
    await as_bureau()
    answer = await client.post(
        f"/opinions/desk/{asked.id}/answer", {"id": [str(mine), str(theirs)], "answer": "好的。"}
    )
    assert answer.status_code == 404
    assert await value("select count(*) from opinions_opinion where state = 'answered'") == 0


@pytest.mark.req("C2-07", "C2-08")
async def test_the_answer_page_shows_opinion_remarks_and_counts_together(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say
) -> None:
    asked = await ask()
    await as_reader()
    one = await say(asked.id, asked.keys["第二条"])
    await say(asked.id, asked.keys["第二条"], text="同一条的另一件")
    await as_bureau()
    await client.post("/opinions/desk/templates", {"title": "吸收", "text": "已吸收进新的一版。"})
    template = await value("select id from opinions_template")
    await client.post(f"/opinions/opinion/{one}/notes", {"text": "和市监局商量过。"})
    page = (await client.get(f"/opinions/opinion/{one}?template={template}")).text
    for words in ("和市监局商量过。", "同一条的另一件", "2 件", "已吸收进新的一版。", "白音"):
        assert words in page
    await as_reader()
    assert "和市监局商量过。" not in (await client.get(f"/opinions/mine/{one}")).text


@pytest.mark.req("C2-11")
async def test_the_list_is_narrowed_by_article_and_exported_with_masked_authors(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say
) -> None:
    asked = await ask()
    await as_reader(name="包图雅")
    await say(asked.id, asked.keys["第二条"], text="关于第二条")
    await say(asked.id, "", text="关于全文")
    await as_bureau()
    path = f"/opinions/desk/{asked.id}/opinions"
    narrowed = (await client.get(f"{path}?article={asked.keys['第二条']}")).text
    assert "关于第二条" in narrowed
    assert "关于全文" not in narrowed
    assert "关于全文" in (await client.get(f"{path}?article=whole")).text
    exported = await client.get(f"{path}?format=xlsx&tab=all")
    words = sheet(exported.content)
    assert "关于第二条" in words
    assert "包图雅" not in words


@pytest.mark.req("C2-09")
async def test_returned_to_the_author_changed_and_answered(
    client: Browser,
    ask: Ask,
    as_reader: As,
    as_bureau: As,
    say: Say,
    messages: Messages,
    facts: Facts,
) -> None:
    asked = await ask()
    reader = await as_reader()
    opinion = await say(asked.id, text="写得太急")
    await as_bureau()
    bare = await client.post(f"/opinions/opinion/{opinion}/measures/return", {"reason": ""})
    assert bare.status_code == 422
    await client.post(f"/opinions/opinion/{opinion}/measures/return", {"reason": "请写明哪一条。"})
    refused = await client.post(f"/opinions/opinion/{opinion}/answer", {"answer": "好的。"})
    assert refused.status_code == 409
    (fact,) = await facts.only("opinions.moderated")
    assert (fact.payload["kind"], fact.payload["reason"]) == ("return", "请写明哪一条。")
    assert fact.payload["appeal_until"] == "2026-09-11"
    assert [m["kind"] for m in await messages.to(reader.person_id)] == ["opinions.returned"]
    turns = "select path from core_turn where person = $1 and closed_at is null"
    async with transaction(OFFICE):
        assert await value(turns, reader.person_id) == f"/opinions/mine/{opinion}"
    await as_reader()
    own = (await client.get(f"/opinions/mine/{opinion}")).text
    assert "请写明哪一条。" in own
    await client.post(f"/opinions/mine/{opinion}/revise", {"text": "第二条一年一次就够。"})
    (kept,) = await rows("select state, text from opinions_opinion where id = $1", opinion)
    assert (kept["state"], kept["text"]) == ("new", "第二条一年一次就够。")
    async with transaction(OFFICE):
        assert await value(turns, reader.person_id) is None
    assert await value("select text from opinions_former where opinion = $1", opinion) == "写得太急"
    again = await client.post(f"/opinions/mine/{opinion}/revise", {"text": "再改一次"})
    assert again.status_code == 409
    await as_bureau()
    done = await client.post(f"/opinions/opinion/{opinion}/answer", {"answer": "采纳。"})
    assert done.status_code == 303


@pytest.mark.req("C2-10")
async def test_measures_are_distinct_appealed_and_lifted(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say, clock: Clock
) -> None:
    asked = await ask()
    await as_reader()
    opinion = await say(asked.id, text="找王五，他电话13904785566。")
    await as_bureau()
    base = f"/opinions/opinion/{opinion}/measures"
    wrong = await client.post(f"{base}/censor", {"passage": "没有的话", "reason": "隐私"})
    assert wrong.status_code == 422
    await client.post(f"{base}/censor", {"passage": "王五", "reason": "他人姓名"})
    await client.post(f"{base}/statement", {"statement": "事实有出入。", "reason": "已经核实"})
    await client.post(f"{base}/block", {"reason": "含有隐私"})
    assert (await client.post(f"{base}/nonsense", {"reason": "不对"})).status_code == 404
    (kept,) = await rows("select * from opinions_opinion where id = $1", opinion)
    assert kept["text"] == "找王五，他电话13904785566。"
    assert "王五" not in kept["shown"]
    assert (kept["statement"], kept["blocked"], kept["state"]) == ("事实有出入。", True, "new")
    block = await value("select id from opinions_measure where kind = 'block'")
    await as_reader()
    appeal = f"/opinions/mine/{opinion}/measures/{block}/appeal"
    assert (await client.post(appeal, {"reason": "没有隐私。"})).status_code == 303
    assert (await client.post(appeal, {"reason": "再说一次。"})).status_code == 409
    async with transaction(OFFICE):
        turns = "select count(*) from core_turn where subject_kind = 'opinions.opinion' and closed_at is null"
        assert await value(turns) == 1
    await as_bureau()
    listed = await client.get(f"/opinions/desk/{asked.id}/opinions?tab=appeal")
    assert f"/opinions/opinion/{opinion}" in listed.text
    lift = f"/opinions/opinion/{opinion}/decide/{block}/lift"
    assert (await client.post(lift, {"decision": "申诉有理。"})).status_code == 303
    assert (await client.post(lift, {"decision": "申诉有理。"})).status_code == 409
    assert await value("select blocked from opinions_opinion where id = $1", opinion) is False
    async with transaction(OFFICE):
        assert await value(turns) == 0
    clock(datetime(2026, 9, 12, 2, tzinfo=UTC))
    censor = await value("select id from opinions_measure where kind = 'censor'")
    await as_reader()
    late = await client.post(
        f"/opinions/mine/{opinion}/measures/{censor}/appeal", {"reason": "太晚了。"}
    )
    assert late.status_code == 409


async def reported(client: Browser, draft: int, keys: list[str]) -> None:
    for key in keys:
        answer = await client.post(
            f"/opinions/desk/{draft}/findings",
            {"article": key, "outcome": "adopted", "reason": "写进了新的一版。"},
        )
        assert answer.status_code == 303, answer.text[:2000]


@pytest.mark.req("S0-17", "C2-12")
async def test_the_report_is_one_public_page_without_persons(
    client: Browser,
    ask: Ask,
    as_reader: As,
    as_bureau: As,
    say: Say,
    clock: Clock,
    messages: Messages,
) -> None:
    asked = await ask()
    reader = await as_reader(name="包图雅")
    quoted = await say(asked.id, asked.keys["第二条"], text="请打13904785566，一年一次。")
    blocked = await say(asked.id, "", text="骂人的话")
    sealed = await say(asked.id, asked.keys["第三条"], text="保密的意见", confidential="sealed")
    removed = await say(asked.id, "", text="重复的话")
    clock(TOO_LATE)
    await nightly()
    await as_bureau()
    desk = f"/opinions/desk/{asked.id}"
    await client.post(f"/opinions/opinion/{removed}/measures/remove", {"reason": "重复"})
    await client.post(f"/opinions/opinion/{blocked}/measures/block", {"reason": "侮辱"})
    early = await client.post(f"{desk}/finish", {})
    assert early.status_code == 409
    assert "没有答复" in early.text
    await client.post(
        f"{desk}/answer", {"id": [str(quoted), str(blocked), str(sealed)], "answer": "已研究。"}
    )
    assert "还没有写采纳情况" in (await client.post(f"{desk}/finish", {})).text
    assert (await client.post(f"{desk}/publish", {})).status_code == 409
    await reported(client, asked.id, ["", asked.keys["第二条"], asked.keys["第三条"]])
    assert (await client.get(f"{desk}/preview")).status_code == 200
    assert (await client.post(f"{desk}/finish", {})).status_code == 303
    published = await client.post(f"{desk}/publish", {})
    assert published.status_code == 303
    assert "opinions.report" in [m["kind"] for m in await messages.to(reader.person_id)]
    for form in ("xlsx", "docx"):
        got = await client.get(f"{desk}/report?format={form}")
        with zipfile.ZipFile(io.BytesIO(got.content)) as parts:
            words = "".join(
                parts.read(each).decode("utf-8", "ignore")
                for each in parts.namelist()
                if each.endswith(".xml")
            )
        assert "包图雅" not in words
        assert "13904785566" not in words
        assert "一年一次" in words
        assert "保密人员" in words
    named = await client.get(f"{desk}/report?format=xlsx&names=1")
    words = sheet(named.content)
    assert "包图雅" in words
    client.forget()
    page = (await client.get(published.headers["location"])).text
    assert "一年一次" in page
    assert "保密的意见" in page
    for hidden in ("包图雅", "13904785566", "骂人的话", "重复的话"):
        assert hidden not in page
    assert "内容不予公布" in page
    assert "件数少，不列" in page
    assert "行政检查规范" in (await client.get("/opinions/reports")).text
    assert (await client.get("/opinions/reports/999999")).status_code == 404


async def test_a_published_report_is_corrected_with_a_reason(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say, clock: Clock
) -> None:
    asked = await ask()
    await as_reader()
    opinion = await say(asked.id, text="写了王五的名字。")
    clock(TOO_LATE)
    await nightly()
    await as_bureau()
    desk = f"/opinions/desk/{asked.id}"
    await client.post(f"/opinions/opinion/{opinion}/answer", {"answer": "已研究。"})
    await reported(client, asked.id, [""])
    await client.post(f"{desk}/finish", {})
    page = (await client.post(f"{desk}/publish", {})).headers["location"]
    assert "王五" in (await client.get(page)).text
    await client.post(
        f"/opinions/opinion/{opinion}/measures/censor", {"passage": "王五", "reason": "他人姓名"}
    )
    assert "王五" in (await client.get(page)).text
    assert (await client.post(f"{desk}/publish", {"correction": ""})).status_code == 422
    await client.post(f"{desk}/publish", {"correction": "遮盖了他人的姓名。"})
    corrected = (await client.get(page)).text
    assert "王五" not in corrected
    assert "遮盖了他人的姓名。" in corrected


async def test_a_draft_nobody_answered_can_be_finished_and_published(
    client: Browser, ask: Ask, as_bureau: As, clock: Clock
) -> None:
    asked = await ask()
    clock(TOO_LATE)
    await nightly()
    await as_bureau()
    desk = f"/opinions/desk/{asked.id}"
    assert (await client.post(f"{desk}/finish", {})).status_code == 303
    published = await client.post(f"{desk}/publish", {})
    assert "没有收到意见" in (await client.follow(published)).text


async def test_who_may_not_answer_is_told_so(
    client: Browser, ask: Ask, as_reader: As, say: Say
) -> None:
    asked = await ask()
    await as_reader()
    opinion = await say(asked.id)
    for path, fields in (
        ("/opinions/desk/new", {"title": "题"}),
        (f"/opinions/opinion/{opinion}/answer", {"answer": "好的。"}),
        (f"/opinions/opinion/{opinion}/measures/block", {"reason": "理由"}),
        (f"/opinions/desk/{asked.id}/publish", {}),
        ("/opinions/desk/templates", {"title": "题", "text": "话话"}),
    ):
        answer: Any = await client.post(path, fields)
        assert answer.status_code == 403, path


@pytest.mark.req("S3-22")
async def test_recordings_are_opened_by_the_author_and_the_office_that_asked_alone(
    client: Browser,
    ask: Ask,
    as_reader: As,
    as_bureau: As,
    login_as: LoginAs,
    region_tree: Any,
    files: Files,
) -> None:
    """Reading drafts is everybody's right; it opens no voice and no photo of an author."""
    assert files
    asked = await ask()
    await as_reader()
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "#8fb8c4").save(picture, "JPEG")
    sent = await client.post(
        f"/opinions/{asked.id}/new",
        {"confidential": "sealed"},
        files={"media": ("现场.jpg", picture.getvalue(), "image/jpeg")},
    )
    opinion = int(sent.headers["location"].rsplit("/", 1)[1])
    (kept,) = await rows("select id, file from opinions_attachment")
    paths = (
        f"/opinions/opinion/{opinion}/files/{kept['id']}",
        f"/files/{kept['file']}",
        f"/files/{kept['file']}/original",
    )

    async def answers() -> list[int]:
        return [(await client.get(each)).status_code for each in paths]

    await as_bureau()
    assert paths[0] in (await client.get(f"/opinions/opinion/{opinion}")).text
    assert await answers() == [200, 404, 404]
    assert (await client.get(f"{paths[0]}9")).status_code == 404
    await as_bureau(region_tree.city)
    assert await answers() == [404, 404, 404]
    await login_as("leader", organisation=False, region=region_tree.county)
    assert await answers() == [403, 404, 404]


@pytest.mark.req("C2-10", "C2-11")
async def test_what_is_covered_stays_covered_in_recordings_documents_and_answers(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say, clock: Clock
) -> None:
    asked = await ask()
    await as_reader(name="包图雅")
    spoken = await say(asked.id, text="", transcript="我去找王五了。")
    await say(asked.id, text="骂人的话")
    signed = await say(asked.id, text="一年一次。包图雅写。")
    clock(TOO_LATE)
    await nightly()
    await as_bureau()
    desk, one = f"/opinions/desk/{asked.id}", f"/opinions/opinion/{spoken}"
    assert "遮盖一段" in (await client.get(one)).text
    await client.post(f"{one}/measures/censor", {"passage": "王五", "reason": "他人姓名"})
    await client.post(f"{one}/transcript", {"transcript": "我昨天去找王五了。"})
    await client.post(f"/opinions/opinion/{spoken + 1}/measures/block", {"reason": "侮辱"})
    await client.post(
        f"{desk}/answer",
        {"id": [str(spoken), str(spoken + 1), str(signed)], "answer": "包图雅，已研究。"},
    )
    await reported(client, asked.id, [""])
    await client.post(f"{desk}/finish", {})
    page = (await client.post(f"{desk}/publish", {})).headers["location"]
    got = await client.get(f"{desk}/report?format=docx")
    with zipfile.ZipFile(io.BytesIO(got.content)) as parts:
        document = parts.read("word/document.xml").decode()
    workbook = sheet((await client.get(f"{desk}/report?format=xlsx")).content)
    for words in ((await client.get(page)).text, document, workbook):
        assert "我昨天去找（已遮盖）了。" in words
        assert "一年一次。（已遮盖）写。" in words
        assert "（已遮盖），已研究。" in words
        assert "内容不予公布" in words
        for hidden in ("王五", "骂人的话", "包图雅"):
            assert hidden not in words


async def test_an_appeal_still_waits_after_the_author_has_changed_his_words(
    client: Browser, ask: Ask, as_reader: As, as_bureau: As, say: Say
) -> None:
    asked = await ask()
    await as_reader()
    opinion = await say(asked.id, text="写得太急")
    await as_bureau()
    await client.post(f"/opinions/opinion/{opinion}/measures/block", {"reason": "含有隐私"})
    await client.post(f"/opinions/opinion/{opinion}/measures/return", {"reason": "写明哪一条"})
    block = await value("select id from opinions_measure where kind = 'block'")
    await as_reader()
    await client.post(f"/opinions/mine/{opinion}/measures/{block}/appeal", {"reason": "没有隐私。"})
    await client.post(f"/opinions/mine/{opinion}/revise", {"text": "第二条一年一次就够。"})
    turns = """select step_title from core_turn
               where subject_kind = 'opinions.opinion' and closed_at is null"""
    async with transaction(OFFICE):
        assert await value(turns) == "答复申诉"
