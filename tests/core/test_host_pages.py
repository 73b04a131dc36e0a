# SPDX-License-Identifier: Apache-2.0
"""The pages over the host: audit trail, background work, modules by region, inbox."""

from typing import Any

import msgspec
import pytest

from core.api.plugin import (
    FactHandler,
    FactKind,
    Job,
    Manifest,
    MessageKind,
    SubjectKind,
    SubjectRef,
    hookimpl,
)
from core.api.testing import Browser, LoginAs
from core.db import Place, Scope, execute, row, transaction, value
from core.errors import Refused
from core.facts.services import history, record
from core.host import enabling
from core.host.enabling import PluginSwitched
from core.host.registry import build, use
from core.notify import services as notify
from tests.factories import RegionTree

PLATFORM = Scope.platform("test", actor=0)


async def switched(place: Place, subject: int = 1, name: str = "磴口县") -> int:
    payload = PluginSwitched("guest", "示例模块", subject, name, on=False, state="停用")
    async with transaction(PLATFORM):
        return await record(
            "core.plugin.switched", SubjectRef("core.region", subject), payload, place
        )


class TestAudit:
    async def test_shows_acts_as_sentences_newest_first(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        await switched(Place(region_tree.county.lo))
        await login_as("audit_admin")
        page = await client.get("/audit")
        assert page.status_code == 200
        assert "在 磴口县 停用模块“示例模块”" in page.text
        assert "系统" in page.text
        filtered = await client.get("/audit?kind=core.session.opened")
        assert "示例模块" not in filtered.text

    async def test_one_act_word_for_word(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        fact = await switched(Place(region_tree.county.lo), region_tree.county.id)
        await login_as("audit_admin")
        page = await client.get(f"/audit/{fact}")
        assert page.status_code == 200
        assert "&#34;plugin&#34;: &#34;guest&#34;" in page.text
        assert (await client.get("/audit/999999999")).status_code == 404

    async def test_only_for_audit_administrators(self, client: Browser, login_as: LoginAs) -> None:
        for role in ("handler", "system_admin", "supervision_bureau", "leader"):
            await login_as(role)
            assert (await client.get("/audit")).status_code == 403, role

    async def test_the_export_keeps_the_filter(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        await switched(Place(region_tree.county.lo))
        await login_as("audit_admin")
        sheet = await client.get("/audit?kind=core.plugin.switched&format=xlsx")
        assert sheet.status_code == 200
        assert "spreadsheet" in sheet.headers["content-type"]


class TestOperations:
    async def test_failures_are_shown_and_tried_again(
        self, client: Browser, login_as: LoginAs
    ) -> None:
        due = await value(
            "insert into core_due (name, key, payload, state, due_at, tries, region_lo, actor,"
            " created_at, done_at, error) values ('core.jobs.tidy', '', '{}', 'failed', now(), 5,"
            " 0, 0, now(), null, 'x') returning id"
        )
        failure = await value(
            "insert into core_failure (what, name, work, error, trace, tries, final, at,"
            " resolved_at, resolved_by) values ('job', 'core.jobs.tidy', $1,"
            " 'RuntimeError: 磁盘已满', '', 5, 1, now(), null, 0) returning id",
            due,
        )
        who = await login_as("system_admin")
        page = await client.get("/operations")
        assert page.status_code == 200
        assert "RuntimeError: 磁盘已满" in page.text
        assert "后台任务没有运行" in page.text
        answer = await client.post(f"/operations/{failure}/retry")
        assert answer.status_code == 303
        assert await value("select state from core_due where id = $1", due) == "due"
        resolved = await row("select resolved_by from core_failure where id = $1", failure)
        assert resolved == {"resolved_by": who.user_id}
        assert (await client.post(f"/operations/{failure}/retry")).status_code == 404

    async def test_only_for_system_administrators(self, client: Browser, login_as: LoginAs) -> None:
        await login_as("audit_admin")
        assert (await client.get("/operations")).status_code == 403


class TestPlugins:
    @pytest.mark.needs("cases")
    async def test_a_module_is_previewed_switched_off_and_on_again(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, registry: Any
    ) -> None:
        plugin = next(name for name, each in registry.plugins.items() if each.scope == "region")
        title = registry.plugins[plugin].title
        county = region_tree.county.id
        await login_as("system_admin")
        page = await client.get(f"/plugins?region={county}")
        assert page.status_code == 200
        assert title in page.text
        preview = await client.get(f"/plugins/{plugin}/off?region={county}")
        assert preview.status_code == 200
        assert f"/{plugin}" in preview.text, "the addresses that will be gone"
        answer = await client.post(f"/plugins/{plugin}/disable?region={county}")
        assert answer.status_code == 303
        assert not await enabling.is_enabled(plugin, region_tree.county.lo)
        assert await enabling.is_enabled(plugin, region_tree.other_county.lo)
        async with transaction(PLATFORM):
            (fact,) = await history(SubjectRef("core.region", county))
        assert fact.payload["state"] == "停用"
        await client.post(f"/plugins/{plugin}/enable?region={county}")
        assert await enabling.is_enabled(plugin, region_tree.county.lo)

    async def test_core_cannot_be_switched_off(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        await login_as("system_admin")
        answer = await client.post(f"/plugins/core/disable?region={region_tree.county.id}")
        assert answer.status_code == 409
        gone = await client.post(f"/plugins/nothing/disable?region={region_tree.county.id}")
        assert gone.status_code == 404

    async def test_the_preview_counts_what_is_not_finished_there(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, registry: Any
    ) -> None:
        plugin = "dummy_open"
        county, other = region_tree.county, region_tree.other_county
        built = build([_opened(plugin)])
        for lo in (county.lo, county.lo, other.lo):
            await execute(
                "insert into core_turn (subject_kind, subject_id, key, title, subline, step_title,"
                " step_note, path, permission, holder_name, started_at, unit, paused, pause_note,"
                " lamp, created, closed_by, region_lo, org_lo, person) values"
                " ('dummy_open.thing', 1, '', '等着办', '', '', '', '/', '', '', now(), 'working',"
                " false, '', '', now(), 0, $1, 0, 0)",
                lo,
            )
        with use(built):
            async with transaction(PLATFORM):
                here = await enabling.preview_off(county.id, plugin)
                assert (here.open_turns, here.waiting_jobs) == (2, 0)
                from core.jobs.services import enqueue

                await enqueue("dummy_open.work", {}, place=Place(county.lo))
                assert (await enabling.preview_off(county.id, plugin)).waiting_jobs == 1
                assert (await enabling.preview_off(other.id, plugin)).waiting_jobs == 0
                assert (await enabling.preview_off(region_tree.city.id, plugin)).open_turns == 3

    async def test_what_was_missed_is_offered_and_delivered_once(
        self, region_tree: RegionTree, db: Any
    ) -> None:
        from core.host.facts import deliver_one

        county = region_tree.county
        plugin = _opened("dummy_open")
        with use(build([plugin])):
            async with transaction(PLATFORM):
                await enabling.switch_plugin(county.id, "dummy_open", on=False)
                await record(
                    "dummy_open.thing.done",
                    SubjectRef("dummy_open.thing", 1),
                    Opened(1),
                    Place(county.lo),
                )
                assert await enabling.missed(county.id, "dummy_open") == 1
                with pytest.raises(Refused, match="没有启用"):
                    await enabling.back_fill(county.id, "dummy_open")
                await enabling.switch_plugin(county.id, "dummy_open", on=True)
                assert await enabling.back_fill(county.id, "dummy_open") == 1
                assert await enabling.back_fill(county.id, "dummy_open") == 0
                assert await enabling.missed(county.id, "dummy_open") == 0
                facts = await history(SubjectRef("core.region", county.id))
            assert [each.kind for each in facts] == [
                "core.plugin.switched",
                "core.plugin.switched",
                "core.plugin.back_filled",
            ]
            while await deliver_one(build([plugin])):
                pass
        assert plugin.heard == [1]

    @pytest.mark.needs("cases")
    async def test_enabling_leads_to_the_offer_and_regions_are_found(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree, registry: Any
    ) -> None:
        plugin = next(name for name, each in registry.plugins.items() if each.scope == "region")
        await login_as("system_admin")
        found = await client.get("/plugins?place=磴口")
        assert f"/plugins?region={region_tree.county.id}" in found.text
        page = await client.get(f"/plugins/{plugin}/back-fill?region={region_tree.county.id}")
        assert page.status_code == 200
        assert "不用补办" in page.text
        none = await client.post(f"/plugins/{plugin}/back-fill?region={region_tree.county.id}")
        assert none.status_code == 303
        assert (await client.get("/plugins?region=987654321")).status_code == 404
        assert (await client.get("/plugins/nothing/back-fill")).status_code == 404
        await login_as("supervision_bureau", region=region_tree.county)
        assert (await client.get(f"/plugins/{plugin}/back-fill")).status_code == 403


class Opened(msgspec.Struct, frozen=True):
    thing: int


def _opened(name: str) -> Any:
    """A plugin with a job, a kind of object and a handler."""

    class Plugin:
        MANIFEST = Manifest(name=name, title="有事未了", version="1.0")

        def __init__(self) -> None:
            self.heard: list[int] = []

        async def _work(self, _payload: Any) -> None:
            return None

        async def _describe(self, _id: int, _scope: Scope) -> None:
            return None

        async def _hear(self, fact: Any) -> None:
            self.heard.append(fact.payload["thing"])

        @hookimpl
        def jobs(self) -> list[Job]:
            return [Job(f"{name}.work", self._work)]

        @hookimpl
        def subject_kinds(self) -> list[SubjectKind]:
            return [SubjectKind(f"{name}.thing", "事", self._describe)]

        @hookimpl
        def fact_kinds(self) -> list[FactKind]:
            return [FactKind(f"{name}.thing.done", "办了", "办了 {thing}", Opened)]

        @hookimpl
        def fact_handlers(self) -> list[FactHandler]:
            return [FactHandler(f"{name}.thing.done", self._hear)]

    return Plugin()


class TestInbox:
    async def test_a_message_leads_to_its_subject_and_is_read(
        self,
        client: Browser,
        login_as: LoginAs,
        region_tree: RegionTree,
        registry: Any,
        monkeypatch: Any,
    ) -> None:
        kind = MessageKind("guest.told", "“{title}”已停用", "请知悉。", ("inbox",))
        monkeypatch.setattr(registry, "message_kinds", {"guest.told": kind})
        who = await login_as("handler", person=4711)
        subject = SubjectRef("core.user", who.user_id)
        async with transaction(PLATFORM):
            await notify.notify(
                "guest.told", [4711], subject, {"title": "甲"}, Place(region_tree.county.lo)
            )
        page = await client.get("/messages")
        assert page.status_code == 200
        assert "“甲”已停用" in page.text
        message = await value("select id from core_message where person = 4711")
        answer = await client.get(f"/messages/{message}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/accounts/{who.user_id}"
        unread = await client.get("/messages?only=unread")
        assert "“甲”已停用" not in unread.text
        await login_as("handler", person=4712)
        assert (await client.get(f"/messages/{message}")).status_code == 404

    async def test_everything_read_at_once(
        self, client: Browser, login_as: LoginAs, region_tree: RegionTree
    ) -> None:
        await login_as("handler", person=4711)
        for number in range(40):
            await execute(
                "insert into core_message (person, region_lo, org_lo, kind, subject_kind,"
                " subject_id, title, text, at, read_at) values (4711, $1, 0, 'guest.told',"
                " 'core.user', 1, $2, '', now(), null)",
                region_tree.county.lo,
                f"第 {number} 条",
            )
        page = await client.get("/messages")
        assert "第 39 条" in page.text
        assert "第 5 条" not in page.text
        assert "更早的消息" in page.text
        answer = await client.post("/messages/read-all")
        assert answer.status_code == 303
        assert await notify.unread_count(4711) == 0
