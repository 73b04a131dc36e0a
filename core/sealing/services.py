# SPDX-License-Identifier: Apache-2.0
"""The sealer: every few seconds what was recorded becomes a signed batch of the chain.

Whoever records a fact only leaves its number in ``core_unsealed``, in the same statement. The
sealer takes those numbers later, skipping what is locked, so no writer ever waits for it, and
none for another writer's place in a chain.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.facts.canonical import fact_bytes
from core.facts.services import record
from core.keys.signing import public_keys, rotate, signer
from core.sealing import heads, rules
from core.sealing.facts import KeyChanged
from core.sealing.rules import Sealed

log = logging.getLogger("jiandu.sealing")

PURPOSE = "audit"
LIMIT = 5000
"""Facts in one batch: some milliseconds of work, and a proof of thirteen hashes."""
SEALER = db.Scope.platform("the chain runs through the facts of all regions")

LOCK = "select pg_try_advisory_xact_lock(hashtextextended('core_sealing', 0))"

TAKE = """
with t as (select fact from core_unsealed order by fact limit $1 for update skip locked),
d as (delete from core_unsealed u using t where u.fact = t.fact returning u.fact)
select d.fact, f.id, f.kind, f.subject_kind, f.subject_id, f.actor, f.at, f.recorded_at, f.payload
from d left join core_fact f on f.id = d.fact order by d.fact
"""


async def seal_batch(limit: int = LIMIT) -> int:
    """Seal one batch inside the caller's transaction; how many facts, 0 when there are none.

    One sealer at a time: a second one finds the lock taken and has nothing to do. If the process
    dies, the transaction is undone and the facts wait as before.
    """
    if not await db.value(LOCK):
        return 0
    taken = await db.rows(TAKE, limit)
    if not taken:
        return 0
    last = await db.row("select id, head from core_batch order by id desc limit 1")
    number = last["id"] + 1 if last else 1
    previous = bytes(last["head"]) if last else rules.ZERO
    leaves = [
        rules.missing_leaf(row["fact"]) if row["id"] is None else rules.leaf(fact_bytes(row))
        for row in taken
    ]
    if gone := [row["fact"] for row in taken if row["id"] is None]:
        log.error("facts vanished before they were sealed: %s", gone[:20])
    root, sealed_at, key = rules.root_of(leaves), clock.now(), await signer(PURPOSE)
    head = rules.head_of(number, previous, root, len(leaves), sealed_at)
    await db.execute(
        "insert into core_batch (id, facts, leaves, root, previous, sealed_at, head, key, signature)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        number,
        [row["fact"] for row in taken],
        b"".join(leaves),
        root,
        previous,
        sealed_at,
        head,
        key.fingerprint,
        key.sign(rules.signed_words(head)),
    )
    return len(taken)


async def seal(limit: int = LIMIT) -> int:
    """Seal everything that waits, batch by batch; how many facts."""
    total = 0
    while True:
        async with db.transaction(SEALER):
            count = await seal_batch(limit)
        total += count
        if count < limit:
            return total


async def change_key() -> str:
    """Sign with a new key from now on; inside the caller's transaction. Its fingerprint.

    For a key that may have been seen by somebody: what was sealed before stays proven by the old
    public key, which is why published heads and public keys are kept outside.
    """
    before = await public_keys(PURPOSE)
    made = await rotate(PURPOSE)
    await record(
        "core.seal.key_changed",
        SubjectRef("core.seal", 0),
        KeyChanged(before[0]["fingerprint"] if before else "", made),
        Place(0),
    )
    return made


async def publish() -> str:
    """Keep the newest head outside the database; its line, or nothing when there is none."""
    async with db.transaction(SEALER):
        last = await newest()
    if last is None:
        return ""
    line = heads.line_of(last.number, last.head, last.sealed_at, last.key)
    heads.keep(line)
    return line


# --- reading ---------------------------------------------------------------------------------

COLUMNS = "id, facts, leaves, root, previous, sealed_at, head, key, signature"


def sealed_of(row: Any) -> Sealed:
    """A row of ``core_batch``."""
    return Sealed(
        number=row["id"],
        facts=tuple(row["facts"]),
        leaves=bytes(row["leaves"]),
        root=bytes(row["root"]),
        previous=bytes(row["previous"]),
        sealed_at=row["sealed_at"],
        head=bytes(row["head"]),
        key=row["key"],
        signature=bytes(row["signature"]),
    )


async def newest() -> Sealed | None:
    """The last batch."""
    found = await db.row(f"select {COLUMNS} from core_batch order by id desc limit 1")
    return None if found is None else sealed_of(found)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest signed head, as it stands at the foot of a printed page or of a workbook."""

    number: int
    hex: str
    sealed_at: datetime
    line: str
    """What ``jiandu audit verify --heads`` reads; typed or copied from the page."""

    @property
    def words(self) -> str:
        return f"记录封存值 {self.line}"


async def newest_head() -> Head | None:
    """The head to be printed on what is made now (D10); none before the first batch.

    Whoever holds the paper can later have the record verified against it: facts sealed up to
    this head cannot have been changed since. Inside the caller's transaction.
    """
    found = await db.row("select id, head, sealed_at, key from core_batch order by id desc limit 1")
    if found is None:
        return None
    head = bytes(found["head"])
    line = heads.line_of(found["id"], head, found["sealed_at"], found["key"])
    return Head(found["id"], head.hex(), found["sealed_at"], line)


async def batch_of(fact: int) -> Sealed | None:
    """The batch that holds a fact."""
    found = await db.row(
        f"select {COLUMNS} from core_batch where facts @> array[$1::int8] order by id limit 1", fact
    )
    return None if found is None else sealed_of(found)


async def waiting() -> dict[str, Any]:
    """How many facts wait for sealing, and since when."""
    found = await db.row(
        "select count(*) as n, min(f.recorded_at) as oldest from core_unsealed u"
        " left join core_fact f on f.id = u.fact"
    )
    return found or {"n": 0, "oldest": None}
