# SPDX-License-Identifier: Apache-2.0
"""A case in the hands of its people: what they do, and how long they take for it."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random

from core.api import clock
from core.api.access import Visitor
from core.api.db import Scope, row, rows, transaction, value
from core.api.demo import DemoContext, Story
from core.api.errors import Conflict, Invalid, Refused
from core.api.files import Received, again
from plugins.cases.demo.papers import Cabinet
from plugins.cases.demo.words import Town
from plugins.cases.rules.definition import Definition, read_definition
from plugins.cases.rules.documents import Delivery
from plugins.cases.rules.execution import Part
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import (
    Actor,
    Choice,
    Issuing,
    Opening,
    PaymentEntry,
    Posting,
    Stopped,
    add_archive_note,
    approve_instalments,
    authorise_officers,
    extend_deadline,
    issue_document,
    open_case,
    record_service,
    resume_case,
    roll_back,
    sign_step,
    submit_step,
    suspend_case,
    transfer_case,
    void_evidence,
)
from plugins.cases.services.payments import write_payment
from plugins.cases.services.records import bind_evidence

log = logging.getLogger("jiandu.seed")

SCOPE = Scope.platform("demo data: where the cases of both prefectures stand")
OPENS, CLOSES = time(8, 40), time(17, 40)


@dataclass(frozen=True)
class Item:
    """A power item of a body, as of today."""

    version: int
    title: str
    definition: Definition

    def tier(self, key: str) -> tuple[int, int]:
        """The range of a discretion tier in 分."""
        found = next(t for s in self.definition.standards for t in s.tiers if t.key == key)
        return int(found.min or 0), int(found.max or 0)


@dataclass(frozen=True)
class Team:
    """Who handles cases together, and who approves what they do."""

    lead: Visitor
    pair: tuple[int, ...]
    """Person ids, the leading one first."""
    approver: Visitor | None = None
    second: Visitor | None = None
    """Who helps, where he has an account of his own to sign with."""


@dataclass
class Handling:
    """One case from its first to its last day."""

    context: DemoContext
    cabinet: Cabinet
    chance: Random
    town: Town
    team: Team
    item: Item
    start: datetime
    title: str
    source: str
    party: PartyDraft
    source_note: str = ""
    case: int = 0
    seen: list[str] = field(default_factory=list)

    # -- time ----------------------------------------------------------------------------------

    def soon(self) -> datetime:
        """Within the same day, or the next morning."""
        return self.at_work(clock.now() + timedelta(minutes=self.chance.randint(12, 75)))

    def after(self, low: int, high: int) -> datetime:
        """Some working days from now, at an hour of work; with 0 the same day."""
        days = self.chance.randint(low, high)
        if days == 0:
            return self.soon()
        day = self.context.workday(clock.today(), days)
        return self.on(day)

    def on(self, day: date) -> datetime:
        """An hour of work on a day."""
        minutes = self.chance.randint(0, 520)
        opened = datetime.combine(day, OPENS, clock.SHANGHAI)
        return opened + timedelta(minutes=minutes)

    def at_work(self, moment: datetime) -> datetime:
        """``moment`` itself within the hours of work, else the next morning of work."""
        here = clock.local(moment)
        if OPENS <= here.time() <= CLOSES and self.context.is_workday(here.date()):
            return moment
        day = here.date() + timedelta(days=int(here.time() > CLOSES))
        return self.on(self.context.workday(day)) if day != here.date() else moment

    # -- people --------------------------------------------------------------------------------

    def who(self, by: str) -> Actor:
        """The actor: ``lead``, ``second`` or ``approver``."""
        others = {"approver": self.team.approver, "second": self.team.second}
        visitor = others.get(by)
        return Actor.of(visitor or self.team.lead)

    # -- acts ----------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the case; a later case of the same party is opened knowingly."""
        async with transaction(SCOPE):
            # The item may have been revised since the year was planned.
            current = await value(
                "select n.id from cases_item_version o join cases_item_version n"
                " on n.item = o.item and n.current where o.id = $1",
                self.item.version,
            )
        self.case = await open_case(
            self.who("lead"),
            Opening(
                current,
                self.title,
                self.source,
                self.source_note,
                self.party,
                officers=tuple(Choice(p) for p in self.team.pair),
                same_party_confirmed=True,
            ),
        )

    async def place(self) -> tuple[int, int, str]:
        """The open visit: its id, its version, its step."""
        async with transaction(SCOPE):
            found = await row(
                "select id, version, step from cases_visit where case_id = $1 and state = 'open'",
                self.case,
            )
        assert found is not None, f"{self.title}: nothing is open"
        return found["id"], found["version"], found["step"]

    def filled(self, raw: Mapping[str, str | list[str]]) -> dict[str, str | list[str]]:
        """The form as typed: ``{today}`` and ``{before}`` (two days ago) as dates."""
        today = clock.today()
        dates = {
            "{today}": today.isoformat(),
            "{before}": (today - timedelta(days=2)).isoformat(),
            "{week}": (today - timedelta(days=7)).isoformat(),
        }
        return {k: dates.get(v, v) if isinstance(v, str) else v for k, v in raw.items()}

    async def submit(
        self,
        raw: Mapping[str, str | list[str]],
        papers: Mapping[str, Sequence[Received]],
        by: str = "lead",
        officers: Sequence[int] = (),
    ) -> None:
        """Upload what belongs to the step and submit it."""
        actor = self.who(by)
        visit, version, _step = await self.place()
        now = clock.now()
        for control, received in papers.items():
            if received:
                with clock.frozen(now - timedelta(minutes=self.chance.randint(3, 11))):
                    stored = [await again(each) for each in received]
                    await bind_evidence(actor, self.case, visit, control, stored)
        await submit_step(
            actor,
            self.case,
            Posting(
                visit,
                version,
                self.filled(raw),
                officers=tuple(Choice(p) for p in officers),
            ),
        )

    async def try_submit(self, raw: Mapping[str, str | list[str]]) -> None:
        """Submit what the law does not allow; the refusal stays in the record."""
        try:
            await self.submit(raw, {})
        except Stopped:
            return
        raise AssertionError(f"{self.title}: this should have been refused")

    async def evidence_of(self, control: str) -> list[int]:
        """The valid pieces of a control of the open visit."""
        visit, _version, _step = await self.place()
        async with transaction(SCOPE):
            found = await rows(
                "select id from cases_evidence where visit = $1 and control = $2"
                " and voided_at is null order by id",
                visit,
                control,
            )
        return [int(each["id"]) for each in found]


@dataclass(frozen=True)
class Move:
    """Something done in a case some working days after the move before."""

    low: int
    high: int
    act: Callable[[Handling], Awaitable[None]]
    step: str = ""
    """The step it submits, for those who change a course afterwards."""
    papers: Mapping[str, Sequence[Received]] = field(default_factory=dict)
    raw: Mapping[str, str | list[str]] = field(default_factory=dict)
    by: str = "lead"
    officers: Sequence[int] = ()
    vouchers: Sequence[Received] = ()

    def waits(self, low: int, high: int) -> "Move":
        """The same after another time."""
        return replace(self, low=low, high=high)

    def says(self, **raw: str | list[str]) -> "Move":
        """The same with other entries."""
        return replace(self, raw={**self.raw, **raw})

    def without(self, *controls: str) -> "Move":
        """The same without these papers."""
        return replace(self, papers={k: v for k, v in self.papers.items() if k not in controls})


async def _submit_itself(_h: Handling) -> None:
    raise AssertionError("played by live()")


def submits(
    step: str,
    wait: tuple[int, int],
    raw: Mapping[str, str | list[str]],
    papers: Mapping[str, Sequence[Received]] | None = None,
    *,
    by: str = "lead",
    officers: Sequence[int] = (),
) -> Move:
    """The submission of a step."""
    return Move(*wait, _submit_itself, step, papers or {}, raw, by, officers)


def suspends(wait: tuple[int, int], ground: str, reason: str) -> Move:
    """The approver stops the clocks."""
    return Move(*wait, lambda h: suspend_case(h.who("approver"), h.case, ground, reason))


def resumes(wait: tuple[int, int], reason: str) -> Move:
    """The handler lets the clocks run on."""
    return Move(*wait, lambda h: resume_case(h.who("lead"), h.case, reason))


def extends(wait: tuple[int, int], days: int, reason: str, which: str = "stage") -> Move:
    """The approver gives more days."""

    async def act(h: Handling) -> None:
        await extend_deadline(
            h.who("approver"),
            h.case,
            "step" if which == "step" else "stage",
            days,
            "working" if h.item.definition.power_class == "licence" else "calendar",
            reason,
        )

    return Move(*wait, act)


def goes_back(wait: tuple[int, int], to: str, reason: str, *, by: str = "approver") -> Move:
    """The case goes back to an earlier step."""
    return Move(*wait, lambda h: roll_back(h.who(by), h.case, to, reason))


def signs(wait: tuple[int, int], by: str, agrees: bool, opinion: str = "") -> Move:
    """An officer signs a joint step (会签)."""
    return Move(*wait, lambda h: sign_step(h.who(by), h.case, agrees, opinion))


def voids(wait: tuple[int, int], control: str, leave: int, reason: str) -> Move:
    """Evidence is declared void until ``leave`` pieces are left."""

    async def act(h: Handling) -> None:
        for piece in (await h.evidence_of(control))[leave:]:
            await void_evidence(h.who("lead"), h.case, piece, reason)

    return Move(*wait, act)


def pays(
    wait: tuple[int, int],
    amount: int,
    vouchers: Sequence[Received],
    kind: str = "payment",
    note: str = "",
) -> Move:
    """Money comes in and is entered, with or without its voucher."""

    async def act(h: Handling) -> None:
        await write_payment(
            h.who("lead"),
            h.case,
            PaymentEntry(kind, amount, clock.today(), note),
            [await again(each) for each in vouchers],
        )

    return Move(*wait, act, vouchers=vouchers)


def in_parts(wait: tuple[int, int], amount: int, parts: int, reason: str) -> Move:
    """The approver lets the fine be paid in parts, a month apart."""

    async def act(h: Handling) -> None:
        each = amount // parts
        plan = [
            Part(
                each if n else amount - each * (parts - 1),
                clock.today() + timedelta(days=20 + 30 * n),
            )
            for n in range(parts)
        ]
        await approve_instalments(h.who("approver"), h.case, plan, reason)

    return Move(*wait, act)


def is_stopped(wait: tuple[int, int], raw: Mapping[str, str | list[str]]) -> Move:
    """Somebody tries what the law forbids."""
    return Move(*wait, lambda h: h.try_submit(raw))


def authorises(wait: tuple[int, int], step: str, officers: Sequence[int]) -> Move:
    """The handler names who shall handle a step."""

    async def act(h: Handling) -> None:
        choices = [Choice(p) for p in officers]
        await authorise_officers(h.who("lead"), h.case, step, choices)

    return Move(*wait, act)


def transfers(wait: tuple[int, int], to: int, reason: str) -> Move:
    """The case goes to a colleague."""

    async def act(h: Handling) -> None:
        await transfer_case(h.who("approver"), h.case, to, clock.today(), reason)

    return Move(*wait, act)


def notes(wait: tuple[int, int], text: str) -> Move:
    """A note in the file of the closed case."""
    return Move(*wait, lambda h: add_archive_note(h.who("lead"), h.case, text))


async def live(h: Handling, moves: Sequence[Move]) -> Story:
    """The life of a case: opened, then move after move, each in its own time."""
    yield h.start
    await h.open()
    for move in moves:
        moment = h.after(move.low, move.high)
        yield moment
        try:
            if move.step:
                await h.submit(move.raw, move.papers, move.by, move.officers)
            else:
                await move.act(h)
        except (Refused, Invalid, Conflict) as error:
            # The platform knows the rules better than a story does; the case stands where it is.
            log.warning("demo: %s stops at %s: %s", h.title, move.step or "an act", error)
            return


async def current_items(items: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], Item]:
    """The current version of every entered item."""
    async with transaction(SCOPE):
        found = await rows(
            "select id, item, title, definition from cases_item_version where current"
        )
    by_item = {
        r["item"]: Item(int(r["id"]), r["title"], read_definition(r["definition"])) for r in found
    }
    return {key: by_item[item] for key, item in items.items() if item in by_item}


def issues(wait: tuple[int, int], key: str, *, served: bool = False) -> Move:
    """A document is issued, and handed to the party on the spot."""

    async def act(h: Handling) -> None:
        made = await issue_document(
            h.who("lead"), h.case, key, Issuing(blanks_confirmed=True, token=f"demo:{h.case}:{key}")
        )
        if served:
            await record_service(
                h.who("lead"),
                h.case,
                made,
                Delivery(
                    "direct", clock.today(), recipient="李建军", relation="经营者", place="经营场所"
                ),
                token=f"demo:{h.case}:{key}:served",
            )

    return Move(*wait, act)
