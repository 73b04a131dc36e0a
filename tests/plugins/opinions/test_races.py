# SPDX-License-Identifier: Apache-2.0
"""Two tabs, many at once, a new version meanwhile; with real commits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from core import db
from core.api.access import RegionRef, Visitor
from core.api.db import EVERYTHING, Interval, Scope
from core.api.people import appoint_organ, enter_person
from core.api.testing import make_agencies
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.opinions.forms import DraftForm
from plugins.opinions.rules import MANAGE, SEND
from plugins.opinions.services import answering, drafts, sending
from plugins.opinions.services.base import Author
from tests import factories
from tests.plugins.opinions.conftest import NOW, TEXT

ALL = Scope.platform("a test looks at everything")


@dataclass
class Office:
    """The bureau, its open draft and two who send."""

    bureau: Visitor
    draft: int
    authors: list[Author]

    async def send(self, n: int = 0, **more: Any) -> sending.Sent:
        said = sending.Said(more.pop("at", ""), f"意见 {n}", "", False)
        return await sending.send(self.authors[n % 2], self.draft, said, **more)


@pytest.fixture
async def office(fresh_db: str, clock: Any) -> AsyncIterator[Office]:
    clock(NOW)
    enabling.forget()
    with host_registry.use(build(["opinions"])):
        tree = await factories.region_tree()
        agencies = await make_agencies(tree)
        county = tree.county
        async with db.transaction(ALL):
            await appoint_organ(county.id, "supervision", agencies.bureau.id)
            persons = [await enter_person(name, agencies.agency.id) for name in ("白音", "乌兰")]
        scope = Scope(Interval(county.lo, county.hi), EVERYTHING, actor=1)
        bureau = Visitor(
            1, 0, "陈玉梅", "chenyumei", "supervision_bureau", "监察机关人员", 0,
            RegionRef(county.id, county.name, county.level, county.lo, county.hi), None,
            frozenset({MANAGE, SEND}), scope, "",
        )  # fmt: skip
        form = DraftForm(
            title="题",
            body=TEXT,
            readers="all",
            opens_on=date(2026, 9, 1),
            closes_on=date(2026, 9, 30),
        )
        async with db.transaction(scope):
            draft = await drafts.save_draft(bureau, form)
            await drafts.open_draft(bureau, draft)
        authors = [
            Author(
                one.id, 10 + n, one.name, f"l{n}", "handler", "办件人员",
                county.id, county.name, county.lo, county.hi,
            )
            for n, one in enumerate(persons)
        ]  # fmt: skip
        yield Office(bureau, draft, authors)
    enabling.forget()


async def column(sql: str) -> list[Any]:
    async with db.transaction(ALL):
        return await db.column(sql)


async def test_one_form_from_four_tabs_is_one_opinion(office: Office) -> None:
    done = await asyncio.gather(*(office.send(once="k" * 24) for _ in range(4)))
    assert len({each.id for each in done}) == 1
    assert [each.again for each in done].count(False) == 1
    assert await column("select received from opinions_draft") == [1]


async def test_opinions_sent_at_once_are_numbered_without_gaps(office: Office) -> None:
    await asyncio.gather(*(office.send(n) for n in range(8)))
    assert await column("select number from opinions_opinion order by number") == [*range(1, 9)]


async def test_an_answer_given_twice_at_once_tells_each_author_once(office: Office) -> None:
    sent = [await office.send(n) for n in range(4)]

    async def reply() -> None:
        async with db.transaction(office.bureau.scope):
            await answering.answer(
                office.bureau, office.draft, [each.id for each in sent], "都采纳了。"
            )

    await asyncio.gather(reply(), reply())
    told = await column("select person from core_message where kind = 'opinions.answered'")
    assert sorted(told) == sorted(each.person for each in office.authors)


async def test_an_opinion_sent_during_a_new_version_is_marked_all_the_same(office: Office) -> None:
    async with db.transaction(office.bureau.scope):
        await drafts.save_draft(
            office.bureau,
            DraftForm(body=TEXT.replace("两次", "一次"), changes="改为一次。"),
            draft=office.draft,
        )

    async def publish() -> None:
        async with db.transaction(office.bureau.scope):
            await drafts.publish_version(office.bureau, office.draft)

    async def send(n: int) -> None:
        said = sending.Said("a2", f"意见 {n}", "", False, seen=1)
        await sending.send(office.authors[n % 2], office.draft, said)

    await asyncio.gather(send(0), publish(), send(1))
    assert await column("select standing from opinions_opinion") == ["changed", "changed"]
