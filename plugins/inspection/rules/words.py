# SPDX-License-Identifier: Apache-2.0
"""How figures and dates are written in sentences: one place, so that all alarms read alike."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

UNITS = {"working": "个工作日", "weekdays": "个工作日", "calendar": "日", "hours": "小时"}


def yuan(fen: int) -> str:
    """Fen as 「5,000.00 元」."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d} 元"


def short_yuan(fen: int) -> str:
    """As in headlines: no fen when there are none."""
    return f"{fen // 100:,} 元" if fen % 100 == 0 and fen >= 0 else yuan(fen)


def day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime, zone: ZoneInfo = BEIJING) -> str:
    local = value.astimezone(zone)
    return f"{local.year}年{local.month}月{local.day}日 {local.hour:02d}:{local.minute:02d}"


def deadline(value: datetime, zone: ZoneInfo = BEIJING) -> str:
    """A deadline ends with its day: midnight and 23:59:59 are both written 24:00."""
    local = value.astimezone(zone)
    if local.time() == time(0):
        return f"{day(local.date() - timedelta(days=1))} 24:00"
    if local.time().replace(microsecond=0) == time(23, 59, 59):
        return f"{day(local)} 24:00"
    return f"{day(local)} {local.hour:02d}:{local.minute:02d}"


def limit(amount: int, unit: str) -> str:
    return f"{amount} {UNITS.get(unit, unit)}"


def listing(words: list[str], most: int = 4) -> str:
    if len(words) <= most:
        return "、".join(words)
    return "、".join(words[:most]) + f"等 {len(words)} 项"
