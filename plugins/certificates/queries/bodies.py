# SPDX-License-Identifier: Apache-2.0
"""Reading bodies, their letters and those who registered themselves."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.api.db import row, rows
from core.api.web import Column, Filter, Listing
from plugins.certificates.rules.bodies import KINDS, STATES

BODIES_LIST = Listing(
    key="certificates.bodies",
    title="执法主体",
    select="""b.id, g.name, b.kind, b.state, b.included_at, b.letter_until, b.submitted_at,
      u.name as superior_name,
      (select count(*) from certificates_officer o
       where o.organisation = b.organisation and o.closed_at is null) as officers""",
    source="""certificates_body b join core_organisation g on g.id = b.organisation
      left join core_organisation u on u.id = b.superior""",
    alias="b",
    id="b.id",
    columns=(
        Column("name", "名称", sort="g.name"),
        Column("kind", "类别", export=lambda one: KINDS[one["kind"]]),
        Column("superior_name", "上级"),
        Column("officers", "人员", kind="number"),
        Column("state", "账户", export=lambda one: STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="g.name ilike {}", placeholder="名称"),
        Filter(
            "state",
            "账户",
            kind="tabs",
            options=(
                ("", "全部"),
                ("submitted", "待审核"),
                ("draft", "资料待完善"),
                ("returned", "退回"),
                ("approved", "审核通过"),
            ),
            where="b.state = {}",
        ),
    ),
    order="name",
)

_BODY = """select b.*, g.name, g.unified_code, g.kind as organisation_kind, g.lo, g.hi,
    u.name as superior_name, r.name as reviewer_name
  from certificates_body b join core_organisation g on g.id = b.organisation
  left join core_organisation u on u.id = b.superior
  left join core_organisation r on r.lo = b.reviewer_lo and b.reviewer_lo > 0"""


async def body_row(body: int) -> dict[str, Any] | None:
    """A body with its organisation, as the open scope sees it."""
    return await row(f"{_BODY} where b.id = $1", body)


async def body_of(organisation: int) -> dict[str, Any] | None:
    """The body an organisation is, if it was entered."""
    return await row(f"{_BODY} where b.organisation = $1", organisation)


async def bodies_of(organisations: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The same for several at once, by organisation; without those that were never entered."""
    found = await rows(f"{_BODY} where b.organisation = any($1::int8[])", list(organisations))
    return {each["organisation"]: each for each in found}


async def subordinates_of(organisation: int) -> list[dict[str, Any]]:
    """The second-level bodies and entrusted units that name it as their superior."""
    return await rows(
        f"{_BODY} where b.superior = $1 order by g.lo",
        organisation,
    )


async def registration_row(registration: int) -> dict[str, Any] | None:
    """A self-registration."""
    return await row(
        """select q.id, q.name, q.kind, q.unified_code, q.superior, q.superior_lo, q.admin_name,
                  q.admin_id_masked, q.admin_phone_masked, q.reviewer, q.reviewer_lo,
                  q.reviewer_region_lo, q.state, q.reason, q.included_at, q.organisation, q.at,
                  q.decided_at, q.region_lo, q.org_lo, u.name as superior_name,
                  r.name as reviewer_name
           from certificates_registration q
           left join core_organisation u on u.id = q.superior
           left join core_organisation r on r.id = q.reviewer
           where q.id = $1""",
        registration,
    )


async def open_registrations(where: str, *args: Any) -> list[dict[str, Any]]:
    """Registrations that wait for somebody."""
    return await rows(
        f"""select q.id, q.name, q.kind, q.included_at, q.at, u.name as superior_name
            from certificates_registration q
            left join core_organisation u on u.id = q.superior
            where q.state = 'submitted' and {where} order by q.at limit 100""",
        *args,
    )


async def letters_of(body: int) -> list[dict[str, Any]]:
    """The letters of a body, newest first."""
    return await rows(
        """select id, file, valid_from, valid_until, withdrawn_at, superior_name, created_at
           from certificates_letter where body = $1 order by id desc""",
        body,
    )


async def published_letters(today: date) -> list[dict[str, Any]]:
    """What anybody may read: who acts for whom, until when."""
    return await rows(
        """select id, unit_name, superior_name, file, valid_from, valid_until
           from certificates_letter
           where published and withdrawn_at is null and valid_until >= $1
           order by superior_name, unit_name limit 500""",
        today,
    )


async def offices() -> list[tuple[int, str]]:
    """The legal offices a new body may choose from."""
    found = await rows(
        """select distinct o.id, o.name from core_competent_organ c
           join core_organisation o on o.id = c.organisation
           where c.function = 'legal_review' and o.valid_to is null order by o.name"""
    )
    return [(each["id"], each["name"]) for each in found]


async def reviewers_in(region_lo: int, region_hi: int) -> list[tuple[int, str]]:
    """Who may review a body there: the 司法局 and the 司法所 of the region."""
    found = await rows(
        """select id, name from core_organisation
           where kind in ('justice', 'justice_office') and valid_to is null
             and region_lo between $1 and $2 order by lo""",
        region_lo,
        region_hi,
    )
    return [(each["id"], each["name"]) for each in found]
