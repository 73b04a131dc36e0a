# SPDX-License-Identifier: Apache-2.0
"""The first demo steps: regions, offices, people and accounts of ``towns.toml``."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from core import clock
from core.api.demo import DemoContext
from core.api.plugin import DemoStep
from core.auth.passwords import hash_password
from core.auth.services import create_account, grant_role
from core.db import Scope, row, transaction, value
from core.demo.cast import visitors
from core.demo.playing import play
from core.notify.services import mark_read_before
from core.people.queries import organisation
from core.people.services import appoint_organ, enter_person, found_organisation
from core.regions.queries import region_by_code
from core.regions.services import import_regions

TOWNS = Path(__file__).resolve().parent / "towns.toml"
PROVINCES = ("15", "37")
UNREAD = timedelta(days=4)
"""People have read what they were told before; the bell shows the last days only."""
PLAYED = 1000
"""The order of the step that plays the year; whoever plans does so before."""
_CATEGORIES = {"sj": "市场监管", "hb": "生态环境", "sl": "水利", "sz": "水利", "mz": "民政"}
_CATEGORIES |= {"rs": "人力资源社会保障", "zr": "自然资源", "zf": "城市管理"}


@dataclass(frozen=True)
class DemoPerson:
    """A person of the demo, for the steps of plugins."""

    id: int
    user: int
    """0 for people without an account."""
    name: str
    organisation: int
    organisation_key: str
    position: str
    role: str
    login: str
    card: str
    until: str
    category: str


def _scope() -> Scope:
    return Scope.platform("demo data")


async def enter_regions(context: DemoContext) -> None:
    """The official divisions of two provinces, and all provinces."""
    async with transaction(_scope()):
        await import_regions(provinces=PROVINCES)
    context.shared["core.regions_ready"] = True


async def found_offices(context: DemoContext) -> None:
    """The offices of ``towns.toml`` and which organ is competent where."""
    known: dict[str, int] = {}
    for one in tomllib.loads(TOWNS.read_text("utf-8"))["organisation"]:
        async with transaction(_scope()):
            known[one["key"]] = await _office(one, known)
    context.shared["core.organisations"] = known


async def _office(one: dict[str, Any], known: dict[str, int]) -> int:
    home = await region_by_code(one["region"])
    if home is None:
        raise RuntimeError(f"demo region {one['region']} is missing")
    found = await row(
        "select id from core_organisation where name = $1 and region = $2 and valid_to is null",
        one["name"],
        home.id,
    )
    if found is not None:
        return int(found["id"])
    office = await found_organisation(
        one["name"],
        one["kind"],
        home.id,
        parent=known.get(one.get("parent", "")),
        short_name=one.get("short", ""),
    )
    for function in one.get("competent", ()):
        await appoint_organ(home.id, function, office.id)
    return office.id


async def enter_people(context: DemoContext) -> None:
    """The persons, and an account with its role for those who sign in."""
    towns = tomllib.loads(TOWNS.read_text("utf-8"))
    offices: dict[str, int] = context.shared["core.organisations"]
    persons: dict[str, DemoPerson] = {}
    # One slow hash for the one password all demo accounts share, not one for each of forty.
    hashed = await hash_password(towns["password"])
    for one in towns["person"]:
        office = offices[one["organisation"]]
        async with transaction(_scope()):
            person = await value(
                "select id from core_person where name = $1 and organisation = $2",
                one["name"],
                office,
            )
            if person is None:
                entered = await enter_person(
                    one["name"],
                    office,
                    position=one.get("position", ""),
                    heads=one.get("heads", False),
                )
                person = entered.id
        user = await _account(context, one, person, office, towns["password"], hashed)
        part = one["organisation"].partition("-")[2][:2]
        persons[one.get("login") or one["name"]] = DemoPerson(
            person,
            user,
            one["name"],
            office,
            one["organisation"],
            one.get("position", ""),
            one.get("role", ""),
            one.get("login", ""),
            one.get("card", ""),
            one.get("until", ""),
            _CATEGORIES.get(part, ""),
        )
    context.shared["core.persons"] = persons
    context.shared["core.visitors"] = await visitors()


async def _account(
    context: DemoContext,
    one: dict[str, Any],
    person: int,
    office: int,
    password: str,
    hashed: str,
) -> int:
    if "login" not in one:
        return 0
    async with transaction(_scope()):
        user = await value("select id from core_user where login = $1", one["login"])
    if user is None:
        # The password is as old as this seeding, not as the played year: one set a year ago would
        # have run out, and everybody would be asked for a new one.
        with clock.frozen(context.now):
            user = await create_account(
                one["login"], one["name"], person=person, password_hash=hashed, demo=True
            )
        await grant_role(user, one["role"], organisation=office)
    if not one.get("listed", True):
        return int(user)
    async with transaction(_scope()):
        title = await value("select title from core_role where key = $1", one["role"])
        place = await organisation(office)
    context.account(
        one["login"],
        password,
        title or one["role"],
        name=one["name"],
        place=place.name if place else "",
    )
    return int(user)


async def play_year(context: DemoContext) -> None:
    """Everything the steps before have planned happens, each on its own day."""
    if await play(context):
        async with transaction(_scope()):
            await mark_read_before(context.now - UNREAD)


DEMO_STEPS = [
    DemoStep(1, "导入行政区划", enter_regions),
    DemoStep(2, "设立机构", found_offices),
    DemoStep(3, "登记人员和账号", enter_people),
    DemoStep(PLAYED, "过完这一年", play_year),
]
