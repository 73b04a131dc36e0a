# SPDX-License-Identifier: Apache-2.0
"""Which Chromium the browser tests drive, and how it is started."""

import shutil

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)
"""Programs by preference: without a window of its own a page costs half the processor time."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Runs as root in a container, and asks nobody in the network for anything."""


def find() -> str:
    """The path of the browser, empty where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), "")
