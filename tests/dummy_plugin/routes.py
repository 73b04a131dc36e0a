# SPDX-License-Identifier: Apache-2.0
"""Two routes: one for who holds the permission, one for everybody."""

from litestar import get

from core.api.access import public, requires


@get("/notes", guards=[requires("dummy.note.read")])
async def notes() -> str:
    """All notes."""
    return "便笺"


@get("/about", opt=public("says only what this plugin is"))
async def about() -> str:
    """What this plugin is."""
    return "示例"
