# SPDX-License-Identifier: Apache-2.0
"""The pages over the host: audit trail, background work, modules by region, inbox."""

from typing import Any

from core.api.plugin import MessageKind, SubjectRef
from core.api.testing import Browser, LoginAs
from core.db import Place, Scope, execute, row, transaction, value
from core.facts.services import history, record
from core.host import enabling
from core.host.enabling import PluginSwitched
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
