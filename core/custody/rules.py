# SPDX-License-Identifier: Apache-2.0
"""The cryptography of sealed secrets, without a database.

A secret is encrypted under a key of its own. For every pair of custodians the key is split in
two: a random pad goes to the first, the key XOR that pad to the second, each encrypted to the
custodian's public key. Two of them rebuild the key; one alone holds random bytes. A custodian's
private key rests encrypted under a key made from his passphrase, so that neither a copy of the
database nor the server's own secret opens anything (S3-22, C1-11, C1-12).
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MINIMUM_CUSTODIANS = 3
"""Below three, one custodian on leave would lock every secret for good."""
NEEDED = 2
KEY = 32
NONCE = 12
PADDED_TO = 512
"""Secrets are filled up to a multiple of this, so that no length tells a name from a name."""
MIN_PASSPHRASE = 12
ARGON_MEMORY_KIB = 64 * 1024
ARGON_PASSES = 3


class CannotOpen(ValueError):
    """A wrong passphrase, a part meant for somebody else, or a damaged value."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A custodian's pair of keys, the private one wrapped by the passphrase."""

    public: bytes
    wrapped: bytes
    salt: bytes


@dataclass(frozen=True, slots=True)
class Share:
    """What one pair of custodians holds of one key."""

    first: int
    second: int
    part_first: bytes
    part_second: bytes


def passphrase_faults(passphrase: str) -> list[str]:
    """Why a passphrase is refused: whoever copies the database may try passphrases for years."""
    faults = []
    if len(passphrase) < MIN_PASSPHRASE:
        faults.append(f"口令至少 {MIN_PASSPHRASE} 个字，现在 {len(passphrase)} 个；可以用一句话。")
    if len(passphrase) > 200:
        faults.append("口令最长 200 个字。")
    if passphrase and len(set(passphrase)) < 5:
        faults.append("口令里不同的字太少，请换一个。")
    return faults


def may_seal(custodians: int) -> bool:
    """Whether a region has enough custodians to seal for."""
    return custodians >= MINIMUM_CUSTODIANS


def _derive(passphrase: str, salt: bytes) -> bytes:
    kdf = Argon2id(
        salt=salt, length=KEY, iterations=ARGON_PASSES, lanes=1, memory_cost=ARGON_MEMORY_KIB
    )
    return kdf.derive(passphrase.encode())


def make_keys(passphrase: str) -> Keys:
    """A new pair of keys; some hundred milliseconds, so call it in a thread."""
    private = X25519PrivateKey.generate()
    salt, nonce = os.urandom(16), os.urandom(NONCE)
    public = private.public_key().public_bytes_raw()
    wrapped = AESGCM(_derive(passphrase, salt)).encrypt(nonce, private.private_bytes_raw(), public)
    return Keys(public, nonce + wrapped, salt)


def unwrap(keys: Keys, passphrase: str) -> X25519PrivateKey:
    """The private key again; ``CannotOpen`` when the passphrase is another."""
    cipher = AESGCM(_derive(passphrase, keys.salt))
    try:
        raw = cipher.decrypt(keys.wrapped[:NONCE], keys.wrapped[NONCE:], keys.public)
    except InvalidTag as error:
        raise CannotOpen("口令不对。") from error
    return X25519PrivateKey.from_private_bytes(raw)


def _shared(secret: bytes, ephemeral: bytes, public: bytes, purpose: bytes) -> bytes:
    # Both public keys go into the derivation, as in HPKE: a part cannot be moved to another.
    material = HKDF(SHA256(), length=KEY, salt=None, info=b"jiandu/custody\0" + purpose)
    return material.derive(secret + ephemeral + public)


def seal_to(public: bytes, plain: bytes, purpose: bytes) -> bytes:
    """``plain`` encrypted to a public key, for one purpose only."""
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    # The key is used for this one message, so the nonce may be fixed.
    key = _shared(secret, own, public, purpose)
    return own + AESGCM(key).encrypt(bytes(NONCE), plain, purpose)


def open_with(private: X25519PrivateKey, sealed: bytes, purpose: bytes) -> bytes:
    """What ``seal_to`` was given."""
    own, body = sealed[:KEY], sealed[KEY:]
    public = private.public_key().public_bytes_raw()
    try:
        secret = private.exchange(X25519PublicKey.from_public_bytes(own))
        return AESGCM(_shared(secret, own, public, purpose)).decrypt(bytes(NONCE), body, purpose)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("封存的内容打不开：不是给这位保管人的，或者已经损坏。") from error


def xor(a: bytes, b: bytes) -> bytes:
    """Byte by byte."""
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def purpose_of(envelope: bytes, first: int, second: int) -> bytes:
    """Binds a part to its envelope and its pair, so that parts cannot be exchanged."""
    return b"part\0" + envelope + f"\0{first}\0{second}".encode()


def split(key: bytes, custodians: Mapping[int, bytes], label: bytes) -> Iterator[Share]:
    """One share per pair of ``custodians`` (id → public key)."""
    for first, second in combinations(sorted(custodians), 2):
        pad, purpose = os.urandom(KEY), purpose_of(label, first, second)
        yield Share(
            first,
            second,
            seal_to(custodians[first], pad, purpose),
            seal_to(custodians[second], xor(key, pad), purpose),
        )


def part_of(
    share: Share, custodian: int, private: X25519PrivateKey, label: bytes
) -> tuple[int, bytes]:
    """The other custodian of a share, and this one's half of the key."""
    sealed = share.part_first if custodian == share.first else share.part_second
    other = share.second if custodian == share.first else share.first
    return other, open_with(private, sealed, purpose_of(label, share.first, share.second))


def hand_over(part: bytes, public: bytes, opening: int, label: bytes) -> bytes:
    """A half re-encrypted to the other custodian: nothing lies open while he is waited for."""
    return seal_to(public, part, b"handed\0" + label + f"\0{opening}".encode())


def handed(sealed: bytes, private: X25519PrivateKey, opening: int, label: bytes) -> bytes:
    """The half the other custodian handed over."""
    return open_with(private, sealed, b"handed\0" + label + f"\0{opening}".encode())


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret at rest: its random label, the cipher text, and the shares of its key."""

    label: bytes
    cipher: bytes
    shares: tuple[Share, ...]


def seal(secret: Mapping[str, Any], custodians: Mapping[int, bytes]) -> Sealed:
    """Encrypt a secret so that any two of ``custodians`` open it."""
    if not may_seal(len(custodians)):
        raise ValueError(f"sealing needs {MINIMUM_CUSTODIANS} custodians")
    key, label, nonce = os.urandom(KEY), os.urandom(16), os.urandom(NONCE)
    plain = msgspec.json.encode(secret)
    plain += b" " * (-len(plain) % PADDED_TO)
    cipher = nonce + AESGCM(key).encrypt(nonce, plain, label)
    return Sealed(label, cipher, tuple(split(key, custodians, label)))


def unseal(cipher: bytes, key: bytes, label: bytes) -> dict[str, Any]:
    """The secret again."""
    try:
        plain = AESGCM(key).decrypt(cipher[:NONCE], cipher[NONCE:], label)
    except InvalidTag as error:
        raise CannotOpen("封存的内容打不开：两半钥匙不是一对，或者内容已经损坏。") from error
    found: dict[str, Any] = msgspec.json.decode(plain)
    return found


def rewrapped_words(done: int, left: int) -> str:
    """How sealing anew ended; what the two could not reach is said, not passed over."""
    rest = f"；另有 {left} 件要由封存时的另外两位保管人再办一次" if left else ""
    return f"重新封存 {done} 件{rest}"


def why_not_agree(
    custodian: int, agreed_first: int, state: str, active: Sequence[int]
) -> list[str]:
    """Why a custodian may not agree to an opening."""
    if state != "waiting":
        return ["这次申请已经结束。"]
    if custodian not in active:
        return ["你不是这个地区的保管人，或者还没有设置口令。"]
    if custodian == agreed_first:
        return ["你已经同意过，还需要另一位保管人同意。"]
    return []


def fingerprint(public: bytes) -> str:
    """How a public key is named on pages and in facts."""
    return hashlib.sha256(public).hexdigest()[:16]
