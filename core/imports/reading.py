# SPDX-License-Identifier: Apache-2.0
"""Reads a sheet (XLSX, XLS, CSV) into text rows under known columns, with every fault by row.

Offices send sheets with a title above the head, merged cells, numbers where text belongs and
blank lines in between. Nothing is guessed: what is doubtful becomes a sentence with its row.
"""

import csv
import io
import json
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NoReturn, overload

import msgspec
from anyio import CapacityLimiter, to_thread

from core.imports.workbook import SECONDS, UNREADABLE

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024
MAX_ROWS = 60_000
_HEAD_ROWS = 10
_READER = Path(__file__).with_name("workbook.py")
# One workbook at a time: its process may take a gigabyte.
_reading = CapacityLimiter(1)


_TOO_WIDE = (
    "这张表撑得太大，读不进来：很靠后的行或者列里还有内容。"
    "请把要导入的内容复制到一张新的空白表里再上传。"
)


class SheetError(ValueError):
    """The file as a whole cannot be used; the message is a Chinese sentence for the sender."""


@dataclass(frozen=True)
class SheetColumn:
    """A column of the template. ``names`` are the headings under which it may appear.

    ``as_text`` refuses number cells: identity and certificate numbers lose digits in them.
    ``check`` returns a sentence when the text is wrong, else ``""``. ``longest`` is what can be
    kept, in characters; 0 where the importer looks itself.
    """

    key: str
    names: tuple[str, ...]
    required: bool = False
    as_text: bool = False
    kind: str = "text"
    check: Callable[[str], str] | None = None
    longest: int = 0


@dataclass(frozen=True)
class RowFault:
    """What is wrong in one row: the row number as the sheet shows it, the column, the sentence."""

    row: int
    column: str
    text: str


class Rows(Sequence[dict[str, Any]]):
    """The rows of a sheet, packed: tens of thousands take a few bytes each, whatever is in them.

    A row that is read is a copy; what somebody writes into it is not kept.
    """

    BLOCK = 500

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._last: list[dict[str, Any]] = []

    def append(self, row: dict[str, Any]) -> None:
        """Add one row at the end."""
        self._last.append(row)
        if len(self._last) == self.BLOCK:
            self._blocks.append(zlib.compress(msgspec.msgpack.encode(self._last), 1))
            self._last = []

    def __len__(self) -> int:
        return len(self._blocks) * self.BLOCK + len(self._last)

    def _block(self, number: int) -> list[dict[str, Any]]:
        if number < len(self._blocks):
            read: list[dict[str, Any]] = msgspec.msgpack.decode(
                zlib.decompress(self._blocks[number])
            )
            return read
        return [dict(each) for each in self._last]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number in range(len(self._blocks) + 1):
            yield from self._block(number)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, place: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        wanted = range(len(self))[place]
        if isinstance(wanted, int):
            return self._block(wanted // self.BLOCK)[wanted % self.BLOCK]
        found: list[dict[str, Any]] = []
        number, block = -1, list[dict[str, Any]]()
        for each in wanted:
            if each // self.BLOCK != number:
                number = each // self.BLOCK
                block = self._block(number)
            found.append(block[each % self.BLOCK])
        return found


@dataclass
class Sheet:
    """The rows that were read, as ``{"row": 5, key: text, …}``, and all faults."""

    name: str
    rows: Sequence[dict[str, Any]] = ()
    faults: list[RowFault] = field(default_factory=list)

    @property
    def good(self) -> list[dict[str, Any]]:
        """Rows without a fault."""
        bad = {fault.row for fault in self.faults}
        return [one for one in self.rows if one["row"] not in bad]


async def take_sheet(
    content: bytes, columns: Sequence[SheetColumn], *, filename: str = ""
) -> Sheet:
    """``read_sheet`` beside the event loop: others are served while a sheet is read."""
    read = partial(read_sheet, content, columns, filename=filename)
    return await to_thread.run_sync(read, limiter=_reading)


def read_sheet(content: bytes, columns: Sequence[SheetColumn], *, filename: str = "") -> Sheet:
    """The first sheet of ``content`` under ``columns``. Raises SheetError."""
    if not content:
        raise SheetError("文件是空的，请重新选择。")
    if len(content) > MAX_BYTES:
        raise SheetError(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分成几份。")
    if _is_csv(filename):
        return _take_rows("CSV", iter(_read_csv(content)), columns)
    with _read_workbook(content) as (name, lines):
        return _take_rows(name, lines, columns)


def _take_rows(name: str, lines: Iterator[list[Any]], columns: Sequence[SheetColumn]) -> Sheet:
    """Row by row: a line is gone when its columns are taken, the whole is never held twice."""
    first = list(islice(lines, _HEAD_ROWS))
    head, places = _find_head(first, columns)
    packed = Rows()
    sheet = Sheet(name, packed)
    for count, cells in enumerate(chain(first, lines), start=1):
        if count > MAX_ROWS:
            there = count + sum(1 for _ in lines)
            raise SheetError(f"表里有 {there:,} 行，一次最多 {MAX_ROWS:,} 行，请分成几份。")
        if count > head + 1 and not all(_is_blank(cell) for cell in cells):
            packed.append(_read_row(count, cells, columns, places, sheet.faults))
    if not sheet.rows:
        raise SheetError("表头下面没有一行数据。")
    return sheet


def _is_csv(filename: str) -> bool:
    return filename.lower().endswith((".csv", ".txt"))


def _read_csv(content: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        try:
            return [list(line) for line in csv.reader(io.StringIO(text))]
        except csv.Error:
            break
    raise SheetError("这不是文本表格，请另存为 XLSX 或者 UTF-8 编码的 CSV。")


@contextmanager
def _read_workbook(content: bytes) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    """The name of the first sheet and its rows, as the process of its own hands them over."""
    if content[:2] == b"PK":
        _refuse_bomb(content)
    # Through pipes, never over a disk: these are the numbers of people.
    done = subprocess.Popen(  # noqa: S603 - our own script under our own interpreter
        [sys.executable, "-I", str(_READER), str(MAX_ROWS + 1)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert done.stdin is not None
    assert done.stdout is not None
    # It says nothing until it has read everything; until then its time runs.
    ending = threading.Timer(2 * SECONDS, done.kill)
    ending.start()
    try:
        with suppress(BrokenPipeError), done.stdin:
            done.stdin.write(content)
        first = done.stdout.readline()
        ending.cancel()
        if not first:
            _refuse(done.wait())
        try:
            yield json.loads(first), _rows_of(done)
        except json.JSONDecodeError as error:  # ended in the middle of a line
            raise SheetError(_TOO_WIDE) from error
    finally:
        ending.cancel()
        done.kill()
        done.stdout.close()
        done.wait()


def _rows_of(reader: "subprocess.Popen[bytes]") -> Iterator[list[Any]]:
    assert reader.stdout is not None
    for line in reader.stdout:
        for row in json.loads(line):
            yield [_cell(value) for value in row]
    if ended := reader.wait():
        _refuse(ended)


def _refuse(ended: int) -> NoReturn:
    """What the reader's end says about the workbook."""
    if ended == UNREADABLE:
        raise SheetError("打不开这个文件。请用 Excel 或 WPS 另存为 XLSX 再上传。")
    raise SheetError(_TOO_WIDE)


def _cell(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    text = value[0]
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _refuse_bomb(content: bytes) -> None:
    """An XLSX is a ZIP: refuse what unpacks to far more than an office sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise SheetError("文件损坏了，请重新导出再上传。") from error
    if unpacked > MAX_UNPACKED:
        raise SheetError("文件解开后太大，不像是正常的表格，没有读取。")


def _find_head(grid: list[list[Any]], columns: Sequence[SheetColumn]) -> tuple[int, dict[str, int]]:
    """The row of headings within the first lines: the one that matches most columns."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, cells in enumerate(grid[:_HEAD_ROWS]):
        titles = [_text(cell).replace(" ", "").replace("*", "").replace("＊", "") for cell in cells]
        places = {
            column.key: titles.index(name)
            for column in columns
            for name in column.names
            if name in titles
        }
        if len(places) > len(best[1]):
            best = (number, places)
    missing = [one.names[0] for one in columns if one.required and one.key not in best[1]]
    if missing:
        raise SheetError(f"表头里没有找到“{'”“'.join(missing)}”。请用模板，不要改列名。")
    return best


def _read_row(
    number: int,
    cells: list[Any],
    columns: Sequence[SheetColumn],
    places: dict[str, int],
    faults: list[RowFault],
) -> dict[str, Any]:
    result: dict[str, Any] = {"row": number}
    for column in columns:
        place = places.get(column.key)
        cell = cells[place] if place is not None and place < len(cells) else ""
        result[column.key], fault = _read_cell(cell, column)
        if fault:
            faults.append(RowFault(number, column.names[0], fault))
    return result


def _read_cell(cell: Any, column: SheetColumn) -> tuple[str, str]:
    if column.as_text and isinstance(cell, int | float) and not isinstance(cell, bool):
        return "", ("单元格是数字格式，末几位可能已经丢失。请把这一列设为文本后重新填写。")
    if column.kind == "date" and not _is_blank(cell):
        found = _as_date(cell)
        if found is None:
            return _text(cell), f"“{_text(cell)}”不是日期，请写成 2026-05-12。"
        return found.isoformat(), ""
    text = _text(cell)
    if not text:
        return "", "没有填写。" if column.required else ""
    if column.longest and len(text) > column.longest:
        return text[: column.longest], f"最多 {column.longest} 个字，现在是 {len(text):,} 个字。"
    return text, column.check(text) if column.check else ""


def _as_date(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell)
    for mark in ("年", "月", "/", "."):
        text = text.replace(mark, "-")
    parts = [part for part in text.replace("日", "").split("-") if part]
    if len(parts) == 1 and len(parts[0]) == 8:
        parts = [parts[0][:4], parts[0][4:6], parts[0][6:]]
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).strip() if cell is not None else ""


def _is_blank(cell: Any) -> bool:
    return _text(cell) == ""
