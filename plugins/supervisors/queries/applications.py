# SPDX-License-Identifier: Apache-2.0
"""Applications, their notices and objections, as the scope sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions, value
from core.api.web import Column, Filter, Listing
from plugins.supervisors.rules.states import OPEN, STATES, Notice
from plugins.supervisors.rules.words import ROUTES, SOURCES

OPEN_SQL = ", ".join(f"'{state}'" for state in OPEN)

TABS = (
    ("open", "待办理"),
    ("screening", "待筛选"),
    ("review", "待审核"),
    ("publicity", "公示中"),
    ("objected", "有异议"),
    ("ready", "期满待聘任"),
    ("ended", "已办结"),
    ("", "全部"),
)
TAB_WHERE = {
    "": "true",
    "open": "a.state in ('screening', 'review', 'objected')"
    " or (a.state = 'publicity' and n.closed_at is not null)",
    "screening": "a.state = 'screening'",
    "review": "a.state = 'review'",
    "publicity": "a.state = 'publicity' and n.closed_at is null",
    "objected": "a.state = 'objected'",
    "ready": "a.state = 'publicity' and n.closed_at is not null",
    "ended": "a.state in ('appointed', 'rejected', 'withdrawn')",
}


APPLICATIONS = Listing(
    key="supervisors.applications",
    title="社会监督员申请",
    select="a.id, a.name, a.sex, a.route, a.renewal, a.source, a.industry, a.employer, a.state,"
    " a.legal_qualified, a.region_name, a.submitted_at, n.closed_at,"
    " coalesce(p.id_number_masked, '') as id_masked, 0 as rank",
    source="supervisors_application a"
    " left join supervisors_notice n on n.application = a.id"
    " left join core_person p on p.id = a.person",
    alias="a",
    id="a.id",
    tied="own",
    columns=(
        Column("name", "姓名", sort="a.name"),
        Column("route", "选聘类型", export=lambda each: ROUTES[each["route"]]),
        Column("source", "界别", export=lambda each: SOURCES.get(each["source"], "")),
        Column("industry", "行业"),
        Column("region_name", "地区", sort="a.region_name"),
        Column("submitted_at", "提交时间", sort="a.submitted_at", kind="datetime"),
        Column("id_masked", "身份证号", shown=False),
        Column(
            "legal_qualified",
            "法律职业资格",
            kind="boolean",
            shown=False,
        ),
        Column("state", "状态", export=lambda each: STATES[each["state"]][1]),
        Column(
            "rank",
            "优先次序",
            # Holders of the national qualification come first, the newest among them on top
            # (S3-12: preferred, never a condition).
            sort="((case when a.legal_qualified then 4000000000 else 0 end)"
            " + extract(epoch from a.submitted_at)::int8)",
            kind="number",
            shown=False,
            exported=False,
        ),
    ),
    filters=(
        Filter("tab", "状态", kind="tabs", options=TABS, wheres=TAB_WHERE, default="open"),
        Filter("q", "姓名", where="a.name ilike {}"),
        Filter(
            "route", "选聘类型", kind="choice", options=tuple(ROUTES.items()), where="a.route = {}"
        ),
        Filter(
            "source", "界别", kind="choice", options=tuple(SOURCES.items()), where="a.source = {}"
        ),
    ),
    order="-rank",
)


async def find_application(application: int, scope: Scope) -> dict[str, Any] | None:
    """One application the scope handles, with the person's masked numbers."""
    condition, args = scope_conditions(scope, "a", start=3)
    return await row(
        f"""select a.*, coalesce(p.id_number_masked, '') as id_masked,
                   coalesce(p.phone_masked, '') as phone_masked
            from supervisors_application a left join core_person p on p.id = a.person
            where a.id = $1 and (({condition}) or a.person = $2)""",
        application,
        scope.person or -1,
        *args,
    )


async def application_row(application: int) -> dict[str, Any] | None:
    """One application under the scope that is set, for services that hold its lock."""
    return await row("select * from supervisors_application where id = $1", application)


async def newest_of(person: int) -> dict[str, Any] | None:
    """A person's newest application."""
    return await row(
        "select * from supervisors_application where person = $1 order by id desc limit 1", person
    )


async def open_of(person: int) -> dict[str, Any] | None:
    """A person's application that is still being worked on, under the widest scope needed."""
    return await row(
        f"""select id, region_name, submitted_at, state from supervisors_application
            where person = $1 and state in ({OPEN_SQL}) order by id limit 1""",
        person,
    )


async def progress_of(application: int) -> list[dict[str, Any]]:
    """The lines of 办证进度, newest first."""
    return await rows(
        "select event, title, text, at from supervisors_progress where application = $1"
        " order by at desc, id desc",
        application,
    )


async def progress_of_person(person: int) -> list[dict[str, Any]]:
    """The same over all applications of a person, for his own page."""
    return await rows(
        "select event, title, text, at from supervisors_progress where person = $1"
        " order by at desc, id desc limit 60",
        person,
    )


async def notice_of(application: int) -> dict[str, Any] | None:
    """The 公示 of an application."""
    return await row("select * from supervisors_notice where application = $1", application)


async def notice_state(application: int) -> Notice | None:
    """The 公示 as the rules need it, with its objections counted."""
    found = await row(
        """select n.opened_at, n.ends_at, count(o.id) as objections,
                  count(o.id) filter (where o.outcome = '') as unanswered
           from supervisors_notice n
           left join supervisors_objection o on o.application = n.application
           where n.application = $1 group by n.id""",
        application,
    )
    return Notice(**found) if found else None


async def objections_of(application: int) -> list[dict[str, Any]]:
    """The objections to an application, oldest first; who made them stays sealed."""
    return await rows(
        """select id, text, at, outcome, answer, answered_at, name is not null as named,
                  contact is not null as reachable
           from supervisors_objection where application = $1 order by id""",
        application,
    )


async def objection_row(objection: int) -> dict[str, Any] | None:
    """One objection."""
    return await row("select * from supervisors_objection where id = $1", objection)


async def counts_waiting(scope: Scope) -> int:
    """How many applications wait for the bureau: the number in the menu."""
    return await APPLICATIONS.count(scope, {"tab": "open"})


async def find_by_name(text: str, scope: Scope) -> list[dict[str, Any]]:
    """Applications by name, for the global search."""
    return list(await APPLICATIONS.export({"q": text, "tab": ""}, scope, limit=10))


# --- what anybody may read ---------------------------------------------------------------------


async def public_notices(
    region: tuple[int, int] | None, moment: datetime, *, before: int = 0, limit: int = 31
) -> list[dict[str, Any]]:
    """Notices people may still object to, the one that ends first on top."""
    lo, hi = region or (0, 2**62)
    return await rows(
        """select id, name, sex, region_name, organ_name, route_words, source_words, industry,
                  employer, recommending_unit, opened_at, ends_at
           from supervisors_notice
           where published and ends_at >= $1 and region_lo between $2 and $3 and id > $4
           order by id limit $5""",
        moment,
        lo,
        hi,
        before,
        limit,
    )


async def public_notice(notice: int) -> dict[str, Any] | None:
    """One notice anybody may read."""
    return await row(
        """select id, application, name, sex, region_name, organ_name, route_words, source_words,
                  industry, employer, recommending_unit, workdays, opened_at, ends_at, region_lo,
                  org_lo
           from supervisors_notice where id = $1 and published""",
        notice,
    )


async def objection_by_receipt(receipt: bytes) -> dict[str, Any] | None:
    """The objection behind a code, as its author may follow it."""
    return await row(
        """select o.at, o.outcome, o.answer, o.answered_at, n.region_name, n.organ_name
           from supervisors_objection o
           join supervisors_notice n on n.application = o.application
           where o.receipt = $1""",
        receipt,
    )


async def expired_notices(moment: datetime, limit: int = 500) -> list[dict[str, Any]]:
    """Published notices of matters that are over, to be taken from the public page."""
    return await rows(
        """select n.id from supervisors_notice n
           join supervisors_application a on a.id = n.application
           where n.published and n.ends_at < $1 limit $2""",
        moment,
        limit,
    )


async def to_clear(before: datetime, limit: int = 200) -> Sequence[dict[str, Any]]:
    """Unsuccessful applications whose year is over."""
    return await rows(
        """select * from supervisors_application
           where state in ('rejected', 'withdrawn') and cleared_at is null and decided_at < $1
           order by id limit $2""",
        before,
        limit,
    )


async def open_persons() -> list[dict[str, Any]]:
    """Everybody with an application under way, for the nightly check."""
    return await rows(
        f"""select id as application, person, name, region_lo, org_lo from supervisors_application
            where state in ({OPEN_SQL}) and person > 0 order by id"""
    )


async def applications_in(scope: Scope, first: datetime, last: datetime) -> int:
    """How many applications were handed in during a period."""
    condition, args = scope_conditions(scope, "a", start=3)
    return int(
        await value(
            f"""select count(*) from supervisors_application a
                where a.submitted_at >= $1 and a.submitted_at < $2 and {condition}""",
            first,
            last,
            *args,
        )
    )
