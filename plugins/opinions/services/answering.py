# SPDX-License-Identifier: Apache-2.0
"""答复: to one or to many at once, each author told once; remarks among colleagues (C2-06 … C2-08)."""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.access import Visitor
from core.api.db import execute, lock_subjects, rows, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.messages import notify
from plugins.opinions import facts, queries
from plugins.opinions.rules import flow
from plugins.opinions.services.base import (
    OPINION,
    OWN,
    change_opinion,
    office_of,
    own_draft,
    own_opinion,
    passages_of,
    place_of,
    ref,
)

AT_ONCE = 200
"""Opinions answered together at most: somebody must be able to look through them."""


async def answer(who: Visitor, draft: int, ids: Sequence[int], words: str) -> int:
    """One answer to one or many opinions of a draft; how many persons were told.

    Who sent several of them is told once. Under seal nobody is told: a message would name him;
    he finds it in his own list.
    """
    found = await own_draft(who, draft)
    wanted = sorted(set(ids))
    if not wanted:
        raise Invalid({"answer": "还没有选意见。"})
    if len(wanted) > AT_ONCE:
        raise Invalid({"answer": f"一次最多答复 {AT_ONCE} 件，现在选了 {len(wanted)} 件。"})
    await lock_subjects(*(ref(OPINION, each) for each in wanted))
    opinions: list[dict[str, Any]] = await rows(
        """select * from opinions_opinion where id = any($1::int8[]) and draft = $2
           order by number for update""",
        wanted,
        draft,
    )
    if len(opinions) != len(wanted):
        raise NotFound
    for each in opinions:
        if why := flow.why_not_answer(each["state"], found["state"]):
            raise Refused(f"第 {each['number']} 件：{why}" if len(opinions) > 1 else why)
    text, now = words.strip(), clock.now()
    changed = [each for each in opinions if each["answer"] != text or each["state"] != "answered"]
    for each in changed:
        await change_opinion(
            each["id"],
            state="answered",
            answer=text,
            answered_at=now,
            answered_by_name=who.name,
            news=True,
        )
        await record(
            "opinions.answered",
            ref(OPINION, each["id"]),
            facts.Answered(each["id"], draft, each["number"], len(changed)),
            place_of(each),
        )
    first = {each["person"]: each["id"] for each in reversed(changed) if each["person"]}
    for person, opinion in sorted(first.items()):
        await notify(
            "opinions.answered",
            [person],
            ref(OWN, opinion),
            {"title": found["title"], "organ": found["organ_name"]},
            place_of(found),
        )
    return len(first)


async def note(who: Visitor, opinion: int, text: str) -> None:
    """A remark among colleagues, beside the opinion, never shown to its author."""
    found, _ = await own_opinion(who, opinion)
    await execute(
        """insert into opinions_note (opinion, text, author_name, at, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6)""",
        opinion,
        text.strip(),
        who.name,
        clock.now(),
        found["region_lo"],
        found["org_lo"],
    )
    await record(
        "opinions.noted",
        ref(OPINION, opinion),
        facts.Noted(opinion, found["number"]),
        place_of(found),
    )


async def transcribe(who: Visitor, opinion: int, text: str) -> None:
    """The bureau types what is said in a recording, so that it can be searched and quoted."""
    found, _ = await own_opinion(who, opinion)
    passages = passages_of(await queries.measures_of(opinion))
    await change_opinion(
        opinion,
        transcript=text.strip(),
        shown=flow.shown_of(found["text"], text.strip(), passages),
    )
    await record(
        "opinions.transcribed",
        ref(OPINION, opinion),
        facts.Noted(opinion, found["number"]),
        place_of(found),
    )


async def save_template(who: Visitor, title: str, text: str, template: int = 0) -> int:
    """A text template of the office, new or changed."""
    office = await office_of(who)
    if template:
        done = await execute(
            """update opinions_template set title = $2, text = $3, by_name = $4, at = $5
               where id = $1 and org_lo = $6""",
            template,
            title.strip(),
            text.strip(),
            who.name,
            clock.now(),
            office.lo,
        )
        if not done:
            raise NotFound
        return template
    return int(
        await value(
            """insert into opinions_template (title, text, by_name, at, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6) returning id""",
            title.strip(),
            text.strip(),
            who.name,
            clock.now(),
            who.region.lo,
            office.lo,
        )
    )


async def drop_template(who: Visitor, template: int) -> None:
    """Throw a template away; what was answered with it stays."""
    office = await office_of(who)
    if not await execute(
        "delete from opinions_template where id = $1 and org_lo = $2", template, office.lo
    ):
        raise NotFound
