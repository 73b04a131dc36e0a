# SPDX-License-Identifier: Apache-2.0
"""Answers to others: names of trainings, the search, what is heard of alarms and guidance, the nights."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, current_scope, execute, published_conditions, row, rows
from core.api.plugin import Blocker, Fact, SubjectLabel, SubjectRef
from plugins.training.queries.hours import short_in
from plugins.training.rules.hours import hours_words, short_by
from plugins.training.rules.lessons import KINDS
from plugins.training.rules.taking_part import STATES
from plugins.training.services import reminding
from plugins.training.services.base import settings_in
from plugins.training.services.guiding import draft_from, take_back
from plugins.training.services.teaching import suggest


async def describe_training(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a training to others, as far as the transaction's scope sees it."""
    found = await row("select title, batch, state from training_training where id = $1", id)
    if found is None:
        return None
    return SubjectLabel(
        found["title"], f"/training/{id}", found["batch"] or STATES[found["state"]][1]
    )


async def describe_lesson(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a lesson to others."""
    found = await row("select title, kind from training_lesson where id = $1", id)
    return (
        SubjectLabel(found["title"], f"/training/lessons/{id}", KINDS[found["kind"]])
        if found
        else None
    )


async def describe_requirement(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name a requirement; whoever owes the hours is led to his own."""
    found = await row("select from_year from training_requirement where id = $1", id)
    return (
        SubjectLabel(f"{found['from_year']} 年起的学时要求", "/training/hours") if found else None
    )


async def describe_own(person: int, scope: Scope) -> SubjectLabel | None:
    """Somebody's own hours, for himself alone: the ledger is the office's."""
    return SubjectLabel("我的学时", "/training/hours") if scope.person == person else None


async def describe_batch(id: int, _scope: Scope) -> SubjectLabel | None:
    """Name an imported list."""
    found = await row("select filename from training_batch where id = $1", id)
    return SubjectLabel(found["filename"], f"/training/lists/{id}") if found else None


async def find_trainings(text: str, scope: Scope) -> Sequence[SubjectLabel]:
    """Announced trainings whose title holds ``text``."""
    sql, args = published_conditions(scope, "t", 2)
    found = await rows(
        f"""select t.id, t.title, t.organ_name from training_training t
            where t.state in ('published', 'finished') and strpos(t.title, $1) > 0 and {sql}
            order by t.starts_at desc limit 10""",
        text,
        *args,
    )
    return [
        SubjectLabel(each["title"], f"/training/{each['id']}", each["organ_name"]) for each in found
    ]


# --- the annual review of certificates ---------------------------------------------------------


async def answer_review(
    subjects: Sequence[SubjectRef],
    on_date: date,
    _draft: Mapping[str, Any] | None = None,
) -> Mapping[SubjectRef, Sequence[Blocker]]:
    """Who of ``subjects`` (``core.person``) owes hours for the last whole year (C8-04).

    The running year is not over, so nobody can be short of it yet.
    """
    year = on_date.year - 1
    found: dict[SubjectRef, list[Blocker]] = {}
    for each in await short_in([one.id for one in subjects], year):
        if not (await settings_in(each["region_lo"])).hours_block_review:
            continue
        missing = hours_words(short_by(each["owed"], each["have"]))
        text = f"{year} 年培训要求 {hours_words(each['owed'])} 学时，还差 {missing}。"
        ref = SubjectRef("core.person", each["person"])
        found[ref] = [Blocker("training.hours_short", text, ref, {"year": year})]
    return found


# --- alarms of the inspection engine -------------------------------------------------------------


async def note_alarm(fact: Fact) -> None:
    """Keep whom an alarm concerns and of which kind it is; told twice, it changes nothing."""
    told = fact.payload
    handlers = [int(each) for each in told.get("handlers") or () if each]
    for person in handlers:
        await execute(
            """insert into training_alarm (alarm, person, kind, title, happened_at, revoked,
                 region_lo, org_lo) values ($1, $2, $3, $4, $5, false, $6, $7)
               on conflict (alarm, person) do nothing""",
            int(told["alarm"]),
            person,
            str(told.get("kind") or "")[:40],
            str(told.get("point_title") or "")[:200],
            fact.at,
            fact.place.region_lo,
            fact.place.org_lo,
        )
    options = await settings_in(fact.place.region_lo)
    for person in handlers:
        await suggest(person, fact.place, options)


async def forget_alarm(fact: Fact) -> None:
    """A revoked alarm was no mistake of anybody and counts towards nothing."""
    await execute(
        "update training_alarm set revoked = true where alarm = $1", int(fact.payload["alarm"])
    )


# --- guidance of the file review ------------------------------------------------------------------


async def note_guidance(fact: Fact) -> None:
    """Published guidance is drafted as a case example; told twice, there is one draft."""
    await draft_from(fact.payload, fact.place)


async def forget_guidance(fact: Fact) -> None:
    """Withdrawn guidance is taken back."""
    await take_back(int(fact.payload["guidance"]), str(fact.payload.get("words") or ""))


# --- by itself -----------------------------------------------------------------------------------


async def in_the_morning(_payload: Mapping[str, Any]) -> None:
    """Reminders: tomorrow's trainings, hours still owed this year."""
    scope = current_scope()
    await reminding.remind_of_beginning(scope)
    await reminding.remind_of_hours(scope)


async def every_hour(_payload: Mapping[str, Any]) -> None:
    """Trainings that are over wait for their office."""
    await reminding.hand_over_ended(current_scope())


async def at_night(_payload: Mapping[str, Any]) -> None:
    """Feedback is mixed, lessons that came out later are suggested."""
    scope = current_scope()
    await reminding.mix_over(scope)
    await reminding.suggest_all(scope)
