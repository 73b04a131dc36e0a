# SPDX-License-Identifier: Apache-2.0
"""Two counties whose bureaus ask, and people who answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from core.api.access import Visitor
from core.api.db import Scope, transaction, value
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies, Browser, Clock, LoginAs

As = Callable[..., Awaitable[Visitor]]
OFFICE = Scope.platform("test")


@pytest.fixture
async def bureaus(region_tree: Any, agencies: Agencies) -> None:
    async with transaction(Scope.platform("test data")):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        await appoint_organ(region_tree.city.id, "supervision", agencies.city_bureau.id)


@pytest.fixture
def as_bureau(bureaus: None, login_as: LoginAs, region_tree: Any) -> As:
    async def sign_in(region: Any = None) -> Visitor:
        return await login_as(
            "supervision_bureau", organisation=False, region=region or region_tree.county
        )

    return sign_in


@pytest.fixture
def as_reader(login_as: LoginAs, agencies: Agencies, region_tree: Any) -> As:
    """``as_reader("supervisor")``: somebody with a person behind the account."""
    persons: dict[str, int] = {}

    async def sign_in(
        role: str = "supervisor", name: str = "白音", region: Any = None, organisation: Any = None
    ) -> Visitor:
        if name not in persons:
            async with transaction(Scope.platform("test data")):
                home = organisation or agencies.agency
                persons[name] = (await enter_person(name, home.id)).id
        if role == "supervisor":
            return await login_as(
                role,
                organisation=False,
                region=region or region_tree.county,
                name=name,
                person=persons[name],
            )
        return await login_as(
            role,
            organisation=organisation or agencies.agency,
            region=region,
            name=name,
            person=persons[name],
        )

    return sign_in


NOW = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
"""1 September 2026, 10:00 in Beijing."""
TEXT = """第一条　为规范行政检查，制定本规范。
第二条　计划检查每年不超过两次，报县司法局备案。
第三条　检查结束后，应当在十日内书面告知结果。
告知书写明检查的依据。"""


@pytest.fixture
def september(clock: Clock) -> Clock:
    clock(NOW)
    return clock


@dataclass
class Asked:
    """A draft that is open, with the keys of its articles."""

    id: int
    keys: dict[str, str]


@pytest.fixture
def ask(as_bureau: As, client: Browser, september: Clock) -> Callable[..., Awaitable[Asked]]:
    """The bureau signs in, writes a draft and opens it; from 1 to 30 September."""

    async def make(office: Any = None, **more: Any) -> Asked:
        await as_bureau(office)
        fields = {
            "title": "行政检查规范（征求意见稿）",
            "about": "想听检查次数方面的意见。",
            "body": TEXT,
            "readers": "all",
            "opens_on": "2026-09-01",
            "closes_on": "2026-09-30",
            "act": "open",
            **more,
        }
        answer = await client.post("/opinions/desk/new", fields)
        assert answer.status_code == 303, answer.text[:3000]
        draft = int(answer.headers["location"].rsplit("/", 1)[1])
        async with transaction(OFFICE):
            found = await value("select articles from opinions_version where draft = $1", draft)
        return Asked(draft, {each["label"]: each["key"] for each in found})

    return make


@pytest.fixture
def say(client: Browser) -> Callable[..., Awaitable[int]]:
    """The visitor sends an opinion; its id."""

    async def send(draft: int, at: str = "", text: str = "一年一次就够了。", **more: Any) -> int:
        fields = {"at": at, "text": text, "confidential": "open", **more}
        answer = await client.post(f"/opinions/{draft}/new", fields)
        assert answer.status_code == 303, answer.text[:3000]
        return int(answer.headers["location"].rsplit("/", 1)[1])

    return send
