# SPDX-License-Identifier: Apache-2.0
"""Every number in the menu is the length of the list it leads to, in the played year.

The seeds complain of “我的待办显示1条，但点进去没有事项”. Which numbers there are is read from the
menu itself, so one that a plugin adds is asked the day it is written.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar

from core import clock, db
from core.api.testing import Browser, htmx
from core.auth import queries
from core.db import Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry
from core.listing import Listing
from core.web import navigation
from tests import cluster

PASSWORD = "Jiandu2026"


@pytest.fixture
async def year(played_year: str, server: str, registry: Registry) -> AsyncIterator[None]:
    name = cluster.new_name("counted")
    url = await cluster.create(server, name, played_year)
    try:
        async with cluster.working_on(url):
            with host_registry.use(registry):
                enabling.forget()
                yield
                enabling.forget()
    finally:
        await cluster.drop(server, name)


async def one_of_each_role() -> list[str]:
    async with db.transaction(Scope.platform("test")):
        found = await queries.demo_accounts(clock.today())
    return list({each["title"]: each["login"] for each in reversed(found)}.values())


def plain(page: str, path: str) -> list[int]:
    """The length of the lists that are no ``Listing``: unread messages, cards on the phone."""
    return [page.count("（未读）"), len(re.findall(rf'<li><a href="{path}/\d+"', page))]


@pytest.mark.req("B41-3", "S1-7")
@pytest.mark.needs("cases")
async def test_every_number_in_the_menu_is_the_length_of_its_list(
    year: None, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, int] = {}
    lists: list[int] = []
    count, page = navigation.counts, Listing.page

    async def counting(*args: Any) -> dict[str, int]:
        told.update(await count(*args))
        return told

    async def paging(self: Listing, *args: Any, **more: Any) -> Any:
        found = await page(self, *args, **more)
        lists.append(found.total)
        return found

    monkeypatch.setattr(navigation, "counts", counting)
    monkeypatch.setattr(Listing, "page", paging)
    faults, asked = [], 0
    for login in await one_of_each_role():
        told.clear()
        browser = Browser(app)
        signed = await browser.post("/login", {"login": login, "password": PASSWORD})
        assert signed.status_code == 303, login
        await htmx(browser).get("/nav/badges", one_root=False)
        for path, number in told.items():
            if not number:
                continue
            lists.clear()
            answer = await browser.get(path)
            lists += plain(answer.text, path)
            asked += 1
            if answer.status_code != 200 or number not in lists:
                faults.append(f"{login}: {path} {number} ≠ {lists} ({answer.status_code})")
        await browser.close()
    assert not faults, "\n".join(faults)
    assert asked > 10, "the demo has something to do for everybody"
