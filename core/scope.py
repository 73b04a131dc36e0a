# SPDX-License-Identifier: Apache-2.0
"""Scope: what part of the region tree and of the organisation tree somebody sees and changes.

A region (and likewise an organisation) owns an interval of numbers that contains the intervals
of everything below it. A scoped row carries the ``lo`` of its region and of its organisation, so
"is it inside my part of the tree" is one comparison, for the query and for row-level security.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

from core.api.plugin import Place
from core.intervals import REGIONS, Interval

EVERYTHING = Interval(0, 2**62)
NOTHING = Interval(1, 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """The three parts of a scope (region, organisation, own person), and who acts under it.

    The write intervals are separate, so that widening what is read never widens what may be
    changed; left out, they equal the read intervals.
    """

    region: Interval
    organisation: Interval
    person: int = 0
    write_region: Interval | None = None
    write_organisation: Interval | None = None
    actor: int = 0
    reason: str = ""
    """Why a platform-wide scope was taken; empty for everybody else."""

    @classmethod
    def nothing(cls) -> Self:
        """Sees no scoped row at all; what a forgotten scope amounts to."""
        return cls(NOTHING, NOTHING)

    @classmethod
    def public(cls) -> Self:
        """A visitor without a session: published rows of ``Public`` tables only."""
        return cls(NOTHING, NOTHING)

    @classmethod
    def platform(cls, reason: str, *, actor: int = 0) -> Self:
        """The whole country, for work of the platform itself; ``reason`` is mandatory."""
        if not reason.strip():
            raise ValueError("a platform-wide scope needs a reason")
        return cls(EVERYTHING, EVERYTHING, actor=actor, reason=reason)

    @classmethod
    def of_place(
        cls, place: Place, region_hi: int | None = None, *, reason: str = "", actor: int = 0
    ) -> Self:
        """The region a fact or a job belongs to, with every organisation in it."""
        region = REGIONS.interval(place.region_lo)
        if region_hi is not None:
            region = Interval(place.region_lo, region_hi)
        return cls(region, EVERYTHING, actor=actor, reason=reason)

    @property
    def writes(self) -> tuple[Interval, Interval]:
        """The intervals of region and organisation in which rows may be changed."""
        return (
            self.region if self.write_region is None else self.write_region,
            self.organisation if self.write_organisation is None else self.write_organisation,
        )

    def read_only(self) -> Self:
        """The same view with nothing to write."""
        return replace(self, write_region=NOTHING, write_organisation=NOTHING)

    def sees(self, place: Place) -> bool:
        """Whether an ``Owned`` row at ``place`` is visible."""
        return place.region_lo in self.region and place.org_lo in self.organisation

    def may_write(self, place: Place) -> bool:
        """Whether an ``Owned`` row at ``place`` may be written."""
        region, organisation = self.writes
        return place.region_lo in region and place.org_lo in organisation

    def settings(self) -> tuple[tuple[str, int], ...]:
        """The nine connection settings the policies read."""
        region, organisation = self.writes
        return (
            ("j.rlo", self.region.lo),
            ("j.rhi", self.region.hi),
            ("j.olo", self.organisation.lo),
            ("j.ohi", self.organisation.hi),
            ("j.me", self.person),
            ("j.wrlo", region.lo),
            ("j.wrhi", region.hi),
            ("j.wolo", organisation.lo),
            ("j.wohi", organisation.hi),
        )

    def sql(self, role: str) -> str:
        """One statement that sets role and scope until the end of the transaction."""
        return _scope_sql(self, role)


@lru_cache(maxsize=2048)
def _scope_sql(scope: Scope, role: str) -> str:
    # Only integers and a checked role name are put into the text: no value of a user.
    settings = ",".join(f"set_config('{name}','{int(n)}',true)" for name, n in scope.settings())
    return f"SET LOCAL role={role};SELECT {settings}" if role else f"SELECT {settings}"


def scope_conditions(scope: Scope, alias: str = "", start: int = 1) -> tuple[str, list[int]]:
    """The scope as a query filter: SQL with ``$start…`` and its arguments.

    Policies alone are not enough: a statement is planned well only when the interval arrives as
    bound parameters, and with ``=`` where the interval is a single number.
    """
    parts: list[str] = []
    args: list[int] = []
    prefix = f"{alias}." if alias else ""
    for column, interval in (("region_lo", scope.region), ("org_lo", scope.organisation)):
        at = start + len(args)
        if interval.lo == interval.hi:
            parts.append(f"{prefix}{column} = ${at}::int8")
            args.append(interval.lo)
        elif interval != EVERYTHING:
            parts.append(f"{prefix}{column} between ${at}::int8 and ${at + 1}::int8")
            args.extend((interval.lo, interval.hi))
    if not parts:
        # Two parameters keep the statement from being planned once for all scopes.
        parts.append(f"{prefix}region_lo between ${start}::int8 and ${start + 1}::int8")
        args.extend((EVERYTHING.lo, EVERYTHING.hi))
    return " and ".join(parts), args


def published_conditions(scope: Scope, alias: str = "", start: int = 1) -> tuple[str, list[int]]:
    """The same for ``Published`` rows: inside the scope, or meant for a region it lies in."""
    sql, args = scope_conditions(scope, alias, start)
    if scope.region.empty:
        return f"({sql})", args
    prefix = f"{alias}." if alias else ""
    at = start + len(args)
    meant = f"{prefix}aud_lo <= ${at}::int8 and {prefix}aud_hi >= ${at + 1}::int8"
    return f"(({sql}) or ({meant}))", [*args, scope.region.lo, scope.region.hi]
