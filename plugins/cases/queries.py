# SPDX-License-Identifier: Apache-2.0
"""Reading cases. Every function runs in the caller's transaction and under its scope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from core.api.db import (
    Interval,
    Scope,
    column,
    literal,
    published_conditions,
    row,
    rows,
    scope_conditions,
    transaction,
)
from core.api.people import PersonRow, persons_of
from core.api.plugin import Place, SubjectRef
from core.api.web import Column, Filter, Listing
from plugins.cases.rules.definition import POWER_CLASSES, Definition, Step, read_definition
from plugins.cases.rules.event import EvidenceLine
from plugins.cases.rules.flow import OPEN, SUBMITTED, VisitLine, live
from plugins.cases.rules.joint import Word
from plugins.cases.rules.party import SOURCES

SUBJECT = "cases.case"
REFERRAL = "cases.referral"

RUNNING = "c.state in ('open', 'suspended')"
DONE = "c.state in ('closed', 'transferred')"
CLOSED_IN = "extract(year from c.closed_at at time zone 'Asia/Shanghai')::int"
FAR = "'9999-12-31T00:00:00Z'::timestamptz"
"""Sorts cases without a due date last, ascending."""


def subject_of(case: int) -> SubjectRef:
    """The case as other plugins and core refer to it."""
    return SubjectRef(SUBJECT, case)


def path_of(case: int, *rest: str) -> str:
    """The page of a case, or one below it."""
    return "/".join((f"/cases/{case}", *rest))


CASES = Listing(
    key="cases.list",
    title="案件",
    select=(
        "c.id, c.case_number, c.title, c.party_name, c.power_class, c.item_title, c.state, c.step,"
        " c.step_title, c.lead, c.lead_name, c.department_name, c.due_at, c.due_provisional,"
        " c.lamp, c.red, c.yellow, c.opened_at, c.closed_at, c.outcome, c.ever_suspended,"
        " c.suspend_reason, c.source, c.rollbacks, c.decision_number, c.archive_number"
    ),
    source="cases_case c",
    alias="c",
    id="c.id",
    columns=(
        Column("lamp", "灯", kind="lamp", sort="(c.red * 1000 + c.yellow)", fold="jd-f1"),
        Column("case_number", "案号", sort="c.case_number", width=26),
        Column("title", "案由", width=36),
        Column("party_name", "当事人", sort="c.party_name", width=26),
        Column("item_title", "事项", width=36),
        Column("step_title", "当前环节", sort="c.step_title", fold="jd-f9e"),
        Column("lead_name", "轮到谁", sort="c.lead_name"),
        Column("due_at", "期限", sort=f"coalesce(c.due_at, {FAR})", kind="datetime", fold="jd-f9"),
        Column("opened_at", "立案时间", sort="c.opened_at", kind="datetime"),
        Column("closed_at", "办结时间", sort=f"coalesce(c.closed_at, {FAR})", kind="datetime"),
        Column("outcome", "结果"),
        Column("decision_number", "决定书文号", width=26),
        Column("department_name", "办理单位", width=24),
        Column("archive_number", "归档号", width=18),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("open", "在办"), ("closed", "已办结"), ("all", "全部")),
            wheres={"open": RUNNING, "closed": DONE, "all": "true"},
            default="open",
        ),
        Filter(
            "q",
            "关键字",
            where="c.search_text ilike {}",
            placeholder="案号、案由、当事人",
            wide=True,
        ),
        Filter(
            "power_class", "类别", kind="choice", options=POWER_CLASSES, where="c.power_class = {}"
        ),
        Filter(
            "lamp",
            "灯",
            kind="choice",
            options=(("red", "有红灯"), ("yellow", "有黄灯"), ("none", "没有灯")),
            wheres={
                "red": "c.red > 0",
                "yellow": "c.yellow > 0",
                "none": "c.red = 0 and c.yellow = 0",
            },
        ),
        Filter(
            "who",
            "经办",
            kind="choice",
            options=(("me", "我经办的"),),
            # The person is not known here; the page adds the condition itself.
            wheres={"me": "true"},
        ),
        Filter(
            "clock",
            "计时",
            kind="choice",
            options=(
                ("suspended", "现在中止"),
                ("ever", "曾经中止"),
                ("extended", "曾经延期"),
                ("late", "已经超期"),
                ("entered", "补录的案件"),
            ),
            wheres={
                "suspended": "c.state = 'suspended'",
                "ever": "c.ever_suspended",
                "extended": "c.extensions > 0",
                "late": "c.state = 'open' and c.due_at < now()",
                "entered": "c.under_way",
            },
        ),
        Filter(
            "archive",
            "归档",
            kind="choice",
            options=(("yes", "已归档"), ("no", "办结没有归档")),
            wheres={
                "yes": "c.archived_at is not null",
                "no": f"c.archived_at is null and {DONE}",
            },
        ),
        Filter("source", "来源", kind="choice", options=SOURCES, where="c.source = {}"),
        Filter(
            "opened_from",
            "立案自",
            kind="date",
            where="c.opened_at >= ({}::date)::timestamp at time zone 'Asia/Shanghai'",
        ),
        Filter(
            "opened_to",
            "立案至",
            kind="date",
            where="c.opened_at < ({}::date + 1)::timestamp at time zone 'Asia/Shanghai'",
        ),
        Filter("closed_year", "办结年份", kind="number", where=f"{CLOSED_IN} = {{}}"),
    ),
    order="-opened_at",
)

MINE = (
    "exists (select 1 from cases_authorisation a where a.case_id = c.id and a.person = {}"
    " and a.revoked_at is null)"
)


async def open_count(scope: Scope) -> int:
    """The badge of the menu: the first tab of the list, by the list's own query."""
    return await CASES.count(scope, {"state": "open"})


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One line of the eight-class overview; every number opens its list."""

    power_class: str
    title: str
    running: int
    done: int
    red: int
    yellow: int


async def overview(scope: Scope, year: int) -> list[ClassLine]:
    """The eight classes, counted by the very query behind the lists they link to."""
    query = CASES.query({"state": "all"}, scope)
    bound = query.bind(year)
    found = {
        r["power_class"]: r
        for r in await rows(
            f"""select c.power_class,
                   count(*) filter (where {RUNNING}) as running,
                   count(*) filter (where {DONE} and {CLOSED_IN} = {bound}) as done,
                   count(*) filter (where {RUNNING} and c.red > 0) as red,
                   count(*) filter (where {RUNNING} and c.yellow > 0) as yellow
                from {CASES.source} where {query.sql} group by 1""",
            *query.args,
        )
    }
    empty: Mapping[str, int] = {}
    return [
        ClassLine(
            key,
            title,
            *(
                int(found.get(key, empty).get(name, 0))
                for name in ("running", "done", "red", "yellow")
            ),
        )
        for key, title in POWER_CLASSES
    ]


# --- items ------------------------------------------------------------------------------------


async def openable_items(
    scope: Scope, organisation: tuple[int, int], *, text: str = "", power_class: str = ""
) -> list[dict[str, Any]]:
    """The power items a unit may open a case under: of its own body, or of one inside it.

    ``organisation`` is the interval of the unit. A department exercises the powers of the body
    above it, a body those of the departments below.
    """
    lo, hi = organisation
    pattern = f"%{literal(text.strip())}%" if text.strip() else ""
    conditions, args = published_conditions(scope, "v", 5)
    return await rows(
        f"""select v.id, v.item, v.version, v.code, v.title, v.power_class, o.name as body,
                   v.definition->'basis' as basis
            from cases_item_version v join core_organisation o on o.id = v.organisation
            where v.current and ($1::int8 between o.lo and o.hi or o.lo between $1 and $2)
              and ($3 = '' or v.title ilike $3 or v.code ilike $3)
              and ($4 = '' or v.power_class = $4) and {conditions}
            order by v.power_class, v.code limit 200""",
        lo,
        hi,
        pattern,
        power_class,
        *args,
    )


async def item_version(scope: Scope, ident: int) -> dict[str, Any] | None:
    """One current item version with its definition, if the scope may see it."""
    conditions, args = published_conditions(scope, "v", 2)
    return await row(
        f"""select v.id, v.item, v.version, v.title, v.power_class, v.organisation, v.definition,
                   o.lo as org_lo, o.hi as org_hi, o.name as body, o.kind as body_kind,
                   o.region_lo as body_region_lo
            from cases_item_version v join core_organisation o on o.id = v.organisation
            where v.id = $1 and v.current and {conditions}""",
        ident,
        *args,
    )


async def version_of_item(scope: Scope, item: int) -> dict[str, Any] | None:
    """The current version of a power item with its definition, if the scope may see it."""
    conditions, args = published_conditions(scope, "v", 2)
    return await row(
        f"select v.id, v.item, v.version, v.title, v.effective_from, v.definition"
        f" from cases_item_version v where v.item = $1 and v.current and {conditions}",
        item,
        *args,
    )


async def outdated_items(scope: Scope) -> list[dict[str, Any]]:
    """Items with running cases under an older version than the current one, and how many."""
    query = CASES.query({"state": "open"}, scope)
    return await rows(
        f"""select n.item, n.title, n.version, n.effective_from, count(*) as cases
            from {CASES.source} join cases_item_version v on v.id = c.item_version
            join cases_item_version n on n.item = c.item and n.current and n.version > v.version
            where {query.sql} group by 1, 2, 3, 4 order by 2""",
        *query.args,
    )


async def outdated_cases(scope: Scope, item: int, *, limit: int = 200) -> list[dict[str, Any]]:
    """The running cases of an item under an older version, oldest first; by the list's query."""
    query = CASES.query({"state": "open"}, scope)
    bound, most = query.bind(item), query.bind(limit)
    return await rows(
        f"""select c.id, v.version from {CASES.source}
            join cases_item_version v on v.id = c.item_version
            join cases_item_version n on n.item = c.item and n.current and n.version > v.version
            where c.item = {bound} and {query.sql} order by c.opened_at, c.id limit {most}""",
        *query.args,
    )


async def moved_items(scope: Scope) -> list[dict[str, Any]]:
    """Items with running cases that were moved to their present version, newest move first."""
    query = CASES.query({"state": "open"}, scope)
    return await rows(
        f"""select m.item, n.title, n.version, count(distinct c.id) as cases,
                   max(m.moved_at) as moved_at
            from {CASES.source}
            join cases_move m on m.case_id = c.id and m.to_version = c.item_version
              and m.undone_at is null
            join cases_item_version n on n.id = m.to_version
            where {query.sql} group by 1, 2, 3 order by 5 desc limit 50""",
        *query.args,
    )


# --- one case ---------------------------------------------------------------------------------


@dataclass
class CaseFile:
    """Everything of one case, loaded once for rules and pages."""

    row: dict[str, Any]
    definition: Definition
    visits: list[dict[str, Any]]
    officers: list[dict[str, Any]]
    """Authorisations in force or not yet begun, not the revoked ones."""
    evidence: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    instalments: list[dict[str, Any]]
    """Of the plan that counts, the last approved one."""
    recusals: list[dict[str, Any]] = field(default_factory=list)
    signatures: list[dict[str, Any]] = field(default_factory=list)
    """At joint steps, of every visit."""

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def place(self) -> Place:
        return Place(self.row["region_lo"], self.row["org_lo"])

    @property
    def subject(self) -> SubjectRef:
        return subject_of(self.id)

    @property
    def path(self) -> str:
        return path_of(self.id)

    @property
    def running(self) -> bool:
        return bool(self.row["state"] == "open")

    @property
    def step(self) -> Step:
        return self.definition.step(self.row["step"])

    def lines(self) -> tuple[VisitLine, ...]:
        """The visits as the rules read them."""
        return tuple(
            VisitLine(
                v["id"],
                v["step"],
                v["number"],
                v["state"],
                v["values"] or {},
                v["submitted_by"] or 0,
                v["prior"],
            )
            for v in self.visits
        )

    def visit(self, ident: int) -> dict[str, Any] | None:
        return next((v for v in self.visits if v["id"] == ident), None)

    @property
    def open_visit(self) -> dict[str, Any] | None:
        return next((v for v in self.visits if v["state"] == OPEN), None)

    @property
    def last_submitted(self) -> dict[str, Any] | None:
        done = [v for v in self.visits if v["state"] == SUBMITTED]
        return max(done, key=lambda v: v["submitted_sequence"], default=None)

    def number_of(self, step: str) -> int:
        """How often the step has been entered."""
        return sum(1 for v in self.visits if v["step"] == step)

    def evidence_of(self, visit: int) -> list[dict[str, Any]]:
        """Evidence of a visit's own form, vouchers apart."""
        return [e for e in self.evidence if e["visit"] == visit and e["payment"] is None]

    def evidence_lines(self, visit: int) -> tuple[EvidenceLine, ...]:
        return tuple(
            EvidenceLine(e["file"], e["control"], e["name"], e["sha256"], e["voided_at"] is None)
            for e in self.evidence_of(visit)
        )

    def evidence_counts(self) -> dict[int, dict[str, int]]:
        """Valid files by visit and control, for the hard stops."""
        counts: dict[int, dict[str, int]] = {}
        for e in self.evidence:
            if e["voided_at"] is None and e["payment"] is None:
                of_visit = counts.setdefault(e["visit"], {})
                of_visit[e["control"]] = of_visit.get(e["control"], 0) + 1
        return counts

    def vouchers(self, payment: int) -> list[dict[str, Any]]:
        return [e for e in self.evidence if e["payment"] == payment]

    def words_of(self, visit: int) -> tuple[Word, ...]:
        """What was signed at one entry of a joint step."""
        return tuple(
            Word(s["person"], s["name"], s["agrees"], s["opinion"])
            for s in self.signatures
            if s["visit"] == visit
        )

    def officers_of(self, step: str, today: date) -> list[dict[str, Any]]:
        """Who is authorised for the step today, the leading officer first."""
        found = [
            o
            for o in self.officers
            if o["step"] == step
            and o["valid_from"] <= today
            and (o["valid_to"] is None or o["valid_to"] >= today)
        ]
        # Who delegated for these days does not act meanwhile; the delegate stands in his place.
        away = {o["on_behalf"] for o in found if o["on_behalf"]}
        return sorted(
            (o for o in found if o["person"] not in away),
            key=lambda o: (o["role"] != "lead", o["granted_at"], o["id"]),
        )

    @cached_property
    def earlier_values(self) -> dict[str, Any]:
        """The newest counting values of all submitted steps, later steps winning."""
        values: dict[str, Any] = {}
        for line in live(self.lines()):
            if line.state == SUBMITTED:
                values.update({k: v for k, v in line.values.items() if v is not None})
        return values

    @property
    def paid(self) -> int:
        return sum(p["amount"] for p in self.payments)

    @property
    def handlers(self) -> tuple[int, ...]:
        """Everybody authorised for a step now, for whoever must be told about an alarm."""
        people = [o["person"] for o in self.officers if o["step"] == self.row["step"]]
        people += [self.row["lead"]] if self.row["lead"] else []
        return tuple(dict.fromkeys(people)) or (self.row["opened_by"],)


CASE_SQL = """
select c.*, v.definition, v.version as item_version_number, o.lo as body_lo, o.hi as body_hi,
  o.name as body_name
from cases_case c join cases_item_version v on v.id = c.item_version
join core_organisation o on o.id = c.organisation
where c.id = $1 and {conditions}
"""


async def load_case(scope: Scope, case: int, *, lock: bool = False) -> CaseFile | None:
    """The whole file of a case, or nothing when the scope does not contain it.

    ``lock`` holds the row until the transaction ends; take the subject's advisory lock first.
    """
    conditions, args = scope_conditions(scope, "c", 2)
    found = await row(
        CASE_SQL.format(conditions=conditions) + (" for update of c" if lock else ""), case, *args
    )
    if found is None:
        return None
    definition = read_definition(found.pop("definition"))
    return CaseFile(
        row=found,
        definition=definition,
        visits=await rows("select * from cases_visit where case_id = $1 order by id", case),
        officers=await rows(
            "select * from cases_authorisation where case_id = $1 and revoked_at is null"
            " order by granted_at, id",
            case,
        ),
        evidence=await rows("select * from cases_evidence where case_id = $1 order by id", case),
        payments=await rows(
            "select * from cases_payment where case_id = $1 order by paid_on, id", case
        ),
        instalments=await rows(
            """select * from cases_instalment i where case_id = $1
               and plan = (select max(plan) from cases_instalment where case_id = $1)
               order by due""",
            case,
        ),
        recusals=await rows("select * from cases_recusal where case_id = $1 order by id", case),
        signatures=await rows(
            "select * from cases_signature where case_id = $1 order by signed_at, id", case
        )
        if any(s.joint for s in definition.steps)
        else [],
    )


async def party_of(scope: Scope, case: int) -> dict[str, Any]:
    """The party of a case; personal data are still encrypted in it."""
    conditions, args = scope_conditions(scope, "p", 2)
    found = await row(
        f"select p.* from cases_party p where p.case_id = $1 and {conditions}", case, *args
    )
    return found or {"kind": "organisation", "name_shown": "", "code": ""}


async def alarms_of(scope: Scope, case: int) -> list[dict[str, Any]]:
    """The lamps of a case, newest first, withdrawn ones included."""
    conditions, args = scope_conditions(scope, "a", 2)
    return await rows(
        f"select a.* from cases_alarm a where a.case_id = $1 and {conditions}"
        " order by a.raised_at desc, a.id desc",
        case,
        *args,
    )


async def same_party(
    scope: Scope, hashes: Sequence[bytes], item: int, *, since: datetime
) -> list[dict[str, Any]]:
    """Cases of the same party under the same item: the same act is not fined twice (art. 29)."""
    conditions, args = scope_conditions(scope, "c", 4)
    return await rows(
        f"""select distinct c.id, c.case_number, c.title, c.state, c.opened_at
            from cases_case c join cases_party p on p.case_id = c.id
            where c.item = $1 and c.opened_at >= $2 and {conditions}
              and (p.identity_hash = any($3) or p.name_hash = any($3))
            order by c.opened_at desc limit 5""",
        item,
        since,
        list(hashes),
        *args,
    )


async def find_cases(scope: Scope, text: str, hashes: Sequence[bytes]) -> list[dict[str, Any]]:
    """Cases by number, cause or party; a natural person's full name is matched by its hash."""
    query = CASES.query({"state": "all"}, scope)
    like, by_hash = query.bind(f"%{literal(text)}%"), query.bind(list(hashes))
    return await rows(
        f"""select c.id, c.case_number, c.title, c.party_name, c.state, c.step_title
            from cases_case c where {query.sql} and (c.search_text ilike {like} or exists (
              select 1 from cases_party p where p.case_id = c.id
                and (p.identity_hash = any({by_hash}) or p.name_hash = any({by_hash}))))
            order by c.opened_at desc limit 10""",
        *query.args,
    )


async def label_of(scope: Scope, case: int) -> dict[str, Any] | None:
    """Number, cause and state of a case, for links from elsewhere."""
    conditions, args = scope_conditions(scope, "c", 2)
    return await row(
        "select c.id, c.case_number, c.title, c.party_name, c.step_title, c.state from cases_case c"
        f" where c.id = $1 and {conditions}",
        case,
        *args,
    )


async def unit_names(ids: Sequence[int]) -> dict[int, str]:
    """Short names of organisations by id."""
    found = await rows(
        "select id, coalesce(nullif(short_name, ''), name) as name from core_organisation"
        " where id = any($1::int8[])",
        list(ids),
    )
    return {r["id"]: r["name"] for r in found}


def body_scope(scope: Scope, file: "CaseFile") -> Scope:
    """Whoever belongs to the body that handles the case, to read only.

    A department's officer sees his department; the approver he must name sits above him.
    """
    return Scope(
        scope.region,
        Interval(file.row["body_lo"], file.row["body_hi"]),
        scope.person,
        actor=scope.actor,
        reason="officers and approvers of the body that handles the case",
    ).read_only()


async def colleagues(scope: Scope, file: "CaseFile") -> list[PersonRow]:
    """Everybody who may be authorised: the people of the body, the handling unit's first."""
    body = Interval(file.row["body_lo"], file.row["body_hi"])
    async with transaction(body_scope(scope, file)):
        found = await persons_of(body)
    return sorted(found, key=lambda p: p.org_lo != file.row["org_lo"])


async def certificate_numbers(people: Sequence[int], on: date) -> dict[int, str]:
    """The certificate number to show beside each of these persons on a day, where one is good."""
    found = await rows(
        """select distinct on (person) person, number from cases_certificate
           where person = any($1::int8[]) and state = 'valid' and since <= $2
             and valid_from <= $2 and valid_until >= $2
           order by person, valid_until desc""",
        list(people),
        on,
    )
    return {r["person"]: r["number"] for r in found}


REFERRALS = Listing(
    key="cases.referrals",
    title="移送来的案件",
    select=(
        "f.id, f.title, f.from_unit, f.from_number, f.party, f.state, f.reason, f.answer,"
        " f.received_at, f.opened_case"
    ),
    source="cases_referral f",
    alias="f",
    id="f.id",
    columns=(
        Column("title", "案由", width=36),
        Column("from_unit", "移送单位", sort="f.from_unit", width=26),
        Column("from_number", "原案号", width=24),
        Column("received_at", "收到", sort="f.received_at", kind="datetime"),
        Column("answer", "处理结果", width=36),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("waiting", "待处理"), ("done", "已处理"), ("all", "全部")),
            wheres={
                "waiting": "f.state = 'waiting'",
                "done": "f.state <> 'waiting'",
                "all": "true",
            },
            default="waiting",
        ),
        Filter(
            "q", "关键字", where="(f.title || f.from_unit || f.from_number) ilike {}", wide=True
        ),
    ),
    order="-received_at",
)


async def waiting_referrals(scope: Scope) -> int:
    """The badge of the menu, by the list's own query."""
    return await REFERRALS.count(scope, {"state": "waiting"})


async def referral_of(scope: Scope, ident: int, *, lock: bool = False) -> dict[str, Any] | None:
    """One referral, as the receiving body sees it; the party's data are still sealed in it."""
    conditions, args = scope_conditions(scope, "f", 2)
    return await row(
        f"select f.* from cases_referral f where f.id = $1 and {conditions}"
        + (" for update" if lock else ""),
        ident,
        *args,
    )


async def documents_of(scope: Scope, case: int) -> list[dict[str, Any]]:
    """Every document issued in a case, newest first, void and corrected ones included."""
    conditions, args = scope_conditions(scope, "d", 2)
    return await rows(
        f"select d.* from cases_document d where d.case_id = $1 and {conditions} order by d.id desc",
        case,
        *args,
    )


async def document_of(scope: Scope, case: int, document: int) -> dict[str, Any] | None:
    """One document of a case."""
    conditions, args = scope_conditions(scope, "d", 3)
    return await row(
        f"select d.* from cases_document d where d.id = $2 and d.case_id = $1 and {conditions}",
        case,
        document,
        *args,
    )


async def receipts_of(scope: Scope, document: int) -> list[dict[str, Any]]:
    """The service receipts of a document, newest first; the recipient is still sealed in them."""
    conditions, args = scope_conditions(scope, "r", 2)
    return await rows(
        f"select r.* from cases_receipt r where r.document = $1 and {conditions} order by r.id desc",
        document,
        *args,
    )


async def recipients_of(scope: Scope, case: int) -> list[dict[str, Any]]:
    """Who signed for documents of a case; the names are still sealed."""
    conditions, args = scope_conditions(scope, "r", 2)
    return await rows(
        "select r.recipient from cases_receipt r"
        f" where r.case_id = $1 and r.recipient is not null and {conditions}",
        case,
        *args,
    )


async def disclosure_of(document: int) -> dict[str, Any] | None:
    """What is or was published of a document."""
    return await row("select * from cases_disclosure where document = $1", document)


async def disclosed_documents(case: int) -> set[int]:
    """The documents of a case whose abstract was published, withdrawn ones included."""
    return set(await column("select document from cases_disclosure where case_id = $1", case))


async def published_disclosures(*, before: int = 0, limit: int = 20) -> list[dict[str, Any]]:
    """What anybody may read, newest first; runs under the public scope."""
    return await rows(
        """select * from cases_disclosure where published and ($1 = 0 or id < $1)
           order by id desc limit $2""",
        before,
        limit,
    )


async def public_disclosure(ident: int) -> dict[str, Any] | None:
    """One published abstract; runs under the public scope."""
    return await row("select * from cases_disclosure where id = $1 and published", ident)


async def submission(token: str) -> dict[str, Any] | None:
    """What a form with this token did already."""
    return await row("select * from cases_submission where token = $1", token) if token else None


async def departments_of(scope: Scope) -> Sequence[str]:
    """Names of the units that handle cases inside the scope."""
    conditions, args = scope_conditions(scope, "c", 1)
    return await column(
        f"select distinct c.department_name from cases_case c where {conditions} order by 1 limit 100",
        *args,
    )
