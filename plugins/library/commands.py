# SPDX-License-Identifier: Apache-2.0
"""``jiandu laws``: a folder of laws into the library, and exact search, for scripts."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from core.api.commands import Command, with_database

__all__ = ["COMMANDS"]

CLEAN, DOUBTFUL, REFUSED = 0, 1, 2


def _configure(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    bring = acts.add_parser("import", help="导入一个文件夹里的法律法规（Markdown、文本、DOCX）")
    bring.add_argument("folder", type=Path, metavar="DIR")
    bring.add_argument("--dry-run", action="store_true", help="只读，不写入，也不要数据库")
    bring.add_argument("--json", action="store_true", help="以 JSON 输出")
    look = acts.add_parser("search", help="在已发布的条文里逐字检索")
    look.add_argument("query", metavar="QUERY")
    look.add_argument("--kind", default="", help="效力级别：law administrative local …")
    look.add_argument("--on", type=date.fromisoformat, help="这一天有效的条文（YYYY-MM-DD）")
    look.add_argument("--page", type=int, default=1)
    look.add_argument("--json", action="store_true", help="以 JSON 输出")


def _run(asked: argparse.Namespace) -> int:
    try:
        return _import(asked) if asked.act == "import" else _search(asked)
    except OSError as error:
        return _refuse(asked, str(error))


def _refuse(asked: argparse.Namespace, words: str) -> int:
    if asked.json:
        sys.stdout.write(json.dumps({"error": words}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(words + "\n")
    return REFUSED


def _import(asked: argparse.Namespace) -> int:
    if not asked.folder.is_dir():
        return _refuse(asked, f"没有文件夹 {asked.folder}。")
    if asked.dry_run:
        reports = _look(asked.folder)
    else:
        from plugins.library.services.importing import import_folder

        reports = [asdict(each) for each in with_database(lambda: import_folder(asked.folder))]
    told = {
        "files": len(reports),
        "taken": sum(each["outcome"] == "taken" for each in reports),
        "again": sum(each["outcome"] == "again" for each in reports),
        "refused": sum(each["outcome"] == "refused" for each in reports),
        "articles": sum(each["articles"] for each in reports),
        "reports": reports,
    }
    if asked.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(
            f"{told['files']} 个文件：导入 {told['taken']}，已有 {told['again']}，"
            f"没有导入 {told['refused']}；共 {told['articles']:,} 条。\n"
        )
        for each in reports:
            for fault in each["faults"]:
                at = f"第 {fault['line']} 行：" if fault["line"] else ""
                sys.stdout.write(f"  {each['file']}　{at}{fault['text']}\n")
            for doubt in each["doubts"]:
                sys.stdout.write(f"  {each['file']}　{doubt}\n")
    if told["refused"]:
        return REFUSED
    serious = any(fault["serious"] for each in reports for fault in each["faults"])
    return DOUBTFUL if serious else CLEAN


def _look(folder: Path) -> list[dict[str, Any]]:
    """What an import would say, without a database."""
    from plugins.library.services.importing import Report, read_folder, report_of

    found, refused = read_folder(folder)
    return [
        *(
            asdict(
                Report(
                    source.name,
                    source.parsed.title,
                    "read" if source.parsed.nodes else "refused",
                    articles=len(source.parsed.articles),
                    nodes=len(source.parsed.nodes),
                    effective_from=day.isoformat() if (day := source.told.effective_from) else "",
                    faults=report_of(source),
                    doubts=list(source.told.doubts),
                )
            )
            for source in found
        ),
        *(asdict(each) for each in refused),
    ]


def _search(asked: argparse.Namespace) -> int:
    from plugins.library.queries.searching import search, wanted

    what = wanted(asked.query, asked.kind, None, asked.on)
    if what.empty:
        return _refuse(asked, what.asked.fault or "请写要找的词。")

    async def look() -> dict[str, Any]:
        from core.api.db import Scope, transaction

        async with transaction(Scope.public()):
            found = await search(what, Scope.public(), asked.page)
        return {
            "query": asked.query,
            "total": found.total,
            "page": asked.page,
            "laws": [{"id": each["id"], "title": each["title"]} for each in found.laws],
            "hits": [
                {
                    "law": each["law"],
                    "title": each["title"],
                    "kind": each["law_kind"],
                    "key": each["key"],
                    "label": each["label"],
                    "text": each["text"],
                    "from": each["from_on"].isoformat(),
                    "to": each["to_on"].isoformat() if each["to_on"] else None,
                    "path": f"/library/{each['law']}?version={each['version']}#{each['key']}",
                }
                for each in found.hits
            ],
        }

    told = with_database(look)
    if asked.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(f"共 {told['total']:,} 条\n")
        for each in told["hits"]:
            sys.stdout.write(f"《{each['title']}》{each['label']}　{each['text'][:80]}\n")
    return CLEAN


COMMANDS = [Command(name="laws", help="法律法规：导入、检索", configure=_configure, run=_run)]
