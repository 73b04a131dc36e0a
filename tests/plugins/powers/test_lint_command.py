# SPDX-License-Identifier: Apache-2.0
"""``jiandu lint``: exit codes, text and JSON."""

import json
from pathlib import Path

import pytest

from core.cli import main
from plugins.powers.rules.linting import handbook

HERE = Path(__file__).parent
ITEMS = Path(__file__).parents[3] / "plugins" / "powers" / "items"


@pytest.fixture
def wrong(tmp_path):
    """The healthy item with the point on two officers one step too late (S1-18)."""
    text = (HERE / "healthy.toml").read_text("utf-8")
    before = 'kind = "qualification"\nstep = "inquiry"'
    assert before in text
    file = tmp_path / "wrong.toml"
    moved = text.replace(before, 'kind = "qualification"\nstep = "decide"')
    file.write_text(moved.replace('key = "notice"', 'key = "notice"\npublished = true'), "utf-8")
    return file


@pytest.fixture
def broken(tmp_path):
    text = (HERE / "healthy.toml").read_text("utf-8")
    file = tmp_path / "broken.toml"
    file.write_text(text.replace("controls = { photos = 1 }", "controls = { photo = 1 }"), "utf-8")
    return file


def test_a_sound_item_ends_with_0(capsys):
    assert main(["lint", str(HERE / "healthy.toml")]) == 0
    assert "没有发现问题。" in capsys.readouterr().out


@pytest.mark.req("S1-18")
def test_warnings_are_told_with_their_cure_and_end_with_0(wrong, capsys):
    assert main(["lint", str(wrong)]) == 0
    out = capsys.readouterr().out
    assert "JD201 警告：需要双人的是“处罚决定”" in out
    assert "把监察点设到前一个环节“调查取证”上。" in out
    assert "错误 0 处，警告 1 处，提示 0 处。" in out


def test_errors_end_with_1(broken, capsys):
    assert main(["lint", str(broken), str(HERE / "healthy.toml")]) == 1
    out = capsys.readouterr().out
    assert "JD401 错误" in out
    assert "不能录入：监察点“现场证据”要的证据控件“photo”不在这个环节的表单里。" in out


def test_json_holds_what_the_text_says(broken, capsys):
    assert main(["lint", "--json", str(broken)]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert told["code"] == "T-CF-001"
    first = told["findings"][0]
    assert (first["number"], first["level"], first["where"]) == ("JD401", "error", "points/photos")
    assert first["fix"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title = ", "不是有效的 TOML"),
        (b"\xff\xfe", "不是 UTF-8 文本"),
        (b'code = "X"\nprocedure = "none"', "没有名为“none”的程序"),
        (b'code = "X"', "缺少 title"),
        (None, "读不出来"),
    ],
)
def test_what_cannot_be_read_ends_with_2_and_says_why(tmp_path, capsys, content, said):
    file = tmp_path / "item.toml"
    if content is not None:
        file.write_bytes(content)
    assert main(["lint", str(file)]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err


def test_without_a_file_it_says_what_to_write(capsys):
    assert main(["lint"]) == 2
    assert "jiandu lint 事项.toml" in capsys.readouterr().err


def test_the_handbook_is_printed(capsys):
    assert main(["lint", "--handbook"]) == 0
    assert capsys.readouterr().out == handbook()


def test_all_shipped_items_pass(capsys):
    assert main(["lint", *map(str, sorted(ITEMS.glob("*.toml")))]) == 0
    assert "错误 0 处，警告 0 处" in capsys.readouterr().out
