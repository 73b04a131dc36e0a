# SPDX-License-Identifier: Apache-2.0
"""CSV logs: one row per event, in any order; sorted by case on disk when they are long."""

import csv
import gzip
import heapq
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import msgspec

from plugins.inspection.replay.cases import LogCase, LogMapping, event_maker, with_payments_so_far
from plugins.inspection.replay.faults import LogFault
from plugins.inspection.rules.model import Event

ROWS_IN_MEMORY = 100_000
"""Longer logs are sorted by case in runs of this many rows, so that memory stays flat."""

Row = tuple[str, int, list[str]]

_CASE_COLUMNS = ("case:concept:name", "case_id", "case", "caseid", "Case ID", "案号", "案件编号")
_ACTIVITY_COLUMNS = ("concept:name", "activity", "Activity", "环节", "活动")
_TIME_COLUMNS = ("time:timestamp", "timestamp", "Timestamp", "time", "时间", "办理时间")
_OFFICER_COLUMNS = ("org:resource", "resource", "Resource", "经办人", "办理人")


class CsvLog:
    """A CSV file with a header; iterate over it to get its cases."""

    def __init__(
        self, path: Path, mapping: LogMapping, on_fault: Callable[[LogFault], None] | None = None
    ) -> None:
        self.path = path
        self.mapping = mapping
        self.on_fault = on_fault
        self.attributes: dict[str, Any] = {}

    def __iter__(self) -> Iterator[LogCase]:
        csv.field_size_limit(16 * 1024 * 1024)
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                yield from self._read(encoding)
            except UnicodeDecodeError as error:
                if encoding == "gb18030":
                    raise LogFault(f"{self.path.name}：既不是 UTF-8 也不是 GB18030 编码") from error
                continue
            return

    def _read(self, encoding: str) -> Iterator[LogCase]:
        try:
            with self._open(encoding) as stream:
                # Decoding faults must show before the first case is handed out.
                first = stream.readline()
                delimiter = max(",;\t|", key=first.count)
                header = next(csv.reader([first], delimiter=delimiter), [])
                columns = _Columns(self.path, header, self.mapping)
                rows = self._rows(csv.reader(stream, delimiter=delimiter), columns)
                with ExitStack() as stack:
                    yield from self._cases(_by_case(rows, stack), columns)
        except csv.Error as error:
            raise LogFault(f"{self.path.name}：CSV 有错，{error}") from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise LogFault(f"{self.path.name}：压缩文件不完整或已损坏（{error}）") from None
        except UnicodeDecodeError:
            raise
        except OSError as error:
            raise LogFault(f"{self.path.name}：打不开，{error.strerror or error}") from None

    def _open(self, encoding: str) -> IO[str]:
        if self.path.suffix == ".gz":
            return gzip.open(self.path, "rt", encoding=encoding, newline="")
        return self.path.open(encoding=encoding, newline="")

    def _rows(self, reader: Any, columns: "_Columns") -> Iterator[Row]:
        width = len(columns.header)
        for row in reader:
            line = reader.line_num + 1
            if not row:
                continue
            if len(row) != width:
                self._fault(f"第 {line} 行：有 {len(row)} 列，表头有 {width} 列")
                continue
            case = row[columns.case].strip()
            if not case:
                self._fault(f"第 {line} 行：缺少 {columns.header[columns.case]}")
                continue
            yield case, line, row

    def _fault(self, text: str) -> None:
        fault = LogFault(f"{self.path.name} {text}")
        if self.on_fault is None:
            raise fault
        self.on_fault(fault)

    def _cases(self, rows: Iterator[Row], columns: "_Columns") -> Iterator[LogCase]:
        make = event_maker(columns.mapping)
        for case, group in groupby(rows, key=lambda row: row[0]):
            events: list[Event] = []
            attributes: dict[str, Any] = {}
            try:
                for seq, (_, line, row) in enumerate(group, 1):
                    values = {
                        name: cell
                        for name, cell in zip(columns.names, row, strict=True)
                        if cell != ""
                    }
                    for name in columns.of_case:
                        value = values.pop(name, None)
                        if value is not None:
                            attributes[columns.of_case[name]] = value

                    def place(text: str, line: int = line) -> str:
                        return f"{self.path.name} 第 {line} 行，案件 {case}：{text}"  # noqa: B023

                    event = make(seq, values, place)
                    if event is not None:
                        events.append(event)
            except LogFault as fault:
                if self.on_fault is None:
                    raise
                self.on_fault(fault)
                continue
            if columns.mapping.enriches:
                events = with_payments_so_far(events)
            yield LogCase(case, events, attributes)


class _Columns:
    """Which column is what."""

    def __init__(self, path: Path, header: list[str], mapping: LogMapping) -> None:
        self.header = header = [name.strip() for name in header]
        repeated = sorted({n for n in header if header.count(n) > 1})
        if repeated:
            raise LogFault(f"{path.name} 第 1 行：列名重复：{'、'.join(repeated)}")
        default = LogMapping()

        def find(wanted: str, usual: str, others: tuple[str, ...], what: str) -> str:
            names = (wanted,) if wanted != usual else others
            for name in names:
                if name in header:
                    return name
            raise LogFault(
                f"{path.name} 第 1 行：没有{what}列 {wanted}，"
                f"表头是 {'、'.join(header[:12])}；可在监察点文件的 [mapping] 里写明"
            )

        case = find(mapping.case, default.case, _CASE_COLUMNS, "案件")
        activity = mapping.activity
        if activity == default.activity:
            activity = (find(activity[0], default.activity[0], _ACTIVITY_COLUMNS, "活动"),)
        for name in activity:
            find(name, "", (), "活动")
        time = find(mapping.time, default.time, _TIME_COLUMNS, "时间")
        officer = mapping.officer
        if officer == default.officer:
            officer = next((n for n in _OFFICER_COLUMNS if n in header), officer)
        self.case = header.index(case)
        self.names = header
        self.mapping = replace(mapping, activity=activity, time=time, officer=officer)
        self.of_case = {n: n.removeprefix("case:") for n in header if n.startswith("case:")}
        self.of_case |= {n: n for n in mapping.case_columns if n in header}


def _by_case(rows: Iterator[Row], stack: ExitStack) -> Iterator[Row]:
    """Rows with those of one case together, each case in file order."""
    runs: list[Iterator[Row]] = []
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) >= ROWS_IN_MEMORY:
            held.sort(key=_order)
            runs.append(_spilled(held, stack))
            held = []
    held.sort(key=_order)
    if not runs:
        yield from held
        return
    yield from heapq.merge(*runs, iter(held), key=_order)


def _order(row: Row) -> tuple[str, int]:
    return row[0], row[1]


def _spilled(rows: list[Row], stack: ExitStack) -> Iterator[Row]:
    spill = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    encode = msgspec.json.Encoder().encode
    for row in rows:
        spill.write(encode(row))
        spill.write(b"\n")
    spill.seek(0)
    decode = msgspec.json.Decoder(Row).decode
    return (decode(line) for line in spill)
