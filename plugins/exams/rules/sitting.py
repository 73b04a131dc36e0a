# SPDX-License-Identifier: Apache-2.0
"""The clock of a sitting, what may arrive when, who may grant what."""

import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from plugins.exams.rules.questions import LONGEST_ANSWER, MOST_OPTIONS

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PASSWORD = 6
TRIES = 5
LEGACY_PASSWORD = "1"  # noqa: S105 - the seed's default; off unless an office turns it on
MOST_ACTS = 400
"""In one request; what a browser collected in ten minutes without a line is far less."""
OFFLINE_AFTER = timedelta(seconds=45)

STATES: dict[str, tuple[str, str]] = {
    "seated": ("paused", "未到"),
    "ready": ("new", "已入场"),
    "sitting": ("doing", "作答中"),
    "submitted": ("done", "已交卷"),
    "voided": ("revoked", "已作废"),
    "absent": ("late", "缺考"),
}
SESSIONS: dict[str, tuple[str, str]] = {
    "planned": ("new", "准备中"),
    "open": ("doing", "进行中"),
    "closed": ("paused", "待公布"),
    "published": ("done", "已公布"),
    "cancelled": ("revoked", "已取消"),
}
PURPOSES: dict[str, str] = {"application": "新申领", "inspection": "四年年审", "other": "其他"}
WAYS: dict[str, str] = {
    "id_card": "身份证",
    "certificate": "执法证二维码",
    "manual": "两人确认",
}
HOW: dict[str, str] = {"self": "本人交卷", "auto": "到时自动交卷", "invigilator": "监考员收卷"}


class Sent(msgspec.Struct):
    """One act as the browser sends it."""

    n: int
    q: int = -1
    a: list[str] = []
    kind: str = "answer"
    seconds: int = 0


def is_number(code: str, number: str) -> bool:
    """Whether a certificate's number was typed where its code is to be scanned.

    A number stands on public pages; only the code on the card shows that the card is here.
    """
    plain = "".join(unicodedata.normalize("NFKC", code).split())
    return bool(number) and plain.casefold() == number.casefold()


def new_password() -> str:
    """A one-time password: no sign that can be taken for another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD))


def clean_password(text: str) -> str:
    """As typed, in the form it is compared."""
    return "".join(text.split()).upper()


def problem_of(sent: Sent, kinds: Sequence[str]) -> str:
    """Why an act cannot stand in the chain; the candidate never sees this, a program does."""
    if sent.n < 1:
        return "n"
    if sent.kind == "blur":
        return "" if 0 <= sent.seconds <= 86_400 else "seconds"
    if sent.kind == "photo_failed":
        return ""
    if sent.kind != "answer":
        return "kind"
    if not 0 <= sent.q < len(kinds):
        return "q"
    if kinds[sent.q] == "fill":
        return "a" if len(sent.a) > 1 or any(len(each) > LONGEST_ANSWER for each in sent.a) else ""
    if len(sent.a) > (MOST_OPTIONS if kinds[sent.q] == "multiple" else 1):
        return "a"
    return "a" if any(len(each) > 8 for each in sent.a) else ""


def body_of(sent: Sent) -> dict[str, Any]:
    """What of it is hashed."""
    if sent.kind == "answer":
        return {"q": sent.q, "a": sorted(set(sent.a)) if len(sent.a) > 1 else sent.a}
    return {"seconds": sent.seconds} if sent.kind == "blur" else {}


def deadline(
    starts_at: datetime, minutes: int, extra: int, begun: datetime, *, late_start: bool
) -> datetime:
    """When a sitting ends. Who comes late loses the time, unless a late start was granted."""
    base = max(begun, starts_at) if late_start else starts_at
    return base + timedelta(minutes=minutes + extra)


def why_not_begin(
    now: datetime, starts_at: datetime, late_minutes: int, *, late_start: bool, photo: bool
) -> str:
    """Why a candidate cannot begin yet, or any more."""
    if now < starts_at:
        return "还没有到开考时间，请等待，到时可以开始。"
    if not late_start and now > starts_at + timedelta(minutes=late_minutes):
        return f"开考已超过 {late_minutes} 分钟，请向监考员说明情况。"
    if not photo:
        return "还没有拍照。拍不了请举手，由监考员处理。"
    return ""


def accepted(now: datetime, until: datetime | None, grace: int) -> bool:
    """Whether an act that arrives now still counts: the line gets ``grace`` seconds, nobody more."""
    return until is not None and now <= until + timedelta(seconds=grace)


def needs_second(granted: int, adding: int, alone: int) -> bool:
    """Whether adding minutes takes a second person: beyond what one may grant altogether."""
    return granted + adding > alone


def why_not_minutes(granted: int, adding: int, most: int) -> str:
    """Why so many minutes cannot be granted at all."""
    if adding < 1:
        return "加时至少 1 分钟。"
    if granted + adding > most:
        return f"这名考生一共最多加 {most} 分钟，已经加了 {granted} 分钟。"
    return ""


def why_not_second(asked_by: int, decided_by: int) -> str:
    """The same person cannot be the second one."""
    return "要由另一名工作人员确认，不能是提出的人。" if asked_by == decided_by else ""


def why_not_act(
    named: Collection[int], person: int, names: str, *, arranger: bool, leader: bool, sits: bool
) -> str:
    """Why somebody of the office has no hand in this session's rooms.

    ``named`` are its invigilators; without any it is the whole office's. Who arranged it always
    may, a leader as the second person. Nobody does when his own paper lies in the room.
    """
    if sits:
        return "你是这一场的考生，入场和考场里的事由别人办。"
    if not named or person in named or arranger or leader:
        return ""
    return f"这一场指定了监考员（{names}），入场和考场里的事只由他们和安排人办。"


def why_not_named(chosen: Collection[int], able: Collection[int], roster: Mapping[int, str]) -> str:
    """Why these cannot be a session's invigilators."""
    if both := [name for person, name in roster.items() if person in chosen]:
        return f"{'、'.join(both)}是这一场的考生，不能监考。"
    if any(each not in able for each in chosen):
        return "选的人里有不能监考的：监考员要有本机关“安排考试、入场、监考”的权限。"
    return ""


def lost_minutes(last_seen: datetime | None, now: datetime, most: int) -> int:
    """What a candidate may have lost since his computer was last heard of, for the suggestion."""
    if last_seen is None:
        return 0
    return min(most, max(0, -(-int((now - last_seen).total_seconds()) // 60)))


def status(state: str, attempt: str, last_seen: datetime | None, now: datetime) -> tuple[str, int]:
    """How a candidate stands on the live page, and for how many seconds nothing was heard."""
    shown = attempt or state
    if shown != "sitting" or last_seen is None:
        return shown, 0
    silent = now - last_seen
    return shown, int(silent.total_seconds()) if silent > OFFLINE_AFTER else 0


def matches_last_six(numbers: dict[int, str], typed: str) -> list[int]:
    """Whose ID number ends in what was typed (the last may be X); more than one is ambiguous."""
    wanted = typed.strip().upper()
    if len(wanted) != 6:
        return []
    return [one for one, number in numbers.items() if number.upper().endswith(wanted)]


def seats(rooms: Sequence[tuple[int, int]], taken: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The free seats of the rooms (id, number of seats), room by room."""
    return [
        (room, seat)
        for room, count in rooms
        for seat in range(1, count + 1)
        if (room, seat) not in taken
    ]


def twice(chosen: Sequence[tuple[int, str]], there: Collection[int]) -> list[str]:
    """Who would sit in one session twice, for two matters of his or being on its roster already."""
    seen, found = set(there), []
    for person, name in chosen:
        if person in seen and name not in found:
            found.append(name)
        seen.add(person)
    return found


def ticket_number(year: int, session: int, number: int) -> str:
    """准考证号: year, session and running number; typed by hand, so digits only."""
    return f"{year % 100:02d}{session % 100_000:05d}{number:04d}"
