# SPDX-License-Identifier: Apache-2.0
"""Terms of office and what happens during them, as the scope sees them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions, value
from core.api.web import Column, Filter, Listing
from plugins.supervisors.rules.attendance import Attendance
from plugins.supervisors.rules.recusal import Recusal
from plugins.supervisors.rules.terms import TERM_STATES, Term

TABS = (
    ("active", "在聘"),
    ("ending", "将满"),
    ("asked", "有申请"),
    ("proposed", "待决定解聘"),
    ("ended", "已结束"),
    ("", "全部"),
)
TAB_WHERE = {
    "": "true",
    "active": "t.state = 'active'",
    "ending": "t.state = 'active' and t.reminded_at is not null",
    "asked": "exists (select 1 from supervisors_request r"
    " where r.term = t.id and r.state = 'submitted')",
    "proposed": "exists (select 1 from supervisors_proposal p"
    " where p.term = t.id and p.state = 'open')",
    "ended": "t.state <> 'active'",
}

TERMS = Listing(
    key="supervisors.terms",
    title="社会监督员",
    select="t.id, t.name, t.number_in_row, t.starts, t.ends, t.ended_on, t.state, t.flagged, t.reminded_at,"
    " c.number, c.region_name, a.source, a.employer, a.industry,"
    " exists (select 1 from supervisors_request r where r.term = t.id and r.state = 'submitted')"
    " as asked,"
    " exists (select 1 from supervisors_proposal p where p.term = t.id and p.state = 'open')"
    " as proposed",
    source="supervisors_term t join supervisors_card c on c.term = t.id"
    " join supervisors_application a on a.id = t.application",
    alias="t",
    id="t.id",
    tied="own",
    columns=(
        Column("name", "姓名", sort="t.name"),
        Column("number", "证书号", sort="c.number"),
        Column("region_name", "地区", sort="c.region_name"),
        Column("employer", "工作单位"),
        Column("number_in_row", "届次", kind="number"),
        Column("starts", "聘期起", sort="t.starts", kind="date"),
        Column("ends", "聘期止", sort="t.ends", kind="date"),
        Column("state", "状态", export=lambda each: TERM_STATES[each["state"]][1]),
    ),
    filters=(
        Filter("tab", "状态", kind="tabs", options=TABS, wheres=TAB_WHERE, default="active"),
        Filter("q", "姓名或证书号", where="(t.name || ' ' || c.number) ilike {}"),
    ),
    order="ends",
)


async def find_term(term: int, scope: Scope) -> dict[str, Any] | None:
    """One term the scope handles, with its certificate."""
    condition, args = scope_conditions(scope, "t", start=3)
    return await row(
        f"""select t.*, c.number, c.token, c.region_name, c.organ_name, c.photo, c.issued_at,
                   c.signed, a.source, a.employer, a.industry, a.route, a.legal_qualified, a.sex,
                   coalesce(p.id_number_masked, '') as id_masked,
                   coalesce(p.phone_masked, '') as phone_masked
            from supervisors_term t join supervisors_card c on c.term = t.id
            join supervisors_application a on a.id = t.application
            left join core_person p on p.id = t.person
            where t.id = $1 and (({condition}) or t.person = $2)""",
        term,
        scope.person or -1,
        *args,
    )


async def term_row(term: int) -> dict[str, Any] | None:
    """One term under the scope that is set, for services that hold the person's lock."""
    return await row(
        """select t.*, c.number, c.organ_name, c.region_name from supervisors_term t
           join supervisors_card c on c.term = t.id where t.id = $1""",
        term,
    )


async def terms_of(person: int) -> list[dict[str, Any]]:
    """All terms of a person, newest first, wherever they were."""
    return await rows(
        """select t.*, c.number, c.token, c.region_name, c.organ_name, c.photo, c.issued_at,
                  c.signed
           from supervisors_term t join supervisors_card c on c.term = t.id
           where t.person = $1 order by t.starts desc, t.id desc""",
        person,
    )


def as_term(found: dict[str, Any]) -> Term:
    """A stored term as the rules need it."""
    return Term(found["starts"], found["ends"], found["ended_on"])


async def current_term(person: int, today: date) -> dict[str, Any] | None:
    """The term a person serves today; before it has begun, the one to come."""
    found = [each for each in await terms_of(person) if each["state"] == "active"]
    running = [each for each in found if as_term(each).runs_on(today)]
    return next(iter(running or found), None)


async def running_persons(persons: Sequence[int], day: date) -> set[int]:
    """Who of ``persons`` serves on that day."""
    found = await rows(
        """select distinct person from supervisors_term
           where person = any($1::int8[]) and state = 'active' and starts <= $2
             and coalesce(ended_on, ends) >= $2""",
        list(persons),
        day,
    )
    return {each["person"] for each in found}


async def recusals_of(persons: Sequence[int]) -> dict[int, list[Recusal]]:
    """The duties to withdraw of many persons."""
    found: dict[int, list[Recusal]] = {}
    for each in await rows(
        """select id, person, kind, relation, organisation_lo, organisation_hi, officer,
                  case_words as "case", since, until
           from supervisors_recusal where person = any($1::int8[]) order by id""",
        list(persons),
    ):
        found.setdefault(each.pop("person"), []).append(Recusal(**each))
    return found


async def recusals_of_term(term: int) -> list[dict[str, Any]]:
    """The duties to withdraw noted during a term, newest first."""
    return await rows("select * from supervisors_recusal where term = $1 order by id desc", term)


async def recusal_row(recusal: int) -> dict[str, Any] | None:
    """One duty to withdraw."""
    return await row("select * from supervisors_recusal where id = $1", recusal)


async def requests_of(term: int) -> list[dict[str, Any]]:
    """What was applied for during a term, newest first."""
    return await rows("select * from supervisors_request where term = $1 order by id desc", term)


async def request_row(request: int) -> dict[str, Any] | None:
    """One request."""
    return await row("select * from supervisors_request where id = $1", request)


async def commendations_of(person: int) -> list[dict[str, Any]]:
    """A person's commendations, newest first."""
    return await rows(
        'select * from supervisors_commendation where person = $1 order by "on" desc, id desc',
        person,
    )


async def proposals_of(term: int) -> list[dict[str, Any]]:
    """The proposals to dismiss raised during a term, newest first."""
    return await rows("select * from supervisors_proposal where term = $1 order by id desc", term)


async def proposal_row(proposal: int) -> dict[str, Any] | None:
    """One proposal."""
    return await row("select * from supervisors_proposal where id = $1", proposal)


async def attendance_of(person: int, since: date) -> list[dict[str, Any]]:
    """A person's attendance since a day, newest first."""
    return await rows(
        """select activity, "on", outcome, title from supervisors_attendance
           where person = $1 and "on" >= $2 order by "on" desc, activity desc""",
        person,
        since,
    )


async def attendance_record(person: int, since: date) -> list[Attendance]:
    """The same as the rules read it."""
    return [
        Attendance(each["activity"], each["on"], each["outcome"])
        for each in await attendance_of(person, since)
    ]


async def terms_to_end(today: date, limit: int = 500) -> list[dict[str, Any]]:
    """Running terms whose last day has passed."""
    return await rows(
        """select * from supervisors_term
           where state = 'active' and coalesce(ended_on, ends) < $1 order by id limit $2""",
        today,
        limit,
    )


async def terms_to_remind(limit_day: date, limit: int = 500) -> list[dict[str, Any]]:
    """Running terms that end soon and whose holder was not told yet."""
    return await rows(
        """select t.*, c.organ_name from supervisors_term t
           join supervisors_card c on c.term = t.id
           where t.state = 'active' and t.reminded_at is null and t.ended_on is null
             and t.ends <= $1 order by t.id limit $2""",
        limit_day,
        limit,
    )


async def serving() -> list[dict[str, Any]]:
    """Everybody who serves, for the nightly check."""
    return await rows(
        """select id as term, person, name, flagged, region_lo, org_lo from supervisors_term
           where state = 'active' order by id"""
    )


async def serving_in(scope: Scope, day: date) -> int:
    """How many supervisors serve on a day inside the scope."""
    condition, args = scope_conditions(scope, "t", start=2)
    return int(
        await value(
            f"""select count(*) from supervisors_term t
                where t.starts <= $1 and coalesce(t.ended_on, t.ends) >= $1 and {condition}""",
            day,
            *args,
        )
    )


# --- behind a token ----------------------------------------------------------------------------


async def public_card(token: str) -> dict[str, Any] | None:
    """What anybody may read of the certificate behind an opaque token."""
    return await row(
        """select id, term, number, name, region_name, organ_name, number_in_row, starts, ends,
                  ended_on, state, photo, issued_at, region_lo, org_lo, token, signed
           from supervisors_card where token = $1 and published""",
        token,
    )


async def card_by_number(number: str) -> dict[str, Any] | None:
    """The certificate that bears a number."""
    return await row("select * from supervisors_card where number = $1 and published", number)


# --- reports by bodies --------------------------------------------------------------------------

REPORTS = Listing(
    key="supervisors.reports",
    title="单位反映监督员",
    select="r.id, r.supervisor_name, r.body_name, r.breach, r.happened_on, r.state, r.at",
    source="supervisors_report r",
    alias="r",
    id="r.id",
    tied="own",
    columns=(
        Column("supervisor_name", "监督员", sort="r.supervisor_name"),
        Column("body_name", "反映单位", sort="r.body_name"),
        Column("happened_on", "发生日期", sort="r.happened_on", kind="date"),
        Column("at", "反映时间", sort="r.at", kind="datetime"),
        Column("state", "状态"),
    ),
    filters=(
        Filter(
            "tab",
            "状态",
            kind="tabs",
            options=(("open", "待核实"), ("done", "已答复"), ("", "全部")),
            wheres={"open": "r.state = 'open'", "done": "r.state <> 'open'", "": "true"},
            default="open",
        ),
        Filter("q", "监督员或单位", where="(r.supervisor_name || ' ' || r.body_name) ilike {}"),
    ),
    order="-at",
)


async def find_report(report: int, scope: Scope) -> dict[str, Any] | None:
    """One report: the bureau's, or one's own."""
    condition, args = scope_conditions(scope, "r", start=3)
    return await row(
        f"""select r.* from supervisors_report r
            where r.id = $1 and (({condition}) or r.person = $2)""",
        report,
        scope.person or -1,
        *args,
    )


async def reports_of(term: int) -> list[dict[str, Any]]:
    """What bodies reported of a supervisor during a term."""
    return await rows(
        "select id, body_name, breach, happened_on, state, at from supervisors_report"
        " where term = $1 order by id desc",
        term,
    )
