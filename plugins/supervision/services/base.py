# SPDX-License-Identifier: Apache-2.0
"""What all acts share: who acts, the matter taken, its settings, turns and messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api import clock
from core.api.access import Visitor, persons_holding
from core.api.db import Place, Scope, SubjectRef, execute, lock_subjects, row, rows, transaction
from core.api.deadlines import Clock
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from core.api.people import OrganisationRow, competent_organ, organisation, person
from core.api.turns import close_turn, hand_turn
from plugins.supervision import facts
from plugins.supervision.rules.items import Item
from plugins.supervision.rules.kinds import ANSWER, ENDED, MANAGE
from plugins.supervision.rules.papers import Climbed
from plugins.supervision.rules.people import Inspector

MATTER = "supervision.matter"
PAPER = "supervision.paper"


class SupervisionSettings(msgspec.Struct, frozen=True):
    """Periods of the documents. The national regulation leaves them to the provinces."""

    notice_reply_workdays: Annotated[int, Meta(ge=1, le=60)] = 15
    """监督通知书的答复期限（工作日）"""
    urge_reply_workdays: Annotated[int, Meta(ge=1, le=60)] = 5
    """督办函的答复期限（工作日）"""
    opinion_days: Annotated[int, Meta(ge=1, le=180)] = 30
    """监督意见书的自行纠正期限（自然日）。山东省行政执法监督条例第二十八条：三十日。"""
    decision_report_days: Annotated[int, Meta(ge=1, le=180)] = 30
    """监督决定书的执行报告期限（自然日）。山东省行政执法监督条例第二十九条：三十日。"""
    number_word: Annotated[str, Meta(max_length=10)] = ""
    """文号前面的机关代字，例如“磴”，文号就是 磴执监通〔2026〕1号"""


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope, with which rights, for which organ."""

    scope: Scope
    person_id: int
    name: str
    permissions: frozenset[str]
    region_lo: int
    organ: int
    """``core_organisation.id`` of his own house; 0 = none."""


HOUSES = ("justice", "justice_office")


async def acting(who: Visitor) -> Actor:
    """Who acts and for which organ.

    A role over a region names no office: it is the person's own bureau or office there, else the
    organ that is competent for supervision in the region.
    """
    organ = who.organisation.id if who.organisation else 0
    if not organ and who.region.id:
        async with transaction(who.scope):
            found = await person(who.person_id) if who.person_id else None
            own = await organisation(found.organisation) if found else None
            if own is None or own.kind not in HOUSES:
                own = await competent_organ(who.region.lo, "supervision")
            if own and who.region.lo <= own.region_lo <= who.region.hi:
                organ = own.id
    return Actor(who.scope, who.person_id, who.name, who.permissions, who.region.lo, organ)


def ref(matter: int) -> SubjectRef:
    return SubjectRef(MATTER, matter)


def paper_ref(paper: int) -> SubjectRef:
    return SubjectRef(PAPER, paper)


def place_of(it: Mapping[str, Any]) -> Place:
    return Place(it["region_lo"], it["org_lo"])


def path_of(matter: int) -> str:
    return f"/supervision/{matter}"


def received_path(paper: int) -> str:
    return f"/supervision/received/{paper}"


def refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise Refused(*reasons)


def invalid(faults: Mapping[str, str]) -> None:
    if faults:
        raise Invalid(dict(faults))


async def organ_of(who: Actor) -> OrganisationRow:
    """The organ somebody acts for."""
    found = await organisation(who.organ) if who.organ else None
    if found is None:
        raise Refused("你的账号没有所在机关，不能办理监督；请系统管理员在账号里指定机构。")
    return found


def must(who: Actor, permission: str) -> None:
    if permission not in who.permissions:
        raise Refused("你现在的角色不能办理这件事。")


async def find_matter(matter: int, scope: Scope) -> dict[str, Any] | None:
    """A matter inside the scope."""
    return await row(
        "select * from supervision_matter where id = $1 and region_lo between $2 and $3"
        " and org_lo between $4 and $5",
        matter,
        scope.region.lo,
        scope.region.hi,
        scope.organisation.lo,
        scope.organisation.hi,
    )


async def take_matter(who: Actor, matter: int) -> dict[str, Any]:
    """The matter, locked, for an act of the organ that leads it."""
    must(who, MANAGE)
    seen = await find_matter(matter, who.scope)
    if seen is None:
        raise NotFound("没有找到这件监督，或者不在你的管理范围内。")
    await lock_subjects(ref(matter))
    found = await row("select * from supervision_matter where id = $1 for update", matter)
    if found is None:
        raise NotFound("没有找到这件监督，或者不在你的管理范围内。")
    if found["organ"] != who.organ:
        raise Refused(f"这件监督由{found['organ_name']}牵头办理。")
    if found["state"] in ENDED:
        raise Conflict("这件监督已经结束，请刷新页面。")
    return found


async def touch(matter: int, state: str = "") -> None:
    """Something happened on a matter; with ``state``, that is where it stands now."""
    await execute(
        "update supervision_matter set active_at = $2, state = coalesce(nullif($3, ''), state)"
        " where id = $1",
        matter,
        clock.now(),
        state,
    )


async def papers_of(matter: int) -> list[dict[str, Any]]:
    return await rows("select * from supervision_paper where matter = $1 order by id", matter)


async def items_of(matter: int) -> list[dict[str, Any]]:
    return await rows(
        "select * from supervision_item where matter = $1 and state <> 'withdrawn'"
        " order by position, id",
        matter,
    )


async def members_of(matter: int) -> list[dict[str, Any]]:
    return await rows("select * from supervision_member where matter = $1 order by id", matter)


def climbed(papers: Sequence[Mapping[str, Any]]) -> list[Climbed]:
    return [Climbed(p["kind"], p["state"], p["late"]) for p in papers]


def as_items(found: Sequence[Mapping[str, Any]]) -> list[Item]:
    return [Item(i["id"], i["state"], i["title"]) for i in found]


def failed_in(found: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 for i in found if i["state"] == "failed")


async def inspectors(persons: Sequence[int]) -> list[Inspector]:
    """Those of some persons who stand in the register of supervisors, as the rules see them."""
    found = await rows(
        "select i.person, i.name, i.card, i.valid_until, i.withdrawn_at, coalesce(p.org_lo, 0) as lo"
        " from supervision_inspector i left join core_person p on p.id = i.person"
        " where i.person = any($1::int8[])",
        list(persons),
    )
    return [
        Inspector(
            i["person"],
            i["name"],
            i["lo"],
            i["card"],
            i["valid_until"],
            i["withdrawn_at"] is not None,
        )
        for i in found
    ]


# --- turns and messages ----------------------------------------------------------------------


async def give_office(it: Mapping[str, Any], step: str, note: str = "") -> None:
    """The organ's turn."""
    await hand_turn(
        ref(it["id"]),
        key="office",
        title=it["title"],
        subline=f"{it['number']} · {it['body_name']}",
        step_title=step,
        step_note=note,
        path=path_of(it["id"]),
        holder_org=it["organ_lo"],
        permission=MANAGE,
        place=place_of(it),
    )


async def give_body(
    it: Mapping[str, Any], paper: int, number: str, step: str, mine: Clock | int | None
) -> None:
    """The supervised body's turn; it reads the document's number, never the matter's source."""
    await close_turn(ref(it["id"]), key="office")
    await hand_turn(
        ref(it["id"]),
        key="body",
        title=number,
        subline=f"{it['organ_name']} → {it['body_name']}",
        step_title=step,
        path=received_path(paper),
        holder_org=it["body_lo"],
        permission=ANSWER,
        clock=mine,
        place=place_of(it),
    )


async def give_talk(it: Mapping[str, Any], paper: Mapping[str, Any]) -> None:
    """An appointment: the body comes, the organ records what was said; both know until when."""
    number, when = paper["number"], paper["talk_at"]
    for side, path, holder, permission, step in (
        ("body", received_path(paper["id"]), it["body_lo"], ANSWER, "按时到场接受约谈"),
        ("office", path_of(it["id"]), it["organ_lo"], MANAGE, "约谈并作记录"),
    ):
        await hand_turn(
            ref(it["id"]),
            key=talk_key(paper["id"], side),
            title=number if side == "body" else it["title"],
            subline=f"{it['organ_name']} → {it['body_name']}",
            step_title=step,
            step_note=paper["talk_place"],
            path=path,
            holder_org=holder,
            permission=permission,
            due_at=when,
            place=place_of(it),
        )


async def end_talk(matter: int, paper: int) -> None:
    """The talk was held or called off: nobody has to come any more."""
    for side in ("body", "office"):
        await close_turn(ref(matter), key=talk_key(paper, side))


def talk_key(paper: int, side: str) -> str:
    """The turns of one appointment; a matter may have several."""
    return f"talk-{paper}-{side}"


async def tell_body(kind: str, it: Mapping[str, Any], paper: int, **params: str) -> None:
    """A message to the body about its document: the page of the matter is the office's."""
    await notify(
        kind,
        await persons_holding(ANSWER, it["body_lo"], it["body_lo"]),
        SubjectRef(PAPER, paper),
        {"organ": it["organ_name"], "number": "", "text": "", **params},
        place_of(it),
    )


async def tell_office(kind: str, it: Mapping[str, Any], **params: str) -> None:
    persons = await persons_holding(MANAGE, it["organ_lo"], it["organ_lo"])
    await notify(
        kind,
        persons,
        ref(it["id"]),
        {"body": it["body_name"], "title": it["title"], "number": "", "text": "", **params},
        place_of(it),
    )


async def note_act(kind: str, it: Mapping[str, Any], words: str, reason: str = "") -> None:
    """Record an act on a matter."""
    await record(
        f"supervision.{kind}",
        ref(it["id"]),
        facts.Acted(it["id"], it["number"], words, reason.strip()),
        place_of(it),
    )


async def note_paper(
    kind: str, paper: Mapping[str, Any], words: str = "", reason: str = ""
) -> None:
    """Record an act on a document; it stands in the history of its matter."""
    await record(
        f"supervision.{kind}",
        ref(paper["matter"]),
        facts.PaperActed(paper["matter"], paper["id"], paper["number"], words, reason.strip()),
        place_of(paper),
    )
