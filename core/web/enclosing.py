# SPDX-License-Identifier: Apache-2.0
"""What other plugins bring to a page: panels, buttons, and names for objects one does not own."""

import logging
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

from core import db
from core.api.plugin import Action, Panel, SubjectLabel, SubjectRef
from core.host import registry as host_registry
from core.host.enabling import is_enabled
from core.observing import note
from core.scope import Scope
from core.web.state import held

log = logging.getLogger("jiandu.web")


def panels_for(request: Any, subject_kind: str) -> list[Panel]:
    """The panels this visitor sees on a detail page of ``subject_kind``."""
    found = [each for each in _registry(request).panels(subject_kind) if _shown(request, each)]
    for each in found:
        note("panels", _registry(request).plugin_of(each), each.key)
    return found


def actions_for(request: Any, subject_kind: str, *, many: bool | None = None) -> list[Action]:
    """The buttons this visitor sees on rows, selections and pages of ``subject_kind``."""
    return [
        each
        for each in _registry(request).actions(subject_kind)
        if _shown(request, each) and (many is None or each.many == many)
    ]


def public_actions(request: Any, subject_kind: str) -> list[Action]:
    """The buttons without a permission, for pages anybody may read; their routes are public.

    Without a visitor there is no region in which a plugin could be switched off; its own route
    says so.
    """
    return [each for each in _registry(request).actions(subject_kind) if not each.permission]


def _registry(request: Any) -> host_registry.Registry:
    return held(request).platform.registry


def _shown(request: Any, entry: Panel | Action) -> bool:
    kept = held(request)
    who = kept.visitor
    if who is None or (entry.permission and entry.permission not in who.permissions):
        return False
    return _registry(request).plugin_of(entry) in kept.enabled


async def describe(
    refs: Iterable[SubjectRef], scope: Scope, permissions: Container[str] | None
) -> dict[SubjectRef, SubjectLabel]:
    """Names and pages of objects of any plugin, as far as the scope sees them.

    Inside the caller's transaction. What is invisible, gone, or of an absent plugin is left out;
    of a plugin that is off here only the name is told, its page answers 404. Likewise where the
    reader's ``permissions`` lack the one the kind asks for: its page answers 403. ``None`` is for
    those who make no link of it: who wants a name only, or asks whether the object is seen.
    """
    registry = host_registry.current()
    found: dict[SubjectRef, SubjectLabel] = {}
    for ref in dict.fromkeys(refs):
        kind = registry.subject_kinds.get(ref.kind)
        if kind is None:
            continue
        try:
            async with db.transaction():
                label = await kind.describe(ref.id, scope)
        except Exception:
            log.exception("describing %s failed", ref.kind)
            continue
        if label is None:
            continue
        on = await is_enabled(registry.plugin_of(kind), scope.region.lo, registry=registry)
        barred = permissions is not None and kind.permission and kind.permission not in permissions
        found[ref] = label if on and not barred else replace(label, path="")
    return found
