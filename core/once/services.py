# SPDX-License-Identifier: Apache-2.0
"""Lost answers, two tabs, a draft sent again by itself: the second arrival changes nothing.

The page carries a random key in a hidden field (macro ``once``). The act notes it in its own
transaction; whoever arrives later with the same key, or at the same moment, is led to where the
first one was. A telephone may keep a draft for weeks, so keys are kept for half a year.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response

from core import clock, db
from core.auth.access import visitor_or_none
from core.keys.cipher import lookup_hash
from core.web.responses import redirect

KEPT = timedelta(days=183)
REPEATED = "这份表已经提交过，没有重复办理。"
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")

Req = Request[Any, Any, Any]


def _holder(request: Req) -> bytes:
    who = visitor_or_none(request)
    # Without an account the key itself is the secret: nobody else was shown it.
    return lookup_hash(f"user {who.user_id}" if who else "nobody", "once")


async def once(request: Req, key: str) -> Response[Any] | None:
    """The way to what this form did before, or None when it has done nothing yet.

    The first statement of the act's own transaction: two arrivals at the same moment wait for
    each other here, and the second sees what the first did. With files, ask outside as well,
    before ``attachments``: they belong to the first arrival by now. A page that brings no key (or
    none of ours) acts as often as it is sent.
    """
    if not _KEY.match(key):
        return None
    if not db.in_transaction():
        async with db.transaction(db.Scope.nothing()):
            return await once(request, key)
    await db.execute("select pg_advisory_xact_lock(hashtextextended('once ' || $1, 0))", key)
    location = await db.value(
        "select location from core_once where holder = $1 and key = $2", _holder(request), key
    )
    if location is None:
        return None
    return redirect(request, location, message=REPEATED)


async def remember_once(request: Req, key: str, location: str) -> None:
    """Note where the act led to; belongs into the transaction of the act."""
    if not _KEY.match(key):
        return
    await db.execute(
        "insert into core_once (holder, key, location, at) values ($1, $2, $3, $4)",
        _holder(request),
        key,
        location[:400],
        clock.now(),
    )


async def sweep(*, now: datetime | None = None) -> int:
    """Forget keys nobody sends any more."""
    return await db.execute("delete from core_once where at < $1", (now or clock.now()) - KEPT)
