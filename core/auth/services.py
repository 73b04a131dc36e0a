# SPDX-License-Identifier: Apache-2.0
"""What happens to accounts, passwords, roles and sessions; each act is a fact.

These run under a platform scope: an account is not a matter of one region, and the three
administrators have no business scope at all. Who may call them the routes' guards decide.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth import approvals, passwords, queries, rules, separation, sessions
from core.auth.declared import AccountActed, RightsChanged, RoleActed, SessionActed
from core.auth.identity import accounts_of, same_person
from core.auth.logins import stored_login
from core.auth.sessions import Ticket
from core.auth.visitor import Visitor
from core.errors import Conflict, Invalid, NotFound, Refused
from core.facts.services import record
from core.host.registry import Registry, current
from core.scope import Scope
from core.settings import Security

USER = "core.user"
LEGACY_PASSWORD = "123456"  # noqa: S105 - the initial password the source documents prescribe
LOGIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._@-]{2,63}\Z")
ADDRESS_LIMIT = 50
"""Failures of one address within the window before it has to wait: many desks share one."""


def office(actor: int) -> Scope:
    """The scope accounts are kept under."""
    return Scope.platform("账号属于全平台，不属于某一地区", actor=actor)


# --- signing in ------------------------------------------------------------------------------


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
            await record(kind, SubjectRef(USER, user["id"]), payload, await _home(user["id"]))
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
            await _account_fact("core.slip.used", user)
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
        "core.session.opened", SubjectRef(USER, user["id"]), payload, await _home(user["id"])
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
        await record("core.session.closed", SubjectRef(USER, who.user_id), payload, _place(who))


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
        await record("core.session.ended", SubjectRef(USER, who.user_id), payload, _place(who))


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
            await record("core.session.ended", SubjectRef(USER, who.user_id), payload, _place(who))
    return ended


async def end_sessions_of(user_id: int, by: Visitor, reason: str) -> int:
    """Sign a user out everywhere."""
    async with db.transaction(office(by.user_id)):
        user = await _must_have(user_id)
        ended = await sessions.end_all(user_id, "ended")
        payload = SessionActed(user=user_id, login=user["login"], name=user["name"], reason=reason)
        await record("core.session.ended", SubjectRef(USER, user_id), payload, await _home(user_id))
    return ended


# --- passwords -------------------------------------------------------------------------------


async def change_password(
    who: Visitor, old: str, new: str, rule: Security, *, address: str = "", agent: str = ""
) -> Ticket:
    """Set one's own password; every other session ends and this one is exchanged for a new one.

    Whoever came in with a slip or an initial password need not type it again.
    """
    async with db.transaction(office(who.user_id)):
        user = await queries.user_by_login(who.login)
        if user is None:
            raise NotFound
        history = await queries.password_history(who.user_id, rules.HISTORY)
    if not user["must_change"] and not await passwords.verify_password(
        old, user["hash"] or passwords.nobody()
    ):
        raise Invalid({"current": "现在的密码不对。"})
    faults = rules.password_faults(
        new, login=user["login"], name=user["name"], min_length=rule.password_min_length
    )
    if faults:
        raise Invalid({"password": "".join(faults)})
    for stored in history:
        if await passwords.verify_password(new, stored):
            raise Invalid({"password": f"不能和最近 {rules.HISTORY} 次用过的密码相同。"})
    hashed = await passwords.hash_password(new)
    async with db.transaction(office(who.user_id)):
        await _store(who.user_id, hashed)
        await db.execute("update core_user set must_change = false where id = $1", who.user_id)
        # A slip that was printed and not needed must not open the account later on.
        await _void_slips(who.user_id)
        await sessions.end_all(who.user_id, "password")
        ticket = await sessions.begin(
            who.user_id, who.assignment_id or None, address=address, agent=agent
        )
        await _account_fact("core.password.changed", user)
    return ticket


async def _store(user_id: int, hashed: str) -> None:
    await db.execute(
        'insert into core_password ("user", hash, set_at) values ($1, $2, $3)',
        user_id,
        hashed,
        clock.now(),
    )


async def store_password(user_id: int, hashed: str) -> None:
    """Set an account's initial password, inside the caller's transaction."""
    async with db.transaction(office(0)):
        await _store(user_id, hashed)


async def issue_slip(user_id: int, by: int) -> str:
    """A one-time password to be printed; slips issued before become void. Shown once, never kept."""
    code = passwords.new_slip()
    moment = clock.now()
    async with db.transaction(office(by)):
        user = await _must_have(user_id)
        if not user["active"]:
            raise Refused("账号已停用，请先恢复。")
        if by:
            # The platform itself (0) is ``jiandu admin``, run by whoever owns the server.
            await approvals.use_approval(user_id, by)
        await _void_slips(user_id)
        await db.execute(
            'insert into core_slip ("user", hash, issued_by, issued_at, expires_at)'
            " values ($1, $2, $3, $4, $5)",
            user_id,
            passwords.slip_hash(user_id, code),
            by,
            moment,
            moment + timedelta(days=rules.SLIP_DAYS),
        )
        # The way back in must not stay locked by the attempts that led to it.
        await db.execute(
            "update core_login_attempt set cleared = true where login_hash = $1 and not cleared",
            login_key(user["login"]),
        )
        await _account_fact("core.slip.issued", user)
    return code


async def _void_slips(user_id: int) -> None:
    await db.execute(
        'update core_slip set revoked_at = $2 where "user" = $1 and used_at is null'
        " and revoked_at is null",
        user_id,
        clock.now(),
    )


async def revoke_slip(user_id: int, slip_id: int, by: int) -> None:
    """Make an unused slip void."""
    async with db.transaction(office(by)):
        user = await _must_have(user_id)
        done = await db.execute(
            'update core_slip set revoked_at = $3 where id = $1 and "user" = $2'
            " and used_at is null and revoked_at is null",
            slip_id,
            user_id,
            clock.now(),
        )
        if not done:
            raise Conflict("这张临时密码单已经用过或作废。")
        await _account_fact("core.slip.revoked", user)


# --- accounts --------------------------------------------------------------------------------


of_the_demo: ContextVar[bool] = ContextVar("jiandu_of_the_demo", default=False)
"""Whether accounts opened now are the demo's: an applicant of the played year comes through the
same door as a real one, and what the demo made it may take away again."""


async def create_account(
    login: str,
    name: str,
    *,
    person: int | None = None,
    by: int = 0,
    password: str = "",
    password_hash: str = "",
    legacy: bool = False,
    demo: bool = False,
) -> int:
    """Open an account. Without a password it waits for a slip.

    A password given here was chosen by the user (last step of an application) or belongs to
    demo data; staff never choose one for others. ``password_hash`` takes its place where many
    demo accounts share one password.
    """
    login, name = login.strip(), name.strip()
    if not LOGIN.match(login):
        raise Invalid({"login": "账号用字母、数字、点、横线，3 到 64 位，例如 zhanghailong。"})
    if not name:
        raise Invalid({"name": "请填写姓名。"})
    hashed = password_hash
    if legacy and not password:
        hashed = await passwords.hash_password(LEGACY_PASSWORD)
    elif password:
        hashed = await passwords.hash_password(password)
    async with db.transaction(office(by)):
        user_id = await db.value(
            "insert into core_user (login, name, person, active, must_change, demo, text_size,"
            " density, created_at, close_reason, waiting)"
            " values ($1, $2, $3, true, $4, $5, '', '', $6, '', '')"
            " on conflict (login) do nothing returning id",
            login,
            name,
            person,
            legacy or not (password or password_hash),
            demo or of_the_demo.get(),
            clock.now(),
        )
        if user_id is None:
            raise Invalid({"login": f"账号 {login} 已经有人用了，请换一个。"})
        if hashed:
            await _store(user_id, hashed)
        await _account_fact("core.account.opened", {"id": user_id, "login": login, "name": name})
    return int(user_id)


async def close_account(user_id: int, by: Visitor, reason: str) -> None:
    """Deactivate an account; its sessions end at once, its history stays."""
    async with db.transaction(office(by.user_id)):
        user = await _must_have(user_id)
        if await same_person(user_id, by.user_id):
            raise Refused("不能停用自己的账号。")
        held_roles = await queries.assignments(user_id, clock.today())
        await _leave_the_three(user_id, {row["role"] for row in held_roles})
        done = await db.execute(
            "update core_user set active = false, closed_at = $2, close_reason = $3"
            " where id = $1 and active",
            user_id,
            clock.now(),
            reason,
        )
        if not done:
            raise Conflict("账号已经停用。")
        await sessions.end_all(user_id, "closed")
        await _account_fact("core.account.closed", user, reason)


async def _leave_the_three(user_id: int, roles: Collection[str]) -> None:
    """None of the three administrators is taken away while nobody else holds that office (B15).

    Else one of them could rid himself of whoever watches him.
    """
    for role in sorted(rules.ADMINISTRATORS.intersection(roles)):
        await db.lock_subjects(SubjectRef("core.role." + role, 0))
        if not await queries.is_held(role, clock.today(), but=user_id):
            title = next(one.title for one in rules.ROLES if one.key == role)
            raise Refused(f"这是唯一的{title}，三员缺一不可。请先让另一个人担任，再停用或者收回。")


async def reopen_account(user_id: int, by: Visitor) -> None:
    """Let a closed account in again; it needs a new slip."""
    async with db.transaction(office(by.user_id)):
        user = await _must_have(user_id)
        done = await db.execute(
            "update core_user set active = true, must_change = true, closed_at = null,"
            " close_reason = '' where id = $1 and not active",
            user_id,
        )
        if not done:
            raise Conflict("账号没有停用。")
        await _account_fact("core.account.reopened", user)


async def set_preferences(who: Visitor, text_size: str, density: str) -> None:
    """Large text and row height; an empty wish keeps what is. Personal, so no fact."""
    async with db.transaction(office(who.user_id)):
        await db.execute(
            "update core_user set text_size = $2, density = $3 where id = $1",
            who.user_id,
            {"": who.text_size, "large": "large"}.get(text_size, ""),
            {"": who.density, "compact": "compact"}.get(density, ""),
        )


# --- roles -----------------------------------------------------------------------------------


async def grant_role(
    user_id: int,
    role: str,
    *,
    region: int | None = None,
    organisation: int | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    by: int = 0,
) -> int:
    """Give a user a role for a place. Without a region, that of the organisation is taken."""
    today = clock.today()
    async with db.transaction(office(by)):
        user = await _must_have(user_id)
        await db.lock_subjects(SubjectRef(USER, user_id))
        known = await queries.role(role)
        if known is None:
            raise Invalid({"role": "没有这个角色。"})
        if known["reach"] == "platform":
            region = organisation = None
        if organisation is not None:
            own = await db.value("select region from core_organisation where id = $1", organisation)
            if own is None:
                raise Invalid({"organisation": "没有这个单位。"})
            region = region or own
        held = await queries.assignments(user_id, today)
        others = set(await accounts_of(user_id)) - {user_id}
        faults = rules.grant_faults(
            role,
            known["reach"],
            region=region,
            organisation=organisation,
            held={row["role"] for row in held},
            elsewhere={
                row["role"]
                for each in sorted(others)
                for row in await queries.assignments(each, today)
            },
            to_self=await same_person(user_id, by),
        )
        if faults:
            raise Refused(*faults)
        if any(
            (row["role"], row["region"], row["organisation"]) == (role, region, organisation)
            and row["delegated_by"] is None
            for row in held
        ):
            raise Refused(f"{user['name']}已经有这个角色。")
        assignment = await db.value(
            'insert into core_assignment ("user", role, region, organisation, valid_from, valid_to,'
            " granted_by, granted_at) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            user_id,
            known["id"],
            region,
            organisation,
            valid_from or today,
            valid_to,
            by,
            clock.now(),
        )
        await _role_fact("core.role.granted", user, assignment)
        if by and role in rules.ADMINISTRATORS:
            await _shut_old_doors(user_id)
    return int(assignment)


async def _shut_old_doors(user_id: int) -> None:
    """A new administrator begins with a slip two people stand for.

    Whoever opened the account may still hold its slip, or the password he set with it; without a
    telephone bound that would be the way into an office he was never given.
    """
    from core.totp.services import is_bound

    if await is_bound(user_id):
        return
    await _void_slips(user_id)
    await _store(user_id, "")
    await db.execute("update core_user set must_change = true where id = $1", user_id)
    await sessions.end_all(user_id, "ended")


async def withdraw_role(assignment_id: int, by: Visitor, reason: str = "") -> None:
    """Take a role away; it holds for the very next request, delegations of it end as well."""
    async with db.transaction(office(by.user_id)):
        found = await queries.assignment(assignment_id, clock.today())
        if found is None:
            raise NotFound
        if await same_person(found["user"], by.user_id):
            raise Refused("不能收回自己的角色。")
        await _leave_the_three(found["user"], {found["role"]})
        await _revoke(assignment_id, by.user_id)
        user = await _must_have(found["user"])
        await _role_fact("core.role.withdrawn", user, assignment_id, reason)


async def end_assignment(assignment_id: int, by: int, reason: str) -> None:
    """End a role because what it followed from has ended."""
    async with db.transaction(office(by)):
        found = await queries.assignment(assignment_id, clock.today())
        if found is None:
            raise NotFound
        await _revoke(assignment_id, by)
        await _role_fact(
            "core.role.withdrawn", await _must_have(found["user"]), assignment_id, reason
        )


async def _revoke(assignment_id: int, by: int) -> None:
    done = await db.execute(
        "update core_assignment set revoked_at = $2, revoked_by = $3"
        " where id = $1 and revoked_at is null",
        assignment_id,
        clock.now(),
        by,
    )
    if not done:
        raise Conflict("这个角色已经收回。")


async def switch_role(
    who: Visitor, assignment_id: int, *, address: str = "", agent: str = ""
) -> Ticket:
    """Act in another of one's roles: a new session, since rights change."""
    async with db.transaction(office(who.user_id)):
        held_roles = await queries.assignments(who.user_id, clock.today())
        chosen = next((row for row in held_roles if row["id"] == assignment_id), None)
        if chosen is None:
            raise NotFound("你没有这个角色，或已到期。")
        await sessions.end(who.session_id, "switched")
        ticket = await sessions.begin(who.user_id, assignment_id, address=address, agent=agent)
        user = await _must_have(who.user_id)
        await _role_fact("core.role.switched", user, assignment_id)
    return ticket


async def delegate_role(who: Visitor, deputy: int, until: date) -> int:
    """Let a colleague act in one's present role until a day."""
    today = clock.today()
    async with db.transaction(office(who.user_id)):
        mine = await queries.assignment(who.assignment_id, today)
        if mine is None or not mine["in_force"]:
            raise NotFound
        faults = rules.delegation_faults(
            until=until,
            today=today,
            own_until=mine["valid_to"],
            delegated=mine["delegated_by"] is not None,
        )
        if await same_person(deputy, who.user_id):
            faults.append("不能委托给自己。")
        if mine["reach"] == "platform":
            faults.append("系统、安全、审计管理员不能委托他人代理。")
        if mine["reach"] == "own":
            faults.append("这个身份只属于本人，不能委托他人代理。")
        user = await _must_have(deputy)
        if not user["active"]:
            faults.append("对方的账号已停用。")
        if any(
            row["role"] in rules.ADMINISTRATORS for row in await queries.assignments(deputy, today)
        ):
            # Offices of his that have run out still make him a colleague.
            faults.append("系统、安全、审计管理员不办理业务，不能代理。")
        allowed = await queries.colleagues(mine["organisation"], mine["region"], who.user_id)
        if str(deputy) not in dict(allowed):
            faults.append("只能委托本单位的人。")
        if any(
            row["user"] == deputy for row in await queries.delegations_of(who.assignment_id, today)
        ):
            faults.append(f"已经委托{user['name']}代理。")
        if faults:
            raise Refused(*faults)
        role = await queries.role(mine["role"])
        assert role is not None
        assignment = await db.value(
            'insert into core_assignment ("user", role, region, organisation, valid_from, valid_to,'
            " delegated_by, granted_by, granted_at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9) returning id",
            deputy,
            role["id"],
            mine["region"],
            mine["organisation"],
            today,
            until,
            who.assignment_id,
            who.user_id,
            clock.now(),
        )
        await _role_fact("core.role.delegated", user, assignment)
    return int(assignment)


async def end_delegation(who: Visitor, assignment_id: int) -> None:
    """End a delegation: the one who gave it may, and the one who acts."""
    async with db.transaction(office(who.user_id)):
        found = await queries.assignment(assignment_id, clock.today())
        if found is None or found["delegated_by"] is None:
            raise NotFound
        if who.user_id not in (found["user"], found["principal_id"]):
            raise NotFound
        await _revoke(assignment_id, who.user_id)
        user = await _must_have(found["user"])
        await _role_fact("core.role.delegation_ended", user, assignment_id)


async def set_rights(role_key: str, wanted: set[str], by: int, known: set[str]) -> None:
    """Give a role exactly the permissions ``wanted``; those of absent plugins stay untouched."""
    async with db.transaction(office(by)):
        role = await queries.role(role_key)
        if role is None:
            raise NotFound
        have = set(
            await db.column(
                "select permission from core_role_permission where role = $1", role["id"]
            )
        )
        added, removed = sorted((wanted & known) - have), sorted((have & known) - wanted)
        if not added and not removed:
            return
        declared = current().permissions
        if wrong := separation.faults(role_key, [declared[k] for k in added if k in declared]):
            raise Refused(*wrong)
        await db.execute(
            "delete from core_role_permission where role = $1 and permission = any($2)",
            role["id"],
            removed,
        )
        await db.execute(
            "insert into core_role_permission (role, permission) select $1, p from"
            " unnest($2::text[]) p on conflict do nothing",
            role["id"],
            added,
        )
        await sessions.bump_version()
        payload = RightsChanged(
            role=role_key, role_title=role["title"], added=added, removed=removed
        )
        await record(
            "core.role.rights_changed", SubjectRef("core.role", role["id"]), payload, Place(0)
        )


async def apply_defaults(registry: Registry) -> None:
    """Make the shipped roles and give new permissions to the roles their plugin names.

    Each permission once in its life: what an office withdrew by hand stays withdrawn.
    """
    async with db.transaction(office(0)):
        await db.execute("select pg_advisory_xact_lock(hashtextextended('core_role', 0))")
        for spec in rules.ROLES:
            await db.execute(
                "insert into core_role (key, title, reach, weight) values ($1, $2, $3, $4)"
                " on conflict (key) do nothing",
                spec.key,
                spec.title,
                spec.reach,
                spec.weight,
            )
        known = set(await db.column("select key from core_known_permission"))
        new = [each for key, each in registry.permissions.items() if key not in known]
        if not new:
            return
        pairs = [(each.key, role) for each in new for role in each.grants_to]
        await db.execute(
            "insert into core_role_permission (role, permission)"
            " select r.id, w.permission from unnest($1::text[], $2::text[]) w(permission, role)"
            " join core_role r on r.key = w.role on conflict do nothing",
            [permission for permission, _ in pairs],
            [role for _, role in pairs],
        )
        await db.execute(
            "insert into core_known_permission (key) select k from unnest($1::text[]) k"
            " on conflict do nothing",
            [each.key for each in new],
        )
        await sessions.bump_version()


# --- helpers ---------------------------------------------------------------------------------


async def _must_have(user_id: int) -> dict[str, Any]:
    found = await queries.user(user_id)
    if found is None:
        raise NotFound("没有这个账号。")
    return found


def _place(who: Visitor) -> Place:
    return Place(
        max(who.region.lo, 0) if who.region.id else 0,
        who.organisation.lo if who.organisation else 0,
    )


async def _home(user_id: int) -> Place:
    """Where facts about an account belong: the place of its first role."""
    found = await db.row(
        "select coalesce(g.lo, 0) as region_lo, coalesce(o.lo, 0) as org_lo"
        " from core_assignment a left join core_region g on g.id = a.region"
        ' left join core_organisation o on o.id = a.organisation where a."user" = $1'
        " and a.revoked_at is null order by a.id limit 1",
        user_id,
    )
    return Place(found["region_lo"], found["org_lo"]) if found else Place(0)


async def _account_fact(kind: str, user: Mapping[str, Any], reason: str = "") -> None:
    payload = AccountActed(user=user["id"], login=user["login"], name=user["name"], reason=reason)
    await record(kind, SubjectRef(USER, user["id"]), payload, await _home(user["id"]))


async def _role_fact(
    kind: str, user: Mapping[str, Any], assignment_id: int, reason: str = ""
) -> None:
    found = await queries.assignment(assignment_id, clock.today())
    assert found is not None
    payload = RoleActed(
        user=user["id"],
        login=user["login"],
        name=user["name"],
        assignment=assignment_id,
        role=found["role"],
        role_title=found["role_title"],
        region=found["region"],
        region_name=found["region_name"] or "",
        organisation=found["organisation"],
        organisation_name=found["organisation_name"] or "",
        until=found["valid_to"].isoformat() if found["valid_to"] else "",
        delegated_by=found["delegated_by"],
        reason=reason,
    )
    place = Place(found["region_lo"] or 0, found["org_lo"] or 0)
    await record(kind, SubjectRef(USER, user["id"]), payload, place)
