# SPDX-License-Identifier: Apache-2.0
"""Sessions, rosters, candidates, the live state, results."""

from datetime import datetime
from typing import Any

from core.api.db import Scope, row, rows, scope_conditions
from core.api.web import Column, Filter, Listing
from plugins.exams.rules.papers import points_words
from plugins.exams.rules.sitting import PURPOSES, SESSIONS

WANTED_STATES = {
    "waiting": ("new", "待安排"),
    "seated": ("doing", "已安排"),
    "passed": ("done", "合格"),
    "failed": ("late", "次数用完"),
    "withdrawn": ("revoked", "已撤回"),
}

SESSION_LIST = Listing(
    key="exams.sessions",
    title="考试场次",
    select=(
        "s.id, s.title, s.venue, s.state, s.starts_at, s.minutes, s.tickets,"
        " (select count(*) from exams_entry e where e.session = s.id) as persons,"
        " (select count(*) from exams_confirmation c where c.session = s.id and c.state = 'open')"
        " as open_confirmations,"
        " (select count(*) from exams_appeal p where p.session = s.id and p.state = 'open')"
        " as open_appeals"
    ),
    source="exams_session s",
    alias="s",
    id="s.id",
    columns=(
        Column("title", "场次"),
        Column("starts_at", "开考时间", kind="datetime", sort="s.starts_at"),
        Column("venue", "考点"),
        Column("persons", "人数", kind="number"),
        Column("minutes", "时长（分钟）", kind="number"),
        Column("state", "状态", export=lambda one: SESSIONS[one["state"]][1]),
    ),
    filters=(
        Filter("q", "关键字", where="s.title ilike {}", placeholder="场次名称"),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("", "全部"), *((key, words) for key, (_, words) in SESSIONS.items())),
            where="s.state = {}",
        ),
    ),
    order="-starts_at",
)

CANDIDATES = Listing(
    key="exams.candidates",
    title="考生",
    select=(
        "w.id, w.person, w.name, w.unit, w.purpose, w.card_number, w.due_on, w.state, w.used,"
        " w.allowed, w.asked_at, w.reason"
    ),
    source="exams_wanted w",
    alias="w",
    id="w.id",
    tied="own",
    columns=(
        Column("name", "姓名"),
        Column("unit", "单位", sort="w.unit"),
        Column("purpose", "事由", export=lambda one: PURPOSES[one["purpose"]]),
        Column("card_number", "证号", coded=True),
        Column("due_on", "年审期限", kind="date"),
        Column("used", "已考", kind="number"),
        Column("allowed", "可考", kind="number"),
        Column("asked_at", "提出时间", kind="datetime", sort="w.asked_at"),
        Column("state", "状态", export=lambda one: WANTED_STATES[one["state"]][1]),
    ),
    filters=(
        Filter("q", "姓名或单位", where="(w.name ilike {} or w.unit ilike {})"),
        Filter(
            "purpose",
            "事由",
            kind="choice",
            options=tuple(PURPOSES.items()),
            where="w.purpose = {}",
        ),
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(
                *((key, words) for key, (_, words) in WANTED_STATES.items()),
                ("all", "全部"),
            ),
            wheres={**{key: f"w.state = '{key}'" for key in WANTED_STATES}, "all": "true"},
            default="waiting",
        ),
    ),
    order="asked_at",
)


async def waiting_count(scope: Scope) -> int:
    """Candidates without a seat: the badge, and the list's first tab."""
    return await CANDIDATES.count(scope, {"state": "waiting"})


ROSTER = """
select e.*, a.id as attempt, a.state as attempt_state, a.done, a.blurs, a.photo, a.photo_waived,
  a.photo_failed, a.begun_at, a.deadline, a.added_minutes, a.seen_at, a.ended_at, a.how, a.score,
  a.passed, a.token is not null as signed_in,
  (select count(*) from exams_confirmation c where c.entry = e.id and c.state = 'open') as asked
from exams_entry e left join exams_attempt a on a.entry = e.id
where e.session = $1 order by e.room, e.seat
"""


async def roster(session: int) -> list[dict[str, Any]]:
    """Everybody of a session with the state of his attempt."""
    return await rows(ROSTER, session)


async def rooms(session: int) -> list[dict[str, Any]]:
    """The rooms of a session and how many sit in each."""
    return await rows(
        """select r.*, (select count(*) from exams_entry e where e.room = r.id) as taken
           from exams_room r where r.session = $1 order by r.id""",
        session,
    )


async def waiting(scope: Scope, starts_at: datetime) -> list[dict[str, Any]]:
    """Who may be given a seat, those with a day to keep first."""
    sql, args = scope_conditions(scope, "w", 2)
    return await rows(
        f"""select w.*, w.due_on < $1::date as late from exams_wanted w
            where w.state in ('waiting', 'failed') and w.used < w.allowed and {sql}
            order by w.due_on nulls last, w.asked_at limit 500""",
        starts_at.date(),
        *args,
    )


async def usable_papers(org_lo: int) -> list[tuple[int, str]]:
    """The papers a new session may choose."""
    found = await rows(
        "select id, title, minutes, total_tenths from exams_paper"
        " where org_lo = $1 and not retired order by id desc",
        org_lo,
    )
    return [
        (
            each["id"],
            f"{each['title']}（{each['minutes']} 分钟，{points_words(each['total_tenths'])} 分）",
        )
        for each in found
    ]


async def entry_of(entry: int, session: int) -> dict[str, Any] | None:
    """One candidate with his attempt."""
    found = await rows(
        ROSTER.replace("where e.session = $1", "where e.session = $1 and e.id = $2"), session, entry
    )
    return found[0] if found else None


async def photo_of(attempt: int) -> dict[str, Any] | None:
    """The newest photo of an attempt."""
    return await row(
        "select * from exams_photo where attempt = $1 order by id desc limit 1", attempt
    )


async def appeals_of(session: int) -> list[dict[str, Any]]:
    """The appeals of a session, open ones first."""
    return await rows(
        """select p.*, q.words from exams_appeal p join exams_question q on q.id = p.question
           where p.session = $1 order by p.state <> 'open', p.id""",
        session,
    )


async def regrades_of(session: int) -> list[dict[str, Any]]:
    """What rulings changed."""
    return await rows(
        """select g.*, e.name, e.ticket, q.words as asked from exams_regrade g
           join exams_attempt a on a.id = g.attempt join exams_entry e on e.id = a.entry
           join exams_question q on q.id = g.question
           where g.session = $1 order by g.id desc limit 200""",
        session,
    )


async def own_entries(person: int) -> list[dict[str, Any]]:
    """A person's own sittings, newest first."""
    return await rows(
        """select e.id, e.ticket, e.room_name, e.seat, e.purpose, e.number, e.absent, s.title,
             s.venue, s.starts_at, s.minutes, s.state, a.state as attempt_state,
             case when s.state = 'published' then a.score end as score,
             case when s.state = 'published' then a.passed end as passed
           from exams_entry e join exams_session s on s.id = e.session
           left join exams_attempt a on a.entry = e.id
           where e.person = $1 order by s.starts_at desc limit 50""",
        person,
    )


async def own_wanted(person: int) -> list[dict[str, Any]]:
    """What exams a person still has before him."""
    return await rows(
        "select * from exams_wanted where person = $1 and state in ('waiting', 'failed')"
        " order by id desc",
        person,
    )


async def own_appeals(entry: int) -> list[dict[str, Any]]:
    """What somebody contested."""
    return await rows("select * from exams_appeal where entry = $1 order by id", entry)
