# SPDX-License-Identifier: Apache-2.0
"""The real supervisor, web process, worker and migrations; only the demo is the short one."""

import os
import sys

from core.serve.supervisor import Commands, Supervisor
from core.settings import read

supervisor = Supervisor(
    read(os.environ),
    exact_port=True,
    commands=Commands(seed=(sys.executable, "-m", "tests.faults.world")),
    say=lambda words: print(words, flush=True),  # noqa: T201 - shown when a test fails
)
sys.exit(supervisor.run())
