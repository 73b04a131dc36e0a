# SPDX-License-Identifier: Apache-2.0
"""Commands that plugins bring to ``jiandu``, through the extension point ``core.command``.

    Contribution("core.command", "inspection.replay", {
        "name": "replay", "help": "重放事件日志", "configure": configure, "run": run,
    })

``configure`` adds arguments to the parser, ``run`` gets what was parsed and returns the exit
code. A plugin that lists the same commands as ``COMMANDS`` in its ``commands.py`` spares whoever
runs one the loading of all plugins. Neither database nor web server is started for it: what a command needs it starts itself,
inside ``run``, so that ``jiandu --help`` stays quick.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Command", "with_database"]

T = TypeVar("T")


def _no_arguments(_parser: argparse.ArgumentParser) -> None:
    """For commands that take none."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One sub-command of ``jiandu``."""

    name: str
    help: str
    run: Callable[[argparse.Namespace], int]
    configure: Callable[[argparse.ArgumentParser], None] = _no_arguments


def with_database(work: Callable[[], Awaitable[T]]) -> T:
    """Run ``work`` against the platform's database, with all plugins loaded.

    That of a running ``jiandu serve``, or the embedded one, started for the time of the command.
    ``OSError`` when there is none.
    """
    from core.db import DB, WEB
    from core.host.registry import build, set_current
    from core.serve.supervisor import ServeError, stores
    from core.settings import load

    async def run(url: str) -> T:
        set_current(build())
        DB.configure(url, WEB)
        await DB.start_connection_pool(min_size=1, max_size=2)
        try:
            return await work()
        finally:
            await DB.close_connection_pool()

    try:
        with stores(load()) as address:
            return asyncio.run(run(address["DATABASE_URL"]))
    except ServeError as error:
        raise OSError(str(error)) from error
