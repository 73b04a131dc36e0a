# SPDX-License-Identifier: Apache-2.0
"""What a plugin declares: one frozen dataclass per extension point of the host.

Every hook is synchronous, takes no argument, is called once at start and returns a list of
these. Behaviour travels as async callables inside them; the registry calls those later by key,
with region filtering, timing, error policy and audit in one place.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pluggy

if TYPE_CHECKING:
    from core.db import Scope

hookimpl = pluggy.HookimplMarker("jiandu")


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """Points at an object of any plugin: a subject kind (``cases.case``) and its id."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row belongs: the ``lo`` of its region and of its organisation (0 = none)."""

    region_lo: int
    org_lo: int = 0


@dataclass(frozen=True)
class Manifest:
    """Who a plugin is. ``MANIFEST`` in ``plugin.py``; read by discovery and the plugins page."""

    name: str
    title: str
    version: str
    summary: str = ""
    core: str = ">=0.1,<1"
    scope: Literal["region", "platform"] = "region"
    after: tuple[str, ...] = ()
    """Soft order only: sorts menus and demo steps, never a dependency."""


@dataclass(frozen=True)
class Permission:
    """A right. ``grants_to`` names the roles that hold it by default (data afterwards)."""

    key: str
    title: str
    grants_to: tuple[str, ...] = ()
    sensitive: bool = False


@dataclass(frozen=True)
class NavItem:
    """An entry of the main menu, shown to who holds ``permission`` where the plugin is on.

    ``badge`` counts open work by the same query as the page it stands beside.
    """

    title: str
    path: str
    permission: str
    section: str
    icon: str
    weight: int = 100
    badge: "Callable[[Scope], Awaitable[int]] | None" = None
    for_public: bool = False
    """Stands on the sign-in page instead, for people without an account; the route is public."""
    phone: Literal["", "bench", "assist", "me", "tab"] = ""
    """Where it stands for roles that reach only themselves, who use the phone shell: a tile of the
    work bench, a row of 辅助监督, a row of 我的 (``tab`` is the core's own). Such roles do not see
    it without one of these."""
    note: "Callable[[Scope], Awaitable[str]] | None" = None
    """A few words at the end of the row on the phone: 已发证."""
    covers: tuple[str, ...] = ()
    """Further paths whose pages stand under this entry, when they do not begin with its own."""


@dataclass(frozen=True)
class Card:
    """A card of the home page or the dashboard; ``path`` is a partial of the plugin's own route."""

    key: str
    title: str
    permission: str
    path: str
    weight: int = 100
    size: Literal["main", "side"] = "side"


@dataclass(frozen=True)
class Panel:
    """A part of somebody else's detail page; ``path`` holds ``{id}`` of the subject."""

    key: str
    subject_kind: str
    title: str
    permission: str
    path: str
    weight: int = 100


@dataclass(frozen=True, slots=True)
class SubjectLabel:
    """How to name an object one does not own: the words and the page (``""`` = none)."""

    title: str
    path: str = ""
    detail: str = ""
    person: int = 0
    """Whom it stands for (``core_person.id``), where it stands for a person."""


@dataclass(frozen=True)
class SubjectKind:
    """Announces a kind of object, how to name it, find it and resolve a scanned code to it."""

    key: str
    title: str
    describe: "Callable[[int, Scope], Awaitable[SubjectLabel | None]]"
    search: "Callable[[str, Scope], Awaitable[Sequence[SubjectLabel]]] | None" = None
    resolve: Callable[[str], Awaitable[SubjectRef | None]] | None = None
    permission: str = ""
    """Who may find such objects by search; empty = whoever may open their page."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One recorded act, as it is handed to handlers and read from the history."""

    id: int
    kind: str
    subject: SubjectRef
    payload: Mapping[str, Any]
    place: Place
    actor: int
    """The user who acted; 0 = the platform itself (a clock, a job)."""
    at: datetime
    """When the act happened; for late entries earlier than ``recorded_at``."""
    recorded_at: datetime


@dataclass(frozen=True)
class FactKind:
    """A kind of act: its audit sentence and the Struct its payload must fit.

    ``text`` is a ``str.format_map`` template over the payload, for the audit page.
    ``broadcast`` facts are delivered to subscribers; others are audit only.
    """

    key: str
    title: str
    text: str
    payload: type[msgspec.Struct]
    broadcast: bool = True


@dataclass(frozen=True)
class FactHandler:
    """Reacts to others' facts; idempotent, since delivery is at least once.

    ``eager`` handlers run inside the recording transaction, in a savepoint with a time limit,
    so that whoever submits sees the effect at once; a failing one is repeated by the worker.
    ``locks`` names the subjects core locks, sorted, before the first handler runs.
    """

    kind: str
    handle: Callable[[Fact], Awaitable[None]]
    eager: bool = False
    locks: Callable[[Fact], Sequence[SubjectRef]] = lambda _fact: ()


@dataclass(frozen=True)
class Gate:
    """A question the owner asks before an act, and anyone may answer with an objection.

    ``decide`` gates fail closed; ``advise`` gates take a draft and fail open, visibly.
    ``expects`` names plugins whose silence must be recorded.
    """

    key: str
    title: str
    subject_kind: str
    mode: Literal["decide", "advise"] = "decide"
    expects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocker:
    """One objection: a stable code, one plain sentence, and what it is about."""

    code: str
    text: str
    subject: SubjectRef | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GateCheck:
    """Answers a gate: for many subjects at once and a date, who is blocked and why.

    Subjects without an entry are not objected to. Runs under a whole-country read scope in a
    savepoint that is always rolled back; it cannot write and must not lock.
    """

    gate: str
    check: Callable[
        [Sequence[SubjectRef], date, Mapping[str, Any] | None],
        Awaitable[Mapping[SubjectRef, Sequence[Blocker]]],
    ]


@dataclass(frozen=True)
class Job:
    """Background work, idempotent; enqueued through ``core.api.jobs.enqueue``."""

    name: str
    run: Callable[[Mapping[str, Any]], Awaitable[None]]
    timeout: timedelta = timedelta(minutes=5)
    tries: int = 5
    scope: Literal["region", "platform"] = "region"
    reason: str = ""
    """Why a platform-wide job may leave its region's scope."""


@dataclass(frozen=True)
class Cron:
    """Work that falls due again and again: every ``every``, or daily at ``at`` Beijing time."""

    name: str
    run: Callable[[Mapping[str, Any]], Awaitable[None]]
    every: timedelta | None = None
    at: str = ""
    per_region: bool = False
    timeout: timedelta = timedelta(minutes=5)
    reason: str = ""


@dataclass(frozen=True)
class MessageKind:
    """A kind of message: ``title`` and ``text`` are ``str.format_map`` templates over params."""

    key: str
    title: str
    text: str
    channels: tuple[str, ...] = ("inbox",)
    may_mute: bool = True


@dataclass(frozen=True)
class DemoStep:
    """A step of the demo data, through services only, repeatable; lower ``order`` runs first."""

    order: int
    title: str
    run: Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class ExtensionPoint:
    """A seam a plugin opens for others; contributions must fit ``struct``."""

    key: str
    title: str
    struct: type
    docs: str = ""


@dataclass(frozen=True)
class Contribution:
    """Something brought to another plugin's extension point, checked by the owner's type."""

    point: str
    key: str
    value: Mapping[str, Any]


@dataclass(frozen=True)
class Action:
    """A button on another plugin's row, selection or page, leading to one's own route.

    ``path`` receives the chosen ids as repeated query parameter ``id``.
    """

    key: str
    subject_kind: str
    title: str
    permission: str
    path: str
    icon: str = ""
    many: bool = False
    weight: int = 100


@dataclass(frozen=True)
class Metric:
    """A number with its definition, measured for a scope and a period, and where its rows are."""

    key: str
    title: str
    definition: str
    measure: "Callable[[Scope, tuple[date, date]], Awaitable[int]]"
    rows_path: str = ""
    per_unit: bool = False
    """The rows stand at the unit they are about, so the number may be asked for a single unit."""


@dataclass(frozen=True)
class Retention:
    """Rows of one's own that only help for a while; the platform deletes them after their time.

    ``condition`` is SQL over ``table``; ``$1`` is the moment before which rows are over. What
    proves something (facts, cases, decisions) is never declared: it is kept for good. The office
    may lengthen ``days``, never below ``minimum``, and suspend the deletion; every night's number
    is recorded. The worker needs the right to delete from the table.
    """

    key: str
    title: str
    why: str
    """Why so long and not longer or shorter, with the article where a law says it."""
    table: str
    condition: str
    days: int
    minimum: int = 1
