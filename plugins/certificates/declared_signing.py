# SPDX-License-Identifier: Apache-2.0
"""What the signed card declares: keys, jobs, the signer's extension point, how long scans stay."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api.plugin import (
    Contribution,
    Cron,
    ExtensionPoint,
    Fact,
    FactHandler,
    FactKind,
    Job,
    NavItem,
    Permission,
    Retention,
)
from plugins.certificates.commands import COMMANDS
from plugins.certificates.facts_signing import KeyMade, KeyWithdrawn, SheetPrinted, TrustChanged
from plugins.certificates.services.base import MAKE
from plugins.certificates.services.signers import POINT, CardSigner

KEYS = "certificates.key.manage"
SIGN, LIST, MOVE = (
    "certificates.sign",
    "certificates.status_list",
    "certificates.sign_moving",
)
WHY = "one status list and one root for the cards of all regions"


async def _sign(payload: Mapping[str, Any]) -> None:
    from plugins.certificates.services.signing import sign_cards

    await sign_cards(payload)


async def _list(payload: Mapping[str, Any]) -> None:
    from plugins.certificates.services.signing import build_list

    await build_list(payload)


async def _keep(payload: Mapping[str, Any]) -> None:
    from plugins.certificates.services.signing import keep_current

    await keep_current(payload)


async def _move(payload: Mapping[str, Any]) -> None:
    from plugins.certificates.services.papers import sign_moving

    await sign_moving(payload)


async def _wake() -> None:
    from plugins.certificates.services.papers import wake

    await wake()


async def _ask_to_move(kind: str, ref: int) -> None:
    from plugins.certificates.services.papers import ask_to_move

    await ask_to_move(kind, ref)


async def _doubt(code: str) -> str:
    from plugins.certificates.services.trusting import doubt

    return await doubt(code)


async def _card_changed(_fact: Fact) -> None:
    from plugins.certificates.services.signing import ask_for_list, ask_to_sign

    await ask_to_sign()
    await ask_for_list()


PERMISSIONS = [
    Permission(KEYS, "管理证件签名密钥和外省信任文件", ("security_admin",), sensitive=True)
]
NAV = [
    NavItem("制证打印", "/certificates/faces", MAKE, "证件管理", "printer", 230),
    NavItem("证件密钥", "/certificates/keys", KEYS, "平台管理", "key", 833),
]
JOBS: list[Job | Cron] = [
    Job(SIGN, _sign, scope="platform", reason=WHY),
    Job(LIST, _list, scope="platform", reason=WHY),
    Job(MOVE, _move, scope="platform", reason=WHY),
    Cron("certificates.keep_current", _keep, every=timedelta(hours=1), reason=WHY),
]
HANDLERS = [
    FactHandler(kind, _card_changed)
    for kind in (
        "certificates.certificate_changed",
        "certificates.card_act",
        "certificates.officer_transferred",
        "certificates.import_applied",
        "certificates.import_undone",
    )
]
FACT_KINDS = [
    FactKind(
        "certificates.key_made",
        "启用证件密钥",
        "启用{name}的证件密钥，指纹 {fingerprint}，用到 {ends_on}",
        KeyMade,
        broadcast=False,
    ),
    FactKind(
        "certificates.key_withdrawn",
        "停用证件密钥",
        "停用{name}的证件密钥：{reason}",
        KeyWithdrawn,
        broadcast=False,
    ),
    FactKind(
        "certificates.trust_added",
        "导入外省信任文件",
        "信任{name}，指纹 {fingerprint}，密钥 {keys} 把",
        TrustChanged,
        broadcast=False,
    ),
    FactKind(
        "certificates.trust_removed",
        "移除外省信任文件",
        "不再信任{name}，指纹 {fingerprint}",
        TrustChanged,
        broadcast=False,
    ),
    FactKind(
        "certificates.sheet_printed",
        "打印证面",
        "制证单 {sheet}：{cards} 张，其中重印 {reprints} 张 {reason}",
        SheetPrinted,
        broadcast=False,
    ),
]
EXTENSION_POINTS = [
    ExtensionPoint(
        POINT,
        "证件签名",
        CardSigner,
        docs="键为签名方式的名字，参数 card_signer 引用；值：title、algorithm（COSE 算法号）、"
        "key（用途 → 有 public 和 sign 的密钥，只在后台任务里调用）、rotate（用途，换新）、"
        "verify（公钥、签名、内容 → 真假）。",
    )
]
CONTRIBUTIONS = [
    Contribution(
        "core.credential_issuer",
        "certificates",
        {"wake": _wake, "move": _ask_to_move, "doubt": _doubt},
    ),
    Contribution(
        "core.command",
        "certificates.cert",
        {
            "name": COMMANDS[0].name,
            "help": COMMANDS[0].help,
            "configure": COMMANDS[0].configure,
            "run": COMMANDS[0].run,
        },
    ),
]
RETENTION = [
    Retention(
        "certificates.scans",
        "扫码记录",
        "只用来发现同一张证被大量查验，半年足够；里面没有查验人的信息（个人信息保护法第十九条）。",
        "certificates_scan",
        "at < $1",
        days=183,
        minimum=30,
    )
]
