# SPDX-License-Identifier: Apache-2.0
"""Wakes the worker after a commit. Best effort: without Redis the sweep finds the work."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from core import db
from core.settings import Redis, load

# arq and redis are loaded with the first wake-up: a web process answers its first page sooner.
if TYPE_CHECKING:
    from arq.connections import ArqRedis, RedisSettings

log = logging.getLogger("jiandu.jobs")

QUEUE = "jiandu:wake"
WAKE = "wake"
PAUSE_SECONDS = 5.0
"""After a failed call Redis is left alone for so long, so that its loss costs no request time."""


def redis_settings(redis: Redis) -> "RedisSettings":
    """The settings of arq made from ours; sentinels when named, else the address."""
    from arq.connections import RedisSettings

    settings = RedisSettings.from_dsn(redis.url or "redis://127.0.0.1")
    if redis.sentinels:
        pairs = [each.rpartition(":") for each in redis.sentinels]
        settings.host = [(host, int(port)) for host, _, port in pairs]
        settings.sentinel = True
        settings.sentinel_master = redis.sentinel_master
    settings.conn_timeout = 1
    settings.conn_retries = 0
    return settings


def serialize(job: dict[str, Any]) -> bytes:
    """JSON, never pickle: whoever writes to Redis must not thereby run code here."""
    return msgspec.json.encode(job)


def deserialize(data: bytes) -> dict[str, Any]:
    """The other direction."""
    job: dict[str, Any] = msgspec.json.decode(data)
    return job


async def connect(redis: Redis) -> "ArqRedis":
    """A pool of connections to Redis for the one queue there is."""
    from arq.connections import create_pool

    return await create_pool(
        redis_settings(redis),
        job_serializer=serialize,
        job_deserializer=deserialize,
        default_queue_name=QUEUE,
    )


class Waker:
    """Sends one wake-up; equal ones waiting in the queue are merged by their fixed id."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.pool: ArqRedis | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.silent_until = 0.0

    async def wake(self) -> bool:
        """Whether the worker was told; ``False`` means the sweep will find the work."""
        if not self.redis.url and not self.redis.sentinels:
            return False
        if time.monotonic() < self.silent_until:
            return False
        from redis.exceptions import RedisError

        try:
            async with asyncio.timeout(self.redis.timeout_seconds):
                pool = await self._pool()
                await pool.enqueue_job(WAKE, _job_id=WAKE, _queue_name=QUEUE)
        except (RedisError, OSError, TimeoutError) as error:
            self.silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("redis does not answer, the sweep takes over: %s", type(error).__name__)
            return False
        return True

    async def _pool(self) -> "ArqRedis":
        loop = asyncio.get_running_loop()
        if self.pool is None or self.loop is not loop:
            self.pool = await connect(self.redis)
            self.loop = loop
        return self.pool

    async def close(self) -> None:
        """Give the connections back."""
        pool, self.pool = self.pool, None
        if pool is not None:
            from redis.exceptions import RedisError

            with contextlib.suppress(RedisError, OSError):
                await pool.aclose()


_waker: list[Waker] = []
_listeners: list[Callable[[], Any]] = []


def waker() -> Waker:
    """The waker of this process."""
    if not _waker:
        _waker.append(Waker(load().redis))
    return _waker[0]


def set_waker(replacement: Waker | None) -> None:
    """Use ``replacement`` in this process; ``None`` forgets (tests)."""
    _waker[:] = [] if replacement is None else [replacement]


def listen(listener: Callable[[], Any]) -> Callable[[], None]:
    """Call ``listener`` at every wake-up inside this process; returns how to stop that.

    The worker wakes itself this way: work recorded by its own jobs needs no detour over Redis.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


async def wake() -> None:
    """Wake the worker now, outside of any transaction."""
    if _listeners:
        for listener in _listeners:
            listener()
        return
    await waker().wake()


def wake_after_commit() -> None:
    """Wake the worker once the current transaction is committed, once per transaction."""
    current = db.DB.current_transaction.get()
    if wake not in getattr(current, "callbacks", ()):
        db.after_commit(wake)
