# SPDX-License-Identifier: Apache-2.0
"""Taking laws in from files: each becomes a law and a published version, or says why not."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.api import clock
from core.api.db import Place, execute, row, transaction, value
from core.api.errors import Invalid
from core.api.regions import RegionRow, country, find
from plugins.library.rules import RANKS
from plugins.library.rules.dating import Told, names_of, told_by
from plugins.library.rules.parsing import Parsed, parse
from plugins.library.services.base import Keeper, everywhere
from plugins.library.services.publishing import publish_version
from plugins.library.services.reading import text_of

SUFFIXES = (".md", ".markdown", ".txt", ".docx")


@dataclass(frozen=True)
class Source:
    """A law as a file has it."""

    name: str
    text: str
    parsed: Parsed
    told: Told

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()


@dataclass
class Report:
    """What became of a file."""

    file: str
    title: str = ""
    outcome: str = "refused"
    """taken | again | refused"""
    law: int = 0
    version: int = 0
    articles: int = 0
    nodes: int = 0
    effective_from: str = ""
    faults: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def read_source(name: str, content: bytes) -> Source:
    """A file, read and understood as far as it goes. Raises ``Invalid``."""
    text = text_of(name, content)
    stem = Path(name).stem.partition("(")[0].partition("（")[0]
    parsed = parse(text)
    parsed.title = parsed.title or stem
    return Source(name, text, parsed, told_by(parsed, filename=name))


def report_of(source: Source) -> list[dict[str, Any]]:
    """What was not understood, as a version keeps it."""
    return [
        {"line": each.line, "text": each.text, "serious": each.serious}
        for each in source.parsed.faults
    ]


async def national_keeper(name: str) -> Keeper:
    """Who keeps what is imported on the server: the country itself."""
    root = await country()
    return Keeper(0, name, "平台", Place(root.lo, 0))


async def region_of(told: Told, home: RegionRow) -> tuple[int, int, str]:
    """The interval a law applies to, and the region's name."""
    if told.region:
        for each in await find(told.region, limit=5):
            if each.name == told.region:
                return each.lo, each.hi, each.name
        return home.lo, home.hi, told.region
    root = await country()
    return root.lo, root.hi, ""


async def import_source(source: Source, keeper: Keeper, *, excerpt: bool = False) -> Report:
    """One law into the library, published; the same text again changes nothing.

    ``excerpt`` says that it holds only some articles, so that a missing one proves nothing.
    """
    report = Report(
        source.name,
        source.parsed.title,
        articles=len(source.parsed.articles),
        nodes=len(source.parsed.nodes),
        faults=report_of(source),
        doubts=list(source.told.doubts),
    )
    told = source.told
    if not source.parsed.nodes or not source.parsed.title:
        return report
    if told.promulgated_on is None or told.effective_from is None:
        report.faults.append(
            {"line": 0, "text": "没有日期，不能发布，请在编辑台导入。", "serious": True}
        )
        return report
    report.effective_from = told.effective_from.isoformat()
    title = source.parsed.title
    law = await row(
        "select id from library_law where title = $1 and region_lo = $2",
        title,
        keeper.place.region_lo,
    )
    if law is not None and await value(
        "select true from library_version where law = $1 and digest = $2 and state = 'published'",
        law["id"],
        source.digest,
    ):
        report.outcome, report.law = "again", law["id"]
        return report
    law_id = law["id"] if law else await make_law(title, told, keeper)
    report.law = law_id
    report.version = await make_version(law_id, source, keeper)
    if excerpt:
        await execute("update library_version set excerpt = true where id = $1", report.version)
    await publish_version(report.version, reviewer=keeper.name, first=law is None)
    report.outcome = "taken"
    return report


async def make_law(title: str, told: Told, keeper: Keeper) -> int:
    """A law without a version yet; nobody outside the office sees it."""
    home = await country()
    lo, hi, region_name = await region_of(told, home)
    made: int = await value(
        """insert into library_law (title, names, kind, rank, issuer, region_name, applies_lo,
             applies_hi, organ_name, sort_on, repeal_note, region_lo, org_lo, published)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, false) returning id""",
        title[:200],
        names_of(title),
        told.kind,
        RANKS[told.kind],
        told.issuer[:120],
        region_name,
        lo,
        hi,
        keeper.organ_name,
        told.promulgated_on or clock.today(),
        keeper.place.region_lo,
        keeper.place.org_lo,
    )
    return made


async def make_version(law: int, source: Source, keeper: Keeper) -> int:
    """A draft with what the file says of itself."""
    told = source.told
    day = told.promulgated_on or clock.today()
    made: int = await value(
        """insert into library_version (law, number, name, document_number, promulgated_on,
             effective_from, effective_sure, expires_on, starts, stops, excerpt, history, text,
             report, digest, source, state, revision, drafted_by, drafted_by_name, returned,
             reviewed_by_name, saved_at, region_lo, org_lo, published)
           values ($1, 0, $2, $3, $4, $5, $6, $7, '{}'::jsonb, '{}'::jsonb, false, $8, $9, $10, $11, $12,
             'draft', 1, $13, $14, '', '', $15, $16, $17, false) returning id""",
        law,
        version_name(day),
        told.number[:80],
        day,
        told.effective_from or day,
        not told.doubts,
        told.expires_on,
        "\n".join(source.parsed.history),
        source.text,
        report_of(source),
        source.digest,
        source.name[:200],
        keeper.user,
        keeper.name,
        clock.now(),
        keeper.place.region_lo,
        keeper.place.org_lo,
    )
    return made


def version_name(day: date) -> str:
    """What a version is called unless somebody calls it otherwise."""
    return f"{day.year}年{day.month}月{day.day}日版"


def read_folder(folder: Path) -> tuple[list[Source], list[Report]]:
    """The laws of a folder, the oldest first, and the files that are none."""
    found: list[Source] = []
    refused: list[Report] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or path.name.startswith("."):
            continue
        try:
            source = read_source(path.name, path.read_bytes())
        except Invalid as error:
            fault = {"line": 0, "text": "".join(error.errors.values()), "serious": True}
            refused.append(Report(path.name, faults=[fault]))
            continue
        found.append(source)
    found.sort(key=lambda one: (one.told.promulgated_on or date.min, one.name))
    return found, refused


async def import_folder(folder: Path, by: str = "命令行导入") -> list[Report]:
    """Every law of a folder, the oldest first, fifty in a transaction."""
    found, refused = read_folder(folder)
    async with transaction(everywhere("laws imported on the server")):
        keeper = await national_keeper(by)
    reports = []
    for at in range(0, len(found), 50):
        # Fifty at a time: an import that is stopped keeps what it has, and goes on when run again.
        async with transaction(everywhere("laws imported on the server")):
            reports += [await import_source(source, keeper) for source in found[at : at + 50]]
    return [*reports, *refused]
