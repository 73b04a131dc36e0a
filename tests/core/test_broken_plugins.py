# SPDX-License-Identifier: Apache-2.0
"""A plugin that raises wherever it can: named at the start, survived afterwards."""

from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from litestar import get
from litestar.params import FromPath

from core.api.access import requires
from core.api.plugin import (
    Action,
    Card,
    Contribution,
    Cron,
    DemoStep,
    ExtensionPoint,
    FactHandler,
    FactKind,
    Gate,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Panel,
    Permission,
    Place,
    Retention,
    SubjectKind,
    SubjectRef,
    hookimpl,
)
from core.api.testing import Agencies, Facts, Jobs, browsing, htmx, sign_in_as
from core.app import create_app
from core.db import Scope, transaction
from core.facts.services import record
from core.host.errors import PluginError
from core.host.gates import advise, decide
from core.host.hookspecs import HOOKS
from core.host.registry import build, use
from core.jobs.services import enqueue
from core.settings import Settings
from core.web.broken import application, page
from core.web.enclosing import describe

PLATFORM = Scope.platform("test")
THING = SubjectRef("fury.thing", 1)


class Broke(RuntimeError):
    """What this plugin does."""


async def fail(*_anything: Any, **_more: Any) -> Any:
    raise Broke("轴断了")


class Done(msgspec.Struct, frozen=True):
    thing: int


class Fury:
    """Every behaviour it declares raises."""

    MANIFEST = Manifest(name="fury", title="出错样例", version="1.0")

    @hookimpl
    def route_handlers(self) -> list[Any]:
        @get("/", guards=[requires("fury.thing.read")])
        async def index() -> str:
            return str(await fail())

        @get("/card", guards=[requires("fury.thing.read")])
        async def card() -> str:
            return str(await fail())

        @get("/of/{subject:int}", guards=[requires("fury.thing.read")])
        async def panel(subject: FromPath[int]) -> str:
            return str(await fail(subject))

        return [index, card, panel]

    @hookimpl
    def permissions(self) -> list[Permission]:
        return [Permission("fury.thing.read", "看", ("handler",))]

    @hookimpl
    def nav_items(self) -> list[NavItem]:
        return [NavItem("出错样例", "/fury/", "fury.thing.read", "办案", "bug", 50, fail)]

    @hookimpl
    def dashboard_cards(self) -> list[Card]:
        return [Card("fury.card", "出错卡片", "fury.thing.read", "/fury/card")]

    @hookimpl
    def panels(self) -> list[Panel]:
        return [Panel("fury.panel", "fury.thing", "栏目", "fury.thing.read", "/fury/of/{id}")]

    @hookimpl
    def subject_kinds(self) -> list[SubjectKind]:
        return [SubjectKind("fury.thing", "事", fail, search=fail, resolve=fail)]

    @hookimpl
    def fact_kinds(self) -> list[FactKind]:
        return [FactKind("fury.thing.done", "办了", "办了 {thing}", Done)]

    @hookimpl
    def fact_handlers(self) -> list[FactHandler]:
        return [FactHandler("fury.thing.done", fail, eager=True)]

    @hookimpl
    def gates(self) -> list[Gate]:
        return [Gate("fury.may", "可以吗", "fury.thing")]

    @hookimpl
    def gate_checks(self) -> list[GateCheck]:
        return [GateCheck("fury.may", fail)]

    @hookimpl
    def jobs(self) -> list[Job | Cron]:
        return [Job("fury.work", fail, tries=1), Cron("fury.daily", fail, at="03:00", reason="x")]

    @hookimpl
    def message_kinds(self) -> list[MessageKind]:
        return [MessageKind("fury.told", "告诉{who}", "")]

    @hookimpl
    def demo_steps(self) -> list[DemoStep]:
        return [DemoStep(1, "坏步骤", fail)]

    @hookimpl
    def extension_points(self) -> list[ExtensionPoint]:
        return [ExtensionPoint("fury.seam", "口子", Done)]

    @hookimpl
    def contributions(self) -> list[Contribution]:
        return [Contribution("fury.seam", "one", {"thing": 1})]

    @hookimpl
    def actions(self) -> list[Action]:
        return [Action("fury.act", "fury.thing", "做", "fury.thing.read", "/fury/")]

    @hookimpl
    def metrics(self) -> list[Metric]:
        return [Metric("fury.count", "数", "数一数", fail)]

    @hookimpl
    def retention_rules(self) -> list[Retention]:
        return [Retention("fury.old", "旧物", "测试", "fury_nowhere", "at < $1", days=1)]


def broken_in(hook: str) -> Any:
    """A plugin whose hook itself raises."""

    def raising() -> list[Any]:
        raise Broke("轴断了")

    raising.__name__ = hook
    body = {"MANIFEST": Fury.MANIFEST, hook: staticmethod(hookimpl(raising))}
    return type("Broken", (), body)


class TestAtTheStart:
    @pytest.mark.parametrize("hook", HOOKS)
    def test_a_hook_that_raises_stops_the_start_and_is_named(
        self, hook: str, settings: Settings
    ) -> None:
        with pytest.raises(PluginError) as stopped:
            create_app(settings, build([broken_in(hook)]), database=False)
        assert (stopped.value.plugin, stopped.value.hook) == ("fury", hook)
        assert "轴断了" in str(stopped.value)
        shown = page(stopped.value)
        assert "插件 fury 有误" in shown
        assert f"<code>{hook}</code>" in shown
        assert "test_broken_plugins.py" in shown, "and the line"

    async def test_in_development_every_address_says_so_and_the_process_lives(self) -> None:
        error = PluginError("fury", "NameError: <script>", "nav_items")
        transport = httpx.ASGITransport(app=application(error))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get("/cases/9")
            assert answer.status_code == 503
            assert "&lt;script&gt;" in answer.text
            assert (await client.get("/healthz")).status_code == 200


@pytest.fixture
def shown(settings: Settings) -> Settings:
    """The settings of somebody who writes plugins."""
    return replace(settings, environment="development")


class TestWhileItRuns:
    @pytest.mark.req("B41-9")
    async def test_pages_live_and_name_plugin_hook_and_line(
        self, shown: Settings, db: Any, agencies: Agencies
    ) -> None:
        async with browsing(create_app(shown, build([Fury()]), database=False)) as browser:
            await sign_in_as(browser, "handler", organisation=agencies.agency)
            home = await browser.get("/")
            assert home.status_code == 200
            assert "出错卡片" in home.text
            assert (await htmx(browser).get("/nav/badges", one_root=False)).status_code == 200
            assert (await browser.get("/search?q=甲")).status_code == 200
            assert (await browser.get("/messages")).status_code == 200
            for path, hook in (
                ("/fury/", "route_handlers"),
                ("/fury/card", "dashboard_cards"),
                ("/fury/of/7", "panels"),
            ):
                broken = await browser.get(path)
                assert broken.status_code == 500
                assert "出错样例" in broken.text
                assert "（fury）" in broken.text
                assert f"<code>{hook}</code>" in broken.text, path
                assert "Broke: 轴断了" in broken.text
                piece = await htmx(browser).get(path)
                assert piece.status_code == 500
                assert "这张卡片没有读出来" in piece.text
                assert f"<code>{hook}</code>" in piece.text

    async def test_users_of_a_real_platform_read_a_number_and_no_code(
        self, settings: Settings, db: Any, agencies: Agencies
    ) -> None:
        quiet = replace(settings, environment="production", secret="x" * 40)
        async with browsing(create_app(quiet, build([Fury()]), database=False)) as browser:
            await sign_in_as(browser, "handler", organisation=agencies.agency)
            broken = await browser.get("/fury/")
            assert broken.status_code == 500
            assert "失败编号" in broken.text
            assert "轴断了" not in broken.text
            assert "（fury）" not in broken.text

    @pytest.mark.req("B41-9")
    async def test_what_others_do_is_not_spoiled(
        self, db: Any, agencies: Agencies, facts: Facts, jobs: Jobs, caplog: Any
    ) -> None:
        place = Place(agencies.agency.region_lo, agencies.agency.lo)
        registry = build([Fury()])
        with use(registry):
            async with transaction(Scope.of_place(place)):
                await record("fury.thing.done", THING, Done(1), place)
                verdict = await decide("fury.may", [THING], _today())
                assert [each.code for each in verdict.blockers[THING]] == ["check_failed"]
                assert "出错样例" in verdict.sentences[0]
                advice = await advise("fury.may", [THING], _today(), {})
                assert advice.unavailable == ("fury",)
                assert await describe([THING], PLATFORM, None) == {}
                await enqueue("fury.work", {}, place=place)
            assert len(await facts.only("fury.thing.done")) == 1, "the act itself is recorded"
            await jobs.run_all()
            (row,) = await jobs.all()
            assert (row["state"], "轴断了" in row["error"]) == ("failed", True)
        assert "'fury'" in caplog.text

    async def test_the_failure_waits_for_the_administrator_with_its_name(
        self, shown: Settings, db: Any, agencies: Agencies, jobs: Jobs
    ) -> None:
        registry = build([Fury()])
        async with browsing(create_app(shown, registry, database=False)) as browser:
            async with transaction(PLATFORM):
                await enqueue("fury.work", {}, place=Place(agencies.agency.region_lo))
            await jobs.run_all()
            await sign_in_as(browser, "system_admin")
            found = await browser.get("/operations")
            assert found.status_code == 200
            assert "fury.work" in found.text
            assert "轴断了" in found.text


def _today() -> Any:
    from core.clock import today

    return today()
