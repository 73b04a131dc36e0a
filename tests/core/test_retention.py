# SPDX-License-Identifier: Apache-2.0
"""What only helped for a while goes when its time is over; what proves something never goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from core import db
from core.db import WORKER
from core.host.registry import build, use
from core.policies import ALL_RIGHTS
from core.retention import services
from core.retention.rules import RULES, Rule, period_problem
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
    def test_every_rule_has_a_reason_and_a_period_the_law_allows(self, rule: Rule) -> None:
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
            (line,) = (x for x in await services.report() if x["key"] == "login_attempts")
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
        ("rule", "kept"), [("login_attempts", True), ("", True), ("sessions", False)]
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
                await services.set_period("login_attempts", 1000, "等保测评要求")
        await self.run(fresh_db)
        assert await self.left() == 1

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
            "/retention/periods", {"rule": "sessions", "days": "30", "reason": "省空间"}
        )
        assert bad.status_code == 422
        assert "至少保留 180 天" in bad.text
        assert "省空间" in bad.text
        for form in (
            {"rule": "sessions", "days": "x", "reason": "y"},
            {"rule": "sessions", "days": "400", "reason": ""},
            {"rule": "sessions", "days": "99999999999999999999", "reason": "y"},
        ):
            assert (await client.post("/retention/periods", form)).status_code == 422
        unknown = {"rule": "facts", "days": "400", "reason": "y"}
        assert (await client.post("/retention/periods", unknown)).status_code == 404
        good = {"rule": "sessions", "days": "400", "reason": "测评要求"}
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
