# SPDX-License-Identifier: Apache-2.0
"""The body's answer (反馈), through its own page; it reaches the register, never the reporter."""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.db import Place, execute, lock_subjects, retried, row, transaction
from core.api.deadlines import stop_clock
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received
from core.api.turns import close_turn
from plugins.complaints import facts, queries
from plugins.complaints.rules import ANSWER, flow
from plugins.complaints.services.matters import (
    Actor,
    change,
    copy_ref,
    give_bureau,
    person_ref,
    place_of,
    ref,
    refuse,
    register,
    tell_bureau,
    tell_reporter,
)
from plugins.complaints.services.media import keep_media
from plugins.complaints.services.pushing import end_merged

FOUNDED = {"yes": "属实", "partly": "部分属实", "no": "不属实"}


@retried
async def answer(
    who: Actor,
    copy: int,
    founded: str,
    text: str,
    measures: str,
    media: Sequence[Received] = (),
) -> None:
    """反馈: stops the body's clock, unblocks the officer's review, gives the bureau its turn."""
    if ANSWER not in who.permissions:
        raise Refused("反馈由本单位负责投诉处理的人员进行。")
    if founded not in FOUNDED:
        raise Invalid({"founded": "请选择核查结论。"})
    if len(text.strip()) < 5:
        raise Invalid({"text": "写明调查经过和结论，至少 5 个字。"})
    if founded != "no" and not measures.strip():
        raise Invalid({"measures": "属实或部分属实的，写明怎样处理、怎样改正。"})
    async with transaction(who.scope):
        seen = await queries.find_copy(copy, who.scope)
        if seen is None:
            raise NotFound("没有找到这件转来的投诉，或者不是发给本单位的。")
        await lock_subjects(
            ref(seen["complaint"]),
            copy_ref(copy),
            *([person_ref(seen["officer"])] if seen["officer"] else []),
        )
        found = await row("select * from complaints_copy where id = $1 for update", copy)
        assert found is not None
        refuse(flow.why_not_answer(found["state"]))
        now = clock.now()
        place = Place(found["region_lo"], found["org_lo"])
        await keep_media(found["complaint"], media, place, sealed=False, copy=copy, answer=True)
        await execute(
            "update complaints_copy set state = 'answered', founded = $2, answer = $3,"
            " measures = $4, answered_at = $5, answered_by_name = $6 where id = $1",
            copy,
            founded,
            text.strip(),
            measures.strip(),
            now,
            who.name,
        )
        if found["clock"]:
            await stop_clock(found["clock"], at=now)
        await close_turn(copy_ref(copy))
        await _into_register({**found, "founded": founded}, who)


async def _into_register(copy: dict[str, Any], who: Actor) -> None:
    async with transaction(register()):
        it = await row(
            "select * from complaints_complaint where id = $1 for update", copy["complaint"]
        )
        assert it is not None
        if it["state"] == flow.PUSHED:
            await change(it["id"], state=flow.ANSWERED)
        # Those merged into it waited for the same answer; each had a date of its own.
        for each in await queries.merged_into(it["id"]):
            await end_merged(each)
            await change(each["id"])
        await record(
            "complaints.answered",
            ref(it["id"]),
            facts.Answered(
                it["id"],
                it["number"],
                copy["id"],
                copy["organisation"],
                copy["officer"],
                copy["late"],
            ),
            place_of(it),
        )
        await give_bureau(it, "核实反馈，告知结果", lamp="")
        await tell_bureau("complaints.answered", it, f"{who.name}：{FOUNDED[copy['founded']]}")
        await tell_reporter(it, "complaints.progress", "单位已反馈，司法局正在核实")
