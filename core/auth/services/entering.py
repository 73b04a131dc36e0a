# SPDX-License-Identifier: Apache-2.0
"""登录: by password, slip or demo, and the end of sessions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import clock, db
from core.api.plugin import SubjectRef
from core.auth import passwords, queries, rules, sessions
from core.auth.declared import SessionActed
from core.auth.logins import stored_login
from core.auth.services.base import USER, account_fact, home_of, must_have, office, place_of
from core.auth.sessions import Ticket
from core.auth.visitor import Visitor
from core.errors import NotFound
from core.facts.services import record
from core.settings import Security

LEGACY_PASSWORD = "123456"  # noqa: S105 - the initial password the source documents prescribe
ADDRESS_LIMIT = 50
"""Failures of one address within the window before it has to wait: many desks share one."""


@dataclass(frozen=True)
class SignedIn:
    """What came of trying to sign in: a ticket, or the sentence that says why not."""

    ticket: Ticket | None = None
    user_id: int = 0
    must_change: bool = False
    sentence: str = ""
    wait_seconds: int = 0
    second: str = ""
    """``code``: the password was right and a one-time code is asked for; ``enrol``: this office
    needs one and has none yet. Nothing is open until then."""
    slip_id: int = 0
    password: int = 0
    """Which password of the account was right; what waits for the second step dies with it."""


WRONG = "账号或密码不对"


def login_key(login: str) -> bytes:
    """How a typed name is counted; hashed, since people type passwords into the wrong box."""
    return hashlib.sha256(b"login\0" + login.strip().lower().encode()).digest()


async def sign_in(
    login: str,
    password: str,
    rule: Security,
    *,
    address: str = "",
    agent: str = "",
    administrators_need_codes: bool = False,
) -> SignedIn:
    """Try name and password (or the code of a slip).

    The slow hash runs between two transactions, so that a burst of sign-ins never holds the
    database's connections. Unknown names take as long and count as much as wrong passwords.
    """
    login = stored_login(login)
    key, moment = login_key(login), clock.now()
    window = timedelta(minutes=rule.login_window_minutes)
    lock = timedelta(minutes=rule.login_lock_minutes)
    async with db.transaction(office(0)):
        failures = await queries.recent_failures(key, moment - window - lock)
        crowd = await queries.failures_from(address, moment - window) if address else 0
        user = await queries.user_by_login(login)
        slip = await queries.open_slip(user["id"], moment) if user else None
    state = rules.lock_state(
        failures, moment, attempts=rule.login_attempts, window=window, lock=lock
    )
    if state.locked_until is not None:
        return SignedIn(
            sentence=f"登录失败次数太多，账号已锁定，{_until(state.locked_until)}后再试。",
            wait_seconds=int((state.locked_until - moment).total_seconds()),
        )
    if crowd >= ADDRESS_LIMIT:
        return SignedIn(
            sentence=f"这台电脑所在的网络登录失败太多，请过 {rule.login_window_minutes} 分钟再试。",
            wait_seconds=int(window.total_seconds()),
        )
    stored = (user or {}).get("hash") or passwords.nobody()
    good = await passwords.verify_password(password, stored) and user is not None
    with_slip = bool(
        user
        and slip
        and not good
        and passwords.same(slip["hash"], passwords.slip_hash(user["id"], password))
    )
    if user is None or not (good or with_slip):
        return await _failed(user, key, address, agent, rule, moment)
    if not user["active"]:
        return SignedIn(sentence="这个账号已停用，请联系本单位管理员。")
    if user["waiting"]:
        return SignedIn(sentence=f"这个账号还不能登录：{user['waiting']}。")
    if good and _unused_legacy(user, password, rule, moment):
        return SignedIn(sentence="初始密码超过 7 天没有使用，账号已失效，请联系管理员重新开通。")
    from core.totp.services import needed

    if second := await needed(user["id"], required=administrators_need_codes):
        slip_id = slip["id"] if slip and with_slip else 0
        return SignedIn(
            user_id=user["id"], second=second, slip_id=slip_id, password=user["password"]
        )
    return await _succeeded(user, slip if with_slip else None, key, address, agent, rule, moment)


CHANGED = "密码刚刚改过，请用新密码重新登录。"


async def still_right(user_id: int, password: int, slip_id: int) -> bool:
    """Whether what opened the first step would open it now.

    A changed password or a void slip ends a second step that waits, at once and not only when its
    minutes are over.
    """
    async with db.transaction(office(0)):
        known = await queries.user(user_id)
        user = await queries.user_by_login(known["login"]) if known else None
        slip = await queries.open_slip(user_id, clock.now()) if slip_id else None
    if user is None or user["password"] != password:
        return False
    return not slip_id or (slip is not None and slip["id"] == slip_id)


async def finish_sign_in(
    user_id: int,
    slip_id: int,
    rule: Security,
    *,
    password: int,
    address: str = "",
    agent: str = "",
) -> SignedIn:
    """Open the session of somebody whose password and one-time code were both right."""
    async with db.transaction(office(0)):
        known = await queries.user(user_id)
        user = await queries.user_by_login(known["login"]) if known else None
    if user is None or not user["active"]:
        return SignedIn(sentence="这个账号已停用，请联系本单位管理员。")
    if user["password"] != password:
        return SignedIn(sentence=CHANGED)
    slip = {"id": slip_id} if slip_id else None
    key = login_key(user["login"])
    return await _succeeded(user, slip, key, address, agent, rule, clock.now())


def _until(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M}"


def _unused_legacy(
    user: Mapping[str, Any], password: str, rule: Security, moment: datetime
) -> bool:
    # With the prescribed initial password switched on, it is at least not valid for ever.
    return (
        rule.legacy_default_password
        and user["must_change"]
        and password == LEGACY_PASSWORD
        and moment - user["set_at"] > timedelta(days=rules.SLIP_DAYS)
    )


async def _failed(
    user: Mapping[str, Any] | None,
    key: bytes,
    address: str,
    agent: str,
    rule: Security,
    moment: datetime,
) -> SignedIn:
    window = timedelta(minutes=rule.login_window_minutes)
    lock = timedelta(minutes=rule.login_lock_minutes)
    async with db.transaction(office(0)):
        # Counted one after another: five parallel attempts must not all see four failures.
        await db.execute("select pg_advisory_xact_lock(hashtextextended('login', $1))", _int(key))
        await db.execute(
            "insert into core_login_attempt (login_hash, address, at, cleared)"
            " values ($1, $2, $3, false)",
            key,
            address[:64],
            moment,
        )
        failures = await queries.recent_failures(key, moment - window - lock)
        state = rules.lock_state(
            failures, moment, attempts=rule.login_attempts, window=window, lock=lock
        )
        locked = state.locked_until is not None
        if user is not None:
            payload = SessionActed(
                user=user["id"],
                login=user["login"],
                name=user["name"],
                address=address,
                agent=agent[:200],
                reason="密码不对",
            )
            kind = "core.account.locked" if locked else "core.session.refused"
            await record(kind, SubjectRef(USER, user["id"]), payload, await home_of(user["id"]))
    if state.locked_until is not None:
        return SignedIn(
            sentence=(
                f"{WRONG}。连续 {rule.login_attempts} 次不对，"
                f"账号锁定 {rule.login_lock_minutes} 分钟，{_until(state.locked_until)}后再试。"
            ),
            wait_seconds=int(lock.total_seconds()),
        )
    return SignedIn(sentence=f"{WRONG}，还可以再试 {state.left} 次。")


def _int(key: bytes) -> int:
    return int.from_bytes(key[:8], "big", signed=True)


async def _succeeded(
    user: Mapping[str, Any],
    slip: Mapping[str, Any] | None,
    key: bytes,
    address: str,
    agent: str,
    rule: Security,
    moment: datetime,
) -> SignedIn:
    user_id = user["id"]
    expired = not slip and rules.password_expired(
        user["set_at"], moment, rule.password_max_age_days
    )
    must_change = user["must_change"] or slip is not None or expired
    async with db.transaction(office(user_id)):
        if slip is not None:
            used = await db.execute(
                "update core_slip set used_at = $2 where id = $1 and used_at is null"
                " and revoked_at is null",
                slip["id"],
                moment,
            )
            if not used:
                # Typed twice at the same moment: a slip opens the door once.
                return SignedIn(sentence=f"{WRONG}。")
            await account_fact("core.slip.used", user)
        if must_change and not user["must_change"]:
            await db.execute("update core_user set must_change = true where id = $1", user_id)
        await db.execute(
            "update core_login_attempt set cleared = true where login_hash = $1 and not cleared",
            key,
        )
        ticket = await _open_for(user, address, agent)
    return SignedIn(ticket, user_id, must_change)


async def _open_for(user: Mapping[str, Any], address: str, agent: str) -> Ticket:
    """A session under the role used last, or the first one held."""
    held_roles = await queries.assignments(user["id"], clock.today())
    last = await db.value(
        'select assignment from core_session where "user" = $1 order by id desc limit 1',
        user["id"],
    )
    chosen = next((row for row in held_roles if row["id"] == last), None)
    chosen = chosen or (held_roles[0] if held_roles else None)
    if any(row["role"] in rules.ADMINISTRATORS for row in held_roles):
        # An administrator works at one desk only.
        await sessions.end_all(user["id"], "replaced")
    ticket = await sessions.begin(
        user["id"], chosen["id"] if chosen else None, address=address, agent=agent
    )
    await db.execute("update core_user set last_seen = $2 where id = $1", user["id"], clock.now())
    payload = SessionActed(
        user=user["id"], login=user["login"], name=user["name"], address=address, agent=agent[:200]
    )
    await record(
        "core.session.opened", SubjectRef(USER, user["id"]), payload, await home_of(user["id"])
    )
    return ticket


async def sign_in_demo(login: str, *, address: str = "", agent: str = "") -> SignedIn:
    """Sign in without a password as a demo account; routes call it in demo installations only."""
    async with db.transaction(office(0)):
        user = await queries.user_by_login(login)
        if user is None or not user["demo"] or not user["active"]:
            raise NotFound
        async with db.transaction(office(user["id"])):
            ticket = await _open_for(user, address, agent)
    return SignedIn(ticket, user["id"], must_change=False)


async def sign_out(who: Visitor) -> None:
    """End this session."""
    async with db.transaction(office(who.user_id)):
        await sessions.end(who.session_id, "signed_out")
        payload = SessionActed(user=who.user_id, login=who.login, name=who.name)
        await record("core.session.closed", SubjectRef(USER, who.user_id), payload, place_of(who))


async def end_session(who: Visitor, session_id: int) -> None:
    """End another of one's own sessions."""
    async with db.transaction(office(who.user_id)):
        mine = await db.value(
            'select 1 from core_session where id = $1 and "user" = $2 and ended_at is null',
            session_id,
            who.user_id,
        )
        if mine is None:
            raise NotFound("这次登录已经结束。")
        await sessions.end(session_id, "ended")
        payload = SessionActed(
            user=who.user_id, login=who.login, name=who.name, reason="本人结束其他设备的登录"
        )
        await record("core.session.ended", SubjectRef(USER, who.user_id), payload, place_of(who))


async def end_other_sessions(who: Visitor) -> int:
    """End all of one's own sessions but this one: for whoever sees a device he does not know."""
    async with db.transaction(office(who.user_id)):
        ended = await sessions.end_all(who.user_id, "ended", but=who.session_id)
        if ended:
            payload = SessionActed(
                user=who.user_id,
                login=who.login,
                name=who.name,
                reason=f"本人结束其他 {ended} 处登录",
            )
            await record(
                "core.session.ended", SubjectRef(USER, who.user_id), payload, place_of(who)
            )
    return ended


async def end_sessions_of(user_id: int, by: Visitor, reason: str) -> int:
    """Sign a user out everywhere."""
    async with db.transaction(office(by.user_id)):
        user = await must_have(user_id)
        ended = await sessions.end_all(user_id, "ended")
        payload = SessionActed(user=user_id, login=user["login"], name=user["name"], reason=reason)
        await record(
            "core.session.ended", SubjectRef(USER, user_id), payload, await home_of(user_id)
        )
    return ended
