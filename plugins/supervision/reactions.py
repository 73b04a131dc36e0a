# SPDX-License-Identifier: Apache-2.0
"""How supervision hears of others, and how its objects are named elsewhere."""

from collections.abc import Sequence

from core.api.db import Place, Scope, SubjectRef, literal, rows, scope_conditions
from core.api.facts import Fact
from core.api.plugin import SubjectLabel
from plugins.supervision.queries.campaigns import campaign_in
from plugins.supervision.queries.matters import paper_in
from plugins.supervision.queries.programmes import programme_in, transfer_in
from plugins.supervision.rules.kinds import STATES
from plugins.supervision.services.base import PAPER, find_matter, path_of, received_path
from plugins.supervision.services.checking import note_silence
from plugins.supervision.services.opening import note_suggestion
from plugins.supervision.services.transfers import TRANSFER, note_late


async def note_complaint(fact: Fact) -> None:
    """A complaint proposes the supervision of a single case.

    Only its number and the office's reason are kept, at the office's place: the body never learns
    from here that somebody complained.
    """
    told = fact.payload
    await note_suggestion(
        trigger="complaint",
        source=fact.subject,
        words=str(told["number"]),
        body=int(told.get("organisation") or 0),
        reason=str(told.get("reason") or ""),
        place=Place(fact.place.region_lo),
    )


async def note_upheld(fact: Fact) -> None:
    """An alarm that stays after its order proposes a supervision of the body (C5-05).

    The bureau that upheld it opens one with a document, or sets it aside with a reason; each order
    proposes once, however many of its alarms were upheld.
    """
    told = fact.payload
    await note_suggestion(
        trigger="alarm",
        source=fact.subject,
        words=str(told["number"]),
        body=int(told.get("organisation") or 0),
        reason=str(told.get("reason") or ""),
        place=Place(fact.place.region_lo),
    )


async def note_lapse(fact: Fact) -> None:
    """A date passed. A provisional one proves nothing, so it is let pass."""
    if fact.payload.get("provisional"):
        return
    if fact.subject.kind == PAPER:
        await note_silence(fact.subject.id, int(fact.payload["clock"]))
    elif fact.subject.kind == TRANSFER:
        await note_late(fact.subject.id, int(fact.payload["clock"]))


def the_subject(fact: Fact) -> Sequence[SubjectRef]:
    return (fact.subject,)


async def describe_matter(matter: int, scope: Scope) -> SubjectLabel | None:
    found = await find_matter(matter, scope)
    if found is None:
        return None
    return SubjectLabel(
        f"{found['number']}：{found['title']}", path_of(matter), STATES[found["state"]][1]
    )


async def find_matters(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Matters by number, title, body or a document's number, for the global search."""
    where, args = scope_conditions(scope, "m", start=2)
    found = await rows(
        "select m.id, m.number, m.title, m.state from supervision_matter m"
        " where (m.number || ' ' || m.title || ' ' || m.body_name ilike '%' || $1 || '%'"
        " or exists (select 1 from supervision_paper p where p.matter = m.id"
        " and p.number ilike '%' || $1 || '%'))"
        f" and {where} order by m.active_at desc, m.id desc limit 10",
        literal(text),
        *args,
    )
    return [
        SubjectLabel(f"{m['number']}：{m['title']}", path_of(m["id"]), STATES[m["state"]][1])
        for m in found
    ]


async def describe_paper(paper: int, scope: Scope) -> SubjectLabel | None:
    found = await paper_in(scope, paper)
    return SubjectLabel(found["number"], received_path(paper)) if found else None


async def describe_campaign(campaign: int, scope: Scope) -> SubjectLabel | None:
    found = await campaign_in(scope, campaign)
    return SubjectLabel(found["title"], f"/supervision/campaigns/{campaign}") if found else None


async def describe_programme(programme: int, scope: Scope) -> SubjectLabel | None:
    found = await programme_in(scope, programme)
    return SubjectLabel(found["title"], f"/supervision/programmes/{programme}") if found else None


async def describe_transfer(transfer: int, scope: Scope) -> SubjectLabel | None:
    found = await transfer_in(scope, transfer)
    return SubjectLabel(found["title"], f"/supervision/transfers/{transfer}") if found else None


async def describe_entry(_entry: int, _scope: Scope) -> SubjectLabel | None:
    """Registers are named by their page."""
    return SubjectLabel("监督名册", "/supervision/registers")
