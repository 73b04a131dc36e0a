# SPDX-License-Identifier: Apache-2.0
"""`jiandu rules test`: the shipped fixtures hold, and a rule that says something else is found."""

import argparse
import json
import re
from pathlib import Path

import pytest

from plugins.inspection.replay import rules_command
from plugins.inspection.replay.fixtures import FixtureFault, run_fixture

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(rules_command.SHIPPED.glob("*.toml"))


def test(*words: str) -> int:
    parser = argparse.ArgumentParser()
    rules_command.configure(parser)
    return rules_command.run(parser.parse_args(["test", *words]))


test.__test__ = False


@pytest.mark.req("C4-20", "S1-15", "S1-17", "S1-19", "S1-20", "S1-22")
@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_shipped_fixtures_hold(path) -> None:
    outcomes = list(run_fixture(path))
    assert outcomes
    assert [(o.case, o.problems) for o in outcomes if not o.passed] == []


@pytest.mark.req("C4-20")
def test_each_of_the_seven_kinds_has_a_fixture() -> None:
    kinds = {k for p in SHIPPED for k in re.findall(r'kind = "(\w+)"', p.read_text("utf-8"))}
    assert {
        "time_limit",
        "qualification",
        "rollback",
        "evidence",
        "decision_basis",
        "discretion",
        "execution",
    } <= kinds


GOOD = """
title = "x"
[definition]
steps = [{ key = "a", title = "甲" }]
points = [{ key = "basis", kind = "decision_basis", step = "a" }]
[[cases]]
name = "一"
events = [{ step = "a", at = 2026-05-06T10:00:00, decision = { outcome = "罚款" } }]
expect = [{ point = "basis", mark = "M5a" }]
"""


def written(tmp_path, text: str) -> Path:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.req("C4-20")
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('mark = "M5a"', 'mark = "M5a", colour = "yellow"', "应有 point = basis，result = fired"),
        ('mark = "M5a"', 'mark = "M5a", result = "passed"', "实际 point = basis，result = fired"),
        ('[{ point = "basis", mark = "M5a" }]', "[]", "没有预期的报警"),
        ('decision = { outcome = "罚款" }', "values = {}", "没有作出决定"),
    ],
)
def test_what_does_not_hold_is_said(tmp_path, capsys, old, new, problem) -> None:
    assert test(str(written(tmp_path, GOOD))) == 0
    capsys.readouterr()
    assert test(str(written(tmp_path, GOOD.replace(old, new)))) == 1
    said = capsys.readouterr().out
    assert problem in said
    assert "不符 1 件" in said


@pytest.mark.req("C4-20")
def test_json(tmp_path, capsys) -> None:
    assert test(str(written(tmp_path, GOOD)), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["cases"], told["failed"], told["outcomes"][0]["case"]) == (1, 0, "一")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[definition]", "[definition", "TOML 有错"),
        ('title = "x"', 'titel = "x"', "titel"),
        ('point = "basis"', 'point = "other"', "没有监察点 other"),
        ("at = 2026-05-06T10:00:00, ", "", "第 1 个事件：缺少 at"),
        ('step = "a", at', "step = 5, at", "第 1 个事件"),
        ("points = [", "nopoints = [", "没有一个监察点"),
        ('kind = "decision_basis"', "kind = 5", "看不懂"),
    ],
)
def test_a_bad_file_is_named_with_its_place(tmp_path, capsys, old, new, words) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(FixtureFault, match=re.escape(words)):
        list(run_fixture(path))
    assert test(str(path)) == 2
    assert capsys.readouterr().err.startswith("x.toml")


def test_a_folder_without_files_and_a_missing_one(tmp_path, capsys) -> None:
    assert test(str(tmp_path)) == 2
    assert test(str(tmp_path / "nothing")) == 2
    assert "没有" in capsys.readouterr().err


@pytest.mark.req("C4-20")
def test_the_example_of_the_guide_holds(tmp_path) -> None:
    guide = (ROOT / "docs/rules-fixtures.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", guide, re.DOTALL).group(1)
    assert [o.problems for o in run_fixture(written(tmp_path, example))] == [()]
