# SPDX-License-Identifier: Apache-2.0
"""归档: checklist, index, the one act; and the ledger printed from the list's own query."""

from datetime import UTC, datetime

import pytest

from core.api.errors import Invalid, Refused
from plugins.cases.rules.archiving import Check, archiving_errors, checklist, index_of
from plugins.cases.rules.definition import read_definition
from plugins.cases.rules.flow import VisitLine
from plugins.cases.services import add_archive_note, archive_case
from tests.plugins.cases.conftest import CLUE, Office
from tests.plugins.cases.papers import with_documents
from tests.plugins.cases.test_pages import Desk, field_of

ROAD = (
    VisitLine(1, "clue", 1, "submitted", {}),
    VisitLine(2, "filing", 1, "submitted", {}),
    VisitLine(3, "inquiry", 1, "submitted", {}),
)


def check(**more) -> dict[str, Check]:
    found = checklist(
        read_definition(with_documents()),
        ROAD,
        **{
            "evidence": {3: {"photos": 1, "records": 1}},
            "issued": {"record"},
            "unserved": (),
            "undisclosed": (),
            "open_money": 0,
            "open_lamps": 0,
            **more,
        },
    )
    return {c.title: c for c in found}


@pytest.mark.parametrize(
    ("more", "title", "words"),
    [
        ({}, "", ""),
        ({"evidence": {3: {"photos": 1}}}, "证据材料", "调查取证缺询问笔录"),
        ({"issued": set()}, "文书", "现场笔录没有制作"),
        ({"unserved": ["行政处罚决定书"]}, "送达", "行政处罚决定书没有送达回证"),
        ({"undisclosed": ["行政处罚决定书"]}, "公示", "行政处罚决定书没有公示"),
        ({"open_money": 500_000}, "执行", "还有 5,000.00 元没有缴清"),
        ({"open_lamps": 2}, "监察", "还有 2 个灯没有处理完"),
    ],
)
def test_what_the_file_lacks(more, title, words):
    bad = [c for c in check(**more).values() if not c.ok]
    assert [(c.title, c.text) for c in bad] == ([(title, words)] if title else [])


@pytest.mark.parametrize(
    ("number", "years", "ok", "note", "field"),
    [
        ("2026-1", 30, True, "", None),
        ("", 30, True, "", "number"),
        ("长" * 61, 30, True, "", "number"),
        ("2026-1", 7, True, "", "years"),
        ("2026-1", 30, False, "", "note"),
        ("2026-1", 30, False, "回证在纸质卷里", None),
    ],
)
def test_what_archiving_needs(number, years, ok, note, field):
    errors = archiving_errors(number, years, [Check("证据材料", ok, "")], note)
    assert list(errors) == ([field] if field else [])


def test_the_index_follows_the_flow():
    at = datetime(2026, 5, 12, tzinfo=UTC)
    definition = read_definition(with_documents())
    evidence = [
        {
            "visit": 3,
            "step": "inquiry",
            "control": "photos",
            "name": "一.jpg",
            "sha256": "a",
            "added_at": at,
            "voided_at": None,
        },
        {
            "visit": 3,
            "step": "inquiry",
            "control": "photos",
            "name": "二.jpg",
            "sha256": "b",
            "added_at": at,
            "voided_at": at,
        },
        {
            "visit": 9,
            "step": "inquiry",
            "control": "photos",
            "name": "三.jpg",
            "sha256": "c",
            "added_at": at,
            "voided_at": None,
        },
    ]
    documents = [
        {
            "title": "决定书",
            "number": "1号",
            "state": "issued",
            "step": "decide",
            "sha256": "d",
            "issued_at": at,
        },
        {
            "title": "现场笔录",
            "number": "",
            "state": "corrected",
            "step": "inquiry",
            "sha256": "e",
            "issued_at": at,
        },
        {
            "title": "告知书",
            "number": "2号",
            "state": "void",
            "step": "notice",
            "sha256": "f",
            "issued_at": at,
        },
    ]
    visits = [{"id": 3, "state": "submitted"}, {"id": 9, "state": "superseded"}]
    lines = index_of(definition, visits, evidence, documents)
    assert [line.title for line in lines] == ["现场笔录（已被更正）", "现场照片：一.jpg", "决定书"]


async def ended(office: Office) -> int:
    """Not filed: the shortest way to the end of a case."""
    case = await office.open(same_party_confirmed=True)
    await office.submit(case, CLUE)
    await office.submit(
        case,
        {"outcome": "不予立案", "basis": "第五十四条"},
        actor=office.chief,
        officers=[office.zhang],
    )
    await office.submit(case, {"closing": "归档"})
    return case


async def test_an_archived_file_takes_notes_and_nothing_else(office: Office, facts):
    case = await office.open()
    with pytest.raises(Refused, match="办结以后"):
        await archive_case(office.zhang, case, "2026-1", 30, "")
    case = await ended(office)
    with pytest.raises(Invalid, match="归档号"):
        await archive_case(office.zhang, case, " ", 30, "")
    with pytest.raises(Refused, match="由本案办理人"):
        await archive_case(office.wang, case, "2026-1", 30, "说明")
    await archive_case(office.zhang, case, "2026-1", 30, "说明", token="a")
    await archive_case(office.zhang, case, "2026-1", 30, "说明", token="a")
    (fact,) = await facts.only("cases.archived")
    assert fact.payload["reason"].startswith("归档号 2026-1")
    file = await office.file(case)
    assert (file.row["archive_number"], file.row["archive_years"]) == ("2026-1", 30)
    with pytest.raises(Refused, match="已经归档"):
        await archive_case(office.zhang, case, "2026-2", 30, "")
    await add_archive_note(office.zhang, case, "法院退回材料一份")
    other = await ended(office)
    with pytest.raises(Invalid, match="已经用于"):
        await archive_case(office.zhang, other, "2026-1", 30, "说明")


async def test_the_pages_of_the_archive(office: Office, client, login_as):
    case = await ended(office)
    desk = Desk(office, client, login_as)
    await desk.sit(office.zhang)
    assert f"/cases/{case}/archive" in await desk.page(f"/cases/{case}")
    html = await desk.page(f"/cases/{case}/archive")
    assert "案卷检查" in html
    path = f"/cases/{case}/archive"
    answer = await client.post(path, {"number": "2026-1", "years": "5", "token": "t"})
    assert answer.status_code == 422
    data = {"number": "2026-1", "years": "30", "note": "说明", "token": field_of(html, "token")}
    answer = await client.post(path, data)
    assert answer.status_code == 303, answer.text[-600:]
    html = await desk.page(f"/cases/{case}")
    assert "归档号 2026-1" in html
    assert "卷内目录" in await desk.page(f"/cases/{case}/index")
    assert "磴市监立〔2026〕1号" in await desk.page("/cases/?state=all&archive=yes")
    assert "磴市监立〔2026〕1号" not in await desk.page("/cases/?state=all&archive=no")


async def test_the_ledger_has_the_rows_of_the_list(office: Office, client, login_as):
    await ended(office)
    await office.open(title="另一案", same_party_confirmed=True)
    desk = Desk(office, client, login_as)
    await desk.sit(office.zhang)
    html = await desk.page("/cases/?state=closed")
    assert "/cases/ledger?state=closed" in html
    printed = await desk.page("/cases/ledger?state=closed")
    assert "磴市监立〔2026〕1号" in printed
    assert "另一案" not in printed
    assert "另一案" in await desk.page("/cases/ledger")
    await login_as(role="handler", organisation=office.agency)
    who = await login_as(
        role="supervision_bureau", region=office.tree.other_county, organisation=None
    )
    assert who.region.id == office.tree.other_county.id
    assert "另一案" not in await desk.page("/cases/ledger?state=all")
