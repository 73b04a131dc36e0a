# SPDX-License-Identifier: Apache-2.0
"""Taking in a log for a trial: our own export whole, a foreign one by its mapping.

It is read when it is uploaded, so that whoever uploads it sees at once what is wrong with it and
where; the worker then finds checked cases.
"""

import hashlib
import tempfile
import tomllib
import zlib
from collections.abc import AsyncIterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from anyio import to_thread

from core.api.db import Place, execute
from plugins.inspection.replay.cases import LogMapping, mapping_of
from plugins.inspection.replay.command import open_log
from plugins.inspection.replay.faults import LogFault, PointsFault
from plugins.inspection.rules.model import Event
from plugins.inspection.rules.words import BEIJING

LOG_MB = 32
TOO_LARGE = f"日志超过 {LOG_MB} MB，更大的请用 jiandu replay 命令判断。"
_AT_ONCE = 1024 * 1024
_ROWS = 500


class LogCase(msgspec.Struct, frozen=True):
    """A case of a log as it is kept."""

    name: str
    events: tuple[Event, ...]
    attributes: dict[str, Any] = {}
    until: datetime | None = None


@dataclass(frozen=True)
class TakenLog:
    """A log that was read without a fault."""

    name: str
    sha256: str
    cases: Sequence[tuple[str, str]]
    """Name and content of each case."""


async def take_log(
    source: AsyncIterable[bytes], name: str, mapping: str, definition: Mapping[str, Any]
) -> TakenLog:
    """Read a log; whatever is wrong with it is a ``LogFault`` or ``PointsFault`` with its place."""
    names = mapping_from(mapping, definition)
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    digest, size = hashlib.sha256(), 0
    unpack = zlib.decompressobj(wbits=31) if name.lower().endswith(".gz") else None
    with tempfile.NamedTemporaryFile(prefix="log-", suffix=suffix) as file:
        async for piece in source:
            digest.update(piece)
            rest = piece
            while rest:
                data = rest
                if unpack is not None:
                    try:
                        data = unpack.decompress(rest, _AT_ONCE)
                    except zlib.error:
                        raise LogFault(f"{name}：压缩文件不完整或已损坏") from None
                    rest = unpack.unconsumed_tail
                else:
                    rest = b""
                size += len(data)
                if size > LOG_MB * _AT_ONCE:
                    raise LogFault(TOO_LARGE)
                await to_thread.run_sync(file.write, data)
        if unpack is not None and not unpack.eof:
            raise LogFault(f"{name}：压缩文件不完整或已损坏")
        file.flush()
        cases = await to_thread.run_sync(_read, Path(file.name), name, names)
    return TakenLog(name[:200], digest.hexdigest(), cases)


def _read(path: Path, name: str, mapping: LogMapping) -> list[tuple[str, str]]:
    try:
        return [
            (
                str(case.id)[:200],
                msgspec.json.encode(
                    LogCase(str(case.id), tuple(case.events), case.attributes, case.until)
                ).decode(),
            )
            for case in open_log(path, mapping)
            if case.events
        ]
    except LogFault as fault:
        raise LogFault(str(fault).replace(path.name, name)) from None


KEEP = """
insert into inspection_trial_case (trial, number, name, content, region_lo, org_lo)
select $1, n, name, content, $5, $6
from unnest($2::int4[], $3::text[], $4::text[]) as c(n, name, content)
"""


async def keep_log(trial: int, log: TakenLog, place: Place) -> None:
    """Store the cases of a log under a trial."""
    for start in range(0, len(log.cases), _ROWS):
        part = log.cases[start : start + _ROWS]
        await execute(
            KEEP,
            trial,
            list(range(start + 1, start + len(part) + 1)),
            [name for name, _ in part],
            [content for _, content in part],
            place.region_lo,
            place.org_lo,
        )


def mapping_from(text: str, definition: Mapping[str, Any]) -> LogMapping:
    """The mapping typed with the log; titles of the item's steps stand for their keys anyway."""
    try:
        typed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PointsFault(f"对应关系不是 TOML：{error}") from None
    except RecursionError:
        raise PointsFault("对应关系里的括号套得太深。") from None
    spec = typed.get("mapping", typed)
    if not isinstance(spec, dict):
        raise PointsFault("对应关系要写成一个表。")
    steps = {str(s.get("title", "")): str(s["key"]) for s in definition.get("steps", ())}
    found = mapping_of(spec, BEIJING)
    return replace(found, steps={**steps, **found.steps})
