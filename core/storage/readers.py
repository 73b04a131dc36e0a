# SPDX-License-Identifier: Apache-2.0
"""Who reads the files of a purpose at ``/files/{id}``: nobody, unless its plugin says who.

The scope alone would open the evidence of cases to everybody of the unit who counts through the
numbers, and one right in the plugin is no reason either: a leader who is shown a complaint without
its sender must not find the photo behind the next number.
"""

from collections.abc import Collection
from dataclasses import dataclass

from core.api.plugin import Contribution
from core.host.registry import Registry

POINT = "core.file_readers"


@dataclass(frozen=True, kw_only=True)
class FileReaders:
    """A contribution to ``core.file_readers``; its key is the purpose the files are kept for."""

    permissions: tuple[str, ...]
    """Any one of them opens the file, inside the scope."""
    originals: bool = True
    """Whether the same people may also save what was received, camera data and all."""


def readers(purpose: str, *permissions: str, originals: bool = True) -> Contribution:
    """``/files/{id}`` of this purpose opens to whoever holds one of the permissions.

    The purpose begins with the name of the plugin. Files of a purpose without such a line leave
    by a route of their plugin only, which decides for each of them (``send_file``).
    """
    return Contribution(POINT, purpose, {"permissions": permissions, "originals": originals})


def may_read(
    registry: Registry,
    enabled: Collection[str],
    held: Collection[str],
    purpose: str,
    *,
    original: bool,
) -> bool:
    """Whether one of the permissions opens a file of this purpose; pure.

    Nobody reads the files of a plugin that has been taken away, or is off where the reader is:
    with it went the rights that would decide. Files of the core belong to their place alone.
    """
    plugin = purpose.partition(".")[0]
    if plugin == "core":
        return True
    if plugin not in enabled:
        return False
    for each in registry.contributions(POINT):
        if each.key == purpose and each.plugin == plugin:
            value: FileReaders = each.value
            return (value.originals or not original) and not set(value.permissions).isdisjoint(held)
    return False
