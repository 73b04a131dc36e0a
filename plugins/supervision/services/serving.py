# SPDX-License-Identifier: Apache-2.0
"""送达和答复: the supervised body signs, or refuses and that is recorded; it answers item by item."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import clock
from core.api.db import execute, json, lock_subjects, retried, row, transaction
from core.api.deadlines import stop_clock
from core.api.errors import Invalid, NotFound
from core.api.files import Received, keep
from core.api.settings import settings_of
from core.api.turns import close_turn
from plugins.supervision.rules import items as lists
from plugins.supervision.rules import papers as rules
from plugins.supervision.rules.kinds import ANSWER
from plugins.supervision.rules.papers import PAPERS
from plugins.supervision.services.base import (
    Actor,
    SupervisionSettings,
    as_items,
    give_body,
    give_office,
    invalid,
    items_of,
    must,
    note_paper,
    place_of,
    ref,
    refuse,
    tell_office,
    touch,
)
from plugins.supervision.services.issuing import days_of, start_answer_clock, take_paper


async def _for_body(who: Actor, paper: int) -> tuple[dict[str, Any], dict[str, Any]]:
    must(who, ANSWER)
    seen = await row(
        "select matter from supervision_paper where id = $1 and region_lo between $2 and $3"
        " and org_lo between $4 and $5",
        paper,
        who.scope.region.lo,
        who.scope.region.hi,
        who.scope.organisation.lo,
        who.scope.organisation.hi,
    )
    if seen is None:
        raise NotFound("没有找到这份文书，或者不是发给你单位的。")
    await lock_subjects(ref(seen["matter"]))
    it = await row("select * from supervision_matter where id = $1 for update", seen["matter"])
    found = await row("select * from supervision_paper where id = $1 for update", paper)
    assert it is not None
    assert found is not None
    return it, found


async def _served(
    it: Mapping[str, Any], paper: Mapping[str, Any], state: str, receipt: str, by: str, note: str
) -> None:
    now = clock.now()
    await execute(
        "update supervision_paper set state = $2, receipt = $3, receipt_by = $4,"
        " receipt_note = $5, received_at = $6 where id = $1",
        paper["id"],
        state,
        receipt,
        by[:80],
        note.strip(),
        now,
    )
    settings = await settings_of(SupervisionSettings, it["organ_region_lo"])
    days = days_of(paper["kind"], settings)
    if days and not paper["late"]:
        # The period runs from the receipt; what ran since the sending only caught silence.
        if paper["clock"]:
            await stop_clock(paper["clock"])
        word = "留置送达" if state == "refused" else rules.RECEIPTS[receipt]
        mine = await start_answer_clock(paper, days, f"{paper['number']}{word}", "served", now)
        await give_body(it, paper["id"], paper["number"], "书面答复", mine)
    await touch(it["id"])


@retried
async def sign(who: Actor, paper: int) -> None:
    """签收 by the body itself."""
    async with transaction(who.scope):
        it, found = await _for_body(who, paper)
        refuse(rules.why_not_serve(found["state"]))
        await _served(it, found, "received", "signed", who.name, "")
        await note_paper("document_received", found, f"{who.name}签收")


@retried
async def record_service(who: Actor, paper: int, how: str, by: str, note: str) -> None:
    """送达回证 by the organ: signed on paper, by mail, or refused and left (留置)."""
    faults = {}
    if how not in rules.RECEIPTS:
        faults["how"] = "选择送达方式。"
    if how == "refused" and len(note.strip()) < 10:
        faults["note"] = "写明拒收的经过、留置的地点和见证人，至少 10 个字。"
    if how != "refused" and len(by.strip()) < 2:
        faults["by"] = "写明签收人。"
    if how == "mailed" and len(note.strip()) < 4:
        faults["note"] = "写明邮件号码。"
    invalid(faults)
    async with transaction(who.scope):
        it, found = await take_paper(who, paper)
        refuse(rules.why_not_serve(found["state"]))
        refused = how == "refused"
        await _served(it, found, "refused" if refused else "received", how, by.strip(), note)
        await note_paper(
            "document_refused" if refused else "document_received",
            found,
            rules.RECEIPTS[how] if refused else f"{by.strip()}{rules.RECEIPTS[how]}",
            note,
        )


@retried
async def reply(
    who: Actor,
    paper: int,
    text: str,
    answers: Mapping[int, str],
    attachments: Sequence[Received] = (),
) -> None:
    """答复: to every item that is flagged; late is still taken, and shown as late."""
    async with transaction(who.scope):
        it, found = await _for_body(who, paper)
        refuse(rules.why_not_reply(found["state"], answers=bool(PAPERS[found["kind"]].setting)))
        standing = await items_of(it["id"])
        faults = lists.answer_faults(as_items(standing), answers)
        if len(text.strip()) < 10:
            faults["text"] = "写明整改和处理情况，至少 10 个字。"
        if faults:
            raise Invalid(faults)
        place = place_of(found)
        kept = [await keep(each, place=place, purpose="supervision.reply") for each in attachments]
        now = clock.now()
        for each, words in answers.items():
            await execute(
                "update supervision_item set state = 'answered', answer = $2, answered_at = $3"
                " where id = $1 and matter = $4",
                each,
                words.strip(),
                now,
                it["id"],
            )
        await execute(
            "update supervision_paper set state = 'replied', reply_text = $2,"
            " reply_files = $3::jsonb, replied_at = $4, replied_by_name = $5 where id = $1",
            paper,
            text.strip(),
            json([{"id": f.id, "name": f.name, "size": f.size, "sha256": f.sha256} for f in kept]),
            now,
            who.name,
        )
        if found["clock"]:
            await stop_clock(found["clock"])
        await touch(it["id"], "replied")
        # An appointment for a talk stands whatever is answered.
        await close_turn(ref(it["id"]), key="body")
        await give_office(it, "复核整改情况")
        await note_paper("document_replied", found, f"{who.name}答复")
        await tell_office("supervision.replied", it, number=found["number"])
