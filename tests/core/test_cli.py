# SPDX-License-Identifier: Apache-2.0
import argparse
import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import core
from core import cli
from core.api.commands import Command
from core.api.plugin import Contribution, Manifest, hookimpl
from core.cli.regions import read_list
from core.host import registry as host
from core.settings import ROOT


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert core.__version__ in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    printed = capsys.readouterr().out
    for name in cli.BUILT_IN:
        assert name in printed


def test_tracing_loads_neither_web_framework_nor_database() -> None:
    code = (
        "import sys; from core.cli import main; main(['trace']);"
        "heavy = {'litestar', 'piccolo', 'asyncpg', 'uvicorn', 'prometheus_client'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_checks_need_no_database() -> None:
    done = run("check", DATABASE_URL="postgresql://nowhere.invalid/x")
    assert done.returncode == 0, done.stderr
    assert "声明相互吻合" in done.stdout


def test_plugins_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plugins", "--verbose"]) == 0
    printed = capsys.readouterr().out
    assert "平台基础" in printed
    assert "权限 permissions" in printed


def test_a_misspelt_setting_ends_the_command_with_a_sentence(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[server]\nprot = 1\n")
    done = run("check", JIANDU_CONFIG=str(own))
    assert done.returncode == 2
    assert "server.prot" in done.stderr
    assert "Traceback" not in done.stderr


class Sample:
    """A plugin that brings one command."""

    MANIFEST = Manifest(name="sample", title="样例", version="1")

    def __init__(self) -> None:
        self.seen: list[argparse.Namespace] = []

    def _configure(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file")

    def _run(self, options: argparse.Namespace) -> int:
        self.seen.append(options)
        return 7

    @hookimpl
    def contributions(self) -> list[Contribution]:
        value = {"name": "greet", "help": "问候", "configure": self._configure, "run": self._run}
        return [Contribution("core.command", "sample.greet", value)]


def test_plugins_bring_commands(capsys: pytest.CaptureFixture[str]) -> None:
    sample = Sample()
    with host.use(host.build([sample])):
        assert cli.main(["greet", "x.xes"]) == 7
        assert sample.seen[0].file == "x.xes"
        cli.main([])
        assert "问候" in capsys.readouterr().out


def test_a_command_without_arguments_needs_no_configuration() -> None:
    command = Command(name="x", help="x", run=lambda _options: 0)
    command.configure(argparse.ArgumentParser())


def test_reset_is_refused_in_production(tmp_path: Path) -> None:
    done = run(
        "seed",
        "--reset",
        JIANDU_ENV="production",
        JIANDU_SECRET="x" * 40,
        DATA=str(tmp_path),
        JIANDU_DATA=str(tmp_path),
    )
    assert done.returncode == 1
    assert "生产环境" in done.stderr


def test_lists_of_regions_are_read_from_csv_and_json(tmp_path: Path) -> None:
    sheet = tmp_path / "list.csv"
    sheet.write_text("level,code,parent,name\n1,150000,,内蒙古自治区\n", "utf-8-sig")
    document = tmp_path / "list.json"
    document.write_text('{"divisions": [[1, "150000", "", "内蒙古自治区"]]}', "utf-8")
    assert read_list(sheet) == read_list(document)
    assert read_list(sheet)[0].name == "内蒙古自治区"


def test_commands_found_past_the_registry_are_the_contributed_ones() -> None:
    registry = host.build()
    contributed = {
        (entry.plugin, entry.value.name): entry.value
        for entry in registry.contributions("core.command")
    }
    for plugin in registry.plugins:
        if (
            find_spec(f"plugins.{plugin}") is None
            or find_spec(f"plugins.{plugin}.commands") is None
        ):
            continue
        for command in import_module(f"plugins.{plugin}.commands").COMMANDS:
            same = contributed[plugin, command.name]
            assert (same.help, same.run, same.configure) == (
                command.help,
                command.run,
                command.configure,
            )
