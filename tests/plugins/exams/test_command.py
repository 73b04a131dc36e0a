# SPDX-License-Identifier: Apache-2.0
"""``jiandu exams import``: looked at without a database; what is wrong by its line."""

import argparse
import json
from pathlib import Path

import pytest
import xlsxwriter

from plugins.exams.commands import COMMANDS
from plugins.exams.sheet import COLUMNS, EXAMPLES
from tests.plugins.exams.conftest import GIFT


def ask(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    COMMANDS[0].configure(parser)
    return COMMANDS[0].run(parser.parse_args(["import", *arguments]))


def test_gift_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "题库.gift"
    file.write_text(GIFT + "\n坏题\n\n" + GIFT, "utf-8")
    assert ask(str(file), "--dry-run", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["questions"], told["taken"]) == ("gift", 8, 0)
    assert len(told["doubled"]) == 4
    assert told["faults"] == [{"line": 14, "text": "没有花括号，找不到答案。"}]


def test_the_template_is_clean_and_numbers_do_no_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "模板.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for at, column in enumerate(COLUMNS):
        sheet.write(0, at, column.title)
    for line, each in enumerate(EXAMPLES, 1):
        for at, column in enumerate(COLUMNS):
            sheet.write(line, at, each.get(column.key, ""))
    sheet.write(5, 0, "填空题")
    sheet.write(5, 1, "行政强制法")
    sheet.write(5, 3, "查封期限不超过____日")
    sheet.write(5, [c.key for c in COLUMNS].index("answer"), 30)
    sheet.write(6, 0, "单选题")
    sheet.write(6, 1, "行政强制法")
    book.close()
    assert ask(str(path), "--format", "xlsx", "--dry-run", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["questions"] == 5
    assert {each["line"] for each in told["faults"]} == {7}


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(str(tmp_path / "fehlt.xml"), "--dry-run") == 2
    evil = tmp_path / "q.xml"
    evil.write_text('<!DOCTYPE q [<!ENTITY a "b">]><quiz>&a;</quiz>', "utf-8")
    assert ask(str(evil), "--dry-run") == 2
    assert "DOCTYPE" in capsys.readouterr().err
    (tmp_path / "x.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    assert ask(str(tmp_path / "x.xlsx"), "--dry-run", "--json") == 2
    good = tmp_path / "g.gift"
    good.write_text(GIFT, "utf-8")
    assert ask(str(good)) == 2
    assert "--organisation" in capsys.readouterr().err
    assert ask(str(good), "--dry-run") == 0
