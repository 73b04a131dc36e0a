# SPDX-License-Identifier: Apache-2.0
"""With the plugin that knows terms and recusals: two absences in a row, and who must withdraw."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from core.api.db import Interval, Scope, row, transaction
from core.api.errors import Invalid, Refused
from core.api.testing import Facts, browsing, sign_in_as
from core.auth.services import apply_defaults
from core.host import registry as host_registry
from core.host.registry import build
from plugins.activities.forms import CorrectForm, LeaveForm
from plugins.activities.services import attending, organising
from plugins.activities.services.base import Actor
from plugins.supervisors.forms import RecusalForm
from plugins.supervisors.services import conduct
from tests.absence import of_those_here
from tests.plugins.activities.conftest import OFFICE, Hall, ask, make_hall
from tests.plugins.supervisors.factories import Office, actor, own

pytestmark = pytest.mark.needs("supervisors")


@pytest.fixture
async def hall(
    db: Any, region_tree: Any, agencies: Any, clock: Any, files: Any
) -> AsyncIterator[Hall]:
    registry = build(of_those_here("certificates", "supervisors", "activities"))
    with host_registry.use(registry):
        await apply_defaults(registry)
        yield await make_hall(region_tree, agencies, clock)


@pytest.fixture
def office(hall: Hall, region_tree: Any, agencies: Any, clock: Any) -> Office:
    return Office(
        region_tree.county,
        region_tree.other_county,
        region_tree.city,
        agencies,
        actor(region_tree.county),
        actor(region_tree.other_county),
        actor(region_tree.city),
        clock,
    )


async def engaged(hall: Hall, office: Office, name: str = "张敏") -> Actor:
    """Somebody with a running term, signed in on his phone."""
    _, person = await office.supervisor(name=name)
    async with transaction(OFFICE):
        user = await row("select id from core_user where person = $1", person)
    assert user is not None
    scope = Scope(
        Interval(hall.county.lo, hall.county.hi), Interval(1, 0), person=person, actor=user["id"]
    )
    lo, hi = hall.county.lo, hall.county.hi
    return Actor(scope, user["id"], person, name, lo, hi, frozenset())


async def held(hall: Hall, who: Actor, what: str) -> int:
    """One activity after the other, with what came of it for one person."""
    from core.api import clock as time

    starts = time.now() + timedelta(days=3)
    made = await hall.activity(who, starts_at=starts, ends_at=starts + timedelta(hours=2))
    invitation = await hall.invitation(made, who)
    if what == "excused":
        await hall.answer(made, who, "leave", "住院")
        await attending.decide_leave(hall.bureau, made, invitation, LeaveForm("granted"))
    hall.at(starts)
    if what == "present":
        await hall.check_in(made, who)
    hall.at(starts + timedelta(hours=3))
    await attending.close(hall.bureau, made, confirmed=True)
    return made


async def proposals() -> int:
    return int(await ask("select count(*) from supervisors_proposal where cause = 'absences'"))


@pytest.mark.req("S3-24", "S3-25", "C8-11", "C13-09")
@pytest.mark.parametrize(
    ("came", "proposed"),
    [
        (("absent", "absent"), 1),
        (("absent",), 0),
        (("absent", "present", "absent"), 0),
        (("absent", "excused", "absent"), 0),
        (("absent", "excused", "absent", "absent"), 1),
        (("present", "absent", "absent", "absent"), 1),
    ],
)
async def test_the_second_unexcused_absence_in_a_row_raises_a_proposal(
    hall: Hall, office: Office, facts: Facts, came: tuple[str, ...], proposed: int
) -> None:
    who = await engaged(hall, office)
    for each in came:
        await held(hall, who, each)
        await facts.dispatch()
    assert await proposals() == proposed
    # Nobody is dismissed by a machine.
    assert await ask("select state from supervisors_term where person = $1", who.person_id) == (
        "active"
    )


@pytest.mark.req("S3-25")
async def test_a_correction_by_hand_resets_the_count(
    hall: Hall, office: Office, facts: Facts
) -> None:
    who = await engaged(hall, office)
    first = await held(hall, who, "absent")
    await facts.dispatch()
    await attending.correct(
        hall.bureau,
        first,
        await hall.invitation(first, who),
        CorrectForm("excused", "事后补了住院证明"),
    )
    await facts.dispatch()
    await held(hall, who, "absent")
    await facts.dispatch()
    assert await proposals() == 0


async def recuse(office: Office, who: Actor, unit: int) -> None:
    form = RecusalForm(relation="workplace", organisation=unit, text="所在单位的法律顾问。")
    await conduct.declare_recusal(own(who.person_id, office.county), form)


@pytest.mark.req("S3-17", "C13-08")
async def test_who_must_withdraw_is_neither_invited_nor_registers(
    hall: Hall, office: Office
) -> None:
    who = await engaged(hall, office)
    await recuse(office, who, hall.agencies.agency.id)
    made = await hall.activity()
    with pytest.raises(Invalid, match="张敏：本人已申请回避"):
        await organising.invite(hall.bureau, made, [who.person_id])
    with pytest.raises(Invalid) as refused:
        await hall.record(who, registered_on=office_day())
    assert "本人已申请回避" in refused.value.errors["unit"]
    # Another body is none of it.
    other = hall.agencies.other_agency.name
    await organising.invite(hall.bureau, await hall.activity(unit=other), [who.person_id])
    assert await hall.record(who, unit=other, registered_on=office_day())


def office_day() -> Any:
    from core.api import clock as time

    return time.today()


@pytest.mark.req("S3-17", "S3-24")
async def test_a_recusal_after_the_invitation_keeps_out_and_is_no_absence(
    hall: Hall, office: Office, facts: Facts
) -> None:
    who = await engaged(hall, office)
    made = await hall.activity(who)
    await recuse(office, who, hall.agencies.agency.id)
    with pytest.raises(Refused, match="回避"):
        await hall.answer(made, who, "coming")
    async with transaction(OFFICE):
        found = await row("select starts_at, ends_at from activities_activity where id = $1", made)
    assert found is not None
    hall.at(found["starts_at"])
    with pytest.raises(Refused, match="回避"):
        await hall.check_in(made, who)
    hall.at(found["ends_at"] + timedelta(minutes=1))
    await attending.close(hall.bureau, made, confirmed=True)
    (fact,) = await facts.only("activities.attendance_recorded")
    assert fact.payload["outcome"] == "excused"


async def test_without_a_term_nobody_registers(hall: Hall) -> None:
    who = await hall.volunteer("没有聘期")
    with pytest.raises(Invalid) as refused:
        await hall.record(who)
    assert "没有聘期" in refused.value.errors["unit"]


@pytest.mark.req("S3-17", "C13-08")
async def test_the_invitations_page_says_that_he_must_withdraw(
    hall: Hall, office: Office, plugin_app: Any
) -> None:
    who = await engaged(hall, office)
    made = await hall.activity(who)
    path = f"/activities/invitations/{await hall.invitation(made, who)}"
    await recuse(office, who, hall.agencies.agency.id)
    async with browsing(
        plugin_app(*of_those_here("certificates", "supervisors", "activities"))
    ) as browser:
        await sign_in_as(
            browser, "supervisor", organisation=False, region=hall.county, person=who.person_id
        )
        page = await browser.get(path)
        assert "本人已申请回避" in page.text
        assert 'value="coming"' not in page.text
        refused = await browser.post(f"{path}/answer", {"answer": "coming"})
        assert refused.status_code == 409
