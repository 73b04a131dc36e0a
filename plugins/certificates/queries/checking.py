# SPDX-License-Identifier: Apache-2.0
"""What anybody may read of a card, and that somebody did."""

from datetime import date, datetime
from typing import Any

from core.api.db import Scope, literal, one_statement, row, rows, value
from plugins.certificates.rules import Card, Period

LOOK = Scope.platform("anybody checks one card by its code or number; that it was asked is counted")
MOST = 5
"""Namesakes in one unit are shown together; more would be a list of officers."""

_FIELDS = """c.id, c.person, c.token, c.number, c.kind, c.holder_name, c.unit_name, c.region_name,
  c.category, c.powers, c.photo, c.valid_from, c.valid_until, c.inspection_due, c.region_lo,
  c.org_lo, p.state, p.since, p.until, w.before as former, w.until as former_until"""

_PERIOD = """left join lateral (
    select state, since, until from certificates_period
    where certificate = c.id and since <= $2 order by since desc, id desc limit 1) p on true
  left join lateral (
    select before, until from certificates_face_name
    where certificate = c.id order by id desc limit 1) w on true"""

_RESULT = """case when valid_until < $2 then 'expired' when state <> 'valid' then state
  when inspection_due < $2 then 'not_inspected' else coalesce(state, 'not_yet') end"""


def _asked(condition: str, way: str) -> str:
    """One statement: the cards, and one line in the log for each."""
    return f"""with found as (
      select {_FIELDS} from certificates_certificate c {_PERIOD}
      where c.published and {condition}
      order by c.valid_until desc, c.id desc limit {MOST}),
    logged as (
      insert into certificates_scan (certificate, at, way, result, region_lo, org_lo)
      select id, $3, '{way}', {_RESULT}, region_lo, org_lo from found)
    select * from found"""


_BY_CODE = _asked("c.token = $1", "code")
_BY_NUMBER = _asked("c.number = $1", "number")
_BY_NAME = _asked("c.holder_name = $1 and c.unit_name ilike $4", "name")


async def check_code(code: str, today: date, moment: datetime) -> dict[str, Any] | None:
    """The card behind the code in the address, and a line in the scan log, committed with it."""
    return await one_statement(LOOK, _BY_CODE, code, today, moment)


async def check_number(number: str, today: date, moment: datetime) -> list[dict[str, Any]]:
    """The card of a number somebody read off or was told."""
    return await rows(_BY_NUMBER, number, today, moment)


async def check_name(name: str, unit: str, today: date, moment: datetime) -> list[dict[str, Any]]:
    """The cards of a name within the units whose name contains ``unit``."""
    return await rows(_BY_NAME, name, today, moment, f"%{literal(unit)}%")


async def public_certificate(token: str) -> dict[str, Any] | None:
    """The published certificate behind an opaque code, without a trace."""
    return await row(
        """select c.id, c.number, c.unit_name, s.token as signed from certificates_certificate c
           left join certificates_signed s on s.certificate = c.id
           where c.token = $1 and c.published""",
        token,
    )


async def public_photo(token: str) -> int | None:
    """The photo of the card behind an opaque code."""
    found: int | None = await value(
        "select photo from certificates_certificate where token = $1 and published", token
    )
    return found


def as_card(certificate: dict[str, Any]) -> Card:
    """A row of ``check_…`` as a card the rules can judge."""
    periods: tuple[Period, ...] = ()
    if certificate["state"] is not None:
        periods = (Period(certificate["state"], certificate["since"], certificate["until"]),)
    return Card(
        certificate["id"],
        certificate["number"],
        certificate["valid_from"],
        certificate["valid_until"],
        certificate["inspection_due"],
        periods,
    )


async def newest_list() -> dict[str, Any] | None:
    """The status list that is given out now."""
    return await row(
        "select body, digest, built_at from certificates_status_list order by id desc limit 1"
    )


async def own_keys() -> list[dict[str, Any]]:
    """The platform's roots and keys that are still trusted."""
    return await rows(
        """select use, algorithm, public, name, statement from certificates_key
           where withdrawn_at is null order by id"""
    )


async def foreign_files() -> list[str]:
    """The trust files of other provinces that are believed here."""
    return [
        each["content"]
        for each in await rows(
            "select content from certificates_trust where removed_at is null order by id"
        )
    ]
