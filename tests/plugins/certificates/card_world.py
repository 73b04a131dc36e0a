# SPDX-License-Identifier: Apache-2.0
"""An issuing office in memory: a root, a key for a county, one for the list, cards and a list."""

from dataclasses import dataclass, field, replace
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plugins.certificates.rules import cose, status_list, token, trust
from plugins.certificates.rules.token import CardClaims

DAY = 86400
NOW = token.day_begins(date(2026, 11, 22)) + 10 * 3600

CARD = CardClaims(
    number="15082204001",
    name="李志强",
    unit="磴口县交通运输局",
    region="磴口县",
    powers="交通运输行政处罚、行政检查、行政强制",
    kind="local",
    index=5,
    issued_at=NOW - 100 * DAY,
    begins=token.day_begins(date(2024, 7, 1)),
    expires=token.day_ends(date(2029, 6, 30)),
)


@dataclass(frozen=True)
class Pen:
    """A key that signs."""

    seed: int
    algorithm: int = cose.EDDSA
    secret: Ed25519PrivateKey = field(init=False)

    def __post_init__(self) -> None:
        secret = Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)
        object.__setattr__(self, "secret", secret)

    @property
    def public(self) -> bytes:
        return self.secret.public_key().public_bytes_raw()

    @property
    def kid(self) -> bytes:
        return trust.kid_of(self.public)

    def seal(self, payload: bytes, kind: str = "") -> bytes:
        protected = cose.protect(self.algorithm, self.kid, kind)
        signature = self.secret.sign(cose.to_be_signed(protected, payload))
        return cose.seal(protected, payload, signature)


ROOT, COUNTY, LISTS, STRANGER = Pen(1), Pen(2), Pen(3), Pen(9)
NAME = "内蒙古自治区司法厅"


def root(pen: Pen = ROOT) -> trust.Root:
    return trust.Root(pen.public, NAME)


def statement(
    pen: Pen, use: str, *, by: Pen = ROOT, begins=NOW - 400 * DAY, expires=NOW + 400 * DAY
):
    key = trust.KeyStatement(pen.public, -8, use, "150822", "磴口县", begins, expires, by.kid)
    return by.seal(trust.statement_payload(key, NAME, NOW))


def a_list(states=(), *, by: Pen = LISTS, issued=NOW - 3600, seconds=3 * DAY, size=16) -> bytes:
    packed = status_list.pack(states, size)
    return by.seal(
        status_list.payload_of(packed, "/certificates/check/list", issued, seconds, 3600),
        status_list.TYPE,
    )


def code(pen: Pen = COUNTY, **changes) -> str:
    return token.text_of(pen.seal(token.payload_of(replace(CARD, **changes))))


PAPER = CardClaims(
    number="磴监督聘〔2026〕1号",
    name="张敏",
    unit="磴口县司法局",
    region="磴口县",
    powers="",
    kind="",
    index=6,
    issued_at=NOW - 100 * DAY,
    begins=token.day_begins(date(2026, 5, 20)),
    expires=token.day_ends(date(2028, 5, 19)),
    title="行政执法社会监督员",
    ends=token.day_ends(date(2028, 5, 19)),
    placed_at=NOW - 100 * DAY,
)
"""Signed by the same key as cards, in the same list; no enforcement officer."""


def paper(pen: Pen = COUNTY, **changes) -> str:
    return token.text_of(pen.seal(token.payload_of(replace(PAPER, **changes))))


def moving(pen: Pen = COUNTY, *, made=NOW, **changes) -> str:
    """A code as a telephone shows it: good from a minute before it was made to two after."""
    given = {"issued_at": made, "begins": made - 60, "expires": made + 120, **changes}
    return paper(pen, moving=True, **given)


def _claims(payload: bytes) -> dict:
    return cose.read(payload)


def paper_told(at: int, what) -> str:
    """A signed paper that says something no honest office writes at one place."""
    claims = _claims(token.payload_of(PAPER))
    claims[token.PAPER][at] = what
    return token.text_of(COUNTY.seal(cose.write(claims)))


def both_told() -> str:
    """A card and a paper in one: nobody may choose which of the two it is."""
    claims = _claims(token.payload_of(PAPER))
    claims[token.CARD] = _claims(token.payload_of(CARD))[token.CARD]
    return token.text_of(COUNTY.seal(cose.write(claims)))


STATEMENTS = (statement(COUNTY, "card"), statement(LISTS, "list"))


def trusting(*lists: bytes, statements=STATEMENTS) -> trust.Trust:
    return trust.build([root()], statements, lists)


def bundle(*lists: bytes, statements=STATEMENTS) -> dict:
    return trust.write_file([root()], statements, lists, NOW)


# What is shown, with which lists, at which moment, and the answer: for Python and for the browser.
CASES: list[tuple[str, str, list[bytes], int, str]] = [
    ("good", code(), [a_list()], NOW, "valid"),
    (
        "whole address",
        f"https://zf.example.cn/certificates/check/abc#{code()}",
        [a_list()],
        NOW,
        "valid",
    ),
    ("last second", code(), [a_list(issued=CARD.expires - 60)], CARD.expires, "bad_time"),
    ("suspended", code(), [a_list([(5, 2)])], NOW, "suspended"),
    ("neighbour suspended", code(), [a_list([(4, 2), (6, 2)])], NOW, "valid"),
    ("cancelled", code(), [a_list([(5, 1)])], NOW, "cancelled"),
    ("not inspected", code(), [a_list([(5, 3)])], NOW, "not_inspected"),
    ("old list, cancelled", code(), [a_list([(5, 1)], issued=NOW - 60 * DAY)], NOW, "cancelled"),
    ("old list, suspended", code(), [a_list([(5, 2)], issued=NOW - 60 * DAY)], NOW, "list_stale"),
    ("no list", code(), [], NOW, "list_stale"),
    ("old list", code(), [a_list(issued=NOW - 4 * DAY)], NOW, "list_stale"),
    ("forged list", code(), [a_list(by=STRANGER)], NOW, "list_stale"),
    ("list by the county's key", code(), [a_list(by=COUNTY)], NOW, "list_stale"),
    ("damaged list", code(), [a_list()[:-1]], NOW, "list_stale"),
    ("newest list counts", code(), [a_list(), a_list([(5, 2)], issued=NOW - 60)], NOW, "suspended"),
    ("not in the list yet", code(index=99), [a_list()], NOW, "list_stale"),
    ("in its last byte", code(index=15), [a_list()], NOW, "valid"),
    (
        "younger, a place of nobody",
        code(index=14, issued_at=NOW),
        [a_list(size=14)],
        NOW,
        "list_stale",
    ),
    ("signed anew since", code(issued_at=NOW), [a_list()], NOW, "valid"),
    ("signed anew since, suspended", code(issued_at=NOW), [a_list([(5, 2)])], NOW, "suspended"),
    ("an empty list", code(index=0), [a_list(size=0)], NOW, "list_stale"),
    ("expired", code(expires=NOW - 1), [a_list()], NOW, "expired"),
    ("expired and cancelled", code(expires=NOW - 1), [a_list([(5, 1)])], NOW, "cancelled"),
    ("expired, no list", code(expires=NOW - 1), [], NOW, "expired"),
    ("not yet", code(begins=NOW + DAY), [a_list()], NOW, "not_yet"),
    ("phone lives in 2001", code(), [a_list()], 1_000_000_000, "valid"),
    ("phone lives in 2001, expired", code(expires=NOW - DAY), [a_list()], 1_000_000_000, "expired"),
    ("phone lives a year ahead", code(), [a_list()], NOW + 365 * DAY, "list_stale"),
    ("stranger", code(STRANGER), [a_list()], NOW, "unknown_issuer"),
    ("signed with the list's key", code(LISTS), [a_list()], NOW, "unknown_issuer"),
    ("signed with the root", code(ROOT), [a_list()], NOW, "unknown_issuer"),
    (
        "issued after the key's end",
        code(issued_at=NOW + 500 * DAY),
        [a_list()],
        NOW,
        "bad_signature",
    ),
    ("issued before the key", code(issued_at=NOW - 500 * DAY), [a_list()], NOW, "bad_signature"),
    ("nothing", "", [a_list()], NOW, "damaged"),
    ("words", "这不是二维码", [a_list()], NOW, "damaged"),
    ("small letters", code().lower(), [a_list()], NOW, "damaged"),
    ("half of it", code()[: len(code()) // 2], [a_list()], NOW, "damaged"),
    ("one letter more", code() + "A", [a_list()], NOW, "damaged"),
    ("a list, not a card", token.text_of(a_list(by=COUNTY)), [a_list()], NOW, "damaged"),
    ("a statement", token.text_of(STATEMENTS[0]), [a_list()], NOW, "damaged"),
    ("far too long", "A" * 5000, [a_list()], NOW, "damaged"),
    ("paper", paper(), [a_list()], NOW, "valid"),
    (
        "paper, its address",
        f"https://x/certificates/check/of/s/a#{paper()}",
        [a_list()],
        NOW,
        "valid",
    ),
    ("paper, dismissed", paper(), [a_list([(6, 1)])], NOW, "cancelled"),
    ("paper, suspended", paper(), [a_list([(6, 2)])], NOW, "suspended"),
    ("paper, neighbour dismissed", paper(), [a_list([(5, 1), (7, 1)])], NOW, "valid"),
    ("paper, over", paper(ends=NOW - 1), [a_list()], NOW, "expired"),
    ("paper, not begun", paper(begins=NOW + DAY), [a_list()], NOW, "not_yet"),
    ("paper, no list", paper(), [], NOW, "list_stale"),
    ("paper by a stranger", paper(STRANGER), [a_list()], NOW, "unknown_issuer"),
    ("paper by the list's key", paper(LISTS), [a_list()], NOW, "unknown_issuer"),
    (
        "paper after the key's end",
        paper(issued_at=NOW + 500 * DAY),
        [a_list()],
        NOW,
        "bad_signature",
    ),
    ("moving", moving(), [a_list()], NOW, "valid"),
    ("moving, last second", moving(), [a_list()], NOW + 120, "valid"),
    ("moving, a second later", moving(), [a_list()], NOW + 121, "moved_on"),
    ("moving, verifier a minute behind", moving(), [a_list()], NOW - 60, "valid"),
    ("moving, verifier more behind", moving(), [a_list()], NOW - 61, "moved_on"),
    ("moving, picture of yesterday", moving(made=NOW - DAY), [a_list()], NOW, "moved_on"),
    ("moving, dismissed since", moving(), [a_list([(6, 1)])], NOW, "cancelled"),
    (
        "moving, old picture, dismissed",
        moving(made=NOW - DAY),
        [a_list([(6, 1)])],
        NOW,
        "cancelled",
    ),
    ("moving, old picture, over", moving(made=NOW - DAY, ends=NOW - 1), [a_list()], NOW, "expired"),
    ("moving, no list", moving(), [], NOW, "list_stale"),
    ("moving, last place of the list", moving(index=15), [a_list()], NOW, "valid"),
    (
        "moving, placed after the list",
        moving(index=14, placed_at=NOW),
        [a_list(size=14)],
        NOW,
        "list_stale",
    ),
    ("moving, phone lives in 2001", moving(), [a_list(issued=NOW)], 1_000_000_000, "valid"),
    ("moving by a stranger", moving(STRANGER), [a_list()], NOW, "unknown_issuer"),
    ("paper without a title", paper_told(0, ""), [a_list()], NOW, "damaged"),
    ("paper with a list in it", paper_told(1, ["张敏"]), [a_list()], NOW, "damaged"),
    ("paper that moves twice", paper_told(5, 2), [a_list()], NOW, "damaged"),
    ("paper with a place below nought", paper_told(4, -1), [a_list()], NOW, "damaged"),
    ("paper and card in one", both_told(), [a_list()], NOW, "damaged"),
]
# The list's key ends before the card does: a list from after that end is none.
CASES[2] = (
    "list after its key's end",
    code(),
    [a_list(issued=CARD.expires - 60)],
    CARD.expires,
    "list_stale",
)
