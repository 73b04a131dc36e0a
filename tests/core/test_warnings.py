# SPDX-License-Identifier: Apache-2.0
"""What administrators are told on top of every page: disk, backup, worker, seals, passwords."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from core import clock as time
from core import db, settings
from core.auth import services as accounts
from core.web import status


class Usage(NamedTuple):
    total: int
    used: int
    free: int


GIGABYTE = 1024**3


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    status.forget()
    yield
    status.forget()


@pytest.mark.parametrize(
    ("total", "free", "warned"),
    [(100, 50, False), (100, 4.9, True), (100, 5.1, False), (20, 1.9, True), (20, 2.1, False)],
)
def test_disk(monkeypatch: Any, total: float, free: float, warned: bool) -> None:
    usage = Usage(int(total * GIGABYTE), 0, int(free * GIGABYTE))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert bool(status.disk_warnings()) is warned


async def words() -> str:
    status._seen[0] = 0.0
    await status.refresh()
    return " ".join(status.known()["warnings"])


async def backed_up(at: datetime, ok: bool = True) -> None:
    await db.execute(
        "insert into core_backup (begun_at, finished_at, ok, path, bytes, files, encrypted, error)"
        " values ($1, $1, $2, '', 0, 0, false, '')",
        at,
        ok,
    )


async def test_backup_age(client: Any, login_as: Any, clock: Any) -> None:
    now = clock(datetime(2026, 5, 12, 2, 0, tzinfo=UTC))
    await login_as(role="system_admin")
    assert "成功的备份" not in await words()
    clock(now + timedelta(hours=49))
    assert "还没有成功的备份" in await words()
    await backed_up(time.now() - timedelta(hours=1))
    said = await words()
    assert "成功的备份" not in said
    assert "备份没有成功" not in said
    await backed_up(time.now(), ok=False)
    assert "的备份没有成功" in await words()
    clock(now + timedelta(hours=120))
    assert "超过 48 小时" in await words()


async def test_facts_that_nobody_seals(client: Any, monkeypatch: Any) -> None:
    import time as real

    moment = [1000.0]
    monkeypatch.setattr(real, "monotonic", lambda: moment[0])
    await db.execute("insert into core_unsealed (fact) values (5)")
    assert "封存" not in await words()
    moment[0] += 601
    assert "十分钟没有封存" in await words()
    await db.execute("update core_unsealed set fact = 6")
    assert "十分钟没有封存" not in await words()


def given(monkeypatch: Any, **changed: Any) -> None:
    found = replace(settings.load(), **changed)
    monkeypatch.setattr(settings, "load", lambda: found)


@pytest.mark.req("B41-10")
async def test_a_printed_password_is_pointed_out_as_long_as_it_opens(
    client: Any, login_as: Any, monkeypatch: Any
) -> None:
    await login_as(role="system_admin")
    given(monkeypatch, demo=False)
    assert "密码" not in await words()
    user = await accounts.create_account("yanshi1", "演示", password_hash="x", demo=True)
    assert "1 个演示账号还能用公开的密码登录" in await words()
    given(monkeypatch, demo=True)
    assert "演示账号的密码是公开的" in await words()
    assert "演示账号的密码是公开的" in (await client.get("/")).text
    given(monkeypatch, demo=False)
    await db.execute("update core_user set active = false where id = $1", user)
    assert "密码" not in await words()


@pytest.mark.req("B41-10", "S0-7")
async def test_a_prescribed_password_is_pointed_out_after_the_first_day(
    client: Any, login_as: Any, monkeypatch: Any, clock: Any
) -> None:
    now = clock(datetime(2026, 5, 12, 2, 0, tzinfo=UTC))
    await login_as(role="system_admin")
    rules = replace(settings.load().security, legacy_default_password=True)
    given(monkeypatch, demo=False, security=rules)
    user = await accounts.create_account("wangwu1", "王五", legacy=True)
    clock(now + timedelta(hours=23))
    assert "密码" not in await words()
    clock(now + timedelta(hours=25))
    assert "1 个账号过了一天还没有改掉初始的或者过期的密码" in await words()
    await db.execute("update core_user set must_change = false where id = $1", user)
    assert "密码" not in await words()


@pytest.mark.parametrize(
    ("role", "sees"), [("system_admin", True), ("audit_admin", True), ("handler", False)]
)
async def test_only_administrators_see_them(
    client: Any, login_as: Any, agencies: Any, monkeypatch: Any, role: str, sees: bool
) -> None:
    place = {"organisation": agencies.agency} if role == "handler" else {}
    await login_as(role, **place)
    monkeypatch.setitem(status._known, "warnings", ["磁盘只剩 1.0 GB"])
    assert ("磁盘只剩 1.0 GB" in (await client.get("/")).text) is sees
