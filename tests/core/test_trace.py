# SPDX-License-Identifier: Apache-2.0
import json
import re
from pathlib import Path

import pytest

from core.cli.trace import REGISTER, RegisterError, claims, read_register, trace, unknown
from core.settings import ROOT

SAMPLE = """
import pytest

pytestmark = [pytest.mark.req("S0-1")]

@pytest.mark.req("S0-2", "S0-3")
def test_one(): ...

class TestPair:
    pytestmark = pytest.mark.req("S0-4")

    @pytest.mark.req("S0-2")
    async def test_two(self): ...

    def helper(self): ...

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("C1-05"))])
def test_three(x): ...
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests/core").mkdir(parents=True)
    (tmp_path / "tests/core/test_sample.py").write_text(SAMPLE)
    lines = [
        f'[[requirement]]\nid = "S0-{n}"\nsource = "S0:{n}"\ntext = "第 {n} 条"\n'
        for n in range(1, 6)
    ]
    (tmp_path / REGISTER).write_text("".join(lines), "utf-8")
    return tmp_path


def test_marks_are_read_from_functions_classes_modules_and_parameters(project: Path) -> None:
    found = claims(project / "tests")
    one = "tests/core/test_sample.py::test_one"
    two = "tests/core/test_sample.py::TestPair::test_two"
    three = "tests/core/test_sample.py::test_three"
    assert found == {
        "S0-1": [one, two, three],
        "S0-2": [one, two],
        "S0-3": [one],
        "S0-4": [two],
        "C1-05": [three],
    }


def test_json_names_every_requirement_and_its_tests(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trace(project, as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    tests = {each["id"]: each["tests"] for each in document["requirements"]}
    assert list(tests) == ["S0-1", "S0-2", "S0-3", "S0-4", "S0-5", "C1-05"]
    assert tests["S0-3"] == ["tests/core/test_sample.py::test_one"]
    assert tests["S0-5"] == []
    assert document["unknown"] == {}


def test_the_table_shows_what_has_no_test(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trace(project) == 0
    printed = capsys.readouterr().out
    assert "○ S0-5" in printed
    assert "● S0-1" in printed
    assert "4/5 条需求有测试" in printed
    assert trace(project, missing=True) == 0
    printed = capsys.readouterr().out
    assert "S0-1 " not in printed
    assert "4/5 条需求有测试" in printed


def test_a_claim_nobody_registered_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "tests/test_more.py").write_text(
        "import pytest\n@pytest.mark.req('S9-1')\ndef test_x(): ...\n"
    )
    assert trace(project) == 1
    assert "S9-1: tests/test_more.py::test_x" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line",
    [
        '[[requirement]]\nid = "S0-1"\nsource = "x"\ntext = "again"\n',
        '[[requirement]]\nid = "S0-9"\nsource = ""\ntext = "no source"\n',
    ],
)
def test_a_register_with_doubles_or_gaps_is_refused(project: Path, line: str) -> None:
    register = project / REGISTER
    register.write_text(register.read_text("utf-8") + line, "utf-8")
    with pytest.raises(RegisterError):
        read_register(register)
    assert trace(project) == 1


def test_the_register_has_every_number_of_the_five_sources() -> None:
    register = read_register(ROOT / REGISTER)
    counts = {"S0": 26, "S1": 29, "S2": 29, "S3": 29, "S4": 11}
    expected = [f"{source}-{n}" for source, count in counts.items() for n in range(1, count + 1)]
    # Rules of the law around them (B) and abilities (C) may be claimed by tests as well.
    numbers = [each.id for each in register if not re.fullmatch(r"[BC]\d+-\d+", each.id)]
    assert sorted(numbers) == sorted(expected)


def test_no_test_of_this_project_claims_an_unknown_requirement() -> None:
    assert unknown(read_register(ROOT / REGISTER), claims(ROOT / "tests")) == []
