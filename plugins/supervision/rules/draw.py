# SPDX-License-Identifier: Apache-2.0
"""双随机: a draw that anybody can repeat, and that nobody could have bent.

1. 承诺: the office draws a secret and publishes only its SHA-256, and names a public event that
   has not happened yet (a lottery's numbers, a stock index at closing).
2. 锁定名单: the lists of objects and inspectors are frozen and their SHA-256 is published.
3. 揭示: after the event, its result is written down and the secret is published. Seed =
   SHA-256 of secret, result and the list's hash.

The secret was fixed before the result was known, the list before the secret, so neither the
office nor the event decides alone. Each entry is ranked by HMAC-SHA-256(seed, role and key); the
smallest come first. Changing one character of the list changes its hash, and the draw no longer
matches what was published. No random generator of any language is involved, so any program, or a
few lines of shell, gives the same ranks.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

VERSION = "双随机抽取规则 1"
SECRET_LENGTH = 64
LONGEST_WAIT_DAYS = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: an object or an inspector."""

    role: str
    """object or inspector."""
    key: str
    """What names it for good: the unified code, the case number, the card number."""
    title: str
    org_lo: int = 0
    """Of an inspector, his house; of an object, the body it belongs to. 0 = none of ours."""
    org_hi: int = -1
    """Of an object, where its body ends."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The result: the objects in order, with the inspectors of each."""

    seed: str
    objects: tuple[Entry, ...]
    teams: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    avoided: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """Inspectors the draw skipped for an object because they belong to its body."""


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def commitment_of(secret: str) -> str:
    """What is published first."""
    return _sha(f"{VERSION}\n{secret}")


def list_text(entries: Sequence[Entry]) -> str:
    """The lists as one text, sorted, so that the order of entry does not matter."""
    lines = sorted(f"{e.role}\t{e.key}\t{e.title}\t{e.org_lo}\t{e.org_hi}" for e in entries)
    return "\n".join((VERSION, *lines))


def list_hash(entries: Sequence[Entry]) -> str:
    return _sha(list_text(entries))


def seed_of(secret: str, result: str, hash_of_list: str) -> str:
    return _sha(f"{VERSION}\n{secret}\n{' '.join(result.split())}\n{hash_of_list}")


def rank(seed: str, entry: Entry, about: str = "") -> str:
    """The lot of an entry; of an inspector, another one for each object (``about``)."""
    words = f"{entry.role}\n{entry.key}\n{about}"
    return hmac.new(bytes.fromhex(seed), words.encode(), hashlib.sha256).hexdigest()


def entry_faults(entries: Sequence[Entry], sample: int, team: int) -> list[str]:
    """Why a list cannot be frozen."""
    objects = [e for e in entries if e.role == "object"]
    inspectors = [e for e in entries if e.role == "inspector"]
    found = []
    if len({(e.role, e.key) for e in entries}) < len(entries):
        found.append("名单里有重复的对象或者人员。")
    if any("\t" in e.key + e.title or "\n" in e.key + e.title for e in entries):
        found.append("名单里不能有制表符和换行。")
    if len(objects) < max(sample, 1):
        found.append(f"抽查 {sample} 个，名单里只有 {len(objects)} 个对象。")
    for each in objects:
        free = [i for i in inspectors if not each.org_lo <= i.org_lo <= each.org_hi]
        if len(free) < team:
            found.append(f"“{each.title}”回避以后只剩 {len(free)} 名监督人员，每组需要 {team} 名。")
            break
    return found


def seal_fault(result_on: date, today: date) -> str:
    """Why a public result cannot bind a draw; empty when it can.

    A result that may be known already, or the same evening by whoever waits for it, binds nobody.
    """
    if result_on <= today:
        return "公开结果要在锁定名单以后的日子产生，最早明天。"
    if (result_on - today).days > LONGEST_WAIT_DAYS:
        return f"公开结果最晚在 {LONGEST_WAIT_DAYS} 天内产生。"
    return ""


def draw_fault(result_on: date | None, today: date) -> str:
    """Why the lots cannot be drawn yet; empty when they can."""
    if result_on is not None and today < result_on:
        return f"公开结果到 {result_on.month}月{result_on.day}日才产生，那一天起再抽取。"
    return ""


def draw(entries: Sequence[Entry], seed: str, sample: int, team: int) -> Drawn:
    """The objects drawn and the team of each, as anybody gets them from the same seed."""
    objects = sorted((e for e in entries if e.role == "object"), key=lambda e: rank(seed, e))
    inspectors = [e for e in entries if e.role == "inspector"]
    teams: dict[str, tuple[Entry, ...]] = {}
    avoided: dict[str, tuple[Entry, ...]] = {}
    for each in objects[:sample]:
        ranked = sorted((rank(seed, e, each.key), n) for n, e in enumerate(inspectors))
        order = [inspectors[n] for _, n in ranked]
        biased = [e for e in order if each.org_lo <= e.org_lo <= each.org_hi]
        teams[each.key] = tuple(e for e in order if e not in biased)[:team]
        avoided[each.key] = tuple(biased)
    return Drawn(seed, tuple(objects[:sample]), teams, avoided)


@dataclass(frozen=True, slots=True)
class Published:
    """What stands in public about one draw."""

    commitment: str
    list_hash: str
    sample: int
    team: int
    secret: str = ""
    result: str = ""
    objects: tuple[str, ...] = ()
    """The keys of the objects drawn, in order, as the office announced them."""
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    title: str
    ok: bool
    text: str


def verify(published: Published, entries: Sequence[Entry]) -> list[Check]:
    """Repeat a draw from what was published; each step says whether it holds."""
    mine = list_hash(entries)
    listed = mine == published.list_hash
    found = [
        Check(
            "名单没有改动",
            listed,
            "名单的散列值与锁定时公布的一致。"
            if listed
            else "名单在公布以后被改动：散列值不一致。",
        )
    ]
    if not published.secret:
        return found
    kept = commitment_of(published.secret) == published.commitment
    found.append(
        Check(
            "密钥与承诺一致",
            kept,
            "揭示的密钥就是抽取前承诺的那一个。" if kept else "揭示的密钥与抽取前的承诺不一致。",
        )
    )
    again = draw(
        entries,
        seed_of(published.secret, published.result, mine),
        published.sample,
        published.team,
    )
    same = tuple(e.key for e in again.objects) == published.objects
    found.append(
        Check(
            "抽查对象一致",
            same,
            "重新计算得到同样的对象和次序。" if same else "重新计算得到的对象不同。",
        )
    )
    teams = {key: tuple(e.key for e in team) for key, team in again.teams.items()}
    crew = teams == dict(published.teams)
    found.append(
        Check(
            "监督人员一致",
            crew,
            "重新计算得到同样的监督人员。" if crew else "重新计算得到的监督人员不同。",
        )
    )
    return found
