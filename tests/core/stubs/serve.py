# SPDX-License-Identifier: Apache-2.0
"""The real supervisor over stand-in programs: ``serve.py [migrate=false] [web=…] [reload=folder]``."""

import os
import sys
from pathlib import Path

from core.serve import reloading
from core.serve.supervisor import Commands, Supervisor
from core.settings import read

HERE = Path(__file__).parent
given = dict(word.split("=", 1) for word in sys.argv[1:])
commands = Commands(
    web=(sys.executable, given.get("web", str(HERE / "web.py"))),
    worker=(sys.executable, str(HERE / "worker.py")),
    migrate=(given.get("migrate", "true"),),
    seed=(sys.executable, "-c", given.get("seed", "")),
)
supervisor = Supervisor(
    read(os.environ),
    exact_port=bool(os.environ.get("PORT")),
    commands=commands,
    say=lambda words: print(words, flush=True),  # noqa: T201 - the test reads it
    reload="reload" in given,
)
if "reload" in given:
    # The test edits a folder of its own, not the code that others are just testing.
    reloading.Watcher.__init__.__defaults__ = ((Path(given["reload"]),),)
sys.exit(supervisor.run())
