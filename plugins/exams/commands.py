# SPDX-License-Identifier: Apache-2.0
"""``jiandu exams import``: questions from a file into an office's bank, or only looked at."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.api.commands import Command, with_database

if TYPE_CHECKING:
    from plugins.exams.rules.questions import Read

__all__ = ["COMMANDS"]

CLEAN, WRONG, UNREADABLE = 0, 1, 2


def _configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    bring = acts.add_parser("import", help="导入题库文件")
    bring.add_argument("file", type=Path, help="XLSX、GIFT 或者 Moodle XML 文件")
    bring.add_argument("--format", choices=("xlsx", "gift", "moodlexml"), help="默认按扩展名")
    bring.add_argument("--dry-run", action="store_true", help="只检查，不写入，也不要数据库")
    bring.add_argument("--json", action="store_true", help="以 JSON 输出")
    bring.add_argument(
        "--organisation", type=int, default=0, help="题库所属机关的编号（写入时必填）"
    )


def _run(asked: argparse.Namespace) -> int:
    from core.api.errors import Invalid
    from plugins.exams.services.bank import format_of, read

    try:
        content = asked.file.read_bytes()
        chosen = asked.format or format_of(asked.file.name, content)
        found = asyncio.run(read(content, chosen, filename=asked.file.name))
    except OSError as error:
        return _refuse(asked, f"读不了 {asked.file.name}：{error.strerror}")
    except Invalid as error:
        return _refuse(asked, "".join(error.errors.values()))
    told = _told(found, asked.file.name, chosen)
    if asked.dry_run:
        told["taken"] = 0
        return _say(asked, told)
    if not asked.organisation:
        return _refuse(asked, "请用 --organisation 写明题库属于哪个机关。")
    try:
        told["taken"], told["doubled"] = with_database(
            lambda: _bring(found, asked.organisation, asked.file.name, chosen, content)
        )
    except (OSError, LookupError) as error:
        return _refuse(asked, str(error))
    return _say(asked, told)


async def _bring(
    found: "Read", organisation_id: int, name: str, chosen: str, content: bytes
) -> tuple[int, list[dict[str, Any]]]:
    from core.api.db import Place, Scope, transaction
    from core.api.people import organisation
    from plugins.exams.services.bank import Author, import_questions

    async with transaction(Scope.platform("questions imported on the command line")):
        office = await organisation(organisation_id)
        if office is None:
            raise LookupError(f"没有编号为 {organisation_id} 的机关。")
        author = Author(0, "命令行导入", Place(office.region_lo, office.lo))
        made = await import_questions(author, found, filename=name, format=chosen, content=content)
    return made.taken, [{"line": each.line, "text": each.text} for each in made.doubled]


def _told(found: "Read", name: str, chosen: str) -> dict[str, Any]:
    from plugins.exams.rules.questions import duplicates

    kinds: dict[str, int] = {}
    for each in found.questions:
        kinds[each.kind] = kinds.get(each.kind, 0) + 1
    return {
        "file": name,
        "format": chosen,
        "questions": len(found.questions),
        "kinds": kinds,
        "doubled": [
            {
                "line": found.questions[number].line,
                "text": f"与第 {found.questions[first].line} 行的题相同。",
            }
            for number, first in duplicates(found.questions).items()
        ],
        "faults": [{"line": each.line, "text": each.text} for each in found.faults],
    }


def _refuse(asked: argparse.Namespace, words: str) -> int:
    if asked.json:
        sys.stdout.write(json.dumps({"error": words}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(words + "\n")
    return UNREADABLE


def _say(asked: argparse.Namespace, told: dict[str, Any]) -> int:
    if asked.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(
            f"{told['file']}：能用 {told['questions']} 题，写入 {told['taken']} 题，"
            f"重复 {len(told['doubled'])} 题，有错 {len(told['faults'])} 处。\n"
        )
        for each in told["faults"] + told["doubled"]:
            sys.stdout.write(f"  第 {each['line']} 行：{each['text']}\n")
    return WRONG if told["faults"] else CLEAN


COMMANDS = [Command(name="exams", help="题库导入", configure=_configure, run=_run)]
