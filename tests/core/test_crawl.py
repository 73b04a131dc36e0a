# SPDX-License-Identifier: Apache-2.0
"""Every page × every role × three regions × two agencies: no error, no word of a row of others.

The list of routes is generated from the application, so a new page is crawled the day it is
written. What must not appear is generated too: every text of every scoped row that row-level
security hides from the visitor, unless a row he sees (or a public name) says the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from litestar import Litestar
from litestar.enums import HttpMethod
from piccolo.columns import JSON, Text, Varchar

from core import db
from core.api.testing import Browser, htmx, sign_in_as
from core.app import handlers_of
from core.auth import rules
from core.auth.access import PUBLIC, Requires
from core.db import EVERYTHING, Scope, kind_of
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry
from core.people import services as people
from core.schema import app_configs, tables_of
from core.settings import ROOT
from tests import cluster

# Texts shorter than this are words of the trade, not data of somebody.
SHORTEST = 6
# Codes and technical texts that say the same in many rows and name nobody.
TECHNICAL = re.compile(r"[a-z_.\-/0-9:]+\Z")
CITED_BY_POWERS = "select distinct cited from library_use where subject_kind = 'powers.item'"
# These answer with files, figures for machines, or end the session being used for the crawl.
SKIPPED = {"/static/{name:path}", "/metrics"}
# The audit administrator reads the records of the whole platform: that is his office (B15).
READS_EVERYTHING = {"audit_admin": "/audit"}


@dataclass(frozen=True)
class Page:
    """A GET route."""

    path: str
    permissions: tuple[str, ...]
    public: bool

    def addresses(self) -> Iterator[str]:
        """The path with numbers that exist, exist elsewhere, and exist nowhere."""
        if "{" not in self.path:
            yield self.path
            return
        for number in ("1", "999999999"):
            yield re.sub(r"\{[^}]+:int\}", number, re.sub(r"\{[^}]+:(str|path)\}", "x", self.path))


def pages_of(app: Litestar) -> list[Page]:
    found = []
    for path, handler in handlers_of(app):
        if HttpMethod.GET not in handler.http_methods or path in SKIPPED:
            continue
        guards = [getattr(each, "func", each) for each in handler.resolve_guards()]
        wanted = tuple(
            key for each in guards if isinstance(each, Requires) for key in each.permissions
        )
        found.append(Page(path, wanted, PUBLIC in handler.opt))
    return found


@pytest.fixture
async def world(played_year: str, server: str, registry: Registry) -> Any:
    """A database of its own with the demo data of every plugin, committed."""
    name = cluster.new_name("world")
    url = await cluster.create(server, name, played_year)
    try:
        async with cluster.working_on(url):
            with host_registry.use(registry):
                enabling.forget()
                await third_region()
                yield url
                enabling.forget()
    finally:
        await cluster.drop(server, name)


async def third_region() -> None:
    """Two agencies with an officer each where the demo has nobody."""
    async with db.transaction(Scope.platform("test")):
        region = await db.value(
            "select id from core_region g where level = 3 and not exists (select 1 from"
            " core_organisation o where o.region = g.id) order by lo limit 1"
        )
        for name in ("第三地区市场监督管理局", "第三地区农牧局"):
            body = await people.found_organisation(name, "body", region)
            await people.enter_person(f"{name}的办件人员某某", body.id)


async def places(count: int = 3) -> list[list[dict[str, Any]]]:
    """Regions that have at least two enforcement bodies, two bodies of each."""
    async with db.transaction(Scope.platform("test")):
        found = await db.rows(
            "select id, name, region, region_lo, lo, hi from core_organisation"
            " where valid_to is null and kind in ('body', 'department') order by region_lo, lo"
        )
    by_region: dict[int, list[dict[str, Any]]] = {}
    for row in found:
        by_region.setdefault(row["region"], []).append(row)
    return [rows[:2] for rows in by_region.values() if len(rows) >= 2][:count]


class Words:
    """Finds which of many words stand in a text, in one pass over it.

    A word is looked for only where its first letters stand; the plain way asks for each of some
    thousand words on each of some thousand pages, which took longer than serving the pages. What
    stands in a line is remembered: most lines of a page stand on every other page too.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.by_start: dict[str, list[str]] = {}
        self.broken: list[str] = []
        """Words whose first letters stand on two lines: looked for the plain way."""
        for word in words:
            if "\n" in word[:SHORTEST]:
                self.broken.append(word)
            else:
                self.by_start.setdefault(word[:SHORTEST], []).append(word)
        self.begun: dict[str, frozenset[str]] = {}

    def _begin_in(self, line: str) -> frozenset[str]:
        """The words that stand in the line, or begin there and go on in the next."""
        found = self.begun.get(line)
        if found is None:
            starts = {line[at : at + SHORTEST] for at in range(len(line) - SHORTEST + 1)}
            found = self.begun[line] = frozenset(
                word
                for start in starts & self.by_start.keys()
                for word in self.by_start[start]
                if word.partition("\n")[0] in line
            )
        return found

    def within(self, text: str) -> set[str]:
        words = set[str]().union(*map(self._begin_in, set(text.split("\n"))), self.broken)
        return {word for word in words if "\n" not in word or word in text}


class Rows:
    """All texts of all rows, and which of them a scope hides."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.texts: dict[str, dict[int, set[str]]] = {}
        self.said: dict[str, dict[int, set[str]]] = {}
        """Which of the texts of other rows a row says too, also inside its JSON."""
        self.known: set[str] = set()
        self.words: set[str] = set()
        """All that can be hidden from somebody."""

    async def load(self) -> None:
        documents: dict[str, dict[int, str]] = {}
        connection = await asyncpg.connect(self.url, server_settings={"role": db.OWNER})
        try:
            for table in tables_of(app_configs()):
                name = table._meta.tablename
                plain = [c._meta.name for c in table._meta.columns if isinstance(c, Varchar | Text)]
                nested = [c._meta.name for c in table._meta.columns if isinstance(c, JSON)]
                if not plain and not nested:
                    continue
                key = table._meta.primary_key._meta.name
                listed = ", ".join(
                    [
                        f'"{key}" as id',
                        *(f'"{each}"' for each in plain),
                        *(f'"{each}"::text' for each in nested),
                    ]
                )
                rows = await connection.fetch(f'select {listed} from "{name}"')
                texts = {row["id"]: set(filter(_telling, row[: 1 + len(plain)])) for row in rows}
                if kind_of(table) is None:
                    self.known.update(*texts.values()) if texts else None
                else:
                    self.texts[name] = texts
                    documents[name] = {
                        row["id"]: "\n".join(each for each in row[1:] if each) for row in rows
                    }
            if "library_use" in documents:
                # What a power leans on is printed in the public catalogue; what a case leans on
                # stays its own.
                self.known.update(row["cited"] for row in await connection.fetch(CITED_BY_POWERS))
        finally:
            await connection.close()
        everything = {
            word for texts in self.texts.values() for row in texts.values() for word in row
        } - self.known
        self.words = everything - Words(everything).within(_own_words())
        words = Words(self.words)
        for name, rows_of in documents.items():
            self.said[name] = {row: words.within(text) for row, text in rows_of.items()}

    async def hidden(self, scope: Scope) -> set[str]:
        """What no page may say to somebody under ``scope``."""
        seen, unseen = set[str](), set[str]()
        async with db.transaction(scope):
            for name, texts in self.texts.items():
                visible = set(await db.column(f'select id from "{name}"'))
                for row in texts:
                    said = self.said[name][row]
                    if row in visible:
                        seen |= said
                    else:
                        unseen |= texts[row] & said
        return unseen - seen


def _own_words() -> str:
    """The sources without demo data: a text that stands there is the program's, not a person's.

    Titles of messages are kept in inboxes, and words of code tables in rows; both stand on pages
    for everybody.
    """
    return "\n".join(
        path.read_text("utf-8")
        for folder in ("core", "plugins")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "demo" not in path.relative_to(ROOT).as_posix()
    )


def _telling(text: Any) -> bool:
    return isinstance(text, str) and len(text) >= SHORTEST and not TECHNICAL.match(text)


@pytest.mark.req("C11-04", "C11-08", "B41-1")
async def test_crawl(world: str, app: Litestar) -> None:
    pages = pages_of(app)
    rows = Rows(world)
    await rows.load()
    assert sum(map(len, rows.texts.values())) > 20, "the demo data is missing"
    # The words of all rows, for everybody: what one person's pages say another's mostly say too.
    words = Words(rows.words)
    faults: list[str] = []
    asked = 0
    visited = await places()
    assert len(visited) == 3
    for region in visited:
        for body in region:
            for spec in rules.ROLES:
                # Everybody in the first place; elsewhere an officer of each agency, and the bureau,
                # whose sight is its region, once.
                first = body is region[0]
                wanted = ("handler", "supervision_bureau") if first else ("handler",)
                if body is not visited[0][0] and spec.key not in wanted:
                    continue
                browser = Browser(app)
                who = await sign_in_as(
                    browser, spec.key, organisation=body["id"], region=body["region"]
                )
                hidden = await rows.hidden(who.scope)
                assert hidden or who.scope.region == EVERYTHING, f"{spec.key} sees it all"
                exempt = READS_EVERYTHING.get(spec.key, "-")
                for page in pages:
                    for address in page.addresses():
                        answer = await browser.get(address)
                        asked += 1
                        where = f"{spec.key} of {body['name']} at {address}"
                        faults += check(answer, page, who, where)
                        if answer.status_code < 500 and not address.startswith(exempt):
                            shown = sorted(words.within(answer.text) & hidden)
                            faults += [f"{where}: shows {word!r}" for word in shown[:3]]
                await browser.close()
    assert not faults, f"{len(faults)} faults in {asked} pages:\n" + "\n".join(faults[:40])
    assert asked > 300


def check(answer: Any, page: Page, who: Any, where: str) -> list[str]:
    """The access table: 403 exactly without the permission, never a fault of the server."""
    status = answer.status_code
    if status >= 500 and page.path != "/readyz":
        return [f"{where}: {status}"]
    if page.public:
        return []
    lacks = [each for each in page.permissions if each not in who.permissions]
    if lacks and status != 403:
        return [f"{where}: {status} although {lacks} is missing"]
    if not lacks and status == 403:
        return [f"{where}: 403 although everything required is held"]
    if status not in (200, 303, 304, 403, 404, 409, 422):
        return [f"{where}: unexpected {status}"]
    return []


@pytest.mark.usefixtures("region_tree")  # every installation has regions: migrating brings them
async def test_nobody_gets_in_without_a_session(client: Browser, app: Litestar) -> None:
    for page in pages_of(app):
        for address in page.addresses():
            answer = await client.get(address)
            assert answer.status_code < 500 or page.path == "/readyz", address
            if not page.public:
                assert answer.status_code == 303, address
                assert answer.headers["location"].startswith("/login"), address


def test_a_word_is_found_wherever_it_stands() -> None:
    words = Words(["磴口县人民医院护士", "磴口县人民医院护士长", "临河区某某商贸公司"])
    assert words.within("<td>磴口县人民医院护士</td>") == {"磴口县人民医院护士"}
    assert words.within("磴口县人民医院护士长") == {"磴口县人民医院护士", "磴口县人民医院护士长"}
    assert not words.within("磴口县人民医院护理") | words.within("") | words.within("某某商贸公司")
    over_lines = Words(["现场检查\n发现问题", "一共六个字整\n下一行"])
    assert over_lines.within("<p>一共六个字整\n下一行</p>") == {"一共六个字整\n下一行"}
    assert over_lines.within("<p>现场检查\n发现问题</p>") == {"现场检查\n发现问题"}
    assert not over_lines.within("<p>现场检查发现问题</p>\n<p>一共六个字整下一行</p>")


async def test_cards_and_badges_answer_as_pieces(
    client: Browser, login_as: Any, registry: Registry
) -> None:
    """Each card of the home page can be read by who sees it, as a piece with one root."""
    for spec in rules.ROLES:
        who = await login_as(spec.key)
        for card in registry.cards:
            if card.permission in who.permissions:
                answer = await htmx(client).get(card.path)
                assert answer.status_code == 200, (card.key, spec.key)
