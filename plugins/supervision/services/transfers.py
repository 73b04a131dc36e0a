# SPDX-License-Identifier: Apache-2.0
"""行刑衔接: a body reports a suspected crime; each step has its period, and lateness is seen above."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from core.api import clock
from core.api.access import persons_holding
from core.api.db import Place, SubjectRef, execute, json, lock_subjects, retried, row, transaction
from core.api.deadlines import Limit, start_clock, stop_clock
from core.api.errors import NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.people import competent_organ, organisation
from core.api.turns import close_turn, hand_turn
from plugins.supervision import facts
from plugins.supervision.rules import transfer as rules
from plugins.supervision.rules.kinds import ANSWER, MANAGE
from plugins.supervision.services.base import Actor, invalid, must

TRANSFER = "supervision.transfer"


def ref(transfer: int) -> SubjectRef:
    return SubjectRef(TRANSFER, transfer)


def path_of(transfer: int) -> str:
    return f"/supervision/transfers/{transfer}"


@retried
async def report(
    who: Actor,
    title: str,
    case_number: str,
    suspicion: str,
    text: str,
    officers: Sequence[str],
    penalty: str = "",
) -> int:
    """The written report of at least two officers; the head has three days."""
    must(who, ANSWER)
    faults = rules.report_faults(list(officers), bool(penalty.strip()), penalty)
    if len(title.strip()) < 4:
        faults["title"] = "写明案件名称，至少 4 个字。"
    if len(suspicion.strip()) < 2:
        faults["suspicion"] = "写明涉嫌的罪名。"
    if len(text.strip()) < 10:
        faults["facts"] = "写明涉嫌犯罪的事实和证据，至少 10 个字。"
    if "note" in faults:
        faults["penalty"] = faults.pop("note")
    invalid(faults)
    async with transaction(who.scope):
        own = await organisation(who.organ) if who.organ else None
        if own is None:
            raise Refused("你的账号没有所在单位，不能报告。")
        now = clock.now()
        made = await row(
            "insert into supervision_transfer (title, case_number, suspicion, facts, officers,"
            " penalty, body, body_name, state, asked, late, reported_at, active_at, steps, region_lo,"
            " org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8, 'reported', false, false, $9, $9,"
            " $10::jsonb, $11, $12) returning *",
            title.strip(),
            case_number.strip(),
            suspicion.strip(),
            text.strip(),
            "、".join(each.strip() for each in officers if each.strip())[:200],
            penalty.strip(),
            own.id,
            own.name,
            now,
            json([{"act": "report", "words": "书面报告", "note": "", "by": who.name, "at": now}]),
            own.region_lo,
            own.lo,
        )
        assert made is not None
        await _run(made, "reported")
        await record(
            "supervision.transfer_reported",
            ref(made["id"]),
            facts.TransferActed(made["id"], made["title"], "书面报告", "reported"),
            Place(own.region_lo, own.lo),
        )
    return int(made["id"])


def _morning(day: date) -> datetime:
    """The first moment of a day in Beijing: a receipt tells no hour."""
    return datetime.combine(day, time.min, clock.SHANGHAI)


async def _run(it: Mapping[str, Any], state: str, since: datetime | None = None) -> None:
    """Start the period of a state, now or from an earlier moment, and show whose turn it is."""
    place = Place(it["region_lo"], it["org_lo"])
    period = rules.period_of(state, asked=it["asked"])
    await close_turn(ref(it["id"]))
    if period is None:
        await execute("update supervision_transfer set clock = null where id = $1", it["id"])
        return
    mine = await start_clock(
        ref(it["id"]),
        f"{period.key}-{len(it['steps'])}",
        f"{period.whose}{period.title}",
        Limit(period.amount, period.unit),
        place,
        started_at=since or clock.now(),
    )
    await execute("update supervision_transfer set clock = $2 where id = $1", it["id"], mine.id)
    await hand_turn(
        ref(it["id"]),
        title=it["title"],
        subline=f"行刑衔接 · {it['body_name']}",
        step_title=period.title if period.whose == "执法单位" else f"登记{period.whose}的决定",
        path=path_of(it["id"]),
        holder_org=it["org_lo"],
        permission=ANSWER,
        clock=mine,
        place=place,
    )


@retried
async def step(
    who: Actor, transfer: int, act: str, note: str, details: rules.Details = rules.NOTHING_MORE
) -> str:
    """The next act of the body, or what the police or the procuratorate decided.

    With the receipt the three days of the police run from its date (国务院令第310号第八条).
    """
    must(who, ANSWER)
    async with transaction(who.scope):
        await lock_subjects(ref(transfer))
        it = await row("select * from supervision_transfer where id = $1 for update", transfer)
        if it is None:
            raise NotFound("没有找到这件移送，或者不在你的管理范围内。")
        invalid(
            rules.act_faults(
                it["state"],
                act,
                note,
                asked=it["asked"],
                received=rules.is_received(it["steps"]),
                details=details,
                sent=rules.sent_on(it["steps"]),
                today=clock.today(),
            )
        )
        words, _, after = rules.ACTS[act]
        now = clock.now()
        done = {"act": act, "words": words, "note": note.strip(), "by": who.name, "at": now}
        if act == "send":
            done |= {
                "day": clock.today().isoformat(),
                "letter": details.letter.strip(),
                "receiver": details.receiver.strip(),
                "materials": rules.materials_of(details.materials),
            }
        elif act == "receipt" and details.signed_on:
            done |= {
                "signed_by": details.signed_by.strip(),
                "signed_on": details.signed_on.isoformat(),
            }
        steps = [*it["steps"], done]
        if it["clock"]:
            await stop_clock(it["clock"])
        await execute(
            "update supervision_transfer set state = $2, steps = $3::jsonb, active_at = $4,"
            " asked = asked or $5, late = false where id = $1",
            transfer,
            after,
            json(steps),
            now,
            act == "ask",
        )
        signed = details.signed_on if act == "receipt" else None
        await _run({**it, "steps": steps}, after, _morning(signed) if signed else None)
        await record(
            "supervision.transfer_stepped",
            ref(transfer),
            facts.TransferActed(
                transfer, it["title"], words, after, rules.told(act, note, details)
            ),
            Place(it["region_lo"], it["org_lo"]),
        )
    return after


async def note_late(transfer: int, clock_id: int) -> None:
    """A period of a hand-over passed: the supervising organ is told."""
    it = await row("select * from supervision_transfer where id = $1 for update", transfer)
    if it is None or it["clock"] != clock_id or it["late"] or it["state"] in rules.CLOSED:
        return
    await execute("update supervision_transfer set late = true where id = $1", transfer)
    period = rules.period_of(it["state"], asked=it["asked"])
    assert period is not None
    place = Place(it["region_lo"], it["org_lo"])
    await record(
        "supervision.transfer_late",
        ref(transfer),
        facts.TransferActed(transfer, it["title"], f"{period.whose}{period.title}", it["state"]),
        place,
    )
    organ = await competent_organ(it["region_lo"], "supervision")
    if organ is not None:
        await notify(
            "supervision.transfer_late",
            await persons_holding(MANAGE, organ.lo, organ.lo),
            ref(transfer),
            {"title": it["title"], "body": it["body_name"], "step": period.title},
            place,
        )
