# SPDX-License-Identifier: Apache-2.0
"""For machines that look after this one: is it alive, can it work, how much does it do.

``/healthz`` answers as long as the process does and touches nothing else, so that a slow
database never makes an orchestrator kill healthy processes. ``/readyz`` says whether work can be
sent here. ``/metrics`` speaks Prometheus. Names, counts and versions only; who may read the last
two in full is ``server.metrics_allow``.
"""

import asyncio
import contextlib
import os
import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

import core
from core import clock, db
from core.api.access import public
from core.storage import objects
from core.web.state import held

__all__ = ["ROUTES"]

PROBE = db.Scope.nothing()
"""Health looks at tables without scope only: migrations, deliveries, heartbeats."""
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "via")
"""What proxies add to a request."""
SECONDS = 3.0
"""A probe that takes longer counts as failed; orchestrators give up after about ten."""


def _allowed(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller's address is on the list; behind a trusted proxy it is the forwarded one.

    A proxy on this machine that nobody declared as trusted would make the whole world look like
    this machine. It gives itself away by its header, and then nobody is on the list.
    """
    server = held(request).platform.settings.server
    if not server.trusted_proxies and any(name in request.headers for name in FORWARDED):
        return False
    listed = server.metrics_allow
    client = request.client.host if request.client else ""
    with contextlib.suppress(ValueError):
        address = ip_address(client)
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in ip_network(each, strict=False) for each in listed)
    return False


@get("/healthz", opt=public("asked by load balancers, says nothing but yes"), sync_to_thread=False)
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", opt=public("asked by load balancers; details for listed addresses only"))
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Database, migrations and storage, each with its reason when it does not work."""
    # One after the other: a probe must not take three connections of a pool that is in need.
    answers = {
        "database": await _probe(_database()),
        "migrations": await _probe(_migrations()),
        "storage": await _probe(_storage()),
    }
    ready = not any(answers.values())
    content: dict[str, Any] = {"status": "ready" if ready else "not ready"}
    if _allowed(request):
        content["version"] = core.__version__
        content["checks"] = {name: reason or "ok" for name, reason in answers.items()}
    return Response(content, status_code=200 if ready else 503)


@get("/metrics", opt=public("for listed addresses only, a 404 for everybody else"))
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The figures of all web processes of this machine, and the state of the platform."""
    if not _allowed(request):
        raise NotFoundException
    registry: CollectorRegistry = PROCESS_REGISTRY
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return Response(
        generate_latest(registry) + await _platform_figures(), media_type=CONTENT_TYPE_LATEST
    )


async def _probe(check: Any) -> str:
    """Empty when ``check`` succeeds, else why not: the kind of the error, never its values."""
    try:
        async with asyncio.timeout(SECONDS):
            return str(await check or "")
    except TimeoutError:
        return f"no answer within {SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is "not ready"
        return type(error).__name__


async def _database() -> str:
    async with db.transaction(PROBE):
        await db.value("select 1")
    return ""


_code_state: list[set[tuple[str, str]]] = []


def _expected() -> set[tuple[str, str]]:
    """App and name of every migration file that this code brings."""
    if not _code_state:
        from core.schema import app_configs

        _code_state.append(
            {
                (config.app_name, path.stem)
                for config in app_configs()
                for path in Path(config.resolved_migrations_folder_path).glob("*.py")
                if path.stem != "__init__"
            }
        )
    return _code_state[0]


async def _migrations() -> str:
    """Files are counted, not names: Piccolo records the id inside a file, not the file's name."""
    wanted: dict[str, int] = {}
    for app, _name in _expected():
        wanted[app] = wanted.get(app, 0) + 1
    async with db.transaction(PROBE):
        found = {
            record["app_name"]: record["n"]
            for record in await db.rows(
                "select app_name, count(*)::int as n from migration group by app_name"
            )
        }
    behind = sorted(app for app, count in wanted.items() if found.get(app, 0) < count)
    return f"pending: {', '.join(behind)}" if behind else ""


async def _storage() -> str:
    """A marker is written, read and deleted: a full or read-only disk must show here."""
    key = f".ready/{os.getpid()}"
    await objects.put(key, b"ready")
    content = b"".join([piece async for piece in objects.pieces(key)])
    await objects.delete([key])
    return "" if content == b"ready" else "reads back something else"


class _Figures:
    """Gauges made for one answer."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> list[GaugeMetricFamily]:
        return self._families


async def _platform_figures() -> bytes:
    started = time.perf_counter()
    figures: dict[str, tuple[str, float]] = {}
    try:
        async with asyncio.timeout(SECONDS), db.transaction(PROBE):
            # The sequence, not a count: counting millions of acts on every scrape would be
            # the dearest query of the platform.
            facts = await db.value("select coalesce(last_value, 0) from core_fact_id_seq")
            pending = await db.row(
                "select count(*)::int as n, min(due_at) as oldest"
                " from core_delivery where state = 'pending'"
            )
            due = await db.value(
                "select count(*)::int from core_due where state = 'due' and due_at <= $1",
                clock.now(),
            )
            failed = await db.value(
                "select count(*)::int from core_failure where resolved_at is null and final = 1"
            )
            beat = await db.value("select max(at) from core_heartbeat")
        moment = clock.now()
        oldest = pending["oldest"] if pending else None
        figures = {
            "jiandu_facts": ("Highest number given to a recorded act", float(facts or 0)),
            "jiandu_deliveries_pending": (
                "Facts some plugin has still to be told of",
                float(pending["n"] if pending else 0),
            ),
            "jiandu_deliveries_oldest_seconds": (
                "How long the oldest of them has been waiting",
                max(0.0, (moment - oldest).total_seconds()) if oldest else 0.0,
            ),
            "jiandu_jobs_due": ("Background work that is due now", float(due or 0)),
            "jiandu_failures": ("Background work given up and not looked at", float(failed or 0)),
            "jiandu_worker_heartbeat_age_seconds": (
                "Seconds since a worker was last heard; -1 = never",
                (moment - beat).total_seconds() if beat else -1.0,
            ),
        }
        up = 1.0
    except Exception:  # noqa: BLE001 - a scrape must answer; "up 0" is the alarm
        up = 0.0
    figures["jiandu_database_up"] = ("Whether the database answered this scrape", up)
    figures["jiandu_scrape_seconds"] = (
        "How long these figures took",
        time.perf_counter() - started,
    )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        _Figures([GaugeMetricFamily(k, words, value=v) for k, (words, v) in figures.items()])
    )
    return generate_latest(registry)


ROUTES = (healthz, readyz, metrics)
