# SPDX-License-Identifier: Apache-2.0
"""Naming custodians, sealing, asking for an opening, agreeing to it, and rewrapping."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from core import clock, db
from core.api.plugin import Place, SubjectRef
from core.custody import rules
from core.custody.facts import CustodianActed, OpeningActed
from core.custody.queries import ACTIVE, active_in, custodian_of, keys_of, opening_of, shares_of
from core.errors import Conflict, Invalid, NotFound, Refused
from core.facts.services import record
from core.intervals import REGIONS
from core.keys.cipher import lookup_hash
from core.scope import Scope

REASON = "a sealed secret belongs to the custodians of its region, whoever acts"

# A passphrase costs 64 MiB and some hundred milliseconds; two at once are enough.
_threads = ThreadPoolExecutor(2, thread_name_prefix="custody")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed secret, by number."""

    id: int


@dataclass(frozen=True, slots=True)
class Agreed:
    """What came of an agreement: the secret, shown once and stored nowhere, or what is missing."""

    opened: bool
    secret: Mapping[str, Any] | None = None
    rewrapped: int | None = None
    left: int = 0
    """Not sealed anew: another pair of those who kept it then has to agree to that."""


def _scope(actor: int | None = None) -> Scope:
    return Scope.platform(REASON, actor=db.current_scope().actor if actor is None else actor)


def _ref(custodian: int) -> SubjectRef:
    return SubjectRef("core.custodian", custodian)


def opening_ref(opening: int) -> SubjectRef:
    return SubjectRef("core.opening", opening)


def alias(person: int, purpose: str) -> bytes:
    """A name for a person that only this installation's key can make.

    The key lies outside the database: whoever holds a dump alone cannot try out all persons.
    """
    return lookup_hash(f"{purpose}\0{person}", "custody.alias")


# --- custodians ------------------------------------------------------------------------------


async def name_custodian(person: int, name: str, region_lo: int, *, by_person: int) -> int:
    """Name somebody custodian of a region; he sets his passphrase himself, later."""
    if person == by_person:
        raise Refused("不能指定自己，请由另一位同事指定。")
    async with db.transaction(_scope()):
        await db.lock_subjects(SubjectRef("core.custody", region_lo))
        if await custodian_of(person, region_lo) is not None:
            raise Conflict(f"{name}已经是这个地区的保管人。")
        made: int = await db.value(
            "insert into core_custodian (person, name, named_at, named_by, left_reason, region_lo,"
            " org_lo) values ($1, $2, $3, $4, '', $5, 0) returning id",
            person,
            name,
            clock.now(),
            db.current_scope().actor,
            region_lo,
        )
        await record("core.custody.named", _ref(made), CustodianActed(made, name), Place(region_lo))
    return made


async def enrol(
    person: int, region_lo: int, passphrase: str, again: str, *, actor: int = 0
) -> None:
    """A named custodian sets his passphrase; nobody can ever read or reset it.

    Outside a transaction: the slow hash must not hold a connection.
    """
    if faults := rules.passphrase_faults(passphrase):
        raise Invalid({"passphrase": faults[0]})
    if passphrase != again:
        raise Invalid({"again": "两次输入的口令不一样。"})
    keys = await asyncio.get_running_loop().run_in_executor(_threads, rules.make_keys, passphrase)
    async with db.transaction(_scope(actor)):
        found = await custodian_of(person, region_lo)
        if found is None:
            raise NotFound("你没有被指定为保管人。")
        done = await db.execute(
            "update core_custodian set public = $2, wrapped = $3, salt = $4, enrolled_at = $5"
            " where id = $1 and enrolled_at is null",
            found["id"],
            keys.public,
            keys.wrapped,
            keys.salt,
            clock.now(),
        )
        if not done:
            # A second pair of keys would make what is sealed for the first unreadable.
            raise Conflict("你已经设置过口令。忘记口令时，先卸任，再由同事重新指定。")
        await record(
            "core.custody.enrolled",
            _ref(found["id"]),
            CustodianActed(found["id"], found["name"]),
            Place(region_lo),
        )


async def leave(custodian: int, region_lo: int, reason: str) -> None:
    """A custodian goes: nothing new is sealed for him. Rewrap afterwards, so the old is neither."""
    if not reason.strip():
        raise Invalid({"reason": "请填写卸任的原因。"})
    async with db.transaction(_scope()):
        await db.lock_subjects(SubjectRef("core.custody", region_lo))
        found = await db.row(
            f"select id, name, enrolled_at from core_custodian"
            f" where id = $1 and region_lo = $2 and {ACTIVE} for update",
            custodian,
            region_lo,
        )
        if found is None:
            raise NotFound("没有这位保管人，或者已经卸任。")
        left = await active_in(region_lo)
        if found["enrolled_at"] is not None and len(left) - 1 < rules.NEEDED:
            raise Refused(
                "卸任后剩下的保管人不足两位，已封存的身份就再也打不开。请先指定新的保管人。"
            )
        await db.execute(
            "update core_custodian set left_at = $2, left_reason = $3 where id = $1",
            custodian,
            clock.now(),
            reason.strip(),
        )
        # What he agreed to as the first no longer counts: two of those who keep now must agree.
        await _ask_again(region_lo, custodian)
        await record(
            "core.custody.left",
            _ref(custodian),
            CustodianActed(custodian, found["name"], reason.strip()),
            Place(region_lo),
        )


# --- sealing ---------------------------------------------------------------------------------


async def sealing_region(region_lo: int) -> int | None:
    """The nearest region, upwards, with enough custodians to seal for; ``None`` without any."""
    async with db.transaction(_scope()):
        for lo in reversed(REGIONS.ancestors(region_lo)):
            if rules.may_seal(len(await active_in(lo))):
                return lo
    return None


async def seal(secret: Mapping[str, Any], region_lo: int) -> Envelope | None:
    """Seal a secret for the custodians of a region or the nearest one above; inside a transaction.

    ``None`` where nobody could ever open it: then nothing is stored at all.
    """
    region = await sealing_region(region_lo)
    if region is None:
        return None
    async with db.transaction(_scope()):
        keys = {row["id"]: bytes(row["public"]) for row in await active_in(region)}
        sealed = rules.seal(secret, keys)
        envelope: int = await db.value(
            "insert into core_envelope (label, cipher, region_lo, org_lo)"
            " values ($1, $2, $3, 0) returning id",
            sealed.label,
            sealed.cipher,
            region,
        )
        await _write_shares(envelope, sealed.shares, region)
    return Envelope(envelope)


async def forget(envelope: int) -> None:
    """Throw a sealed secret away, when what it belonged to is erased; the worker's right only."""
    async with db.transaction(_scope()):
        await db.execute("delete from core_envelope_share where envelope = $1", envelope)
        await db.execute("delete from core_envelope where id = $1", envelope)


async def _write_shares(
    envelope: int, shares: tuple[rules.Share, ...] | list[rules.Share], region_lo: int
) -> None:
    await db.execute_many(
        "insert into core_envelope_share (envelope, first, second, part_first, part_second,"
        " region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, 0)",
        [(envelope, s.first, s.second, s.part_first, s.part_second, region_lo) for s in shares],
    )


# --- opening ---------------------------------------------------------------------------------


async def request_opening(
    envelope: int,
    region_lo: int,
    reason: str,
    *,
    subject: SubjectRef,
    title: str,
    asked_by_name: str,
) -> int:
    """Ask the custodians to open what ``subject`` sealed; the same whether anything was (0)."""
    if len(reason.strip()) < 5:
        raise Invalid({"reason": "写明为什么必须知道是谁，至少 5 个字。"})
    region = await sealing_region(region_lo)
    if region is None:
        region = region_lo
    async with db.transaction(_scope()):
        await db.lock_subjects(subject)
        waiting = await db.value(
            "select id from core_envelope_opening where subject_kind = $1 and subject_id = $2"
            " and state = 'waiting'",
            subject.kind,
            subject.id,
        )
        if waiting is not None:
            raise Conflict("已经有一次申请在等保管人同意。")
        if envelope:
            own = await db.value("select region_lo from core_envelope where id = $1", envelope)
            region = region if own is None else int(own)
        made: int = await db.value(
            "insert into core_envelope_opening (kind, envelope, subject_kind, subject_id, title,"
            " reason, state, asked_by, asked_by_name, asked_at, first, ended_because, region_lo,"
            " org_lo) values ('open', $1, $2, $3, $4, $5, 'waiting', $6, $7, $8, 0, '', $9, 0)"
            " returning id",
            envelope,
            subject.kind,
            subject.id,
            title[:200],
            reason.strip(),
            db.current_scope().actor,
            asked_by_name,
            clock.now(),
            region,
        )
        await record(
            "core.custody.requested",
            opening_ref(made),
            OpeningActed(made, title[:200], asked_by_name, reason.strip()),
            Place(region),
        )
    return made


async def request_rewrap(region_lo: int, reason: str, *, asked_by_name: str) -> int:
    """Have all envelopes of a region sealed anew for the custodians it has now."""
    if not reason.strip():
        raise Invalid({"reason": "请填写原因，例如哪位保管人卸任。"})
    async with db.transaction(_scope()):
        await db.lock_subjects(SubjectRef("core.custody", region_lo))
        if not rules.may_seal(len(await active_in(region_lo))):
            raise Refused(f"保管人不足 {rules.MINIMUM_CUSTODIANS} 位，请先指定新的保管人。")
        if await db.value(
            "select id from core_envelope_opening where region_lo = $1 and kind = 'rewrap'"
            " and state = 'waiting'",
            region_lo,
        ):
            raise Conflict("已经有一次重新封存在等保管人同意。")
        title = "把已封存的身份重新封存给现任保管人"
        made: int = await db.value(
            "insert into core_envelope_opening (kind, envelope, subject_kind, subject_id, title,"
            " reason, state, asked_by, asked_by_name, asked_at, first, ended_because, region_lo,"
            " org_lo) values ('rewrap', 0, '', 0, $1, $2, 'waiting', $3, $4, $5, 0, '', $6, 0)"
            " returning id",
            title,
            reason.strip(),
            db.current_scope().actor,
            asked_by_name,
            clock.now(),
            region_lo,
        )
        await record(
            "core.custody.requested",
            opening_ref(made),
            OpeningActed(made, title, asked_by_name, reason.strip()),
            Place(region_lo),
        )
    return made


async def agree(opening: int, person: int, passphrase: str, *, actor: int = 0) -> Agreed:
    """A custodian agrees with his passphrase. The first hands his halves over; the second opens.

    Outside a transaction: the slow hash stands between two of its own.
    """
    async with db.transaction(_scope(actor)):
        asked = await opening_of(opening)
        own = await custodian_of(person, asked["region_lo"])
        active = {row["id"]: row for row in await active_in(asked["region_lo"])}
        _refuse_others(own, asked, list(active))
    assert own is not None
    loop = asyncio.get_running_loop()
    try:
        private = await loop.run_in_executor(_threads, rules.unwrap, keys_of(own), passphrase)
    except rules.CannotOpen as error:
        raise Invalid({"passphrase": str(error)}) from error
    async with db.transaction(_scope(actor)):
        # The region too: sealing anew takes back what is handed over meanwhile in other requests.
        await db.lock_subjects(opening_ref(opening), SubjectRef("core.custody", asked["region_lo"]))
        asked = await opening_of(opening)
        active = {row["id"]: row for row in await active_in(asked["region_lo"])}
        _refuse_others(own, asked, list(active))
        try:
            if not asked["first"]:
                return await _first(asked, own, private, active)
            if asked["kind"] == "rewrap":
                return await _rewrap(asked, own, private, active)
            return await _second(asked, own, private)
        except rules.CannotOpen as error:
            raise Refused(str(error)) from error


def _refuse_others(
    own: Mapping[str, Any] | None, asked: Mapping[str, Any], active: list[int]
) -> None:
    custodian = own["id"] if own else 0
    if reasons := rules.why_not_agree(custodian, asked["first"], asked["state"], active):
        raise Refused(*reasons)


async def _envelopes(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    if asked["kind"] == "rewrap":
        return await db.rows(
            "select id, label, cipher from core_envelope where region_lo = $1 order by id",
            asked["region_lo"],
        )
    return await db.rows(
        "select id, label, cipher from core_envelope where id = $1", asked["envelope"]
    )


async def _ask_again(region_lo: int, first: int = 0) -> None:
    """Halves handed over in requests that still wait become worthless; the first agrees anew.

    All of a region's after its identities were sealed anew, or only those whose first was ``first``.
    """
    again = await db.column(
        "update core_envelope_opening set first = 0, first_at = null where region_lo = $1"
        " and state = 'waiting' and first <> 0 and ($2 = 0 or first = $2) returning id",
        region_lo,
        first,
    )
    await db.execute("delete from core_envelope_handed where opening = any($1::int8[])", again)


NOT_THEN = "封存时你还不是保管人，这一件要由当时的另一位保管人同意，或者先重新封存。"


async def _first(
    asked: Mapping[str, Any],
    own: Mapping[str, Any],
    private: X25519PrivateKey,
    active: Mapping[int, Mapping[str, Any]],
) -> Agreed:
    envelopes = await _envelopes(asked)
    held = [await shares_of(each["id"], own["id"]) for each in envelopes]
    if envelopes and not any(held):
        # With him as the first, nobody could ever be the second.
        raise Refused(NOT_THEN)
    for envelope, shares in zip(envelopes, held, strict=True):
        label = bytes(envelope["label"])
        for share in shares:
            other, part = rules.part_of(share, own["id"], private, label)
            if other not in active:
                continue
            await db.execute(
                "insert into core_envelope_handed (opening, envelope, receiver, part, region_lo,"
                " org_lo) values ($1, $2, $3, $4, $5, 0)",
                asked["id"],
                envelope["id"],
                other,
                rules.hand_over(part, bytes(active[other]["public"]), asked["id"], label),
                asked["region_lo"],
            )
    await db.execute(
        "update core_envelope_opening set first = $2, first_at = $3 where id = $1",
        asked["id"],
        own["id"],
        clock.now(),
    )
    await _tell("core.custody.agreed", asked, own["name"])
    return Agreed(opened=False)


async def _key_of(
    asked: Mapping[str, Any], own: Mapping[str, Any], private: X25519PrivateKey, envelope: int
) -> bytes | None:
    """The key of an envelope from the handed half and one's own; ``None`` for a missing pair."""
    label = bytes(await db.value("select label from core_envelope where id = $1", envelope))
    part = await db.value(
        "select part from core_envelope_handed where opening = $1 and envelope = $2"
        " and receiver = $3",
        asked["id"],
        envelope,
        own["id"],
    )
    pair = [
        share
        for share in await shares_of(envelope, own["id"])
        if asked["first"] in (share.first, share.second)
    ]
    if part is None or not pair:
        return None
    _, mine = rules.part_of(pair[0], own["id"], private, label)
    return rules.xor(mine, rules.handed(bytes(part), private, asked["id"], label))


async def _second(
    asked: Mapping[str, Any], own: Mapping[str, Any], private: X25519PrivateKey
) -> Agreed:
    secret: Mapping[str, Any] | None = None
    for envelope in await _envelopes(asked):
        key = await _key_of(asked, own, private, envelope["id"])
        if key is None:
            raise Refused(NOT_THEN)
        secret = rules.unseal(bytes(envelope["cipher"]), key, bytes(envelope["label"]))
    await _end(asked, "opened", f"{own['name']} 同意，已打开")
    await _tell("core.custody.opened", asked, own["name"])
    return Agreed(opened=True, secret=secret)


async def _rewrap(
    asked: Mapping[str, Any],
    own: Mapping[str, Any],
    private: X25519PrivateKey,
    active: Mapping[int, Mapping[str, Any]],
) -> Agreed:
    custodians = {number: bytes(row["public"]) for number, row in active.items()}
    done = left = 0
    for envelope in await _envelopes(asked):
        key = await _key_of(asked, own, private, envelope["id"])
        if key is None:
            left += 1
            continue
        await db.execute("delete from core_envelope_share where envelope = $1", envelope["id"])
        shares = list(rules.split(key, custodians, bytes(envelope["label"])))
        await _write_shares(envelope["id"], shares, asked["region_lo"])
        done += 1
    if left and not done:
        raise Refused(NOT_THEN)
    await _end(asked, "opened", rules.rewrapped_words(done, left))
    await _ask_again(asked["region_lo"])
    await _tell("core.custody.rewrapped", asked, own["name"])
    return Agreed(opened=True, rewrapped=done, left=left)


async def refuse_opening(opening: int, person: int, reason: str) -> None:
    """A custodian says no; one no ends the request."""
    if not reason.strip():
        raise Invalid({"reason": "请填写不同意的理由。"})
    async with db.transaction(_scope()):
        await db.lock_subjects(opening_ref(opening))
        asked = await opening_of(opening)
        own = await custodian_of(person, asked["region_lo"])
        active = [row["id"] for row in await active_in(asked["region_lo"])]
        if own is None or own["id"] not in active or asked["state"] != "waiting":
            raise Refused("这次申请已经结束，或者不归你办理。")
        # Who said no stands beside it: the names above are of who asked and who agreed.
        await _end(asked, "refused", f"{own['name']} 不同意：{reason.strip()}")
        await _tell("core.custody.refused", asked, own["name"], reason.strip())


async def _end(asked: Mapping[str, Any], state: str, because: str) -> None:
    await db.execute("delete from core_envelope_handed where opening = $1", asked["id"])
    await db.execute(
        "update core_envelope_opening set state = $2, ended_at = $3, ended_because = $4"
        " where id = $1",
        asked["id"],
        state,
        clock.now(),
        because,
    )


async def _tell(kind: str, asked: Mapping[str, Any], by: str, reason: str = "") -> None:
    await record(
        kind,
        opening_ref(asked["id"]),
        OpeningActed(asked["id"], asked["title"], by, reason),
        Place(asked["region_lo"]),
    )
