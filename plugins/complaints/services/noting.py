# SPDX-License-Identifier: Apache-2.0
"""Remarks at three levels: internal, to the body, to the reporter (C1-15)."""

from typing import Any

from core.api import clock
from core.api.custody import as_sealed
from core.api.db import Place, Scope, execute, retried, row, transaction
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from plugins.complaints import facts, queries
from plugins.complaints.rules import ANSWER, flow, retaining
from plugins.complaints.services.matters import (
    REGISTER,
    Actor,
    change,
    give_bureau,
    place_of,
    ref,
    refuse,
    register,
    take,
    tell_body,
    tell_bureau,
    tell_reporter,
)
from plugins.complaints.services.pushing import refuse_leaks

LEVELS = {
    "internal": "内部，只有司法局看到",
    "unit": "给被反映单位，单位也看到",
    "reporter": "给举报人，举报人也看到",
}
SHORT = {"internal": "内部", "unit": "给单位", "reporter": "给举报人"}


async def _write(
    complaint: int, level: str, text: str, author: str, side: str, place: Place, copy: int = 0
) -> None:
    await execute(
        "insert into complaints_note (complaint, copy, level, text, author_name, side, at,"
        " region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        complaint,
        copy,
        level,
        text,
        author,
        side,
        clock.now(),
        place.region_lo,
        place.org_lo,
    )


async def _noted(it: dict[str, Any], level: str) -> None:
    await record(
        "complaints.noted", ref(it["id"]), facts.Noted(it["id"], it["number"], level), place_of(it)
    )


def _words(text: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid({"text": "请填写内容。"})
    if len(text) > 2000:
        raise Invalid({"text": "最多 2,000 字。"})
    return text


@retried
async def note(who: Actor, complaint: int, level: str, text: str) -> None:
    """A remark of the bureau. One to the body stands at the body's place and passes the check."""
    if level not in LEVELS:
        raise Invalid({"level": "请选择给谁看。"})
    text = _words(text)
    async with transaction(who.scope):
        it = await take(who, complaint)
        if it["state"] == flow.ERASED:
            raise Refused("内容已销毁，不能再写。")
        if level != "unit":
            await _write(complaint, level, text, who.name, "bureau", place_of(it))
        else:
            copies = await queries.copies_of(complaint)
            if not copies:
                raise Invalid({"level": "还没有推送，没有单位可以看到。"})
            refuse_leaks(it, "text", text)
            copy = copies[0]
            async with transaction(register()):
                await _write(complaint, level, text, who.name, "bureau", place_of(copy), copy["id"])
                await tell_body("complaints.note", copy, text)
        await change(complaint, news=level == "reporter" or it["news"])
        await _noted(it, level)
        if level == "reporter":
            await tell_reporter(it, "complaints.progress", text)


@retried
async def note_of_body(who: Actor, copy: int, text: str) -> None:
    """A remark of the body, to the bureau."""
    if ANSWER not in who.permissions:
        raise Refused("由本单位负责投诉处理的人员填写。")
    text = _words(text)
    async with transaction(who.scope):
        found = await queries.find_copy(copy, who.scope)
        if found is None:
            raise NotFound("没有找到这件转来的投诉，或者不是发给本单位的。")
        refuse(["司法局已经办结。"] if found["state"] == "closed" else [])
        refuse(["内容已销毁，不能再写。"] if retaining.is_copy_erased(found["text"]) else [])
        await _write(found["complaint"], "unit", text, who.name, "body", place_of(found), copy)
        async with transaction(register()):
            it = await row("select * from complaints_complaint where id = $1", found["complaint"])
            assert it is not None
            await change(it["id"], news=it["news"])
            await _noted(it, "unit")
            await tell_bureau("complaints.note_of_body", it, text)


@retried
async def add_word(found: dict[str, Any], text: str, *, actor: int = 0) -> None:
    """补充说明 by the reporter, whom the caller has recognised by alias or receipt code."""
    text = _words(text)
    acting = Scope.platform(REGISTER, actor=actor)
    if found["sealed"]:
        acting = as_sealed(acting).scope
    async with transaction(acting):
        newest = await row(
            "select * from complaints_complaint where id = $1 or origin = $1"
            " order by id desc limit 1 for update",
            found["id"],
        )
        assert newest is not None
        if newest["state"] in (flow.TOLD, flow.REJECTED, flow.ERASED):
            raise Refused("这件已经办结；有新的情况，请重新举报。")
        await _write(newest["id"], "reporter", text, "", "reporter", place_of(newest))
        await change(newest["id"], news=newest["news"])
        await _noted(newest, "reporter")
        if newest["state"] in flow.UNHANDLED:
            await give_bureau(newest, "审核处理（举报人有补充）")
        await tell_bureau("complaints.word_added", newest, text[:60])
