# SPDX-License-Identifier: Apache-2.0
"""Whatever leaves a plugin is found by asking every address, not by a list somebody must keep.

An answer leaves the platform when it is a file, when it stands on the layout for paper, or when it
leads to a stored document. Each must be masked and must have left its trace.
"""

import io
import re
import zipfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from core import db
from core.sealing.services import SEALER, seal_batch

ID_NUMBER = "150822198801120477"
PHONE = "13947812345"
LANDLINE = "0478-4212345"
PLANTED = f"身份证{ID_NUMBER}，手机{PHONE}，家里{LANDLINE}"
WIDE = "，又写作１３９４７８１２３４５和152822 19880112 0478"
SPOKEN = PLANTED + WIDE
LEAKS = (
    ID_NUMBER,
    PHONE,
    LANDLINE,
    "4212345",
    "１３９４７８１２３４５",
    "19880112 0478",
    "19880112",
)


@dataclass
class Left:
    """One thing that left: its address, its text, and the facts it left."""

    path: str
    form: str
    text: str
    traces: list[dict[str, Any]]


def addresses(app: Any, plugin: str, values: Mapping[str, Any]) -> list[str]:
    """Every GET address of the plugin, its parameters filled; one without a value is a mistake."""
    found = []
    for route in app.routes:
        methods = getattr(route, "methods", ())
        if "GET" not in methods or not re.match(rf"/{plugin}(/|$)", route.path):
            continue
        path = route.path
        for name in re.findall(r"\{(\w+):\w+\}", path):
            path = re.sub(rf"\{{{name}:\w+\}}", str(values[name]), path)
        found.append(path)
    return sorted(set(found))


def text_of(answer: Any) -> str:
    """What can be read in an answer; of a workbook all its texts."""
    body = answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            return "\n".join(book.read(n).decode("utf-8", "ignore") for n in book.namelist())
    return body.decode("utf-8", "ignore")


def form_of(answer: Any) -> str:
    """How it leaves; nothing for what is only looked at."""
    kind = answer.headers.get("content-type", "")
    if answer.status_code == 303:
        return "file" if answer.headers["location"].startswith("/files/") else ""
    if answer.status_code != 200:
        return ""
    if "Accept-Ranges" in answer.headers:
        return "file"  # one that was stored, given as it is
    if "Content-Disposition" in answer.headers:
        return kind.partition(";")[0]
    return "paper" if "jd-paper__sheet" in answer.text and kind.startswith("text/html") else ""


async def leaving(
    client: Any, app: Any, plugin: str, values: Mapping[str, Any]
) -> AsyncIterator[Left]:
    """Ask every address of the plugin, as a page and as a workbook; what leaves is given back."""
    for path in addresses(app, plugin, values):
        for query in ("", "?format=xlsx"):
            before = await _last()
            answer = await client.get(path + query)
            form = form_of(answer)
            if form and not (query and form == "paper"):
                yield Left(path + query, form, text_of(answer), await _traces(before))


async def _last() -> int:
    async with db.transaction(db.Scope.platform("a test looks at everything")):
        return int(await db.value("select coalesce(max(id), 0) from core_fact"))


async def _traces(since: int) -> list[dict[str, Any]]:
    async with db.transaction(db.Scope.platform("a test looks at everything")):
        return await db.rows(
            "select actor, payload::jsonb as payload from core_fact"
            " where id > $1 and kind = 'core.listing.exported' order by id",
            since,
        )


def problems(left: Left) -> list[str]:
    """What is wrong with one thing that left."""
    found = [f"{left.path} shows {leak}" for leak in LEAKS if leak in left.text]
    if left.form in ("application/pdf", "file"):
        found = []  # a paper made for the party names it in full; the trace is what counts
    if len(left.traces) != 1:
        return [*found, f"{left.path} left {len(left.traces)} traces"]
    (trace,) = left.traces
    told = trace["payload"]
    if not (trace["actor"] and told["title"] and told["place"] and told["form"]):
        found.append(f"{left.path} left a trace without who, what, where or in which form: {told}")
    if told["rows"] < 0 or any(leak in str(told) for leak in LEAKS):
        found.append(f"{left.path} left a trace with numbers of persons: {told}")
    plain = ("application/pdf", "application/json", "file")
    if left.form not in plain and "jiandu-head 1 " not in left.text:
        found.append(f"{left.path} does not carry the head of the record")
    return found


async def seal_something() -> None:
    """A first batch, so that there is a head to print; with the rights of the worker."""
    before = db.DB.scoped_role
    db.DB.scoped_role = db.WORKER
    try:
        async with db.transaction(SEALER):
            assert await seal_batch()
    finally:
        db.DB.scoped_role = before
