# SPDX-License-Identifier: Apache-2.0
"""``jiandu audit``: verify the record, export it, print heads and public keys.

``jiandu audit verify FILE --key PUBLIC`` needs neither database nor settings, so it runs on the
auditor's own machine.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.sealing.rules import Report

DAMAGED = 1
USAGE = 2
LISTED = 40


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("audit", help="核验、导出操作记录", description="操作记录")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="动作")
    verify = verbs.add_parser("verify", help="核验记录是否被改动；给出文件时脱机核验")
    verify.add_argument("file", nargs="?", type=Path, help="audit export 写出的文件")
    verify.add_argument("--key", action="append", help="公钥：文件，或 64 位十六进制；可多次")
    verify.add_argument("--heads", type=Path, help="保存过的封存值，每行一个")
    verify.add_argument("--json", action="store_true", help="输出 JSON")
    verify.set_defaults(run=_verify)
    export = verbs.add_parser("export", help="把全部记录与封存写入一个文件")
    export.add_argument("file", type=Path, help="文件名以 .gz 结尾时压缩")
    export.add_argument("--first", type=int, default=1, help="从第几批开始")
    export.set_defaults(run=_export)
    head = verbs.add_parser("head", help="打印最新的封存值")
    head.set_defaults(run=_head)
    key = verbs.add_parser("key", help="打印公钥")
    key.add_argument("--rotate", action="store_true", help="先换用一把新的签名密钥")
    key.set_defaults(run=_key)


def _keys(given: list[str] | None) -> list[bytes] | None:
    from core.keys.signing import read_publics

    if not given:
        return None
    keys = []
    for each in given:
        path = Path(each)
        try:
            keys += read_publics(path.read_text("utf-8") if path.is_file() else each)
        except (OSError, ValueError) as error:
            raise UsageError(f"读不出公钥 {each}（{error}）(not a public key)") from error
    return keys


class UsageError(Exception):
    """The command cannot be done as asked."""


def _verify(options: argparse.Namespace) -> int:
    import msgspec

    from core.sealing.heads import read_lines

    try:
        keys = _keys(options.key)
        heads = read_lines(options.heads.read_text("utf-8")) if options.heads else []
        if options.file is not None:
            report = _verify_file(options.file, keys, heads)
        else:
            with _database() as url:
                report = asyncio.run(_verify_database(url, keys, heads))
    except (UsageError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return USAGE
    if options.json:
        found = {**asdict(report), "intact": report.intact, "proven": report.proven()}
        said = msgspec.json.format(msgspec.json.encode(found), indent=1).decode()
    else:
        said = words(report)
    try:
        print(said, flush=True)
    except BrokenPipeError:
        # Whoever reads only the first lines (head) still learns the verdict from the exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0 if report.intact else DAMAGED


def _verify_file(path: Path, keys: list[bytes] | None, heads: list[tuple[int, bytes]]) -> "Report":
    from core.sealing.export import BadExport, verify_file

    if keys is None:
        raise UsageError("脱机核验须用 --key 给出公钥：文件里的公钥不可信 (--key is needed)")
    try:
        return verify_file(path, keys, heads)
    except BadExport as error:
        raise UsageError(f"{error}") from error


@contextmanager
def _database() -> Iterator[str]:
    """The login that may become the owner, who sees all rows; the embedded server is started."""
    from core.serve.supervisor import ServeError, stores
    from core.settings import load

    settings = load()
    try:
        with stores(settings) as address:
            yield settings.database.owner_url or address["DATABASE_URL"]
    except ServeError as error:
        raise UsageError(str(error)) from error


async def _verify_database(
    url: str, keys: list[bytes] | None, heads: list[tuple[int, bytes]]
) -> "Report":
    from core.keys.signing import fingerprint_of
    from core.sealing.heads import kept
    from core.sealing.verifying import verify

    known = None if keys is None else {fingerprint_of(key): key for key in keys}
    connection = await _connect(url)
    try:
        return await verify(connection, keys=known, heads=[*kept(), *heads])
    finally:
        await connection.close()


async def _connect(url: str) -> Any:
    import asyncpg

    from core.db import OWNER

    return await asyncpg.connect(url, server_settings={"role": OWNER})


def words(report: "Report") -> str:
    """The report for a terminal."""
    mark = "✓ 记录完好" if report.intact else "✗ 记录被改动过"
    lines = [mark, f"  {report.proven()}"]
    lines += [f"  ✗ {each.text}" for each in report.findings[:LISTED]]
    rest = len(report.findings) - LISTED + report.more
    if rest > 0:
        lines.append(f"  ✗ 另有 {rest} 处，用 --json 查看")
    lines += [f"  · {each}" for each in report.notes[:LISTED]]
    lines.append(
        f"  批次 {report.batches}，记录 {report.facts:,}，尚未封存 {report.unsealed}，"
        f"对照已公布的封存值 {report.compared_heads} 个"
    )
    if report.head:
        lines.append(f"  最新封存值 {report.last_batch} {report.head}")
    return "\n".join(lines)


def _export(options: argparse.Namespace) -> int:
    from core.sealing.export import write

    async def run(url: str) -> tuple[int, int]:
        connection = await _connect(url)
        try:
            return await write(connection, options.file, first=options.first)
        finally:
            await connection.close()

    try:
        with _database() as url:
            batches, facts = asyncio.run(run(url))
    except (UsageError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return USAGE
    print(f"已写出 {batches} 批、{facts:,} 条记录：{options.file}")
    return 0


def _head(_options: argparse.Namespace) -> int:
    async def run(url: str) -> str:
        from core.sealing.heads import line_of

        connection = await _connect(url)
        try:
            row = await connection.fetchrow(
                "select id, head, sealed_at, key from core_batch order by id desc limit 1"
            )
        finally:
            await connection.close()
        return line_of(row["id"], bytes(row["head"]), row["sealed_at"], row["key"]) if row else ""

    try:
        with _database() as url:
            line = asyncio.run(run(url))
    except (UsageError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return USAGE
    print(line or "还没有封存过任何记录")
    return 0


def _key(options: argparse.Namespace) -> int:
    from core.keys.signing import public_pem

    try:
        with _database() as url:
            keys = asyncio.run(_public_keys(url, rotate=options.rotate))
    except (UsageError, OSError) as error:
        print(f"{error}", file=sys.stderr)
        return USAGE
    for each in keys:
        state = "已停用，只用于核验以前的封存" if each["retired_at"] else "使用中"
        print(f"# {each['fingerprint']} {state} {bytes(each['public']).hex()}")
        print(public_pem(bytes(each["public"])), end="")
    if not keys:
        print("还没有签名密钥，第一次封存时生成", file=sys.stderr)
    return 0


async def _public_keys(url: str, *, rotate: bool) -> list[dict[str, Any]]:
    from core import db
    from core.host.registry import build, set_current
    from core.keys.signing import public_keys
    from core.sealing.services import PURPOSE, SEALER, change_key

    set_current(build())
    db.DB.configure(url, db.OWNER)
    await db.DB.start_connection_pool(min_size=1, max_size=1)
    try:
        async with db.transaction(SEALER):
            if rotate:
                await change_key()
            return await public_keys(PURPOSE)
    finally:
        await db.DB.close_connection_pool()
