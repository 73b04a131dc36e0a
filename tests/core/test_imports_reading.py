# SPDX-License-Identifier: Apache-2.0
"""Sheets as offices really send them."""

import io
import tracemalloc
import zipfile
from datetime import date

import pytest
import xlsxwriter

from core.imports import reading
from core.imports.reading import SheetColumn, SheetError, read_sheet

COLUMNS = (
    SheetColumn("name", ("姓名",), required=True),
    SheetColumn("id_number", ("身份证号", "公民身份号码"), required=True, as_text=True),
    SheetColumn("number", ("执法证号",), as_text=True),
    SheetColumn("until", ("有效期至",), kind="date"),
)


def sheet(lines, *, merge=None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("人员")
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            page.write(number, place, cell)
    if merge:
        page.merge_range(*merge)
    book.close()
    return out.getvalue()


HEAD = ["姓名", "身份证号", "执法证号", "有效期至"]


def test_a_title_above_the_head_and_blank_lines_do_not_matter():
    content = sheet(
        [
            ["执法人员名册"],
            HEAD,
            ["张海龙", "11010519491231002X", "15082204017", "2028年6月30日"],
            [],
            ["斯琴高娃", "440524188001010014", "", ""],
        ]
    )
    read = read_sheet(content, COLUMNS)
    assert [one["name"] for one in read.rows] == ["张海龙", "斯琴高娃"]
    assert read.rows[0]["until"] == "2028-06-30"
    assert read.rows[1]["row"] == 5
    assert read.faults == []


def test_what_cannot_be_kept_is_a_fault_of_its_row():
    columns = (SheetColumn("name", ("姓名",), longest=5),)
    read = read_sheet(sheet([["姓名"], ["阿卜杜热合"], ["阿卜杜热合曼"]]), columns)
    assert [(one.row, one.text) for one in read.faults] == [(3, "最多 5 个字，现在是 6 个字。")]


def test_an_identity_number_in_a_number_cell_is_refused_and_explained():
    read = read_sheet(sheet([HEAD, ["张海龙", 150801198811207478, "15082204017", ""]]), COLUMNS)
    assert [(one.row, one.column) for one in read.faults] == [(2, "身份证号")]
    assert "文本" in read.faults[0].text
    assert read.good == []


def test_merged_cells_leave_the_covered_rows_with_a_fault_not_a_crash():
    content = sheet(
        [HEAD, ["", "11010519491231002X", "", ""], ["", "440524188001010014", "", ""]],
        merge=(1, 0, 2, 0, "张海龙"),
    )
    read = read_sheet(content, COLUMNS)
    assert [(one.row, one.text) for one in read.faults] == [(3, "没有填写。")]


def test_a_missing_column_is_named():
    with pytest.raises(SheetError, match="身份证号"):
        read_sheet(sheet([["姓名", "执法证号"], ["张海龙", "1"]]), COLUMNS)


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90\x00" * 20, b"PK\x03\x04broken", b"not a sheet at all"]
)
def test_files_that_are_no_sheets_are_refused_in_chinese(content):
    with pytest.raises(SheetError) as error:
        read_sheet(content, COLUMNS, filename="名册.xlsx")
    assert any(letter > "一" for letter in str(error.value))


def test_a_decompression_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (450 * 1024 * 1024))
    with pytest.raises(SheetError, match="太大"):
        read_sheet(out.getvalue(), COLUMNS)


def opened_up(content, **parts) -> bytes:
    """The workbook with members added to it, and ``head`` put before its texts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            inner = old.read(entry)
            if entry.filename == "xl/sharedStrings.xml" and "head" in parts:
                inner = inner.replace(b"<sst", parts["head"].encode() + b"<sst", 1)
                inner = inner.replace("张海龙".encode(), b"&told;")
            new.writestr(entry, inner)
        for name in parts.get("names", ()):
            new.writestr(name, b"written where it does not belong")
    return out.getvalue()


def test_entities_in_a_workbook_are_neither_followed_nor_expanded(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the words of another file", encoding="utf-8")
    good = sheet([HEAD, ["张海龙", "11010519491231002X", "15082204017", ""]])
    assert read_sheet(good, COLUMNS).rows[0]["name"] == "张海龙"
    for head in (
        f'<!DOCTYPE x [<!ENTITY told SYSTEM "{secret.as_uri()}">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY told "&a;&a;&a;&a;">]>',
    ):
        with pytest.raises(SheetError, match="打不开"):
            read_sheet(opened_up(good, head=head), COLUMNS)


def test_names_that_climb_out_of_a_workbook_write_nothing(tmp_path, monkeypatch):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    good = sheet([HEAD, ["张海龙", "11010519491231002X", "15082204017", ""]])
    names = ["../../climbed.txt", str(tmp_path / "rooted.txt"), "xl/../../../climbed.xml"]
    found = read_sheet(opened_up(good, names=names), COLUMNS, filename="../../名册.xlsx")
    assert [each["name"] for each in found.rows] == ["张海龙"]
    assert [each.name for each in tmp_path.rglob("*")] == ["a", "b"]


def test_csv_in_gb18030_and_a_date_that_is_none():
    content = "姓名,身份证号,有效期至\n张海龙,11010519491231002X,明年\n".encode("gb18030")
    read = read_sheet(content, COLUMNS, filename="名册.csv")
    assert read.rows[0]["name"] == "张海龙"
    assert [one.column for one in read.faults] == ["有效期至"]


def test_real_dates_survive():
    read = read_sheet(sheet([HEAD, ["甲", "11010519491231002X", "", "20280630"]]), COLUMNS)
    assert date.fromisoformat(read.rows[0]["until"]) == date(2028, 6, 30)


def _far_apart(column: str, row: int) -> bytes:
    """A workbook of two cells whose second one stands far away."""
    out = io.BytesIO(sheet([["姓名"]]))
    packed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                far = f'<row r="{row}"><c r="{column}{row}"><v>1</v></c></row></sheetData>'
                content = content.replace(b"</sheetData>", far.encode())
            new.writestr(entry, content)
    return packed.getvalue()


@pytest.mark.parametrize(("column", "row"), [("XFD", 1_048_576), ("XFD", 60_000)])
def test_two_cells_far_apart_cost_a_sentence_and_not_the_process(column, row):
    """The library asks for half a terabyte for the cells between them and ends its process."""
    content = _far_apart(column, row)
    assert len(content) < 10_000
    with pytest.raises(SheetError, match="撑得太大"):
        read_sheet(content, COLUMNS)


def test_a_cell_too_long_for_a_csv_is_a_sentence():
    with pytest.raises(SheetError, match="不是文本表格"):
        read_sheet(("姓名\n" + "甲" * 200_000).encode(), COLUMNS, filename="名册.csv")


def test_days_numbers_and_yes_stay_what_they_are():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, ["张海龙", "11010519491231002X", "15082204017"])
    page.write_datetime(1, 3, date(2028, 6, 30), book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    assert read_sheet(out.getvalue(), COLUMNS).rows[0]["until"] == "2028-06-30"


def test_a_large_sheet_is_held_in_little_memory():
    """Its rows come one by one and are packed: fewer bytes for a row than its words have."""
    lines = [[f"第{n}个人", f"{n:018d}", f"{n:011d}", "2026-05-12"] for n in range(8_000)]
    content = sheet([HEAD, *lines])
    tracemalloc.start()
    try:
        read = read_sheet(content, COLUMNS)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(read.rows) == 8_000
    assert kept < 20 * 8_000
    assert most < 125 * 8_000
    assert [each["id_number"] for each in read.rows] == [f"{n:018d}" for n in range(8_000)]
    assert [each["row"] for each in read.rows[498:1502]] == list(range(500, 1504))
    assert (read.rows[-1]["name"], read.rows[7_999]["row"]) == ("第7999个人", 8_001)
    with pytest.raises(IndexError):
        read.rows[8_000]
    # A row is a copy: what is written into it is not kept.
    for place in (0, 7_999):
        read.rows[place]["name"] = "别人"
        assert read.rows[place]["name"] == f"第{place}个人"


def test_too_many_rows_are_counted_and_refused():
    text = "姓名,身份证号\n" + "甲,11010519491231002X\n" * (reading.MAX_ROWS + 5)
    with pytest.raises(SheetError, match="表里有 60,006 行，一次最多 60,000 行"):
        read_sheet(text.encode(), COLUMNS, filename="x.csv")
