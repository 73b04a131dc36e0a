# SPDX-License-Identifier: Apache-2.0
"""Asks a gate's checks and keeps what they answered, written once for all gates.

``decide`` fails closed: a check that raises, is late or answers nonsense counts as an objection.
``advise`` fails open, visibly: such a plugin is listed as ``unavailable``. Checks see the whole
country, since an officer's complaint may lie with another organ, but inside a read-only savepoint
that is always rolled back; what they bring back are codes and sentences, and a page links an
object only for who may open it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from core import db
from core.api.plugin import Blocker, Gate, GateCheck, SubjectRef
from core.host.enabling import is_enabled
from core.host.errors import failure_text
from core.host.registry import Registry, current
from core.observing import note

log = logging.getLogger("jiandu.gates")

STATEMENT_MS = 200
CHECK_SECONDS = 0.3

CHECK_FAILED = "check_failed"


class UnknownGate(LookupError):
    """No loaded plugin declares this gate."""


class _AlwaysRollBack(Exception):
    """Not an error, but the way out of the savepoint."""


@dataclass(frozen=True)
class Verdict:
    """What a gate answered, and on what basis: stored with the act it allowed or stopped."""

    gate: str
    on_date: date
    blockers: Mapping[SubjectRef, tuple[Blocker, ...]]
    """Only subjects somebody objected to."""
    asked: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    """Expected to have a say, but not installed, not enabled here, or without a check."""
    objected: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()
    """Asked, but without an answer."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """All of this as primitives, for the payload of a fact."""

    def passed(self, ref: SubjectRef) -> bool:
        """Whether nobody objects to ``ref``."""
        return not self.blockers.get(ref)

    @property
    def all_passed(self) -> bool:
        return not self.blockers

    @property
    def sentences(self) -> tuple[str, ...]:
        """All objections as sentences, for ``Refused``."""
        return tuple(each.text for blockers in self.blockers.values() for each in blockers)


async def decide(
    gate: str,
    subjects: Sequence[SubjectRef],
    on_date: date,
    draft: Mapping[str, Any] | None = None,
) -> Verdict:
    """May this be done to ``subjects`` on ``on_date``? Doubt counts as no.

    Lock the subjects before asking, so that nobody changes the answer between it and the act.
    """
    return await _ask_all(gate, subjects, on_date, draft, fail_closed=True)


async def advise(
    gate: str,
    subjects: Sequence[SubjectRef],
    on_date: date,
    draft: Mapping[str, Any] | None,
) -> Verdict:
    """What would be objected to if ``draft`` were done? Stops nothing, not even when it fails."""
    return await _ask_all(gate, subjects, on_date, draft, fail_closed=False)


async def _ask_all(
    key: str,
    subjects: Sequence[SubjectRef],
    on_date: date,
    draft: Mapping[str, Any] | None,
    *,
    fail_closed: bool,
) -> Verdict:
    registry = current()
    gate = registry.gates.get(key)
    if gate is None:
        raise UnknownGate(f"no plugin declares the gate {key!r}")
    wanted = tuple(dict.fromkeys(subjects))
    for ref in wanted:
        if ref.kind != gate.subject_kind:
            raise ValueError(f"{key} is asked about {gate.subject_kind}, not {ref.kind}")
    checks, silent = await _present(registry, gate)
    blockers: dict[SubjectRef, list[Blocker]] = {}
    objected: list[str] = []
    unavailable: list[str] = []
    for plugin, check in checks if wanted else ():
        try:
            answer = await _ask(check, wanted, on_date, draft)
        except Exception as error:  # noqa: BLE001 - the policy of this module
            log.warning("gate %s: plugin %r gave no answer: %s", key, plugin, failure_text(error))
            unavailable.append(plugin)
            if not fail_closed:
                continue
            answer = {ref: (_unverified(registry, plugin, error),) for ref in wanted}
        if answer:
            objected.append(plugin)
        for ref, found in answer.items():
            blockers.setdefault(ref, []).extend(found)
    asked = tuple(plugin for plugin, _check in checks)
    frozen = {ref: tuple(found) for ref, found in blockers.items()}
    return Verdict(
        key,
        on_date,
        frozen,
        asked,
        silent,
        tuple(objected),
        tuple(unavailable),
        _evidence(key, on_date, wanted, frozen, asked, silent, objected, unavailable),
    )


async def _present(
    registry: Registry, gate: Gate
) -> tuple[list[tuple[str, GateCheck]], tuple[str, ...]]:
    """The checks to ask here, and the expected plugins that will say nothing."""
    region = db.current_scope().region
    here = 0 if region.empty else region.lo
    checks = []
    for check in registry.checks(gate.key):
        plugin = registry.plugin_of(check)
        if await is_enabled(plugin, here, registry=registry):
            checks.append((plugin, check))
    names = {plugin for plugin, _check in checks}
    absent = [
        registry.plugin_of(check)
        for check in registry.checks(gate.key)
        if registry.plugin_of(check) not in names
    ]
    expected = [name for name in gate.expects if name not in names]
    return checks, tuple(dict.fromkeys([*expected, *absent]))


@asynccontextmanager
async def _whole_country() -> AsyncIterator[None]:
    scope = db.current_scope()
    writes = scope.writes
    wide = db.Scope(
        db.EVERYTHING,
        db.EVERYTHING,
        scope.person,
        write_region=writes[0],
        write_organisation=writes[1],
        actor=scope.actor,
        reason="gate checks see the whole country",
    )
    try:
        async with db.transaction(wide):
            await db.execute(
                f"set local transaction_read_only = on;set local statement_timeout = {STATEMENT_MS}"
            )
            yield
            # Always: it undoes settings and read-only as well, whatever the check did.
            raise _AlwaysRollBack  # noqa: TRY301
    except _AlwaysRollBack:
        pass


async def _ask(
    check: GateCheck,
    subjects: tuple[SubjectRef, ...],
    on_date: date,
    draft: Mapping[str, Any] | None,
) -> dict[SubjectRef, tuple[Blocker, ...]]:
    answer: Any = None
    async with _whole_country():
        async with asyncio.timeout(CHECK_SECONDS):
            note("gate_checks", current().plugin_of(check), check.gate)
            answer = await check.check(subjects, on_date, draft)
        # A check that swallowed an SQL error has seen less than it thinks: this then raises.
        await db.execute("select 1")
    if not isinstance(answer, Mapping):
        raise TypeError(f"a check returns a mapping, not {type(answer).__name__}")
    found: dict[SubjectRef, tuple[Blocker, ...]] = {}
    for ref, blockers in answer.items():
        if ref not in subjects:
            raise ValueError(f"{ref} was not asked about")
        if not all(isinstance(each, Blocker) for each in blockers):
            raise TypeError("a check answers with blockers")
        if blockers:
            found[ref] = tuple(blockers)
    return found


def _unverified(registry: Registry, plugin: str, error: BaseException) -> Blocker:
    title = registry.plugins[plugin].title
    return Blocker(
        CHECK_FAILED,
        f"“{title}”未能核验，暂按不通过处理，请稍后再试。",
        None,
        {"plugin": plugin, "error": type(error).__name__},
    )


def _evidence(
    gate: str,
    on_date: date,
    subjects: tuple[SubjectRef, ...],
    blockers: Mapping[SubjectRef, tuple[Blocker, ...]],
    asked: Sequence[str],
    silent: Sequence[str],
    objected: Sequence[str],
    unavailable: Sequence[str],
) -> Mapping[str, Any]:
    found = [
        {
            "subject": [ref.kind, ref.id],
            "code": each.code,
            "text": each.text,
            "about": [each.subject.kind, each.subject.id] if each.subject else None,
            "detail": dict(each.detail),
        }
        for ref, all_of_it in blockers.items()
        for each in all_of_it
    ]
    evidence: dict[str, Any] = msgspec.to_builtins(
        {
            "gate": gate,
            "on": on_date,
            "subjects": [[ref.kind, ref.id] for ref in subjects],
            "asked": list(asked),
            "silent": list(silent),
            "objected": list(objected),
            "unavailable": list(unavailable),
            "blockers": found,
        }
    )
    return evidence
