# SPDX-License-Identifier: Apache-2.0
"""The audit trail: every recorded act as a sentence, and one act in full with its proof.

Reading it is itself recorded. Nobody audits himself: an audit administrator's own acts are left
out of what he reads, and the security administrator reads those.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from core import clock, db
from core.auth.access import requires, visitor
from core.auth.services import office
from core.auth.visitor import Visitor
from core.errors import NotFound
from core.facts.canonical import fact_bytes
from core.facts.sentences import sentence, title
from core.facts.services import record
from core.host.registry import current
from core.listing import Column, Filter, Listing, Page
from core.scope import EVERYTHING, NOTHING, Scope
from core.sealing import rules
from core.sealing.facts import Looked
from core.sealing.services import batch_of
from core.web import responses
from core.web.enclosing import describe
from core.web.formats import moment

READ = "core.fact.read"
WATCH = "core.fact.watch"
SAME_LOOK = timedelta(minutes=10)
"""The same list looked at again within this time is the same look."""


async def _kinds(_scope: Scope) -> Sequence[tuple[str, str]]:
    kinds = current().fact_kinds.values()
    return [(each.key, each.title) for each in sorted(kinds, key=lambda each: each.key)]


async def _subjects(_scope: Scope) -> Sequence[tuple[str, str]]:
    return [(key, each.title) for key, each in sorted(current().subject_kinds.items())]


async def _regions(scope: Scope) -> Sequence[tuple[str, str]]:
    found = await db.rows(
        "select g.lo, g.level, g.name from core_region g where g.valid_to is null"
        " and g.lo between $1 and $2 and exists"
        " (select 1 from core_organisation o where o.region_lo between g.lo and g.hi)"
        " order by g.lo limit 400",
        scope.region.lo,
        scope.region.hi,
    )
    return [(str(row["lo"]), f"{'　' * max(0, row['level'])}{row['name']}") for row in found]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


FACTS = Listing(
    key="core.facts",
    title="操作记录",
    select=(
        "f.id, f.kind, f.payload, f.at, f.recorded_at, f.actor,"
        " coalesce(u.name, case when f.actor = 0 then '系统' else '已删除的账号' end) as who,"
        " coalesce(r.name, '') as region,"
        " case when w.fact is null then '已封存' else '待封存' end as sealed"
    ),
    source=(
        "core_fact f left join core_user u on u.id = f.actor"
        " left join core_region r on r.lo = f.region_lo"
        " left join core_unsealed w on w.fact = f.id"
    ),
    alias="f",
    id="f.id",
    columns=(
        Column("recorded_at", "时间", sort="f.recorded_at", kind="datetime", fold="jd-f9"),
        Column("who", "操作人", fold="jd-f9e"),
        Column("title", "类别", fold="jd-f1"),
        Column("sentence", "内容"),
        Column("region", "区域", fold="jd-nofold jd-nb"),
        Column("sealed", "封存", fold="jd-nofold jd-nb"),
    ),
    filters=(
        Filter("kind", "类别", kind="choice", load=_kinds, where="f.kind = {}"),
        Filter("who", "操作人", where="(u.name ilike {} or u.login ilike {})"),
        Filter("subject", "对象", kind="choice", load=_subjects, where="f.subject_kind = {}"),
        Filter(
            "number",
            "对象编号",
            kind="code",
            where="f.subject_id = {}::int8",
            convert=_number,
        ),
        Filter(
            "region",
            "区域",
            kind="choice",
            load=_regions,
            where=(
                "exists (select 1 from core_region g where g.lo = {}::int8"
                " and f.region_lo between g.lo and g.hi)"
            ),
            convert=_number,
        ),
        Filter("since", "从", kind="date", where="f.recorded_at >= {}::date"),
        Filter("until", "到", kind="date", where="f.recorded_at < {}::date + 1"),
    ),
    order="-recorded_at",
)

AUDITORS = replace(
    FACTS,
    key="core.facts.auditors",
    title="审计管理员的操作",
    # By what somebody was at the time, not by what he is today.
    where=(
        "exists (select 1 from core_assignment a join core_role o on o.id = a.role"
        " where a.\"user\" = f.actor and o.key = 'audit_admin'"
        "  and a.granted_at <= f.recorded_at"
        "  and (a.revoked_at is null or a.revoked_at >= f.recorded_at))"
    ),
)

REVEALS = replace(
    FACTS,
    key="core.facts.reveals",
    title="查看完整信息",
    columns=(
        Column("recorded_at", "时间", sort="f.recorded_at", kind="datetime", fold="jd-f9"),
        Column("who", "查看人", fold="jd-f9e"),
        Column("title", "类别", fold="jd-f1"),
        Column("sentence", "内容"),
        Column("reason", "事由"),
        Column("region", "区域", fold="jd-nofold"),
    ),
    # Every plugin names such acts alike; the contract is the word, not a list of plugins.
    where="f.kind like '%revealed'",
)


def audit_scope(who: Visitor) -> Scope:
    """What an audit administrator reads: all acts of his region, whoever did them; nothing more.

    His own scope is empty, since business pages are none of his business.
    """
    region = EVERYTHING if who.region.id == 0 else db.Interval(who.region.lo, who.region.hi)
    return Scope(
        region,
        EVERYTHING,
        write_region=NOTHING,
        write_organisation=NOTHING,
        actor=who.user_id,
        reason="the audit administrator reads the trail",
    )


def _word(rows: Sequence[dict[str, Any]], base: str) -> None:
    for row in rows:
        payload = msgspec.json.decode(row["payload"])
        row["title"] = title(row["kind"])
        row["sentence"] = sentence(row["kind"], payload)
        row["reason"] = payload.get("reason", "")
        row["href"] = f"{base}/{row['id']}"


async def _looked(who: Visitor, what: str, found: Page) -> None:
    """Record that somebody read the trail, once for each list and set of conditions."""
    conditions = "；".join(f"{each.title}：{each.words}" for each in found.chips)[:500]
    async with db.transaction(office(who.user_id)):
        before = await db.value(
            "select payload from core_fact where kind = 'core.audit.viewed' and subject_kind ="
            " 'core.user' and subject_id = $1 and recorded_at > $2 order by id desc limit 1",
            who.user_id,
            clock.now() - SAME_LOOK,
        )
        if before is not None:
            last = msgspec.json.decode(before, type=Looked)
            if (last.page, last.conditions) == (what, conditions or "无"):
                return
        await record(
            "core.audit.viewed",
            db.SubjectRef("core.user", who.user_id),
            Looked(what, conditions or "无", len(found.rows)),
            db.Place(0),
        )


@dataclass(frozen=True)
class _Reading:
    """One of the two lists: whose acts, where, and what stands above them."""

    listing: Listing
    base: str
    lead: str
    condition: str


ALL = _Reading(
    FACTS,
    "/audit",
    "记录一经写入不能修改或删除；查看本身也会被记录。你自己的操作由安全管理员查看。",
    "f.actor <> {}::int8",
)
OF_AUDITORS = _Reading(
    AUDITORS,
    "/audit/auditors",
    "审计管理员不审计自己：他们的操作在这里由安全管理员查看。",
    "f.actor <> {}::int8",
)

OF_REVEALS = _Reading(
    REVEALS,
    "/audit",
    "谁在什么时候为什么看了被遮盖的号码、住址和姓名。次数异常的请问明情况。",
    "f.actor <> {}::int8",
)


async def _list(request: Request[Any, Any, Any], reading: _Reading) -> Response[Any]:
    who = visitor(request)
    scope = audit_scope(who)
    listing, own = reading.listing, [who.user_id]
    async with db.transaction(scope):
        if responses.wants_xlsx(request):
            rows = await listing.export(request, scope, where=reading.condition, args=own)
            _word(rows, reading.base)
            return await responses.export(request, listing, rows)
        found = await listing.page(request, scope, where=reading.condition, args=own)
    _word(found.rows, reading.base)
    await _looked(who, listing.title, found)
    return responses.page(
        request, "pages/list.html", title=listing.title, lead=reading.lead, p=found
    )


@get("/audit", guards=[requires(READ)])
async def audit(request: Request[Any, Any, Any]) -> Response[Any]:
    """All recorded acts but one's own, newest first."""
    return await _list(request, ALL)


@get("/audit/auditors", guards=[requires(WATCH)])
async def auditors(request: Request[Any, Any, Any]) -> Response[Any]:
    """What the audit administrators did, for the security administrator."""
    return await _list(request, OF_AUDITORS)


@get("/audit/reveals", guards=[requires(READ)])
async def reveals(request: Request[Any, Any, Any]) -> Response[Any]:
    """Who looked at masked personal data, and why."""
    return await _list(request, OF_REVEALS)


ONE = """
select f.*, coalesce(u.name, '') as who, coalesce(r.name, '') as region
from core_fact f left join core_user u on u.id = f.actor
left join core_region r on r.lo = f.region_lo
where f.id = $1 and f.actor <> $2
"""


@get("/audit/{fact:int}", guards=[requires(READ)])
async def one(request: Request[Any, Any, Any], fact: FromPath[int]) -> Response[Any]:
    """One act in full, with what was recorded word for word and the proof that it is unchanged."""
    return await _one(request, fact, ALL, "")


@get("/audit/auditors/{fact:int}", guards=[requires(WATCH)])
async def one_of_auditors(request: Request[Any, Any, Any], fact: FromPath[int]) -> Response[Any]:
    """One act of an audit administrator."""
    return await _one(request, fact, OF_AUDITORS, f" and {AUDITORS.where}")


async def _one(
    request: Request[Any, Any, Any], fact: int, reading: _Reading, condition: str
) -> Response[Any]:
    who = visitor(request)
    scope = audit_scope(who)
    async with db.transaction(scope):
        row = await db.row(ONE + condition, fact, who.user_id)
        if row is None:
            raise NotFound
        subject = db.SubjectRef(row["subject_kind"], row["subject_id"])
        labels = await describe([subject], who.scope, None)
        waits = await db.value("select 1 from core_unsealed where fact = $1", fact)
        batch = None if waits else await batch_of(fact)
    payload = msgspec.json.decode(row["payload"])
    label = labels.get(subject)
    kind = current().subject_kinds.get(subject.kind)
    noun = kind.title if kind else subject.kind
    return responses.page(
        request,
        "pages/fact.html",
        title=title(row["kind"]),
        back=reading.base,
        back_title=reading.listing.title,
        sentence=sentence(row["kind"], payload),
        particulars=[
            ("操作人", row["who"] or ("系统" if not row["actor"] else "—")),
            ("发生时间", moment(row["at"])),
            ("记录时间", moment(row["recorded_at"])),
            ("区域", row["region"] or "全平台"),
            ("对象", label.title if label else f"{noun} {subject.id}"),
            ("记录号", row["id"]),
            ("类别代码", row["kind"]),
        ],
        payload=msgspec.json.format(row["payload"], indent=2),
        proof=_proof(row, batch),
        waits=bool(waits),
    )


def _proof(row: dict[str, Any], batch: rules.Sealed | None) -> dict[str, Any] | None:
    """The path from this fact to the head of its batch, computed anew from what is stored now."""
    if batch is None:
        return None
    leaves, index = batch.leaf_list(), batch.facts.index(row["id"])
    canonical = fact_bytes(row)
    own = rules.leaf(canonical)
    path = rules.path_of(leaves, index) if index < len(leaves) else []
    return {
        "batch": batch.number,
        "sealed_at": batch.sealed_at,
        "good": rules.root_by(own, path) == batch.root,
        "leaf": own.hex(),
        "path": [(side, other.hex()) for side, other in path],
        "root": batch.root.hex(),
        "head": batch.head.hex(),
        "canonical": canonical.decode(),
    }
