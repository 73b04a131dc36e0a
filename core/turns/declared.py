# SPDX-License-Identifier: Apache-2.0
"""What the home page brings to the platform: its route and its place in the menu."""

from typing import Any

from core.api.plugin import NavItem, SubjectKind, SubjectLabel
from core.scope import Scope


def route_handlers() -> list[Any]:
    from core.turns.routes import home, watch

    return [home, watch]


async def _mine(_scope: Scope) -> int:
    """My open turns. Which of the unit's turns are mine depends on the acting role's rights."""
    from core.turns.queries import my_turns
    from core.web.state import current

    kept = current.get()
    return await my_turns(kept.visitor) if kept is not None and kept.visitor is not None else 0


nav_items = [
    NavItem("首页", "/", permission="", section="", icon="home", weight=0, badge=_mine),
]


async def _describe(_id: int, _scope: Scope) -> SubjectLabel:
    return SubjectLabel("首页", "/")


# The home page is a subject, so that plugins may bring buttons to it as they do to any object.
subject_kinds = [SubjectKind("core.home", "首页", _describe)]
