# SPDX-License-Identifier: Apache-2.0
"""Merkle trees, the chain of heads, and what is wrong with a record. Pure: no database, no clock.

``docs/audit.md`` specifies every byte, so that an office of another vendor can check a record
without trusting this program.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.keys.signing import is_signed

ZERO = bytes(32)
"""What the first batch names as the head before it."""
LEAF = b"\x00"
NODE = b"\x01"
HEAD = b"\x02"
SIGNED = b"jiandu audit head v1\n"
"""In front of every signed head, so that a signature is good for nothing else."""
LATE = timedelta(hours=1)
"""A fact sealed later than this after it was recorded is pointed out; the worker was away, or
somebody entered it past the program."""

_sha256 = hashlib.sha256
# Copied for every hash: making one anew costs more than what is hashed.
_LEAF_BEGUN = _sha256(LEAF)
_NODE_BEGUN = _sha256(NODE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def leaf(canonical: bytes) -> bytes:
    """The hash of one fact."""
    begun = _LEAF_BEGUN.copy()
    begun.update(canonical)
    return begun.digest()


def _node(both: bytes) -> bytes:
    begun = _NODE_BEGUN.copy()
    begun.update(both)
    return begun.digest()


def missing_leaf(fact: int) -> bytes:
    """What stands for a fact that had already vanished when its turn to be sealed came."""
    return leaf(b"[%d]" % fact)


def _above(level: bytes) -> bytes:
    """The next level of a tree; an odd node is carried up."""
    size = len(level)
    above = [_node(level[at : at + 64]) for at in range(0, size - 32, 64)]
    if size % 64:
        above.append(level[-32:])
    return b"".join(above)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root; an odd node is carried up, never doubled (doubling lets two trees look alike)."""
    if not leaves:
        raise ValueError("a batch holds at least one fact")
    level = b"".join(leaves)
    while len(level) > 32:
        level = _above(level)
    return level


def path_of(leaves: Sequence[bytes], index: int) -> list[tuple[str, bytes]]:
    """From a leaf to the root: on which side (``left``, ``right``) which hash joins."""
    path: list[tuple[str, bytes]] = []
    level = b"".join(leaves)
    while len(level) > 32:
        beside = index ^ 1
        # The last of an odd number has nobody beside it and is carried up as it is.
        if other := level[32 * beside : 32 * beside + 32]:
            path.append(("left" if index % 2 else "right", other))
        level, index = _above(level), index // 2
    return path


def root_by(own: bytes, path: Iterable[tuple[str, bytes]]) -> bytes:
    """The root a leaf and its path lead to."""
    for side, other in path:
        own = _node(other + own if side == "left" else own + other)
    return own


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def head_of(number: int, previous: bytes, root: bytes, count: int, sealed_at: datetime) -> bytes:
    """The head of a batch: over everything the batch says, and so over all batches before it."""
    numbers = b"".join(
        each.to_bytes(8, "big", signed=True) for each in (number, count, microseconds(sealed_at))
    )
    return _sha256(HEAD + previous + root + numbers).digest()


def signed_words(head: bytes) -> bytes:
    """What is signed."""
    return SIGNED + head


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as stored or as read from an export."""

    number: int
    facts: tuple[int, ...]
    leaves: bytes
    root: bytes
    previous: bytes
    sealed_at: datetime
    head: bytes
    key: str
    signature: bytes

    def leaf_list(self) -> list[bytes]:
        """The leaves one by one."""
        return [self.leaves[at : at + 32] for at in range(0, len(self.leaves), 32)]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the words an auditor reads."""

    code: str
    text: str
    batch: int = 0
    fact: int = 0


@dataclass
class Report:
    """What a verification found and what is nevertheless proven."""

    facts: int = 0
    """Facts whose content was compared with their seal and agrees."""
    batches: int = 0
    first_batch: int = 0
    last_batch: int = 0
    head: str = ""
    sealed_until: str = ""
    unsealed: int = 0
    """Facts recorded but not sealed yet; nothing is said about them."""
    intact_until_batch: int = 0
    """Up to here nothing at all is wrong."""
    intact_until: str = ""
    compared_heads: int = 0
    keys: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Findings beyond the first thousand: counted, not listed."""
    notes: list[str] = field(default_factory=list)
    """What is strange without proving that anything was changed."""

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return not self.findings

    def proven(self) -> str:
        """One sentence on what is certain."""
        if not self.batches:
            return "没有封存批次，什么都还不能证明。"
        if self.intact:
            return (
                f"第 {self.first_batch} 批至第 {self.last_batch} 批共 {self.facts:,} 条记录与封存时"
                f"完全一致，证明到 {self.sealed_until}。"
            )
        words = (
            f"第 {self.intact_until_batch} 批（{self.intact_until}）及以前没有任何问题；"
            if self.intact_until_batch
            else "从第一批起就有问题；"
        )
        return f"{words}除列出的以外，共 {self.facts:,} 条记录与封存时一致。"


LISTED = 1000


class Checker:
    """Is fed the batches in order, each with the canonical bytes of its facts; then judges.

    The same class reads a database and an export, so both are judged by the same rules.
    """

    def __init__(
        self,
        keys: Mapping[str, bytes],
        heads: Iterable[tuple[int, bytes]] = (),
        *,
        anchored: bool = True,
    ) -> None:
        """``keys``: public keys by fingerprint. ``heads``: published (batch, head) pairs.

        ``anchored`` is false for an export that does not begin with the first batch.
        """
        self.keys = keys
        self.heads = dict(heads)
        self.report = Report(compared_heads=len(self.heads))
        self.anchored = anchored
        self._last: Sealed | None = None
        self._bad_from = 0

    def find(self, code: str, text: str, batch: int = 0, fact: int = 0) -> None:
        """Note a finding."""
        if batch and (not self._bad_from or batch < self._bad_from):
            self._bad_from = batch
        if len(self.report.findings) < LISTED:
            self.report.findings.append(Finding(code, text, batch, fact))
        else:
            self.report.more += 1

    def batch(self, sealed: Sealed, contents: Sequence[bytes | None]) -> None:
        """Check one batch; ``contents`` belong to ``sealed.facts`` one by one, None = not there."""
        report = self.report
        self._chain(sealed)
        self._signature(sealed)
        expected = sealed.leaf_list()
        if len(sealed.leaves) != 32 * len(sealed.facts) or not sealed.facts:
            self.find(
                "batch_changed",
                f"第 {sealed.number} 批的记录清单与校验值清单长短不一，批次本身被改过。",
                sealed.number,
            )
        elif root_of(expected) != sealed.root:
            self.find("batch_changed", f"第 {sealed.number} 批的校验值清单被改过。", sealed.number)
        if list(sealed.facts) != sorted(set(sealed.facts)):
            self.find("reordered", f"第 {sealed.number} 批内记录的先后次序被改过。", sealed.number)
        # A whole batch that agrees, as nearly all do, needs no look at single facts.
        if [each and leaf(each) for each in contents] == expected:
            good = len(expected)
        else:
            good = self._agreeing(sealed, contents, expected)
        report.facts += good
        report.batches += 1
        report.first_batch = report.first_batch or sealed.number
        report.last_batch = sealed.number
        report.head = sealed.head.hex()
        report.sealed_until = _words(sealed.sealed_at)
        if not self._bad_from:
            report.intact_until_batch = sealed.number
            report.intact_until = report.sealed_until
        self._last = sealed

    def _agreeing(
        self, sealed: Sealed, contents: Sequence[bytes | None], expected: Sequence[bytes]
    ) -> int:
        good = 0
        for fact, content, leaf_ in zip(sealed.facts, contents, expected, strict=False):
            if content is not None and leaf(content) == leaf_:
                good += 1
            else:
                self._differs(sealed, fact, content, leaf_)
        return good

    def _differs(self, sealed: Sealed, fact: int, content: bytes | None, expected: bytes) -> None:
        if content is not None:
            self.find(
                "fact_changed",
                f"记录 {fact} 的内容与封存时不一致（第 {sealed.number} 批）。",
                sealed.number,
                fact,
            )
        elif expected == missing_leaf(fact):
            self.find(
                "fact_gone_before",
                f"记录 {fact} 在封存之前已经消失（第 {sealed.number} 批）。",
                sealed.number,
                fact,
            )
        else:
            self.find(
                "fact_deleted",
                f"记录 {fact} 已被删除（第 {sealed.number} 批封存过它）。",
                sealed.number,
                fact,
            )

    def _chain(self, sealed: Sealed) -> None:
        number = sealed.number
        if self._last is None:
            if self.anchored and (number != 1 or sealed.previous != ZERO):
                self.find(
                    "batch_missing",
                    f"最早的批次是第 {number} 批，之前的批次已被删除。"
                    if number != 1
                    else "第 1 批之前还应有批次，开头已被截去。",
                    number,
                )
        else:
            if number != self._last.number + 1:
                self.find(
                    "batch_missing",
                    f"第 {self._last.number} 批之后缺少批次，下一个是第 {number} 批。",
                    number,
                )
            elif sealed.previous != self._last.head:
                self.find(
                    "chain_broken",
                    f"第 {number} 批没有接在第 {number - 1} 批之后，批次被改过或调换过。",
                    number,
                )
            if sealed.sealed_at < self._last.sealed_at:
                self.report.notes.append(
                    f"第 {number} 批的封存时间早于前一批：服务器时钟曾被调回"
                    f"（{_words(self._last.sealed_at)} → {_words(sealed.sealed_at)}）。"
                    "先后次序由批次链证明，不受影响。"
                )
        count = len(sealed.leaves) // 32
        head = head_of(number, sealed.previous, sealed.root, count, sealed.sealed_at)
        if head != sealed.head:
            self.find("batch_changed", f"第 {number} 批的批次信息被改过。", number)
        published = self.heads.pop(number, None)
        if published is not None and published != sealed.head:
            self.find(
                "head_differs",
                f"第 {number} 批与已公布的封存值不同：这一批或它之前的记录被整体重做过。",
                number,
            )

    def _signature(self, sealed: Sealed) -> None:
        public = self.keys.get(sealed.key)
        if public is None:
            self.find(
                "key_unknown",
                f"第 {sealed.number} 批由不认识的密钥 {sealed.key[:8]} 签名。",
                sealed.number,
            )
            return
        if sealed.key not in self.report.keys:
            self.report.keys.append(sealed.key)
        if not is_signed(public, sealed.signature, signed_words(sealed.head)):
            self.find("signature_bad", f"第 {sealed.number} 批的签名不对。", sealed.number)

    def late(self, sealed: Sealed, count: int) -> None:
        """So many facts of a batch were sealed long after they say they were recorded."""
        self.report.notes.append(
            f"第 {sealed.number} 批有 {count} 条记录在登记一小时以后才封存："
            "当时后台任务没有运行，或记录是绕过平台写入的。"
        )

    def inserted(self, facts: Iterable[int], more: int = 0) -> None:
        """Facts that no batch holds and that do not wait for sealing either."""
        for fact in facts:
            self.find(
                "fact_inserted",
                f"记录 {fact} 没有封存，也不在待封存之列：是绕过平台写入的。",
                0,
                fact,
            )
        self.report.more += more

    def vanished(self, facts: Iterable[int]) -> None:
        """Facts that wait for sealing but are not there any more."""
        for fact in facts:
            self.find("fact_gone_before", f"记录 {fact} 还没有封存就已消失。", 0, fact)

    def finish(self) -> Report:
        """Compare what is left with what was published."""
        last = self._last.number if self._last else 0
        first = self.report.first_batch or 1
        for number in sorted(self.heads):
            if number > last:
                self.find(
                    "tail_cut",
                    f"第 {number} 批已经公布过，现在最后一批是第 {last} 批：末尾被截去。",
                    number,
                )
            elif number >= first:
                self.find("batch_missing", f"第 {number} 批已经公布过，现在找不到。", number)
        if self._bad_from and self._bad_from <= self.report.intact_until_batch:
            self.report.intact_until_batch = self._bad_from - 1
        return self.report


def _words(moment: datetime) -> str:
    """Beijing time, as auditors read it."""
    from core.clock import local

    return f"{local(moment):%Y-%m-%d %H:%M:%S}"
