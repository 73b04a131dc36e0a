# SPDX-License-Identifier: Apache-2.0
"""Reads one workbook in a process of its own, with little memory and little time.

A workbook of one kilobyte may name a cell in the last row and the last column; the library then
asks for half a terabyte for the cells between, and the process that asked is ended. It must be
this one, and not the one that serves everybody else. Started by ``reading``; it imports nothing
of the platform, so that it is there in a tenth of a second.
"""

import io
import json
import resource
import sys
from datetime import date
from typing import Any

MEMORY = 1 << 30
SECONDS = 30
MOST_COLUMNS = 256
"""No office sheet is wider; what stands further to the right is left out."""
ROWS_OF_A_LINE = 200
UNREADABLE = 3
"""The exit code for what is no workbook at all."""


def limit() -> None:
    """Take away what a workbook of an office does not need."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (wanted, wanted))


def cell(value: Any) -> Any:
    """A cell as JSON holds it; a day becomes a list, so that it stays one."""
    if isinstance(value, date):
        return [value.isoformat()]
    return value if isinstance(value, str | int | float) or value is None else str(value)


def main() -> int:
    """The first sheet of the workbook on standard input: its name, then its rows, as lines of JSON.

    A few hundred rows in a line, so that whoever reads it never holds the sheet twice.
    """
    limit()
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        name = book.sheet_names[0]
        sheet = book.get_sheet_by_index(0)
        grid = sheet.to_python(skip_empty_area=False, nrows=int(sys.argv[1]))
    except (CalamineError, IndexError, ValueError, OSError):
        return UNREADABLE
    sys.stdout.write(json.dumps(name) + "\n")
    for start in range(0, len(grid), ROWS_OF_A_LINE):
        some = grid[start : start + ROWS_OF_A_LINE]
        rows = [[cell(value) for value in row[:MOST_COLUMNS]] for row in some]
        sys.stdout.write(json.dumps(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
