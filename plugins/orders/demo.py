# SPDX-License-Identifier: Apache-2.0
"""Demo orders at three stages, through the services people use."""

from collections.abc import Mapping
from typing import Any

from core.api.db import EVERYTHING, Scope, rows, transaction, value
from core.api.demo import DemoContext
from core.api.people import organisation
from core.api.regions import region
from plugins.orders import rules, services
from plugins.orders.queries import ISSUE, READ, RELAY, REPLY, WITHDRAW
from plugins.orders.services import Actor

OFFICE = Scope.platform("demo data")
RIGHTS = {
    "supervision_bureau": frozenset({READ, ISSUE, WITHDRAW}),
    "dept_supervisor": frozenset({READ, RELAY}),
    "handler": frozenset({READ, REPLY}),
}
WAITING = """
select a.* from orders_alarm a
where a.state = 'open' and a.region_lo = $1 and a.department = any($2::int8[])
order by a.raised_at, a.alarm limit 6
"""


async def _actor(person: Any, *, as_role: str) -> Actor | None:
    """A demo person as the one who acts, under the scope of his role."""
    office = await organisation(person.organisation)
    home = await region(office.region) if office else None
    if office is None or home is None:
        return None
    wide = as_role == "supervision_bureau"
    scope = Scope(
        home.interval,
        EVERYTHING if wide else office.interval,
        person=person.id,
        actor=person.user,
    )
    return Actor(scope, person.id, person.name, RIGHTS[as_role], home.lo)


async def issue_demo_orders(context: DemoContext) -> None:
    """One order waiting for its department, one for an officer, one answered by him."""
    persons = list(context.shared["core.persons"].values())
    by_id = {person.id: person for person in persons}
    async with transaction(OFFICE):
        if await value("select exists (select 1 from orders_order)"):
            return
    supervisors = {p.organisation: p for p in persons if p.role == "dept_supervisor"}
    for bureau in (p for p in persons if p.role == "supervision_bureau"):
        async with transaction(OFFICE):
            actor = await _actor(bureau, as_role="supervision_bureau")
            alarms = await rows(WAITING, actor.region_lo, list(supervisors)) if actor else []
        if actor is None:
            continue
        for stage, alarm in enumerate(alarms[:3]):
            await _order(actor, alarm, stage, supervisors, by_id)


async def _order(
    bureau: Actor,
    alarm: Mapping[str, Any],
    stage: int,
    supervisors: Mapping[int, Any],
    by_id: Mapping[int, Any],
) -> None:
    order = await services.issue_order(bureau, [alarm["alarm"]], rules.default_instruction([alarm]))
    handler = next((by_id[h] for h in alarm["handlers"] or () if h in by_id), None)
    async with transaction(OFFICE):
        department = await _actor(supervisors[alarm["department"]], as_role="dept_supervisor")
        officer = await _actor(handler, as_role="handler") if handler else None
    if stage == 0 or department is None or officer is None:
        return
    made = await services.relay_order(
        department, order, "请说明报警的原因和改正情况。", {alarm["alarm"]: officer.person_id}
    )
    if stage > 1:
        cause = rules.causes_for({alarm["kind"]})[0]
        await services.reply_order(
            officer, made[0], cause.key, f"经核对，{cause.title}。{cause.remedy}，已改正。"
        )
