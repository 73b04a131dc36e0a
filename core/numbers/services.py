# SPDX-License-Identifier: Apache-2.0
"""Numbers of documents without gaps: 案号, 文号, 督办编号."""

from core.db import value


async def next_number(series: str, organ: int, year: int) -> int:
    """The next number of ``series`` of an organ in a year, starting at 1.

    Taken inside the caller's transaction: the counter's row stays locked until that commits, so
    the next document waits, and a rolled-back one leaves no gap. Ask for it last, when the
    document is issued, never for a draft.
    """
    number: int = await value(
        """
        insert into core_number_series as s (series, organ, year, last) values ($1, $2, $3, 1)
        on conflict (series, organ, year) do update set last = s.last + 1
        returning last
        """,
        series,
        organ,
        year,
    )
    return number


async def last_number(series: str, organ: int, year: int) -> int:
    """The number given out last; 0 when none was."""
    return (
        await value(
            "select last from core_number_series where series = $1 and organ = $2 and year = $3",
            series,
            organ,
            year,
        )
        or 0
    )
