# SPDX-License-Identifier: Apache-2.0
"""Whom to tell: holders of a right, readers of a published text, who has seen the screen."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from core import clock, db
from core.api.access import persons_holding, persons_holding_in, places_holding
from core.api.audience import audience, audience_size, group_of, roles_of
from core.api.checkin import SECONDS, checkin_admits, checkin_code
from core.auth import services
from core.people import services as people
from core.scope import EVERYTHING, NOTHING, Scope, published_conditions

_numbers = count(1)
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("client")  # the roles and rights of the installation


async def _hold(role: str, home: Any, **grant: Any) -> int:
    """A person of ``home`` with an account that holds ``role``; the person's number."""
    number = next(_numbers)
    async with db.transaction(Scope.platform("test data")):
        person = await people.enter_person(f"受告知的人{number}", home.id)
    user = await services.create_account(f"told{number}", f"受告知的人{number}", person=person.id)
    await services.grant_role(user, role, **grant)
    return int(person.id)


async def _give(role: str, permission: str) -> None:
    async with db.transaction(services.office(0)):
        await db.execute(
            "insert into core_role_permission (role, permission)"
            " select id, $2 from core_role where key = $1 on conflict do nothing",
            role,
            permission,
        )


async def test_who_deputised_until_yesterday_is_told_no_more(agencies: Any) -> None:
    await _give("handler", "test.matter.handle")
    today, agency = clock.today(), agencies.agency
    now = await _hold("handler", agency, organisation=agency.id)
    last_day = await _hold("handler", agency, organisation=agency.id, valid_to=today)
    over = await _hold(
        "handler", agency, organisation=agency.id, valid_from=today - 9 * DAY, valid_to=today - DAY
    )
    later = await _hold("handler", agency, organisation=agency.id, valid_from=today + DAY)
    elsewhere = await _hold("handler", agencies.other_agency, organisation=agencies.other_agency.id)
    found = await persons_holding("test.matter.handle", agency.lo, agency.hi)
    assert {now, last_day} <= set(found)
    assert not {over, later, elsewhere} & set(found)
    assert await persons_holding("test.matter.other", agency.lo, agency.hi) == []


async def test_a_right_for_a_region_is_held_at_ones_own_office(agencies: Any) -> None:
    """The bureau's role is given for the county, not for the bureau: its office is the person's."""
    await _give("supervision_bureau", "test.matter.supervise")
    bureau = agencies.bureau
    person = await _hold("supervision_bureau", bureau, region=bureau.region)
    assert await persons_holding("test.matter.supervise", bureau.lo, bureau.hi) == [person]
    assert await persons_holding_in("test.matter.supervise", bureau.region_lo) == [person]
    assert (
        await persons_holding_in("test.matter.supervise", agencies.foreign_bureau.region_lo) == []
    )
    los = [bureau.lo, agencies.agency.lo, agencies.foreign_bureau.lo]
    assert await places_holding("test.matter.supervise", los) == {bureau.lo}


async def test_a_closed_account_holds_nothing(agencies: Any) -> None:
    await _give("handler", "test.matter.handle")
    agency = agencies.agency
    person = await _hold("handler", agency, organisation=agency.id)
    async with db.transaction(services.office(0)):
        await db.execute("update core_user set active = false where person = $1", person)
    assert person not in await persons_holding("test.matter.handle", agency.lo, agency.hi)
    assert await places_holding("test.matter.handle", [agency.lo]) == set()


@pytest.mark.req("C2-13")
def test_whom_a_text_is_meant_for() -> None:
    assert group_of("supervisor") == "supervisors"
    assert group_of("supervision_bureau") == group_of("leader") == "bureaus"
    assert group_of("handler") == "bodies"
    assert set(roles_of("all")) == {
        role for key in ("supervisors", "bodies", "bureaus") for role in roles_of(key)
    }
    assert all(group_of(role) == "bodies" for role in roles_of("bodies"))


@pytest.mark.req("C2-13")
async def test_the_audience_is_a_region_and_those_of_it_who_read(agencies: Any) -> None:
    agency, bureau = agencies.agency, agencies.bureau
    async with db.transaction(Scope.platform("test")):
        place = await db.row("select lo, hi from core_region where id = $1", agency.region)
    assert place is not None
    lo, hi = place["lo"], place["hi"]
    before = await audience_size(lo, hi, "all")
    officer = await _hold("handler", agency, organisation=agency.id)
    overseer = await _hold("supervision_bureau", bureau, region=bureau.region)
    stranger = await _hold(
        "handler", agencies.foreign_agency, organisation=agencies.foreign_agency.id
    )
    assert await audience_size(lo, hi, "all") == before + 2
    everybody = await audience(lo, hi, "all", 0, 1000)
    assert {officer, overseer} <= set(everybody)
    assert stranger not in everybody
    assert officer in await audience(lo, hi, "bodies", 0, 1000)
    assert officer not in await audience(lo, hi, "bureaus", 0, 1000)
    # A piece at a time, each person once.
    first = await audience(lo, hi, "all", 0, 1)
    assert first + await audience(lo, hi, "all", first[0], 1000) == everybody


def test_who_has_no_region_is_meant_by_nothing_published() -> None:
    sql, args = published_conditions(Scope(region=NOTHING, organisation=EVERYTHING), "p", 3)
    assert "aud_lo" not in sql
    assert "$3" in sql
    assert len(args) == 2
    sql, args = published_conditions(Scope(region=EVERYTHING, organisation=NOTHING), "p", 3)
    assert "p.aud_lo <= $5" in sql
    assert "p.aud_hi >= $6" in sql
    assert len(args) == 4


@pytest.mark.req("C8-02")
@pytest.mark.parametrize(
    ("later", "admitted"),
    [(0, True), (SECONDS - 1, True), (2 * SECONDS - 1, True), (2 * SECONDS, False), (-1, False)],
)
def test_a_photograph_of_the_screen_is_worthless_a_minute_later(later: int, admitted: bool) -> None:
    shown = datetime(2026, 5, 12, 9, 0, 0, tzinfo=UTC)
    code = checkin_code("training.plan:1", shown)
    assert code.seconds_left == SECONDS
    assert (
        checkin_admits("training.plan:1", code.token, shown + timedelta(seconds=later)) is admitted
    )


@pytest.mark.req("C8-02")
@pytest.mark.parametrize("token", ["", "x", "签到", "'; drop table", "a" * 10_000])
def test_a_forged_code_admits_nobody(token: str) -> None:
    at = datetime(2026, 5, 12, 9, 0, 7, tzinfo=UTC)
    assert not checkin_admits("training.plan:1", token, at)
    assert not checkin_admits("training.plan:2", checkin_code("training.plan:1", at).token, at)
