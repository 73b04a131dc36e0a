# SPDX-License-Identifier: Apache-2.0
"""Taking in, editing, reviewing, reading on a day, searching, repealing; who sees what."""

import base64
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from core.api.db import Scope, rows, transaction, value
from core.api.errors import Invalid
from core.api.people import appoint_organ
from core.api.testing import Browser, Clock, Facts, LoginAs
from plugins.library.queries.searching import matching_ids, search, wanted
from plugins.library.reactions import resolve_article, search_articles
from plugins.library.rules.parsing import parse
from plugins.library.rules.searching import grams_of, pattern_of
from plugins.library.services.reading import text_of
from tests.plugins.library.conftest import FIRST, SECOND, As, Take

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def word_file(*lines: str, table: tuple[str, ...] = ()) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    if table:
        grid = document.add_table(rows=1, cols=len(table))
        for cell, words in zip(grid.rows[0].cells, table, strict=True):
            cell.text = words
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def packed(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.req("C9-02")
def test_files_and_what_is_refused() -> None:
    text = text_of("a.docx", word_file("某办法", "第一条 甲。", table=("一", "二")))
    assert "第一条 甲。" in text
    assert "| 一 | 二 |" in text
    assert text_of("a.txt", "某办法".encode("gb18030")) == "某办法"
    bomb = packed("word/document.xml", b" " * 70_000_000)
    for content, told in (
        (b"", "请选择文件"),
        (bomb, "大得不正常"),
        (packed("word/document.xml", b"<not xml"), "损坏"),
        (packed("other.xml", b"x"), "不是 Word"),
        (b"PK\x03\x04 no zip", "损坏"),
        (b"\xd0\xcf\x11\xe0 old", "另存为"),
        (b"%PDF-1.7", "PDF"),
        (b"\xff\x00\x00", "不是文本"),
    ):
        with pytest.raises(Invalid) as refused:
            text_of("a.docx", content)
        assert told in refused.value.errors["file"]


def as_word(xml: str) -> Any:
    return parse_xml(xml.replace(">", f" {nsdecls('w')}>", 1))


@pytest.mark.req("C9-02")
def test_no_word_of_a_word_file_is_lost() -> None:
    """Numbers that Word writes, inserted words, content controls, merged cells, pictures."""
    file = Document()
    file.add_paragraph("某办法", style="Title")
    kept = file.part.numbering_part.element
    levels = (
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>'
        '<w:lvlText w:val="第%1条"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>'
        '<w:lvlText w:val="（%2）"/></w:lvl>'
    )
    kept.insert(0, as_word(f'<w:abstractNum w:abstractNumId="77">{levels}</w:abstractNum>'))
    kept.append(as_word('<w:num w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))

    def listed(words: str, level: int = 0) -> Any:
        line = file.add_paragraph(words)._p
        line.get_or_add_pPr().append(
            as_word(f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
        )
        return line

    listed("有下列行为的，责令改正：")
    listed("不公示的；", 1)
    listed("不备案的。", 1)
    last = listed("本办法自2026年1月1日起施行")
    last.append(as_word('<w:ins w:id="1"><w:r><w:t>，满两年后评估。</w:t></w:r></w:ins>'))
    last.append(as_word('<w:del w:id="2"><w:r><w:delText>作废的字</w:delText></w:r></w:del>'))
    body = file.element.body
    box = "<w:sdt><w:sdtContent><w:p><w:r><w:t>附件1</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    body.insert(len(body) - 1, as_word(box))
    grid = file.add_table(rows=2, cols=2)
    grid.cell(0, 0).merge(grid.cell(0, 1)).text = "裁量基准"
    grid.cell(1, 0).text, grid.cell(1, 1).text = "轻微", "警告"
    file.add_paragraph("附件2")
    file.add_picture(io.BytesIO(PICTURE))
    out = io.BytesIO()
    file.save(out)
    found = parse(text_of("a.docx", out.getvalue()))
    assert [(each.key, each.text) for each in found.nodes] == [
        ("a1", "有下列行为的，责令改正：\n（一）不公示的；\n（二）不备案的。"),
        ("a2", "本办法自2026年1月1日起施行，满两年后评估。"),
        ("x1", "| 裁量基准 |\n| 轻微 | 警告 |"),
        ("x2", ""),
    ]
    told = " ".join(each.text for each in found.serious)
    assert "图没有读入" in told
    assert "附件2没有内容" in told


async def law_id() -> int:
    return int(await value("select max(id) from library_law"))


@pytest.mark.req("C9-04", "S0-22")
async def test_a_law_on_a_day_its_versions_and_the_public(
    client: Browser, as_bureau: As, take: Take, facts: Facts, clock: Clock
) -> None:
    clock(datetime(2026, 6, 1, 2, tzinfo=UTC))
    await take(FIRST, "2024-03-01")
    second = await take(SECOND, "2026-05-20")
    assert (await take(SECOND, "2026-05-20")).outcome == "again"
    law = second.law
    changed = {
        tuple(each.payload["article_ids"]): each
        for each in await facts.only("library.article_changed")
    }
    assert {each.payload["kind"] for each in changed.values()} == {"added", "amended"}
    await as_bureau()
    now = (await client.get(f"/library/{law}")).text
    assert "二百元" in now
    assert "第二条之一" in now
    assert 'href="#a2"' in now, "what a law cites of itself is linked"
    before = (await client.get(f"/library/{law}?on=2025-01-01")).text
    assert "一百元" in before
    assert "第二条之一" not in before
    # What the amendment changed says so and leads there; what it repeated says nothing.
    sections = re.findall(r'(?s)<section class="library-article" id="([^"]+)".*?</section>', before)
    told = re.findall(rf'起<a href="/library/{law}\?on=[0-9-]+#([^"]+)">有新的文本', before)
    [ids] = [keys for keys, each in changed.items() if each.payload["kind"] == "amended"]
    assert sorted(told) == sorted(ids)
    assert len(sections) > len(told) > 0
    assert "起不再有效" not in before
    assert "没有库里的版本有效" in (await client.get(f"/library/{law}?on=2020-01-01")).text
    old = next(
        each for each in await rows("select id, number from library_version") if each["number"] == 1
    )
    assert (
        "不一定是现在有效的文本" in (await client.get(f"/library/{law}?version={old['id']}")).text
    )
    diff = (await client.get(f"/library/{law}/diff")).text
    assert "<del>一</del>" in diff
    assert "<ins>二</ins>" in diff
    assert (await client.get(f"/library/{law}?version=999999")).status_code == 404
    assert (await client.get(f"/library/{law}/diff?to=999999")).status_code == 404
    client.forget()
    for path in ("", f"/{law}", f"/{law}/diff", "?q=罚款", "?q=罚"):
        assert (await client.get(f"/library/public{path}")).status_code == 200
    assert (await client.get(f"/library/{law}")).status_code in (302, 303, 401)


@pytest.mark.req("C9-01", "C9-02")
async def test_annexes_stand_behind_the_articles(client: Browser, take: Take, clock: Clock) -> None:
    clock(datetime(2026, 6, 1, 2, tzinfo=UTC))
    annexes = (
        "\n附件1\n\n| 情形 | 幅度 |\n| --- | --- |\n| 轻微 | 警告 |\n"
        "\n附 件 2\n\n备案卡式样\n\n第一章 填写说明\n\n第一条 照实填写。\n\n其他见本办法第二条。\n"
    )
    law = (await take(FIRST + annexes, "2024-03-01")).law
    page = (await client.get(f"/library/public/{law}")).text
    first, second = page.split('id="x1"')[1].split('id="x2"')
    assert "附件1</a>" in first, "a table alone has its name too"
    assert "<td>警告</td>" in first
    assert "备案卡式样" in second
    assert "第一条 照实填写" in second, "no link to the article of the law"
    assert 'href="#a2"' in second, "what an annex cites of the law is linked"
    assert "附件2 备案卡式样" in page.split('id="h-toc"')[1]
    hits = (await client.get("/library/public?q=警告")).text
    assert "附件1" in hits
    assert "| 轻微" not in hits


@pytest.mark.req("C9-14", "S0-22")
async def test_what_a_phone_keeps_is_drawn_for_nobody(
    client: Browser, login_as: LoginAs, take: Take, region_tree: Any, clock: Clock
) -> None:
    clock(datetime(2026, 6, 1, 2, tzinfo=UTC))
    law = (await take(FIRST, "2024-03-01")).law
    client.forget()
    alone = {
        path: await client.get(path) for path in (f"/library/public/{law}", "/library/public/kept")
    }
    who = await login_as("supervisor", organisation=False, region=region_tree.county, name="金志国")
    own = await client.get(f"/library/{law}")
    assert own.headers["x-jiandu-account"]
    assert "x-jiandu-open" not in own.headers, "a page with a name on it is nobody else's"
    assert f'data-jd-open="/library/public/{law} /library/public/kept"' in own.text
    for path, before in alone.items():
        now = await client.get(path)
        assert now.text == before.text, "the same with a session and without"
        assert now.headers["x-jiandu-open"]
        assert "x-jiandu-account" not in now.headers
        assert who.name not in now.text
    missing = await client.get("/library/public/999999")
    assert missing.status_code == 404
    assert "x-jiandu-open" not in missing.headers


@pytest.mark.req("S0-22")
async def test_the_phone_of_a_supervisor(
    client: Browser, login_as: LoginAs, take: Take, region_tree: Any, clock: Clock
) -> None:
    clock(datetime(2026, 6, 1, 2, tzinfo=UTC))
    law = (await take(FIRST, "2024-03-01")).law
    await login_as("supervisor", organisation=False, region=region_tree.county)
    shelf = (await client.get("/library/")).text
    assert "磴口县摊贩办法" in shelf
    assert 'href="/assist"' in shelf, "the manual and the list of powers are one touch away"
    assert "/library/" in (await client.get("/assist")).text
    words = (await client.get(f"/library/{law}")).text
    assert "第一章 总则" in words
    assert "录入新版本" not in words
    for path in ("/library/desk", "/library/tasks", f"/library/{law}/uses"):
        assert (await client.get(path)).status_code == 403


@pytest.mark.req("C9-07")
async def test_an_office_above_reads_and_does_not_write(
    client: Browser, as_bureau: As, take: Take, region_tree: Any, login_as: LoginAs, agencies: Any
) -> None:
    """The city's office sees the county's drafts; to keep them is the county's."""
    law = (await take(FIRST, "2024-03-01")).law
    async with transaction(Scope.platform("test data")):
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)
    await as_bureau()
    begun = await client.post("/library/desk/new", {"text": SECOND, "law": str(law)})
    path = begun.headers["location"]
    form = {
        "title": "磴口县摊贩办法",
        "kind": "normative",
        "name": "修订",
        "promulgated_on": "2026-05-20",
        "effective_from": "2026-06-20",
        "text": SECOND,
        "revision": "1",
        "act": "save",
    }
    wish = {"repealed_on": "2026-07-01", "note": "越权废止"}

    async def kept() -> tuple[Any, ...]:
        return (
            await rows("select * from library_version order by id"),
            await rows("select * from library_law order by id"),
            await rows("select * from library_article order by id"),
        )

    async def tried() -> list[int]:
        return [
            (await client.post(path, form)).status_code,
            (await client.post(path, {**form, "act": "submit"})).status_code,
            (await client.post(f"{path}/discard")).status_code,
            (await client.post(f"{path}/return", {"reason": "重写"})).status_code,
            (await client.post(f"{path}/approve")).status_code,
            (await client.post(f"/library/{law}/repeal", wish)).status_code,
            (await client.get(f"/library/{law}/repeal")).status_code,
        ]

    for state in ("draft", "review"):
        if state == "review":
            await as_bureau()
            assert (await client.post(path, {**form, "act": "submit"})).status_code == 303
        before = await kept()
        await as_bureau(region_tree.city, name="包立新")
        page = await client.get(path)
        assert page.status_code == 200
        assert "审核通过并发布" not in page.text
        assert "丢弃草稿" not in page.text
        assert set(await tried()) <= {404, 409, 422}
        assert "只能查看" in (await client.post(f"{path}/approve")).text
        await login_as("leader", organisation=False, region=region_tree.city, name="领导")
        assert set(await tried()) <= {403, 404, 409}
        assert await kept() == before


@pytest.mark.req("C9-07")
async def test_one_writes_another_publishes(
    client: Browser, as_bureau: As, facts: Facts, region_tree: Any, login_as: LoginAs, agencies: Any
) -> None:
    await as_bureau()
    bad = await client.post("/library/desk/new", {"text": "", "law": "0"})
    assert bad.status_code == 422
    assert "请选择文件" in bad.text
    begun = await client.post("/library/desk/new", {"text": FIRST, "law": "0", "_once": "k" * 24})
    assert begun.status_code == 303
    path = begun.headers["location"]
    again = await client.post("/library/desk/new", {"text": FIRST, "law": "0", "_once": "k" * 24})
    assert again.headers["location"] == path
    assert await value("select count(*) from library_version") == 1
    form = {
        "title": "磴口县摊贩办法",
        "kind": "normative",
        "name": "2024年版",
        "promulgated_on": "2024-03-01",
        "effective_from": "2024-04-01",
        "text": FIRST,
        "revision": "1",
        "starts": "第三条 2024-10-01",
        "act": "save",
    }
    wrong = await client.post(path, {**form, "starts": "第九条 2024-10-01"})
    assert wrong.status_code == 422
    assert "第九条既不在" in wrong.text
    assert (await client.post(path, {**form, "starts": "改天"})).status_code == 422
    assert (await client.post(path, {**form, "effective_from": "2024-01-01"})).status_code == 422
    assert (await client.post(path, form)).status_code == 303
    stale = await client.post(path, form)
    assert stale.status_code == 422
    assert "刚刚被别人改过" in stale.text
    assert (await client.post(path, {**form, "revision": "2", "act": "submit"})).status_code == 303
    assert "送审人不能审核自己的稿子" in (await client.get(path)).text
    assert (await client.post(f"{path}/approve")).status_code == 409 or not await facts.only(
        "library.version_published"
    )
    assert (await client.get("/library/?q=摊贩")).text.count("摊贩办法") <= 1, "no draft is found"
    await as_bureau(region_tree.other_county)
    assert (await client.get(path)).status_code == 404
    assert (await client.post(f"{path}/approve")).status_code == 404
    await login_as("handler", organisation=agencies.agency)
    assert (await client.get(path)).status_code == 403
    await as_bureau(name="孙静")
    assert (await client.post(f"{path}/return", {"reason": ""})).status_code == 422
    assert (await client.post(f"{path}/return", {"reason": "日期不对"})).status_code == 303
    assert "日期不对" in (await client.get("/library/desk")).text
    await as_bureau()
    page = await client.get(path)
    assert "审核退回" in page.text
    revision = await value("select revision from library_version")
    await client.post(path, {**form, "revision": str(revision), "act": "submit"})
    await as_bureau(name="孙静")
    assert (await client.post(f"{path}/approve")).status_code == 303
    (fact,) = await facts.only("library.version_published")
    assert fact.payload["effective_from"] == "2024-04-01"
    third = await rows("select from_on from library_article where key = 'a3'")
    assert third[0]["from_on"] == date(2024, 10, 1), "partial commencement"
    law = await law_id()
    assert "2024年10月1日起施行" in (await client.get(f"/library/{law}?on=2024-05-01")).text
    assert (await client.post(f"{path}/discard")).status_code != 303


@pytest.mark.req("C9-03")
async def test_search_finds_exactly_what_a_scan_finds(
    client: Browser, as_bureau: As, take: Take, clock: Clock
) -> None:
    clock(datetime(2026, 6, 1, 2, tzinfo=UTC))
    await take(FIRST, "2024-03-01")
    await take(SECOND, "2026-05-20")
    await take("# 怪字办法\n\n<!-- INFO END -->\n\n第一条 𠮷田 100% ABC_d，罚\\款。", "2024-01-01")
    async with transaction(Scope.public()):
        words = await rows("select lower(text) as text from library_article")
        pairs = {each["text"][at : at + 2] for each in words for at in range(len(each["text"]) - 1)}
        pairs |= {"不有", "𠮷田", "100%", "c_d", "罚\\款", "拒不改正", "为了规范"}
        for word in sorted(each for each in pairs if not any(c.isspace() for c in each)):
            found = set(await matching_ids(wanted(word)))
            scan = await rows(
                "select id from library_article where lower(text) like $1", pattern_of(word)
            )
            assert found == {each["id"] for each in scan}, word
        text = "为了规范AB，𠮷1龥龥"
        ours = await value("select library_grams($1)", text)
        assert sorted(ours) == sorted(set(grams_of(text.lower())))
        now = await search(wanted("罚款", on=date(2026, 6, 1)), Scope.public())
        assert now.total == 1
        assert "二百元" in now.hits[0]["text"]
        assert (await search(wanted("罚款"), Scope.public())).total == 2
        assert (await search(wanted("罚款", "law"), Scope.public())).total == 0
        assert [each["title"] for each in (await search(wanted("摊贩 办法"), Scope.public())).laws]
        assert await resolve_article("磴口县摊贩办法第三条") is not None
        assert await resolve_article("磴口县摊贩办法第三十条") is None
        assert await search_articles("罚款", Scope.public())
    await as_bureau()
    page = (await client.get("/library/?q=罚款")).text
    assert "<mark>罚款</mark>" in page
    assert "条文 1 处" in page
    everything = (await client.get("/library/?q=罚款&when=all")).text
    assert "条文 2 处" in everything
    assert "至少要有一个两个字的词" in (await client.get("/library/?q=罚")).text
    assert "没有找到" in (await client.get("/library/?q=不存在的词")).text
    hostile = (await client.get("/library/?q=<script>alert(1)</script>")).text
    assert "<script>alert" not in hostile
    cited = (await client.get("/library/?q=磴口县摊贩办法第三条")).text
    assert "引用的条文" in cited
    posted = await client.post(
        "/library/citations", {"text": "依据《磴口县摊贩办法》第三条、第三十条", "on": "2026-06-01"}
    )
    assert "没有第三十条" in posted.text
    assert "二百元" in posted.text


async def test_pages_of_hits_have_each_hit_once(take: Take) -> None:
    numbers = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")
    body = "\n\n".join(f"第{each}条 甲乙。" for each in numbers)
    for title in ("甲办法", "乙办法", "丙办法"):
        await take(f"# {title}\n\n<!-- INFO END -->\n\n{body}", "2024-01-01")
    async with transaction(Scope.public()):
        pages = [await search(wanted("甲乙"), Scope.public(), each) for each in (1, 2, 3)]
    assert [len(each.hits) for each in pages] == [20, 19, 0]
    assert pages[0].total == pages[1].total == 39
    assert len({hit["id"] for each in pages for hit in each.hits}) == 39
    titles = [hit["title"] for each in pages for hit in each.hits]
    assert titles == sorted(titles, key=titles.index), "one law after the other"


@pytest.mark.req("C9-05")
async def test_a_repeal(
    client: Browser, as_bureau: As, take: Take, facts: Facts, clock: Clock, region_tree: Any
) -> None:
    clock(datetime(2026, 6, 1, 2, tzinfo=UTC))
    law = (await take(FIRST, "2024-03-01")).law
    await as_bureau(region_tree.other_county)
    form = {"repealed_on": "2026-07-01", "note": "县政府令第12号"}
    assert (await client.get(f"/library/{law}/repeal")).status_code == 404
    assert (await client.post(f"/library/{law}/repeal", form)).status_code == 404
    await as_bureau()
    assert (await client.get(f"/library/{law}/repeal")).status_code == 200
    assert (await client.post(f"/library/{law}/repeal", {"note": ""})).status_code == 422
    assert (await client.post(f"/library/{law}/repeal", form)).status_code == 303
    assert await facts.only("library.repealed")
    assert "已于2026年7月1日废止" in (await client.get(f"/library/{law}?on=2026-08-01")).text
    assert "2026年7月1日起废止" in (await client.get(f"/library/{law}")).text
    ends = await rows("select distinct to_on from library_article")
    assert [each["to_on"] for each in ends] == [date(2026, 7, 1)]
    assert (await client.post(f"/library/{law}/repeal", form)).status_code != 303
    assert (await client.get(f"/library/{law}/repeal")).status_code == 409
    assert "已废止" in (await client.get("/library/?state=gone")).text


async def test_the_command_only_looking(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    from plugins.library.commands import COMMANDS

    (tmp_path / "甲(2024-03-01).md").write_text(FIRST, "utf-8")
    (tmp_path / "乙.docx").write_bytes(b"PK\x03\x04 broken")
    parser = argparse.ArgumentParser()
    COMMANDS[0].configure(parser)
    code = COMMANDS[0].run(parser.parse_args(["import", str(tmp_path), "--dry-run", "--json"]))
    told = json.loads(capsys.readouterr().out)
    assert code == 2
    assert (told["files"], told["refused"], told["articles"]) == (2, 1, 4)
    assert COMMANDS[0].run(parser.parse_args(["import", str(tmp_path / "none")])) == 2
