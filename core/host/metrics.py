# SPDX-License-Identifier: Apache-2.0
"""Asks metrics for their numbers, each on its own: one that fails spoils no other.

A metric counts inside the scope it is given, by its own condition; what the one who asks may not
see is out of reach all the same, for his transaction stays as it is. It runs in a read-only
savepoint that is always rolled back. What comes back can be kept beside a decision: the number
with the sentence that says what was counted, and where its rows are.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

from core import db
from core.api.plugin import Metric
from core.host.enabling import is_enabled
from core.host.errors import failure_text
from core.host.registry import current

log = logging.getLogger("jiandu.metrics")

STATEMENT_MS = 3000
SECONDS = 5.0
ABSENT = "没有装这个指标所属的模块，或者本地区没有启用。"
FAILED = "当时没有取到这个数。"


class _AlwaysRollBack(Exception):
    """Not an error, but the way out of the savepoint."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a metric answered: the number, or ``None`` and why in ``problem``."""

    key: str
    title: str
    definition: str
    number: int | None
    rows_path: str = ""
    problem: str = ""


async def offered(region_lo: int, *, per_unit: bool = False) -> list[Metric]:
    """The metrics of the plugins that are on in a region; ``per_unit`` leaves out the others."""
    registry = current()
    return [
        metric
        for metric in registry.metrics.values()
        if (metric.per_unit or not per_unit)
        and await is_enabled(registry.plugin_of(metric), region_lo, registry=registry)
    ]


async def measure(
    keys: Iterable[str], scope: db.Scope, period: tuple[date, date]
) -> dict[str, Figure]:
    """The figures of ``keys`` for a scope and a period, in a transaction that is open."""
    registry = current()
    found: dict[str, Figure] = {}
    for key in dict.fromkeys(keys):
        metric = registry.metrics.get(key)
        lo = 0 if scope.region.empty else scope.region.lo
        if metric is None or not await is_enabled(
            registry.plugin_of(metric), lo, registry=registry
        ):
            title = metric.title if metric else key
            found[key] = Figure(key, title, "", None, problem=ABSENT)
            continue
        number: int | None = None
        try:
            async with _read_only(), asyncio.timeout(SECONDS):
                number = int(await metric.measure(scope, period))
                # A metric that swallowed an SQL error has counted less than it thinks.
                await db.execute("select 1")
        except Exception as error:  # noqa: BLE001 - one that fails spoils no other
            log.warning("metric %s gave no number: %s", key, failure_text(error))
            number = None
        found[key] = Figure(
            key,
            metric.title,
            metric.definition,
            number,
            metric.rows_path,
            "" if number is not None else FAILED,
        )
    return found


@asynccontextmanager
async def _read_only() -> AsyncIterator[None]:
    try:
        async with db.transaction():
            await db.execute(
                f"set local transaction_read_only = on;set local statement_timeout = {STATEMENT_MS}"
            )
            yield
            raise _AlwaysRollBack  # noqa: TRY301
    except _AlwaysRollBack:
        pass
