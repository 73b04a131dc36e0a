# SPDX-License-Identifier: Apache-2.0
"""What the routes of complaints share."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api.access import visitor
from core.api.web import Request
from plugins.complaints.rules.intake import Unit
from plugins.complaints.services import Actor

NO_STORE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


def actor(request: Request) -> Actor:
    """The visitor as the services know him."""
    who = visitor(request)
    return Actor(who.scope, who.person_id, who.user_id, who.name, who.permissions, who.region.lo)


def options(units: Sequence[Unit]) -> list[tuple[int, str]]:
    """Units for a selection: those at the top of the tree."""
    tops = [u for u in units if not any(o is not u and o.holds(u) for o in units)]
    return [(u.id, u.name) for u in tops]


def grouped(units: Sequence[Unit]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Bodies under their departments, for a selection with groups."""
    tops = [u for u in units if not any(o is not u and o.holds(u) for o in units)]
    return [(top.name, [(u.id, u.name) for u in units if top.holds(u)]) for top in tops]


def take(form: Any, errors: Mapping[str, str]) -> None:
    """What a service found wrong, beside its fields."""
    for name, sentence in errors.items():
        form.error(name, sentence)
