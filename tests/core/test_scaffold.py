# SPDX-License-Identifier: Apache-2.0
"""``jiandu new-plugin``: what it writes for which wishes, and that what it writes works."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core.scaffold import ScaffoldError, Wishes, allow, contents, faults, write
from core.settings import ROOT
from tests import cluster

PLAIN = {
    "plugins/demo/__init__.py",
    "plugins/demo/README.md",
    "plugins/demo/plugin.py",
    "plugins/demo/routes.py",
    "plugins/demo/rules.py",
    "tests/plugins/demo/__init__.py",
    "tests/plugins/demo/test_pages.py",
    "tests/plugins/demo/test_rules.py",
}
TABLE = {
    "plugins/demo/forms.py",
    "plugins/demo/piccolo_app.py",
    "plugins/demo/queries.py",
    "plugins/demo/services.py",
    "plugins/demo/tables.py",
    "plugins/demo/templates/form.html",
    "plugins/demo/templates/list.html",
    "tests/plugins/demo/test_services.py",
}
PAGE = {"plugins/demo/templates/page.html"}
TESTED = {"tests/plugins/demo/test_services.py"}
COUNTING = TESTED | {"plugins/demo/queries.py", "plugins/demo/services.py"}
CARD = {"plugins/demo/templates/_card.html"}
JOB = {"plugins/demo/jobs.py"}
GATE = {"plugins/demo/reactions.py"}
LIST = '# reasons\n[plugins]\nenabled = ["powers", "cases"]\n\n[settings.cases]\nx = 1\n'


@pytest.mark.req("C11-14")
@pytest.mark.parametrize(
    ("flags", "paths"),
    [
        ({}, PLAIN | PAGE),
        ({"table": True}, PLAIN | TABLE),
        ({"card": True}, PLAIN | PAGE | CARD),
        ({"job": True}, PLAIN | PAGE | JOB | COUNTING),
        ({"gate": True}, PLAIN | PAGE | GATE | TESTED),
        ({"card": True, "job": True, "gate": True}, PLAIN | PAGE | CARD | JOB | GATE | COUNTING),
        ({"table": True, "card": True}, PLAIN | TABLE | CARD),
        ({"table": True, "job": True}, PLAIN | TABLE | JOB),
        ({"table": True, "gate": True}, PLAIN | TABLE | GATE),
        (
            {"table": True, "card": True, "job": True, "gate": True},
            PLAIN | TABLE | CARD | JOB | GATE,
        ),
    ],
)
def test_exactly_these_files_for_these_wishes(flags: dict[str, bool], paths: set[str]) -> None:
    found = contents(Wishes("demo", "示范", **flags))
    assert set(found) == paths
    for path, text in found.items():
        assert "[[" not in text, path
        assert "[%" not in text, path
        if path.endswith(".py"):
            ast.parse(text)


def code_lines(text: str) -> int:
    """Lines that do something: no blanks, comments or docstrings."""
    tree = ast.parse(text)
    said: set[int] = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(first := node.body[0], ast.Expr)
            and isinstance(first.value, ast.Constant)
        ):
            said.update(range(first.lineno, (first.end_lineno or 0) + 1))
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in said
        for number, line in enumerate(text.splitlines(), 1)
    )


def test_a_table_a_form_a_fact_and_a_card_take_few_lines() -> None:
    found = contents(Wishes("demo", "示范", table=True, card=True))
    names = ("plugin", "tables", "services", "forms", "routes")
    python = sum(code_lines(found[f"plugins/demo/{name}.py"]) for name in names)
    pages = sum(
        len([line for line in text.splitlines() if line.strip()])
        for path, text in found.items()
        if path.endswith(".html")
    )
    assert python + pages <= 150


@pytest.mark.parametrize(
    ("name", "title", "part"),
    [
        ("Demo", "示范", "小写字母"),
        ("d", "示范", "2 到 31"),
        ("9a", "示范", "小写字母"),
        ("../up", "示范", "小写字母"),
        ("core", "示范", "别的意思"),
        ("class", "示范", "别的意思"),
        ("settings", "示范", "别的意思"),
        pytest.param("cases", "示范", "已经存在", marks=pytest.mark.needs("cases")),
        ("demo", "Demo", "汉字"),
        ("demo", "示" * 21, "20"),
        ("demo", '示"范', "引号"),
        ("demo", "{{示}}", "引号"),
    ],
)
def test_names_that_cannot_be_are_refused_in_words(name: str, title: str, part: str) -> None:
    assert any(part in each for each in faults(Wishes(name, title), ROOT))


class TestAllowList:
    @pytest.mark.parametrize(
        "text",
        [
            LIST,
            "[plugins]\nenabled = []\n",
            '[plugins]\nenabled = [\n  "powers",\n  "cases",\n]\n',
            '[plugins]\nenabled = [\n  "powers",  # first\n  "cases"\n]\n',
        ],
    )
    def test_the_name_comes_last_and_nothing_else_changes(self, text: str) -> None:
        added = allow(text, "demo")
        before, after = tomllib.loads(text), tomllib.loads(added)
        assert after["plugins"]["enabled"] == [*before["plugins"]["enabled"], "demo"]
        assert {**after, "plugins": 0} == {**before, "plugins": 0}
        assert allow(added, "demo") == added, "twice is once"

    def test_without_a_list_nothing_is_written(self, tmp_path: Path) -> None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "plugins.toml").write_text("[plugins]\n", "utf-8")
        with pytest.raises(ScaffoldError, match="enabled"):
            write(Wishes("demo", "示范"), tmp_path)
        assert not (tmp_path / "plugins").exists()


MADE = {"firstpage", "carded", "counting", "asking", "tableless", "everything"}


# --- what is written works --------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copied(tmp_path / "tree")


def copied(root: Path) -> Path:
    """The tree as an author has it, without data and history."""
    root.mkdir()
    leave = shutil.ignore_patterns("__pycache__", "node_modules", "var", "*.pyc")
    for name in ("core", "plugins", "templates", "static", "config"):
        shutil.copytree(ROOT / name, root / name, ignore=leave)
    (root / "tests").mkdir()
    for name in ("__init__.py", "conftest.py", "cluster.py", "factories.py", "sharing.py"):
        shutil.copy(ROOT / "tests" / name, root / "tests" / name)
    for name in ("contract", "dummy_plugin"):
        shutil.copytree(ROOT / "tests" / name, root / "tests" / name, ignore=leave)
    (root / "tests" / "plugins").mkdir()
    shutil.copy(ROOT / "tests/plugins/__init__.py", root / "tests/plugins/__init__.py")
    for name in ("pyproject.toml", "piccolo_conf.py"):
        shutil.copy(ROOT / name, root / name)
    return root


def run(root: Path, *words: str) -> str:
    environment = {
        **{
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTEST_", "JIANDU_PLUGINS"))
        },
        "PYTHONPATH": str(root),
        "JIANDU_DATA": str(root / "var"),
    }
    done = subprocess.run(
        [sys.executable, *words],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, (words, done.stdout[-6000:], done.stderr[-3000:])
    return done.stdout


@pytest.mark.req("C11-14")
def test_every_generated_plugin_passes_its_own_tests_and_the_borders(
    copy: Path, server: str
) -> None:
    for name, title, *flags in (
        ("firstpage", "问候"),
        ("tabled", "台账", "--table"),
        ("carded", "小卡", "--card"),
        ("counting", "清点", "--job"),
        ("asking", "核对", "--gate"),
        ("tableless", "无表", "--card", "--job", "--gate"),
        ("everything", "全样", "--table", "--card", "--job", "--gate"),
    ):
        said = run(copy, "-m", "core.cli", "new-plugin", name, "--title", title, *flags)
        assert "config/plugins.toml" in said
    assert len(list((copy / "plugins/tabled/piccolo_migrations").glob("tabled_*.py"))) == 1
    for name in MADE - {"everything"}:
        assert not (copy / "plugins" / name / "tables.py").exists(), "no table nobody asked for"
    os.environ[cluster.SERVER], before = server, os.environ.get(cluster.SERVER)
    try:
        run(copy, "-m", "pytest", "-q", "tests/plugins")
        # The contract looks at one plugin after the other; the plain one and the full one do.
        chosen = "firstpage and Declarations or tableless and Declarations or everything"
        run(copy, "-m", "pytest", "-q", "tests/contract/test_every_plugin.py", "-k", chosen)
    finally:
        os.environ.pop(cluster.SERVER)
        if before is not None:
            os.environ[cluster.SERVER] = before
    run(copy, "-m", "core.cli", "check")
    made = [f"plugins/{name}" for name in (*MADE, "tabled")]
    run(copy, "-m", "ruff", "check", *made, "tests/plugins")
    run(copy, "-m", "ruff", "format", "--check", *made, "tests/plugins")
    borders = run(copy, "-c", "from importlinter.cli import lint_imports_command as c; c()")
    assert "0 broken" in borders
