# SPDX-License-Identifier: Apache-2.0
"""Tables of rows: scope, filters, sorting, keyset pages, counting and XLSX from ONE query.

A counter in the menu and the list behind it must never disagree, so ``count()``, ``page()`` and
``xlsx()`` share one builder. A plugin declares its list once, as data::

    ALARMS = Listing(
        key="inspection.alarms", title="报警",
        select="a.id, a.number, a.colour, a.sentence, a.raised_at",
        source="inspection_alarm a", alias="a", id="a.id",
        columns=(Column("number", "编号"), Column("raised_at", "时间", sort="a.raised_at", kind="datetime")),
        filters=(
            Filter("q", "关键字", where="a.search_text ilike {}"),
            Filter("colour", "灯色", kind="choice", options=(("red", "红灯"), ("yellow", "黄灯")),
                   where="a.colour = {}"),
        ),
        order="-raised_at",
    )

and its handler does ``listing = await ALARMS.page(request, scope)`` inside its transaction.
``{}`` in a condition stands for the bound value; nothing typed ever becomes SQL text.
"""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlencode

import asyncpg
import msgspec

from core import db
from core.clock import SHANGHAI
from core.forms import FieldError, clean, format_money, half_width, parse_date, parse_money
from core.keys.masking import mask_numbers
from core.scope import Scope, published_conditions, scope_conditions

Options = Sequence[tuple[str, str]]
Kind = Literal["text", "number", "money", "date", "datetime", "boolean", "lamp"]
FilterKind = Literal[
    "text", "code", "choice", "choices", "tabs", "date", "number", "money", "boolean", "hidden"
]
Tied = Literal["owned", "published", "own", "public", "none"]

MORE = "after"
BACK = "before"
SORT = "sort"
FORMAT = "format"
RESERVED = frozenset({MORE, BACK, SORT, FORMAT})
EXPORT_LIMIT = 50_000
TAB_LIMIT = 1000
"""The tabs component shows 「1,000+」 above it."""


@dataclass(frozen=True)
class Column:
    """A column. ``sort`` is an SQL expression that is never null (``coalesce`` it)."""

    key: str
    title: str
    sort: str = ""
    kind: Kind = "text"
    fold: str = ""
    """Class for the folded table on phones: ``jd-f1``, ``jd-f9``, ``jd-nofold`` …"""
    export: Callable[[Mapping[str, Any]], Any] | None = None
    """What the export writes; the row's value under ``key`` by default."""
    shown: bool = True
    exported: bool = True
    width: int = 0
    """Width in the export, in characters; 0 = by the title."""
    coded: bool = False
    """The text is a number given by an office (a card, a code): never taken for a telephone."""

    @property
    def right(self) -> bool:
        return self.kind in ("number", "money")


@dataclass(frozen=True)
class Filter:
    """One condition a user may set. ``where`` holds ``{}`` for the bound value.

    ``text`` binds a LIKE pattern (``%typed%``), ``code`` the text as typed, ``choices`` an array
    (write ``= any({})``), ``money`` 分. ``wheres`` gives a condition per option instead.
    """

    key: str
    title: str
    where: str = ""
    kind: FilterKind = "text"
    options: Options = ()
    load: Callable[[Scope], Awaitable[Options]] | None = None
    """Options that come from the database, e.g. organisations inside the scope."""
    wheres: Mapping[str, str] = field(default_factory=dict)
    default: str = ""
    """Applied when the address says nothing, e.g. the first tab."""
    convert: Callable[[str], Any] | None = None
    placeholder: str = ""
    wide: bool = False

    def __post_init__(self) -> None:
        # It would only show when somebody searches: as a fault of the database.
        if re.search(r"\{[^}]", self.where):
            raise ValueError(f"filter {self.key!r}: every place of the value is written {{}}")


@dataclass(frozen=True)
class Chip:
    """A condition in force, and the address without it."""

    title: str
    words: str
    remove_url: str


@dataclass(frozen=True)
class Tab:
    """A tab above a list; ``count`` is None when nobody counted."""

    value: str
    title: str
    url: str
    current: bool
    count: int | None = None


@dataclass
class FilterState:
    """A filter with what the user set, for the form."""

    filter: Filter
    value: str
    values: tuple[str, ...]
    options: Options
    error: str = ""

    @property
    def key(self) -> str:
        return self.filter.key

    @property
    def title(self) -> str:
        return self.filter.title

    @property
    def kind(self) -> str:
        return self.filter.kind

    @property
    def active(self) -> bool:
        return bool(self.values) and self.value != self.filter.default

    @property
    def words(self) -> str:
        names = dict(self.options)
        if self.filter.kind == "boolean":
            return "是" if self.value in ("1", "on") else "否"
        if self.filter.kind == "date" and (on := parse_date(self.value)):
            return f"{on.year}年{on.month}月{on.day}日"
        return "、".join(names.get(each, each) for each in self.values)


@dataclass
class Query:
    """SQL text and arguments of one list under one set of conditions."""

    where: list[str] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)

    def bind(self, value: Any) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition; one value fills every ``{}``, several fill them in turn."""
        if len(values) == 1:
            condition = condition.replace("{}", self.bind(values[0]))
        else:
            for each in values:
                condition = condition.replace("{}", self.bind(each), 1)
        self.where.append(f"({condition})")

    @property
    def sql(self) -> str:
        return " and ".join(self.where) or "true"

    def copy(self) -> "Query":
        return Query(list(self.where), list(self.args))


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list as data. ``alias`` is the scoped table's alias in ``source``."""

    key: str
    title: str
    select: str
    source: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    alias: str = ""
    id: str = "id"
    """Expression of a unique number; it breaks ties of the sorting."""
    order: str = ""
    """Key of the column sorted by at first, ``-`` in front for descending."""
    tied: Tied = "owned"
    """Which mixin the scoped table has; ``none`` only for unscoped tables."""
    where: str = ""
    counted: str = ""
    """``source`` without the joins that only bring columns, for counting; all filters must hold."""
    size: int = 50
    count_limit: int = 1000
    """Counting stops here and shows 「1,000 条以上」: counting a million rows costs more
    than reading fifty."""

    def __post_init__(self) -> None:
        keys = [each.key for each in self.filters]
        if double := {key for key in keys if keys.count(key) > 1 or key in RESERVED}:
            raise ValueError(f"list {self.key!r}: filter keys {sorted(double)} clash")
        if self.order and not self._column(self.order.lstrip("-")).sort:
            raise ValueError(f"list {self.key!r}: order {self.order!r} is not a sortable column")

    def _column(self, key: str) -> Column:
        for each in self.columns:
            if each.key == key:
                return each
        raise ValueError(f"list {self.key!r} has no column {key!r}")

    # --- what is asked for

    def _sorting(self, params: "Params") -> tuple[str, str, bool]:
        """Key, expression and direction; an unknown wish falls back to the list's own order."""
        for wish in (params.get(SORT), self.order):
            key = wish.lstrip("-")
            for each in self.columns:
                if key and each.key == key and each.sort:
                    return each.key, each.sort, wish.startswith("-")
        return "", self.id, True

    def query(
        self,
        params: "Params | Mapping[str, Any]",
        scope: Scope,
        where: str = "",
        args: Sequence[Any] = (),
        *,
        without: str = "",
    ) -> Query:
        """Scope, the list's own condition, the caller's, and the filters in force."""
        params = Params.of(params)
        query = Query()
        if self.tied != "none":
            self._add_scope(query, scope)
        if self.where:
            query.where.append(f"({self.where})")
        if where:
            query.add(where, *args)
        for each in self.filters:
            if each.key != without:
                self._add_filter(query, each, params)
        return query

    def _add_scope(self, query: Query, scope: Scope) -> None:
        conditions = published_conditions if self.tied == "published" else scope_conditions
        sql, args = conditions(scope, self.alias, start=len(query.args) + 1)
        query.args.extend(args)
        dot = f"{self.alias}." if self.alias else ""
        if self.tied == "own":
            sql = f"({sql}) or {dot}person = {query.bind(scope.person)}::int8"
        elif self.tied == "public":
            sql = f"({sql}) or {dot}published"
        query.where.append(f"({sql})")

    def _add_filter(self, query: Query, each: Filter, params: "Params") -> None:
        try:
            values = read_filter(each, params)
        except FieldError:
            return  # shown beside the field; a condition that is no condition restricts nothing
        if values is None:
            return
        if each.wheres:
            parts = [each.wheres[value] for value in values if value in each.wheres]
            if parts:
                query.where.append("(" + " or ".join(f"({part})" for part in parts) + ")")
            return
        if each.where:
            query.add(each.where, values)

    # --- answers

    async def count(
        self,
        scope: Scope,
        params: "Params | Mapping[str, Any] | None" = None,
        where: str = "",
        args: Sequence[Any] = (),
    ) -> int:
        """How many rows, at most ``count_limit`` + 1: the number a badge shows."""
        return await self._count(self.query(params or {}, scope, where, args))

    async def _count(self, query: Query) -> int:
        limit = query.bind(self.count_limit + 1)
        sql = (
            f"select count(*) from (select 1 from {self.counted or self.source}"
            f" where {query.sql} limit {limit}) x"
        )
        return int(await db.value(sql, *query.args))

    async def counts(
        self,
        key: str,
        scope: Scope,
        params: "Params | Mapping[str, Any] | None" = None,
        where: str = "",
        args: Sequence[Any] = (),
    ) -> dict[str, int]:
        """Rows per option of filter ``key`` (the numbers on tabs), at most ``TAB_LIMIT`` + 1 each.

        One statement; each number stops by itself, so a tab of three rows costs little beside one
        of a million.
        """
        chosen = next(each for each in self.filters if each.key == key)
        query = self.query(params or {}, scope, where, args, without=key)
        base = query.sql
        parts: list[str] = []
        values = [value for value, _ in chosen.options]
        for value in values:
            if chosen.wheres:
                condition = chosen.wheres.get(value, "true")
            elif value == "":
                condition = "true"
            else:
                bound = query.bind([value] if chosen.kind == "choices" else _one(chosen, value))
                condition = chosen.where.replace("{}", bound)
            parts.append(condition)
        if not parts:
            return {}
        limit = query.bind(TAB_LIMIT + 1)
        counted = self.counted or self.source
        numbers = ", ".join(
            f"(select count(*) from (select 1 from {counted} where {base} and ({part})"
            f" limit {limit}) x) as c{n}"
            for n, part in enumerate(parts)
        )
        row = await db.row(f"select {numbers}", *query.args)
        return {value: int((row or {}).get(f"c{n}", 0)) for n, value in enumerate(values)}

    async def page(
        self,
        request: Any,
        scope: Scope,
        *,
        where: str = "",
        args: Sequence[Any] = (),
        size: int = 0,
        tab_counts: bool = False,
    ) -> "Page":
        """One page of rows under the address's conditions; inside the caller's transaction."""
        params = Params.of(request)
        query = self.query(params, scope, where, args)
        key, expression, descending = self._sorting(params)
        size = size or self.size
        back = bool(params.get(BACK))
        cursor = read_cursor(params.get(BACK) or params.get(MORE), key)
        try:
            rows = await self._rows(query, expression, descending ^ back, size + 1, cursor)
        except asyncpg.DataError:
            # A cursor made up by hand does not fit the column: begin at the beginning.
            cursor, back = None, False
            rows = await self._rows(query, expression, descending, size + 1, None)
        more = len(rows) > size
        rows = rows[:size]
        if back:
            rows.reverse()
        whole = cursor is None and not more
        total = len(rows) if whole else await self._count(query.copy())
        states = [await self._state(each, params, scope) for each in self.filters]
        counted: dict[str, int] = {}
        tabs = next((each for each in self.filters if each.kind == "tabs"), None)
        if tabs is not None and tab_counts:
            counted = await self.counts(tabs.key, scope, params, where, args)
        page = Page(
            listing=self,
            path=params.path,
            params=params,
            rows=rows,
            total=total,
            sort_key=key,
            descending=descending,
            states=states,
            counted=counted,
        )
        if rows and (more or back):
            page.next_cursor = write_cursor(rows[-1], key)
        if rows and ((cursor is not None and not back) or (back and more)):
            page.previous_cursor = write_cursor(rows[0], key)
        for each in rows:
            del each["_key"]
        return page

    async def _rows(
        self,
        query: Query,
        expression: str,
        descending: bool,
        limit: int,
        cursor: tuple[Any, int] | None,
    ) -> list[dict[str, Any]]:
        query = query.copy()
        if cursor is not None:
            sign = "<" if descending else ">"
            value, row_id = query.bind(cursor[0]), query.bind(cursor[1])
            query.where.append(f"({expression}, {self.id}) {sign} ({value}, {row_id})")
        way = "desc" if descending else "asc"
        return await db.rows(
            f"select {self.select}, {expression} as _key, {self.id} as _id from {self.source} "
            f"where {query.sql} order by {expression} {way}, {self.id} {way} "
            f"limit {query.bind(limit)}",
            *query.args,
        )

    async def _state(self, each: Filter, params: "Params", scope: Scope) -> FilterState:
        options = await each.load(scope) if each.load else each.options
        values = tuple(value for value in params.all(each.key) if value)
        if not values and each.default and not params.has(each.key):
            values = (each.default,)
        state = FilterState(each, values[-1] if values else "", values, options)
        try:
            read_filter(each, params)
        except FieldError as error:
            state.error = str(error)
        return state

    async def export(
        self,
        request: Any,
        scope: Scope,
        *,
        where: str = "",
        args: Sequence[Any] = (),
        limit: int = EXPORT_LIMIT,
    ) -> list[dict[str, Any]]:
        """Every row under the same conditions and order, for ``xlsx_response``."""
        params = Params.of(request)
        _, expression, descending = self._sorting(params)
        query = self.query(params, scope, where, args)
        return await self._rows(query, expression, descending, limit, None)

    def words_of(self, params: "Params | Mapping[str, Any]") -> str:
        """The conditions in force, in words: what an export says of itself.

        Also those that hold because the address says nothing. Somebody's number that was
        searched for is masked: the words are kept in the record.
        """
        params = Params.of(params)
        said = []
        for each in self.filters:
            words = dict(each.options)
            typed = params.all(each.key) if params.has(each.key) else [each.default]
            said += [f"{each.title}：{words.get(v, v)}" for v in typed if v]
        return mask_numbers("；".join(said))

    @property
    def export_columns(self) -> tuple[Column, ...]:
        return tuple(each for each in self.columns if each.exported)


@dataclass
class Page:
    """One page of a list, with everything its template needs."""

    listing: Listing
    path: str
    params: "Params"
    rows: list[dict[str, Any]]
    total: int
    sort_key: str
    descending: bool
    states: list[FilterState]
    counted: dict[str, int] = field(default_factory=dict)
    next_cursor: str = ""
    previous_cursor: str = ""

    @property
    def key(self) -> str:
        return self.listing.key

    @property
    def title(self) -> str:
        return self.listing.title

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(each for each in self.listing.columns if each.shown)

    @property
    def more_than(self) -> bool:
        """Whether counting stopped before the end."""
        return self.total > self.listing.count_limit

    @property
    def total_text(self) -> str:
        if self.more_than:
            return f"{self.listing.count_limit:,} 条以上"
        return f"{self.total:,} 条"

    def url(self, **changes: str | None) -> str:
        """The address of this list with parameters changed (None removes) and no cursor."""
        pairs = [
            (key, value)
            for key, value in self.params.pairs
            if key not in (MORE, BACK, FORMAT) and key not in changes
        ]
        pairs += [(key, value) for key, value in changes.items() if value is not None]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def next_url(self) -> str:
        return self.url(**{MORE: self.next_cursor}) if self.next_cursor else ""

    @property
    def previous_url(self) -> str:
        return self.url(**{BACK: self.previous_cursor}) if self.previous_cursor else ""

    @property
    def export_url(self) -> str:
        return self.url(**{FORMAT: "xlsx"})

    @property
    def clear_url(self) -> str:
        """The address without any condition; sorting and tab stay."""
        keep = {each.key for each in self.states if each.kind in ("tabs", "hidden")} | {SORT}
        pairs = [(key, value) for key, value in self.params.pairs if key in keep]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def sort_url(self, column: Column | str) -> str:
        """Sort by this column, or turn its direction round."""
        key = column if isinstance(column, str) else column.key
        if key == self.sort_key:
            return self.url(**{SORT: key if self.descending else f"-{key}"})
        return self.url(**{SORT: key})

    def aria_sort(self, column: Column | str) -> str:
        key = column if isinstance(column, str) else column.key
        if key != self.sort_key:
            return "none"
        return "descending" if self.descending else "ascending"

    @cached_property
    def filters(self) -> list[FilterState]:
        """The filters shown in the form (tabs and hidden ones are not)."""
        return [each for each in self.states if each.kind not in ("tabs", "hidden")]

    @cached_property
    def hidden(self) -> list[tuple[str, str]]:
        """What the filter form must carry along: tab, sorting, fixed conditions."""
        keep = {each.key for each in self.states if each.kind in ("tabs", "hidden")} | {SORT}
        return [(key, value) for key, value in self.params.pairs if key in keep]

    @cached_property
    def tabs(self) -> list[Tab]:
        for state in self.states:
            if state.kind == "tabs":
                return [
                    Tab(
                        value,
                        title,
                        self.url(**{state.key: value}),
                        value == state.value,
                        self.counted.get(value),
                    )
                    for value, title in state.options
                ]
        return []

    @cached_property
    def chips(self) -> list[Chip]:
        """The conditions in force, each with the address that removes it."""
        return [
            Chip(
                each.title, each.words, self.url(**{each.key: "" if each.filter.default else None})
            )
            for each in self.filters
            if each.active and not each.error
        ]

    @property
    def filtered(self) -> bool:
        return bool(self.chips)


# --- what the address says -------------------------------------------------------------------


@dataclass(frozen=True)
class Params:
    """Query parameters with repetitions, and the path they belong to."""

    pairs: tuple[tuple[str, str], ...] = ()
    path: str = ""

    @classmethod
    def of(cls, source: Any) -> "Params":
        """From a request, a mapping, or pairs."""
        if isinstance(source, Params):
            return source
        if isinstance(source, Mapping):
            return cls(
                tuple(
                    (key, str(each))
                    for key, value in source.items()
                    for each in (value if isinstance(value, list | tuple) else [value])
                )
            )
        # A lone surrogate or NUL cannot be sent to PostgreSQL; nobody types them.
        pairs = tuple(
            (key, "".join(c for c in str(value) if c != "\0" and not "\ud800" <= c <= "\udfff"))
            for key, value in source.query_params.multi_items()
        )
        return cls(pairs, source.url.path)

    def get(self, key: str, default: str = "") -> str:
        return next((value for name, value in reversed(self.pairs) if name == key), default)

    def all(self, key: str) -> list[str]:
        return [value for name, value in self.pairs if name == key]

    def has(self, key: str) -> bool:
        return any(name == key for name, _ in self.pairs)


def read_filter(each: Filter, params: Params) -> Any:
    """The value to bind, or None when the filter is not set; FieldError when it makes no sense."""
    values = [text for text in (clean(value) for value in params.all(each.key)) if text]
    if not values and each.default and not params.has(each.key):
        values = [each.default]
    if not values:
        return None
    if each.wheres:
        return values
    if each.kind == "choices":
        return [each.convert(value) for value in values] if each.convert else values
    return _one(each, values[-1])


def _one(each: Filter, text: str) -> Any:
    if each.convert is not None:
        try:
            return each.convert(text)
        except (ValueError, OverflowError):
            raise FieldError(f"{each.title}写法不对，请核对。") from None
    binder = _BINDERS.get(each.kind)
    return binder(each, text) if binder else text


def _bind_text(_each: Filter, text: str) -> str:
    return f"%{db.literal(text)}%"


def _bind_date(each: Filter, text: str) -> date:
    day = parse_date(text)
    if day is None:
        raise FieldError(f"{each.title}不是一个日期，请写成 2026-05-12 这样。")
    return day


def _bind_number(each: Filter, text: str) -> int:
    plain = half_width(text).replace(",", "")
    if not re.fullmatch(r"-?[0-9]{1,18}", plain):
        raise FieldError(f"{each.title}要填整数。")
    return int(plain)


def _bind_money(each: Filter, text: str) -> int:
    try:
        return parse_money(text)
    except FieldError as error:
        raise FieldError(f"{each.title}{error}") from None


_BINDERS: dict[str, Callable[[Filter, str], Any]] = {
    "text": _bind_text,
    "date": _bind_date,
    "number": _bind_number,
    "money": _bind_money,
    "boolean": lambda _each, text: text in ("1", "on", "true"),
}


# --- cursors ---------------------------------------------------------------------------------


def write_cursor(row: Mapping[str, Any], key: str) -> str:
    """Where a page ends: sort key, typed value and row id, opaque to the address."""
    value = row["_key"]
    kind = "s"
    if isinstance(value, bool):
        kind = "b"
    elif isinstance(value, int):
        kind = "i"
    elif isinstance(value, float):
        kind = "f"
    elif isinstance(value, Decimal):
        kind, value = "n", str(value)
    elif isinstance(value, datetime):
        kind, value = "t", value.isoformat()
    elif isinstance(value, date):
        kind, value = "d", value.isoformat()
    packed = msgspec.json.encode((key, kind, value, row["_id"]))
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


_CURSOR_TYPES: dict[str, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    "s": (str, str),
    "b": (bool, bool),
    "i": (int, int),
    "f": ((int, float), float),
    "n": (str, Decimal),
    "t": (str, datetime.fromisoformat),
    "d": (str, date.fromisoformat),
}


def read_cursor(text: str, key: str) -> tuple[Any, int] | None:
    """The place a cursor stands for; None for none, a broken one, or one of another sorting."""
    if not text or len(text) > 2000:
        return None
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        was, kind, value, row_id = msgspec.json.decode(packed, type=tuple[str, str, Any, int])
        allowed, build = _CURSOR_TYPES[kind]
        if was != key or not isinstance(value, allowed) or not -(2**63) <= row_id < 2**63:
            return None
        return build(value), row_id
    except (ValueError, KeyError, TypeError, ArithmeticError, binascii.Error, msgspec.MsgspecError):
        return None


# --- XLSX ------------------------------------------------------------------------------------


def exported_words(rows: int) -> str:
    """How many rows a workbook holds; one that was cut off says so."""
    if rows < EXPORT_LIMIT:
        return f"共 {rows} 条"
    return f"只含前 {rows} 条，其余没有导出，请缩小条件后分几次导出"


def xlsx_bytes(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    note: str = "",
    *,
    masked: bool = False,
) -> bytes:
    """A workbook with one sheet; every line of ``note`` stands in a row of its own under it.

    ``masked`` hides identity and telephone numbers in all texts (D16), but those of ``coded``
    columns. It is off for workbooks that are to be filled in and read back.

    Text is always written as text: a cell beginning with ``=`` must never become a formula on
    the reader's machine.
    """
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("".join(c for c in title if c not in "[]:*?/\\")[:31] or "导出")
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#ebefef"})
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "money": book.add_format({"num_format": "#,##0.00"}),
            "number": book.add_format({"num_format": "#,##0"}),
        }
        for at, each in enumerate(columns):
            sheet.write_string(0, at, each.title, head)
            sheet.set_column(at, at, each.width or max(12, len(each.title) * 2 + 2))
        line = 0
        for line, row in enumerate(rows, start=1):
            for at, each in enumerate(columns):
                value = each.export(row) if each.export else row.get(each.key)
                if masked and not each.coded:
                    value = _masked(value)
                _write_cell(sheet, line, at, value, each.kind, formats)
        sheet.freeze_panes(1, 0)
        if columns:
            sheet.autofilter(0, 0, max(line, 1), len(columns) - 1)
        for below, words in enumerate(note.splitlines(), start=2):
            sheet.write_string(line + below, 0, words)
    return buffer.getvalue()


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return value


def _write_cell(sheet: Any, line: int, at: int, value: Any, kind: str, formats: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_string(line, at, "是" if value else "否")
    elif isinstance(value, datetime):
        local = value.astimezone(SHANGHAI) if value.tzinfo else value
        sheet.write_datetime(line, at, local.replace(tzinfo=None), formats["datetime"])
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, formats["date"])
    elif kind == "money" and isinstance(value, int):
        sheet.write_number(line, at, value / 100, formats["money"])
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(line, at, value, formats["number"] if isinstance(value, int) else None)
    elif isinstance(value, list | tuple):
        sheet.write_string(line, at, "、".join(str(each) for each in value)[:32767])
    else:
        sheet.write_string(line, at, str(value)[:32767])


__all__ = ["Chip", "Column", "Filter", "Listing", "Page", "Params", "Query", "Tab", "format_money"]
