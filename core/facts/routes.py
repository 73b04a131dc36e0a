# SPDX-License-Identifier: Apache-2.0
"""The audit trail: every recorded act as a sentence, and one act in full."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from core import db
from core.auth.access import requires, visitor
from core.auth.visitor import Visitor
from core.errors import NotFound
from core.facts.sentences import sentence, title
from core.host.registry import current
from core.listing import Column, Filter, Listing
from core.scope import EVERYTHING, NOTHING, Scope
from core.web import responses
from core.web.enclosing import describe
from core.web.formats import moment

READ = "core.fact.read"


async def _kinds(_scope: Scope) -> Sequence[tuple[str, str]]:
    kinds = current().fact_kinds.values()
    return [(each.key, each.title) for each in sorted(kinds, key=lambda each: each.key)]


FACTS = Listing(
    key="core.facts",
    title="操作记录",
    select=(
        "f.id, f.kind, f.payload, f.at, f.recorded_at, f.actor,"
        " coalesce(u.name, case when f.actor = 0 then '系统' else '已删除的账号' end) as who,"
        " coalesce(r.name, '') as region"
    ),
    source=(
        "core_fact f left join core_user u on u.id = f.actor"
        " left join core_region r on r.lo = f.region_lo"
    ),
    alias="f",
    id="f.id",
    columns=(
        Column("recorded_at", "时间", sort="f.recorded_at", kind="datetime", fold="jd-f9"),
        Column("who", "操作人", fold="jd-f9e"),
        Column("title", "类别", fold="jd-f1"),
        Column("sentence", "内容"),
        Column("region", "区域", fold="jd-nofold"),
    ),
    filters=(
        Filter("kind", "类别", kind="choice", load=_kinds, where="f.kind = {}"),
        Filter("who", "操作人", where="u.name ilike {}"),
        Filter("since", "从", kind="date", where="f.recorded_at >= {}::date"),
        Filter("until", "到", kind="date", where="f.recorded_at < {}::date + 1"),
    ),
    order="-recorded_at",
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


def _word(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        payload = msgspec.json.decode(row["payload"])
        row["title"] = title(row["kind"])
        row["sentence"] = sentence(row["kind"], payload)
        row["href"] = f"/audit/{row['id']}"


@get("/audit", guards=[requires(READ)])
async def audit(request: Request[Any, Any, Any]) -> Response[Any]:
    """All recorded acts, newest first."""
    scope = audit_scope(visitor(request))
    async with db.transaction(scope):
        if responses.wants_xlsx(request):
            rows = await FACTS.export(request, scope)
            _word(rows)
            return await responses.export(request, FACTS, rows)
        found = await FACTS.page(request, scope)
    _word(found.rows)
    return responses.page(
        request,
        "pages/list.html",
        title="操作记录",
        lead="记录一经写入不能修改或删除。",
        p=found,
    )


ONE = """
select f.*, coalesce(u.name, '') as who, coalesce(r.name, '') as region
from core_fact f left join core_user u on u.id = f.actor
left join core_region r on r.lo = f.region_lo
where f.id = $1
"""


@get("/audit/{fact:int}", guards=[requires(READ)])
async def one(request: Request[Any, Any, Any], fact: FromPath[int]) -> Response[Any]:
    """One act in full, with what was recorded word for word."""
    who = visitor(request)
    scope = audit_scope(who)
    async with db.transaction(scope):
        row = await db.row(ONE, fact)
        if row is None:
            raise NotFound
        subject = db.SubjectRef(row["subject_kind"], row["subject_id"])
        labels = await describe([subject], who.scope)
    payload = msgspec.json.decode(row["payload"])
    label = labels.get(subject)
    kind = current().subject_kinds.get(subject.kind)
    noun = kind.title if kind else subject.kind
    return responses.page(
        request,
        "pages/fact.html",
        title=title(row["kind"]),
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
    )
