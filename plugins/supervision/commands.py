# SPDX-License-Identifier: Apache-2.0
"""``jiandu supervision verify``: repeat a published draw, without database or network."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.api.commands import Command

__all__ = ["COMMANDS"]

HOLDS, BENT, UNREADABLE = 0, 1, 2


def _configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    verify = acts.add_parser("verify", help="复算一次双随机抽取")
    verify.add_argument("file", type=Path, help="抽取公示页面上下载的 draw.json")
    verify.add_argument("--json", action="store_true", help="以 JSON 输出")


def checks_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Each step of the draw, and whether it holds."""
    from plugins.supervision.rules.draw import Entry, Published, verify

    entries = [
        Entry(e["role"], e["key"], e["title"], int(e["org_lo"]), int(e["org_hi"]))
        for e in told["entries"]
    ]
    published = Published(
        told["commitment"],
        told["list_hash"],
        int(told["sample"]),
        int(told["team"]),
        told["secret"],
        told["result"],
        tuple(told["objects"]),
        {key: tuple(cards) for key, cards in told["teams"].items()},
    )
    return [
        {"title": each.title, "ok": each.ok, "text": each.text}
        for each in verify(published, entries)
    ]


def _run(asked: argparse.Namespace) -> int:
    try:
        found = checks_of(json.loads(asked.file.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.stderr.write(f"读不了 {asked.file.name}：{error}\n")
        return UNREADABLE
    if asked.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        for each in found:
            sys.stdout.write(
                f"{'通过' if each['ok'] else '不符'}  {each['title']}：{each['text']}\n"
            )
    return HOLDS if all(each["ok"] for each in found) else BENT


COMMANDS = [Command(name="supervision", help="复算双随机抽取", configure=_configure, run=_run)]
