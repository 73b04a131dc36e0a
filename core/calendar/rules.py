# SPDX-License-Identifier: Apache-2.0
"""Pure rules of days: which day is worked, when a period ends, and how the date came about.

The law behind it: working-day periods of the 行政处罚法 (art. 85), 行政许可法 (art. 82) and
行政强制法 (art. 69); the day on which a period begins is not counted and a last day that falls on
a statutory rest day moves to the first working day after it (民事诉讼法 art. 85, by analogy).
Every due date comes with its ledger: rows of which ``days`` sum to the date, so that nobody has
to believe it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import chinese_calendar
from chinese_calendar import constants as _notices

Unit = Literal["working", "calendar", "hours"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_END = time(23, 59, 59)
"""A deadline day ends with this second; from the next one on it is missed."""
GRACE = timedelta(seconds=1)
NEAR_WORKDAYS = 3
"""From so many working days before the end on, a deadline is shown as near."""
_WEEK = "一二三四五六日"
_FAR = 3660
"""No period of administrative law is longer than ten years of rest days; a longer search means
that the overrides declare no working day at all."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A period as the law states it: ten working days, thirty days, twenty-four hours."""

    amount: int
    unit: Unit

    @property
    def text(self) -> str:
        """「10 个工作日」「30 日，自然日」「24 小时」."""
        if self.unit == "working":
            return f"{self.amount} 个工作日"
        if self.unit == "calendar":
            return f"{self.amount} 日，自然日"
        return f"{self.amount} 小时"


@dataclass(frozen=True, slots=True)
class Override:
    """What an administrator entered for one day; it wins over the published notices."""

    is_workday: bool
    note: str = ""


def _from_notices() -> tuple[dict[date, str], dict[date, str]]:
    """Rest days and make-up days of the yearly notices, with their Chinese names."""
    names = {holiday.value: holiday.chinese for holiday in _notices.Holiday}
    rest = {day: f"{names.get(name, name)}放假" for day, name in _notices.holidays.items()}
    make_up = {day: f"{names.get(name, name)}调休上班" for day, name in _notices.workdays.items()}
    return rest, make_up


_REST, _MAKE_UP = _from_notices()
LIBRARY_YEARS = frozenset(day.year for day in _REST)
"""Years whose State Council notice the installed data knows."""


@dataclass(frozen=True)
class WorkCalendar:
    """Tells working days from rest days for one region.

    ``years`` are the years an administrator imported on top of the notices in the library.
    ``plain`` is the Monday-to-Friday calendar, for logs from places without such notices;
    it is always "published". ``zone`` is where the deadline day ends.
    """

    overrides: Mapping[date, Override] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    plain: bool = False
    zone: ZoneInfo = SHANGHAI

    def is_workday(self, day: date) -> bool:
        """Whether offices work on ``day``; unpublished years count Monday to Friday."""
        entry = self.overrides.get(day)
        if entry is not None:
            return entry.is_workday
        if not self.plain and day.year not in self.years:
            if day in _REST:
                return False
            if day in _MAKE_UP:
                return True
        return day.weekday() < 5

    def published(self, year: int) -> bool:
        """Whether the holidays of ``year`` are known; otherwise a date in it is provisional."""
        return self.plain or year in self.years or year in LIBRARY_YEARS

    def name(self, day: date) -> str:
        """What is special about ``day``: 「国庆节放假」「周六」「国庆节调休上班」, else empty."""
        entry = self.overrides.get(day)
        if entry is not None:
            return entry.note or ("调整为上班" if entry.is_workday else "调整为放假")
        if not self.plain and day.year not in self.years:
            special = _REST.get(day) or _MAKE_UP.get(day)
            if special:
                return special
        return "" if day.weekday() < 5 else weekday(day)

    def is_make_up(self, day: date) -> bool:
        """A weekend day that is worked (调休上班)."""
        return day.weekday() >= 5 and self.is_workday(day)

    def next_workday(self, day: date) -> date:
        """``day`` itself when it is worked, else the first working day after it."""
        for _ in range(_FAR):
            if self.is_workday(day):
                return day
            day += timedelta(days=1)
        raise ValueError("the calendar holds no working day")

    def add_workdays(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day`` (before it when negative)."""
        step = timedelta(days=1 if count >= 0 else -1)
        left, idle = abs(count), 0
        while left:
            day += step
            if self.is_workday(day):
                left, idle = left - 1, 0
            elif (idle := idle + 1) > _FAR:
                raise ValueError("the calendar holds no working day")
        return day

    def workdays_between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and with ``end``; negative when end is earlier."""
        if end < start:
            return -self.workdays_between(end, start)
        return sum(1 for day in _days(start, end) if self.is_workday(day))

    def day_of(self, moment: datetime) -> date:
        """The day ``moment`` falls on in this calendar's zone."""
        return moment.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """The last second of ``day``, in UTC."""
        return datetime.combine(day, DAY_END, self.zone).astimezone(UTC)


def standard() -> WorkCalendar:
    """The national calendar without any override."""
    return _STANDARD


_STANDARD = WorkCalendar()
PLAIN = WorkCalendar(plain=True)


def weekday(day: date) -> str:
    """「周六」."""
    return f"周{_WEEK[day.weekday()]}"


def _days(after: date, until: date) -> Iterator[date]:
    day = after
    while day < until:
        day += timedelta(days=1)
        yield day


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension: from ``start`` until it was lifted; ``end`` None = still running."""

    start: datetime
    end: datetime | None = None
    reason: str = ""
    approver: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """A separate, approved prolongation.

    Of the same unit it lengthens the period itself, so that 30 + 30 days end as 60 days do; of
    another unit it runs from the date reached.
    """

    limit: Limit
    reason: str = ""
    approver: str = ""


LineKind = Literal[
    "start", "limit", "extension", "rest", "make_up", "pause", "roll", "none", "provisional", "due"
]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the ledger: words, the days it stands for, and how many it adds to the date."""

    kind: LineKind
    label: str
    text: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A due date with its proof. ``at`` is the last second in which the act is in time."""

    date: date
    at: datetime
    provisional: bool
    ledger: tuple[Line, ...]
    paused_days: int = 0


def day_text(day: date, year: int) -> str:
    """「5月12日」 in ``year``, 「2027年5月12日」 otherwise."""
    text = f"{day.month}月{day.day}日"
    return text if day.year == year else f"{day.year}年{text}"


def span_text(first: date, last: date, year: int) -> str:
    """「5月1日–5日」, 「9月30日–10月7日」, or one day."""
    if first == last:
        return day_text(first, year)
    if (first.year, first.month) == (last.year, last.month):
        return f"{day_text(first, year)}–{last.day}日"
    return f"{day_text(first, year)}–{day_text(last, first.year)}"


def due_date(
    start: date | datetime,
    limit: Limit,
    calendar: WorkCalendar = _STANDARD,
    *,
    pauses: Sequence[Pause] = (),
    extensions: Sequence[Extension] = (),
    label: str = "起算",
    year: int | None = None,
) -> Due:
    """When a period that began at ``start`` ends, with the ledger of the date.

    ``label`` names the event that set the period running. A bare date counts as the beginning
    of that day; only periods of hours need a moment. ``year`` is the year left out in dates
    (default: that of the start).
    """
    moment = (
        start
        if isinstance(start, datetime)
        else datetime.combine(start, time(), calendar.zone).astimezone(UTC)
    )
    if moment.tzinfo is None:
        raise ValueError("a period needs a moment with a time zone")
    if limit.amount < 0 or any(e.limit.amount < 0 for e in extensions):
        raise ValueError("a period cannot be negative")
    return _Count(moment, calendar, tuple(pauses), year, label).run(limit, extensions)


class _Count:
    """Walks from the start to the end once, writing the ledger as it goes."""

    def __init__(
        self,
        moment: datetime,
        calendar: WorkCalendar,
        pauses: tuple[Pause, ...],
        year: int | None,
        label: str,
    ) -> None:
        self.moment = moment
        self.calendar = calendar
        self.start = calendar.day_of(moment)
        self.year = self.start.year if year is None else year
        self.pauses = pauses
        self.day = self.start
        self.provisional = False
        self.unpublished: set[int] = set()
        self.lines: list[Line] = [Line("start", f"{label}（当日不计）", self._date(self.start))]
        self.label = label
        # Day → the pause it belongs to. The day a pause begins is not counted, the day it is
        # lifted is; the day the period itself began never counts, so a pause of that very day
        # takes one more instead. The date moves by exactly the days between the two acts.
        self.paused: dict[date, int] = {}
        self.paused_days = 0
        self.told: set[int] = set()
        """The pauses that have a line of their own."""
        for index, pause in enumerate(pauses):
            first = calendar.day_of(pause.start)
            last = calendar.day_of(pause.end) if pause.end else first
            shift = 1 if first <= self.start else 0
            for day in _days(
                max(first, self.start) - timedelta(days=1 - shift),
                last - timedelta(days=1 - shift),
            ):
                self.paused.setdefault(day, index)

    def _date(self, day: date) -> str:
        return day_text(day, self.year)

    def run(self, limit: Limit, extensions: Sequence[Extension]) -> Due:
        if limit.unit == "hours" and all(e.limit.unit == "hours" for e in extensions):
            return self._run_hours(limit, extensions)
        segments: list[tuple[Unit, list[tuple[Limit, Extension | None]]]] = []
        for part, extension in [(limit, None), *((e.limit, e) for e in extensions)]:
            if segments and segments[-1][0] == part.unit:
                segments[-1][1].append((part, extension))
            else:
                segments.append((part.unit, [(part, extension)]))
        for unit, parts in segments:
            self._segment(unit, parts)
        self._write_idle()
        if not self.pauses and not extensions:
            self.lines.append(Line("none", "中止、延期", "无"))
        for missing in sorted(self.unpublished):
            self.lines.append(
                Line(
                    "provisional",
                    f"{missing} 年节假日未维护，暂按周一至周五推算，公布后自动重算",
                    "暂定",
                )
            )
        self.lines.append(Line("due", "到期", f"{self._date(self.day)} 24:00"))
        return Due(
            self.day,
            self.calendar.end_of(self.day),
            self.provisional,
            tuple(self.lines),
            self.paused_days,
        )

    def _segment(self, unit: Unit, parts: list[tuple[Limit, Extension | None]]) -> None:
        """Count the days of one unit, then move off a rest day."""
        if unit == "hours":
            # Hours after days: begun twenty-four hours are a day, and the day is not cut.
            parts = [(Limit(-(-p.amount // 24), "calendar"), e) for p, e in parts]
            unit = "calendar"
        total = 0
        for part, extension in parts:
            total += part.amount
            if extension is None:
                text = f"限期：{part.text}"
            else:
                text = f"延期：{part.text}{_because(extension.reason, extension.approver)}"
            self.lines.append(
                Line(
                    "limit" if extension is None else "extension",
                    text,
                    f"计 {part.amount} 天",
                    part.amount,
                )
            )
        rest: list[date] = []
        make_up: list[date] = []
        halted: dict[int, list[date]] = {}
        left = total
        while left:
            self.day += timedelta(days=1)
            if self._halted(halted):
                continue
            if unit == "working":
                self._note_year(self.day)
                if not self.calendar.is_workday(self.day):
                    rest.append(self.day)
                    if len(rest) > _FAR:
                        raise ValueError("the calendar holds no working day")
                    continue
                if self.calendar.is_make_up(self.day):
                    make_up.append(self.day)
            left -= 1
        nominal = self.day
        roll: list[date] = []
        # The last day of a period, whatever its unit, is a day on which the office is open and
        # the matter is not suspended.
        while total and not self.calendar.is_workday(self.day):
            roll.append(self.day)
            self.day += timedelta(days=1)
            while self._halted(halted):
                self.day += timedelta(days=1)
            if len(roll) > _FAR:
                raise ValueError("the calendar holds no working day")
        if total:
            self._note_year(self.day)
            if roll:
                self._note_year(roll[0])
        self._write(nominal, rest, make_up, halted, roll)

    def _halted(self, halted: dict[int, list[date]]) -> bool:
        index = self.paused.get(self.day)
        if index is None:
            return False
        halted.setdefault(index, []).append(self.day)
        return True

    def _note_year(self, day: date) -> None:
        if not self.calendar.published(day.year):
            self.provisional = True
            self.unpublished.add(day.year)

    def _write(
        self,
        nominal: date,
        rest: list[date],
        make_up: list[date],
        halted: dict[int, list[date]],
        roll: list[date],
    ) -> None:
        weekends = 0
        for name, first, last, count in _runs(rest, self.calendar):
            if name == "周末":
                weekends += count
                continue
            self.lines.append(
                Line("rest", f"{name}，不计", span_text(first, last, self.year), count)
            )
        if weekends:
            self.lines.append(Line("rest", "周末，不计", f"{weekends} 天", weekends))
        self.lines.extend(
            Line("make_up", f"{weekday(day)}调休上班，计入", self._date(day)) for day in make_up
        )
        for index, days in sorted(halted.items()):
            pause = self.pauses[index]
            self.paused_days += len(days)
            self.told.add(index)
            self.lines.append(
                Line(
                    "pause",
                    f"中止{_because(pause.reason, pause.approver)}，不计",
                    span_text(days[0], days[-1], self.year),
                    len(days),
                )
            )
        if roll:
            names = [n for n, *_ in _runs([nominal], self.calendar)]
            self.lines.append(
                Line(
                    "roll",
                    f"最后一日 {self._date(nominal)} 逢{names[0]}，顺延到其后首个工作日",
                    self._date(self.day),
                    len(roll),
                )
            )

    def _write_idle(self) -> None:
        """The pauses that have moved nothing yet: still open, or lifted on the day they began.

        Whoever asks what became of the period sees the act, also before it has cost a day.
        """
        for index, pause in enumerate(self.pauses):
            if index in self.told:
                continue
            label = f"中止{_because(pause.reason, pause.approver)}"
            first = self.calendar.day_of(pause.start)
            if pause.end is None:
                self.lines.append(Line("pause", f"{label}，不计", f"{self._date(first)}起"))
            elif self.calendar.day_of(pause.end) == first:
                self.lines.append(Line("pause", label, f"{self._date(first)}，当天恢复"))

    def _run_hours(self, limit: Limit, extensions: Sequence[Extension]) -> Due:
        """Hours run through nights and rest days: they are set where nothing may wait."""

        def clock(moment: datetime) -> str:
            return moment.astimezone(self.calendar.zone).strftime("%H:%M")

        self.lines[0] = Line("start", self.label, f"{self._date(self.start)} {clock(self.moment)}")
        at = self.moment
        for part, extension in [(limit, None), *((e.limit, e) for e in extensions)]:
            at += timedelta(hours=part.amount)
            text = (
                f"限期：{part.text}"
                if extension is None
                else f"延期：{part.text}{_because(extension.reason, extension.approver)}"
            )
            self.lines.append(
                Line("limit" if extension is None else "extension", text, f"{part.amount} 小时")
            )
        for pause in self.pauses:
            if pause.end:
                length = pause.end - pause.start
                at += length
                minutes = int(length.total_seconds() // 60)
                self.lines.append(
                    Line(
                        "pause",
                        f"中止{_because(pause.reason, pause.approver)}，不计",
                        f"{minutes // 60} 小时 {minutes % 60} 分",
                    )
                )
                continue
            self.lines.append(
                Line(
                    "pause",
                    f"中止{_because(pause.reason, pause.approver)}，不计",
                    f"{self._date(self.calendar.day_of(pause.start))} {clock(pause.start)}起",
                )
            )
        day = self.calendar.day_of(at)
        # The days of an hourly ledger are those between the two dates; one row carries them so
        # that this ledger sums to its date like every other.
        index = next(i for i, line in enumerate(self.lines) if line.kind == "limit")
        first = self.lines[index]
        self.lines[index] = Line("limit", first.label, first.text, (day - self.start).days)
        if not self.pauses and not extensions:
            self.lines.append(Line("none", "中止、延期", "无"))
        self.lines.append(Line("due", "到期", f"{self._date(day)} {clock(at)}"))
        return Due(day, at.astimezone(UTC), False, tuple(self.lines))


def _because(reason: str, approver: str) -> str:
    parts = [p for p in (reason, f"{approver}批准" if approver else "") if p]
    return f"（{'，'.join(parts)}）" if parts else ""


def _runs(days: Iterable[date], calendar: WorkCalendar) -> list[tuple[str, date, date, int]]:
    """Neighbouring days of one name as (name, first, last, count); plain weekends as 周末."""
    runs: list[tuple[str, date, date, int]] = []
    for day in days:
        name = calendar.name(day)
        if name in ("周六", "周日", ""):
            name = "周末"
        if runs and runs[-1][0] == name and day - runs[-1][2] == timedelta(days=1):
            runs[-1] = (name, runs[-1][1], day, runs[-1][3] + 1)
        else:
            runs.append((name, day, day, 1))
    return runs


def anniversary(day: date, years: int) -> date:
    """The same day ``years`` later; of 29 February in a common year 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def term_end(start: date, years: int) -> date:
    """The last day of a term of years that includes its start day."""
    return anniversary(start, years) - timedelta(days=1)


def lapsed(due_at: datetime, moment: datetime) -> bool:
    """Whether ``moment`` is after the last second of the deadline."""
    return moment >= due_at + GRACE


@dataclass(frozen=True, slots=True)
class Standing:
    """How a deadline stands now, in the words of the page and the arc of the ball."""

    text: str
    kind: Literal["", "near", "late", "paused"]
    percent: int
    """Share of the time used up, 0–100."""
    left: int = 0


def standing(
    started_at: datetime,
    due_at: datetime,
    unit: Unit,
    moment: datetime,
    calendar: WorkCalendar = _STANDARD,
    *,
    paused: bool = False,
) -> Standing:
    """「剩 3 个工作日」「今天 24:00 到期」「超期 1 天」 with its colour word and share."""
    whole = (due_at - started_at).total_seconds()
    used = (moment - started_at).total_seconds()
    percent = 100 if whole <= 0 else max(0, min(100, round(100 * used / whole)))
    if paused:
        return Standing("已中止，不计时", "paused", percent)
    day, due = calendar.day_of(moment), calendar.day_of(due_at)
    if unit == "hours":
        seconds = int((due_at - moment).total_seconds())
        if lapsed(due_at, moment):
            return Standing(f"超期 {_hours(-seconds)}", "late", 100)
        return Standing(f"剩 {_hours(seconds)}", "near" if seconds < 6 * 3600 else "", percent)
    if lapsed(due_at, moment):
        if unit == "working":
            late = max(1, calendar.workdays_between(due, day))
            return Standing(f"超期 {late} 个工作日", "late", 100, -late)
        late = (day - due).days
        return Standing(f"超期 {late} 天", "late", 100, -late)
    if day == due:
        return Standing("今天 24:00 到期", "near", percent)
    workdays = calendar.workdays_between(day, due)
    near: Literal["", "near"] = "near" if workdays <= NEAR_WORKDAYS else ""
    if unit == "working":
        return Standing(f"剩 {workdays} 个工作日", near, percent, workdays)
    left = (due - day).days
    return Standing(f"剩 {left} 天", near, percent, left)


def _hours(seconds: int) -> str:
    minutes = max(0, seconds) // 60
    return f"{minutes // 60} 小时" if minutes >= 60 else f"{minutes} 分钟"


@dataclass(frozen=True, slots=True)
class DayEntry:
    """One day read from a pasted list."""

    day: date
    is_workday: bool
    note: str


@lru_cache(maxsize=64)
def library_year(year: int) -> tuple[DayEntry, ...]:
    """The days of ``year`` the installed notices name; empty for an unknown year."""
    entries = [DayEntry(d, False, n) for d, n in _REST.items() if d.year == year]
    entries += [DayEntry(d, True, n) for d, n in _MAKE_UP.items() if d.year == year]
    return tuple(sorted(entries, key=lambda entry: entry.day))


_WORK_WORDS = ("上班", "班", "work", "1", "是")
_REST_WORDS = ("放假", "休息", "休", "rest", "0", "否")


def read_days(text: str, year: int) -> tuple[list[DayEntry], list[str]]:
    """Read a pasted list: one line ``2027-01-01 放假 元旦``; a span ``2027-02-05~2027-02-11``.

    Also reads ``1月1日`` and ``2月5日至11日`` as the notice writes them. Returns the entries and
    one Chinese sentence per line that could not be read; nothing is guessed.
    """
    entries: dict[date, DayEntry] = {}
    faults: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip().replace("，", " ").replace(",", " ").replace("\t", " ")
        if not line or line.startswith("#"):
            continue
        words = line.split()
        days, fault = _span(words[0], year)
        kind = words[1] if len(words) > 1 else ""
        note = " ".join(words[2:])
        if fault:
            faults.append(f"第 {number} 行：{fault}")
        elif kind in _WORK_WORDS or kind in _REST_WORDS:
            works = kind in _WORK_WORDS
            for day in days:
                before = entries.get(day)
                if before and before.is_workday != works:
                    faults.append(
                        f"第 {number} 行：{day_text(day, year)}前面已经写成另一种，请只留一处。"
                    )
                    break
                entries[day] = DayEntry(day, works, note or ("调休上班" if works else "放假"))
        else:
            faults.append(f"第 {number} 行：日期后面写“放假”或“上班”，现在是“{kind or '空'}”。")
    return sorted(entries.values(), key=lambda entry: entry.day), faults


def _span(text: str, year: int) -> tuple[list[date], str]:
    first_text, found = text, ""
    for mark in ("至", "~", "～", "–", "—"):
        if mark in text:
            first_text, found = text.split(mark, 1)
            break
    try:
        first = _one_day(first_text, year, None)
        last = _one_day(found, year, first) if found else first
    except ValueError:
        return [], f"“{text}”不是日期，写成 {year}-01-01 或 1月1日。"
    if first.year != year or last.year != year:
        return [], f"“{text}”不在 {year} 年，一次只导入一年。"
    if last < first:
        return [], f"“{text}”的止日早于起日。"
    return [first, *_days(first, last)], ""


def _one_day(text: str, year: int, first: date | None) -> date:
    text = text.strip()
    if "月" in text or text.endswith("日"):
        if "年" in text:
            head, text = text.split("年", 1)
            year = int(head)
        if "月" in text:
            month_text, text = text.split("月", 1)
            month = int(month_text)
        elif first is not None:
            month = first.month
        else:
            raise ValueError(text)
        return date(year, month, int(text.removesuffix("日")))
    return date.fromisoformat(text.replace("/", "-").replace(".", "-"))


def is_library_day(day: date) -> bool:
    """What the library alone says; used to check our reading of its tables."""
    return bool(chinese_calendar.is_workday(day))
