# SPDX-License-Identifier: Apache-2.0
"""The life of an alarm: raised → supervised → explained → revoked or upheld.

Only an order moves it (S1-24); curing the cause does not. The order's facts are handled in the
order's own transaction, so both change together.
"""

from collections.abc import Mapping
from typing import Any

from core.api.clock import now
from core.api.db import rows
from core.api.facts import Fact, Place, SubjectRef, record
from plugins.inspection.rules.facts import AlarmMoved
from plugins.inspection.services.judging import ALARM

STATES = {
    "raised": "新的",
    "supervised": "督办中",
    "explained": "已回复",
    "revoked": "已撤销",
    "upheld": "维持",
}

MOVE = """
update inspection_alarm a set state = $2, state_at = $3, state_reason = $4, returned = $5,
  order_id = case when $6 > 0 then $6 else a.order_id end,
  order_number = case when $7 <> '' then $7 else a.order_number end
where a.id in (select m.id from inspection_alarm m where m.id = any($1::int8[]) for update)
  and a.state = any($8::text[])
returning a.id, a.case_id, a.case_number, a.headline, a.colour, a.order_id, a.order_number,
  a.region_lo, a.org_lo,
  (select case when bool_or(o.colour = 'red') then 'red' when count(*) > 0 then 'yellow' else '' end
   from inspection_alarm o where o.case_id = a.case_id and o.id <> a.id
     and o.state not in ('revoked')) as others
"""

OF_ORDER = "select id from inspection_alarm where order_id = $1"


async def _alarms_of(fact: Fact) -> list[int]:
    """The alarms the order's fact names, else those that stand under the order."""
    named = fact.payload.get("alarms")
    if named:
        return [int(each) for each in named]
    order = int(fact.payload.get("order") or fact.subject.id)
    return [r["id"] for r in await rows(OF_ORDER, order)]


async def _move(
    fact: Fact,
    state: str,
    told: str,
    *,
    of: tuple[str, ...],
    returned: bool = False,
    takes_order: bool = False,
) -> None:
    alarms = await _alarms_of(fact)
    if not alarms:
        return
    payload = fact.payload
    reason = str(payload.get("reason") or payload.get("cause") or payload.get("text") or "")
    moved = await rows(
        MOVE,
        alarms,
        state,
        now(),
        reason,
        returned,
        int(payload.get("order") or fact.subject.id) if takes_order else 0,
        str(payload.get("number") or "") if takes_order else "",
        list(of),
    )
    for each in moved:
        await record(
            told,
            SubjectRef(ALARM, each["id"]),
            AlarmMoved(
                alarm=each["id"],
                case=each["case_id"],
                case_number=each["case_number"],
                headline=each["headline"],
                colour=each["colour"],
                order=each["order_id"],
                number=each["order_number"],
                reason=reason,
                worst_open=_worst(each, state),
            ),
            Place(each["region_lo"], each["org_lo"]),
        )


def _worst(row: Mapping[str, Any], state: str) -> str:
    if state == "revoked" or row["others"] == "red":
        return str(row["others"])
    return str(row["colour"])


async def order_issued(fact: Fact) -> None:
    """The bureau's order (1) puts its alarms under supervision; order (2) passes it on."""
    if int(fact.payload.get("tier") or 1) == 1:
        await _move(
            fact, "supervised", "inspection.alarm_supervised", of=("raised",), takes_order=True
        )


async def order_replied(fact: Fact) -> None:
    """The department's answer to order (1) explains the alarm; answers to (2) stay inside."""
    if int(fact.payload.get("tier") or 1) == 1:
        await _move(fact, "explained", "inspection.alarm_explained", of=("supervised",))


async def order_returned(fact: Fact) -> None:
    """The explanation does not satisfy: the alarm is supervised again."""
    if int(fact.payload.get("tier") or 1) == 1:
        await _move(
            fact,
            "supervised",
            "inspection.alarm_supervised",
            of=("explained", "supervised"),
            returned=True,
        )


async def order_revoked(fact: Fact) -> None:
    """Revoking the order revokes its alarms: the only way a lamp goes out."""
    if int(fact.payload.get("tier") or 1) == 1:
        await _move(
            fact, "revoked", "inspection.alarm_revoked", of=("supervised", "explained", "upheld")
        )


async def order_upheld(fact: Fact) -> None:
    """The alarm is confirmed and stays."""
    if int(fact.payload.get("tier") or 1) == 1:
        await _move(fact, "upheld", "inspection.alarm_upheld", of=("supervised", "explained"))
