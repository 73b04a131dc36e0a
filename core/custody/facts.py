# SPDX-License-Identifier: Apache-2.0
"""What is recorded about custody. Never what was sealed, nor whose it was."""

import msgspec

from core.api.plugin import FactKind


class CustodianActed(msgspec.Struct, frozen=True):
    custodian: int
    name: str
    reason: str = ""


class OpeningActed(msgspec.Struct, frozen=True):
    opening: int
    title: str
    by: str
    reason: str = ""


FACT_KINDS = [
    FactKind("core.custody.named", "指定保管人", "指定{name}为身份保管人", CustodianActed, False),
    FactKind("core.custody.enrolled", "保管人设置口令", "{name}设置了口令", CustodianActed, False),
    FactKind(
        "core.custody.left", "保管人卸任", "{name}不再保管身份：{reason}", CustodianActed, False
    ),
    FactKind(
        "core.custody.requested",
        "申请打开封存的身份",
        "{by}申请打开：{title}，理由：{reason}",
        OpeningActed,
        False,
    ),
    FactKind(
        "core.custody.agreed",
        "保管人同意",
        "{by}同意：{title}",
        OpeningActed,
        False,
    ),
    FactKind(
        "core.custody.opened",
        "打开封存的身份",
        "{by}与另一位保管人打开：{title}",
        OpeningActed,
        False,
    ),
    FactKind(
        "core.custody.refused", "不同意打开", "{by}不同意：{title}，{reason}", OpeningActed, False
    ),
    FactKind(
        "core.custody.rewrapped",
        "重新封存",
        "{by}与另一位保管人重新封存：{title}",
        OpeningActed,
        False,
    ),
]
