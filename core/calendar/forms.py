# SPDX-License-Identifier: Apache-2.0
"""What the calendar page posts."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class YearForm(msgspec.Struct):
    """A year's notice as a pasted list."""

    year: Annotated[int, Meta(title="年份", ge=2004, le=2100)]
    source: Annotated[str, Meta(title="依据", min_length=4, max_length=200)]
    days: Annotated[str, Meta(title="放假和调休", min_length=4, max_length=20000)]
    place: Annotated[int, Meta(title="适用范围", extra={"choose": True})]


class DayForm(msgspec.Struct):
    """One day, e.g. a local holiday."""

    day: Annotated[date, Meta(title="日期")]
    kind: Annotated[Literal["rest", "work"], Meta(title="安排")]
    note: Annotated[str, Meta(title="名目和依据", min_length=2, max_length=120)]
    place: Annotated[int, Meta(title="适用范围", extra={"choose": True})]
