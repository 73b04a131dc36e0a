# SPDX-License-Identifier: Apache-2.0
"""What only helped for a while goes when its time is over; what proves something never goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from core import db
from core.api.plugin import Manifest, Retention, hookimpl
from core.db import WORKER
from core.host.errors import PluginError
from core.host.registry import build, use
from core.policies import ALL_RIGHTS
from core.retention import services
from core.retention.rules import RULES, key_of, period_problem
from core.schema import app_configs, tables_of
from tests.core.test_sealing import as_role

NOW = datetime(2026, 5, 12, 2, 0, tzinfo=UTC)


def days(number: float) -> datetime:
    return NOW - timedelta(days=number)


async def failures(*moments: datetime) -> None:
    for moment in moments:
        await db.execute(
            "insert into core_login_attempt (login_hash, address, at, cleared)"
            " values ('x', '', $1, false)",
            moment,
        )


class TestRules:
    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
    def test_every_rule_has_a_reason_and_a_period_the_law_allows(self, rule: Retention) -> None:
        assert rule.days >= rule.minimum >= 180
        assert len(rule.why) > 10
        assert period_problem(rule, rule.minimum) == ""
        assert period_problem(rule, rule.minimum - 1)
        assert period_problem(rule, 40_000)

    def test_none_touches_what_is_append_only_or_business(self) -> None:
        kept = {
            table._meta.tablename
            for table in tables_of(app_configs())
            if "delete" not in getattr(table, "GRANTS", {"worker": ALL_RIGHTS}).get("worker", "")
        }
        assert {"core_fact", "core_batch", "core_person", "core_verification"} <= kept
        assert not kept & {rule.table for rule in RULES}
        assert all(rule.table.startswith("core_") for rule in RULES)

    def test_rules_of_the_platform_are_known_by_their_former_names(self) -> None:
        assert key_of("sessions") == "core.sessions"
        assert key_of("powers.unused_import") == "powers.unused_import"
        assert key_of("") == ""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"key": "other.old"}, "foreign prefix"),
            ({"table": "core_fact"}, "no table of this plugin"),
            ({"table": "guest_x; drop"}, "no table of this plugin"),
            ({"condition": "true"}, "compares with $1"),
            ({"condition": "at < $1; delete from core_fact"}, "compares with $1"),
            ({"days": 10, "minimum": 30}, "at least its minimum"),
            ({"minimum": 0}, "at least its minimum"),
            ({"why": " "}, "people read"),
        ],
    )
    def test_a_wrong_declaration_stops_the_start(self, change: Any, words: str) -> None:
        good = {
            "key": "guest.old",
            "title": "旧物",
            "why": "一年以后没有用处",
            "table": "guest_thing",
            "condition": "at < $1",
            "days": 365,
        }
        assert build([guest(Retention(**good))]).retention["guest.old"].days == 365
        with pytest.raises(PluginError) as stopped:
            build([guest(Retention(**{**good, **change}))])
        assert words in str(stopped.value)
        assert stopped.value.hook == "retention_rules"


def guest(*rules: Retention) -> Any:
    """A plugin with these rules."""

    class Guest:
        MANIFEST = Manifest("guest", "客人", "1.0")

        @hookimpl
        def retention_rules(self) -> list[Retention]:
            return list(rules)

    return Guest()


class TestDeleting:
    async def run(self, url: str) -> None:
        async with as_role(url, WORKER), db.transaction(services.SCOPE):
            with use(build()):
                await services.delete_due({})

    async def left(self) -> int:
        async with db.transaction(services.SCOPE):
            return int(await db.value("select count(*) from core_login_attempt"))

    async def test_only_what_is_over_goes_and_the_number_is_recorded(
        self, fresh_db: str, clock: Any
    ) -> None:
        clock(NOW)
        async with db.transaction(services.SCOPE):
            await failures(days(181), days(180.1), days(179.9), days(1))
            (line,) = (x for x in await services.report() if x["key"] == "core.login_attempts")
            assert (line["due"], line["days"], line["held"]) == (2, 180, False)
        assert await self.left() == 4  # the report deletes nothing
        await self.run(fresh_db)
        assert await self.left() == 2
        async with db.transaction(services.SCOPE):
            facts = await db.column(
                "select payload from core_fact where kind = 'core.retention.deleted'"
            )
        assert len(facts) == 1
        assert '"rows":2' in facts[0]
        await self.run(fresh_db)
        async with db.transaction(services.SCOPE):
            count = await db.value(
                "select count(*) from core_fact where kind = 'core.retention.deleted'"
            )
        assert count == 1

    @pytest.mark.parametrize(
        ("rule", "kept"), [("core.login_attempts", True), ("", True), ("core.sessions", False)]
    )
    async def test_a_hold_stops_it_until_it_is_lifted(
        self, fresh_db: str, clock: Any, rule: str, kept: bool
    ) -> None:
        clock(NOW)
        with use(build()):
            async with db.transaction(services.SCOPE):
                await failures(days(400))
                hold = await services.set_hold(rule, "诉讼期间")
        await self.run(fresh_db)
        assert await self.left() == int(kept)
        with use(build()):
            async with db.transaction(services.SCOPE):
                await services.lift_hold(hold, "已结案")
        await self.run(fresh_db)
        assert await self.left() == 0

    async def test_a_longer_period_keeps_more(self, fresh_db: str, clock: Any) -> None:
        clock(NOW)
        with use(build()):
            async with db.transaction(services.SCOPE):
                await failures(days(400))
                await services.set_period("core.login_attempts", 1000, "等保测评要求")
        await self.run(fresh_db)
        assert await self.left() == 1

    @pytest.mark.needs("powers")
    async def test_a_plugin_s_rows_go_and_a_faulty_rule_stops_nobody(
        self, fresh_db: str, clock: Any
    ) -> None:
        clock(NOW)
        broken = guest(Retention("guest.old", "旧物", "测试", "guest_gone", "at < $1", days=1))
        async with db.transaction(services.SCOPE):
            await failures(days(400))
            for state, age in (("preview", 200), ("preview", 20), ("applied", 400)):
                await db.execute(
                    "insert into powers_import (organisation, document, filename, state, items,"
                    " faults, drafts, created_by_name, created_at, region_lo, org_lo)"
                    " values (1, '', '', $1, '[]', '[]', '{}', '', $2, 0, 0)",
                    state,
                    days(age),
                )
        with use(build(["powers", broken])):
            async with db.transaction(services.SCOPE):
                lines = {each["key"]: each for each in await services.report()}
            assert lines["powers.unused_import"]["due"] == 1
            assert lines["powers.unused_import"]["plugin"] == "职权目录"
            assert lines["guest.old"]["due"] is None
            async with as_role(fresh_db, WORKER), db.transaction(services.SCOPE):
                await services.delete_due({})
        async with db.transaction(services.SCOPE):
            left = await db.column("select state from powers_import order by id")
        assert left == ["preview", "applied"]
        assert await self.left() == 0

    async def test_no_role_of_the_application_can_delete_the_trail_of_it(
        self, fresh_db: str
    ) -> None:
        async with as_role(fresh_db, WORKER):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with db.transaction(services.SCOPE):
                    await db.execute("delete from core_fact where kind like 'core.retention%'")


class TestPage:
    async def test_shows_periods_and_takes_holds(
        self, client: Any, login_as: Any, facts: Any
    ) -> None:
        await login_as(role="system_admin")
        page = await client.get("/retention")
        assert page.status_code == 200
        assert "永久" in page.text
        bad = await client.post(
            "/retention/periods", {"rule": "core.sessions", "days": "30", "reason": "省空间"}
        )
        assert bad.status_code == 422
        assert "至少保留 180 天" in bad.text
        assert "省空间" in bad.text
        for form in (
            {"rule": "core.sessions", "days": "x", "reason": "y"},
            {"rule": "core.sessions", "days": "400", "reason": ""},
            {"rule": "core.sessions", "days": "99999999999999999999", "reason": "y"},
        ):
            assert (await client.post("/retention/periods", form)).status_code == 422
        unknown = {"rule": "facts", "days": "400", "reason": "y"}
        assert (await client.post("/retention/periods", unknown)).status_code == 404
        good = {"rule": "core.sessions", "days": "400", "reason": "测评要求"}
        assert (await client.post("/retention/periods", good)).status_code == 303
        assert (await client.post("/retention/holds", {"reason": ""})).status_code == 422
        assert (await client.post("/retention/holds", {"reason": "诉讼"})).status_code == 303
        hold = (await facts.only("core.retention.hold_set"))[0].payload["hold"]
        page = await client.get("/retention")
        assert "已暂停" in page.text
        assert "400 天" in page.text
        lift = f"/retention/holds/{hold}/lift"
        refused = await client.post(lift, {"reason": " "})
        assert refused.status_code == 422
        assert f'id="e-lift-{hold}"' in refused.text, "said beside the field of that hold"
        assert '<details class="jd-confirm" open>' in refused.text
        assert (await client.post(lift, {"reason": "结案"})).status_code == 303
        assert (await client.post(lift, {"reason": "结案"})).status_code == 409

    @pytest.mark.parametrize("role", ["security_admin", "audit_admin", "leader"])
    async def test_for_the_system_administrator_only(
        self, client: Any, login_as: Any, agencies: Any, role: str
    ) -> None:
        await login_as(role, **({"organisation": agencies.bureau} if role == "leader" else {}))
        assert (await client.get("/retention")).status_code == 403
        assert (await client.post("/retention/holds", {"reason": "x"})).status_code == 403
