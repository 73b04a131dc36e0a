# SPDX-License-Identifier: Apache-2.0
"""复核, 逾期, 约谈记录, 办结: what the organ does with an answer, or with silence."""

from collections.abc import Mapping
from typing import Any

from core.api import clock
from core.api.db import execute, retried, row, transaction
from core.api.errors import Invalid
from core.api.facts import record
from core.api.turns import close_turn
from plugins.supervision import facts
from plugins.supervision.rules import items as lists
from plugins.supervision.rules import papers as rules
from plugins.supervision.rules.papers import PAPERS
from plugins.supervision.services.base import (
    Actor,
    as_items,
    climbed,
    end_talk,
    failed_in,
    give_office,
    invalid,
    items_of,
    note_paper,
    papers_of,
    place_of,
    ref,
    refuse,
    take_matter,
    tell_body,
    tell_office,
    touch,
)
from plugins.supervision.services.issuing import take_paper
from plugins.supervision.services.opening import able_team


@retried
async def check(
    who: Actor,
    matter: int,
    outcomes: Mapping[int, str],
    remarks: Mapping[int, str],
    remark: str = "",
) -> int:
    """复核 of the flagged items, by two supervisors who may; how many failed."""
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        answered = [p for p in await papers_of(matter) if p["state"] == "replied"]
        if not answered:
            refuse(["还没有需要复核的答复。"])
        await able_team(it)
        standing = await items_of(matter)
        invalid(lists.check_faults(as_items(standing), outcomes, remarks))
        now = clock.now()
        for each, outcome in outcomes.items():
            await execute(
                "update supervision_item set state = $2, remark = $3, checked_at = $4,"
                " checked_by_name = $5, rounds = rounds + 1 where id = $1 and matter = $6",
                each,
                outcome,
                remarks.get(each, "").strip(),
                now,
                who.name,
                matter,
            )
        for paper in answered:
            await execute(
                "update supervision_paper set state = 'verified', checked_at = $2,"
                " checked_by_name = $3, check_remark = $4 where id = $1",
                paper["id"],
                now,
                who.name,
                remark.strip(),
            )
        failed = sum(1 for outcome in outcomes.values() if outcome == "failed")
        await touch(matter, "open")
        words = (
            f"{len(outcomes)} 项，{failed} 项没有到位" if failed else f"{len(outcomes)} 项都已整改"
        )
        await note_paper("document_checked", answered[-1], words, remark)
        await give_office(it, "制发下一份文书" if failed else "办结", words)
        await tell_body(
            "supervision.checked",
            it,
            answered[-1]["id"],
            number=answered[-1]["number"],
            text=words,
        )
    return failed


@retried
async def close(who: Actor, matter: int, outcome: str) -> None:
    """办结, once every item is verified."""
    if len(outcome.strip()) < 5:
        raise Invalid({"outcome": "写明监督结果，至少 5 个字。"})
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        known, standing = await papers_of(matter), await items_of(matter)
        refuse(
            lists.why_not_close(
                as_items(standing),
                issued=any(p["state"] != "withdrawn" for p in known),
                waits=any(
                    p["state"] in (*rules.STANDING, "replied") and PAPERS[p["kind"]].setting
                    for p in known
                ),
            )
        )
        await execute(
            "update supervision_matter set closed_at = $2, closed_by_name = $3, outcome = $4"
            " where id = $1",
            matter,
            clock.now(),
            who.name,
            outcome.strip(),
        )
        await touch(matter, "closed")
        await close_turn(ref(matter))
        await record(
            "supervision.closed",
            ref(matter),
            facts.Closed(
                matter,
                it["number"],
                it["kind"],
                it["body"],
                outcome.strip(),
                bool(standing),
                len(standing),
            ),
            place_of(it),
        )
        if known:
            await tell_body(
                "supervision.closed", it, known[-1]["id"], number=it["number"], text=outcome.strip()
            )


@retried
async def record_talk(who: Actor, paper: int, text: str) -> None:
    """约谈记录: what was said, after the talk."""
    if len(text.strip()) < 10:
        raise Invalid({"record": "写明参加人、约谈内容和结果，至少 10 个字。"})
    async with transaction(who.scope):
        it, found = await take_paper(who, paper)
        if found["kind"] != "talk":
            refuse(["只有约谈通知书才有约谈记录。"])
        if found["state"] in ("withdrawn", "done"):
            refuse(["约谈通知书已经撤回，或者已经记录。"])
        await execute(
            "update supervision_paper set record = $2, state = 'done' where id = $1",
            paper,
            text.strip(),
        )
        await end_talk(it["id"], paper)
        await touch(it["id"])
        await note_paper("talk_held", found, f"{who.name}记录")


# --- silence ----------------------------------------------------------------------------------


async def note_silence(paper: int, clock_id: int) -> None:
    """The date passed without an answer: the organ's turn, once per period."""
    found = await row("select * from supervision_paper where id = $1 for update", paper)
    if (
        found is None
        or found["clock"] != clock_id
        or found["late"]
        or found["state"] not in rules.STANDING
    ):
        return
    it = await row("select * from supervision_matter where id = $1 for update", found["matter"])
    if it is None or it["state"] in ("closed", "dropped"):
        return
    await execute("update supervision_paper set late = true where id = $1", paper)
    await touch(it["id"], "overdue")
    known = await papers_of(it["id"])
    proposed = rules.next_rung(climbed(known), "overdue", failed_in(await items_of(it["id"])))
    words = f"制发{PAPERS[proposed].title[6:]}" if proposed else "逾期未答复，请督促"
    await give_office(it, words, f"{found['number']}逾期未答复")
    await note_paper("document_late", found, it["body_name"])
    await tell_office("supervision.late", it, number=found["number"])
    await tell_body("supervision.late_body", it, paper, number=found["number"])


def open_papers(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Documents the body still owes an answer to."""
    return [p for p in known if p["state"] in rules.STANDING and PAPERS[p["kind"]].setting]
