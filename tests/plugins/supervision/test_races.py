# SPDX-License-Identifier: Apache-2.0
"""Two supervisors press 制发 at the same moment; with real commits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.api.db import Scope, rows, transaction
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies, Browser, browsing, make_agencies, sign_in_as
from core.auth.services import apply_defaults
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import build
from plugins.supervision.rules.kinds import MANAGE, READ
from plugins.supervision.services import opening
from plugins.supervision.services.base import Actor
from tests import factories
from tests.plugins.supervision.conftest import actor, inspectors_for

OFFICE = Scope.platform("test")
TYPED = {
    "facts": "经查，你单位办理该案没有公示处罚决定，执法过程没有录像。",
    "requirement": "请逐项整改并书面答复。",
    "problems": "没有公示处罚决定\n现场检查没有录像",
}


@pytest.fixture
async def bureau(fresh_db: str, clock: Any) -> AsyncIterator[tuple[Actor, list[int], Agencies]]:
    """A county whose bureau has two supervisors with cards, in a database of its own."""
    assert fresh_db
    clock(datetime(2026, 5, 12, 1, 12, tzinfo=UTC))
    enabling.forget()
    registry = build(["supervision"])
    with host_registry.use(registry):
        await apply_defaults(registry)
        tree = await factories.region_tree()
        agencies = await make_agencies(tree)
        async with transaction(OFFICE):
            await appoint_organ(tree.county.id, "supervision", agencies.bureau.id)
            chen = await enter_person("陈玉梅", agencies.bureau.id)
        who = actor("陈玉梅", {READ, MANAGE}, tree.county, agencies.bureau, person=chen.id)
        yield (
            who,
            await inspectors_for(who, "乌兰", "赵刚", organisation=agencies.bureau.id),
            agencies,
        )
    enabling.forget()


async def matter_of(bureau: tuple[Actor, list[int], Agencies], title: str) -> int:
    who, team, agencies = bureau
    return await opening.open_matter(
        who,
        opening.Opening(
            kind="individual",
            title=title,
            body=agencies.agency.id,
            contents=["conduct"],
            persons=team,
            trigger="media",
            source="巴彦淖尔日报《罚款之后》",
            link="https://example.org/news/1",
        ),
    )


async def send(browser: Browser, matter: int, once: str, **changed: str) -> Any:
    return await browser.post(
        f"/supervision/{matter}/issue/notice", {**TYPED, "act": "issue", "once": once, **changed}
    )


@pytest.mark.req("C5-06", "S4-1")
async def test_documents_issued_at_once_get_numbers_without_gap_or_double(
    bureau: tuple[Actor, list[int], Agencies], plugin_app: Any
) -> None:
    agencies = bureau[2]
    matters = [await matter_of(bureau, f"第{n}件个案监督") for n in range(6)]
    async with browsing(plugin_app("supervision")) as browser:
        await sign_in_as(
            browser,
            "supervision_bureau",
            organisation=agencies.bureau,
            region=agencies.bureau.region,
            name="陈玉梅",
        )
        # The third is refused between the others and must not leave a hole.
        answers = await asyncio.gather(
            *(
                send(browser, matter, f"{n}" * 32, **({"facts": "短"} if n == 2 else {}))
                for n, matter in enumerate(matters)
            )
        )
        assert [each.status_code for each in answers] == [303, 303, 422, 303, 303, 303]
        # One form sent twice at the same moment is one document.
        twice = await asyncio.gather(*(send(browser, matters[2], "t" * 32) for _ in range(2)))
    assert {each.status_code for each in twice} == {303}
    async with transaction(OFFICE):
        issued = await rows("select matter, serial, number from supervision_paper order by serial")
    assert [each["serial"] for each in issued] == [1, 2, 3, 4, 5, 6]
    assert [each["number"] for each in issued] == [f"执监通〔2026〕{n}号" for n in range(1, 7)]
    assert {each["matter"] for each in issued} == set(matters)
    assert issued[-1]["matter"] == matters[2]
