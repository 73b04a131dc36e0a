# SPDX-License-Identifier: Apache-2.0
import dataclasses
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from obstore.store import MemoryStore

from core.api.testing import Browser
from core.logging import request_id, set_request_id, set_up
from core.settings import Logging, Settings
from core.storage import objects
from core.web import health
from core.web.observe import REQUESTS, observed


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    memory = MemoryStore()
    monkeypatch.setattr(objects, "store", lambda: memory)
    return memory


@pytest.fixture
def current_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none_pending() -> str:
        return ""

    monkeypatch.setattr(health, "_migrations", none_pending)


@pytest.fixture
async def stranger(app: Litestar, client: Browser) -> Any:
    """Somebody whose address is not on the list."""
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 4000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as outside:
        yield outside


async def test_alive_touches_nothing_else(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(health.db, "value", broken)
    answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


@pytest.mark.usefixtures("current_migrations")
async def test_ready_names_what_was_looked_at(client: Browser, store: MemoryStore) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok", "storage": "ok"}
    assert not [page for page in store.list() if page], "the probe's marker is gone again"


@pytest.mark.usefixtures("current_migrations")
async def test_not_ready_says_why_but_not_to_strangers(
    client: Browser, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise OSError("No space left on /srv/secret-path")

    monkeypatch.setattr(objects, "put", full)
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["storage"] == "OSError", "the kind, not the words of the error"
    outside = await stranger.get("/readyz")
    assert outside.status_code == 503
    assert outside.json() == {"status": "not ready"}


async def test_a_pending_migration_is_not_ready(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ran(*_: object) -> list[dict[str, Any]]:
        return [{"app_name": "core", "n": 1}]

    monkeypatch.setattr(health, "_expected", lambda: {("core", "a"), ("core", "b"), ("cases", "c")})
    monkeypatch.setattr(health.db, "rows", ran)
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "pending: cases, core"


async def test_a_probe_that_hangs_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    monkeypatch.setattr(health, "SECONDS", 0.01)
    assert "no answer" in await health._probe(asyncio.sleep(5))


async def test_figures_are_for_listed_addresses(
    client: Browser, stranger: httpx.AsyncClient
) -> None:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    for name in (
        "jiandu_facts ",
        "jiandu_deliveries_pending ",
        "jiandu_worker_heartbeat_age_seconds -1",
        "jiandu_database_up 1.0",
    ):
        assert name in answer.text, name
    assert (await stranger.get("/metrics")).status_code == 404


async def test_figures_answer_even_without_the_database(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr(health.db, "value", broken)
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "jiandu_database_up 0.0" in answer.text


@pytest.mark.parametrize(
    ("listed", "client_address", "allowed"),
    [
        (("127.0.0.1",), "127.0.0.1", True),
        (("10.0.0.0/8",), "10.9.8.7", True),
        (("10.0.0.0/8",), "::ffff:10.9.8.7", True),
        (("10.0.0.0/8",), "11.0.0.1", False),
        (("::1",), "127.0.0.1", False),
        ((), "127.0.0.1", False),
        (("127.0.0.1",), "unix", False),
    ],
)
def test_addresses_and_networks(
    listed: tuple[str, ...],
    client_address: str,
    allowed: bool,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    class Named:
        host = client_address

    class Request:
        client = Named()
        headers = frozenset()

    class Platform:
        pass

    Platform.settings = dataclasses.replace(  # type: ignore[attr-defined]
        settings, server=dataclasses.replace(settings.server, metrics_allow=listed)
    )

    class Held:
        platform = Platform()

    monkeypatch.setattr(health, "held", lambda _request: Held())
    assert health._allowed(Request()) is allowed  # type: ignore[arg-type]


# --- what is logged ----------------------------------------------------------------------------


@pytest.fixture
def json_log(settings: Settings) -> Iterator[Any]:
    """Logging as in production, and what it wrote."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    set_up(dataclasses.replace(settings, logging=Logging(level="info", format="json")))
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def test_a_line_is_one_object_with_the_request_it_belongs_to(json_log: Any) -> None:
    set_request_id("ABCD2345")
    try:
        logging.getLogger("jiandu.sample").warning("第 %d 次", 3, extra={"again": True})
        try:
            int("x")
        except ValueError:
            logging.getLogger("jiandu.sample").exception("failed")
    finally:
        set_request_id("")
    first, second = json_log()
    assert first["event"] == "第 3 次"
    assert first["request_id"] == "ABCD2345"
    assert first["again"] is True
    assert (first["level"], first["logger"]) == ("warning", "jiandu.sample")
    assert first["timestamp"].endswith("Z")
    assert second["exception"][0]["exc_type"] == "ValueError"


async def call(application: Any, path: str = "/cases/17", **scope: Any) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(_message: Any) -> None:
        pass

    whole = {"type": "http", "method": "GET", "path": path, "headers": [], **scope}
    await observed(application)(whole, receive, send)


async def test_a_request_is_logged_without_its_query_and_counted_by_route(json_log: Any) -> None:
    async def application(scope: Any, _receive: Any, send: Any) -> None:
        scope["path_template"] = "/cases/{id}"
        headers = [(b"x-request-id", b"WXYZ2345")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    before = REQUESTS.labels("GET", "/cases/{id}", "200")._value.get()
    await call(application, query_string=b"name=%E6%9D%8E")
    (line,) = json_log()
    assert (line["method"], line["path"], line["status"]) == ("GET", "/cases/17", 200)
    assert line["request_id"] == "WXYZ2345"
    assert "name=" not in json.dumps(line)
    assert REQUESTS.labels("GET", "/cases/{id}", "200")._value.get() == before + 1


async def test_unknown_paths_and_methods_make_no_series_of_their_own(json_log: Any) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})

    before = REQUESTS.labels("OTHER", "(none)", "404")._value.get()
    for number in range(3):
        await call(application, f"/wp-admin/{number}", method=f"X{number}")
    assert REQUESTS.labels("OTHER", "(none)", "404")._value.get() == before + 3
    assert len(json_log()) == 3


async def test_a_crash_is_counted_as_500_and_goes_on(json_log: Any) -> None:
    async def application(*_: Any) -> None:
        raise RuntimeError("bug")

    with pytest.raises(RuntimeError):
        await call(application)
    assert json_log()[0]["status"] == 500
    assert request_id() == ""


async def test_probes_do_not_fill_the_log(json_log: Any) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    await call(application, "/healthz")
    await call(application, "/static/css/jiandu.css")
    assert json_log() == []


@pytest.mark.usefixtures("current_migrations")
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
async def test_through_a_proxy_nobody_declared_the_world_is_not_this_machine(
    client: Browser, header: str
) -> None:
    assert (await client.get("/metrics")).status_code == 200
    behind = {header: "203.0.113.9"}
    assert (await client.get("/metrics", headers=behind)).status_code == 404
    ready = await client.get("/readyz", headers=behind)
    assert set(ready.json()) == {"status"}, "the conclusion, without reasons"
