# SPDX-License-Identifier: Apache-2.0
"""The command `jiandu rules test`: fixtures in, what does not hold out."""

import argparse
import json
import sys
from pathlib import Path

from plugins.inspection.replay.fixtures import FixtureFault, Outcome, files_of, run_fixture

HELP = "监察规则：用记录下来的案件检查监察点（rules test）"
BAD_INPUT = 2
FAILED = 1
SHIPPED = Path(__file__).parent.parent / "fixtures"


def configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="test")
    test = acts.add_parser("test", help="判断案例文件里的案件，与写明的结论比较")
    test.add_argument(
        "path",
        type=Path,
        nargs="?",
        default=SHIPPED,
        help="案例文件（.toml）或目录；不写就用平台自带的",
    )
    test.add_argument("--json", action="store_true", help="以 JSON 输出结果")


def run(arguments: argparse.Namespace) -> int:
    try:
        outcomes = [each for file in files_of(arguments.path) for each in run_fixture(file)]
    except FixtureFault as fault:
        sys.stderr.write(f"{fault}\n")
        return BAD_INPUT
    (_print_json if arguments.json else _print_text)(outcomes)
    return 0 if all(each.passed for each in outcomes) else FAILED


def _print_text(outcomes: list[Outcome]) -> None:
    for each in outcomes:
        if not each.passed:
            sys.stdout.write(f"不符　{each.file}：{each.case}\n")
            for problem in each.problems:
                sys.stdout.write(f"　　　{problem}\n")
    failed = sum(not each.passed for each in outcomes)
    files = len({each.file for each in outcomes})
    ending = f"不符 {failed} 件" if failed else "全部相符"
    sys.stdout.write(f"案例 {files} 份，案件 {len(outcomes)} 件，{ending}。\n")


def _print_json(outcomes: list[Outcome]) -> None:
    found = {
        "cases": len(outcomes),
        "failed": sum(not each.passed for each in outcomes),
        "outcomes": [
            {
                "file": each.file,
                "case": each.case,
                "passed": each.passed,
                "problems": list(each.problems),
            }
            for each in outcomes
        ],
    }
    json.dump(found, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
