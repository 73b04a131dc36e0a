# SPDX-License-Identifier: Apache-2.0
"""The fixtures for authors of plugins do what the guide says of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import get

from core import clock as core_clock
from core.api.access import public
from core.api.jobs import enqueue
from core.api.messages import notify
from core.api.plugin import (
    Blocker,
    FactHandler,
    FactKind,
    Gate,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    Place,
    SubjectKind,
    SubjectRef,
    hookimpl,
)
from core.api.testing import Browser, Clock, Facts, Files, Jobs, Messages, browsing, htmx
from core.db import Scope, transaction
from core.facts.services import record
from core.host.registry import build, use
from tests.dummy_plugin.services import NoteWritten
from tests.factories import RegionTree

PLATFORM = Scope.platform("test", actor=7)


class Guest:
    """A plugin made for these tests: one of each thing the fixtures look at."""

    MANIFEST = Manifest(name="guest", title="来客", version="1.0")

    def __init__(self) -> None:
        self.ran: list[Mapping[str, Any]] = []
        self.heard: list[int] = []

    async def _run(self, payload: Mapping[str, Any]) -> None:
        if payload.get("bad"):
            raise RuntimeError("磁盘已满")
        self.ran.append(payload)

    async def _hear(self, fact: Any) -> None:
        self.heard.append(fact.payload["length"])

    async def _object(self, subjects: Any, _day: Any, draft: Any) -> Any:
        wanted = (draft or {}).get("code", "guest.no")
        return {ref: (Blocker(wanted, "不行。"),) for ref in subjects if ref.id > 1}

    async def _describe(self, _id: int, _scope: Scope) -> None:
        return None

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("guest.work", self._run, tries=2)]

    @hookimpl
    def fact_kinds(self) -> list[FactKind]:
        return [FactKind("guest.thing.done", "办了", "办了 {length}", NoteWritten)]

    @hookimpl
    def fact_handlers(self) -> list[FactHandler]:
        return [FactHandler("guest.thing.done", self._hear)]

    @hookimpl
    def subject_kinds(self) -> list[SubjectKind]:
        return [SubjectKind("guest.thing", "事", self._describe)]

    @hookimpl
    def gates(self) -> list[Gate]:
        return [Gate("guest.may", "可以吗", "guest.thing")]

    @hookimpl
    def gate_checks(self) -> list[GateCheck]:
        return [GateCheck("guest.may", self._object)]

    @hookimpl
    def message_kinds(self) -> list[MessageKind]:
        return [MessageKind("guest.told", "告诉{who}", "请看。")]

    @hookimpl
    def route_handlers(self) -> list[Any]:
        @get("/two", opt=public("a test"), media_type="text/html")
        async def two() -> str:
            return "<p>一</p><p>二</p>"

        return [two]


@pytest.fixture
def guest() -> Guest:
    return Guest()


THING = SubjectRef("guest.thing", 5)


class TestJobs:
    async def test_what_was_enqueued_is_seen_and_done_on_demand(
        self, region_tree: RegionTree, jobs: Jobs, guest: Guest
    ) -> None:
        with use(build([guest])):
            async with transaction(PLATFORM):
                await enqueue("guest.work", {"n": 1}, place=Place(region_tree.county.lo))
                await enqueue(
                    "guest.work", {"n": 2}, due_at=core_clock.now() + timedelta(days=1), key="k"
                )
            assert await jobs.names() == ["guest.work", "guest.work"]
            assert await jobs.payloads("guest.work") == [{"n": 1}, {"n": 2}]
            assert await jobs.run_all() == 1, "tomorrow's work is not due"
            assert guest.ran == [{"n": 1}]
            assert await jobs.names("done") == ["guest.work"]

    async def test_a_failing_job_keeps_its_error(
        self, region_tree: RegionTree, jobs: Jobs, guest: Guest
    ) -> None:
        with use(build([guest])):
            async with transaction(PLATFORM):
                await enqueue("guest.work", {"bad": True}, place=Place(region_tree.county.lo))
            await jobs.run_all()
            (row,) = await jobs.all()
            assert (row["state"], row["tries"]) == ("due", 1)
            assert "磁盘已满" in row["error"]

    async def test_time_moves_only_when_told(
        self, region_tree: RegionTree, jobs: Jobs, guest: Guest, clock: Clock
    ) -> None:
        moment = clock(datetime(2026, 5, 12, 1, 0, tzinfo=UTC))
        assert core_clock.now() == moment
        with use(build([guest])):
            async with transaction(PLATFORM):
                due = moment + timedelta(hours=2)
                await enqueue(
                    "guest.work", {"n": 1}, due_at=due, place=Place(region_tree.county.lo)
                )
            assert await jobs.run_all() == 0
            clock(due)
            assert await jobs.run_all() == 1
        with pytest.raises(ValueError, match="time zone"):
            clock(datetime(2026, 5, 12))  # noqa: DTZ001


class TestFactsAndMessages:
    async def test_facts_are_seen_and_dispatched(
        self, region_tree: RegionTree, facts: Facts, guest: Guest
    ) -> None:
        with use(build([guest])):
            async with transaction(PLATFORM):
                await record(
                    "guest.thing.done", THING, NoteWritten(5, 9), Place(region_tree.county.lo)
                )
            assert await facts.kinds() == ["guest.thing.done"]
            assert len(await facts.of(THING)) == 1
            assert guest.heard == []
            await facts.dispatch()
            assert guest.heard == [9]

    async def test_messages_by_person(
        self, region_tree: RegionTree, messages: Messages, guest: Guest
    ) -> None:
        with use(build([guest])):
            async with transaction(PLATFORM):
                await notify(
                    "guest.told", [11, 12], THING, {"who": "甲"}, Place(region_tree.county.lo)
                )
        assert await messages.kinds() == ["guest.told", "guest.told"]
        (mine,) = await messages.to(11)
        assert (mine["title"], mine["subject_id"]) == ("告诉甲", 5)
        assert await messages.to(13) == []


class TestFiles:
    async def test_every_test_has_a_store_of_its_own(
        self, region_tree: RegionTree, files: Files
    ) -> None:
        assert files.paths() == []
        stored = await files.add("说明.txt", "依法行政".encode(), Place(region_tree.county.lo))
        assert stored.size == 12
        assert files.paths()


class TestGates:
    async def test_codes_of_objections(self, objects_to: Any, guest: Guest) -> None:
        with use(build([guest])):
            ok, bad = SubjectRef("guest.thing", 1), SubjectRef("guest.thing", 2)
            assert await objects_to("guest.may", ok) == []
            assert await objects_to("guest.may", ok, bad) == ["guest.no"]
            assert await objects_to("guest.may", bad, draft={"code": "guest.other"}) == [
                "guest.other"
            ]


class TestApplications:
    async def test_an_application_of_one_plugin(self, db: Any, plugin_app: Any, guest: Any) -> None:
        async with browsing(plugin_app(guest)) as browser:
            assert (await browser.get("/guest/two")).status_code == 200
            assert (await browser.get("/cases")).status_code in (303, 401, 404)

    async def test_htmx_insists_on_a_fragment_with_one_root(
        self, db: Any, plugin_app: Any, guest: Any, client: Browser
    ) -> None:
        async with browsing(plugin_app(guest)) as browser:
            with pytest.raises(AssertionError, match="roots"):
                await htmx(browser).get("/guest/two")
            assert (await htmx(browser).get("/guest/two", one_root=False)).status_code == 200
        with pytest.raises(AssertionError, match="whole page"):
            await htmx(client).get("/login")
