# SPDX-License-Identifier: Apache-2.0
"""The same platform on a later day: one more web process on its database, with the clock ahead.

Nothing is rewritten so that time seems to have passed. The pages, the rules and the sweep of
deadlines are those of the platform; only what they take for the present moment is moved, as on a
machine whose clock is wrong. ``GET /later?days=40&minutes=0`` moves it and lets the deadlines that
have passed by then lapse, with everything that follows from them.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from core.settings import ROOT
from tests.journeys.instance import START_SECONDS, free_port, without_own_settings

MOVE = "/later"


class Later:
    """A web process of a running platform whose clock is ahead; ``to(days)`` moves it."""

    def __init__(self, data: Path, output: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = output
        with output.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.later", "--port", str(self.port)],
                cwd=ROOT,
                env={**without_own_settings(), "DATA": str(data), "JIANDU_DEMO": "1"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def to(self, days: int, *, minutes: int = 0, lapse: bool = True) -> "Later":
        """Stand so long after now; what has run out by then is found, unless told not to."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                address = f"{self.url}{MOVE}?days={days}&minutes={minutes}&lapse={int(lapse)}"
                with urllib.request.urlopen(address, timeout=120):
                    return self
            except (urllib.error.URLError, ConnectionError) as error:
                ended = self._process.poll() is not None
                if ended or isinstance(error, urllib.error.HTTPError) or time.monotonic() > end:
                    said = self.output.read_text("utf-8", "replace")[-4000:]
                    raise RuntimeError(f"the later day did not begin:\n{said}") from error
                time.sleep(0.2)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


async def publish_coming_years() -> None:
    """The notices of the years the journeys walk into have appeared: nothing lapses without."""
    from core import db
    from core.calendar.days import import_year
    from core.calendar.queries import load_calendar
    from core.calendar.rules import DayEntry
    from core.clock import today
    from core.intervals import Interval
    from core.regions.queries import country

    this = today().year
    async with db.transaction(db.Scope.platform("the notices of coming years have appeared")):
        home = await country()
        known = await load_calendar(home.lo)
        for year in (this, this + 1, this + 2):
            if not known.published(year):
                entries = [DayEntry(date(year, 1, 1), False, "元旦")]
                await import_year(
                    year, entries, "测试用的安排", Interval(home.lo, home.hi), home.id
                )


async def lapse_everything() -> None:
    """Find the deadlines that have passed, and do what follows from that."""
    from core import db
    from core.calendar.sweep import lapse_due_clocks
    from core.host.facts import deliver_one
    from core.host.registry import current
    from core.jobs.services import WORKER, drain

    async with db.transaction(WORKER):
        await lapse_due_clocks()
    await drain(current(), deliver_one)


def application() -> Any:
    """The platform as it is, in front of it the clock."""
    from core import clock
    from core.asgi import app

    ahead = timedelta()

    async def moved(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        nonlocal ahead
        clock.set_source(lambda: datetime.now(UTC) + ahead)
        if scope["type"] != "http" or scope["path"] != MOVE:
            await app(scope, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode())
        ahead = timedelta(days=int(asked["days"][0]), minutes=int(asked["minutes"][0]))
        await publish_coming_years()
        if asked["lapse"] == ["1"]:
            await lapse_everything()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return moved


def main() -> None:
    """Serve on the port that was asked for, until told to stop."""
    import uvicorn

    from core.logging import set_up
    from core.settings import load

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    os.environ["JIANDU_PROCESS"] = "later"
    set_up(load())
    uvicorn.run(application(), host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
