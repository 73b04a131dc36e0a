# SPDX-License-Identifier: Apache-2.0
"""What is recorded about the record itself."""

import msgspec

from core.api.plugin import FactKind


class KeyChanged(msgspec.Struct, frozen=True):
    before: str
    after: str


class Asked(msgspec.Struct, frozen=True):
    verification: int


class Verified(msgspec.Struct, frozen=True):
    verification: int
    result: str
    facts: int
    batches: int
    findings: int
    head: str


class Looked(msgspec.Struct, frozen=True):
    page: str
    conditions: str = ""
    rows: int = 0


FACT_KINDS = [
    FactKind(
        "core.seal.key_changed",
        "更换封存密钥",
        "封存改用新密钥 {after}",
        KeyChanged,
        broadcast=False,
    ),
    FactKind("core.seal.asked", "要求核验", "要求核验全部记录", Asked, broadcast=False),
    FactKind(
        "core.seal.verified",
        "核验记录",
        "核验 {batches} 批 {facts} 条记录：{result}",
        Verified,
        broadcast=False,
    ),
    FactKind(
        "core.audit.viewed",
        "查看操作记录",
        "查看{page}，条件：{conditions}，{rows} 条",
        Looked,
        broadcast=False,
    ),
]
