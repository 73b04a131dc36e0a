# SPDX-License-Identifier: Apache-2.0
"""Binding an authenticator, checking codes, recovering, and the reset by the security administrator."""

import hashlib
from datetime import timedelta
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.auth import passwords, queries
from core.auth.identity import same_person
from core.auth.rules import ADMINISTRATORS, lock_state
from core.auth.services import USER, office
from core.auth.visitor import Visitor
from core.errors import Invalid, NotFound, Refused, TooMany
from core.facts.services import record
from core.keys.cipher import decrypt, encrypt
from core.settings import Security
from core.totp import rules
from core.totp.facts import CodeActed, CodeReset

FIELD = "totp.secret"


async def is_bound(user_id: int) -> bool:
    """Whether the account has a second factor; inside the caller's transaction."""
    return bool(await db.value('select 1 from core_totp where "user" = $1', user_id))


async def needed(user_id: int, *, required: bool) -> str:
    """What is asked after a right password: ``code``, ``enrol``, or nothing."""
    async with db.transaction(office(0)):
        if await is_bound(user_id):
            return "code"
        if not required:
            return ""
        held = await queries.assignments(user_id, clock.today())
    return "enrol" if any(row["role"] in ADMINISTRATORS for row in held) else ""


async def must_enrol_for(user_id: int, assignment: int) -> bool:
    """Whether a role is an administrator's and its holder has no second factor yet."""
    async with db.transaction(office(0)):
        found = await queries.assignment(assignment, clock.today())
        return bool(
            found
            and found["user"] == user_id
            and found["role"] in ADMINISTRATORS
            and not await is_bound(user_id)
        )


def _key(user_id: int) -> bytes:
    return hashlib.sha256(b"totp\0%d" % user_id).digest()


async def check(user_id: int, typed: str, rule: Security, *, address: str = "") -> None:
    """Accept a code, or a recovery code, once; ``Invalid`` with the sentence otherwise.

    Failures are counted like wrong passwords and lock the account's second step for as long.
    """
    key, moment = _key(user_id), clock.now()
    async with db.transaction(office(user_id)):
        # One after another: parallel guesses must not all see four failures.
        await db.execute("select pg_advisory_xact_lock(hashtextextended('totp', $1))", user_id)
        await _not_locked(key, rule)
        sentence = await _accept(user_id, typed)
        if not sentence:
            await db.execute(
                "update core_login_attempt set cleared = true where login_hash = $1"
                " and not cleared",
                key,
            )
            return
        await db.execute(
            "insert into core_login_attempt (login_hash, address, at, cleared)"
            " values ($1, $2, $3, false)",
            key,
            address[:64],
            moment,
        )
        state = await _state(key, rule)
        await _fact("core.totp.refused", user_id)
    if state.locked_until is not None:
        raise TooMany(
            f"{sentence}连续 {rule.login_attempts} 次不对，请 {rule.login_lock_minutes} 分钟后再试。",
            wait_seconds=rule.login_lock_minutes * 60,
        )
    raise Invalid({"code": f"{sentence}还可以再试 {state.left} 次。"})


async def _state(key: bytes, rule: Security) -> Any:
    window = timedelta(minutes=rule.login_window_minutes)
    lock = timedelta(minutes=rule.login_lock_minutes)
    moment = clock.now()
    failures = await queries.recent_failures(key, moment - window - lock)
    return lock_state(failures, moment, attempts=rule.login_attempts, window=window, lock=lock)


async def _not_locked(key: bytes, rule: Security) -> None:
    state = await _state(key, rule)
    if state.locked_until is not None:
        raise TooMany(
            f"验证码错误次数太多，{clock.local(state.locked_until):%H:%M} 后再试。",
            wait_seconds=int((state.locked_until - clock.now()).total_seconds()) + 1,
        )


async def _accept(user_id: int, typed: str) -> str:
    """Use up a code; the sentence on what is wrong, or nothing."""
    found = await db.row('select secret, last_step from core_totp where "user" = $1', user_id)
    if found is None:
        raise NotFound("这个账号没有绑定动态验证码。")
    if code := rules.digits_of(typed):
        secret = bytes.fromhex(decrypt(found["secret"], FIELD))
        step = rules.matching_step(secret, code, rules.step_at(clock.now().timestamp()))
        if step is None:
            return "验证码不对。请看手机上现在显示的六位数字，并核对手机时间。"
        used = await db.execute(
            'update core_totp set last_step = $2 where "user" = $1 and last_step < $2',
            user_id,
            step,
        )
        return "" if used else "这个验证码已经用过，请等手机显示下一个。"
    used = await db.execute(
        'update core_recovery_code set used_at = $3 where "user" = $1 and hash = $2'
        " and used_at is null",
        user_id,
        passwords.slip_hash(user_id, typed),
        clock.now(),
    )
    if not used:
        return "验证码不对。填手机上的六位数字，或一个没有用过的备用码。"
    await _fact("core.totp.recovered", user_id)
    return ""


async def bind(user_id: int, secret: bytes, typed: str) -> list[str]:
    """Bind an authenticator that has shown it knows the secret; the recovery codes, shown once."""
    now = rules.step_at(clock.now().timestamp())
    step = rules.matching_step(secret, rules.digits_of(typed) or "-", now)
    if step is None:
        raise Invalid({"code": "验证码不对。扫码后填手机上现在显示的六位数字，并核对手机时间。"})
    async with db.transaction(office(user_id)):
        await db.execute("select pg_advisory_xact_lock(hashtextextended('totp', $1))", user_id)
        await db.execute('delete from core_totp where "user" = $1', user_id)
        await db.execute(
            'insert into core_totp ("user", secret, last_step, bound_at) values ($1, $2, $3, $4)',
            user_id,
            encrypt(secret.hex(), FIELD),
            step,
            clock.now(),
        )
        codes = await _new_codes(user_id)
        await _fact("core.totp.bound", user_id)
    return codes


async def renew_codes(user_id: int) -> list[str]:
    """Ten new recovery codes; the old ones are void."""
    async with db.transaction(office(user_id)):
        if not await is_bound(user_id):
            raise NotFound("这个账号没有绑定动态验证码。")
        codes = await _new_codes(user_id)
        await _fact("core.totp.codes_renewed", user_id)
    return codes


async def _new_codes(user_id: int) -> list[str]:
    codes = [passwords.new_slip() for _ in range(rules.RECOVERY_CODES)]
    await db.execute('delete from core_recovery_code where "user" = $1', user_id)
    await db.execute_many(
        'insert into core_recovery_code ("user", hash, made_at, used_at) values ($1, $2, $3, null)',
        [(user_id, passwords.slip_hash(user_id, code), clock.now()) for code in codes],
    )
    return codes


async def reset(user_id: int, by: Visitor, reason: str) -> None:
    """Take the second factor off an account whose telephone is gone; with a reason, never one's own."""
    if not reason.strip():
        raise Invalid({"reason": "请填写重置原因。"})
    async with db.transaction(office(by.user_id)):
        if await same_person(user_id, by.user_id):
            raise Refused("不能重置自己的动态验证码，请另一位安全管理员办理，或用备用码登录。")
        user = await queries.user(user_id)
        if user is None:
            raise NotFound("没有这个账号。")
        done = await db.execute('delete from core_totp where "user" = $1', user_id)
        if not done:
            raise NotFound("这个账号没有绑定动态验证码。")
        await db.execute('delete from core_recovery_code where "user" = $1', user_id)
        # Whoever found the telephone must not stay in.
        await db.execute(
            "update core_session set ended_at = $2, ended_because = 'ended'"
            ' where "user" = $1 and ended_at is null',
            user_id,
            clock.now(),
        )
        await record(
            "core.totp.reset",
            SubjectRef(USER, user_id),
            CodeReset(user_id, user["login"], user["name"], reason.strip()),
            Place(0),
        )


async def unbind(user_id: int) -> None:
    """Take off one's own; the route has checked a code and that the office does not need it."""
    async with db.transaction(office(user_id)):
        if not await db.execute('delete from core_totp where "user" = $1', user_id):
            raise NotFound("这个账号没有绑定动态验证码。")
        await db.execute('delete from core_recovery_code where "user" = $1', user_id)
        await _fact("core.totp.unbound", user_id)


async def state_of(user_id: int) -> dict[str, Any] | None:
    """When it was bound and how many recovery codes are left; inside the caller's transaction."""
    return await db.row(
        "select t.bound_at, (select count(*) from core_recovery_code c"
        ' where c."user" = t."user" and c.used_at is null) as codes'
        ' from core_totp t where t."user" = $1',
        user_id,
    )


async def _fact(kind: str, user_id: int) -> None:
    user = await queries.user(user_id)
    assert user is not None
    await record(
        kind,
        SubjectRef(USER, user_id),
        CodeActed(user_id, user["login"], user["name"]),
        Place(0),
    )
