# SPDX-License-Identifier: Apache-2.0
"""``jiandu seed``: the demo data, step by step, and the list of accounts to try it with."""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path

import asyncpg

from core.api.demo import DemoContext
from core.auth.services import apply_defaults
from core.db import DB, WEB
from core.demo.running import StepFailed, run_steps
from core.host import registry as host
from core.logging import set_up
from core.schema import SchemaError, migrate
from core.serve import unchanged
from core.serve.supervisor import ACCOUNTS, ServeError, stores
from core.settings import Settings, load, running

log = logging.getLogger("jiandu.seed")


class SeedError(Exception):
    """A demo step failed; the message says which, the log says why."""


def seed(*, reset: bool = False, force: bool = False) -> int:
    """Run all demo steps; with ``reset`` on an emptied database.

    A reset needs a demo: the demo mode, and nobody's account but the demo's own. ``force`` is for
    whoever knows that neither matters; a production database and a running one are never emptied.
    """
    settings = load()
    set_up(settings)
    if reset and (refusal := _may_not_reset(settings, force=force)):
        print(refusal, file=sys.stderr)
        return 1
    try:
        with stores(settings) as address:
            asyncio.run(_seed(address["DATABASE_URL"], settings, reset=reset, force=force))
    except (ServeError, SeedError, SchemaError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _may_not_reset(settings: Settings, *, force: bool) -> str:
    if settings.production:
        return "生产环境不清空数据 (a production database is never reset)"
    if running(settings.data):
        return "平台正在运行，请先停止再清空 (stop the running platform first)"
    if not (settings.demo or (settings.data / ACCOUNTS).exists() or force):
        return "不是演示环境，不清空数据；确实要清空请加 --force (not a demo; --force to insist)"
    return ""


async def _seed(url: str, settings: Settings, *, reset: bool, force: bool = False) -> None:
    if reset:
        if not force and (others := await _others(url)):
            raise SeedError(
                f"库里有 {others} 个不是演示的账号，不清空；确实要清空请加 --force"
                " (accounts besides the demo's exist; --force to insist)"
            )
        unchanged.forget(settings.data)
        await _empty(url)
    # Harmless when nothing is pending; a reset database has no tables at all.
    await migrate(settings.database.owner_url or url)
    registry = host.build()
    host.set_current(registry)
    context = DemoContext(share=settings.demo_share)
    DB.configure(_unhurried(url), WEB)
    # The same statements run tens of thousands of times here, on tables that begin empty; they
    # are planned once, while a server plans for the width of each visitor's scope.
    DB.config["server_settings"]["plan_cache_mode"] = "auto"
    await DB.start_connection_pool(min_size=2, max_size=8)
    started = time.monotonic()
    try:
        # Roles and their rights, as the web server brings them at its start.
        await apply_defaults(registry)
        try:
            await run_steps(registry, context)
        except StepFailed as error:
            log.exception("demo step failed")
            raise SeedError(f"{error}: {type(error.__cause__).__name__}") from error
    finally:
        await DB.close_connection_pool()
    _write(settings.data / ACCOUNTS, context)
    print(f"  演示数据已写入，{time.monotonic() - started:.1f} 秒 (demo data written)")


def _unhurried(url: str) -> str:
    """The same database, not waiting for the disk at every commit: a lost demo is sown again."""
    return f"{url}{'&' if '?' in url else '?'}synchronous_commit=off"


async def _others(url: str) -> int:
    """How many accounts are not the demo's own; 0 where nothing is set up yet."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select to_regclass('public.core_user')") is None:
            return 0
        # The login owns nothing by itself; every role that exists may read this table.
        await connection.execute(f"set role {WEB}")
        return int(await connection.fetchval("select count(*) from core_user where not demo"))
    finally:
        await connection.close()


async def _empty(url: str) -> None:
    """Drop every table, function and policy; the roles stay, other databases may use them."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "drop schema public cascade; create schema public; "
            "grant usage on schema public to public"
        )
    finally:
        await connection.close()


def _write(path: Path, context: DemoContext) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(context.listed(), ensure_ascii=False, indent=1), "utf-8")
    draft.replace(path)
