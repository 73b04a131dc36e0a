# SPDX-License-Identifier: Apache-2.0
"""Start-up errors of the plugin host: they name the plugin, so nobody has to search."""


class PluginError(Exception):
    """A plugin cannot be loaded or declares something impossible; the start-up stops."""

    def __init__(self, plugin: str, what: str, hook: str = "") -> None:
        self.plugin, self.hook, self.what = plugin, hook, what
        where = f"plugin {plugin!r}, hook {hook!r}" if hook else f"plugin {plugin!r}"
        super().__init__(f"{where}: {what}")


def failure_text(error: BaseException) -> str:
    """What may be stored about a failure: its type and a short text.

    Never PostgreSQL's DETAIL line, which quotes the values of a row.
    """
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text}"[:500].rstrip(": ")
