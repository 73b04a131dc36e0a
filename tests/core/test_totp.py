# SPDX-License-Identifier: Apache-2.0
"""One-time codes: the standard's own vectors, then signing in with them, losing the telephone,
guessing, repeating, and the reset by the security administrator alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.auth import services as accounts
from core.auth import sessions
from core.settings import Security
from core.totp import rules, services
from core.web.state import platform_of

GOOD = "Abc12345"
START = datetime(2026, 5, 12, 2, 0, tzinfo=UTC)


class TestRules:
    # RFC 6238 appendix B, SHA-1, eight digits.
    @pytest.mark.parametrize(
        ("seconds", "code"),
        [
            (59, "94287082"),
            (1111111109, "07081804"),
            (1111111111, "14050471"),
            (1234567890, "89005924"),
            (2000000000, "69279037"),
            (20000000000, "65353130"),
        ],
    )
    def test_the_vectors_of_the_standard(self, seconds: int, code: str) -> None:
        assert rules.code_at(b"12345678901234567890", rules.step_at(seconds), 8) == code
        assert rules.code_at(b"12345678901234567890", rules.step_at(seconds)) == code[2:]

    @given(st.binary(min_size=20, max_size=20), st.integers(100, 10**8), st.integers(-4, 4))
    def test_one_step_of_drift_and_no_more(self, secret: bytes, step: int, off: int) -> None:
        found = rules.matching_step(secret, rules.code_at(secret, step + off), step)
        codes = {rules.code_at(secret, step + each) for each in (-1, 0, 1)}
        if abs(off) <= 1:
            assert found is not None
        elif rules.code_at(secret, step + off) not in codes:
            assert found is None

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("123456", "123456"),
            (" 123 456 ", "123456"),
            ("123-456", "123456"),
            ("１２３４５６", "123456"),
            ("12345", ""),
            ("1234567", ""),
            ("12345x", ""),
            ("ABCD-EFGH-JKLM", ""),
            ("", ""),
            ("²²²²²²", ""),
        ],
    )
    def test_what_counts_as_six_digits(self, typed: str, code: str) -> None:
        assert rules.digits_of(typed) == code

    def test_the_address_in_the_code_is_understood_by_authenticators(self) -> None:
        secret = bytes(range(20))
        parts = urlsplit(rules.address(secret, "sysadmin", "行政执法监督平台"))
        values = parse_qs(parts.query)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        assert values["secret"] == [rules.base32(secret)]
        assert values["issuer"] == ["行政执法监督平台"]


@pytest.fixture
def needed(app: Any) -> Any:
    """The platform asks its administrators for codes."""
    platform = platform_of(app)
    before = platform.settings
    platform.settings = replace(before, security=replace(before.security, administrator_codes="on"))
    yield
    platform.settings = before


async def account(login: str, role: str, **place: Any) -> int:
    user = await accounts.create_account(login, "巴特尔", password=GOOD)
    async with db.transaction(accounts.office(0)):
        await db.execute("update core_user set must_change = false where id = $1", user)
    await accounts.grant_role(user, role, **place)
    return user


async def bound(user: int) -> tuple[bytes, list[str]]:
    """An account with an authenticator."""
    from core import clock

    secret = rules.new_secret()
    code = rules.code_at(secret, rules.step_at(clock.now().timestamp()) - 1)
    return secret, await services.bind(user, secret, code)


def code_now(secret: bytes, off: int = 0) -> str:
    from core import clock

    return rules.code_at(secret, rules.step_at(clock.now().timestamp()) + off)


def field(html: str, name: str) -> str:
    import re

    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)
    assert found, html[:3000]
    return found[1]


async def first_step(client: Any, login: str) -> Any:
    return await client.post("/login", {"login": login, "password": GOOD, "next": "/messages"})


async def second_step(client: Any, page: Any, code: str) -> Any:
    return await client.post(
        "/login/code",
        {"pending": field(page.text, "pending"), "next": "/messages", "code": code},
    )


class TestSigningIn:
    @pytest.fixture(autouse=True)
    async def _platform(self, client: Any, agencies: Any, clock: Any) -> None:
        clock(START)

    async def test_without_the_setting_nobody_is_asked(self, client: Any) -> None:
        await account("sysadmin", "system_admin")
        assert (await first_step(client, "sysadmin")).status_code == 303

    @pytest.mark.usefixtures("needed")
    async def test_others_are_not_asked(self, client: Any, agencies: Any) -> None:
        await account("zhang", "handler", organisation=agencies.agency.id)
        assert (await first_step(client, "zhang")).status_code == 303

    @pytest.mark.usefixtures("needed")
    @pytest.mark.parametrize("role", ["system_admin", "security_admin", "audit_admin"])
    async def test_an_administrator_binds_at_the_first_sign_in(
        self, client: Any, facts: Any, role: str
    ) -> None:
        user = await account("admin", role)
        page = await first_step(client, "admin")
        assert page.status_code == 200
        assert "绑定动态验证码" in page.text
        assert "no-store" in page.headers["cache-control"]
        # Nothing is open yet: there is no session at all.
        assert client.session == ""
        assert (await client.get("/totp")).status_code == 303
        import re

        shown = re.search(r"手工输入：<span[^>]*>([A-Z2-7 ]+)<", page.text)
        assert shown
        import base64

        secret = base64.b32decode(shown[1].replace(" ", ""))
        wrong = await second_step(client, page, "000000")
        assert wrong.status_code == 401
        assert "验证码不对" in wrong.text
        done = await second_step(client, wrong, code_now(secret))
        assert done.status_code == 200
        codes = re.findall(r"<li>([A-Z0-9-]{14})</li>", done.text)
        assert len(set(codes)) == 10
        assert (await client.get("/totp")).status_code == 200
        stored = await db.column('select hash from core_recovery_code where "user" = $1', user)
        assert all(code.encode() not in bytes(each) for code in codes for each in stored)
        assert len(await facts.only("core.totp.bound")) == 1

    @pytest.mark.usefixtures("needed")
    async def test_afterwards_the_code_is_asked_for_and_used_once(self, client: Any) -> None:
        user = await account("sysadmin", "system_admin")
        secret, _ = await bound(user)
        page = await first_step(client, "sysadmin")
        assert client.session == ""
        code = code_now(secret)
        done = await second_step(client, page, code)
        assert (done.status_code, done.headers["location"]) == (303, "/messages")
        client.forget()
        page = await first_step(client, "sysadmin")
        again = await second_step(client, page, code)
        assert again.status_code == 401
        assert "已经用过" in again.text
        assert code not in again.text

    async def test_whoever_has_bound_one_is_asked_also_where_it_is_not_required(
        self, client: Any, agencies: Any
    ) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        secret, _ = await bound(user)
        page = await first_step(client, "zhang")
        assert "动态验证码" in page.text
        assert (await second_step(client, page, code_now(secret))).status_code == 303

    @pytest.mark.parametrize(("off", "status"), [(-2, 401), (0, 303), (1, 303), (2, 401)])
    async def test_the_telephone_may_be_half_a_minute_off(
        self, client: Any, agencies: Any, off: int, status: int
    ) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        secret, _ = await bound(user)
        page = await first_step(client, "zhang")
        assert (await second_step(client, page, code_now(secret, off))).status_code == status

    async def test_five_wrong_codes_lock_the_second_step(
        self, client: Any, agencies: Any, clock: Any, facts: Any
    ) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        secret, codes = await bound(user)
        page = await first_step(client, "zhang")
        wrong = "000000" if code_now(secret) != "000000" else "111111"
        for left in (4, 3, 2, 1):
            answer = await second_step(client, page, wrong)
            assert f"还可以再试 {left} 次" in answer.text
        fifth = await second_step(client, page, wrong)
        assert (fifth.status_code, fifth.headers["retry-after"]) == (429, "1800")
        # Neither the right code nor a recovery code opens it now, nor the password anew.
        assert (await second_step(client, page, code_now(secret))).status_code == 429
        page = await first_step(client, "zhang")
        assert (await second_step(client, page, codes[0])).status_code == 429
        assert len(await facts.only("core.totp.refused")) == 5
        clock(START + timedelta(minutes=31))
        page = await first_step(client, "zhang")
        assert (await second_step(client, page, code_now(secret))).status_code == 303

    async def test_a_recovery_code_works_once(self, client: Any, agencies: Any, facts: Any) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        _, codes = await bound(user)
        page = await first_step(client, "zhang")
        assert (await second_step(client, page, codes[3].lower())).status_code == 303
        client.forget()
        page = await first_step(client, "zhang")
        assert (await second_step(client, page, codes[3])).status_code == 401
        assert len(await facts.only("core.totp.recovered")) == 1

    async def test_after_five_minutes_the_password_is_asked_again(
        self, client: Any, agencies: Any, monkeypatch: Any
    ) -> None:
        import time

        user = await account("zhang", "handler", organisation=agencies.agency.id)
        secret, _ = await bound(user)
        page = await first_step(client, "zhang")
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + 301)
        answer = await second_step(client, page, code_now(secret))
        assert answer.status_code == 401
        assert "请重新登录" in answer.text

    @pytest.mark.parametrize("pending", ["", "x", "gAAAAAB" + "x" * 90])
    async def test_a_made_up_first_step_opens_nothing(self, client: Any, pending: str) -> None:
        answer = await client.post("/login/code", {"pending": pending, "code": "123456"})
        assert answer.status_code == 401
        assert client.session == ""

    async def test_a_first_step_for_binding_does_not_sign_in(
        self, client: Any, login_as: Any, agencies: Any
    ) -> None:
        await login_as(role="handler", organisation=agencies.agency)
        page = await client.post("/totp/begin")
        pending = field(page.text, "pending")
        client.forget()
        answer = await client.post("/login/code", {"pending": pending, "code": "123456"})
        assert answer.status_code == 401
        assert client.session == ""

    async def test_a_slip_is_used_up_only_when_both_steps_are_done(
        self, client: Any, agencies: Any
    ) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        secret, _ = await bound(user)
        slip = await accounts.issue_slip(user, 0)
        page = await client.post("/login", {"login": "zhang", "password": slip})
        assert "动态验证码" in page.text
        assert await db.value("select used_at from core_slip") is None
        done = await second_step(client, page, code_now(secret))
        assert done.headers["location"] == "/password"
        assert await db.value("select used_at from core_slip") is not None

    @pytest.mark.usefixtures("needed")
    async def test_a_session_cannot_become_an_administrator_s_without_a_code(
        self, client: Any
    ) -> None:
        user = await accounts.create_account("new", "巴特尔", password=GOOD)
        async with db.transaction(accounts.office(0)):
            await db.execute("update core_user set must_change = false where id = $1", user)
        await first_step(client, "new")
        client.visitor = await sessions.open_session(client.session, 3600, 36000)
        assignment = await accounts.grant_role(user, "audit_admin")
        answer = await client.post("/roles", {"assignment": assignment})
        assert answer.status_code == 409
        assert "动态验证码" in answer.text


class TestOwn:
    async def test_binding_changing_and_taking_off(
        self, client: Any, login_as: Any, agencies: Any, clock: Any, facts: Any
    ) -> None:
        clock(START)
        who = await login_as(role="handler", organisation=agencies.agency)
        page = await client.post("/totp/begin")
        secret = await self.offered(page)
        done = await client.post(
            "/totp/bind", {"pending": field(page.text, "pending"), "code": code_now(secret)}
        )
        assert "保存备用码" in done.text
        # Changing anything afterwards needs a present code, which must be a new one.
        for path in ("/totp/codes", "/totp/begin", "/totp/unbind"):
            assert (await client.post(path, {"code": code_now(secret)})).status_code == 422
            assert (await client.post(path, {"code": ""})).status_code == 422
        clock(START + timedelta(minutes=5))
        assert "保存备用码" in (await client.post("/totp/codes", {"code": code_now(secret)})).text
        clock(START + timedelta(minutes=6))
        off = await client.post("/totp/unbind", {"code": code_now(secret)})
        assert off.status_code == 303
        assert not await services.is_bound(who.user_id)
        assert await facts.only("core.totp.unbound")

    async def offered(self, page: Any) -> bytes:
        import base64
        import re

        found = re.search(r"手工输入：<span[^>]*>([A-Z2-7 ]+)<", page.text)
        assert found, page.text[:2000]
        return base64.b32decode(found[1].replace(" ", ""))

    @pytest.mark.usefixtures("needed")
    async def test_an_administrator_cannot_take_it_off(
        self, client: Any, login_as: Any, clock: Any
    ) -> None:
        clock(START)
        who = await login_as(role="audit_admin")
        secret, _ = await bound(who.user_id)
        answer = await client.post("/totp/unbind", {"code": code_now(secret)})
        assert answer.status_code == 409
        assert await services.is_bound(who.user_id)


class TestReset:
    async def test_by_the_security_administrator_with_a_reason(
        self, client: Any, login_as: Any, agencies: Any, facts: Any
    ) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        await bound(user)
        await login_as(role="security_admin")
        empty = await client.post(f"/accounts/{user}/totp/reset", {"reason": " "})
        assert empty.status_code == 422
        assert 'id="e-reset-reason"' in empty.text, "said in the sheet, which stands open"
        assert '<details class="jd-confirm" open>' in empty.text
        assert await services.is_bound(user)
        done = await client.post(f"/accounts/{user}/totp/reset", {"reason": "手机丢失，本人到场"})
        assert done.status_code == 303
        assert not await services.is_bound(user)
        assert await db.value("select count(*) from core_recovery_code") == 0
        (fact,) = await facts.only("core.totp.reset")
        assert fact.payload["reason"] == "手机丢失，本人到场"

    @pytest.mark.parametrize("role", ["system_admin", "audit_admin"])
    async def test_by_nobody_else(
        self, client: Any, login_as: Any, agencies: Any, role: str
    ) -> None:
        user = await account("zhang", "handler", organisation=agencies.agency.id)
        await bound(user)
        await login_as(role=role)
        answer = await client.post(f"/accounts/{user}/totp/reset", {"reason": "x"})
        assert answer.status_code == 403

    async def test_not_one_s_own(self, client: Any, login_as: Any) -> None:
        who = await login_as(role="security_admin")
        await bound(who.user_id)
        answer = await client.post(f"/accounts/{who.user_id}/totp/reset", {"reason": "x"})
        assert answer.status_code == 409
        assert await services.is_bound(who.user_id)


def test_the_setting_is_on_in_production_and_off_in_a_demo() -> None:
    from core.settings import Settings

    assert Settings(environment="production").administrators_need_codes
    assert not Settings(environment="production", demo=True).administrators_need_codes
    assert not Settings().administrators_need_codes
    assert Settings(security=Security(administrator_codes="on")).administrators_need_codes
    assert not Settings(
        environment="production", security=Security(administrator_codes="off")
    ).administrators_need_codes
