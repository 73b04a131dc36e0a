# SPDX-License-Identifier: Apache-2.0
"""What the foot of every page says: is the worker alive, is the calendar of this year known?

And what stands on top of administrators' pages: little disk space, no recent backup, a silent
worker, facts nobody seals, passwords that many know.

Looked at now and then per process, by whichever request loads the menu's counts, so that no page
pays for it.
"""

import shutil
import time
from datetime import timedelta
from typing import Any

from core import clock, db, settings
from core.calendar.days import footer_state

FRESH_SECONDS = 15.0
IMPATIENT_SECONDS = 2.0
"""While something is wrong, how soon to look again."""
STARTING_SECONDS = 60.0
"""The worker starts after the first page; until then its silence is no fault."""
SILENT_SECONDS = 90
"""A worker that has not been heard for this long is not working."""

LITTLE_DISK = 2 * 1024**3
LITTLE_SHARE = 0.05
"""Less than either of these free and uploads, and the database itself, will soon fail."""
UNSEALED_SECONDS = 600
"""Longer than this no fact waits for its seal while the worker works."""
FIRST_DAY = timedelta(days=1)
"""A prescribed or printed password older than this is pointed out."""

_known: dict[str, Any] = {}
_waiting: list[tuple[int, float]] = [(0, 0.0)]
"""The oldest fact without a seal, and since when this process has been seeing it."""
_seen: list[float] = [0.0]
_begun = time.monotonic()


def known() -> dict[str, Any]:
    """The words last found; empty until somebody looked."""
    return dict(_known)


def forget() -> None:
    """Look again at the next occasion."""
    _known.clear()
    _seen[0] = 0.0
    _waiting[0] = (0, 0.0)


async def refresh() -> None:
    """Look again, if the last look is too long ago. Inside the caller's transaction."""
    patience = FRESH_SECONDS if _known.get("worker_sure", False) else IMPATIENT_SECONDS
    if time.monotonic() - _seen[0] < patience:
        return
    _seen[0] = time.monotonic()
    _known.update(calendar=f"工作日历：{await footer_state()}")
    last = await db.value("select max(at) from core_heartbeat")
    _known["warnings"] = [
        *disk_warnings(),
        *await _backup_warnings(),
        *await _seal_warnings(),
        *await _password_warnings(),
    ]
    alive = last is not None and (clock.now() - last).total_seconds() <= SILENT_SECONDS
    _known["worker_sure"] = alive
    if not alive and time.monotonic() - _begun < STARTING_SECONDS:
        _known.update(worker="后台任务正在启动", worker_ok=True)
        return
    if not alive:
        _known["warnings"].append(
            "后台任务没有响应：到期提醒、跨模块处理、封存和备份都停着。请检查 worker 进程。"
        )
    if last is None:
        _known.update(worker="后台任务没有运行", worker_ok=False)
        return
    words = f"{clock.local(last):%H:%M}"
    if alive:
        _known.update(worker=f"后台任务正常，最近一次 {words}", worker_ok=True)
    else:
        _known.update(worker=f"后台任务 {words} 之后没有响应", worker_ok=False)


def disk_warnings() -> list[str]:
    """Whether the disk of the data folder is nearly full."""
    folder = settings.load().data
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return []
    if usage.free >= LITTLE_DISK and usage.free >= usage.total * LITTLE_SHARE:
        return []
    free = f"{usage.free / 1024**3:.1f} GB（{100 * usage.free / usage.total:.0f}%）"
    return [f"数据目录所在的磁盘只剩 {free}。请清理或扩容，否则很快不能上传和保存。"]


async def _backup_warnings() -> list[str]:
    found = await db.row(
        "select (select max(finished_at) from core_backup where ok) as good,"
        " (select max(finished_at) from core_backup where not ok) as bad,"
        " (select min(created_at) from core_user) as since"
    )
    assert found is not None
    good, bad, hours = found["good"], found["bad"], settings.load().backup.warn_hours
    warnings = []
    if bad is not None and (good is None or bad > good):
        warnings.append(f"{clock.local(bad):%m-%d %H:%M} 的备份没有成功，原因见“后台任务”。")
    reference = good or found["since"]
    if reference is not None and (clock.now() - reference).total_seconds() > hours * 3600:
        warnings.append(
            f"最近一次成功的备份是 {clock.local(good):%m-%d %H:%M}，超过 {hours} 小时。"
            if good
            else "还没有成功的备份。请检查备份目录，或运行 jiandu backup。"
        )
    return warnings


async def _seal_warnings() -> list[str]:
    oldest = await db.value("select min(fact) from core_unsealed") or 0
    fact, since = _waiting[0]
    if oldest != fact or not oldest:
        _waiting[0] = (oldest, time.monotonic())
        return []
    if time.monotonic() - since <= UNSEALED_SECONDS:
        return []
    return ["操作记录十分钟没有封存。请检查 worker 进程。"]


async def _password_warnings() -> list[str]:
    """Demo accounts, whose password is printed, and passwords that had to be changed and were not."""
    given = settings.load()
    found = await db.row(
        "select count(*) filter (where u.demo) as shown,"
        " count(*) filter (where not u.demo and u.must_change and u.waiting = '' and exists"
        ' (select 1 from core_password p where p."user" = u.id and p.set_at < $1)) as unchanged'
        " from core_user u where u.active",
        clock.now() - FIRST_DAY,
    )
    assert found is not None
    warnings = []
    if found["shown"] and not given.demo:
        warnings.append(
            f"有 {found['shown']} 个演示账号还能用公开的密码登录，请立即停用，或者换一个空的数据库。"
        )
    elif found["shown"]:
        warnings.append(
            f"这是演示平台：{found['shown']} 个演示账号的密码是公开的。不要放进真实的数据。"
        )
    if found["unchanged"] and given.security.legacy_default_password:
        warnings.append(
            f"有 {found['unchanged']} 个账号过了一天还没有改掉初始的或者过期的密码，在“账号”里查看。"
        )
    return warnings
