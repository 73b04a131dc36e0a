# SPDX-License-Identifier: Apache-2.0
"""``jiandu cert verify``, which needs neither network nor database, and ``jiandu cert migrate``."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.api.commands import Command
from plugins.certificates import command_migrate

__all__ = ["COMMANDS"]

GOOD, BAD, UNREADABLE = 0, 1, 2


def _configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    verify = acts.add_parser("verify", help="离线核验一张执法证或者社会监督员证书的二维码")
    verify.add_argument(
        "code", metavar="TOKEN", help="二维码的内容：整个网址，或者 # 后面的一串；- 从标准输入读"
    )
    verify.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="FILE",
        help="签发机关公布的信任文件（核验页 /certificates/check/trust-file 可下载）",
    )
    verify.add_argument("--at", type=int, metavar="SECONDS", help="按这个时刻核验（Unix 时间）")
    verify.add_argument("--json", action="store_true", help="输出 JSON")
    command_migrate.add_parser(acts)


def _run(asked: argparse.Namespace) -> int:
    if asked.act == "migrate":
        return command_migrate.run(asked)
    return _verify(asked)


def _verify(asked: argparse.Namespace) -> int:
    from core.api import clock
    from plugins.certificates.rules import trust, verdict
    from plugins.certificates.rules.cose import Damaged

    try:
        text = sys.stdin.read(10_000) if asked.code == "-" else asked.code
        told = trust.read_file(asked.trust.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"读不了：{error}\n")
        return UNREADABLE
    except Damaged as error:
        sys.stderr.write(f"{asked.trust}：{error}\n")
        return UNREADABLE
    moment = int(clock.now().timestamp()) if asked.at is None else asked.at
    found = verdict.judge(text, told.trust, moment)
    if asked.json:
        sys.stdout.write(json.dumps(_as_json(found, told), ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write(_as_words(found))
    return GOOD if found.code == "valid" else BAD


def _as_json(found: Any, told: Any) -> dict[str, Any]:
    from plugins.certificates.rules import token, trust

    root = told.trust.roots.get(found.key.root) if found.key else None
    return {
        "result": found.code,
        "title": found.words.title,
        "sentence": found.words.sentence,
        # What an unknown or wrong signature says about a card is nobody's word.
        "card": token.as_json(found.card) if found.card and found.genuine else None,
        "key": {"region": found.key.name, "code": found.key.code} if found.key else None,
        "root": {"name": root.name, "fingerprint": trust.fingerprint_words(root.public)}
        if root
        else None,
        "status_list_at": found.listed_at or None,
        "clock_behind": found.clock_behind,
    }


def _as_words(found: Any) -> str:
    lines = [found.words.title, found.words.sentence]
    if found.card and found.genuine:
        card = found.card
        lines.append(f"{card.name}  {card.unit}  {card.number}")
        if card.title:
            lines += [f"身份：{card.title}", f"聘期至：{card.valid_until}"]
        else:
            lines += [
                f"权力范围：{card.powers or '未载明'}",
                f"有效期：{card.valid_from} 至 {card.valid_until}",
            ]
    return "\n".join(lines) + "\n"


COMMANDS = [
    Command(
        name="cert",
        help="离线核验执法证（verify），迁移 2008 系统的数据（migrate）",
        configure=_configure,
        run=_run,
    )
]
