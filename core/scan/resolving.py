# SPDX-License-Identifier: Apache-2.0
"""What a scanned or typed code stands for: every kind of object is asked."""

import logging

from core import db
from core.api.plugin import SubjectRef
from core.host import registry as host_registry
from core.scope import Scope

log = logging.getLogger("jiandu.scan")

LONGEST = 2000


async def resolve(code: str, scope: Scope) -> SubjectRef | None:
    """The first object that knows ``code``; ``None`` for unknown, forged and hostile ones.

    Each kind is asked in a savepoint under ``scope``; one that fails is passed over. Nothing is
    ever fetched from an address in the code.
    """
    code = code.strip()
    if not code or len(code) > LONGEST:
        return None
    for key, kind in host_registry.current().subject_kinds.items():
        if kind.resolve is None:
            continue
        try:
            async with db.transaction(scope):
                found = await kind.resolve(code)
        except Exception:
            log.exception("resolving a code as %s failed", key)
            continue
        if found is not None:
            return found
    return None
