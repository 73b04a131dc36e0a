# SPDX-License-Identifier: Apache-2.0
"""Accounts are created, closed and opened again."""

import re
from collections.abc import Collection
from contextvars import ContextVar

from core import clock, db
from core.api.plugin import SubjectRef
from core.auth import passwords, queries, rules, sessions
from core.auth.identity import same_person
from core.auth.services.base import account_fact, must_have, office
from core.auth.services.entering import LEGACY_PASSWORD
from core.auth.services.setting import keep_password
from core.auth.visitor import Visitor
from core.errors import Conflict, Invalid, Refused

LOGIN = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._@-]{2,63}\Z")
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
            await keep_password(user_id, hashed)
        await account_fact("core.account.opened", {"id": user_id, "login": login, "name": name})
    return int(user_id)


async def close_account(user_id: int, by: Visitor, reason: str) -> None:
    """Deactivate an account; its sessions end at once, its history stays."""
    async with db.transaction(office(by.user_id)):
        user = await must_have(user_id)
        if await same_person(user_id, by.user_id):
            raise Refused("不能停用自己的账号。")
        held_roles = await queries.assignments(user_id, clock.today())
        await leave_the_three(user_id, {row["role"] for row in held_roles})
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
        await account_fact("core.account.closed", user, reason)


async def leave_the_three(user_id: int, roles: Collection[str]) -> None:
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
        user = await must_have(user_id)
        done = await db.execute(
            "update core_user set active = true, must_change = true, closed_at = null,"
            " close_reason = '' where id = $1 and not active",
            user_id,
        )
        if not done:
            raise Conflict("账号没有停用。")
        await account_fact("core.account.reopened", user)


async def set_preferences(who: Visitor, text_size: str, density: str) -> None:
    """Large text and row height; an empty wish keeps what is. Personal, so no fact."""
    async with db.transaction(office(who.user_id)):
        await db.execute(
            "update core_user set text_size = $2, density = $3 where id = $1",
            who.user_id,
            {"": who.text_size, "large": "large"}.get(text_size, ""),
            {"": who.density, "compact": "compact"}.get(density, ""),
        )
