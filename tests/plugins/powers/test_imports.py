# SPDX-License-Identifier: Apache-2.0
"""A list of powers as a sheet: what is read, what is refused with its row, what becomes of it."""

import pytest

from core.api.db import Scope, row, rows, transaction
from core.api.errors import NotFound, Refused
from core.api.imports import SheetError, read_sheet
from plugins.powers.rules import find_faults
from plugins.powers.rules.linting import lint
from plugins.powers.services import importing
from plugins.powers.sheet import PROCEDURES, SHEET, read_items

OFFICE = Scope.platform("test")
HEAD = "事项编码,事项名称,权力类别,法律名称,条款,条文,程序\n"
GOOD = (
    "SZ-001,对在公共场所乱堆物料的处罚,行政处罚,某条例,第十条,,\n"
    "SZ-001,对在公共场所乱堆物料的处罚,行政处罚,某办法,第三条,条文,\n"
    "SZ-002,对占道经营的处罚（简易程序）,处罚,某条例,第十一条,,行政处罚简易程序\n"
    "SZ-003,临时占道许可,行政许可,某条例,第十二条,,\n"
)


def sheet(text):
    return read_sheet((HEAD + text).encode(), SHEET, filename="清单.csv")


@pytest.mark.req("S4-5")
def test_lines_of_one_code_are_one_item_with_several_bases():
    items, faults = read_items(sheet(GOOD))
    assert faults == {}
    assert [(one.code, one.power_class, one.procedure) for one in items] == [
        ("SZ-001", "penalty", "penalty_ordinary"),
        ("SZ-002", "penalty", "penalty_summary"),
        ("SZ-003", "licence", "licence"),
    ]
    assert [basis.law for basis in items[0].basis] == ["某条例", "某办法"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SZ-1,名称,行政奖励,某法,第一条,,", "不是八类权力之一"),
        ("SZ-1,名称,行政处罚,某法,第一条,,快速程序", "没有“快速程序”这个程序"),
        ("SZ-1,名称,行政许可,某法,第一条,,行政处罚普通程序", "不是办理行政许可的"),
        (",名称,行政处罚,某法,第一条,,", "事项编码"),
        ("SZ-1,,行政处罚,某法,第一条,,", "事项名称"),
        ("SZ-1,名称,行政处罚,,第一条,,", "法律名称"),
        (f"{'X' * 41},名称,行政处罚,某法,第一条,,", "最多 40 个字"),
        (f"SZ-1,{'长' * 201},行政处罚,某法,第一条,,", "最多 200 个字"),
        ("（示例，请删除）XZ-001,名称,行政处罚,某法,第一条,,", "示例行"),
        ("SZ-002,别的名称,行政处罚,某法,第一条,,", "名称或者类别却不同"),
        ("SZ-003,临时占道许可,行政许可,某条例,第十二条,,", "重复"),
        ("OLD-1,名称,行政处罚,某法,第一条,,", "已经有编码 OLD-1 的事项"),
    ],
)
def test_a_bad_line_is_named_and_the_others_stay(line, said):
    items, faults = read_items(sheet(GOOD + line + "\n"), ["OLD-1"])
    assert len(items) == 3
    assert list(faults) == [6]
    assert said in " ".join(faults[6])


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", "姓名,年龄\n甲,1\n".encode(), b"PK\x03\x04"]
)
def test_a_file_that_is_no_such_list_is_refused_in_words(content):
    with pytest.raises(SheetError) as refused:
        read_sheet(content, SHEET, filename="清单.csv" if b"PK" not in content else "清单.xlsx")
    assert str(refused.value).endswith("。")


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_every_procedure_gives_an_item_that_can_go_its_way(procedure):
    title, power_class = PROCEDURES[procedure]
    class_title = "行政处罚" if power_class == "penalty" else title
    items, faults = read_items(sheet(f"A-1,名称,{class_title},某法,第一条,,{title}\n"))
    assert faults == {}
    item = importing.as_definition(items[0])
    assert find_faults(item) == []
    assert [f.sentence for f in lint(item) if f.level == "error"] == []


@pytest.mark.req("S4-5")
async def test_the_list_becomes_drafts_and_can_be_taken_back(chain):
    number = await importing.preview(
        chain.maker, chain.body, "内党办发〔2019〕22号", sheet(GOOD), "清单.csv"
    )
    async with transaction(OFFICE):
        assert await rows("select id from powers_draft") == []
    assert await importing.apply(chain.maker, number) == 3
    async with transaction(OFFICE):
        made = await rows("select code, state, source, definition from powers_draft order by code")
    assert [(one["code"], one["state"]) for one in made] == [
        ("SZ-001", "draft"),
        ("SZ-002", "draft"),
        ("SZ-003", "draft"),
    ]
    assert "内党办发〔2019〕22号 清单.csv 第 2 行" in made[0]["source"]
    assert len(made[0]["definition"]["basis"]) == 2
    with pytest.raises(Refused):
        await importing.apply(chain.maker, number)
    assert await importing.undo(chain.maker, number) == (3, 0)
    with pytest.raises(Refused):
        await importing.undo(chain.maker, number)
    async with transaction(OFFICE):
        states = {one["state"] for one in await rows("select state from powers_draft")}
    assert states == {"withdrawn"}


async def test_a_code_that_is_in_force_already_is_not_imported(chain):
    text = "SCJG-CF-012,同一编码,行政处罚,某法,第一条,,\n"
    number = await importing.preview(chain.maker, chain.body, "文件", sheet(GOOD + text), "a.csv")
    assert await importing.apply(chain.maker, number) == 3


async def test_another_office_neither_sees_nor_applies_it(chain):
    number = await importing.preview(chain.maker, chain.body, "文件", sheet(GOOD), "a.csv")
    for stranger in (chain.neighbour, chain.foreign):
        with pytest.raises(NotFound):
            await importing.apply(stranger, number)
        with pytest.raises(NotFound):
            await importing.undo(stranger, number)


async def test_who_may_not_edit_is_refused(chain):
    with pytest.raises(Refused):
        await importing.preview(chain.final, chain.body, "文件", sheet(GOOD), "a.csv")


async def test_the_pages_show_preview_errors_and_result(client, chain, login_as, agencies):
    await login_as("submitter", organisation=agencies.agency)
    assert (await client.get("/powers/imports")).status_code == 200
    template = await client.get("/powers/imports/template.xlsx")
    assert template.content[:2] == b"PK"
    bad = await client.post(
        "/powers/imports",
        data={"organisation": str(chain.body), "document": "某文件"},
        files={"file": ("清单.csv", b"", "text/csv")},
    )
    assert bad.status_code == 422
    assert "请选择事项清单" in bad.text
    assert "某文件" in bad.text
    sent = await client.post(
        "/powers/imports",
        data={"organisation": str(chain.body), "document": "某文件"},
        files={"file": ("清单.csv", (HEAD + GOOD + "X,,,,,,\n").encode(), "text/csv")},
    )
    assert sent.status_code == 303, sent.text[:300]
    page = await client.get(sent.headers["location"])
    assert "建立草稿 3 份" in page.text
    assert "第 6 行" in page.text
    done = await client.post(f"{sent.headers['location']}/apply")
    assert done.status_code == 303
    page = await client.get(sent.headers["location"])
    assert "撤回这批草稿" in page.text
    async with transaction(OFFICE):
        assert await row("select id from powers_draft where code = 'SZ-003'")


async def test_a_supervisor_may_not_import(client, chain, login_as, region_tree):
    await login_as("supervision_bureau", region=region_tree.county)
    assert (await client.get("/powers/imports")).status_code == 403
