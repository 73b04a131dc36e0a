# SPDX-License-Identifier: Apache-2.0
"""``jiandu receipt verify``: check a signed receipt without a network and without a database."""

import argparse
import json
import sys
from pathlib import Path

from core.api.commands import Command

__all__ = ["COMMANDS"]


def _configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    verify = acts.add_parser("verify", help="核验签名回执")
    verify.add_argument("receipt", type=Path, help="存有回执的文件（- 为标准输入）")
    verify.add_argument("--key", type=Path, required=True, help="平台公布的公钥（PEM，可有多把）")
    verify.add_argument("--content", type=Path, help="内容副本（JSON），一并核对摘要")


def _run(asked: argparse.Namespace) -> int:
    from core.api.signing import read_publics
    from plugins.complaints.rules import receipts
    from plugins.complaints.services.signing import verdict

    try:
        text = sys.stdin.read() if str(asked.receipt) == "-" else asked.receipt.read_text("utf-8")
        keys = read_publics(asked.key.read_text("utf-8"))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"读不了：{error}" + "\n")
        return 2
    parsed, good = verdict(text, keys)
    if parsed is None:
        sys.stderr.write("文件里没有完整的回执。" + "\n")
        return 2
    if not good:
        sys.stderr.write("签名不符：回执被改过，或者不是这把公钥签的。" + "\n")
        return 1
    sys.stdout.write(f"签名有效：{parsed.fields['number']}，收到时间 {parsed.fields['at']}" + "\n")
    sys.stdout.write(f"内容摘要：{parsed.fields['digest']}" + "\n")
    if asked.content is None:
        return 0
    try:
        told = json.loads(asked.content.read_text("utf-8"))
        digest = receipts.digest_of(told["content"], told["salt"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"内容副本读不了：{error}" + "\n")
        return 2
    if digest != parsed.fields["digest"]:
        sys.stderr.write("内容与回执不符。" + "\n")
        return 1
    sys.stdout.write("内容与回执一致。" + "\n")
    return 0


COMMANDS = [Command(name="receipt", help="核验投诉举报的签名回执", configure=_configure, run=_run)]
