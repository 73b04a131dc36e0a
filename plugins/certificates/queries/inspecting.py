# SPDX-License-Identifier: Apache-2.0
"""Reading who is due for inspection, and how far each inspection has come."""

from collections.abc import Sequence
from typing import Any

from core.api.db import row, rows
from core.api.web import Column, Filter, Listing
from plugins.certificates.rules.inspecting import KINDS, STATES

_SHOWN = """i.id, i.name, i.kind, i.due_on, i.state, i.correction, i.applied_at, i.done_on,
  c.number, g.name as organisation_name"""

INSPECTIONS = Listing(
    key="certificates.inspections",
    title="年审",
    select=_SHOWN,
    source="""certificates_inspection i
      join certificates_certificate c on c.id = i.certificate
      join core_organisation g on g.id = i.organisation""",
    alias="i",
    id="i.id",
    columns=(
        Column("name", "姓名", sort="i.name"),
        Column("number", "证号", sort="c.number", coded=True),
        Column("organisation_name", "单位", sort="g.name"),
        Column("kind", "种类", export=lambda one: KINDS[one["kind"]]),
        Column("due_on", "应完成日期", kind="date", sort="i.due_on"),
        Column("state", "进度", export=lambda one: STATES[one["state"]][1]),
    ),
    filters=(
        Filter(
            "q", "关键字", where="i.name ilike {} or c.number ilike {}", placeholder="姓名或证号"
        ),
        Filter(
            "state",
            "进度",
            kind="tabs",
            options=(
                ("", "全部"),
                ("applied", "待审核"),
                ("back", "受阻或退回"),
                ("approved", "待扫码"),
                ("exam", "待考试"),
                ("making", "待制证"),
                ("done", "已完成"),
                ("failed", "不合格"),
                ("ended", "已终止"),
            ),
            wheres={
                "applied": "i.state = 'applied'",
                "back": "i.state in ('blocked', 'returned')",
                "approved": "i.state = 'approved'",
                "exam": "i.state = 'exam'",
                "making": "i.state = 'making'",
                "done": "i.state = 'done'",
                "failed": "i.state = 'failed'",
                "ended": "i.state = 'ended'",
            },
        ),
    ),
    order="-due_on",
)

_CARD = """certificates_officer o
  join core_organisation g on g.id = o.organisation
  join lateral (
    select c.* from certificates_certificate c where c.officer = o.id and c.published
    order by c.valid_until desc, c.id desc limit 1) c on true
  join lateral (
    select p.state from certificates_period p where p.certificate = c.id
    order by p.since desc, p.id desc limit 1) p on true
  left join core_person n on n.id = o.person"""

_DUE = """o.closed_at is null and p.state in ('valid', 'overdue', 'expired')
  and c.inspection_due is not null
  and not exists (select 1 from certificates_inspection i where i.certificate = c.id
                  and i.due_on = c.inspection_due and i.state <> 'failed')"""

DUE = Listing(
    key="certificates.due",
    title="应年审人员",
    select="""o.id, o.name, o.person, c.id as certificate, c.number, c.valid_from,
      c.inspection_due, g.name as organisation_name,
      n.id_number_masked, n.phone_masked""",
    source=_CARD,
    alias="o",
    id="o.id",
    where=_DUE,
    columns=(
        Column("name", "姓名", sort="o.name"),
        Column("number", "证号", sort="c.number", coded=True),
        Column("organisation_name", "单位", sort="g.name"),
        Column("inspection_due", "应完成日期", kind="date", sort="c.inspection_due"),
        Column("missing", "基本信息"),
    ),
    filters=(
        Filter(
            "q", "关键字", where="o.name ilike {} or c.number ilike {}", placeholder="姓名或证号"
        ),
    ),
    order="inspection_due",
)
"""Narrowed to those whose window is open by the caller, who knows the region's days."""

UNMADE = """select q.id, q.name, q.state, q.submitted_at, q.joined_inspection, q.id_number_masked,
    g.name as organisation_name
  from certificates_request q join core_organisation g on g.id = q.organisation
  where q.state in ('legal', 'exam', 'making') and q.org_lo between $1 and $2
    and q.region_lo between $3 and $4 and q.submitted_at >= $5
  order by q.name limit 200"""


async def unmade_requests(*args: Any) -> list[dict[str, Any]]:
    """Applicants of the year who have no card yet: they may go with the inspection (S2-20)."""
    return await rows(UNMADE, *args)


async def inspection_row(inspection: int) -> dict[str, Any] | None:
    """An inspection with its card and unit, as the open scope sees it."""
    return await row(
        """select i.*, c.number, c.valid_from, c.valid_until, c.inspection_due,
                  g.name as organisation_name, n.id_number_masked, n.phone_masked
           from certificates_inspection i
           join certificates_certificate c on c.id = i.certificate
           join core_organisation g on g.id = i.organisation
           left join core_person n on n.id = i.person
           where i.id = $1""",
        inspection,
    )


async def due_officers(officers: Sequence[int]) -> list[dict[str, Any]]:
    """The officers of these ids with the card that is to be inspected."""
    return await rows(
        f"""select o.id, o.name, o.person, o.organisation, o.region_lo, o.org_lo,
                   c.id as certificate, c.number, n.id_number_masked, n.phone_masked
            from {_CARD} where o.id = any($1::int8[]) and o.closed_at is null order by o.id""",
        list(officers),
    )


async def open_inspection(certificate: int) -> dict[str, Any] | None:
    """The inspection of a card that is under way."""
    return await row(
        """select id, state, kind, due_on, blockers from certificates_inspection
           where certificate = $1 and state not in ('done', 'failed', 'ended')
           order by id desc limit 1""",
        certificate,
    )


async def inspections_of(officer: int) -> list[dict[str, Any]]:
    """An officer's inspections, newest first."""
    return await rows(
        """select id, kind, due_on, state, done_on, done_how from certificates_inspection
           where officer = $1 order by due_on desc, id desc limit 20""",
        officer,
    )
