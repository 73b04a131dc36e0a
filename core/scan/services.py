# SPDX-License-Identifier: Apache-2.0
"""Asking every plugin whether a code is one of its own."""

import logging
from dataclasses import dataclass

from core import db
from core.api.plugin import SubjectLabel, SubjectRef
from core.credentials.services import doubt_of
from core.host.enabling import is_enabled
from core.host.registry import current
from core.scan.rules import clean_code
from core.scope import Scope

log = logging.getLogger("jiandu.scan")

WHY = "whoever holds a code in his hand may know what it is the code of"


@dataclass(frozen=True, slots=True)
class Found:
    """What a code stands for, as whoever scanned it may read it."""

    subject: SubjectRef
    kind: str
    """The kind in words: 执法人员."""
    label: SubjectLabel


async def resolve(code: str, scope: Scope) -> SubjectRef | None:
    """The object a scanned or typed code stands for; None for codes nobody knows.

    Every subject kind with ``resolve`` is asked, those of plugins that are off in the region of
    ``scope`` are not. A code is what somebody holds in his hand, so it is looked up past his
    scope; what he may then see of the object its own pages decide.
    """
    text = clean_code(code)
    if not text:
        return None
    registry = current()
    # A visitor without a session stands in no region; for him the whole country decides.
    place = scope.region.lo if scope.region.lo <= scope.region.hi else 0
    for kind in registry.subject_kinds.values():
        if kind.resolve is None:
            continue
        if not await is_enabled(registry.plugin_of(kind), place):
            continue
        try:
            async with db.transaction(Scope.platform(WHY).read_only()):
                ref = await kind.resolve(text)
        except Exception:
            # One plugin's fault must not make the other codes unreadable.
            log.exception("resolving a code as %s failed", kind.key)
            continue
        if ref is not None:
            return ref
    return None


async def doubt(code: str) -> str:
    """Why whoever holds out this code is not to be let in by it, in a sentence; empty = nothing.

    A picture of a code that changes every two minutes, or a signature that does not hold, still
    carries the address of its object.
    """
    text = clean_code(code)
    if not text:
        return ""
    async with db.transaction(Scope.platform(WHY).read_only()):
        return await doubt_of(text)


async def look_up(code: str, scope: Scope) -> Found | None:
    """What a code stands for, in words; without the way to a page the scope does not open."""
    ref = await resolve(code, scope)
    if ref is None:
        return None
    kind = current().subject_kinds.get(ref.kind)
    if kind is None:
        return None
    async with db.transaction(scope):
        label = await kind.describe(ref.id, scope)
    if label is None:
        wide = Scope.platform(WHY).read_only()
        async with db.transaction(wide):
            seen = await kind.describe(ref.id, wide)
        label = SubjectLabel(seen.title, "", seen.detail) if seen else None
    return Found(ref, kind.title, label) if label is not None else None
