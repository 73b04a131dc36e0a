# SPDX-License-Identifier: Apache-2.0
"""One box for case numbers, parties, officers, certificates: every kind of object is asked.

Each kind is searched by its own plugin under the visitor's scope and only for who may read such
objects; one that fails is named on the page and takes nothing else away.
"""

import logging
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from core import db
from core.auth.access import requires, visitor
from core.forms import clean
from core.web.responses import page, redirect
from core.web.state import held

log = logging.getLogger("jiandu.search")

LONGEST = 80


@get("/search", guards=[requires()])
async def search(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    """What the visitor may find under these words; a code that fits exactly opens its object."""
    who = visitor(request)
    kept = held(request)
    registry = kept.platform.registry
    text = clean(q)[:LONGEST]
    groups: list[dict[str, Any]] = []
    failed: list[str] = []
    if text:
        async with db.transaction(who.scope):
            for kind in registry.subject_kinds.values():
                if kind.permission and kind.permission not in who.permissions:
                    continue
                if registry.plugin_of(kind) not in kept.enabled:
                    continue
                try:
                    # A savepoint each: an SQL error of one plugin must not end the transaction.
                    async with db.transaction():
                        if kind.resolve is not None and (ref := await kind.resolve(text)):
                            label = await kind.describe(ref.id, who.scope)
                            if label is not None and label.path:
                                return redirect(request, label.path)
                        found = await kind.search(text, who.scope) if kind.search else ()
                except Exception:
                    log.exception("searching %s failed", kind.key)
                    failed.append(kind.title)
                    continue
                if found:
                    groups.append({"title": kind.title, "results": list(found)})
    return page(request, "pages/search.html", q=text, groups=groups, partial_failure=failed)
