# SPDX-License-Identifier: Apache-2.0
"""Every kind of message × everybody who got one: it leads to a page its reader may open."""

from typing import Any

import pytest
from litestar import Litestar

from core import db
from core.api.testing import Browser
from core.auth import services, sessions
from core.db import Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry
from tests import cluster

# One message of each kind for each reader who holds an account.
TOLD = """
select distinct on (m.kind, m.subject_kind, m.person) m.id, m.kind, m.subject_kind, m.person,
       u.id as "user", u.login
from core_message m join core_user u on u.person = m.person and u.active
order by m.kind, m.subject_kind, m.person, m.id desc
"""
ROLES = """
select a.id from core_assignment a where a."user" = $1 and a.revoked_at is null order by a.id
"""


@pytest.fixture
async def world(played_year: str, server: str, registry: Registry) -> Any:
    """The demo year of every plugin, in a database of its own."""
    name = cluster.new_name("inbox")
    url = await cluster.create(server, name, played_year)
    try:
        async with cluster.working_on(url):
            with host_registry.use(registry):
                enabling.forget()
                yield url
                enabling.forget()
    finally:
        await cluster.drop(server, name)


async def follow(browser: Browser, message: int) -> str:
    """What is wrong with where a message leads; empty when its reader reads the page."""
    answer = await browser.get(f"/messages/{message}")
    if answer.status_code != 303:
        return f"the message answers {answer.status_code}"
    to = answer.headers["location"]
    if to.startswith("/messages"):
        return "leads nowhere"
    status = (await browser.get(to)).status_code
    return "" if status == 200 else f"{to} answers {status}"


@pytest.mark.usefixtures("world")
async def test_every_message_leads_its_reader_to_a_page_he_may_open(app: Litestar) -> None:
    async with db.transaction(Scope.platform("test")):
        told = await db.rows(TOLD)
    kinds = {each["kind"] for each in told}
    assert len(kinds) > 20, kinds
    by_user: dict[int, list[dict[str, Any]]] = {}
    for each in told:
        by_user.setdefault(each["user"], []).append(each)
    faults: set[str] = set()
    for user, messages in by_user.items():
        async with db.transaction(services.office(user)):
            roles = await db.column(ROLES, user)
        # Whoever has two offices reads it in the one it came to him in.
        wrong = {each["id"]: "has no role" for each in messages}
        for role in roles:
            browser = Browser(app)
            async with db.transaction(services.office(user)):
                browser.session = (await sessions.begin(user, role)).token
            for each in messages:
                if wrong[each["id"]]:
                    wrong[each["id"]] = await follow(browser, each["id"])
            await browser.close()
        faults |= {
            f"{each['kind']} ({each['subject_kind']}) for {each['login']}: {wrong[each['id']]}"
            for each in messages
            if wrong[each["id"]]
        }
    assert not faults, "\n".join(sorted(faults)[:40])
