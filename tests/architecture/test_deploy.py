# SPDX-License-Identifier: Apache-2.0
"""The deployer's guide and its samples name what there is: files, commands, settings, limits."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest

from core.cli import BUILT_IN, TRUST
from core.settings import ROOT, VARIABLES, Settings, _known

GUIDE = ROOT / "docs" / "deploy.md"
TEXT = GUIDE.read_text("utf-8")
SAMPLES = ROOT / "docs" / "deploy"


def test_every_link_leads_to_a_file() -> None:
    targets = [each.partition("#")[0] for each in re.findall(r"\]\(([^)]+)\)", TEXT)]
    lost = [each for each in targets if each and not (GUIDE.parent / each).exists()]
    assert lost == []


def test_every_sample_stands_in_the_guide() -> None:
    for sample in SAMPLES.iterdir():
        assert f"deploy/{sample.name}" in TEXT, sample.name


def test_its_commands_exist() -> None:
    known = {*BUILT_IN, *TRUST}
    named = set(re.findall(r"jiandu ([a-z]+(?:-[a-z]+)*)\b", TEXT))
    assert named - known - {"jiandu"} == set()


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
def test_its_settings_exist(block: str) -> None:
    tree = tomllib.loads(block)
    _known(tree, Settings, "docs/deploy.md")


def test_its_environment_variables_exist() -> None:
    named = set(re.findall(r"\b((?:JIANDU|STORAGE|DATABASE|REDIS)_[A-Z_]+)=", TEXT))
    others = {"JIANDU_CONFIG", "JIANDU_PLUGINS"}
    assert named - set(VARIABLES) - others == set()


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.service")), ids=lambda path: path.name)
def test_services_start_a_command_of_ours(sample: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(sample.read_text("utf-8"))
    command = unit["Service"]["ExecStart"].split()
    assert command[0].endswith("/.venv/bin/jiandu")
    assert command[1] in {*BUILT_IN, *TRUST}
    assert unit["Service"]["User"] != "root"


def test_proxies_let_the_largest_upload_through() -> None:
    largest = Settings().storage.max_upload_mb
    nginx = int(re.search(r"client_max_body_size (\d+)m;", _sample("nginx.conf"))[1])  # type: ignore[index]
    caddy = int(re.search(r"max_size (\d+)MB", _sample("Caddyfile"))[1])  # type: ignore[index]
    assert min(nginx, caddy) > largest


def _sample(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")
