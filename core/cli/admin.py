# SPDX-License-Identifier: Apache-2.0
"""``jiandu admin``: the first administrators of an installation, and a way back in.

Everything else an administrator does in the browser; but somebody has to open the first three
accounts. Whoever may run this command can read the database anyway.
"""

import argparse
import asyncio
import sys
from typing import Any

ROLES = {"system": "system_admin", "security": "security_admin", "audit": "audit_admin"}
WORDS = {"system": "系统管理员", "security": "安全管理员", "audit": "审计管理员"}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    words = "开立管理员账号并给出一次性密码；账号已有的，只给新的一次性密码"
    parser = commands.add_parser("admin", help=words, description=words)
    parser.add_argument("login", help="账号，字母、数字、点、横线")
    parser.add_argument("--name", default="", help="姓名，新账号要写")
    parser.add_argument(
        "--role", choices=sorted(ROLES), help="系统、安全、审计三者之一，新账号要写"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Open the account if need be, print its slip; 0 done, 1 refused."""
    from core.errors import JianduError
    from core.serve.supervisor import ServeError, stores
    from core.settings import load

    settings = load()
    try:
        with stores(settings) as address:
            said = asyncio.run(_open(address["DATABASE_URL"], options))
    except (ServeError, JianduError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    print(said)
    return 0


async def _open(url: str, options: argparse.Namespace) -> str:
    from core.auth import queries, rules, services
    from core.db import DB, WEB, transaction
    from core.errors import Invalid
    from core.host.registry import build, set_current

    registry = build()
    set_current(registry)
    DB.configure(url, WEB)
    await DB.start_connection_pool(min_size=1, max_size=2)
    try:
        await services.apply_defaults(registry)
        async with transaction(services.office(0)):
            user = await queries.user_by_login(options.login)
        if user is None:
            if not options.name.strip() or not options.role:
                raise Invalid("新账号要写 --name 姓名 --role system|security|audit (new account)")
            if not services.LOGIN.match(options.login):
                raise Invalid("账号用字母、数字、点、横线，3 到 64 个字符 (bad login)")
            # Both or neither: an account without its role could not even be seen as one.
            async with transaction(services.office(0)):
                user_id = await services.create_account(options.login, options.name.strip())
                await services.grant_role(user_id, ROLES[options.role])
            words = f"已开立{WORDS[options.role]}账号 {options.login}（{options.name.strip()}）"
        else:
            user_id = user["id"]
            await _refuse_another_role(user, options.role)
            words = f"账号 {options.login}（{user['name']}）已有，以前没用过的密码单作废"
        code = await services.issue_slip(user_id, 0)
    finally:
        await DB.close_connection_pool()
    return (
        f"✓ {words}\n  一次性密码 (one-time password): {code}\n"
        f"  {rules.SLIP_DAYS} 天内有效，用它登录后设自己的密码 (valid once, change it after signing in)"
    )


async def _refuse_another_role(user: dict[str, Any], wanted: str | None) -> None:
    """Roles of an account that exists are the security administrator's; nobody shall think otherwise."""
    from core import clock
    from core.auth import queries, services
    from core.db import transaction
    from core.errors import Invalid

    if not wanted:
        return
    async with transaction(services.office(0)):
        held = await queries.assignments(user["id"], clock.today())
    if all(each["role"] != ROLES[wanted] for each in held):
        raise Invalid(
            f"账号 {user['login']}（{user['name']}）已有，不是{WORDS[wanted]}；角色由安全管理员在“账号”里授予。"
            "只要新的一次性密码的，不写 --role (the account exists without this role)"
        )
