# SPDX-License-Identifier: Apache-2.0
"""What two people must do is not done by one: slips of administrators, second accounts, offices in
two accounts; what waits for a second step dies with its password; how often numbers are shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import db
from core.auth import approvals, identity, passwords, queries, rules, services
from core.auth import sessions as session_store
from core.auth.services.setting import keep_password
from core.errors import Conflict, Invalid, NotFound, Refused, TooMany
from core.facts.services import record
from core.people import revealing
from core.people.facts import Revealed
from core.scope import Scope
from core.totp import services as totp
from core.web.state import platform_of
from tests.core.test_totp import bound, code_now, first_step, second_step

pytestmark = pytest.mark.usefixtures("db")
GOOD = "Abc12345"
START = datetime(2026, 5, 12, 2, 0, tzinfo=UTC)
OFFICE = Scope.platform("test")


async def admin(login: str, role: str, person: int | None = None) -> int:
    user = await services.create_account(login, login, password=GOOD, person=person)
    await services.grant_role(user, role)
    return user


async def a_person(agencies: Any, name: str = "王强") -> int:
    from core.people.services import enter_person

    async with db.transaction(OFFICE):
        return (await enter_person(name, agencies.agency.id)).id


class TestRules:
    @pytest.mark.parametrize(
        ("me", "asker", "owner", "hours", "words"),
        [
            (1, 2, 3, 0, ""),
            (1, 2, 3, 24, ""),
            (1, 1, 3, 0, "你提出的"),
            (1, 2, 1, 0, "给你自己的"),
            (1, 2, 3, 25, "超过 24 小时"),
        ],
    )
    def test_who_may_agree(self, me: int, asker: int, owner: int, hours: int, words: str) -> None:
        found = "".join(
            rules.approval_faults(me, asker, owner, START, START + timedelta(hours=hours))
        )
        assert words in found
        assert bool(found) == bool(words)

    @pytest.mark.parametrize(
        ("role", "elsewhere", "refused"),
        [
            ("system_admin", {"audit_admin"}, True),
            ("system_admin", {"handler"}, True),
            ("handler", {"system_admin"}, True),
            ("system_admin", {"system_admin"}, False),
            ("handler", {"submitter"}, False),
            ("handler", set(), False),
        ],
    )
    def test_an_office_in_another_account_is_still_in_one_hand(
        self, role: str, elsewhere: set[str], refused: bool
    ) -> None:
        faults = rules.grant_faults(
            role,
            "region",
            region=1,
            organisation=1,
            held=(),
            to_self=False,
            elsewhere=elsewhere,
        )
        assert any("另一个账号" in each for each in faults) == refused


class TestIdentity:
    async def test_accounts_of_one_person_count_as_one(self, client: Any, agencies: Any) -> None:
        person = await a_person(agencies)
        first = await services.create_account("one", "王强", person=person)
        second = await services.create_account("two", "王强", person=person)
        other = await services.create_account("three", "王强")
        async with db.transaction(OFFICE):
            found = await identity.people_behind([second, first, other, 0, 10**9])
            assert found == {second: first, first: first, other: other, 0: 0, 10**9: 10**9}
            assert await identity.same_person(first, second)
            assert not await identity.same_person(first, other)
            assert not await identity.same_person(0, 0)
            assert await identity.accounts_of(second) == [first, second]

    async def test_nobody_grants_himself_a_role_through_a_second_account(
        self, client: Any, agencies: Any
    ) -> None:
        person = await a_person(agencies)
        granter = await admin("granter", "security_admin", person)
        second = await services.create_account("second", "王强", person=person)
        for role in ("handler", "system_admin"):
            with pytest.raises(Refused, match="不能给自己授予"):
                await services.grant_role(second, role, organisation=agencies.agency.id, by=granter)
        with pytest.raises(Refused, match="另一个账号"):
            await services.grant_role(second, "audit_admin")

    async def test_nobody_resets_or_closes_his_second_account(
        self, client: Any, agencies: Any, login_as: Any
    ) -> None:
        person = await a_person(agencies)
        who = await login_as("security_admin", person=person)
        second = await services.create_account("second", "王强", person=person)
        await bound(second)
        with pytest.raises(Refused, match="自己的动态验证码"):
            await totp.reset(second, who, "换手机")
        with pytest.raises(Refused, match="自己的账号"):
            await services.close_account(second, who, "不用了")


class TestSlips:
    @pytest.fixture(autouse=True)
    async def _platform(self, client: Any, agencies: Any) -> None:
        """The list of requests asks the database for the time, so it is the real one here."""

    async def test_one_office_alone_prints_none(
        self, client: Any, login_as: Any, facts: Any
    ) -> None:
        auditor = await admin("auditor", "audit_admin")
        who = await login_as("system_admin")
        page = await client.get(f"/accounts/{auditor}")
        assert "申请打印临时密码单" in page.text
        assert f'action="/accounts/{auditor}/slip"' not in page.text
        answer = await client.post(f"/accounts/{auditor}/slip")
        assert answer.status_code == 409
        assert "两个人办" in answer.text
        with pytest.raises(Refused, match="两个人办"):
            await services.issue_slip(auditor, who.user_id)
        assert await db.value('select count(*) from core_slip where "user" = $1', auditor) == 0
        # Ordinary accounts need no second person.
        plain = await services.create_account("plain", "李娜")
        assert (await client.post(f"/accounts/{plain}/slip")).status_code == 200

    async def test_two_offices_together_print_one(
        self, client: Any, login_as: Any, facts: Any
    ) -> None:
        auditor = await admin("auditor", "audit_admin")
        path = f"/accounts/{auditor}"
        asker = await login_as("system_admin")
        empty = await client.post(f"{path}/slip/ask", {"reason": " "})
        assert empty.status_code == 422
        assert "请填写原因" in empty.text
        assert (await client.post(f"{path}/slip/ask", {"reason": "忘记密码"})).status_code == 303
        again = await client.post(f"{path}/slip/ask", {"reason": "再来一份"})
        assert again.status_code == 409
        assert "已有一份申请" in again.text
        request = await db.value("select max(id) from core_slip_request")
        decide = f"{path}/slip/{request}/decide"
        assert (await client.post(decide, {"approve": "true"})).status_code == 403
        assert (await client.post(f"{path}/slip")).status_code == 409

        mine = client.session
        await login_as("security_admin")
        listed = await client.get("/accounts/slips")
        assert "忘记密码" in listed.text
        assert "批准打印" in (await client.get(path)).text
        assert (await client.post(f"{path}/slip")).status_code == 403
        silent = await client.post(decide, {"approve": "false"})
        assert silent.status_code == 422
        assert "为什么不同意" in silent.text
        assert (await client.post(decide, {"approve": "true"})).status_code == 303
        assert (await client.post(decide, {"approve": "true"})).status_code == 409

        other = await login_as("system_admin")
        with pytest.raises(Refused):
            await services.issue_slip(auditor, other.user_id)
        client.session, client.visitor = mine, asker
        printed = await client.post(f"{path}/slip")
        assert printed.status_code == 200
        assert "auditor" in printed.text
        # One approval, one slip.
        assert (await client.post(f"{path}/slip")).status_code == 409
        kinds = [each.kind for each in await facts.all()]
        assert kinds.count("core.slip.approved") == 1
        assert kinds.count("core.slip.asked") == 1

    async def test_an_approval_is_void_after_a_day(self, login_as: Any, clock: Any) -> None:
        clock(START)
        auditor = await admin("auditor", "audit_admin")
        asker = await login_as("system_admin")
        request = await approvals.ask_slip(auditor, asker, "忘记密码")
        late = await approvals.ask_slip(await admin("second", "audit_admin"), asker, "忘记密码")
        guard = await login_as("security_admin")
        await approvals.decide_slip(request, guard, approve=True)
        clock(START + timedelta(hours=25))
        with pytest.raises(Refused):
            await services.issue_slip(auditor, asker.user_id)
        with pytest.raises(Refused, match="24 小时"):
            await approvals.decide_slip(late, guard, approve=True)
        with pytest.raises(NotFound):
            await approvals.decide_slip(10**9, guard, approve=True)

    async def test_neither_asker_nor_owner_agrees_under_whatever_account(
        self, agencies: Any, login_as: Any
    ) -> None:
        owner = await a_person(agencies, "斯琴")
        guard = await admin("guard", "security_admin", owner)
        asker = await login_as("system_admin")
        request = await approvals.ask_slip(guard, asker, "忘记密码")
        own = await login_as("security_admin", person=owner)
        with pytest.raises(Refused, match="给你自己的"):
            await approvals.decide_slip(request, own, approve=True)
        # The offices are kept apart by the roles; the rule does not lean on that.
        with pytest.raises(Refused, match="你提出的"):
            await approvals.decide_slip(request, asker, approve=True)
        with pytest.raises(Refused, match="不能给自己"):
            await approvals.ask_slip(asker.user_id, asker, "自己的")
        plain = await services.create_account("plain", "李娜")
        with pytest.raises(Conflict, match="不是管理员"):
            await approvals.ask_slip(plain, asker, "忘记密码")
        with pytest.raises(Invalid):
            await approvals.ask_slip(guard, asker, "")

    async def test_whoever_opened_an_account_has_no_key_to_the_office_it_gets(
        self, client: Any, login_as: Any
    ) -> None:
        asker = await login_as("system_admin")
        user = await services.create_account("new", "新人", by=asker.user_id)
        slip = await services.issue_slip(user, asker.user_id)
        set_before = await services.create_account("set", "新人", by=asker.user_id, password=GOOD)
        guard = await login_as("security_admin")
        for each in (user, set_before):
            await services.grant_role(each, "audit_admin", by=guard.user_id)
        rule = platform_of(client.app).settings.security
        assert (await services.sign_in("new", slip, rule)).ticket is None
        assert (await services.sign_in("set", GOOD, rule)).ticket is None
        request = await approvals.ask_slip(user, asker, "新任审计管理员")
        await approvals.decide_slip(request, guard, approve=True)
        fresh = await services.issue_slip(user, asker.user_id)
        assert (await services.sign_in("new", fresh, rule)).ticket is not None

    async def test_a_bound_telephone_keeps_its_password(self, client: Any, login_as: Any) -> None:
        user = await services.create_account("kept", "老人", password=GOOD)
        await bound(user)
        guard = await login_as("security_admin")
        await services.grant_role(user, "audit_admin", by=guard.user_id)
        rule = platform_of(client.app).settings.security
        assert (await services.sign_in("kept", GOOD, rule)).second == "code"


class TestSecondStep:
    @pytest.fixture(autouse=True)
    async def _platform(self, client: Any, agencies: Any, clock: Any) -> None:
        clock(START)

    async def change(self, user: int, password: str) -> None:
        async with db.transaction(services.office(user)):
            await keep_password(user, await passwords.hash_password(password))

    async def test_it_dies_with_the_password(self, client: Any) -> None:
        user = await admin("auditor", "audit_admin")
        secret, _ = await bound(user)
        waiting = await first_step(client, "auditor")
        await self.change(user, "Other1234")
        answer = await second_step(client, waiting, code_now(secret))
        assert answer.status_code == 401
        assert "密码刚刚改过" in answer.text
        assert await db.value('select count(*) from core_session where "user" = $1', user) == 0
        # The code was not spent on it.
        rule = platform_of(client.app).settings.security
        current = (await services.sign_in("auditor", "Other1234", rule)).password
        assert (await services.finish_sign_in(user, 0, rule, password=current)).ticket is not None

    async def test_nobody_binds_a_telephone_with_an_old_password(
        self, client: Any, app: Any
    ) -> None:
        platform = platform_of(app)
        before = platform.settings
        platform.settings = replace(
            before, security=replace(before.security, administrator_codes="on")
        )
        try:
            user = await admin("auditor", "audit_admin")
            waiting = await first_step(client, "auditor")
            assert "二维码" in waiting.text
            await self.change(user, "Other1234")
            answer = await second_step(client, waiting, "123456")
            assert "密码刚刚改过" in answer.text
            async with db.transaction(OFFICE):
                assert not await totp.is_bound(user)
        finally:
            platform.settings = before

    async def test_it_dies_with_its_slip(self, client: Any) -> None:
        user = await admin("auditor", "audit_admin")
        await bound(user)
        slip = await services.issue_slip(user, 0)
        rule = platform_of(client.app).settings.security
        result = await services.sign_in("auditor", slip, rule)
        assert await services.still_right(user, result.password, result.slip_id)
        await services.revoke_slip(user, result.slip_id, 0)
        assert not await services.still_right(user, result.password, result.slip_id)

    async def test_the_service_itself_refuses_an_old_one(self, client: Any) -> None:
        user = await admin("auditor", "audit_admin")
        rule = platform_of(client.app).settings.security
        found = await queries.user_by_login("auditor")
        assert found is not None
        await self.change(user, "Other1234")
        refused = await services.finish_sign_in(user, 0, rule, password=found["password"])
        assert refused.ticket is None
        assert refused.sentence == services.CHANGED
        session_store.forget()


class TestReveals:
    @pytest.fixture(autouse=True)
    async def _platform(self, client: Any, agencies: Any, clock: Any) -> None:
        clock(START)

    async def limit(self, region: int, most: int) -> None:
        from core.parameters.services import change_settings

        async with db.transaction(OFFICE):
            await change_settings(region, "core", {"reveals_per_hour": most})

    async def look(self, who: Any, lo: int) -> None:
        async with db.transaction(who.scope):
            await revealing.within_reveal_limit(lo)
            await record(
                "core.person.revealed",
                db.SubjectRef("core.person", 1),
                Revealed(1, "phone", "核对"),
                db.Place(lo, 0),
            )

    async def test_so_many_an_hour_and_no_more(
        self, login_as: Any, agencies: Any, region_tree: Any, clock: Any
    ) -> None:
        county = region_tree.county
        await self.limit(county.id, 2)
        who = await login_as("supervision_bureau", organisation=agencies.bureau)
        await self.look(who, county.lo)
        clock(START + timedelta(minutes=20))
        await self.look(who, county.lo)
        clock(START + timedelta(minutes=30))
        with pytest.raises(TooMany, match="11:00 以后") as refused:
            await self.look(who, county.lo)
        assert refused.value.wait_seconds == 1801
        clock(START + timedelta(minutes=61))
        await self.look(who, county.lo)

    async def test_a_second_account_counts_too(
        self, login_as: Any, agencies: Any, region_tree: Any
    ) -> None:
        county = region_tree.county
        await self.limit(county.id, 1)
        person = await a_person(agencies)
        first = await login_as("supervision_bureau", organisation=agencies.bureau, person=person)
        second = await login_as("supervision_bureau", organisation=agencies.bureau, person=person)
        other = await login_as("supervision_bureau", organisation=agencies.bureau)
        await self.look(first, county.lo)
        with pytest.raises(TooMany):
            await self.look(second, county.lo)
        await self.look(other, county.lo)

    async def test_the_page_says_so_and_keeps_what_was_typed(
        self, client: Any, login_as: Any, agencies: Any, region_tree: Any
    ) -> None:
        from core.people.services import enter_person

        await self.limit(region_tree.county.id, 1)
        async with db.transaction(OFFICE):
            known = await enter_person("张海龙", agencies.agency.id, phone="13812345678")
        await login_as("supervision_bureau", organisation=agencies.bureau)
        form = {"field": "phone", "reason": "other", "note": "核对送达电话"}
        path = f"/persons/{known.id}/numbers"
        assert "13812345678" in (await client.post(path, form)).text
        refused = await client.post(path, form)
        assert refused.status_code == 429
        assert "一小时内最多查看 1 次" in refused.text
        assert "核对送达电话" in refused.text
        assert "13812345678" not in refused.text
