# SPDX-License-Identifier: Apache-2.0
"""Filing, at either door: routed, sealed if asked, kept once, with a receipt."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.api import clock
from core.api.custody import as_sealed, sealing_region
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    json,
    lock_subjects,
    retried,
    row,
    transaction,
    value,
)
from core.api.errors import Refused, TooMany
from core.api.facts import record
from core.api.files import Received
from core.api.gates import UnknownGate, decide
from core.api.jobs import enqueue
from core.api.numbers import next_number
from core.api.settings import settings_of
from plugins.complaints import facts, queries
from plugins.complaints.rules import intake, receipts, routing
from plugins.complaints.rules.intake import COMPLAINT, PRAISE, PUBLIC, SUPERVISOR
from plugins.complaints.services import reporters
from plugins.complaints.services.matters import (
    REGISTER,
    ComplaintSettings,
    give_bureau,
    ref,
    tell_bureau,
)
from plugins.complaints.services.media import keep_media
from plugins.complaints.services.pushing import push_at_once
from plugins.complaints.services.reporters import Reporter

GATE = "complaints.supervisor_may_report"
WORDS = {COMPLAINT: "投", PRAISE: "表"}


@dataclass(frozen=True)
class Intake:
    """What was said, checked by the form."""

    kind: str
    target: str
    enforcement_type: str
    account: str
    happened_on: date
    chosen: intake.Chosen
    sealed: bool
    told_on_site: bool = False
    wants_procedure: bool = False
    officer: int = 0
    officer_name: str = ""
    certificate: int = 0
    scanned: str = ""
    scanned_text: str = ""
    said_at: str = ""


@dataclass(frozen=True)
class Filed:
    """What came of it. ``code`` is known to the reporter alone; the platform keeps its hash."""

    id: int
    number: str
    code: str
    again: bool = False
    organ_name: str = ""


@retried
async def file(
    reporter: Reporter, said: Intake, media: Sequence[Received] = (), *, once: str = ""
) -> Filed:
    """File a complaint or praise. The same ``once`` key files once, however often it comes."""
    by, acting = intake.PSEUDONYMS[reporter.door], Scope.platform(REGISTER, actor=reporter.user)
    if said.sealed:
        # Nobody acts: facts, files, jobs and turns take their actor from the transaction's scope.
        under = as_sealed(acting)
        by, acting = under.by, under.scope
    key = reporters.once_hash(once)
    async with transaction(acting):
        if key is not None:
            # Two tabs may send the same draft at the same moment.
            await lock_subjects(SubjectRef("complaints.once", int.from_bytes(key[:7])))
            if known := await _known(key, once):
                return known
        await _may_file(reporter, said)
        went = await find_route(reporter, said)
        settings = await settings_of(ComplaintSettings, went.region_lo)
        if reporter.door == PUBLIC:
            await _not_too_many(went.region_lo, settings.public_per_hour)
        code = reporters.code_for(once) or receipts.new_code() if reporter.door == PUBLIC else ""
        complaint, number = await _write(reporter, said, went, media, code=code, once=key)
        await record(
            "complaints.filed",
            ref(complaint),
            facts.Filed(
                complaint,
                number,
                reporter.door,
                said.kind,
                said.sealed,
                by,
                said.chosen.body.id if said.chosen.body else 0,
                said.officer,
                said.scanned,
            ),
            Place(went.region_lo, went.organ_lo),
        )
        await enqueue(
            "complaints.sign",
            {"complaint": complaint},
            key=f"complaints.sign:{complaint}",
            place=Place(went.region_lo, went.organ_lo),
        )
        found = await row("select * from complaints_complaint where id = $1", complaint)
        assert found is not None
        await give_bureau(found, "审核处理")
        await tell_bureau("complaints.filed", found)
        at_once = (
            reporter.door == PUBLIC
            and said.kind == COMPLAINT
            and settings.public_at_once
            and said.chosen.matched
        )
        if at_once:
            await push_at_once(found, settings)
    return Filed(complaint, number, code, organ_name=went.organ_name)


async def filed_before(once: str) -> Filed | None:
    """What the form with this key did before.

    Asked before its files are looked at: by then they belong to what was filed first.
    """
    key = reporters.once_hash(once)
    if key is None:
        return None
    async with transaction(Scope.platform(REGISTER).read_only()):
        return await _known(key, once)


async def _known(key: bytes, once: str) -> Filed | None:
    found = await row("select id, number, door from complaints_complaint where once = $1", key)
    if found is None:
        return None
    code = reporters.code_for(once) if found["door"] == PUBLIC else ""
    return Filed(found["id"], found["number"], code, again=True)


async def _may_file(reporter: Reporter, said: Intake) -> None:
    """A supervisor must withdraw from what touches himself (S3-17); asked of whoever knows."""
    if reporter.door != SUPERVISOR:
        return
    subject = SubjectRef("core.person", reporter.person)
    body = said.chosen.body or said.chosen.department
    draft = {"organisation_lo": body.lo if body else 0, "officer": said.officer, "case": 0}
    # Asked where he supervises: a plugin that is off there has no say.
    home = Scope.of_place(Place(reporter.region_lo), reason=REGISTER)
    try:
        async with transaction(home.read_only()):
            verdict = await decide(GATE, [subject], clock.today(), draft)
    except UnknownGate:
        return
    if blockers := verdict.blockers.get(subject):
        raise Refused(*blockers)


async def find_route(reporter: Reporter, said: Intake) -> routing.Route:
    """The bureau it goes to, with the reasons."""
    home = await queries.region_path(reporter.region_lo)
    body = said.chosen.body
    where = await queries.region_path_of_organisation(body.id) if body else []
    organs = await queries.organs_of([each.lo for each in (*home, *where)])
    return routing.route(reporter.door, home, where, organs, body_name=body.name if body else "")


async def _not_too_many(region_lo: int, most: int) -> None:
    """A flood of made-up complaints must not bury the true ones."""
    lately = await value(
        "select count(*) from complaints_complaint where door = 'public' and region_lo = $1"
        " and filed_at > $2",
        region_lo,
        clock.now() - timedelta(hours=1),
    )
    if lately >= most:
        raise TooMany("现在提交的人太多，请过一会儿再试；你写的内容还在页面上。", wait_seconds=600)


INSERT = """
insert into complaints_complaint (number, organ, door, kind, target, enforcement_type, account,
  happened_on, department, department_name, body, body_name, officer, officer_name, certificate,
  scanned, scanned_text, told_on_site, wants_procedure, sealed, alias, reporter, reporter_name,
  contact, envelope, marks, receipt, once, salt, digest, route, filed_at, said_at, active_at,
  origin, region_lo, org_lo, state, late, handler_name, result, founded, referral, referral_to,
  successor, merged_to, news, disposal, disposal_by, disposal_reason, proof)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
  $21, $22, $23, $24, $25, $26::jsonb, $27, $28, $29, $30, $31::jsonb, $32, $33, $32, $34, $35,
  $36, 'submitted', false, '', '', '', '', '', 0, 0, false, '', 0, '', '')
returning id
"""


async def _write(
    reporter: Reporter,
    said: Intake,
    went: routing.Route,
    media: Sequence[Received],
    *,
    code: str,
    once: bytes | None,
) -> tuple[int, str]:
    kept = await reporters.keep(reporter, sealed=said.sealed, region_lo=went.region_lo)
    steps = list(went.steps)
    if said.sealed and (reporter.name or reporter.phone) and not kept.envelope:
        steps.append("当地和上级都没有身份保管人，举报人的身份没有保存。")
    now, year = clock.now(), clock.today().year
    chosen = said.chosen
    department = chosen.department
    columns: dict[str, Any] = {
        "kind": said.kind,
        "target": said.target,
        "enforcement_type": said.enforcement_type,
        "account": said.account,
        "happened_on": said.happened_on,
        "department_name": department.name if department else "",
        "body_name": chosen.words,
        "officer_name": said.officer_name,
    }
    salt = secrets.token_hex(16)
    content = receipts.content_of(columns, [each.sha256.hex() for each in media])
    # Last of all: the counter's row stays locked until the transaction ends.
    serial = await next_number(f"complaints.{said.kind}", went.organ, year)
    number = f"{WORDS[said.kind]}〔{year}〕{serial}号"
    complaint: int = await value(
        INSERT,
        number,
        went.organ,
        reporter.door,
        said.kind,
        said.target,
        said.enforcement_type,
        said.account,
        said.happened_on,
        department.id if department else 0,
        columns["department_name"],
        chosen.body.id if chosen.body else 0,
        chosen.words[:120],
        said.officer,
        said.officer_name[:60],
        said.certificate,
        said.scanned,
        said.scanned_text[:200],
        said.told_on_site,
        said.wants_procedure,
        said.sealed,
        kept.alias,
        kept.reporter,
        kept.reporter_name[:60],
        kept.contact,
        kept.envelope,
        json(kept.marks),
        reporters.receipt_hash(code) if code else None,
        once,
        salt,
        receipts.digest_of(content, salt),
        json(steps),
        now,
        said.said_at[:40],
        0,
        went.region_lo,
        went.organ_lo,
    )
    await keep_media(complaint, media, Place(went.region_lo, went.organ_lo), sealed=said.sealed)
    return complaint, number


async def may_be_sealed(region_lo: int) -> bool:
    """Whether somebody could ever open what is sealed there; the form says so before."""
    async with transaction(Scope.platform(REGISTER)):
        return await sealing_region(region_lo) is not None
