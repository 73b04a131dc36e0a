# SPDX-License-Identifier: Apache-2.0
"""Signing in, sessions, slips, roles, deputies: through the real application."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from core import clock as time
from core import db
from core.api.testing import Browser, htmx, sign_in_as
from core.auth import services, sessions
from core.errors import Conflict, Invalid, Refused

GOOD = "Abc12345"


@pytest.fixture
async def account(client, agencies):
    """zhanghailong, a handler of an agency, with a password of his own."""
    user = await services.create_account("zhanghailong", "张海龙", password=GOOD)
    async with db.transaction(services.office(0)):
        await db.execute("update core_user set must_change = false where id = $1", user)
    await services.grant_role(user, "handler", organisation=agencies.agency.id)
    return user


async def sign_in(client, login="zhanghailong", password=GOOD, **more):
    return await client.post("/login", {"login": login, "password": password, **more})


def sessions_of(user):
    return db.column('select id from core_session where "user" = $1 and ended_at is null', user)


async def test_sign_in_and_out(client, account, facts):
    answer = await sign_in(client, next="/messages")
    assert answer.status_code == 303, answer.text[:1500]
    assert answer.headers["location"] == "/messages"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = await client.get("/roles")
    assert "张海龙" in page.text
    client.visitor = await sessions.open_session(client.session, 3600, 36000)
    out = await client.post("/logout")
    assert out.status_code == 303
    assert "cache" in out.headers["clear-site-data"]
    assert (await client.get("/roles")).status_code == 303
    assert await sessions_of(account) == []
    kinds = await facts.kinds()
    assert [k for k in kinds if "session" in k] == ["core.session.opened", "core.session.closed"]


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil", "javascript:1"]
)
async def test_after_signing_in_nobody_is_sent_elsewhere(client, account, path):
    answer = await sign_in(client, next=path)
    assert answer.headers["location"] == "/"


async def test_wrong_password_and_unknown_name_read_the_same(client, account):
    wrong = await sign_in(client, password="Wrong1234")
    unknown = await sign_in(client, login="nobody", password="Wrong1234")
    assert wrong.status_code == unknown.status_code == 401
    for answer in (wrong, unknown):
        assert "账号或密码不对，还可以再试 4 次。" in answer.text
        assert "Wrong1234" not in answer.text


@pytest.mark.req("S0-11")
async def test_lock_after_five_and_slip_opens_again(client, account, facts, clock):
    clock(datetime(2026, 5, 12, 2, 0, tzinfo=UTC))
    for left in (4, 3, 2, 1):
        answer = await sign_in(client, password="Wrong1234")
        assert f"还可以再试 {left} 次" in answer.text
    fifth = await sign_in(client, password="Wrong1234")
    assert fifth.status_code == 429
    assert "锁定 30 分钟" in fifth.text
    assert fifth.headers["retry-after"] == "1800"
    locked = await sign_in(client)
    assert locked.status_code == 429
    assert len(await facts.only("core.account.locked")) == 1
    clock(datetime(2026, 5, 12, 2, 31, tzinfo=UTC))
    assert (await sign_in(client)).status_code == 303


async def test_unknown_names_lock_too(client):
    for _ in range(5):
        answer = await sign_in(client, login="ghost", password="x")
    assert answer.status_code == 429


@pytest.mark.req("S0-7")
async def test_slip_is_used_once_and_forces_a_change(client, account, facts):
    code = await services.issue_slip(account, by=account)
    assert len(code.replace("-", "")) == 12
    stored = await db.value('select hash from core_slip where "user" = $1', account)
    assert code.encode() not in stored
    answer = await sign_in(client, password=code.lower().replace("-", " "))
    assert answer.headers["location"] == "/password"
    for path in ("/", "/roles", "/messages"):
        elsewhere = await client.get(path)
        assert elsewhere.headers["location"] == "/password", path
    # The page for the new password asks for the menu's counts too: leading that request away
    # would make the page load itself again and again.
    assert (await client.get("/nav/badges")).status_code == 200
    client.visitor = await sessions.open_session(client.session, 3600, 36000)
    page = await client.get("/password")
    assert page.status_code == 200
    same = await client.post("/password", {"password": GOOD, "again": GOOD})
    assert same.status_code == 422
    assert "最近 5 次用过的密码" in same.text
    weak = await client.post("/password", {"password": "abc12345", "again": "abc12345"})
    assert "大写字母" in weak.text
    old_cookie = client.session
    done = await client.post("/password", {"password": "Def67890", "again": "Def67890"})
    assert done.headers["location"] == "/"
    assert client.session != old_cookie
    again = await sign_in(Browser(client.app), password=code)
    assert again.status_code == 401
    kinds = await facts.kinds()
    assert "core.slip.issued" in kinds
    assert "core.slip.used" in kinds
    assert "core.password.changed" in kinds


async def test_a_new_slip_voids_the_old_one_and_old_slips_expire(client, account, clock):
    first = await services.issue_slip(account, by=account)
    second = await services.issue_slip(account, by=account)
    assert (await sign_in(client, password=first)).status_code == 401
    clock(time.now() + timedelta(days=8))
    assert (await sign_in(client, password=second)).status_code == 401


async def test_a_slip_nobody_needed_is_void_once_the_password_is_changed(client, account):
    """Who found his password again must not have to hunt for the paper."""
    code = await services.issue_slip(account, by=account)
    await sign_in(client)
    client.visitor = await sessions.open_session(client.session, 3600, 36000)
    typed = {"current": GOOD, "password": "Def67890", "again": "Def67890"}
    assert (await client.post("/password", typed)).headers["location"] == "/"
    found = await sign_in(Browser(client.app), password=code)
    assert found.status_code == 401
    assert (await sign_in(Browser(client.app), password="Def67890")).status_code == 303


async def test_sign_in_never_keeps_the_cookie_a_browser_brought(client, account):
    client.session = "chosen-by-an-attacker"
    await sign_in(client)
    assert "chosen-by-an-attacker" not in client.session
    assert await sessions.open_session("chosen-by-an-attacker", 3600, 36000) is None


async def test_idle_and_absolute_end(client, login_as, clock):
    start = datetime(2026, 5, 12, 0, 0, tzinfo=UTC)
    clock(start)
    await login_as("handler")
    clock(start + timedelta(minutes=29))
    assert (await client.get("/roles")).status_code == 200
    clock(start + timedelta(minutes=29 + 29))
    assert (await client.get("/roles")).status_code == 200
    clock(start + timedelta(minutes=29 + 29 + 31))
    assert (await client.get("/roles")).status_code == 303
    clock(start)
    await login_as("handler")
    for n in range(1, 36):
        clock(start + timedelta(minutes=20 * n))
        assert (await client.get("/roles")).status_code == 200
    clock(start + timedelta(hours=12, minutes=1))
    assert (await client.get("/roles")).status_code == 303


async def test_reading_writes_at_most_once_a_minute(client, login_as, clock):
    start = datetime(2026, 5, 12, 0, 0, tzinfo=UTC)
    clock(start)
    who = await login_as("handler")
    seen = "select seen_at from core_session where id = $1"
    clock(start + timedelta(seconds=59))
    await client.get("/roles")
    assert await db.value(seen, who.session_id) == start
    clock(start + timedelta(seconds=61))
    await client.get("/roles")
    assert await db.value(seen, who.session_id) == start + timedelta(seconds=61)


async def test_a_page_left_open_does_not_keep_its_session_awake(client, login_as, clock):
    start = datetime(2026, 5, 12, 0, 0, tzinfo=UTC)
    clock(start)
    who = await login_as("handler")
    seen = "select seen_at from core_session where id = $1"
    asking = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cases/new?item=3"}
    clock(start + timedelta(minutes=2))
    assert (await client.get("/nav/badges", headers=asking)).status_code == 200
    assert await db.value(seen, who.session_id) == start
    # Somebody who types or scrolls is there, though he sends nothing else.
    await client.get("/nav/badges", headers={**asking, "JD-Active": "1"})
    assert await db.value(seen, who.session_id) == start + timedelta(minutes=2)
    clock(start + timedelta(minutes=40))
    told = await client.get("/nav/badges", headers={**asking, "JD-Active": "1"})
    assert told.status_code == 204
    assert "hx-redirect" not in told.headers  # what is typed in the page stays there
    [(event, said)] = json.loads(told.headers["hx-trigger"]).items()
    assert (event, said["door"]) == (
        "jd:signed-out",
        "/login?next=%2Fcases%2Fnew%3Fitem%3D3&idle=1",
    )
    assert "很久没有操作" in (await client.get(said["door"])).text


async def test_withdrawn_role_and_closed_account_hold_for_the_next_request(client, login_as):
    who = await login_as("handler")
    admin = await sign_in_as(Browser(client.app), "security_admin")
    assert (await client.get("/search")).status_code == 200
    await services.withdraw_role(who.assignment_id, admin)
    assert (await client.get("/search")).headers["location"] == "/roles"
    await services.close_account(who.user_id, admin, "调离")
    assert (await client.get("/roles")).headers["location"].startswith("/login")


async def test_the_last_of_the_three_administrators_stays(client, login_as):
    admin = await login_as("system_admin")
    security = await sign_in_as(Browser(client.app), "security_admin")
    watcher = await sign_in_as(Browser(client.app), "audit_admin")
    with pytest.raises(Refused, match="唯一的审计管理员"):
        await services.close_account(watcher.user_id, admin, "他看得太多")
    with pytest.raises(Refused, match="唯一的审计管理员"):
        await services.withdraw_role(watcher.assignment_id, security)
    answer = await client.post(f"/accounts/{watcher.user_id}/close", {"reason": "他看得太多"})
    assert answer.status_code == 409
    assert "三员缺一不可" in answer.text
    second = await sign_in_as(Browser(client.app), "audit_admin")
    await services.close_account(watcher.user_id, admin, "退休")
    with pytest.raises(Refused, match="唯一的审计管理员"):
        await services.close_account(second.user_id, admin, "也退休")


async def test_rights_change_for_the_next_request(client, login_as):
    await login_as("handler")
    assert (await client.get("/explain")).status_code == 403
    right = "core.access.explain"
    await services.set_rights("handler", {right}, by=0, known={right})
    answer = await client.get("/explain")
    assert answer.status_code == 200, answer.text[:1500]
    assert "谁能看到" in (await htmx(client).get("/nav/badges", one_root=False)).text


async def test_switching_the_role_changes_session_and_scope(client, login_as, agencies):
    who = await login_as("handler")
    other = await services.grant_role(
        who.user_id, "supervision_bureau", region=agencies.bureau.region
    )
    before = client.session
    answer = await client.post("/roles", {"assignment": other})
    assert answer.status_code == 303
    after = client.session
    assert before != after
    assert await sessions.open_session(before, 3600, 36000) is None
    now = await sessions.open_session(after, 3600, 36000)
    assert now.role == "supervision_bureau"
    assert now.scope.organisation.hi > 2**60
    assert now.csrf != who.csrf


async def test_nobody_switches_to_a_role_he_does_not_hold(client, login_as):
    who = await login_as("handler")
    stranger = await sign_in_as(Browser(client.app), "leader", region=who.region.id)
    client.visitor = who
    answer = await client.post("/roles", {"assignment": stranger.assignment_id})
    assert answer.status_code == 404


async def test_delegation_ends_with_its_day_and_with_its_principal(
    client, login_as, agencies, clock
):
    start = datetime(2026, 5, 12, 2, 0, tzinfo=UTC)
    clock(start)
    principal = await login_as("dept_supervisor")
    deputy = await sign_in_as(Browser(client.app), "handler", organisation=agencies.agency)
    answer = await client.post(
        "/roles/delegations", {"deputy": deputy.user_id, "until": "2026-05-20"}
    )
    assert answer.status_code == 303, answer.text[:1500]
    browser = Browser(client.app)
    delegated = await db.value(
        "select id from core_assignment where delegated_by = $1", principal.assignment_id
    )
    ticket = await services.switch_role(deputy, delegated)
    browser.session = ticket.token
    page = await browser.get("/roles")
    assert "张海龙" in page.text
    assert "5月20日" in page.text
    now = await sessions.open_session(ticket.token, 3600, 36000)
    assert now.delegated
    assert now.role == "dept_supervisor"
    with pytest.raises(Refused, match="不能再转"):
        await services.delegate_role(now, principal.user_id, start.date())
    clock(datetime(2026, 5, 20, 15, 59, tzinfo=UTC))
    again = await sessions.open_session(ticket.token, 10**6, 10**7)
    assert again.role == "dept_supervisor"
    clock(datetime(2026, 5, 20, 16, 1, tzinfo=UTC))  # past midnight in Beijing
    late = await sessions.open_session(ticket.token, 10**6, 10**7)
    assert late.role == ""
    clock(start)
    admin = await sign_in_as(Browser(client.app), "security_admin")
    await services.withdraw_role(principal.assignment_id, admin)
    ended = await sessions.open_session(ticket.token, 10**6, 10**7)
    assert ended.role == ""


async def test_only_colleagues_may_act_for_one(client, login_as, agencies):
    who = await login_as("dept_supervisor")
    stranger = await sign_in_as(
        Browser(client.app), "handler", organisation=agencies.foreign_agency
    )
    with pytest.raises(Refused, match="本单位"):
        await services.delegate_role(who, stranger.user_id, time.today())


async def test_who_answers_for_a_region_is_not_deputised_by_those_he_inspects(
    client, login_as, agencies, region_tree
):
    who = await login_as("supervision_bureau", region=region_tree.county)
    assert who.organisation is None
    inspected = await sign_in_as(Browser(client.app), "handler", organisation=agencies.agency)
    with pytest.raises(Refused, match="本单位"):
        await services.delegate_role(who, inspected.user_id, time.today())
    assert "张海龙" not in (await client.get("/roles")).text.partition('name="deputy"')[2]
    leader = await sign_in_as(Browser(client.app), "leader", region=region_tree.county)
    assert await services.delegate_role(who, leader.user_id, time.today())


async def test_an_administrator_deputises_for_nobody(client, login_as, agencies):
    """An office of his that has run out still makes him a colleague (三员分立)."""
    who = await login_as("dept_supervisor")
    admin = await sign_in_as(Browser(client.app), "system_admin")
    yesterday = time.today() - timedelta(days=1)
    async with db.transaction(services.office(0)):
        await db.execute(
            'insert into core_assignment ("user", role, region, organisation, valid_from, valid_to,'
            " granted_by, granted_at) select $1, r.id, $2, $3, $4, $4, 0, $5 from core_role r"
            " where r.key = 'handler'",
            admin.user_id,
            agencies.agency.region,
            agencies.agency.id,
            yesterday,
            time.now(),
        )
    with pytest.raises(Refused, match="不能代理"):
        await services.delegate_role(who, admin.user_id, time.today())


async def test_token_is_required_for_every_change(client, login_as):
    await login_as("handler")
    for token in ("", "wrong"):
        answer = await client.post("/logout", {"_csrf": token}, csrf="")
        assert answer.status_code == 403
    assert (await client.get("/roles")).status_code == 200
    header = await client.http.post(
        "/preferences", data={"density": "compact"}, headers={"X-CSRF-Token": client.visitor.csrf}
    )
    assert header.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
async def test_forms_of_other_sites_are_refused(client, login_as, headers):
    await login_as("handler")
    answer = await client.post("/logout", headers=headers)
    assert answer.status_code == 403
    door = await client.post("/login", {"login": "a", "password": "b"}, headers=headers)
    assert door.status_code == 403


async def test_typed_text_survives_a_dead_session(client, account):
    await sign_in(client)
    who = await sessions.open_session(client.session, 3600, 36000)
    client.visitor = who
    async with db.transaction(services.office(0)):
        await sessions.end_all(who.user_id, "test")
    lost = await client.post("/roles/delegations", {"deputy": "7", "until": "还没想好的一天"})
    assert lost.status_code == 401
    assert "填的内容还在" in lost.text
    assert "还没想好的一天" not in lost.text  # sealed: the next person here cannot read it
    carry = lost.text.split('name="carry" value="')[1].split('"')[0]
    back = await sign_in(client, carry=carry)
    assert back.status_code == 200
    assert "还没想好的一天" in back.text
    assert 'action="/roles/delegations"' in back.text
    fresh = await sessions.open_session(client.session, 3600, 36000)
    assert fresh.csrf in back.text

    # Somebody else signing in at the same desk gets his own home page.
    await services.create_account("another", "李娜", password=GOOD)
    async with db.transaction(services.office(0)):
        await db.execute("update core_user set must_change = false where login = 'another'")
    other = await sign_in(Browser(client.app), login="another", carry=carry)
    assert other.status_code == 303


async def test_typed_text_survives_a_stale_token(client, login_as):
    await login_as("handler")
    answer = await client.post("/roles/delegations", {"deputy": "7", "until": "改天"}, csrf="stale")
    assert answer.status_code == 403
    assert "改天" in answer.text
    assert client.visitor.csrf in answer.text


async def test_dead_session_under_htmx(client):
    asked = await htmx(client).get("/roles")
    assert asked.headers["hx-redirect"] == "/login?next=%2Froles"
    sent = await htmx(client).post("/preferences", {"density": "compact"})
    assert sent.status_code == 200
    assert sent.headers["hx-retarget"] == "body"
    assert 'name="carry"' in sent.text


@pytest.mark.needs("cases")
async def test_a_hint_asked_by_the_page_itself_never_replaces_it(client, login_as):
    """The verdict below a step is asked while somebody types; only his own press may leave."""
    path = "/cases/1/steps/1/hint"
    asking = {"HX-Request": "true", "HX-Request-Type": "partial"}
    nobody = await client.post(path, {"words": "填了一半"}, headers=asking)
    assert (nobody.status_code, nobody.text) == (204, "")
    assert "jd:signed-out" in nobody.headers["hx-trigger"]
    await login_as("handler")
    stale = await client.post(path, {"words": "填了一半"}, headers=asking, csrf="stale")
    assert (stale.status_code, stale.text) == (204, "")


async def test_administrators_have_one_session(client, agencies):
    user = await services.create_account("sysadmin", "管理员", password=GOOD)
    async with db.transaction(services.office(0)):
        await db.execute("update core_user set must_change = false where id = $1", user)
    await services.grant_role(user, "system_admin")
    await sign_in(client, login="sysadmin")
    second = Browser(client.app)
    await sign_in(second, login="sysadmin")
    assert (await client.get("/roles")).status_code == 303
    assert (await second.get("/roles")).status_code == 200


async def test_accounts_are_kept_by_three_people(client, login_as, agencies):
    await login_as("system_admin")
    answer = await client.post("/accounts", {"login": "lina", "name": "李娜"})
    assert answer.status_code == 303, answer.text[:1500]
    path = answer.headers["location"]
    page = await client.get(path)
    assert page.status_code == 200, page.text[:1500]
    assert "授予角色</button>" not in page.text
    slip = await client.post(f"{path}/slip")
    assert slip.status_code == 200
    assert "lina" in slip.text
    assert slip.headers["cache-control"] == "private, no-store"
    twice = await client.post("/accounts", {"login": "lina", "name": "李娜"})
    assert twice.status_code == 422
    assert "已经有人用了" in twice.text
    assert (await client.post(f"{path}/roles", {"role": "handler"})).status_code == 403

    await login_as("security_admin")
    refused = await client.post(f"{path}/roles", {"role": "handler"})
    assert refused.status_code == 409
    assert "要指定单位" in refused.text
    granted = await client.post(
        f"{path}/roles", {"role": "handler", "organisation": agencies.agency.id}
    )
    assert granted.status_code == 303
    assert (await client.post(f"{path}/slip")).status_code == 403
    rights = await client.get("/rights?role=handler")
    assert rights.status_code == 200

    await login_as("audit_admin")
    assert (await client.get("/accounts")).status_code == 200
    assert (await client.get("/accounts/new")).status_code == 403
    listed = await client.get("/accounts?format=xlsx")
    assert listed.content[:2] == b"PK"


async def test_service_refusals(client, account):
    with pytest.raises(Invalid):
        await services.create_account("zhanghailong", "另一个")
    with pytest.raises(Invalid):
        await services.create_account("a b", "错")
    slip = await services.issue_slip(account, by=1)
    assert slip
    slip_id = await db.value('select max(id) from core_slip where "user" = $1', account)
    await services.revoke_slip(account, slip_id, by=1)
    with pytest.raises(Conflict):
        await services.revoke_slip(account, slip_id, by=1)


async def test_demo_switcher_exists_in_demo_only(client, account, settings, registry):
    from dataclasses import replace

    from core.app import create_app

    async with db.transaction(services.office(0)):
        await db.execute("update core_user set demo = true where id = $1", account)
    assert (await client.post("/login", {"demo": "zhanghailong"})).status_code == 422
    demo = Browser(create_app(replace(settings, demo=True), registry, database=False))
    door = await demo.get("/login")
    assert "张海龙" in door.text
    assert (await demo.post("/login", {"demo": "zhanghailong"})).status_code == 303
    assert (await demo.get("/roles")).status_code == 200
    async with db.transaction(services.office(0)):
        await db.execute("update core_user set demo = false where id = $1", account)
    assert (await demo.post("/login", {"demo": "zhanghailong"})).status_code == 404


async def test_explain_tells_who_sees_an_account_row(client, login_as, account):
    await login_as("audit_admin")
    empty = await client.get("/explain")
    assert empty.status_code == 200
    answer = await client.get(f"/explain?kind=core.user&id={account}")
    assert answer.status_code == 200, answer.text[:1500]
    assert "磴口县" in answer.text
    assert (await client.get("/explain?kind=core.user&id=99999999999999999999")).status_code == 200


async def test_explain_names_nobody_of_another_region(client, login_as, account, agencies):
    for office, shown in ((agencies.bureau, True), (agencies.foreign_bureau, False)):
        await login_as("supervision_bureau", organisation=office)
        answer = await client.get(f"/explain?kind=core.user&id={account}")
        assert ("磴口县" in answer.text.partition("<main")[2]) is shown, office.name
        assert ("没有这条记录的办理痕迹" in answer.text) is not shown


async def test_session_table_cannot_be_read_by_the_web_role(client, login_as):
    import asyncpg

    await login_as("handler")
    async with db.transaction(services.office(0)):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.transaction():
                await db.rows("select hash, csrf from core_session")


@pytest.mark.needs("powers")
async def test_the_door_names_what_anybody_may_see(client, login_as):
    """Pages for people without an account stand on the sign-in page and in no menu."""
    door = await client.get("/login")
    assert 'href="/powers/public"' in door.text
    assert (await client.get("/powers/public")).status_code == 200
    await login_as("handler")
    assert 'href="/powers/public"' not in (await client.get("/")).text


async def test_all_other_sessions_end_at_once(client, account, facts):
    await sign_in(client)
    alone = await client.get("/sessions")
    assert "让其他设备都退出" not in alone.text
    second, third = Browser(client.app), Browser(client.app)
    for other in (second, third):
        await sign_in(other)
    page = await client.get("/sessions")
    assert "结束其他 2 处登录" in page.text
    token = {"_csrf": re.findall(r'name="_csrf" value="([^"]+)"', page.text)[0]}
    assert (await client.post("/sessions/end-others")).status_code == 403
    assert (await client.post("/sessions/end-others", token)).status_code == 303
    for other in (second, third):
        assert (await other.get("/sessions")).status_code in (303, 401)
    assert (await client.get("/sessions")).status_code == 200
    assert len(await facts.only("core.session.ended")) == 1
    assert (await client.post("/sessions/end-others", token)).status_code == 303
    assert len(await facts.only("core.session.ended")) == 1, "nothing happened, nothing is recorded"


async def test_a_role_that_comes_with_an_update_gets_what_names_it(client, registry) -> None:
    """An office that was started before the role existed; what it withdrew elsewhere stays so."""
    await services.apply_defaults(registry)
    async with db.transaction(services.office(0)):
        await db.execute(
            "delete from core_role_permission where permission = 'core.bench.use'"
            " or role = (select id from core_role where key = 'former_supervisor')"
        )
        await db.execute("delete from core_role where key = 'former_supervisor'")
    await services.apply_defaults(registry)
    rights = await db.column(
        "select w.permission from core_role_permission w join core_role r on r.id = w.role"
        " where r.key = 'former_supervisor'"
    )
    named = [
        key for key, each in registry.permissions.items() if "former_supervisor" in each.grants_to
    ]
    assert sorted(rights) == sorted(named)
    assert not await db.value(
        "select count(*) from core_role_permission where permission = 'core.bench.use'"
    )
