# SPDX-License-Identifier: Apache-2.0
"""审核: return, block, cover, remove, statement, each with a reason and a day to appeal (C2-09, C2-10)."""

from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.custody import request_opening
from core.api.db import execute, row, value
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.settings import settings_of
from core.api.turns import close_turn, hand_turn
from plugins.opinions import facts, queries
from plugins.opinions.rules import SEND, flow
from plugins.opinions.services.base import (
    OPINION,
    OWN,
    OpinionSettings,
    change_opinion,
    days_on,
    own_opinion,
    passages_of,
    place_of,
    ref,
)


async def moderate(who: Visitor, opinion: int, kind: str, reason: str, *, words: str = "") -> int:
    """Take a measure; ``words`` is the passage to cover, or the statement. The author is told.

    The author's own text is never changed: what is published is another column.
    """
    found, draft = await own_opinion(who, opinion)
    before = await queries.measures_of(opinion)
    in_force = [each["kind"] for each in before if each["decided"] not in ("lift", "settled")]
    if why := flow.why_not_moderate(kind, found["state"], draft["state"], in_force):
        raise Refused(why)
    words = words.strip()
    changed: dict[str, Any] = {"news": True}
    if kind == "return":
        changed["state"] = "returned"
    elif kind == "block":
        changed["blocked"] = True
    elif kind == "remove":
        changed["state"] = "removed"
    elif kind == "censor":
        if words not in found["text"] and words not in found["transcript"]:
            raise Invalid({"passage": "意见里没有这段话，请从意见里原样复制。"})
        changed["shown"] = flow.shown_of(
            found["text"], found["transcript"], [*passages_of(before), words]
        )
    elif kind == "statement":
        changed["statement"] = words
    else:
        raise NotFound
    settings = await settings_of(OpinionSettings, found["region_lo"])
    until = days_on(settings.appeal_days)
    measure = int(
        await value(
            """insert into opinions_measure (opinion, kind, reason, passage, appeal_until, by_name,
                 at, state_before, appeal, decided, decision, decided_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', '', $9, $10) returning id""",
            opinion,
            kind,
            reason.strip(),
            words,
            until,
            who.name,
            clock.now(),
            found["state"],
            found["region_lo"],
            found["org_lo"],
        )
    )
    await change_opinion(opinion, **changed)
    await _recorded(found, kind, reason.strip(), until.isoformat())
    await _tell(found, draft, kind, until)
    if kind == "return" and found["person"]:
        await hand_turn(
            ref(OPINION, opinion),
            title=f"修改意见：{draft['title']}",
            subline=f"{draft['organ_name']}退回",
            step_title="改好再提交",
            step_note=f"{until.month}月{until.day}日以前",
            path=f"/opinions/mine/{opinion}",
            holder_person=found["person"],
            permission=SEND,
            place=place_of(found),
            key="author",
        )
    return measure


async def _recorded(found: dict[str, Any], kind: str, reason: str, until: str = "") -> None:
    await record(
        "opinions.moderated",
        ref(OPINION, found["id"]),
        facts.Moderated(found["id"], found["number"], kind, flow.ACTS[kind], reason, until),
        place_of(found),
    )


async def _tell(found: dict[str, Any], draft: dict[str, Any], kind: str, until: Any) -> None:
    """A message to an author who gave his name; it carries the title only."""
    if not found["person"]:
        return
    await notify(
        "opinions.returned" if kind == "return" else "opinions.moderated",
        [found["person"]],
        ref(OWN, found["id"]),
        {
            "title": draft["title"],
            "what": flow.ACTS[kind],
            "until": f"{until.month}月{until.day}日",
        },
        place_of(found),
    )


async def decide(who: Visitor, opinion: int, measure: int, how: str, decision: str) -> None:
    """恢复 lifts a measure; 维持 answers an appeal. Both with a reason the author reads."""
    found, draft = await own_opinion(who, opinion)
    against = await row(
        "select * from opinions_measure where id = $1 and opinion = $2 for update", measure, opinion
    )
    if against is None or how not in ("lift", "uphold"):
        raise NotFound
    if against["decided"]:
        raise Conflict("这项处理已经了结，请刷新后再看。")
    if how == "uphold" and against["appealed_at"] is None:
        raise Refused("作者没有申诉，不用维持。")
    now = clock.now()
    if how == "lift":
        await _lift(found, against)
    await execute(
        """update opinions_measure set decided = $2, decision = $3, decided_at = $4,
             decided_by_name = $5 where id = $1""",
        measure,
        how,
        decision.strip(),
        now,
        who.name,
    )
    await change_opinion(opinion, news=True)
    await _recorded(found, how, decision.strip())
    if not await queries.appeal_waits(opinion):
        await close_turn(ref(OPINION, opinion), key="appeal")
    if found["person"]:
        await notify(
            "opinions.decided",
            [found["person"]],
            ref(OWN, opinion),
            {"title": draft["title"], "what": flow.ACTS[against["kind"]], "how": flow.ACTS[how]},
            place_of(found),
        )


async def _lift(found: dict[str, Any], against: dict[str, Any]) -> None:
    kind, opinion = against["kind"], found["id"]
    if kind == "return" and found["state"] == "returned":
        await change_opinion(opinion, state="new")
        await close_turn(ref(OPINION, opinion), key="author")
    elif kind == "remove" and found["state"] == "removed":
        await change_opinion(opinion, state=against["state_before"] or "new")
    elif kind == "block":
        await change_opinion(opinion, blocked=False)
    elif kind == "statement":
        left = [
            each["passage"]
            for each in await queries.measures_of(opinion)
            if each["kind"] == "statement"
            and each["decided"] != "lift"
            and each["id"] != against["id"]
        ]
        await change_opinion(opinion, statement=left[0] if left else "")
    elif kind == "censor":
        left = passages_of(await queries.measures_of(opinion), without=against["id"])
        await change_opinion(opinion, shown=flow.shown_of(found["text"], found["transcript"], left))


async def ask_identity(who: Visitor, opinion: int, reason: str) -> int:
    """Ask two custodians to open who sent it; nothing tells whether there is anything to open."""
    found, draft = await own_opinion(who, opinion)
    if not found["sealed"]:
        raise Conflict("作者没有要求保密。")
    return await request_opening(
        found["envelope"],
        found["region_lo"],
        reason,
        subject=ref(OPINION, opinion),
        title=f"“{draft['title'][:60]}”第 {found['number']} 件意见的作者",
        asked_by_name=who.name,
    )
