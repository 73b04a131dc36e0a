# SPDX-License-Identifier: Apache-2.0
"""A plugin of somebody else, as a wheel, installed into a running deployment."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.api.testing import Agencies, browsing, sign_in_as
from core.app import create_app
from core.host.discovery import allowed
from core.host.registry import build
from core.settings import ROOT, Settings
from tests import cluster

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "jiandu-greeting"
version = "1.2.0"

[project.entry-points."jiandu.plugins"]
greeting = "jiandu_greeting.plugin"

[tool.setuptools]
packages = ["jiandu_greeting", "jiandu_greeting.piccolo_migrations"]

[tool.setuptools.package-data]
jiandu_greeting = ["templates/*.html"]
"""
PLUGIN = '''
"""Greets."""

from core.api.plugin import Manifest, NavItem, Permission, hookimpl

MANIFEST = Manifest("greeting", "问好", "1.2.0", "别人写的插件", core=">=0.1,<1")


@hookimpl
def piccolo_apps():
    return ["jiandu_greeting.piccolo_app"]


@hookimpl
def permissions():
    return [Permission("greeting.page.read", "看问好页", ("handler",))]


@hookimpl
def nav_items():
    return [NavItem("问好", "/greeting/", "greeting.page.read", "本单位", icon="star")]


@hookimpl
def route_handlers():
    from core.api.access import requires
    from core.api.web import Request, Response, get, page

    @get("/", guards=[requires("greeting.page.read")])
    async def greet(request: Request) -> Response:
        return page(request, "greeting/page.html")

    return [greet]
'''
PAGE = (
    "{#- greeting/page.html — Blocks: title, main. -#}\n"
    '{% extends "layouts/app.html" %}{% block title %}问好{% endblock %}\n'
    '{% block main %}{{ empty("你好", "从轮子里来。") }}{% endblock %}\n'
)
TABLES = '''
"""One table."""

from piccolo.columns import BigSerial, Text
from piccolo.table import Table

from core.api.db import Owned


class Note(Owned, Table, tablename="greeting_note"):
    """A note."""

    id = BigSerial(primary_key=True)
    text = Text(default=None)
'''
APP = '''
"""The tables as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="greeting",
    migrations_folder_path=str(Path(__file__).resolve().parent / "piccolo_migrations"),
    table_classes=table_finder(["jiandu_greeting.tables"], exclude_imported=True),
    migration_dependencies=["core.piccolo_app"],
)
'''


def run(
    *words: str, path: Path | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    places = [str(path), str(ROOT)] if path else [str(ROOT)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JIANDU", "PYTEST", "PIP_"))}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": os.pathsep.join(places), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The author's project, its migration written by our own command, built into a wheel."""
    root = tmp_path_factory.mktemp("greeting")
    package = root / "jiandu_greeting"
    (package / "templates").mkdir(parents=True)
    for name, text in (
        ("pyproject.toml", PROJECT),
        ("jiandu_greeting/__init__.py", ""),
        ("jiandu_greeting/plugin.py", PLUGIN),
        ("jiandu_greeting/tables.py", TABLES),
        ("jiandu_greeting/piccolo_app.py", APP),
        ("jiandu_greeting/templates/page.html", PAGE),
    ):
        (root / name).write_text(text.lstrip(), "utf-8")
    info = root / "jiandu_greeting.egg-info"
    info.mkdir()
    # What `pip install --editable` would write: the entry point, found beside the source.
    (info / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: jiandu-greeting\nVersion: 1.2.0\n")
    (info / "entry_points.txt").write_text("[jiandu.plugins]\ngreeting = jiandu_greeting.plugin\n")
    made = run(
        "-m",
        "core.schema",
        "new",
        "greeting",
        path=root,
        JIANDU_PLUGINS="greeting",
        JIANDU_ENV="test",
    )
    assert made.returncode == 0, made.stderr
    assert len(list((package / "piccolo_migrations").glob("greeting_*.py"))) == 1
    return root


@pytest.fixture(scope="module")
def installed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and installed without any network, as on an intranet."""
    wheels, site = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("site")
    offline = ("--no-index", "--disable-pip-version-check", "--quiet")
    built = run(
        "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", *offline, "-w", str(wheels),
        str(source),
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("*.whl")
    done = run("-m", "pip", "install", "--no-deps", *offline, "--target", str(site), str(wheel))
    assert done.returncode == 0, done.stderr
    return site


def with_it() -> str:
    return ",".join([*allowed(), "greeting"])


@pytest.mark.req("C11-14")
class TestWheel:
    def test_installed_alone_it_does_nothing(self, installed: Path) -> None:
        said = run("-m", "core.cli", "plugins", path=installed)
        assert said.returncode == 0
        assert "greeting" not in said.stdout, "the allow-list decides, not pip"

    def test_on_the_allow_list_it_is_listed_and_checked(self, installed: Path) -> None:
        said = run("-m", "core.cli", "plugins", path=installed, JIANDU_PLUGINS=with_it())
        assert "greeting         1.2.0    问好  别人写的插件" in said.stdout
        checked = run("-m", "core.cli", "check", path=installed, JIANDU_PLUGINS=with_it())
        assert checked.returncode == 0, checked.stderr

    def test_on_the_list_but_not_installed_stops_the_start_and_says_so(self) -> None:
        said = run("-m", "core.cli", "check", JIANDU_PLUGINS=with_it())
        assert said.returncode == 1
        assert "plugin 'greeting': is on the allow-list but not installed" in said.stderr

    async def test_its_table_comes_with_the_next_migration(
        self, installed: Path, server: str
    ) -> None:
        name = cluster.new_name("thirdparty")
        url = await cluster.create(server, name)
        try:
            before = run("-m", "core.cli", "migrate", DATABASE_URL=url)
            assert before.returncode == 0, before.stderr
            after = run(
                "-m", "core.cli", "migrate", path=installed, DATABASE_URL=url,
                JIANDU_PLUGINS=with_it(),
            )  # fmt: skip
            assert after.returncode == 0, after.stderr
            assert "1 migrations applied" in after.stdout
        finally:
            await cluster.drop(server, name)

    async def test_its_page_is_served(
        self,
        installed: Path,
        settings: Settings,
        db: Any,
        agencies: Agencies,
        on_the_path: None,
    ) -> None:
        application = create_app(settings, build(["greeting"]), database=False)
        async with browsing(application) as browser:
            await sign_in_as(browser, "handler", organisation=agencies.agency)
            page = await browser.get("/greeting/")
            assert page.status_code == 200
            assert "从轮子里来" in page.text


@pytest.fixture
def on_the_path(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(installed))
    yield
    for name in [each for each in sys.modules if each.startswith("jiandu_greeting")]:
        del sys.modules[name]
