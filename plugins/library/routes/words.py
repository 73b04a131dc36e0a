# SPDX-License-Identifier: Apache-2.0
"""What pages read out of an address."""

from datetime import date
from typing import Any

from core.api import clock
from core.api.errors import Invalid
from core.api.regions import RegionRow, region
from core.api.web import Bound, Request, UploadedFile, number_of
from plugins.library.services.reading import FIELD, MOST_BYTES


def asked_day(request: Request, name: str = "on") -> date | None:
    """A day of the address; none when it is missing or none."""
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError:
        return None


def asked_number(request: Request, name: str) -> int:
    """A number of the address, 0 without."""
    return number_of(request.query_params.get(name, "")) or 0


async def asked_region(request: Request, default: int = 0) -> RegionRow | None:
    """The region chosen, by its id."""
    number = asked_number(request, "region") or default
    return await region(number) if number else None


async def sent_file(form: Bound[Any]) -> tuple[str, bytes] | None:
    """The file of a form, if one was chosen."""
    for each in form.files.get(FIELD, []):
        if isinstance(each, UploadedFile) and each.size:
            if each.size > MOST_BYTES:
                raise Invalid({FIELD: f"文件超过 {MOST_BYTES // 1024 // 1024} MB，不像一部法律。"})
            return each.name, await each.read()
    return None


def today() -> date:
    """The office's day."""
    return clock.today()
