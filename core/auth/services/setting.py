# SPDX-License-Identifier: Apache-2.0
"""Passwords and the slips that stand in for them."""

from datetime import timedelta

from core import clock, db
from core.auth import approvals, passwords, queries, rules, sessions
from core.auth.services.base import account_fact, must_have, office
from core.auth.services.entering import login_key
from core.auth.sessions import Ticket
from core.auth.visitor import Visitor
from core.errors import Conflict, Invalid, NotFound, Refused
from core.settings import Security


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
        await keep_password(who.user_id, hashed)
        await db.execute("update core_user set must_change = false where id = $1", who.user_id)
        # A slip that was printed and not needed must not open the account later on.
        await void_slips(who.user_id)
        await sessions.end_all(who.user_id, "password")
        ticket = await sessions.begin(
            who.user_id, who.assignment_id or None, address=address, agent=agent
        )
        await account_fact("core.password.changed", user)
    return ticket


async def keep_password(user_id: int, hashed: str) -> None:
    await db.execute(
        'insert into core_password ("user", hash, set_at) values ($1, $2, $3)',
        user_id,
        hashed,
        clock.now(),
    )


async def store_password(user_id: int, hashed: str) -> None:
    """Set an account's initial password, inside the caller's transaction."""
    async with db.transaction(office(0)):
        await keep_password(user_id, hashed)


async def issue_slip(user_id: int, by: int) -> str:
    """A one-time password to be printed; slips issued before become void. Shown once, never kept."""
    code = passwords.new_slip()
    moment = clock.now()
    async with db.transaction(office(by)):
        user = await must_have(user_id)
        if not user["active"]:
            raise Refused("账号已停用，请先恢复。")
        if by:
            # The platform itself (0) is ``jiandu admin``, run by whoever owns the server.
            await approvals.use_approval(user_id, by)
        await void_slips(user_id)
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
        await account_fact("core.slip.issued", user)
    return code


async def void_slips(user_id: int) -> None:
    await db.execute(
        'update core_slip set revoked_at = $2 where "user" = $1 and used_at is null'
        " and revoked_at is null",
        user_id,
        clock.now(),
    )


async def revoke_slip(user_id: int, slip_id: int, by: int) -> None:
    """Make an unused slip void."""
    async with db.transaction(office(by)):
        user = await must_have(user_id)
        done = await db.execute(
            'update core_slip set revoked_at = $3 where id = $1 and "user" = $2'
            " and used_at is null and revoked_at is null",
            slip_id,
            user_id,
            clock.now(),
        )
        if not done:
            raise Conflict("这张临时密码单已经用过或作废。")
        await account_fact("core.slip.revoked", user)
