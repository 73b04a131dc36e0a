# SPDX-License-Identifier: Apache-2.0
"""Reading applications, their checks and the lists behind them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.certificates.rules.applying import OPEN, STATES

FIELDS = """q.id, q.name, q.organisation, q.id_number_masked, q.phone_masked, q.position,
  q.category, q.powers, q.photo, q.state, q.person, q.reviewer_lo, q.reviewer_region_lo, q.runs,
  q.joined_inspection, q.score, q.attempts_used, q.attempts_allowed, q.result_at,
  q.result_by_hand, q.certificate, q.reason, q.evidence, q.submitted_at, q.submitted_by,
  q.decided_at, q.decided_by, q.made_at, q.issued_on, q.correction, q.region_lo, q.org_lo"""

REQUESTS = Listing(
    key="certificates.requests",
    title="证件申领",
    select=(
        "q.id, q.name, q.position, q.category, q.state, q.correction, q.submitted_at,"
        " q.id_number_masked,"
        " g.name as organisation_name"
    ),
    source="certificates_request q join core_organisation g on g.id = q.organisation",
    alias="q",
    id="q.id",
    columns=(
        Column("name", "姓名", sort="q.name"),
        Column("organisation_name", "单位", sort="g.name"),
        Column("category", "执法类别"),
        Column("submitted_at", "提交时间", kind="datetime", sort="q.submitted_at"),
        Column("state", "进度", export=lambda one: STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="q.name ilike {}", placeholder="姓名"),
        Filter(
            "state",
            "进度",
            kind="tabs",
            options=(
                ("", "全部"),
                ("checking", "核查未通过"),
                ("legal", "待审核"),
                ("returned", "退回"),
                ("exam", "待考试"),
                ("making", "待制证"),
                ("made", "待发证"),
                ("issued", "已发证"),
                ("ended", "未办成"),
            ),
            wheres={
                "checking": "q.state = 'checking'",
                "legal": "q.state = 'legal'",
                "returned": "q.state = 'returned'",
                "exam": "q.state = 'exam'",
                "making": "q.state = 'making'",
                "made": "q.state = 'made'",
                "issued": "q.state = 'issued'",
                "ended": "q.state in ('failed', 'rejected', 'cancelled')",
            },
        ),
    ),
    order="-submitted_at",
)


async def request_row(request: int) -> dict[str, Any] | None:
    """An application with its unit, as the open scope sees it."""
    return await row(
        f"""select {FIELDS}, g.name as organisation_name, g.kind as organisation_kind,
                   c.number, c.valid_from, c.valid_until
            from certificates_request q join core_organisation g on g.id = q.organisation
            left join certificates_certificate c on c.id = q.certificate
            where q.id = $1""",
        request,
    )


async def checks_of(request: int, run: int) -> list[dict[str, Any]]:
    """What the checks of one run said, in their order."""
    return await rows(
        """select key, outcome, sentence, version, at from certificates_check
           where request = $1 and run = $2 order by id""",
        request,
        run,
    )


async def newest_list(kind: str, region_los: list[int]) -> dict[str, Any] | None:
    """The newest version of a list for a region: its own, else that of the nearest above."""
    return await row(
        """select id, kind, version, filename, entries, created_at, region_lo
           from certificates_list where kind = $1 and region_lo = any($2::int8[])
           order by region_lo desc, version desc limit 1""",
        kind,
        region_los,
    )


async def entry_in(listed: int, digest: bytes) -> dict[str, Any] | None:
    """Whom a version of a list has under an ID number."""
    return await row(
        "select id, name, unit from certificates_list_entry"
        " where list = $1 and id_number_hash = $2 limit 1",
        listed,
        digest,
    )


async def forced_entry(digest: bytes) -> dict[str, Any] | None:
    """Whether a number is on the forced-cancel list, wherever it was put there."""
    return await row(
        """select id, reason, since from certificates_list_entry
           where kind = 'forced' and id_number_hash = $1 and removed_at is null
           order by id desc limit 1""",
        digest,
    )


async def forced_among(digests: Sequence[bytes]) -> set[bytes]:
    """Which of these numbers are on the forced-cancel list, wherever they were put there."""
    found = await rows(
        """select distinct id_number_hash from certificates_list_entry
           where kind = 'forced' and removed_at is null and id_number_hash = any($1::bytea[])""",
        list(digests),
    )
    return {bytes(each["id_number_hash"]) for each in found}


async def open_request_of(digest: bytes, but: int) -> dict[str, Any] | None:
    """Another application under the same ID number that is still under way."""
    return await row(
        f"""select q.id, g.name as organisation_name from certificates_request q
            join core_organisation g on g.id = q.organisation
            where q.id_number_hash = $1 and q.id <> $2
              and q.state in ({", ".join(f"'{each}'" for each in OPEN if each != "checking")})
            order by q.id limit 1""",
        digest,
        but,
    )


async def living_card(person: int, today: date) -> str | None:
    """The number of a card the person holds that is neither cancelled, revoked nor run out."""
    found = await row(
        """select c.number from certificates_certificate c
           left join lateral (
             select p.state from certificates_period p where p.certificate = c.id
             order by p.since desc, p.id desc limit 1) p on true
           where c.person = $1 and c.valid_until >= $2
             and coalesce(p.state, 'valid') not in ('cancelled', 'revoked')
           order by c.id desc limit 1""",
        person,
        today,
    )
    return found["number"] if found else None


async def lists_in(scope: Scope) -> list[dict[str, Any]]:
    """The versions of the lists the scope sees, newest first."""
    condition, args = scope_conditions(scope, "l")
    return await rows(
        f"""select l.id, l.kind, l.version, l.filename, l.entries, l.created_at,
                   jsonb_array_length(l.skipped::jsonb) as skipped, r.name as region_name
            from certificates_list l join core_region r on r.lo = l.region_lo and r.valid_to is null
            where {condition} order by l.id desc limit 30""",
        *args,
    )


FORCED = Listing(
    key="certificates.forced",
    title="强制注销名单",
    select="e.id, e.name, e.id_number_masked, e.unit, e.reason, e.since, e.removed_at, e.removed_reason",
    source="certificates_list_entry e",
    alias="e",
    id="e.id",
    where="e.kind = 'forced'",
    columns=(
        Column("name", "姓名", sort="e.name"),
        Column("id_number_masked", "身份证号"),
        Column("unit", "单位"),
        Column("reason", "原因"),
        Column("since", "列入日期", kind="date", sort="coalesce(e.since, '0001-01-01')"),
        Column("removed_reason", "移出理由"),
    ),
    filters=(
        Filter("q", "关键字", where="e.name ilike {}", placeholder="姓名"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "全部"), ("listed", "在名单中"), ("removed", "已移出")),
            wheres={"listed": "e.removed_at is null", "removed": "e.removed_at is not null"},
        ),
    ),
    order="-since",
)
