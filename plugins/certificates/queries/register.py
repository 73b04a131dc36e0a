# SPDX-License-Identifier: Apache-2.0
"""Reading the officer register and the cards."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.certificates.rules import STATES, Card, Period

NEWEST_CARD = """left join lateral (
    select c.* from certificates_certificate c where c.officer = o.id
    order by c.valid_until desc, c.id desc limit 1) c on true
  left join lateral (
    select p.state, p.since from certificates_period p where p.certificate = c.id
    order by p.since desc, p.id desc limit 1) p on true"""

# One word for where a card stands today, computed where it is filtered and where it is shown.
STANDING_TODAY = """case when o.closed_at is not null then 'left'
  when c.id is null then 'none' when p.state is null then 'making'
  when p.state <> 'valid' then p.state
  when c.valid_until < current_date then 'expired'
  when c.inspection_due < current_date then 'not_inspected' else 'valid' end"""

STANDINGS: dict[str, str] = {
    "valid": "有效",
    "none": "未登记证号",
    "making": "制证中",
    "expired": "已过期",
    "not_inspected": "未年审",
    "suspended": STATES["suspended"],
    "revoked": STATES["revoked"],
    "cancelled": STATES["cancelled"],
    "left": "已离岗",
}

OFFICERS = Listing(
    key="certificates.officers",
    title="执法人员",
    select=(
        f"o.id, o.person, o.name, o.position, o.category, g.name as organisation, c.number, "
        f"c.valid_until, c.inspection_due, {STANDING_TODAY} as standing"
    ),
    source=(
        "certificates_officer o join core_organisation g on g.id = o.organisation " + NEWEST_CARD
    ),
    alias="o",
    id="o.id",
    columns=(
        Column("name", "姓名", sort="o.name"),
        Column("number", "执法证号", sort="coalesce(c.number, '')", coded=True),
        Column("organisation", "单位", sort="g.name"),
        Column("category", "执法类别"),
        Column(
            "valid_until", "有效期至", kind="date", sort="coalesce(c.valid_until, '0001-01-01')"
        ),
        Column(
            "standing", "状态", export=lambda one: STANDINGS.get(one["standing"], one["standing"])
        ),
    ),
    filters=(
        Filter(
            "q", "关键字", where="o.name ilike {} or c.number ilike {}", placeholder="姓名或证号"
        ),
        Filter(
            "standing",
            "状态",
            kind="tabs",
            options=(("", "全部"), *((key, title) for key, title in STANDINGS.items())),
            where=f"({STANDING_TODAY}) = {{}}",
        ),
    ),
    order="name",
)


async def find_officer(officer: int, scope: Scope) -> dict[str, Any] | None:
    """The officer with unit and person, if the scope sees the row."""
    condition, args = scope_conditions(scope, "o", start=2)
    return await row(
        f"""select o.*, g.name as organisation_name, n.id_number_masked, n.phone_masked
            from certificates_officer o
            join core_organisation g on g.id = o.organisation
            left join core_person n on n.id = o.person
            where o.id = $1 and {condition}""",
        officer,
        *args,
    )


async def officer_of_person(person: int, scope: Scope) -> int | None:
    """The officer's id for a person, if the scope sees it."""
    condition, args = scope_conditions(scope, "o", start=2)
    found = await row(
        f"select o.id from certificates_officer o where o.person = $1 and {condition}",
        person,
        *args,
    )
    return found["id"] if found else None


async def active_officers(persons: Sequence[int]) -> dict[int, int]:
    """Who of ``persons`` is on the books as an officer: the officer's id by person."""
    found = await rows(
        """select person, id from certificates_officer
           where person = any($1::int8[]) and closed_at is null""",
        list(persons),
    )
    return {each["person"]: each["id"] for each in found}


async def officer_of_certificate(certificate: int, scope: Scope) -> int | None:
    """Whose certificate it is, if the scope owns the row (published is not enough)."""
    condition, args = scope_conditions(scope, "c", start=2)
    found = await row(
        f"select officer from certificates_certificate c where c.id = $1 and {condition}",
        certificate,
        *args,
    )
    return found["officer"] if found else None


async def cards_of(persons: Sequence[int]) -> dict[int, list[Card]]:
    """The cards of many persons with their histories, in two statements, for the gate.

    Runs under whatever scope is set; the gate's is the whole country, since an officer may act
    away from home.
    """
    cards = await rows(
        """select id, person, number, valid_from, valid_until, inspection_due
           from certificates_certificate where person = any($1::int8[])""",
        list(persons),
    )
    periods = await rows(
        """select certificate, state, since, until, reason from certificates_period
           where certificate = any($1::int8[]) order by since, id""",
        [card["id"] for card in cards],
    )
    history: dict[int, list[Period]] = {}
    for one in periods:
        history.setdefault(one["certificate"], []).append(
            Period(one["state"], one["since"], one["until"], one["reason"])
        )
    result: dict[int, list[Card]] = {}
    for card in cards:
        result.setdefault(card["person"], []).append(
            Card(
                card["id"],
                card["number"],
                card["valid_from"],
                card["valid_until"],
                card["inspection_due"],
                tuple(history.get(card["id"], ())),
            )
        )
    return result


async def numbers_on(persons: Sequence[int], on: date) -> dict[int, str]:
    """The number of the good certificate each of these persons held on a day."""
    found = await rows(
        """select distinct on (c.person) c.person, c.number
           from certificates_certificate c join certificates_period p on p.certificate = c.id
           where c.person = any($1::int8[]) and c.valid_from <= $2 and c.valid_until >= $2
             and p.state = 'valid' and p.since <= $2 and (p.until is null or p.until > $2)
           order by c.person, c.valid_until desc, c.id desc""",
        list(persons),
        on,
    )
    return {each["person"]: each["number"] for each in found}


async def certificates_of(officer: int) -> list[dict[str, Any]]:
    """All certificates of an officer the scope sees, newest first, each with its ``periods``."""
    found = await rows(
        """select id, number, kind, token, unit_name, valid_from, valid_until, inspection_due,
                  created_at
           from certificates_certificate where officer = $1 order by valid_until desc, id desc""",
        officer,
    )
    periods = await rows(
        """select certificate, state, since, until, reason, recorded_at from certificates_period
           where certificate = any($1::int8[]) order by since desc, id desc""",
        [one["id"] for one in found],
    )
    for one in found:
        one["periods"] = [each for each in periods if each["certificate"] == one["id"]]
    return found


BATCH_LINES = Listing(
    key="certificates.batch_lines",
    title="名册",
    select="""l.id, l.row, l.fault, l.content::jsonb ->> 'name' as name,
      l.content::jsonb ->> 'id_masked' as id_masked, l.content::jsonb ->> 'number' as number,
      l.content::jsonb ->> 'valid_from' as valid_from,
      l.content::jsonb ->> 'valid_until' as valid_until""",
    source="certificates_batch_line l",
    alias="l",
    id="l.id",
    columns=(
        Column("row", "行", sort="l.row", kind="number"),
        Column("name", "姓名"),
        Column("id_masked", "身份证号", coded=True),
        Column("number", "执法证号", coded=True),
        Column("valid_from", "有效期起"),
        Column("valid_until", "有效期止"),
        Column("fault", "问题"),
    ),
    filters=(
        Filter(
            "show",
            "显示",
            kind="tabs",
            options=(("", "全部"), ("bad", "有问题"), ("good", "没有问题")),
            wheres={"bad": "l.fault <> ''", "good": "l.fault = ''"},
        ),
    ),
    order="row",
    count_limit=60_000,
)
"""The rows of one imported sheet; the caller adds which. A sheet has at most 60,000."""


async def bad_lines_of(batch: int) -> int:
    """How many rows of a sheet are not entered."""
    found = await row(
        "select count(*) as n from certificates_batch_line where batch = $1 and fault <> ''", batch
    )
    return int(found["n"]) if found else 0


async def batch_of(batch: int, scope: Scope) -> dict[str, Any] | None:
    """An imported sheet, if the scope sees it."""
    condition, args = scope_conditions(scope, "b", start=2)
    return await row(
        f"""select b.*, g.name as organisation_name from certificates_batch b
            join core_organisation g on g.id = b.organisation where b.id = $1 and {condition}""",
        batch,
        *args,
    )


async def batches_in(scope: Scope) -> list[dict[str, Any]]:
    """The last imports the scope sees, newest first."""
    condition, args = scope_conditions(scope, "b", start=1)
    return await rows(
        f"""select b.id, b.filename, b.state, b.created_at, b.applied_at, b.undone_at,
                   b.done, b.total, g.name as organisation_name
            from certificates_batch b join core_organisation g on g.id = b.organisation
            where {condition} order by b.id desc limit 20""",
        *args,
    )


async def transfers_of(person: int) -> list[dict[str, Any]]:
    """From which unit to which, and why, newest first."""
    return await rows(
        """select t.reason, t.at, b.name as before, a.name as after
           from certificates_transfer t join core_organisation b on b.id = t.before
           join core_organisation a on a.id = t.after where t.person = $1 order by t.id desc""",
        person,
    )
