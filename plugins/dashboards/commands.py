# SPDX-License-Identifier: Apache-2.0
"""``jiandu dashboards recount``: count everything anew, or say whether the kept numbers are right."""

import argparse
import json
import sys
from dataclasses import asdict

from core.api.commands import Command, with_database

__all__ = ["COMMANDS"]

SAME, DIFFERENT, NO_DATABASE = 0, 1, 2


def _configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    recount = acts.add_parser("recount", help="重新计算统计数字")
    recount.add_argument("--check", action="store_true", help="只核对，不改；有出入时返回 1")
    recount.add_argument(
        "--from-facts", action="store_true", help="从操作记录全部重算（默认从已登记的条目重算）"
    )
    recount.add_argument("--json", action="store_true", help="以 JSON 输出")


def _run(asked: argparse.Namespace) -> int:
    from plugins.dashboards.services import recounting

    if asked.check:
        work = recounting.compare
    else:
        work = recounting.recount_all if asked.from_facts else recounting.recount_figures
    try:
        found = with_database(work)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return NO_DATABASE
    if asked.json:
        sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"条目 {found.entries:,}，统计行 {found.figures:,}\n")
        for each in found.differences:
            where = f"{each['region_lo']}/{each['org_lo']} {each['measure']} {each['month']}"
            sys.stdout.write(f"不符：{where}：现有 {each['have']}，应为 {each['want']}\n")
        if asked.check and not found.differences:
            sys.stdout.write("与重算一致。\n")
    return DIFFERENT if found.differences else SAME


COMMANDS = [Command(name="dashboards", help="统计数字的重算与核对", configure=_configure, run=_run)]
