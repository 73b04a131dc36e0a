# SPDX-License-Identifier: Apache-2.0
"""Reading drafts: the list, one draft, who reviews it."""

from datetime import datetime
from typing import Any

import msgspec

from core.api.access import places_holding
from core.api.db import Scope, SubjectRef, literal, row, rows, scope_conditions
from core.api.people import OrganisationRow, organisation, organisation_path
from core.api.web import Column, Filter, Listing
from plugins.powers.queries.items import CLASS_TITLES
from plugins.powers.rules import Definition
from plugins.powers.rules.approval import CLOSED, STATE_WORDS, Standing, legal_digest

SUBJECT = "powers.draft"

DRAFTS = Listing(
    key="powers.drafts",
    title="事项草稿",
    select=(
        "d.id, d.item, d.code, d.title, d.power_class, d.state, d.base_version, d.revision,"
        " d.version, o.name as organisation, d.created_by_name, d.edited_at,"
        " coalesce(i.current, 0) as current,"
        " d.state not in ('effective', 'withdrawn') and d.base_version <> coalesce(i.current, 0)"
        " as out_of_date"
    ),
    source=(
        "powers_draft d join core_organisation o on o.id = d.organisation"
        " left join powers_item i on i.id = d.item"
    ),
    alias="d",
    id="d.id",
    columns=(
        Column("title", "事项", sort="d.title"),
        Column("code", "编码", sort="d.code"),
        Column("state", "状态", export=lambda d: STATE_WORDS.get(d["state"], ("", d["state"]))[1]),
        Column("organisation", "行使主体", sort="o.name"),
        Column(
            "power_class",
            "类别",
            export=lambda d: CLASS_TITLES.get(d["power_class"], d["power_class"]),
        ),
        Column("created_by_name", "编制人"),
        Column("edited_at", "最后修改", sort="d.edited_at", kind="datetime"),
    ),
    filters=(
        Filter(
            "q", "关键字", where="d.title ilike {} or d.code ilike {}", placeholder="名称或编码"
        ),
        Filter(
            "state",
            "状态",
            kind="tabs",
            default="open",
            options=(
                ("open", "办理中"),
                ("making", "编制"),
                ("review", "审核"),
                ("returned", "退回"),
                ("effective", "已生效"),
                ("withdrawn", "已撤回"),
            ),
            wheres={
                "open": "d.state not in ('effective', 'withdrawn')",
                "making": "d.state in ('draft', 'ready')",
                "review": "d.state in ('legal', 'first_review', 'final_review')",
                "returned": "d.state = 'returned'",
                "effective": "d.state = 'effective'",
                "withdrawn": "d.state = 'withdrawn'",
            },
        ),
    ),
    order="-edited_at",
)


class DraftRow(msgspec.Struct, frozen=True):
    """A draft as it is stored, with the version in force beside it."""

    id: int
    item: int | None
    organisation: int
    base_version: int
    version: int
    state: str
    revision: int
    code: str
    title: str
    power_class: str
    digest: str
    source: str
    created_by: int
    created_by_name: str
    created_by_person: int
    created_at: datetime
    edited_by: int
    edited_by_name: str
    edited_at: datetime
    legal_digest: str
    legal_by_name: str
    legal_at: datetime | None
    submitted_by: int
    submitted_by_name: str
    submitted_by_person: int
    submitted_at: datetime | None
    opened_at: datetime | None
    first_by_name: str
    first_at: datetime | None
    returned_by_name: str
    returned_reason: str
    returned_at: datetime | None
    closed_at: datetime | None
    region_lo: int
    org_lo: int
    current: int
    organisation_name: str
    definition: Definition

    @property
    def ref(self) -> SubjectRef:
        return SubjectRef(SUBJECT, self.id)

    @property
    def path(self) -> str:
        return f"/powers/drafts/{self.id}"

    @property
    def chip(self) -> tuple[str, str]:
        return STATE_WORDS[self.state]

    @property
    def open(self) -> bool:
        return self.state not in CLOSED

    @property
    def legal_stands(self) -> bool:
        """The legal office approved exactly what the draft says now."""
        return bool(self.legal_digest) and self.legal_digest == legal_digest(self.definition)

    def standing(self, *, faults: int = 0, errors: int = 0, changed: bool = True) -> Standing:
        """What the rules of approval look at."""
        return Standing(
            state=self.state,
            base_version=self.base_version,
            current=self.current,
            edited_by=self.edited_by,
            submitted_by=self.submitted_by,
            opened=self.opened_at is not None,
            legal_stands=self.legal_stands,
            faults=faults,
            errors=errors,
            changed=changed,
        )


_FIELDS = ", ".join(
    f"d.{one.name}"
    for one in msgspec.structs.fields(DraftRow)
    if one.name not in ("current", "organisation_name")
)


async def find_draft(draft: int, scope: Scope) -> DraftRow | None:
    """The draft, if the scope holds it."""
    condition, args = scope_conditions(scope, "d", start=2)
    found = await row(
        f"""select {_FIELDS}, coalesce(i.current, 0) as current, o.name as organisation_name
            from powers_draft d
            join core_organisation o on o.id = d.organisation
            left join powers_item i on i.id = d.item
            where d.id = $1 and {condition}""",
        draft,
        *args,
    )
    return None if found is None else msgspec.convert(found, DraftRow)


async def drafts_of(item: int, scope: Scope) -> list[dict[str, Any]]:
    """The open drafts of an item: ``id state title created_by_name edited_at``."""
    condition, args = scope_conditions(scope, "d", start=2)
    return await rows(
        f"""select d.id, d.state, d.created_by_name, d.created_by_person, d.edited_at, d.region_lo,
                   d.org_lo, d.title
            from powers_draft d where d.item = $1 and {condition}
              and d.state not in ('effective', 'withdrawn') order by d.id""",
        item,
        *args,
    )


async def search_drafts(text: str, scope: Scope) -> list[dict[str, Any]]:
    """Open drafts whose name or code holds ``text``, at most ten."""
    condition, args = scope_conditions(scope, "d", start=2)
    return await rows(
        f"""select d.id, d.code, d.title, d.state from powers_draft d
            where (d.title ilike '%' || $1 || '%' or d.code ilike $1 || '%') and {condition}
              and d.state not in ('effective', 'withdrawn')
            order by d.id desc limit 10""",
        literal(text),
        *args,
    )


async def version_definition(item: int, number: int) -> Definition | None:
    """What an item said in one of its versions."""
    found = await row(
        "select definition from powers_version where item = $1 and number = $2", item, number
    )
    return None if found is None else msgspec.convert(found["definition"], Definition)


async def code_taken(organisation_id: int, code: str, besides: int | None) -> bool:
    """Whether another item of the body already has this code."""
    found = await row(
        "select id from powers_item where organisation = $1 and code = $2"
        " and id is distinct from $3::int8",
        organisation_id,
        code,
        besides,
    )
    return found is not None


async def waiting_drafts(scope: Scope) -> int:
    """How many drafts of the scope are not yet in force; the length of the list."""
    return await DRAFTS.count(scope, {"state": "open"})


# --- who reviews -------------------------------------------------------------------------------


async def office_for(permission: str, body: int) -> OrganisationRow | None:
    """Who does this for a body: itself, else the nearest organisation above it.

    A brigade seldom has a legal or a supervision office of its own; its bureau has. Where nobody
    holds the right yet, the body itself is addressed, and whoever gets it later finds the draft.
    """
    own = await organisation(body)
    if own is None:
        return None
    path = await organisation_path(own.lo)
    staffed = await places_holding(permission, [each.lo for each in path])
    return next((each for each in reversed(path) if each.lo in staffed), own)
