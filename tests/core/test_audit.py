# SPDX-License-Identifier: Apache-2.0
"""The audit pages, and the three offices that must never be one (三员分立)."""

from typing import Any

import pytest

from core import db
from core.api.plugin import Permission, Place, SubjectRef
from core.auth import rules, separation, services
from core.auth.declared import AccountActed
from core.db import OWNER, WORKER
from core.errors import Refused
from core.facts.services import record
from core.host.registry import Registry, build, set_current
from core.jobs.services import run_one
from core.sealing import services as sealing
from tests.core.test_sealing import as_role, write_facts

ADMINISTRATORS = ("system_admin", "security_admin", "audit_admin")
ALL = db.Scope.platform("a test records", actor=0)


async def act(actor: int, name: str, place: Place | None = None) -> int:
    async with db.transaction(db.Scope.platform("a test acts", actor=actor)):
        return await record(
            "core.account.opened",
            SubjectRef("core.user", 4711),
            AccountActed(user=4711, login="x", name=name),
            place or Place(0),
        )


class TestList:
    async def test_everything_others_did_is_read_nothing_of_one_s_own(
        self, client: Any, login_as: Any
    ) -> None:
        who = await login_as(role="audit_admin")
        await act(0, "别人开的户")
        own = await act(who.user_id, "自己开的户")
        page = await client.get("/audit")
        assert "别人开的户" in page.text
        assert "自己开的户" not in page.text
        assert (await client.get(f"/audit/{own}")).status_code == 404
        sheet = await client.get("/audit?format=xlsx")
        assert sheet.status_code == 200

    async def test_the_security_administrator_reads_what_the_auditors_did(
        self, client: Any, login_as: Any, app: Any
    ) -> None:
        auditor = await login_as(role="audit_admin")
        of_auditor = await act(auditor.user_id, "审计员开的户")
        of_other = await act(0, "别人开的户")
        await login_as(role="security_admin")
        page = await client.get("/audit/auditors")
        assert "审计员开的户" in page.text
        assert "别人开的户" not in page.text
        assert (await client.get(f"/audit/auditors/{of_auditor}")).status_code == 200
        assert (await client.get(f"/audit/auditors/{of_other}")).status_code == 404
        assert (await client.get("/audit")).status_code == 403

    async def test_conditions_narrow_the_list(
        self, client: Any, login_as: Any, agencies: Any, region_tree: Any
    ) -> None:
        await login_as(role="audit_admin")
        await act(0, "县里的户", Place(region_tree.county.lo))
        await act(0, "全平台的户")
        for query, found, missing in (
            (f"region={region_tree.county.lo}", "县里的户", "全平台的户"),
            ("subject=core.user&number=4711", "县里的户", "不存在"),
            ("kind=core.account.opened", "县里的户", "不存在"),
            ("since=2020-01-01&until=2090-01-01", "县里的户", "不存在"),
        ):
            text = (await client.get(f"/audit?{query}")).text
            assert found in text, query
            assert missing not in text, query
        for query in (
            "number=4712",
            "kind=core.account.closed",
            "until=2020-01-01",
            "who=没有这个人",
        ):
            assert "县里的户" not in (await client.get(f"/audit?{query}")).text, query

    @pytest.mark.parametrize(
        "query",
        ["number=x", "number=99999999999999999999", "region=x", "region=-1", "since=x", "kind=%00"],
    )
    async def test_nonsense_in_the_address_is_no_fault(
        self, client: Any, login_as: Any, query: str
    ) -> None:
        await login_as(role="audit_admin")
        assert (await client.get(f"/audit?{query}")).status_code == 200

    async def test_looking_is_recorded_once_for_each_look(
        self, client: Any, login_as: Any, facts: Any
    ) -> None:
        await login_as(role="audit_admin")
        await client.get("/audit?kind=core.account.opened")
        await client.get("/audit?kind=core.account.opened")
        await client.get("/audit")
        looks = await facts.only("core.audit.viewed")
        assert [each.payload["conditions"] for each in looks] == ["类别：开立账号", "无"]
        await client.get("/audit?format=xlsx")
        assert len(await facts.only("core.listing.exported")) == 1

    async def test_a_fact_waiting_for_its_seal_says_so(self, client: Any, login_as: Any) -> None:
        await login_as(role="audit_admin")
        fact = await act(0, "新开的户")
        assert "还没有封存" in (await client.get(f"/audit/{fact}")).text

    async def test_a_sealed_fact_shows_its_proof_and_a_changed_one_is_called_changed(
        self, client: Any, login_as: Any
    ) -> None:
        facts = [await act(0, f"户 {n}") for n in range(5)]
        await login_as(role="audit_admin")
        async with db.transaction(sealing.SEALER):
            # As the owner: the test's one transaction cannot change roles for the worker.
            await db.execute(f"set local role {OWNER}")
            assert await sealing.seal_batch() >= 5
        page = (await client.get(f"/audit/{facts[2]}")).text
        assert "与封存时一致" in page
        assert "合并在左" in page or "合并在右" in page
        await db.execute("update core_fact set actor = 77 where id = $1", facts[2])
        assert "与封存时不一致" in (await client.get(f"/audit/{facts[2]}")).text
        await db.execute("update core_batch set facts = facts[1:2]")
        assert "绕过平台写入" in (await client.get(f"/audit/{facts[4]}")).text


class TestSeals:
    async def test_before_the_first_seal_the_page_says_so(self, client: Any, login_as: Any) -> None:
        await login_as(role="audit_admin")
        page = await client.get("/seals")
        assert page.status_code == 200
        assert "还没有批次" in page.text
        assert (await client.get("/seals/key.pem")).status_code == 404
        assert (await client.get("/seals/heads.txt")).text == ""

    @pytest.mark.parametrize("role", ["system_admin", "security_admin", "handler"])
    async def test_only_for_audit_administrators(
        self, client: Any, login_as: Any, agencies: Any, role: str
    ) -> None:
        await login_as(
            role=role, **({"organisation": agencies.agency} if role == "handler" else {})
        )
        for path in ("/seals", "/seals/heads.txt", "/seals/key.pem", "/seals/verifications/1"):
            assert (await client.get(path)).status_code == 403
        assert (await client.post("/seals/verify")).status_code == 403

    async def test_one_verification_at_a_time(self, client: Any, login_as: Any) -> None:
        await login_as(role="audit_admin")
        first = await client.post("/seals/verify")
        assert first.status_code == 303
        page = await client.follow(first)
        assert "等待开始" in page.text
        assert "hx-get" in page.text
        second = await client.post("/seals/verify")
        assert second.status_code == 409
        assert "已有一次核验正在进行" in second.text
        assert (await client.get("/seals/verifications/999999")).status_code == 404


class TestVerificationJob:
    """Through the real worker, with real commits."""

    async def ask_and_run(self, url: str) -> dict[str, Any]:
        registry = build()
        set_current(registry)
        async with db.transaction(services.office(0)):
            number = await asking_ask()
        async with as_role(url, WORKER):
            while await run_one(registry):
                pass
        async with db.transaction(ALL):
            found = await db.row("select * from core_verification where id = $1", number)
        assert found is not None
        return found

    async def test_an_intact_record_then_a_changed_one(self, fresh_db: str) -> None:
        made = await write_facts(6)
        async with as_role(fresh_db, WORKER):
            await sealing.seal(2)
        first = await self.ask_and_run(fresh_db)
        assert first["state"] == "intact", first
        assert (first["done"], first["total"]) == (6, 6)
        async with as_role(fresh_db, OWNER), db.transaction(ALL):
            await db.execute("update core_fact set payload = '{}' where id = $1", made[3])
        second = await self.ask_and_run(fresh_db)
        assert second["state"] == "damaged"
        assert [each["fact"] for each in second["report"]["findings"]] == [made[3]]
        async with db.transaction(ALL):
            results = await db.column(
                "select payload from core_fact where kind = 'core.seal.verified' order by id"
            )
        assert "记录完好" in results[0]
        assert "发现 1 处问题" in results[1]


async def asking_ask() -> int:
    from core.sealing import asking

    return await asking.ask()


class TestThreeOffices:
    """系统 operates, 安全 grants, 审计 reads: a table of right × office, then the ways around it."""

    TABLE = (
        ("core.account.manage", "system_admin"),
        ("core.plugin.switch", "system_admin"),
        ("core.operation.manage", "system_admin"),
        ("core.region.manage", "system_admin"),
        ("core.role.grant", "security_admin"),
        ("core.totp.reset", "security_admin"),
        ("core.fact.watch", "security_admin"),
        ("core.fact.read", "audit_admin"),
        ("core.seal.verify", "audit_admin"),
    )

    @pytest.mark.parametrize(("right", "office"), TABLE)
    def test_each_right_has_one_office(self, right: str, office: str) -> None:
        permission = build().permissions[right]
        assert [r for r in ADMINISTRATORS if separation.may_hold(r, permission.grants_to)] == [
            office
        ]
        assert not separation.may_hold("handler", permission.grants_to)

    def test_what_is_shipped_keeps_the_rule(self) -> None:
        wrong = [
            (role.key, permission.key)
            for permission in build().permissions.values()
            for role in rules.ROLES
            if role.key in permission.grants_to
            and not separation.may_hold(role.key, permission.grants_to)
        ]
        assert wrong == []

    @pytest.mark.parametrize("office", ADMINISTRATORS)
    def test_no_business_right_for_any_of_them(self, office: str) -> None:
        assert not separation.may_hold(office, ("handler", "leader"))
        assert not separation.may_hold(office, ())

    def test_a_right_nobody_has_by_default_may_go_to_business_roles(self) -> None:
        assert separation.may_hold("handler", ())
        assert separation.may_hold("leader", ("handler",))
        assert separation.may_hold("leader", ("system_admin", "supervision_bureau"))

    def test_the_refusal_names_right_and_office(self) -> None:
        sentence = separation.fault(
            "system_admin", Permission("x.y.z", "查看操作记录", ("audit_admin",))
        )
        assert "系统管理员" in sentence
        assert "查看操作记录" in sentence

    @pytest.mark.parametrize("office", ADMINISTRATORS)
    @pytest.mark.parametrize("other", ADMINISTRATORS)
    async def test_nobody_holds_two(self, db: Any, office: str, other: str) -> None:
        await services.apply_defaults(build())
        user = await services.create_account("someone", "某人")
        await services.grant_role(user, office)
        with pytest.raises(Refused):
            await services.grant_role(user, other)

    async def test_nor_one_and_a_business_role(self, db: Any, agencies: Any) -> None:
        await services.apply_defaults(build())
        user = await services.create_account("someone", "某人")
        await services.grant_role(user, "handler", organisation=agencies.agency.id)
        with pytest.raises(Refused):
            await services.grant_role(user, "audit_admin")

    @pytest.mark.needs("cases")
    async def test_rights_cannot_be_moved_between_offices(
        self, client: Any, login_as: Any, registry: Registry
    ) -> None:
        await login_as(role="security_admin")
        business = next(key for key in registry.permissions if not key.startswith("core."))
        for role, right in (
            ("system_admin", "core.fact.read"),
            ("system_admin", "core.role.grant"),
            ("audit_admin", "core.account.manage"),
            ("handler", "core.fact.read"),
            ("handler", "core.role.grant"),
            ("audit_admin", business),
        ):
            answer = await client.post("/rights", {"role": role, "permission": [right]})
            assert answer.status_code == 409, (role, right)
            assert "三员分立" in answer.text or "只属于" in answer.text

    async def test_no_administrator_opens_business_pages(self, client: Any, login_as: Any) -> None:
        for office in ADMINISTRATORS:
            await login_as(role=office)
            for path in ("/cases", "/inspection/alarms", "/orders", "/certificates/officers"):
                assert (await client.get(path)).status_code in (403, 404), (office, path)

    async def test_security_and_system_administrator_do_not_do_each_other_s_work(
        self, client: Any, login_as: Any, agencies: Any
    ) -> None:
        user = await services.create_account("someone", "某人")
        await login_as(role="system_admin")
        granted = await client.post(
            f"/accounts/{user}/roles", {"role": "handler", "organisation": agencies.agency.id}
        )
        assert granted.status_code == 403
        await login_as(role="security_admin")
        assert (await client.post(f"/accounts/{user}/slip")).status_code == 403
        assert (await client.post("/accounts", {"login": "n", "name": "n"})).status_code == 403

    async def test_none_of_them_is_deputised(self, client: Any, login_as: Any) -> None:
        who = await login_as(role="audit_admin")
        other = await services.create_account("someone", "某人")
        answer = await client.post("/roles/delegations", {"deputy": other, "until": "2090-01-01"})
        assert answer.status_code == 409
        assert who.role == "audit_admin"
