# SPDX-License-Identifier: Apache-2.0
"""The plugin host: what is loaded, in which order, and what stops the start-up."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from core.api.plugin import (
    Action,
    Card,
    Contribution,
    Cron,
    FactHandler,
    FactKind,
    GateCheck,
    Job,
    Manifest,
    NavItem,
    Panel,
    Permission,
    hookimpl,
)
from core.host import discovery, registry
from core.host.errors import PluginError
from core.host.hookspecs import HOOKS, HookSpecs, returns
from core.host.registry import build
from tests.dummy_plugin import plugin as dummy
from tests.dummy_plugin.services import NoteWritten


async def nothing(*_args: Any) -> None:
    """Do nothing."""


def plugin(name: str = "guest", *, manifest: dict[str, Any] | None = None, **hooks: Any) -> Any:
    """A plugin object whose hooks return the given lists."""
    body: dict[str, Any] = {
        "MANIFEST": Manifest(name=name, title=name, version="1", **(manifest or {}))
    }
    for hook, answer in hooks.items():

        def implementation(self: Any, answer: Any = answer) -> Any:
            if isinstance(answer, BaseException):
                raise answer
            return answer

        body[hook] = hookimpl(implementation)
    return type(name.title(), (), body)()


def stopped(*plugins: Any) -> str:
    """The message with which the start-up stops."""
    with pytest.raises(PluginError) as caught:
        build(plugins)
    return str(caught.value)


class TestEveryHookOnce:
    def test_the_dummy_plugin_implements_every_hook(self) -> None:
        assert {hook for hook in HOOKS if hasattr(dummy, hook)} == set(HOOKS)
        assert build([dummy]).hooks_used["dummy"] == HOOKS

    def test_every_hook_is_documented_and_typed(self) -> None:
        for hook in HOOKS:
            assert (getattr(HookSpecs, hook).__doc__ or "").strip(), hook
            assert returns(hook) is not None

    def test_what_it_declares_is_found_by_key_and_attributed(self) -> None:
        chosen = build([dummy])
        assert chosen.plugin_of(chosen.permissions["dummy.note.read"]) == "dummy"
        assert [item.title for item in chosen.nav_items if chosen.plugin_of(item) == "dummy"] == [
            "便笺"
        ]
        assert chosen.panels("dummy.note")[0].key == "dummy.of_person"
        assert chosen.actions("dummy.note")[0].many
        assert chosen.checks("dummy.close")[0].gate == "dummy.close"
        assert chosen.fact_handlers("dummy.note.written")[0].eager
        assert chosen.jobs["dummy.tidy"].tries == 2
        assert [cron.name for cron in chosen.crons if cron.name == "dummy.daily"]
        assert chosen.settings["dummy"]().longest == 100
        assert chosen.metrics["dummy.count"].title == "便笺数"
        (green,) = chosen.contributions("dummy.colour")
        assert green.plugin == "dummy"
        assert green.value == dummy.Colour("绿色", 2)
        assert len(chosen.route_handlers("dummy")) == 2
        assert "tests.dummy_plugin.piccolo_app" in chosen.piccolo_apps

    def test_core_comes_through_the_same_hooks(self) -> None:
        chosen = build([])
        assert list(chosen.plugins) == ["core"]
        assert chosen.plugin_of(chosen.fact_kinds["core.plugin.switched"]) == "core"

    def test_each_application_has_a_registry_of_its_own(self) -> None:
        first, second = build([dummy]), build([])
        assert "dummy" in first.plugins
        assert "dummy" not in second.plugins
        with registry.use(second):
            assert registry.current() is second
            with registry.use(first):
                assert registry.current() is first
            assert registry.current() is second


class TestWhatStopsTheStart:
    def test_duplicate_key(self) -> None:
        twice = [Permission("guest.a.read", "一"), Permission("guest.a.read", "二")]
        assert "plugin 'guest', hook 'permissions': duplicate key 'guest.a.read'" in stopped(
            plugin(permissions=twice)
        )

    def test_foreign_prefix(self) -> None:
        message = stopped(plugin(permissions=[Permission("cases.case.read", "查看")]))
        assert "plugin 'guest', hook 'permissions': foreign prefix" in message

    def test_malformed_key(self) -> None:
        assert "not of the form" in stopped(plugin(permissions=[Permission("guest", "查看")]))

    def test_wrong_type(self) -> None:
        message = stopped(plugin(permissions=["guest.a.read"]))
        assert message == "plugin 'guest', hook 'permissions': returned a str: 'guest.a.read'"

    def test_not_a_list(self) -> None:
        assert "returned dict, not a list" in stopped(plugin(permissions={}))

    def test_a_raising_hook(self) -> None:
        message = stopped(plugin(nav_items=ValueError("no menu")))
        assert message == "plugin 'guest', hook 'nav_items': ValueError: no menu"

    def test_an_async_hook(self) -> None:
        class Late:
            MANIFEST = Manifest("guest", "guest", "1")

            @hookimpl
            async def permissions(self) -> list[Permission]:
                return []

        assert "hooks are synchronous" in stopped(Late())

    def test_a_misspelt_hook(self) -> None:
        class Misspelt:
            MANIFEST = Manifest("guest", "guest", "1")

            @hookimpl
            def permisions(self) -> list[Permission]:
                return []

        message = stopped(Misspelt())
        assert "plugin 'guest'" in message
        assert "permisions" in message

    def test_a_hook_with_an_argument(self) -> None:
        class Asking:
            MANIFEST = Manifest("guest", "guest", "1")

            @hookimpl
            def permissions(self, app: Any) -> list[Permission]:
                return [app]

        assert "plugin 'guest'" in stopped(Asking())

    def test_a_hook_without_its_mark(self) -> None:
        class Forgotten:
            MANIFEST = Manifest("guest", "guest", "1")

            def permissions(self) -> list[Permission]:
                return []

        assert "plugin 'guest', hook 'permissions': lacks @hookimpl" in stopped(Forgotten())

    def test_unknown_permission(self) -> None:
        item = NavItem("页", "/guest", "guest.none.read", "办案", "x")
        assert "unknown permission 'guest.none.read'" in stopped(plugin(nav_items=[item]))

    def test_another_plugins_permission(self) -> None:
        item = NavItem("页", "/guest", "dummy.note.read", "办案", "x")
        assert "another plugin's permission" in stopped(dummy, plugin(nav_items=[item]))

    @pytest.mark.parametrize("path", ["guest/x", "/other/x", "//guest", "/guestroom"])
    def test_path_outside_ones_own(self, path: str) -> None:
        card = Card("guest.card", "卡", "", path)
        assert "plugin 'guest', hook 'dashboard_cards'" in stopped(plugin(dashboard_cards=[card]))

    def test_panel_path_without_id(self) -> None:
        panel = Panel("guest.panel", "core.person", "栏", "", "/guest/x")
        assert "plugin 'guest', hook 'panels'" in stopped(plugin(panels=[panel]))

    def test_gate_check_for_a_gate_its_owner_does_not_have(self) -> None:
        check = GateCheck("dummy.open", nothing)
        message = stopped(dummy, plugin(gate_checks=[check]))
        assert "'dummy.open' is not declared by 'dummy'" in message

    def test_references_to_an_absent_plugin_are_reported_not_fatal(self) -> None:
        chosen = build(
            [
                plugin(
                    gate_checks=[GateCheck("absent.gate", nothing)],
                    fact_handlers=[FactHandler("absent.thing.done", nothing)],
                    contributions=[Contribution("absent.point", "x", {})],
                    actions=[Action("guest.do", "absent.thing", "做", "", "/guest/do")],
                )
            ]
        )
        assert len([line for line in chosen.dangling if "absent" in line]) == 4

    def test_contribution_that_does_not_fit(self) -> None:
        odd = Contribution("dummy.colour", "red", {"titel": "红色"})
        message = stopped(dummy, plugin(contributions=[odd]))
        assert "plugin 'guest', hook 'contributions': 'red' does not fit 'dummy.colour'" in message
        wrong = Contribution("dummy.colour", "red", {"title": 5})
        assert "does not fit" in stopped(dummy, plugin(contributions=[wrong]))

    def test_contribution_with_a_key_already_taken(self) -> None:
        again = Contribution("dummy.colour", "green", {"title": "绿"})
        assert "also from 'dummy'" in stopped(dummy, plugin(contributions=[again]))

    def test_fact_text_naming_an_unknown_field(self) -> None:
        kind = FactKind("guest.note.read", "读", "读了 {nothing}", NoteWritten)
        assert "the text names ['nothing']" in stopped(plugin(fact_kinds=[kind]))

    def test_handler_of_a_fact_that_is_not_broadcast(self) -> None:
        quiet = plugin(
            "quiet", fact_kinds=[FactKind("quiet.a.b", "读", "", NoteWritten, broadcast=False)]
        )
        listener = plugin(fact_handlers=[FactHandler("quiet.a.b", nothing)])
        assert "is not broadcast" in stopped(quiet, listener)

    def test_two_handlers_for_one_kind(self) -> None:
        handlers = [FactHandler("dummy.note.written", nothing)] * 2
        assert "two handlers" in stopped(dummy, plugin(fact_handlers=handlers))

    def test_a_handler_that_is_not_async(self) -> None:
        handler = FactHandler("dummy.note.written", lambda _fact: None)  # type: ignore[arg-type,return-value]
        assert "not an async function" in stopped(dummy, plugin(fact_handlers=[handler]))

    def test_platform_work_without_a_reason(self) -> None:
        job = Job("guest.all", nothing, scope="platform")
        assert "platform-wide without a reason" in stopped(plugin(jobs=[job]))
        cron = Cron("guest.all", nothing, every=timedelta(hours=1))
        assert "platform-wide without a reason" in stopped(plugin(jobs=[cron]))

    @pytest.mark.parametrize(
        "cron",
        [
            Cron("guest.c", nothing, per_region=True),
            Cron("guest.c", nothing, per_region=True, at="24:00"),
            Cron("guest.c", nothing, per_region=True, at="08:00", every=timedelta(hours=1)),
        ],
    )
    def test_a_cron_without_a_clear_schedule(self, cron: Cron) -> None:
        assert "plugin 'guest', hook 'jobs'" in stopped(plugin(jobs=[cron]))

    def test_settings_need_defaults(self) -> None:
        class Bare(msgspec.Struct):
            longest: int

        assert "needs a default" in stopped(plugin(settings_schema=[Bare]))

    def test_a_plugin_named_twice(self) -> None:
        assert "named twice" in stopped(plugin(), plugin())

    def test_without_manifest(self) -> None:
        assert "has no MANIFEST" in stopped(SimpleNamespace(__name__="bare"))

    def test_for_another_core(self) -> None:
        assert "needs core >=9" in stopped(plugin(manifest={"core": ">=9"}))

    def test_after_in_a_circle(self) -> None:
        one = plugin("one", manifest={"after": ("two",)})
        two = plugin("two", manifest={"after": ("one",)})
        assert "circle" in stopped(one, two)


class TestDiscovery:
    def test_only_what_the_allow_list_names(self, tmp_path: Any, monkeypatch: Any) -> None:
        monkeypatch.delenv("JIANDU_PLUGINS", raising=False)
        listing = tmp_path / "plugins.toml"
        listing.write_text('[plugins]\nenabled = ["cases"]\n')
        assert discovery.allowed(listing) == ("cases",)
        listing.write_text("[plugins]\nenabled = 3\n")
        with pytest.raises(PluginError):
            discovery.allowed(listing)

    def test_the_environment_overrides_the_list(self, monkeypatch: Any) -> None:
        monkeypatch.setenv("JIANDU_PLUGINS", "")
        assert discovery.allowed() == ()
        assert [each.name for each in discovery.discover()] == []

    def test_a_name_that_is_nowhere(self) -> None:
        assert "on the allow-list but not installed" in stopped("nowhere_at_all")

    def test_an_entry_point_is_loaded_only_when_allowed(self, monkeypatch: Any) -> None:
        entry = SimpleNamespace(name="dummy", value="tests.dummy_plugin.plugin")
        monkeypatch.setattr(discovery, "entry_points", lambda group: [entry])
        assert "dummy" not in build([]).plugins
        assert "dummy" in build(["dummy"]).plugins

    def test_after_sorts_but_does_not_demand(self) -> None:
        late = plugin("alpha", manifest={"after": ("beta", "absent")})
        names = [each.name for each in discovery.discover([late, plugin("beta")])]
        assert names == ["beta", "alpha"]

    def test_weight_decides_the_menu_not_registration(self) -> None:
        heavy = plugin("alpha", nav_items=[NavItem("后", "/alpha", "", "办案", "x", 90)])
        light = plugin("beta", nav_items=[NavItem("先", "/beta", "", "办案", "x", 10)])
        titles = [item.title for item in build([heavy, light]).nav_items]
        assert titles.index("先") < titles.index("后")

    @pytest.mark.parametrize(
        ("version", "wanted", "fits"),
        [
            ("0.1.0", ">=0.1,<1", True),
            ("1.0", ">=0.1,<1", False),
            ("0.2", "==0.2.0", True),
            ("0.2.1", "<=0.2", False),
            ("0.3", ">0.2", True),
        ],
    )
    def test_version_bounds(self, version: str, wanted: str, fits: bool) -> None:
        assert discovery.fits(version, wanted) is fits

    def test_the_trace_names_plugin_hook_and_count(self, monkeypatch: Any, capsys: Any) -> None:
        monkeypatch.setenv("JIANDU_TRACE_PLUGINS", "1")
        build([dummy])
        assert "dummy.permissions: 1" in capsys.readouterr().err
