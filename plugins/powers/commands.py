# SPDX-License-Identifier: Apache-2.0
"""The plugin's commands where ``jiandu`` finds them without loading any plugin."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.api.commands import Command
from plugins.powers.rules.faults import find_faults
from plugins.powers.rules.linting import LEVEL_TITLES, Finding, handbook, lint
from plugins.powers.rules.reading import ReadingError, read_item

PROCEDURES = Path(__file__).resolve().parent / "procedures"

CLEAN, WRONG, UNREADABLE = 0, 1, 2

HELP = "检查权力事项文件（TOML）：流程、期限、监察点、裁量标准"


class Checked(msgspec.Struct, frozen=True):
    """What was found in one file."""

    file: str
    code: str
    title: str
    faults: list[str]
    """Why the item cannot be entered at all."""
    findings: list[Finding]

    @property
    def wrong(self) -> bool:
        """Whether anything must be changed."""
        return bool(self.faults) or any(one.level == "error" for one in self.findings)


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``jiandu lint``."""
    parser.add_argument("items", nargs="*", type=Path, metavar="ITEM.toml", help="事项文件")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出结果")
    parser.add_argument(
        "--handbook", action="store_true", help="输出全部编号的原因和办法（docs/linter.md）"
    )


def run(arguments: argparse.Namespace) -> int:
    """0 = no errors, 1 = errors, 2 = a file cannot be read."""
    try:
        if arguments.handbook:
            sys.stdout.write(handbook())
            return CLEAN
        if not arguments.items:
            sys.stderr.write("请写明要检查的事项文件，例如 jiandu lint 事项.toml。\n")
            return UNREADABLE
        checked, unreadable = check_files(arguments.items)
        sys.stdout.write(as_json(checked) if arguments.json else as_text(checked))
        for reason in unreadable:
            sys.stderr.write(f"{reason}\n")
        if unreadable:
            return UNREADABLE
        return WRONG if any(one.wrong for one in checked) else CLEAN
    except BrokenPipeError:
        # The reader of our output went away (head, less): nothing to say to it any more.
        with contextlib.suppress(OSError):
            sys.stdout.close()
        return CLEAN


def check_files(files: Sequence[Path]) -> tuple[list[Checked], list[str]]:
    """What is found in each file, and why the others could not be read."""
    procedures = {one.stem: one.read_text("utf-8") for one in sorted(PROCEDURES.glob("*.toml"))}
    checked, unreadable = [], []
    for file in files:
        try:
            item = read_item(file.read_text("utf-8"), procedures, where=str(file))
        except ReadingError as error:
            unreadable += error.reasons
        except UnicodeDecodeError:
            unreadable.append(f"{file} 不是 UTF-8 文本。")
        except OSError as error:
            unreadable.append(f"{file} 读不出来（{error.strerror}）。")
        else:
            checked.append(Checked(str(file), item.code, item.title, find_faults(item), lint(item)))
    return checked, unreadable


def as_json(checked: Sequence[Checked]) -> str:
    """One object for each file."""
    return msgspec.json.format(msgspec.json.encode(checked), indent=2).decode() + "\n"


def as_text(checked: Sequence[Checked]) -> str:
    """What a person reads: the worst first, with the cure under each."""
    lines: list[str] = []
    for one in checked:
        lines.append(f"{one.file}：{one.title}（{one.code}）")
        # These refuse the file as a whole; most return below with a number and a cure.
        lines += [f"  不能录入：{fault}" for fault in one.faults]
        for found in one.findings:
            lines.append(f"  {found.number} {found.level_title}：{found.sentence}")
            lines.append(f"        {found.cure}")
        count = {
            level: sum(found.level == level for found in one.findings) for level in LEVEL_TITLES
        }
        told = "，".join(f"{LEVEL_TITLES[level]} {count[level]} 处" for level in LEVEL_TITLES)
        lines.append(f"  {told}。" if one.findings or one.faults else "  没有发现问题。")
    return "\n".join([*lines, ""])


COMMANDS = [Command(name="lint", help=HELP, configure=configure, run=run)]
