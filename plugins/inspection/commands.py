# SPDX-License-Identifier: Apache-2.0
"""The plugin's commands where ``jiandu`` finds them without loading any plugin."""

from core.api.commands import Command
from plugins.inspection.replay import command as replay
from plugins.inspection.replay import rules_command

COMMANDS = [
    Command(name="replay", help=replay.HELP, configure=replay.configure, run=replay.run),
    Command(
        name="rules",
        help=rules_command.HELP,
        configure=rules_command.configure,
        run=rules_command.run,
    ),
]
