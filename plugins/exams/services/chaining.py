# SPDX-License-Identifier: Apache-2.0
"""Adding acts to the chains of attempts: a few at once, and hundreds of browsers at once.

Whoever comes first writes for all who have arrived meanwhile, in one transaction: while the
database works for one, the next ones gather. At two hundred saves a second this costs a fraction
of a transaction each, and nobody waits longer than for the one before him.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.api import clock
from core.api.db import execute, in_transaction, rows, transaction
from plugins.exams.rules import chain
from plugins.exams.rules import sitting as rules
from plugins.exams.services.base import CANDIDATE

MOST_TOGETHER = 64

LOCK = """
select a.id, a.state, a.epoch, a.token, a.seq, a.head, a.newest, a.done, a.blurs, a.deadline,
  a.photo_failed, a.region_lo, a.org_lo
from exams_attempt a where a.id = any($1::int8[]) order by a.id for update
"""
KNOWN = """
select attempt, n from exams_act where (attempt, epoch, n) in
  (select * from unnest($1::int8[], $2::int4[], $3::int4[]))
"""
WRITE = """
with made as (
  insert into exams_act (attempt, seq, epoch, n, kind, body, at, hash, region_lo, org_lo)
  select * from unnest($1::int8[], $2::int4[], $3::int4[], $4::int4[], $5::text[], $6::text[],
    $7::int8[], $8::bytea[], $9::int8[], $10::int8[]))
update exams_attempt a set seq = u.seq, head = u.head, newest = u.newest, done = u.done,
  blurs = u.blurs, photo_failed = u.failed, seen_at = $18
from unnest($11::int8[], $12::int4[], $13::bytea[], $14::int4[], $15::text[], $16::int4[],
  $17::bool[]) as u(id, seq, head, newest, done, blurs, failed)
where a.id = u.id
"""


class Unknown(LookupError):
    """The token leads to no attempt: signed in elsewhere, or released."""


@dataclass(frozen=True)
class Saved:
    """What became of the acts of one request."""

    state: str
    """sitting, or why nothing more is taken: ready | over | submitted | voided"""
    last: int
    """The highest number that stands in the chain."""
    deadline: datetime | None
    fresh: int = 0
    """How many were new; the others had come before."""


@dataclass
class _Asked:
    attempt: int
    token: bytes
    acts: Sequence[rules.Sent]
    grace: int
    answer: "asyncio.Future[Saved]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class _Gathering:
    """Those of one process that wait to be written together."""

    def __init__(self) -> None:
        self.waiting: list[_Asked] = []
        self.busy = False


# A few, so that one slow answer of the database does not hold up everybody; by attempt, so that
# two of them never touch the same row.
_gatherings = tuple(_Gathering() for _ in range(3))


def token_hash(token: str) -> bytes:
    """What is kept of the browser's token."""
    return hashlib.sha256(token.encode()).digest()


async def save(attempt: int, token: str, acts: Sequence[rules.Sent], grace: int) -> Saved:
    """Put what a browser sent into its chain; the same again changes nothing.

    ``Unknown`` when the token is not the one of this attempt.
    """
    asked = _Asked(attempt, token_hash(token), acts, grace)
    if in_transaction():
        await _write([asked])
        return asked.answer.result()
    gathering = _gatherings[attempt % len(_gatherings)]
    gathering.waiting.append(asked)
    if not gathering.busy:
        gathering.busy = True
        try:
            while gathering.waiting:
                together = gathering.waiting[:MOST_TOGETHER]
                del gathering.waiting[:MOST_TOGETHER]
                await _together(together)
                if asked.answer.done():
                    break
        finally:
            gathering.busy = False
            if gathering.waiting:
                # Whoever waits longest goes on; this one's browser has its answer.
                _hand_on(gathering)
    return await asked.answer


_tasks: set["asyncio.Task[None]"] = set()


def _hand_on(gathering: _Gathering) -> None:
    gathering.busy = True

    async def go_on() -> None:
        try:
            while gathering.waiting:
                together = gathering.waiting[:MOST_TOGETHER]
                del gathering.waiting[:MOST_TOGETHER]
                await _together(together)
        finally:
            gathering.busy = False

    task = asyncio.get_running_loop().create_task(go_on())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _together(asked: list[_Asked]) -> None:
    try:
        await _write(asked)
    except asyncio.CancelledError:
        # The server stops. Whether it was written nobody knows now; every browser asks again.
        for each in asked:
            if not each.answer.done():
                each.answer.cancel()
        raise
    except Exception as error:  # noqa: BLE001 - handed to whoever asked
        if len(asked) == 1:
            if not asked[0].answer.done():
                asked[0].answer.set_exception(error)
            return
        # One that cannot be written must not take the others along.
        for each in asked:
            if not each.answer.done():
                await _together([each])


async def _write(asked: list[_Asked]) -> None:
    now = clock.now()
    answers: list[tuple[_Asked, Saved | Exception]] = []
    async with transaction(CANDIDATE):
        ids = sorted({each.attempt for each in asked})
        found = {each["id"]: each for each in await rows(LOCK, ids)}
        for each in asked:
            held = found.get(each.attempt)
            if held is None or not hmac.compare_digest(bytes(held["token"] or b""), each.token):
                answers.append((each, Unknown()))
                continue
            answers.append((each, Saved("", 0, held["deadline"])))
        good = [each for each, answer in answers if isinstance(answer, Saved)]
        repeated = await _repeated(good, found)
        links = _Links()
        final: dict[int, Saved] = {}
        for each in good:
            final[id(each)] = _add(each, found[each.attempt], repeated, links, now)
        touched = {each.attempt for each in good}
        await _store(links, [found[each] for each in sorted(touched)], now)
    for each, answer in answers:
        if isinstance(answer, Saved):
            each.answer.set_result(final[id(each)])
        else:
            each.answer.set_exception(answer)


async def _repeated(
    asked: Sequence[_Asked], found: Mapping[int, Mapping[str, Any]]
) -> set[tuple[int, int]]:
    """Numbers not above the newest may have come before; only for those the chain is asked."""
    old = [
        (each.attempt, int(found[each.attempt]["epoch"]), act.n)
        for each in asked
        for act in each.acts
        if act.n <= found[each.attempt]["newest"]
    ]
    if not old:
        return set()
    known = await rows(KNOWN, *(list(column) for column in zip(*old, strict=True)))
    return {(each["attempt"], each["n"]) for each in known}


class _Links:
    """The columns of the acts to be written."""

    def __init__(self) -> None:
        self.columns: tuple[list[Any], ...] = tuple([] for _ in range(10))

    def add(self, held: dict[str, Any], n: int, kind: str, body: str, at: int) -> None:
        """The next link of a chain."""
        held["seq"] += 1
        act = chain.Act(held["id"], held["seq"], held["epoch"], n, kind, body, at)
        held["head"] = chain.link(bytes(held["head"]), act)
        told = (
            act.attempt, act.seq, act.epoch, n, kind, body, at, held["head"], held["region_lo"],
            held["org_lo"],
        )  # fmt: skip
        for column, cell in zip(self.columns, told, strict=True):
            column.append(cell)


def _add(
    asked: _Asked,
    held: dict[str, Any],
    repeated: set[tuple[int, int]],
    links: _Links,
    now: datetime,
) -> Saved:
    state = held["state"]
    if state == "sitting" and not rules.accepted(now, held["deadline"], asked.grace):
        state = "over"
    fresh = 0
    early = state == "ready"
    at = int(now.timestamp() * 1_000_000)
    for act in asked.acts:
        if (asked.attempt, act.n) in repeated:
            continue
        # Before the beginning only the camera may report.
        if state != "sitting" and not (early and act.kind == "photo_failed"):
            continue
        links.add(held, act.n, act.kind, chain.canonical(rules.body_of(act)), at)
        repeated.add((asked.attempt, act.n))
        fresh += 1
        held["newest"] = max(held["newest"], act.n)
        if act.kind == "blur":
            held["blurs"] += 1
        elif act.kind == "photo_failed":
            held["photo_failed"] = True
        elif act.kind == "answer":
            bit, done = 1 << act.q, int(held["done"], 16)
            held["done"] = f"{done | bit if act.a else done & ~bit:x}"
    return Saved(state, held["newest"], held["deadline"], fresh)


async def _store(links: _Links, held: Sequence[Mapping[str, Any]], now: datetime) -> None:
    if not held:
        return
    await execute(
        WRITE,
        *links.columns,
        [each["id"] for each in held],
        [each["seq"] for each in held],
        [bytes(each["head"]) for each in held],
        [each["newest"] for each in held],
        [each["done"] for each in held],
        [each["blurs"] for each in held],
        [each["photo_failed"] for each in held],
        now,
    )


# --- acts of the platform and of the invigilator --------------------------------------------------


async def lock(attempt: int) -> dict[str, Any] | None:
    """An attempt for a change of its own, in the open transaction."""
    found = await rows("select * from exams_attempt where id = $1 for update", attempt)
    return found[0] if found else None


async def append(held: dict[str, Any], kind: str, body: Mapping[str, Any]) -> None:
    """One act that no browser numbered; the attempt is locked by the caller."""
    links = _Links()
    links.add(
        held, -(held["seq"] + 1), kind, chain.canonical(body),
        int(clock.now().timestamp() * 1_000_000),
    )  # fmt: skip
    await _insert(links)
    await execute(
        "update exams_attempt set seq = $2, head = $3 where id = $1",
        held["id"],
        held["seq"],
        held["head"],
    )


async def append_sealed(held: dict[str, Any], acts: Sequence[rules.Sent], epoch: int) -> int:
    """Answers from a sealed file, under their own numbers; those that came by line stay.

    ``epoch`` is the computer they were written at: what was answered later at another one counts.
    """
    known = await rows(
        "select n from exams_act where attempt = $1 and epoch = $2", held["id"], epoch
    )
    have = {each["n"] for each in known}
    links = _Links()
    at = int(clock.now().timestamp() * 1_000_000)
    newest = held["newest"]
    writing = {**held, "epoch": epoch}
    for act in sorted(acts, key=lambda each: each.n):
        if act.n in have or act.kind != "answer":
            continue
        have.add(act.n)
        links.add(writing, act.n, "answer", chain.canonical(rules.body_of(act)), at)
        if epoch == held["epoch"]:
            newest = max(newest, act.n)
    held |= {"seq": writing["seq"], "head": writing["head"], "newest": newest}
    count = len(links.columns[0])
    if count:
        await _insert(links)
        standing = chain.current_answers(await acts_of(held["id"]))
        await execute(
            "update exams_attempt set seq = $2, head = $3, newest = $4, done = $5 where id = $1",
            held["id"],
            held["seq"],
            held["head"],
            newest,
            f"{sum(1 << q for q, answer in standing.items() if answer):x}",
        )
    return count


async def _insert(links: _Links) -> None:
    await execute(
        """insert into exams_act (attempt, seq, epoch, n, kind, body, at, hash, region_lo, org_lo)
           select * from unnest($1::int8[], $2::int4[], $3::int4[], $4::int4[], $5::text[],
             $6::text[], $7::int8[], $8::bytea[], $9::int8[], $10::int8[])""",
        *links.columns,
    )


async def acts_of(attempt: int) -> list[dict[str, Any]]:
    """The chain of an attempt in its order."""
    return await rows("select * from exams_act where attempt = $1 order by seq", attempt)


def verified(acts: Sequence[Mapping[str, Any]], head: bytes) -> int:
    """The first act that does not fit; 0 when the chain holds."""
    return chain.broken_at(
        (
            (
                chain.Act(
                    each["attempt"], each["seq"], each["epoch"], each["n"], each["kind"],
                    each["body"], each["at"],
                ),
                bytes(each["hash"]),
            )
            for each in acts
        ),
        bytes(head),
    )  # fmt: skip
