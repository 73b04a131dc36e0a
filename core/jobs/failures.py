# SPDX-License-Identifier: Apache-2.0
"""What failed in the background, written down where an administrator sees it."""

import traceback

from core import clock, db
from core.host.errors import failure_text


def trace_of(error: BaseException) -> str:
    """Files, lines and functions of the failure; no values, since those may be personal data."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return "\n".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)


async def note(
    what: str, name: str, ref: int, error: BaseException, *, tries: int, final: bool
) -> None:
    """Write down a failure of ``ref``; one open row per piece of work, the newest error in it."""
    text, trace, now = failure_text(error), trace_of(error), clock.now()
    changed = await db.execute(
        "update core_failure set error = $3, trace = $4, tries = $5, final = $6, at = $7"
        " where what = $1 and work = $2 and resolved_at is null",
        what,
        ref,
        text,
        trace,
        tries,
        int(final),
        now,
    )
    if not changed:
        await db.execute(
            "insert into core_failure (what, name, work, error, trace, tries, final, at,"
            " resolved_at, resolved_by) values ($1, $2, $3, $4, $5, $6, $7, $8, null, 0)",
            what,
            name[:160],
            ref,
            text,
            trace,
            tries,
            int(final),
            now,
        )


async def settle(what: str, ref: int, by: int = 0) -> None:
    """The piece of work succeeded or is tried again: its failure is no longer open."""
    await db.execute(
        "update core_failure set resolved_at = $3, resolved_by = $4"
        " where what = $1 and work = $2 and resolved_at is null",
        what,
        ref,
        clock.now(),
        by,
    )
