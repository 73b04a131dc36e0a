# SPDX-License-Identifier: Apache-2.0
"""How dates, money, sizes and numbers of documents are written on a page: pure functions, used as template filters.

Dates follow the house rule: 5月12日 in this year, 2026年5月12日 otherwise; hours in 24-hour form;
今天 and 昨天 only where the caller asks for it (lists). 2026-05-12 is for exports only.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from core import clock
from core.keys.masking import mask_numbers

_WEEKDAYS = "一二三四五六日"


def _as_date(value: date | datetime | str) -> date:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return clock.local(value).date() if value.tzinfo else value.date()
    return value


def day(value: date | datetime | str | None) -> str:
    """5月12日 this year, 2025年5月12日 in others."""
    if value is None or value == "":
        return ""
    moment = _as_date(value)
    if moment.year == clock.today().year:
        return f"{moment.month}月{moment.day}日"
    return f"{moment.year}年{moment.month}月{moment.day}日"


def full_day(value: date | datetime | str | None) -> str:
    """2026年5月12日, for documents and wherever the year carries meaning."""
    if value is None or value == "":
        return ""
    moment = _as_date(value)
    return f"{moment.year}年{moment.month}月{moment.day}日"


def weekday(value: date | datetime | str) -> str:
    """星期二."""
    return f"星期{_WEEKDAYS[_as_date(value).weekday()]}"


def hour(value: datetime | str | None) -> str:
    """09:05 in Beijing time."""
    if value is None or value == "":
        return ""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (clock.local(moment) if moment.tzinfo else moment).strftime("%H:%M")


def moment(value: Any) -> str:
    """5月12日 10:46. Words that are not a moment pass unchanged, so that a page may give either."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        return f"{day(value)} {hour(value)}"
    return day(value) if isinstance(value, date) else str(value)


def recent(value: datetime | date | str | None) -> str:
    """今天 09:05, 昨天 17:26, otherwise the day: only for lists and messages."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    difference = clock.today() - _as_date(value)
    words = {timedelta(0): "今天", timedelta(days=1): "昨天"}.get(difference)
    if words is None:
        return day(value)
    return f"{words} {hour(value)}" if isinstance(value, datetime) else words


def stamp(value: datetime | date | None) -> str:
    """Machine form for ``<time datetime>`` and exports: 2026-05-12 or 2026-05-12T10:46."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat()


def money(value: int | None, unit: str = " 元") -> str:
    """Amount in 分 as 5,000.00 元."""
    return "" if value is None else f"{value / 100:,.2f}{unit}"


def size(value: int | None) -> str:
    """Bytes as people read them: 1.2 MB."""
    if value is None:
        return ""
    number = float(value)
    for unit in ("字节", "KB", "MB", "GB"):
        if number < 1024 or unit == "GB":
            return f"{number:.0f} {unit}" if unit in {"字节", "KB"} else f"{number:.1f} {unit}"
        number /= 1024
    raise AssertionError  # the loop returns on its last unit


def number(value: int | None) -> str:
    """1,184."""
    return "" if value is None else f"{value:,}"


def percent(part: int, whole: int) -> str:
    """97.8%，2,289 / 2,340 — never without its fraction."""
    return f"{100 * part / whole:.1f}%，{part:,} / {whole:,}" if whole else "0 / 0"


def code4(value: str | None) -> str:
    """A code in groups of four: 9215 0822 MA0N 3K7P 4R."""
    text = "".join((value or "").split())
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def hash8(value: str | None) -> str:
    """First eight digits of a hash in two groups."""
    return f"{value[:4]} {value[4:8]}" if value else ""


def mask_id(value: str | None) -> str:
    """1508**********7478."""
    return f"{value[:4]}{'*' * (len(value) - 8)}{value[-4:]}" if value and len(value) > 8 else ""


def mask_phone(value: str | None) -> str:
    """138****0000."""
    return f"{value[:3]}****{value[-4:]}" if value and len(value) >= 7 else ""


def mask_name(value: str | None) -> str:
    """李某某: a natural person on a public page; the number of 某 follows the name's length."""
    return value[0] + "某" * max(1, len(value) - 1) if value else ""


def masked(value: Any) -> Any:
    """What was typed, as it may stand on paper: identity and telephone numbers in it are masked.

    Of a list or a mapping every text; what is markup stays markup.
    """
    if isinstance(value, Markup):
        return Markup(mask_numbers(str(value)))  # noqa: S704 - it was markup before, and the mask adds digits and signs only
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, dict):
        return {key: masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked(each) for each in value]
    return value


FILTERS: dict[str, Callable[..., Any]] = {
    "day": day,
    "full_day": full_day,
    "weekday": weekday,
    "hour": hour,
    "moment": moment,
    "recent": recent,
    "stamp": stamp,
    "money": money,
    "size": size,
    "number": number,
    "percent": percent,
    "code4": code4,
    "hash8": hash8,
    "mask_id": mask_id,
    "mask_phone": mask_phone,
    "mask_name": mask_name,
    "masked": masked,
}
