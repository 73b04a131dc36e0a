# SPDX-License-Identifier: Apache-2.0
"""Documents: what one would say, issuing it with its number, withdrawing, prolonging, setting it.

A number is drawn in the transaction that writes the document, so a refused or failed act leaves
no gap. A document that is withdrawn keeps its number; it is never given to another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.api import clock
from core.api.db import execute, json, retried, row, transaction
from core.api.deadlines import Clock, Limit, extend_clock, start_clock, stop_clock
from core.api.documents import Paper, pdf, unprintable
from core.api.errors import Invalid, NotFound
from core.api.facts import record
from core.api.files import keep, open_, receive
from core.api.jobs import enqueue
from core.api.numbers import next_number
from core.api.people import organisation
from core.api.settings import settings_of
from core.api.turns import close_turn
from plugins.supervision import facts
from plugins.supervision.rules import items as lists
from plugins.supervision.rules import papers as rules
from plugins.supervision.rules.papers import PAPERS
from plugins.supervision.services import wording
from plugins.supervision.services.base import (
    Actor,
    SupervisionSettings,
    climbed,
    end_talk,
    failed_in,
    give_body,
    give_office,
    give_talk,
    invalid,
    items_of,
    note_paper,
    paper_ref,
    papers_of,
    place_of,
    ref,
    refuse,
    take_matter,
    tell_body,
    touch,
)
from plugins.supervision.services.layout import docx_of
from plugins.supervision.services.opening import able_team

NOT_NUMBERED = "（制发时编号）"


@dataclass(frozen=True)
class Draft:
    """What was typed for a document."""

    kind: str
    facts: str
    requirement: str
    basis: str = ""
    ruling: str = ""
    items: Sequence[str] = field(default_factory=tuple)
    contact: str = ""
    copies: str = ""
    talk_at: datetime | None = None
    talk_place: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return {
            "facts": self.facts,
            "requirement": self.requirement,
            "basis": self.basis,
            "ruling": self.ruling,
            "contact": self.contact,
            "talk_at": self.talk_at,
            "talk_place": self.talk_place,
            "talk_words": wording.moment_words(clock.local(self.talk_at)) if self.talk_at else "",
        }


def days_of(kind: str, settings: SupervisionSettings) -> int:
    """The period of a kind of document; 0 when no answer is owed."""
    it = PAPERS[kind]
    return int(getattr(settings, it.setting)) if it.setting else 0


def _list_of(draft: Draft, standing: Sequence[Mapping[str, Any]]) -> list[str]:
    """The problems a document lists: those of the standing list, else the new ones."""
    left = [i["title"] for i in standing if i["state"] != "passed"]
    return left or list(draft.items)


def _faults(draft: Draft, standing: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    faults = rules.missing(draft.values, draft.kind)
    faults |= rules.talk_faults(draft.kind, draft.talk_at, clock.now())
    if not standing and PAPERS[draft.kind].rung:
        faults |= lists.item_faults(draft.items, needed=True)
    if odd := unprintable(" ".join((draft.facts, draft.requirement, draft.basis, *draft.items))):
        faults["facts"] = f"这些字打印不出来，请改写：{'、'.join(odd[:8])}。"
    return faults


async def _paper(
    it: Mapping[str, Any], draft: Draft, number: str, names: str, listed: Sequence[str], day: Any
) -> tuple[Paper, str]:
    settings = await settings_of(SupervisionSettings, it["organ_region_lo"])
    days = days_of(draft.kind, settings)
    period = wording.period_words(draft.kind, days) if days else ""
    made = wording.paper(
        draft.kind,
        organ=it["organ_name"],
        addressee=it["body_name"],
        number=number,
        day=day,
        values={**draft.values, "supervisors": names},
        items=listed,
        period=period,
        copies=f"抄送：{draft.copies.strip()}" if draft.copies.strip() else "",
        mark="" if number != NOT_NUMBERED else "预览",
    )
    return made, period


async def preview(who: Actor, matter: int, draft: Draft) -> Paper:
    """The document as it would be issued now, without a number; faults are told as by issuing."""
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        standing = await items_of(matter)
        invalid(_faults(draft, standing))
        team = await able_team(it)
        made, _ = await _paper(
            it,
            draft,
            NOT_NUMBERED,
            "、".join(f"{each.name}（{each.card}）" for each in team),
            _list_of(draft, standing),
            clock.today(),
        )
    return made


@retried
async def issue(who: Actor, matter: int, draft: Draft) -> int:
    """制发: the number, the row, the list, the body's clock and turn; the document's id."""
    async with transaction(who.scope):
        it = await take_matter(who, matter)
        known, standing = await papers_of(matter), await items_of(matter)
        refuse(
            rules.why_not_issue(draft.kind, climbed(known), it["state"], failed=failed_in(standing))
        )
        invalid(_faults(draft, standing))
        team = await able_team(it)
        names = "、".join(f"{each.name}（{each.card}）" for each in team)
        settings = await settings_of(SupervisionSettings, it["organ_region_lo"])
        now, day = clock.now(), clock.today()
        listed = _list_of(draft, standing)
        serial = await next_number(rules.series_of(draft.kind), it["organ"], day.year)
        number = rules.number_text(settings.number_word, draft.kind, day.year, serial)
        days = days_of(draft.kind, settings)
        period = wording.period_words(draft.kind, days) if days else ""
        paper = await row(
            "insert into supervision_paper (matter, kind, organ, organ_name, year, serial, number,"
            " addressee, facts, basis, requirement, ruling, items, contact, talk_at, talk_place,"
            " record, state, late, due_words, issued_at, issued_by, issued_by_name, supervisors,"
            " receipt, receipt_by, receipt_note, reply_text, reply_files, replied_by_name,"
            " checked_by_name, check_remark, withdrawn_reason, copies, region_lo, org_lo)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14, $15, $16,"
            " '', 'issued', false, $17, $18, $19, $20, $21, '', '', '', '', '[]', '', '', '', '',"
            " $22, $23, $24) returning *",
            matter,
            draft.kind,
            it["organ"],
            it["organ_name"],
            day.year,
            serial,
            number,
            it["body_name"],
            draft.facts.strip(),
            draft.basis.strip(),
            draft.requirement.strip(),
            draft.ruling,
            json(list(listed)),
            draft.contact.strip(),
            draft.talk_at,
            draft.talk_place.strip(),
            period,
            now,
            who.person_id,
            who.name,
            names[:200],
            draft.copies.strip(),
            it["region_lo"],
            it["org_lo"],
        )
        assert paper is not None
        if not standing and PAPERS[draft.kind].rung:
            for position, title in enumerate(draft.items, 1):
                await execute(
                    "insert into supervision_item (matter, paper, position, title, state, answer,"
                    " remark, checked_by_name, rounds, region_lo, org_lo)"
                    " values ($1, $2, $3, $4, 'open', '', '', '', 0, $5, $6)",
                    matter,
                    paper["id"],
                    position,
                    title,
                    it["region_lo"],
                    it["org_lo"],
                )
        await _supersede(it, known, draft.kind)
        await execute(
            "update supervision_matter set shown_at = coalesce(shown_at, $2) where id = $1",
            matter,
            now,
        )
        if days:
            mine = await start_answer_clock(paper, days, f"{number}发出", "sent", now)
            await touch(matter, "waiting")
            await give_body(
                it, paper["id"], number, f"签收并答复{PAPERS[draft.kind].title[4:]}", mine
            )
        else:
            await touch(matter)
        if draft.kind == "talk":
            await give_talk(it, paper)
        await record(
            "supervision.document_issued",
            ref(matter),
            facts.Issued(
                matter,
                paper["id"],
                number,
                draft.kind,
                PAPERS[draft.kind].title,
                it["body_name"],
                it["body"],
                it["organ"],
                len(listed),
            ),
            place_of(it),
        )
        await tell_body(
            "supervision.issued", it, int(paper["id"]), number=number, text=PAPERS[draft.kind].title
        )
        await enqueue(
            "supervision.set_paper",
            {"paper": paper["id"]},
            key=f"supervision.set_paper:{paper['id']}",
            place=place_of(it),
        )
    return int(paper["id"])


async def _supersede(it: Mapping[str, Any], known: Sequence[Mapping[str, Any]], kind: str) -> None:
    """A rung higher: what still waited below it is taken up by the new document."""
    if not PAPERS[kind].rung:
        return
    for each in known:
        if each["state"] in rules.STANDING and PAPERS[each["kind"]].rung:
            await execute(
                "update supervision_paper set state = 'superseded' where id = $1", each["id"]
            )
            if each["clock"]:
                await stop_clock(each["clock"])
    await execute(
        "update supervision_item set state = 'open' where matter = $1 and state = 'failed'",
        it["id"],
    )


async def start_answer_clock(
    paper: Mapping[str, Any], days: int, title: str, key: str, at: datetime
) -> Clock:
    """The body's period; from its receipt once there is one."""
    unit = PAPERS[paper["kind"]].unit
    mine = await start_clock(
        paper_ref(paper["id"]),
        f"answer-{key}",
        title,
        Limit(days, "working" if unit == "working" else "calendar"),
        place_of(paper),
        started_at=at,
    )
    await execute("update supervision_paper set clock = $2 where id = $1", paper["id"], mine.id)
    return mine


async def take_paper(who: Actor, paper: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document and its matter, locked, for an act of the organ."""
    seen = await row("select matter from supervision_paper where id = $1", paper)
    if seen is None:
        raise NotFound("没有找到这份文书，或者不在你的管理范围内。")
    it = await take_matter(who, seen["matter"])
    found = await row("select * from supervision_paper where id = $1 for update", paper)
    assert found is not None
    return it, found


@retried
async def withdraw(who: Actor, paper: int, reason: str) -> None:
    """撤回 of an issued document: the body's duty ends, the number stays used."""
    if len(reason.strip()) < 5:
        raise Invalid({"reason": "写明撤回的理由，至少 5 个字。"})
    async with transaction(who.scope):
        it, found = await take_paper(who, paper)
        refuse(rules.why_not_withdraw(found["state"], it["state"]))
        await execute(
            "update supervision_paper set state = 'withdrawn', withdrawn_at = $2,"
            " withdrawn_reason = $3 where id = $1",
            paper,
            clock.now(),
            reason.strip(),
        )
        if found["clock"]:
            await stop_clock(found["clock"])
        # The list came with this document; what was never answered goes with it.
        await execute(
            "update supervision_item set state = 'withdrawn' where paper = $1 and rounds = 0"
            " and answer = ''",
            paper,
        )
        if PAPERS[found["kind"]].rung:
            await _step_down(it)
        if found["kind"] == "talk":
            await end_talk(it["id"], paper)
        await note_paper("document_withdrawn", found, "", reason)
        await tell_body(
            "supervision.withdrawn", it, paper, number=found["number"], text=reason.strip()
        )


async def _step_down(it: Mapping[str, Any]) -> None:
    """A rung was withdrawn: the one below it stands again, with what was owed there."""
    await execute(
        "update supervision_item set state = 'failed' where matter = $1 and state = 'open'"
        " and rounds > 0",
        it["id"],
    )
    below = [p for p in await papers_of(it["id"]) if p["state"] == "superseded"]
    late = False
    if below:
        late = below[-1]["late"]
        await execute(
            "update supervision_paper set state = case when receipt = 'refused' then 'refused'"
            " when received_at is null then 'issued' else 'received' end where id = $1",
            below[-1]["id"],
        )
    await close_turn(ref(it["id"]), key="body")
    await touch(it["id"], "overdue" if late else "open")
    await give_office(it, "重新制发文书", "文书已撤回")


@retried
async def extend(who: Actor, paper: int, days: int, reason: str) -> None:
    """延期 on the body's asking, before the date has passed."""
    async with transaction(who.scope):
        it, found = await take_paper(who, paper)
        refuse(rules.why_not_extend(found["state"], late=found["late"]))
        if not found["clock"]:
            raise Invalid({"days": "这份文书没有期限。"})
        unit = PAPERS[found["kind"]].unit
        await extend_clock(
            found["clock"],
            Limit(days, "working" if unit == "working" else "calendar"),
            reason,
            who.name,
        )
        words = f"延长 {days} {'个工作日' if unit == 'working' else '日'}"
        await note_paper("document_extended", found, words, reason)
        await tell_body("supervision.extended", it, paper, number=found["number"], text=words)


# --- the files --------------------------------------------------------------------------------


def drafted(paper: Mapping[str, Any]) -> Draft:
    """What a stored document says."""
    return Draft(
        paper["kind"],
        paper["facts"],
        paper["requirement"],
        paper["basis"],
        paper["ruling"],
        tuple(paper["items"]),
        paper["contact"],
        "",
        paper["talk_at"],
        paper["talk_place"],
    )


def stored_paper(paper: Mapping[str, Any]) -> Paper:
    """A document on paper again, from its row."""
    draft = drafted(paper)
    return wording.paper(
        paper["kind"],
        organ=paper["organ_name"],
        addressee=paper["addressee"],
        number=paper["number"],
        day=clock.local(paper["issued_at"]).date(),
        values={**draft.values, "supervisors": paper["supervisors"]},
        items=draft.items,
        period=paper["due_words"],
        copies=f"抄送：{paper['copies']}" if paper["copies"] else "",
        mark="撤回" if paper["state"] == "withdrawn" else "",
    )


async def template_of(organ: int, kind: str) -> bytes | None:
    """The office's own layout; those of one kind before its general one."""
    found = await row(
        "select file from supervision_template where organ = $1 and kind in ($2, '')"
        " order by kind desc limit 1",
        organ,
        kind,
    )
    return await (await open_(found["file"], original=True)).read() if found else None


async def set_paper(payload: Mapping[str, Any]) -> None:
    """The worker sets PDF and DOCX of a document once, and keeps both."""
    paper = await row("select * from supervision_paper where id = $1 for update", payload["paper"])
    if paper is None or paper["pdf"]:
        return
    made = stored_paper(paper)
    name = paper["number"]
    organ = await organisation(paper["organ"])
    own = await template_of(organ.id, paper["kind"]) if organ else None
    content = await docx_of(own, wording.fields(made, paper["contact"]))
    as_pdf = await receive(await pdf(made, paper["issued_at"]), f"{name}.pdf", kinds=("document",))
    as_docx = await receive(content, f"{name}.docx", kinds=("document",))
    place = place_of(paper)
    kept = await keep(as_pdf, place=place, purpose="supervision.paper.document")
    word = await keep(as_docx, place=place, purpose="supervision.paper.document")
    await execute(
        "update supervision_paper set pdf = $2, docx = $3 where id = $1",
        paper["id"],
        kept.id,
        word.id,
    )
