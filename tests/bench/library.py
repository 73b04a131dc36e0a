# SPDX-License-Identifier: Apache-2.0
"""The law library: taking laws in, and exact search over thousands of them.

Fifty laws and 3,500 laws of the same size, made by varying the words of those fifty (the folder
named in ``JIANDU_LAWS``, real public laws in Markdown; without it, laws of words drawn from one
built-in law). Every search is asked as the web process asks it; all hits of every query are
compared with a scan by ``like``.
"""

import os
import random
import re
import time
from pathlib import Path

from core.api.db import Scope, rows, transaction, value
from core.host.registry import Registry, current
from plugins.library.queries.searching import matching_ids, search, size_of_index, wanted
from plugins.library.services.base import everywhere
from plugins.library.services.importing import (
    import_folder,
    import_source,
    national_keeper,
    read_source,
)
from tests.bench.measuring import Number
from tests.bench.world import as_owner, database, office, run, server

NAME = "library"
LAWS = 3_500
QUERIES = 200
_CLAUSE = re.compile("[^，。；、：\n]{4,}")


def folder() -> Path | None:
    """Where the real laws are, if anywhere."""
    named = os.environ.get("JIANDU_LAWS", "")
    return Path(named) if named and Path(named).is_dir() else None


def basis() -> list[tuple[str, str]]:
    """Names and texts to vary."""
    found = folder()
    if found is not None:
        return [(each.name, each.read_text("utf-8")) for each in sorted(found.glob("*.md"))]
    from plugins.library.demo import LAWS as SHIPPED

    return [(f"{title}({day}).md", text) for title, day, text in SHIPPED]


def varied(text: str, title: str, pool: list[str], dice: random.Random) -> str:
    """The same law with a third of its clauses drawn from all the others."""

    def other(found: re.Match[str]) -> str:
        keep = dice.random() > 0.34 or found[0].startswith(("第", "#", "（", "(", "<"))
        return found[0] if keep else dice.choice(pool)

    head, _, body = text.partition("<!-- INFO END -->")
    first, _, rest = head.partition("\n")
    del first
    return f"# {title}\n{rest}<!-- INFO END -->{_CLAUSE.sub(other, body)}"


async def _scan(word: str) -> list[int]:
    found = await rows(
        "select id from library_article where lower(text) like $1",
        "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%",
    )
    return [each["id"] for each in found]


async def _measure(url: str, template: str, registry: Registry, quick: bool) -> list[Number]:
    texts = basis()
    dice = random.Random(9704)
    numbers: list[Number] = []
    async with database(url, template) as address, office(registry):
        if (real := folder()) is not None:
            began = time.perf_counter()
            reports = await import_folder(real)
            took = time.perf_counter() - began
            taken = sum(each.outcome == "taken" for each in reports)
            numbers.append(
                Number(NAME, "导入 50 部法规", took, "s", 5, note=f"{taken} 部，含解析、入库、索引")
            )
        pool = sorted({clause for _name, text in texts for clause in _CLAUSE.findall(text)})
        count = 100 if quick else LAWS
        async with transaction(everywhere("laws for a measurement")):
            keeper = await national_keeper("量测")
        # Thousands at once are quicker without the index; it is built at the end.
        async with as_owner(address) as owner:
            definition = await owner.fetchval(
                "select indexdef from pg_indexes where indexname = 'library_article_grams'"
            )
            await owner.execute("drop index library_article_grams")
        began = time.perf_counter()
        for start in range(0, count, 100):
            async with transaction(everywhere("laws for a measurement")):
                for n in range(start, min(start + 100, count)):
                    name, text = texts[n % len(texts)]
                    made = varied(text, f"量测法规第{n}号条例", pool, dice)
                    source = read_source(name, made.encode())
                    await import_source(source, keeper)
        async with as_owner(address) as owner:
            await owner.execute(definition)
            await owner.execute("vacuum analyze library_article")
            await owner.execute("analyze library_law")
        took = time.perf_counter() - began
        numbers.append(Number(NAME, f"导入 {count:,} 部变造的法规，再建索引", took, "s"))
        async with transaction(everywhere("measurement")):
            pieces = await rows(
                "select text from library_article tablesample system (20) limit 4000"
            )
            total = await value("select count(*) from library_article")
        flat = "\n".join(each["text"] for each in pieces)
        picked = _queries(flat, dice, 60 if quick else QUERIES)
        spans: list[float] = []
        missed = wrong = expected = 0
        for word in picked:
            async with transaction(Scope.public()):
                began = time.perf_counter()
                found = await search(wanted(word), Scope.public())
                spans.append((time.perf_counter() - began) * 1000)
                truth = set(await _scan(word))
                ours = set(await matching_ids(wanted(word)))
            if found.total != len(truth):
                raise RuntimeError(f"{word}: {found.total} told, {len(truth)} there are")
            expected += len(truth)
            missed += len(truth - ours)
            wrong += len(ours - truth)
        spans.sort()
        async with transaction(everywhere("measurement")):
            size = await size_of_index()
    p95 = spans[int(len(spans) * 0.95)]
    recall = 1 - missed / max(expected, 1)
    precision = 1 - wrong / max(expected - missed + wrong, 1)
    note = f"{total:,} 段，{len(picked)} 个两字词按出现频率抽取，共 {expected:,} 处"
    return [
        *numbers,
        Number(NAME, "两字检索 p50（首页、总数、高亮）", spans[len(spans) // 2], "ms"),
        Number(NAME, "两字检索 p95", p95, "ms", 50, note=note),
        Number(NAME, "查全率（与逐条扫描比）", recall, "", 1, at_least=True),
        Number(NAME, "查准率", precision, "", 1, at_least=True),
        Number(
            NAME,
            "索引与正文之比",
            size["index"] / max(size["text"], 1),
            "×",
            1.5,
            note=f"正文 {size['text'] / 1e6:.0f} MB，索引 {size['index'] / 1e6:.0f} MB",
        ),
    ]


def _queries(flat: str, dice: random.Random, count: int) -> list[str]:
    """Neighbouring pairs of characters, as often as they stand in the text."""
    found: dict[str, None] = {}
    while len(found) < count:
        at = dice.randrange(len(flat) - 1)
        word = flat[at : at + 2]
        if all("\u4e00" <= each <= "\u9fff" for each in word):
            found[word] = None
    return list(found)


def measure(*, quick: bool = False) -> list[Number]:
    """The figures."""
    with server() as (url, template):
        found: list[Number] = run(_measure(url, template, current(), quick))
        return found
