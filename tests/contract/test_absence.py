# SPDX-License-Identifier: Apache-2.0
"""Without each plugin: the rest starts, and whoever walks through its pages meets no dead end.

A plugin is absent in three ways: it was never there (no tables, nothing ever happened), it has
been taken away (its traces are all over the rows of the others, its tables are gone), or it is
switched off in the visitor's region. Each time people of several roles open their menu, every
page it leads to and what those lead to; whatever a page offers further must at least exist.
``make test-absence`` runs all other tests without each plugin, too.
"""

import functools
import logging
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest
from litestar import Litestar
from lxml import etree
from lxml.html import document_fromstring

from core.api.testing import Browser, browsing, switch_off
from core.app import create_app, handlers_of
from core.auth import sessions
from core.db import OWNER, Scope, transaction
from core.host import registry as host_registry
from core.host.discovery import allowed
from core.host.registry import build
from core.regions.queries import country
from core.settings import Settings
from tests import cluster
from tests.absence import about, without

PLUGINS = allowed()
every_plugin = pytest.mark.parametrize("plugin", PLUGINS)
too_long_for_the_suite = pytest.mark.skipif(
    "JIANDU_EVERY_ABSENCE" not in os.environ,
    reason="the suite walks one of the three ways, make test-absence all of them",
)
LOGINS = ("zhanghailong", "zhaojianguo", "wuyunna")
"""A handler, the supervision bureau, a department's supervisor."""
PASSWORD = "Jiandu2026"
OFTEN = 1
"""Of addresses that differ only in numbers and words so many are opened."""
FURTHER = 2
"""How many links away from the home page pages are opened."""


# --- what a page offers ------------------------------------------------------------------------


class Offers:
    """The addresses a page leads to, and those its forms are sent to."""

    def __init__(self, html: str) -> None:
        self.led: dict[str, bool] = {}
        """Address → whether htmx asks for it as a piece of the page."""
        self.sent: set[tuple[str, str]] = set()
        """Method and path of forms and their buttons."""
        self.blank = 0
        """Links that lead nowhere."""
        self._forms: dict[str, str] = {}
        """Form id → its method; under "" that of the form begun last."""
        self._buttons: list[tuple[str, str]] = []
        if html.strip():
            for element in document_fromstring(html).iter(etree.Element):
                self._look(element.tag, element.attrib)
        for form, action in self._buttons:
            self._send(self._forms.get(form, "POST"), action)

    def _look(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "a":
            self.blank += given.get("href") == ""
            self._lead(given.get("href", ""))
        if tag == "form":
            method = given.get("method", "get").upper()
            self._forms[given.get("id", "")] = self._forms[""] = method
            self._send(method, given.get("action", ""))
        if "formaction" in given:
            if "form" in given:  # by its id, it may come later
                self._buttons.append((given["form"], given["formaction"]))
            else:
                self._send(self._forms.get("", "POST"), given["formaction"])
        self._lead(given.get("hx-get", ""), piece=True)
        self._send("POST", given.get("hx-post", ""))

    def _lead(self, address: str, *, piece: bool = False) -> None:
        if _ours(address):
            self.led.setdefault(address.partition("#")[0], piece)

    def _send(self, method: str, address: str) -> None:
        if _ours(address):
            self.sent.add((method, urlsplit(address).path))


def _ours(address: str) -> bool:
    return address.startswith("/") and not address.startswith(("//", "/static/"))


def shape_of(address: str) -> str:
    """Addresses that differ in numbers and searched words only are of one shape."""
    parts = urlsplit(address)
    kept = re.findall(r"(?:\A|&)((?:tab|state)=[^&]*|[^=&]+(?==))", parts.query)
    return re.sub(r"\d+", "N", parts.path) + "?" + "&".join(sorted(kept))


class Walk:
    """One person's way through the pages of one platform."""

    def __init__(self, application: Litestar, browser: Browser, who: str) -> None:
        self.browser = browser
        self.who = who
        self.routes = [
            (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))), handler.http_methods)
            for path, handler in handlers_of(application)
        ]
        self.known: dict[tuple[str, str], bool] = {}
        self.faults: list[str] = []
        self.seen: dict[str, str] = {}
        """Address → what was there."""

    async def go(self) -> None:
        """Open the home page, what it leads to, and what that leads to."""
        waiting = [("/", False, "the door", 0), ("/nav/badges", True, "the menu", 1)]
        often: Counter[str] = Counter()
        while waiting:
            address, piece, source, depth = waiting.pop(0)
            shape = shape_of(address)
            if address in self.seen or often[shape] == OFTEN or address == "/logout":
                continue
            often[shape] += 1
            offers = await self._open(address, source, piece=piece)
            if depth < FURTHER:
                waiting += [(each, one, address, depth + 1) for each, one in offers.led.items()]

    async def _open(self, address: str, source: str, *, piece: bool) -> Offers:
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if piece else {}
        answer = await self.browser.get(address, headers=headers)
        readable = "text/html" in answer.headers.get("content-type", "")
        self.seen[address] = answer.text if readable else ""
        if answer.status_code >= 400:
            self.faults.append(f"{self.who}: {source} leads to {address}: {answer.status_code}")
        offers = Offers(self.seen[address])
        if offers.blank:
            self.faults.append(f"{self.who}: {address} has {offers.blank} links to nowhere")
        wanted = offers.sent | {("GET", urlsplit(each).path) for each in offers.led}
        self.faults += [
            f"{self.who}: {address} offers {method} {path}, which does not exist"
            for method, path in sorted(wanted)
            if not self._exists(method, path)
        ]
        return offers

    def _exists(self, method: str, path: str) -> bool:
        # Numbers are alike for a route, and a menu stands on every page.
        asked = (method, re.sub(r"\d+", "9", path).rstrip("/") or "/")
        if asked not in self.known:
            self.known[asked] = any(
                method in methods and shape.fullmatch(asked[1]) for shape, methods in self.routes
            )
        return self.known[asked]


# --- the platforms ------------------------------------------------------------------------------


@asynccontextmanager
async def clone(server: str, template: str, lacking: str = "") -> AsyncIterator[str]:
    """A database of its own, the engine pointed at it; the tables of ``lacking`` are not there."""
    name = cluster.new_name("absent")
    url = await cluster.create(server, name, template)
    try:
        if lacking:
            await forget_tables(url, lacking)
        async with cluster.working_on(url):
            yield name
    finally:
        await cluster.drop(server, name)


async def forget_tables(url: str, plugin: str) -> None:
    """What taking a plugin away ends with, and where one that never was begins."""
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        names = await connection.fetch(
            "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'"
            " and starts_with(tablename, $1)",
            f"{plugin}_",
        )
        assert names, plugin
        for each in names:
            await connection.execute(f"drop table {each['name']} cascade")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
async def first_morning(server: str, template: str, database: str) -> AsyncIterator[str]:
    """Name of a database with offices and accounts, in which nobody has done anything yet."""
    name = cluster.new_name("morning")
    try:
        async with cluster.working_on(await cluster.create(server, name, template)):
            await cluster.play(build([]))
        yield name
    finally:
        await cluster.drop(server, name)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A part that fails and is left out fails the test: the page alone would not show it."""
    with caplog.at_level(logging.ERROR):
        yield
    said = [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR]
    assert said == []


async def sign_in(browser: Browser, login: str) -> None:
    browser.forget()
    answer = await browser.post("/login", {"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text[:300]


async def walk(application: Litestar, *logins: str) -> set[str]:
    """Have these people walk; the plugins whose pages they came through."""
    # Databases made from one template repeat the version under which rights are kept.
    sessions.forget()
    through: set[str] = set()
    faults: list[str] = []
    async with browsing(application) as browser:
        for login in logins:
            await sign_in(browser, login)
            one = Walk(application, browser, login)
            await one.go()
            assert len(one.seen) > 9, f"{login} got nowhere"
            faults += one.faults
            through |= {address.split("/")[1].partition("?")[0] for address in one.seen}
    assert faults == [], f"{len(faults)} dead ends:\n" + "\n".join(faults[:40])
    return through & set(PLUGINS)


@functools.cache
def dangling() -> frozenset[str]:
    """What refers to nothing although every plugin is there."""
    return frozenset(build().dangling)


def rest(settings: Settings, plugin: str) -> Litestar:
    """The platform without ``plugin``: it starts, and what refers to the absent is only reported."""
    kept = build([name for name in PLUGINS if name != plugin])
    assert plugin not in kept.plugins
    fresh = set(kept.dangling) - dangling()
    assert all(f"({plugin} is not installed)" in note for note in fresh)
    application = create_app(settings, kept, database=False)
    assert not [
        path for path, handler in handlers_of(application) if handler.opt.get("plugin") == plugin
    ]
    return application


# --- the tree make test-absence runs in ---------------------------------------------------------


def test_the_copied_tree_knows_nothing_of_the_absent_plugin() -> None:
    """Not even an editable install, which knows the tree it was made from, brings it back."""
    gone, *others = PLUGINS
    code = (
        "from importlib.util import find_spec; from core.host.discovery import allowed;"
        f"print(find_spec('plugins.{gone}'), find_spec('tests.plugins.{gone}'), *allowed());"
        "import core; print(core.__file__)"
    )
    with without(gone) as tree:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == ["None", "None", *others, str(tree / "core/__init__.py")]
        assert not [path for path in about([gone]) if (tree / path).exists()]


# --- the three ways to be absent ----------------------------------------------------------------


async def test_with_all_plugins_there_is_no_dead_end(
    server: str, played_year: str, settings: Settings
) -> None:
    """The measure of the others: the walk itself is right, and goes through every plugin."""
    async with clone(server, played_year):
        through = await walk(create_app(settings, build(), database=False), *LOGINS)
    assert through == set(PLUGINS)


@every_plugin
async def test_a_plugin_that_never_was_is_not_missed(
    server: str, first_morning: str, settings: Settings, plugin: str
) -> None:
    async with clone(server, first_morning, lacking=plugin):
        through = await walk(rest(settings, plugin), "zhaojianguo")
    assert through == set(PLUGINS) - {plugin}


@too_long_for_the_suite
@every_plugin
async def test_a_plugin_that_was_taken_away_leaves_no_dead_end(
    server: str, played_year: str, settings: Settings, plugin: str
) -> None:
    async with clone(server, played_year, lacking=plugin):
        through = await walk(rest(settings, plugin), *LOGINS[:2])
    assert through == set(PLUGINS) - {plugin}


@too_long_for_the_suite
@every_plugin
async def test_a_plugin_that_is_switched_off_leaves_no_dead_end(
    server: str, played_year: str, settings: Settings, plugin: str
) -> None:
    registry = build()
    if registry.plugins[plugin].scope == "platform":
        return
    async with clone(server, played_year):
        with host_registry.use(registry):
            async with transaction(Scope.platform("a test looks for the root")):
                everywhere = await country()
            await switch_off(plugin, everywhere)
        through = await walk(create_app(settings, registry, database=False), "zhaojianguo")
    assert through == set(PLUGINS) - {plugin}
