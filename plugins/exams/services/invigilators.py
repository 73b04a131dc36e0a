# SPDX-License-Identifier: Apache-2.0
"""监考员: whose hands are in a session's rooms, who names them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.api import clock
from core.api.access import Visitor, people_behind, persons_holding_in
from core.api.db import Scope, execute, row, rows, transaction
from core.api.errors import Conflict, Invalid, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.people import persons_by_id
from plugins.exams import facts
from plugins.exams.rules import sitting as rules
from plugins.exams.services.base import RUN, SESSION, place_of, ref

NAMES = Scope.platform("the names of an office's own staff, for choosing invigilators").read_only()
NOBODY = "不指定，由本机关的人共同办"


@dataclass(frozen=True)
class Hands:
    """What somebody may do in one session's rooms, and why not."""

    named: Sequence[Mapping[str, Any]]
    why_not: str
    sits: bool
    may_name: bool

    @property
    def own_words(self) -> str:
        """Why somebody does not publish the marks of a session he sat in."""
        return "你是这一场的考生，成绩由别人公布。" if self.sits else ""

    @property
    def names(self) -> str:
        """``乌云、王强``."""
        return "、".join(each["name"] for each in self.named)


async def able(region_lo: int) -> list[tuple[int, str]]:
    """Who of the office may invigilate: holders of the right in exactly this region."""
    holders = await persons_holding_in(RUN, region_lo)
    async with transaction(NAMES):
        return [(each.id, each.name) for each in await persons_by_id(holders)]


async def named_for(session: int) -> list[dict[str, Any]]:
    """The invigilators of a session."""
    return await rows("select * from exams_invigilator where session = $1 order by id", session)


async def hands_of(who: Visitor, found: Mapping[str, Any]) -> Hands:
    """How somebody of the office stands to one of its sessions."""
    named = await named_for(found["id"])
    sits = await row(
        "select 1 from exams_entry where session = $1 and person = $2 and $2 <> 0",
        found["id"],
        who.person_id,
    )
    behind = await people_behind((who.user_id, found["created_by"]))
    arranger = behind[who.user_id] == behind[found["created_by"]]
    leader = not who.may(RUN)
    why_not = rules.why_not_act(
        [each["person"] for each in named],
        who.person_id,
        "、".join(each["name"] for each in named),
        arranger=arranger,
        leader=leader,
        sits=bool(sits),
    )
    may_name = not sits and (arranger or leader or not await _arranger_there(found))
    return Hands(named, why_not, bool(sits), may_name)


async def _arranger_there(found: Mapping[str, Any]) -> bool:
    """Whether who arranged it still may run sessions; if not, the office names invigilators."""
    account = await row("select person, active from core_user where id = $1", found["created_by"])
    if account is None or account["person"] is None:
        return bool(account and account["active"])
    return account["person"] in await persons_holding_in(RUN, found["region_lo"])


async def act_in(who: Visitor, found: Mapping[str, Any]) -> None:
    """Refuse whoever has no hand in this session's rooms."""
    if why := (await hands_of(who, found)).why_not:
        raise Refused(why)


async def name(who: Visitor, found: Mapping[str, Any], chosen: Sequence[int], reason: str) -> None:
    """From now on these invigilate; nobody chosen = the whole office does."""
    if found["state"] not in ("planned", "open", "closed"):
        raise Conflict("这一场已经公布或者取消，不能再换监考员。")
    if not (await hands_of(who, found)).may_name:
        raise Refused("监考员由安排这一场的人或者领导指定。")
    before = {each["person"] for each in await named_for(found["id"])}
    if before == set(chosen):
        raise Conflict("选的就是现在的监考员，没有变化。")
    if found["state"] != "planned" and len(reason.strip()) < 2:
        raise Invalid({"reason": "已经开始入场，换监考员要写明理由。"})
    names = await _write(who, found, chosen, before)
    await record(
        "exams.invigilators_named",
        ref(SESSION, found["id"]),
        facts.InvigilatorsNamed(
            found["id"], found["title"], tuple(sorted(set(chosen))), names or NOBODY, reason.strip()
        ),
        place_of(found),
    )


async def _write(
    who: Visitor, found: Mapping[str, Any], chosen: Sequence[int], before: set[int]
) -> str:
    """Write the list and tell who is new on it; returns the names."""
    known = dict(await able(found["region_lo"]))
    roster = {
        each["person"]: each["name"]
        for each in await rows(
            "select person, name from exams_entry where session = $1", found["id"]
        )
    }
    if why := rules.why_not_named(chosen, known, roster):
        raise Invalid({"invigilators": why})
    await execute("delete from exams_invigilator where session = $1", found["id"])
    for person in dict.fromkeys(chosen):
        await execute(
            """insert into exams_invigilator (session, person, name, named_by_name, named_at,
                 region_lo, org_lo) values ($1, $2, $3, $4, $5, $6, $7)""",
            found["id"],
            person,
            known[person],
            who.name,
            clock.now(),
            found["region_lo"],
            found["org_lo"],
        )
    begin = clock.local(found["starts_at"])
    await notify(
        "exams.invigilate",
        [each for each in dict.fromkeys(chosen) if each not in before and each != who.person_id],
        ref(SESSION, found["id"]),
        {
            "title": found["title"],
            "when": f"{begin.month}月{begin.day}日 {begin:%H:%M}",
            "place": found["venue"],
        },
        place_of(found),
    )
    return "、".join(known[each] for each in dict.fromkeys(chosen))
