# SPDX-License-Identifier: Apache-2.0
"""One box for case numbers, parties, officers, certificates: every kind of object is asked.

Each kind is searched by its own plugin under the visitor's scope and only for who may read such
objects; one that fails is named on the page and takes nothing else away.
"""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from core import db
from core.auth.access import requires, visitor
from core.forms import clean
from core.search.services import LONGEST, ask_each
from core.web.responses import page, redirect


@get("/search", guards=[requires()])
async def search(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    """What the visitor may find under these words; a code that fits exactly opens its object."""
    text = clean(q)[:LONGEST]
    groups: list[dict[str, Any]] = []
    failed: list[str] = []
    if text:
        async with db.transaction(visitor(request).scope):
            async for kind, path, found, broken in ask_each(request, text):
                if path:
                    return redirect(request, path)
                if broken:
                    failed.append(kind.title)
                if found:
                    groups.append({"title": kind.title, "results": list(found)})
    return page(request, "pages/search.html", q=text, groups=groups, partial_failure=failed)
