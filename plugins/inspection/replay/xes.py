# SPDX-License-Identifier: Apache-2.0
"""IEEE 1849 XES, streamed: one trace in memory at a time, faults with their line."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

from plugins.inspection.replay.cases import (
    EVENT_ATTRIBUTE,
    POINTS_ATTRIBUTE,
    UNTIL_ATTRIBUTE,
    LogCase,
    LogMapping,
    event_maker,
    with_payments_so_far,
)
from plugins.inspection.replay.faults import LogFault
from plugins.inspection.rules.logs.select import instant
from plugins.inspection.rules.model import Event, decode_event


class XesLog:
    """An XES file; iterate over it to get its cases in file order.

    `attributes` holds the attributes of the log itself, known from the first case on. With
    `on_fault` a case that cannot be read is reported there and left out instead of ending the run.
    """

    def __init__(
        self, path: Path, mapping: LogMapping, on_fault: Callable[[LogFault], None] | None = None
    ) -> None:
        self.path = path
        self.mapping = mapping
        self.on_fault = on_fault
        self.attributes: dict[str, Any] = {}

    def __iter__(self) -> Iterator[LogCase]:
        # No entities, no network, no DTD: a log is data from somebody else.
        options = {
            "events": ("end",),
            "tag": "{*}trace",
            "resolve_entities": False,
            "no_network": True,
            "load_dtd": False,
            "remove_comments": True,
            "remove_pis": True,
        }
        try:
            if self.path.suffix == ".gz":
                with gzip.open(self.path, "rb") as stream:
                    yield from self._cases(etree.iterparse(stream, **options))
            else:
                yield from self._cases(etree.iterparse(str(self.path), **options))
        except etree.XMLSyntaxError as error:
            line, column = error.position
            raise LogFault(
                f"{self.path.name} 第 {line} 行第 {column} 列：XML 没有写完或有错"
                f"（{str(error.msg).split(', line')[0]}）"
            ) from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise LogFault(f"{self.path.name}：压缩文件不完整或已损坏（{error}）") from None
        except OSError as error:
            raise LogFault(f"{self.path.name}：打不开，{error.strerror or error}") from None

    def _cases(self, parser: Any) -> Iterator[LogCase]:
        make = event_maker(self.mapping)
        case_key = self.mapping.case
        enriches = self.mapping.enriches
        any_trace = False
        for number, (_, trace) in enumerate(parser, 1):
            if not any_trace:
                any_trace = True
                self._head(trace)
            try:
                case = self._case(trace, number, case_key, make)
            except LogFault as fault:
                if self.on_fault is None:
                    raise
                self.on_fault(fault)
            else:
                if enriches:
                    case.events = with_payments_so_far(case.events)
                yield case
            # What was read is freed at once, so memory follows the largest case.
            parent = trace.getparent()
            trace.clear()
            if parent is not None:
                while trace.getprevious() is not None:
                    del parent[0]
        if not any_trace:
            root = parser.root
            name = etree.QName(root).localname if root is not None else ""
            if name != "log":
                raise LogFault(f"{self.path.name}：不是 XES，根元素是 <{name}>，应为 <log>")

    def _head(self, trace: Any) -> None:
        log = trace.getparent()
        if log is None or etree.QName(log).localname != "log":
            raise LogFault(f"{self.path.name} 第 {trace.sourceline} 行：<trace> 不在 <log> 里")
        for element in log:
            key = element.get("key")
            if key is not None:
                self.attributes[key] = _value(element)

    def _case(
        self, trace: Any, number: int, case_key: str, make: Callable[..., Event | None]
    ) -> LogCase:
        attributes: dict[str, Any] = {}
        events: list[Event] = []
        found: list[Any] = []
        for child in trace:
            tag = child.tag
            # What is no element (an entity left unresolved) has no text as tag and no key either.
            if type(tag) is str and tag.endswith("event"):
                found.append(child)
            else:
                key = child.get("key")
                if key is None:
                    raise LogFault(f"{self._line(child)}：属性没有 key")
                value = child.get("value")
                attributes[key] = _value(child) if value is None else value
        name = attributes.get(case_key)
        if name is None:
            raise LogFault(f"{self._line(trace)}，第 {number} 个案件：缺少 {case_key}")
        place = _Place(self, name)
        for seq, element in enumerate(found, 1):
            values = {a.get("key"): a.get("value") for a in element}
            if None in values or None in values.values():
                values = self._odd_values(element)
            own = values.get(EVENT_ATTRIBUTE)
            if own is not None:
                events.append(self._own(own, element, name))
                continue
            place.element = element
            place.seq = seq
            event = make(seq, values, place)
            if event is not None:
                events.append(event)
        until = attributes.get(UNTIL_ATTRIBUTE) or self.attributes.get(UNTIL_ATTRIBUTE)
        return LogCase(str(name), events, attributes, instant(until) if until else None)

    def _own(self, text: Any, element: Any, name: str) -> Event:
        try:
            return decode_event(msgspec.json.decode(text))
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise LogFault(
                f"{self._line(element)}，案件 {name}：{EVENT_ATTRIBUTE} 看不懂（{error}）"
            ) from None

    def _odd_values(self, element: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for attribute in element:
            key = attribute.get("key")
            if key is None:
                raise LogFault(f"{self._line(attribute)}：属性没有 key")
            values[key] = _value(attribute)
        return values

    def _line(self, element: Any) -> str:
        return f"{self.path.name} 第 {element.sourceline} 行"


class _Place:
    """Says where a fault is; one per case, moved along, spoken only when there is one."""

    __slots__ = ("case", "element", "log", "seq")

    def __init__(self, log: XesLog, case: str) -> None:
        self.log = log
        self.case = case
        self.element: Any = None
        self.seq = 0

    def __call__(self, text: str) -> str:
        line = self.element.sourceline
        return f"{self.log.path.name} 第 {line} 行，案件 {self.case} 第 {self.seq} 个事件：{text}"


def _value(element: Any) -> Any:
    """An attribute's value; lists and containers become lists and dicts."""
    value = element.get("value")
    if value is not None:
        return value
    kind = etree.QName(element).localname
    children = [child for child in element if child.get("key") is not None]
    if kind == "list":
        inner = next((c for c in element if etree.QName(c).localname == "values"), element)
        return [_value(child) for child in inner if child.get("key") is not None]
    return {child.get("key"): _value(child) for child in children}


def points_in(attributes: dict[str, Any]) -> str:
    """The points a log of our own carries with it."""
    return str(attributes.get(POINTS_ATTRIBUTE, ""))
