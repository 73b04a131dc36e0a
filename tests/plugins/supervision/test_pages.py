# SPDX-License-Identifier: Apache-2.0
"""Supervision as the office, the body and a stranger see it."""

import html
import io
import json
import re
import zipfile

import pytest
from docx import Document

from core.api.db import Place, Scope, SubjectRef, row, transaction
from core.api.people import found_organisation
from core.api.regions import add_region
from plugins.supervision import commands
from plugins.supervision.queries import matters as reading
from plugins.supervision.services import issuing, layout, opening, serving
from tests.plugins.supervision.test_services import answers, listed, matter, paper

ALL = Scope.platform("test")


@pytest.fixture
async def office(county, login_as, region_tree):
    return await login_as(
        "supervision_bureau",
        region=region_tree.county,
        organisation=county.agencies.bureau,
        name="陈玉梅",
    )


async def as_body(county, login_as):
    return await login_as("dept_supervisor", organisation=county.agencies.agency, name="李建国")


async def send(client, who, path: str, **fields):
    return await client.post(path, data={"_csrf": who.csrf, **fields})


@pytest.mark.req("C5-05")
async def test_an_upheld_alarm_opens_a_filled_in_form(county, office, client) -> None:
    async with transaction(ALL):
        await opening.note_suggestion(
            trigger="alarm",
            source=SubjectRef("orders.order", 5),
            words="督办〔2026〕5号",
            body=county.agencies.agency.id,
            reason="情况属实，办理不符合规定。",
            place=Place(county.agencies.agency.region_lo),
        )
        found = await row("select id from supervision_suggestion")
    assert "维持的报警：督办〔2026〕5号" in (await client.get("/supervision/")).text
    form = (await client.get(f"/supervision/new?suggestion={found['id']}")).text
    assert "来自维持的报警督办〔2026〕5号：情况属实" in form
    chosen = re.findall(r"<input[^>]*\bchecked\b[^>]*>", form)
    assert [re.search(r'value="(\w+)"', each)[1] for each in chosen] == ["daily"]
    assert re.search(rf'<option value="{county.agencies.agency.id}"[^>]*selected', form)


async def test_a_suggestion_is_not_set_aside_without_a_reason(county, office, client) -> None:
    async with transaction(ALL):
        await opening.note_suggestion(
            trigger="alarm",
            source=SubjectRef("orders.order", 5),
            words="督办〔2026〕5号",
            body=county.agencies.agency.id,
            reason="情况属实，办理不符合规定。",
            place=Place(county.agencies.agency.region_lo),
        )
        found = await row("select id from supervision_suggestion")
    aside = f"/supervision/suggestions/{found['id']}/aside"
    refused = await send(client, office, aside, reason="不用")
    assert refused.status_code == 422
    assert f'id="e-aside-{found["id"]}"' in refused.text, "beside the field, in its open sheet"
    assert re.search(
        rf"<textarea[^>]*id=\"f-aside-{found['id']}\"[^>]*>\s*不用</textarea>", refused.text
    )
    assert (await send(client, office, aside, reason="不属于执法监督范围。")).status_code == 303
    gone = await send(client, office, aside, reason="不用")
    assert gone.status_code == 404


async def test_from_a_media_report_to_a_notice(county, office, client) -> None:
    form = (await client.get("/supervision/new")).text
    assert "磴口县市场监督管理局" in form
    told = {
        "kind": "individual",
        "title": "宏达粮油店处罚案个案监督",
        "body": str(county.agencies.agency.id),
        "contents": "conduct",
        "persons": [str(each) for each in county.team],
        "trigger": "media",
        "source": "巴彦淖尔日报《罚款之后》",
        "link": "",
    }
    refused = await send(client, office, "/supervision/new", **told)
    assert refused.status_code == 422
    assert "写明报道的网址" in refused.text
    assert "巴彦淖尔日报《罚款之后》" in refused.text  # nothing typed is lost
    made = await send(
        client, office, "/supervision/new", **{**told, "link": "https://example.org/1"}
    )
    assert made.status_code == 303
    path = made.headers["location"]
    shown = (await client.get(path)).text
    assert "制发行政执法监督通知书" in shown
    assert "https://example.org/1" in shown
    typed = {
        "facts": "经查，你单位办理该案没有公示处罚决定。",
        "requirement": "请逐项整改。",
        "problems": "1. 没有公示处罚决定\n2. 没有录像",
    }
    seen = await send(client, office, f"{path}/issue/notice", act="preview", **typed)
    assert seen.headers["content-type"] == "application/pdf"
    wrong = await send(client, office, f"{path}/issue/notice", facts="短", requirement="请整改。")
    assert wrong.status_code == 422
    assert "至少 10 个字" in wrong.text
    once = "a" * 32
    first = await send(client, office, f"{path}/issue/notice", act="issue", once=once, **typed)
    again = await send(client, office, f"{path}/issue/notice", act="issue", once=once, **typed)
    assert first.status_code == again.status_code == 303
    shown = (await client.get(path)).text
    assert "执监通〔2026〕1号" in shown
    assert "执监通〔2026〕2号" not in shown
    listing = (await client.get("/supervision/?tab=waiting")).text
    assert path in listing
    sheet = await client.get("/supervision/?tab=waiting&format=xlsx")
    assert sheet.content.startswith(b"PK")
    assert (await client.get("/supervision/999999")).status_code == 404


async def test_the_files_of_a_document(county, office, client) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    as_pdf = await client.get(f"/supervision/files/{notice}/pdf")
    assert as_pdf.content.startswith(b"%PDF")
    as_docx = await client.get(f"/supervision/files/{notice}/docx")
    words = [p.text for p in Document(io.BytesIO(as_docx.content)).paragraphs]
    assert "磴口县市场监督管理局：" in words
    await issuing.set_paper({"paper": notice})
    kept = await paper(notice)
    for form in ("pdf", "docx"):
        taken = await client.get(f"/supervision/files/{notice}/{form}")
        assert taken.status_code == 200
        assert len(taken.content) > 1000
        # Nobody takes one away without a trace.
        assert (await client.get(f"/files/{kept[form]}")).status_code == 404


async def test_the_body_sees_its_document_and_not_the_source(
    county, login_as, client, region_tree
) -> None:
    id_ = await county.open(summary="内部掌握的情况")
    notice = await county.issue(id_)
    who = await as_body(county, login_as)
    assert "执监通〔2026〕1号" in (await client.get("/supervision/received")).text
    shown = (await client.get(f"/supervision/received/{notice}")).text
    assert "没有公示处罚决定" in shown
    assert "巴彦淖尔日报" not in shown
    assert "内部掌握" not in shown
    assert (await client.get(f"/supervision/{id_}")).status_code == 403
    assert (await client.get("/supervision/")).status_code == 403
    path = f"/supervision/received/{notice}"
    assert (await send(client, who, f"{path}/sign")).status_code == 303
    rows = await listed(id_)
    short = await send(
        client,
        who,
        f"{path}/reply",
        text="已经整改完毕，特此答复。",
        **{f"answer_{rows[0]['id']}": "已经补正并公示。"},
    )
    assert short.status_code == 422
    assert "已经补正并公示。" in short.text
    done = await client.post(
        f"{path}/reply",
        data={
            "_csrf": who.csrf,
            "text": "已经整改完毕，特此答复。",
            **{f"answer_{each['id']}": "已经补正并公示。" for each in rows},
        },
        files={"files": ("证明.exe", b"MZ\x90\x00" * 40, "application/octet-stream")},
    )
    assert done.status_code == 422  # a hostile or useless file is refused, the words stay
    assert "已经整改完毕" in done.text
    done = await send(
        client,
        who,
        f"{path}/reply",
        text="已经整改完毕，特此答复。",
        **{f"answer_{each['id']}": "已经补正并公示。" for each in rows},
    )
    assert done.status_code == 303
    assert (await matter(id_))["state"] == "replied"
    assert (await client.get(f"{path}/pdf")).status_code == 200


async def test_a_stranger_gets_nothing(county, login_as, client, region_tree) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    other = await login_as("dept_supervisor", organisation=county.agencies.other_agency)
    assert (await client.get(f"/supervision/received/{notice}")).status_code == 404
    assert (await client.get(f"/supervision/received/{notice}/pdf")).status_code == 404
    answer = await send(client, other, f"/supervision/received/{notice}/sign")
    assert answer.status_code == 404
    await login_as(
        "supervision_bureau",
        region=region_tree.other_county,
        organisation=county.agencies.foreign_bureau,
    )
    for path in (f"/supervision/{id_}", f"/supervision/files/{notice}/pdf"):
        assert (await client.get(path)).status_code == 404


async def test_long_words_are_refused_and_never_cut(county, client, login_as, region_tree) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    first, second = await listed(id_)
    who = await as_body(county, login_as)
    long = "整" * 2001
    path = f"/supervision/received/{notice}"
    assert (await send(client, who, f"{path}/sign")).status_code == 303
    answer = {f"answer_{first['id']}": long, f"answer_{second['id']}": "已经补正并公示。"}
    told = await send(client, who, f"{path}/reply", text="已经整改完毕，特此答复。", **answer)
    assert told.status_code == 422
    assert "最多 2000 个字，现在 2001 个" in told.text
    assert long in told.text
    assert (await paper(notice))["state"] == "received"
    answer[f"answer_{first['id']}"] = long[1:]
    told = await send(client, who, f"{path}/reply", text="已经整改完毕，特此答复。", **answer)
    assert told.status_code == 303
    assert (await listed(id_))[0]["answer"] == long[1:]
    again = await login_as(
        "supervision_bureau",
        region=region_tree.county,
        organisation=county.agencies.bureau,
        name="陈玉梅",
    )
    remark = "缺" * 301
    told = await send(
        client,
        again,
        f"/supervision/{id_}/check",
        **{
            f"outcome_{first['id']}": "passed",
            f"outcome_{second['id']}": "failed",
            f"remark_{second['id']}": remark,
        },
    )
    assert told.status_code == 422
    assert "最多 300 个字" in told.text
    assert remark in told.text
    assert (await matter(id_))["state"] == "replied"


async def test_recheck_and_end_on_the_page(county, office, client) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    await serving.sign(county.body, notice)
    await serving.reply(county.body, notice, "已经整改完毕，特此答复。", await answers(id_))
    first, second = await listed(id_)
    path = f"/supervision/{id_}"
    wrong = await send(
        client,
        office,
        f"{path}/check",
        **{f"outcome_{first['id']}": "passed", f"outcome_{second['id']}": "failed"},
    )
    assert wrong.status_code == 422
    assert "没有整改到位的，写明理由" in wrong.text
    done = await send(
        client,
        office,
        f"{path}/check",
        **{f"outcome_{first['id']}": "passed", f"outcome_{second['id']}": "passed"},
    )
    assert done.status_code == 303
    assert "办结监督" in (await client.get(path)).text
    ended = await send(client, office, f"{path}/close", text="两项问题都已整改。")
    assert ended.status_code == 303
    assert (await matter(id_))["state"] == "closed"
    again = await send(client, office, f"{path}/close", text="两项问题都已整改。")
    assert again.status_code == 409  # a stale page


async def test_acts_on_a_document_by_page(county, office, client) -> None:
    id_ = await county.open()
    notice = await county.issue(id_)
    base = f"/supervision/papers/{notice}"
    for name in ("service", "extend", "withdraw"):
        assert (await client.get(f"{base}/{name}")).status_code == 200
    assert (await send(client, office, f"{base}/service", how="refused")).status_code == 422
    served = await send(
        client, office, f"{base}/service", how="mailed", by="收发室", note="EMS 1180022"
    )
    assert served.status_code == 303
    late = await send(client, office, f"{base}/extend", days="3", reason="材料较多")
    assert late.status_code == 303
    gone = await send(client, office, f"{base}/withdraw", reason="主送单位写错")
    assert gone.status_code == 303
    assert (await paper(notice))["state"] == "withdrawn"
    assert (await client.get(f"/supervision/files/{notice}/pdf")).content.startswith(b"%PDF")


# --- templates --------------------------------------------------------------------------------


def _template(*lines: str) -> bytes:
    file = Document()
    for line in lines:
        file.add_paragraph(line)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


GOOD = ("本局版式", "{{ title }}", "{{ number }}", "{{ to }}", "{{ body }}", "{{ date }}")


def test_what_a_template_may_hold() -> None:
    assert layout.faults_of(_template(*GOOD)) == []
    assert layout.faults_of(layout.default_template()) == []
    for wrong in (
        "{% for x in range(9) %}x{% endfor %}",
        "{{ ''.__class__ }}",
        "{{ title|upper }}",
        "{{ 9**9**9 }}",
        "{{ nothing }}",
        "{# 注 #}",
    ):
        assert layout.faults_of(_template(*GOOD, wrong)), wrong
    assert layout.faults_of(_template("{{ title }}")) == [
        "模板里还缺：文号、主送机关、正文（自动分段）、成文日期。"
    ]
    assert layout.faults_of(b"not a zip")
    assert layout.faults_of(b"x" * (layout.MAX_BYTES + 1))


def test_a_bomb_is_refused_without_unpacking() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"0" * (layout.MAX_UNPACKED + 1))
    assert layout.faults_of(out.getvalue()) == ["文件解压以后过大，不是正常的 Word 文档。"]


def test_values_stay_text() -> None:
    made = layout.set_docx(
        _template(*GOOD), {"title": "<A&B> {{ number }}", "number": "一号", "body": "甲\n乙"}
    )
    words = [p.text for p in Document(io.BytesIO(made)).paragraphs]
    assert "<A&B> {{ number }}" in words
    assert words.index("乙") == words.index("甲") + 1


async def test_the_office_replaces_the_template(county, office, client, files) -> None:
    default = await client.get("/supervision/registers/templates/default")
    assert layout.faults_of(default.content) == []
    bad = await client.post(
        "/supervision/registers/templates",
        data={"_csrf": office.csrf, "kind": ""},
        files={"file": ("模板.docx", _template(*GOOD, "{{ ''.__class__ }}"), layout.DOCX)},
    )
    assert bad.status_code == 422
    assert "不认识的占位" in html.unescape(bad.text)
    good = await client.post(
        "/supervision/registers/templates",
        data={"_csrf": office.csrf, "kind": "notice"},
        files={"file": ("模板.docx", _template(*GOOD), layout.DOCX)},
    )
    assert good.status_code == 303, re.findall(r"jd-errbox.*?</div>", good.text)[:1]
    id_ = await county.open()
    notice = await county.issue(id_)
    content = (await client.get(f"/supervision/files/{notice}/docx")).content
    assert Document(io.BytesIO(content)).paragraphs[0].text == "本局版式"


@pytest.mark.req("S4-10", "S4-4")
async def test_registers(county, office, client) -> None:
    path = "/supervision/registers"
    wrong = await send(
        client,
        office,
        f"{path}/bases",
        number="乌司发[2023]47号",
        title="关于试点的通知",
        issuer="旗司法局",
    )
    assert wrong.status_code == 422
    assert "六角括号" in wrong.text
    told = {"number": "乌司发〔2023〕47号", "title": "关于试点的通知", "issuer": "旗司法局"}
    assert (await send(client, office, f"{path}/bases", **told)).status_code == 303
    assert (await send(client, office, f"{path}/bases", **told)).status_code == 422
    duty = {
        "title": "监督三项制度",
        "content": "systems",
        "way": "每季度检查",
        "liability": "发通知书",
    }
    assert (await send(client, office, f"{path}/duties", **duty)).status_code == 303
    shown = (await client.get(path)).text
    assert "乌司发〔2023〕47号" in shown
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert len(ids) == len(set(ids)), "a label leads to its own control, in five forms"
    assert "每季度检查" in shown
    assert "乌兰" in shown
    async with transaction(ALL):
        found = await row("select id from supervision_duty")
    assert (await send(client, office, f"{path}/duties/{found['id']}/remove")).status_code == 303
    assert "每季度检查" not in (await client.get(path)).text


def test_the_command_repeats_a_draw(tmp_path, capsys) -> None:
    from plugins.supervision.rules import draw as lots
    from tests.plugins.supervision.test_rules import LIST, _published

    it = _published()
    told = {
        **{key: getattr(it, key) for key in ("commitment", "list_hash", "sample", "team")},
        "secret": it.secret,
        "result": it.result,
        "objects": list(it.objects),
        "teams": {key: list(cards) for key, cards in it.teams.items()},
        "entries": [
            {"role": e.role, "key": e.key, "title": e.title, "org_lo": e.org_lo, "org_hi": e.org_hi}
            for e in LIST
        ],
    }
    file = tmp_path / "draw.json"
    file.write_text(json.dumps(told), "utf-8")
    asked = type("Asked", (), {"file": file, "json": False})
    assert commands._run(asked) == commands.HOLDS
    told["entries"][0]["title"] = "换了"
    file.write_text(json.dumps(told), "utf-8")
    assert commands._run(asked) == commands.BENT
    assert "名单在公布以后被改动" in capsys.readouterr().out
    file.write_text("[]", "utf-8")
    assert commands._run(asked) == commands.UNREADABLE
    assert lots.VERSION


@pytest.mark.req("S4-2")
async def test_who_can_assist_is_near(county, office, region_tree, client) -> None:
    """The county next door and the bureau above, not the one of another province."""
    async with transaction(ALL):
        above = await found_organisation("市司法局", "justice", region_tree.city.id)
        far = await add_region(region_tree.country.id, "某省", 1)
        stranger = await found_organisation("某省司法厅", "justice", far.id)
        there = {name for _id, name in await reading.offices_near(region_tree.county.lo)}
        town = {name for _id, name in await reading.offices_near(region_tree.town.lo)}
        elsewhere = {name for _id, name in await reading.offices_near(far.lo)}
    near = {"磴口县司法局", "临河区司法局", "隆盛合镇司法所", above.name}
    assert near <= there
    assert {"磴口县司法局", "隆盛合镇司法所", above.name} <= town
    assert "临河区司法局" not in town
    for found in (there, town):
        assert stranger.name not in found
    assert stranger.name in elsewhere
    assert not near & elsewhere
    assert stranger.name not in (await client.get("/supervision/new")).text


@pytest.mark.req("C5-08")
async def test_a_number_that_was_typed_leads_to_what_bears_it(county, office, client) -> None:
    """The source and the case of a matter, where the reader may open them; an unknown one is text."""
    first = await county.open()
    async with transaction(ALL):
        number = (await row("select number from supervision_matter where id = $1", first))["number"]
    second = await county.open(
        kind="individual", trigger="lawsuit", source="（2026）内0822行初15号", case_number=number
    )
    shown = (await client.get(f"/supervision/{second}")).text
    assert f'<a href="/supervision/{first}">打开案件</a>' in shown
    assert "打开来源" not in shown
    third = await county.open(
        kind="individual", trigger="reconsideration", source=f" {number} ", case_number="监督"
    )
    shown = (await client.get(f"/supervision/{third}")).text
    assert f'<a href="/supervision/{first}">打开来源</a>' in shown
    assert "打开案件" not in shown, "part of a number bears nothing"
