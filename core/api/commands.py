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
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Command"]


def _no_arguments(_parser: argparse.ArgumentParser) -> None:
    """For commands that take none."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One sub-command of ``jiandu``."""

    name: str
    help: str
    run: Callable[[argparse.Namespace], int]
    configure: Callable[[argparse.ArgumentParser], None] = _no_arguments
