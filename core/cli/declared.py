# SPDX-License-Identifier: Apache-2.0
"""What the command line declares: the seam through which plugins bring commands."""

from core.api.commands import Command
from core.api.plugin import ExtensionPoint

EXTENSION_POINTS = [
    ExtensionPoint(
        "core.command",
        "命令行子命令",
        Command,
        docs="见 core.api.commands：name、help、run，可选 configure。",
    )
]
