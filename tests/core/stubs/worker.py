# SPDX-License-Identifier: Apache-2.0
"""Stands in for the worker: does nothing until it is told to stop."""

import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
while True:
    signal.pause()
