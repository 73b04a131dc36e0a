# SPDX-License-Identifier: Apache-2.0
"""What every installed plugin owes the platform; third parties run this against theirs, too.

Parametrised over the allow-list, so a new plugin is under contract the moment it is named there.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from core import schema
from core.api.testing import Browser, LoginAs
from core.app import create_app, handlers_of
from core.auth.access import PUBLIC, Requires
from core.db import Scope, transaction
from core.facts.sentences import sentence
from core.host import enabling
from core.host.discovery import allowed, folder
from core.host.registry import Registry, build, use
from core.policies import ALL_RIGHTS
from core.schema import app_configs, tables_of
from core.settings import Settings
from core.web.limiting import Limits
from tests.factories import RegionTree

PLUGINS = allowed()
every_plugin = pytest.mark.parametrize("plugin", PLUGINS)


@cache
def whole() -> Registry:
    return build()


def routes_of(app: Litestar, plugin: str) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for path, handler in handlers_of(app):
        # The answers to OPTIONS are Litestar's own.
        if handler.opt.get("plugin") == plugin and set(handler.http_methods) != {"OPTIONS"}:
            yield path, handler


def permissions_of(handler: HTTPRouteHandler) -> tuple[str, ...]:
    found: list[str] = []
    for guard in handler.resolve_guards():
        bare = getattr(guard, "func", guard)
        if isinstance(bare, Requires):
            found += bare.permissions
    return tuple(found)


def filled(path: str) -> str:
    """``path`` with something in place of every parameter."""
    return re.sub(
        r"\{[^}:]+(?::([a-z]+))?\}", lambda m: "987654321" if m[1] == "int" else "x", path
    )


def readable(app: Litestar, plugin: str) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for path, handler in routes_of(app, plugin):
        if "GET" in handler.http_methods:
            yield filled(path), handler


def shape_of(path: str) -> re.Pattern[str]:
    escaped = re.split(r"\{[^}]*\}", path.rstrip("/") or "/")
    return re.compile("[^/]+".join(map(re.escape, escaped)) + r"/?\Z")


class TestDeclarations:
    @every_plugin
    def test_says_who_it_is(self, plugin: str) -> None:
        manifest = whole().plugins[plugin]
        assert manifest.title
        assert manifest.summary
        assert re.fullmatch(r"\d+\.\d+(\.\d+)?", manifest.version)

    @every_plugin
    def test_declares_titles_people_can_read(self, plugin: str) -> None:
        registry = whole()
        titled = [
            *registry.permissions.values(),
            *registry.fact_kinds.values(),
            *registry.gates.values(),
            *registry.subject_kinds.values(),
            *registry.message_kinds.values(),
            *registry.metrics.values(),
            *registry.retention.values(),
            *registry.nav_items,
            *registry.cards,
        ]
        english = [
            each.title
            for each in titled
            if registry.plugin_of(each) == plugin
            and not re.search(r"[\u4e00-\u9fff]|\{\w+\}", each.title)
        ]
        assert english == []

    @every_plugin
    def test_deletes_only_what_it_owns_and_may(self, plugin: str) -> None:
        registry = whole()
        own = {table._meta.tablename: table for table in tables_of(app_configs())}
        for key, rule in registry.retention.items():
            if registry.plugin_of(rule) == plugin:
                assert rule.table in own, key
                grants = getattr(own[rule.table], "GRANTS", {"worker": ALL_RIGHTS})
                assert "delete" in grants.get("worker", ""), f"{key}: the worker may not delete"

    @every_plugin
    def test_files_open_to_rights_of_its_own(self, plugin: str) -> None:
        registry = whole()
        for each in registry.contributions("core.file_readers"):
            if each.plugin == plugin:
                assert each.key.startswith(f"{plugin}."), each.key
                assert each.value.permissions, each.key
                assert set(each.value.permissions) <= set(registry.permissions), each.key

    @every_plugin
    def test_every_fact_renders_even_when_old_payloads_lack_a_field(self, plugin: str) -> None:
        registry = whole()
        for key, kind in registry.fact_kinds.items():
            if registry.plugin_of(kind) == plugin:
                assert sentence(key, {}, registry), key
                assert kind.text.strip(), key

    @every_plugin
    def test_sensitive_rights_are_given_to_known_roles(self, plugin: str) -> None:
        from core.auth.rules import ROLES

        roles = {role.key for role in ROLES}
        registry = whole()
        unknown = {
            key: set(permission.grants_to) - roles
            for key, permission in registry.permissions.items()
            if registry.plugin_of(permission) == plugin and set(permission.grants_to) - roles
        }
        assert unknown == {}

    @every_plugin
    async def test_tables_and_migrations_agree(self, plugin: str) -> None:
        declared = getattr(import_module(f"plugins.{plugin}.plugin"), "piccolo_apps", list)
        for path in declared():
            config = import_module(path).APP_CONFIG
            assert await schema.drift(config) == 0, "run: python -m core.schema new " + plugin

    @every_plugin
    def test_its_readme_names_what_it_offers(self, plugin: str) -> None:
        registry = whole()
        home = folder(registry.implementations[plugin])
        assert home is not None
        readme = home / "README.md"
        assert readme.exists(), f"{plugin} has no README.md"
        text = readme.read_text(encoding="utf-8")
        line = next(each for each in registry.describe() if each["name"] == plugin)
        offered = [*line["permissions"], *line["gates"], *line["facts_out"]]
        missing = [
            key
            for key in offered
            if key not in text and f"{plugin}.*" not in text and key.partition(".")[2] not in text
        ]
        assert missing == []


class TestRoutes:
    @every_plugin
    def test_every_route_says_who_may_use_it(self, app: Litestar, plugin: str) -> None:
        open_ = [
            path
            for path, handler in routes_of(app, plugin)
            if PUBLIC not in handler.opt
            and not any(
                isinstance(getattr(guard, "func", guard), Requires)
                for guard in handler.resolve_guards()
            )
        ]
        assert open_ == []

    @every_plugin
    def test_everything_it_shows_leads_to_a_route(self, app: Litestar, plugin: str) -> None:
        registry = whole()
        shapes = [shape_of(path) for path, _handler in handlers_of(app)]
        entries: list[Any] = [*registry.nav_items, *registry.cards]
        entries += [each for kind in registry.panel_kinds for each in registry.panels(kind)]
        entries += [each for kind in registry.action_kinds for each in registry.actions(kind)]
        lost = [
            each.path
            for each in entries
            if registry.plugin_of(each) == plugin
            and not any(shape.match(filled(re.split(r"[?#]", each.path)[0])) for shape in shapes)
        ]
        assert lost == []

    @every_plugin
    async def test_a_visitor_without_a_session_is_sent_to_sign_in(
        self, app: Litestar, client: Browser, plugin: str
    ) -> None:
        for path, handler in readable(app, plugin):
            if PUBLIC in handler.opt:
                continue
            answer = await client.get(path)
            assert answer.status_code in {303, 401}, path
            if answer.status_code == 303:
                assert "/login" in answer.headers["location"], path

    @pytest.mark.usefixtures("region_tree")  # every installation has regions
    @every_plugin
    async def test_one_address_cannot_ask_for_an_open_page_for_ever(
        self, app: Litestar, client: Browser, plugin: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever walks through numbers or codes is counted before anything is looked up."""
        counted: list[tuple[str, int]] = []

        def left(_self: Limits, name: str, _address: str, times: int, _moment: float) -> int:
            counted.append((name, times))
            return 0

        monkeypatch.setattr(Limits, "left", left)
        for path, handler in readable(app, plugin):
            if PUBLIC in handler.opt:
                counted.clear()
                await client.get(path)
                assert counted, f"{path} may be asked for without end"
                assert all(times <= 120 for _name, times in counted), path

    @every_plugin
    async def test_without_the_permission_it_is_403(
        self, app: Litestar, client: Browser, login_as: LoginAs, plugin: str
    ) -> None:
        # The administrator of the machine holds no business right whatsoever.
        who = await login_as("system_admin")
        for path, handler in readable(app, plugin):
            wanted = permissions_of(handler)
            if PUBLIC in handler.opt or not wanted or set(wanted) <= who.permissions:
                continue
            answer = await client.get(path)
            assert answer.status_code == 403, (path, answer.status_code)

    @every_plugin
    async def test_where_it_is_switched_off_it_is_404(
        self,
        app: Litestar,
        client: Browser,
        login_as: LoginAs,
        region_tree: RegionTree,
        plugin: str,
    ) -> None:
        if whole().plugins[plugin].scope == "platform":
            return
        async with transaction(Scope.platform("test")):
            await enabling.switch_plugin(region_tree.county.id, plugin, on=False)
        await login_as("supervision_bureau", region=region_tree.county)
        for path, handler in readable(app, plugin):
            if PUBLIC in handler.opt:
                continue
            answer = await client.get(path)
            assert answer.status_code == 404, (path, answer.status_code)
        home = await client.get("/")
        assert home.status_code == 200
        assert f'href="/{plugin}' not in home.text


class TestSeams:
    def test_a_monitoring_point_of_another_plugin_reaches_inspection(self) -> None:
        from tests.dummy_plugin import plugin as dummy

        alone = build([dummy])
        assert any("inspection.kind" in note for note in alone.dangling)
        if "inspection" in PLUGINS:
            (found,) = build([dummy, "inspection"]).contributions("inspection.kind")
            assert (found.plugin, found.key) == ("dummy", "dummy_silence")
            assert found.value.title == "久无动静"


class TestAbsence:
    """Any plugin can be absent: each starts alone; test_absence walks through the others without it."""

    @every_plugin
    def test_it_starts_alone(self, settings: Settings, plugin: str) -> None:
        alone = build([plugin])
        with use(alone):
            assert create_app(settings, alone, database=False)

    def test_nothing_refers_to_a_plugin_that_never_was(self) -> None:
        known = {path.name for path in (Path(schema.__file__).parents[1] / "plugins").iterdir()}
        # Ours, also where one has been taken away, and those named in the architecture, not written
        # yet; a misspelt name would not be in this list.
        planned = {
            "powers",
            "cases",
            "inspection",
            "orders",
            "certificates",
            "supervisors",
            "opinions",
            "notices",
            "activities",
            "training",
            "exams",
            "library",
            "supervision",
            "reviews",
            "dashboards",
            "complaints",
        }
        owners = {re.search(r"\((\w+) is not", note)[1] for note in whole().dangling}  # type: ignore[index]
        assert owners - known - planned == set()
