# SPDX-License-Identifier: Apache-2.0
"""Kill -9 of the web process while two hundred sit: what was acknowledged stands, nothing doubles.

Each computer does what the page of the paper does: it numbers its answers, sends them again until
they are acknowledged, and lets the server keep one of each number.
"""

import asyncio
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from plugins.exams.rules import chain
from tests.faults.running import Platform

SEATS = 200
ROUNDS = 3
"""Answers of each candidate; the blow falls in the middle of the second."""
QUESTIONS = 5
SESSION = """
with place as (
  select o.region_lo, o.lo as org_lo from core_organisation o where o.name = '磴口县司法局'),
asked as (
  insert into exams_question (kind, subject, stem, words, options, accepted, pictures, digest,
    state, created_at, changed_at, region_lo, org_lo)
  select 'single', '行政处罚法', '<p>题</p>', '题',
    '[{"key": "o1", "text": "对", "correct": true}, {"key": "o2", "text": "错", "correct": false}]',
    '[]', '[]', 'faults-' || n, 'in_use', now(), now(), region_lo, org_lo
  from place, generate_series(1, $1::int) n returning id),
paper as (
  insert into exams_paper (title, quotas, minutes, pass_tenths, total_tenths, created_at,
    region_lo, org_lo)
  select '卷', '[]', 120, 600, 1000, now(), region_lo, org_lo from place returning id)
insert into exams_session (title, organ_name, paper, state, starts_at, minutes, pass_tenths,
  total_tenths, code, seed, sheet, rulings, created_at, region_lo, org_lo)
select '场', '司法局', (select id from paper), 'open', now(), 120, 600, 1000, '913457', 's',
  (select jsonb_agg(jsonb_build_object('q', id, 'tenths', 200)) from asked), '{}', now(),
  region_lo, org_lo
from place returning id
"""
SEAT = """
with place as (select region_lo, org_lo from exams_session where id = $1),
room as (
  insert into exams_room (session, name, seats, region_lo, org_lo)
  select $1, '第一考场', cardinality($2::bytea[]), region_lo, org_lo from place returning id),
wanted as (
  insert into exams_wanted (purpose, person, name, asked_at, region_lo, org_lo)
  select 'other', 0, '考生', now(), region_lo, org_lo from place returning id),
entered as (
  insert into exams_entry (session, wanted, name, purpose, room, room_name, seat, ticket, person,
    checked_in_at, region_lo, org_lo)
  select $1, (select id from wanted), '考生', 'other', (select id from room), '第一考场', n,
    'f' || lpad(n::text, 10, '0'), n, now(), region_lo, org_lo
  from place, generate_series(1, cardinality($2::bytea[])) n returning id, seat)
insert into exams_attempt (entry, session, state, epoch, token, head, done, begun_at, deadline,
  person, region_lo, org_lo)
select e.id, $1, 'sitting', 0, ($2::bytea[])[e.seat], $3, '0', now(), now() + interval '2 hours',
  e.seat, region_lo, org_lo
from place, entered e returning id, person
"""


class Seat:
    """A computer with a candidate: what he has answered, and what the server has acknowledged."""

    def __init__(self, platform: Platform, attempt: int, token: str, told: Counter[int]) -> None:
        self.attempt, self.told = attempt, told
        self.answers: list[dict[str, object]] = []
        self.acknowledged = 0
        self.http = httpx.AsyncClient(
            base_url=platform.url,
            timeout=30,
            headers={"Content-Type": "application/json"},
            cookies={"jiandu_exam": f"{attempt}.{token}"},
        )

    async def answer(self) -> None:
        """One more answer, sent with all that are not acknowledged until they are."""
        number = len(self.answers) + 1
        self.answers.append({"n": number, "q": number % QUESTIONS, "a": [f"o{1 + number % 2}"]})
        while self.acknowledged < number:
            waiting = self.answers[self.acknowledged :]
            body = json.dumps({"attempt": self.attempt, "acts": waiting})
            with suppress(httpx.HTTPError):
                answer = await self.http.post("/exams/sit/answers", content=body)
                self.told[answer.status_code] += 1
                if answer.status_code == 200:
                    self.acknowledged = number
                    return
            await asyncio.sleep(0.1)


@pytest.fixture
async def seats(platform: Platform) -> AsyncIterator[list[Seat]]:
    session = await platform.value(SESSION, QUESTIONS)
    tokens = [secrets.token_urlsafe(24) for _ in range(SEATS)]
    hashes = [hashlib.sha256(each.encode()).digest() for each in tokens]
    found = await platform.rows(SEAT, session, hashes, chain.GENESIS)
    told: Counter[int] = Counter()
    made = [Seat(platform, each["id"], tokens[each["person"] - 1], told) for each in found]
    yield made
    await asyncio.gather(*(each.http.aclose() for each in made))
    # While nobody answers, the supervisor's doorkeeper may say so; nothing is ever a fault.
    assert not [code for code in told if code not in (200, 503)], told


@pytest.mark.req("B41-5", "C7-07", "C7-09")
@pytest.mark.needs("exams")
async def test_the_web_process_is_killed_while_two_hundred_sit(
    platform: Platform, seats: list[Seat]
) -> None:
    assert len(seats) == SEATS
    await asyncio.gather(*(each.answer() for each in seats))
    before = platform.parts()["core.serve.web"]
    work = [asyncio.create_task(each.answer()) for each in seats]
    _done, waiting = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    assert waiting, "the blow falls while some have an answer and others have none"
    platform.kill("core.serve.web")
    # What had been acknowledged stands before anybody sends anything again.
    acknowledged = {each.attempt: each.acknowledged for each in seats}
    kept = {
        each["attempt"]: each["count"]
        for each in await platform.rows(
            "select attempt, count(*) from exams_act where kind = 'answer'"
            " and attempt = any($1::int8[]) group by attempt",
            list(acknowledged),
        )
    }
    assert [a for a, n in acknowledged.items() if kept[a] < n] == []
    await asyncio.gather(*work)
    for _ in range(ROUNDS - 2):
        await asyncio.gather(*(each.answer() for each in seats))
    await platform.ready()
    assert platform.parts()["core.serve.web"] != before
    for each in seats:
        acts = await platform.rows(
            "select * from exams_act where attempt = $1 order by seq", each.attempt
        )
        head = await platform.value("select head from exams_attempt where id = $1", each.attempt)
        assert [a["n"] for a in acts] == list(range(1, ROUNDS + 1))
        links = (
            (
                chain.Act(
                    a["attempt"], a["seq"], a["epoch"], a["n"], a["kind"], a["body"], a["at"]
                ),
                bytes(a["hash"]),
            )
            for a in acts
        )
        assert chain.broken_at(links, bytes(head)) == 0
