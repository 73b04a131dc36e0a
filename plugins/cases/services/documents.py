# SPDX-License-Identifier: Apache-2.0
"""文书: what a document says, issuing it with a number without gaps, making it void.

A draft has no number and is not stored: it is the form's values at this moment. Issuing draws the
number, seals PDF and DOCX and records the act in one transaction; what fails leaves no gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.api import clock
from core.api.db import execute, retried, row, rows, transaction, value
from core.api.deadlines import Limit, clocks_of, start_clock, stop_clock
from core.api.documents import (
    Paper,
    Paragraph,
    docx,
    fill,
    missing_of,
    pdf,
    text_length,
    unprintable,
)
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.files import Received, again, keep, receive
from core.api.messages import notify
from core.api.numbers import next_number
from core.api.plugin import Fact
from plugins.cases.queries import CaseFile, document_of, documents_of, party_of, path_of
from plugins.cases.rules.definition import Control, Document, Form
from plugins.cases.rules.documents import (
    FIXED_TITLES,
    SERVE_WITHIN,
    WITHDRAW_WITHIN,
    disclose_within,
    series_of,
    void_refusal,
)
from plugins.cases.rules.entry import clean_text, parse_entry, show_value
from plugins.cases.rules.event import DocumentMark
from plugins.cases.rules.flow import SUBMITTED, live
from plugins.cases.services.acting import (
    Actor,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    tell,
)
from plugins.cases.services.opening import party_in_full
from plugins.cases.services.records import bind_file, may_record

TEXT_MAX = 60_000
NOT_NUMBERED = "（签发时编号）"


@dataclass(frozen=True, slots=True)
class Missing:
    """A placeholder without a value, and where it is filled in."""

    key: str
    title: str
    href: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document as it would be issued now."""

    template: Document
    paper: Paper
    missing: tuple[Missing, ...]
    odd: tuple[str, ...]
    """Characters the fonts of the PDF do not have."""


@dataclass(frozen=True, slots=True)
class Issuing:
    """What the issue form says."""

    blanks_confirmed: bool = False
    corrects: int = 0
    reason: str = ""
    bind_to: str = ""
    """The evidence control of the open step that gets the PDF as well; empty = none."""
    token: str = ""


def values_of(
    file: CaseFile, template: Document, party: Mapping[str, str], number: str
) -> dict[str, str]:
    """Every placeholder's text, as it would be printed now.

    The newest values of all forms; above them those of the document's own step, above all the
    fixed words.
    """
    values: dict[str, str] = {}
    last: dict[str, str] = {}
    for line in live(file.lines()):
        step = file.definition.step(line.step)
        form = file.definition.form_of(step)
        typed: Mapping[str, Any] = line.values
        if line.state != SUBMITTED:
            visit = file.visit(line.id)
            typed = parse_entry(
                file.definition, step, (visit or {}).get("draft") or {}, clock.today()
            ).values
        shown = {
            c.key: show_value(file.definition, c, typed[c.key])
            for c in form.controls
            if typed.get(c.key) is not None and c.type not in ("evidence", "payment", "officers")
        }
        values.update(shown)
        if step.key == template.step:
            last = shown
    values |= last
    today = clock.today()
    decision = file.row["decision"] or {}
    officers = file.officers_of(template.step, today) or file.officers_of(file.row["step"], today)
    basis = last.get("basis") or str(decision.get("basis") or "")
    values |= {
        "case_number": file.row["case_number"],
        "document_number": number,
        "title": file.row["title"],
        "party": party.get("name", ""),
        "organisation": file.row["body_name"],
        "handlers": "、".join(o["name"] for o in officers) or file.row["lead_name"],
        "basis": basis or "；".join(b.label for b in file.definition.basis),
        "remedies": "\n".join(file.definition.remedies),
        "date": f"{today.year}年{today.month}月{today.day}日",
    }
    return values


def _find_control(file: CaseFile, key: str, first: str) -> tuple[str, Form, Control] | None:
    """Where a control is filled in: the document's own step first, then the flow's order."""
    steps = sorted(file.definition.ordered, key=lambda s: s.key != first)
    for step in steps:
        form = file.definition.form_of(step)
        control = form.control(key)
        if control is not None:
            return step.key, form, control
    return None


def missing_fields(
    file: CaseFile, template: Document, values: Mapping[str, str]
) -> tuple[Missing, ...]:
    """What is missing, each with the page on which it is filled in."""
    found = []
    for key in missing_of(template.body, values):
        if key == "document_number":
            continue
        if key in FIXED_TITLES:
            found.append(Missing(key, FIXED_TITLES[key], path_of(file.id), "案件页"))
            continue
        at = _find_control(file, key, template.step)
        if at is None:
            found.append(Missing(key, key, "", "事项的表单里没有这一栏"))
            continue
        step, form, control = at
        visit = next((v for v in reversed(live(file.lines())) if v.step == step), None)
        if visit is None:
            found.append(Missing(key, control.title, "", f"还没有办到《{form.title}》"))
        elif visit.state == SUBMITTED:
            href = path_of(file.id, "visits", str(visit.id), "correct", key)
            found.append(Missing(key, control.title, href, f"更正《{form.title}》"))
        else:
            found.append(
                Missing(key, control.title, f"{path_of(file.id)}#f-v-{key}", f"《{form.title}》")
            )
    return tuple(found)


def paper_of(
    file: CaseFile,
    template: Document,
    values: Mapping[str, str],
    *,
    number: str,
    mark: str = "",
    preface: str = "",
) -> Paper:
    """The document laid out as text."""
    body = fill(template.body, values)
    if preface:
        body = (Paragraph(preface), *body)
    if text_length(body) > TEXT_MAX:
        raise Refused(f"文书正文超过 {TEXT_MAX:,} 个字，请精简填写的内容。")
    record = template.kind in ("record", "receipt")
    return Paper(
        title=template.title,
        paragraphs=body,
        organ=file.row["body_name"],
        number=number,
        signed=() if record else (file.row["body_name"], values["date"]),
        note=f"案号 {file.row['case_number']}",
        mark=mark,
    )


def knows_names(file: CaseFile, actor: Actor) -> bool:
    """Whether the actor works on this very case, or approves what is done in it.

    Everybody else of the unit reads masked names here as on every other page, and the full ones
    with a reason that is recorded (personal data, D16).
    """
    own = {file.row["lead"], file.row["opened_by"], *(o["person"] for o in file.officers)}
    return actor.approves or actor.person in own


async def draft_of(actor: Actor, file: CaseFile, key: str, *, corrects: int = 0) -> Drafted:
    """The document as it would be issued now, and what is missing in it."""
    template = file.definition.document(key)
    if template is None:
        raise NotFound("这个事项没有这种文书。")
    sealed = await party_of(actor.scope, file.id)
    party = (
        party_in_full(sealed)
        if knows_names(file, actor)
        else {"name": str(sealed.get("name_shown") or "")}
    )
    _series, prefix = series_of(file.definition, template)
    own = template.kind == "decision" and not corrects
    number = (file.row["decision_number"] if own else "") or (NOT_NUMBERED if prefix else "")
    values = values_of(file, template, party, number)
    paper = paper_of(file, template, values, number=number, mark="预览")
    said = "".join((paper.title, paper.organ, *(p.text for p in paper.paragraphs)))
    return Drafted(template, paper, missing_fields(file, template, values), unprintable(said))


def issue_refusal(file: CaseFile, template: Document) -> str:
    """Why the document cannot be issued now; empty when it can."""
    if file.row["state"] not in ("open", "suspended"):
        return "案件已经办结，不再签发文书。"
    if not file.number_of(template.step):
        title = file.definition.title_of(template.step)
        return f"还没有办到{title}，不能签发这份文书。"
    return ""


async def _draw_number(file: CaseFile, template: Document, corrects: int) -> str:
    """The document's number, drawn in the issuing transaction: what fails gives it back."""
    series, prefix = series_of(file.definition, template)
    if not prefix:
        return ""
    if not series:
        return await _case_number(file, template, corrects)
    decision = series.startswith("cases.decision:")
    if decision and not corrects and file.row["decision_number"]:
        return str(file.row["decision_number"])
    year = clock.today().year
    serial = await next_number(series, file.row["organisation"], year)
    number = f"{prefix}〔{year}〕{serial}号"
    if decision and not corrects:
        file.row["decision_number"] = number
        await execute("update cases_case set decision_number = $2 where id = $1", file.id, number)
    return number


async def _case_number(file: CaseFile, template: Document, corrects: int) -> str:
    """The case's own number, with what tells a later document from the first."""
    before = await value(
        "select count(*) from cases_document where case_id = $1 and template = $2",
        file.id,
        template.key,
    )
    number = str(file.row["case_number"])
    return f"{number}（{'更正' if corrects else '重制'}{before}）" if before else number


async def issue_document(actor: Actor, case: int, key: str, issuing: Issuing) -> int:
    """Issue a document; its id. The same form posted twice issues one."""
    reason = clean_text(issuing.reason)
    if issuing.corrects and not reason:
        raise Invalid({"reason": "请写明更正的理由。"})
    if len(reason) > 400:
        raise Invalid({"reason": f"理由最多 400 个字，现在是 {len(reason)} 个字。"})
    return await _issue(actor, case, key, issuing, reason)


@retried
async def _issue(actor: Actor, case: int, key: str, issuing: Issuing, reason: str) -> int:
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(issuing.token, "issue_document"):
            known = await row(
                "select max(id) as id from cases_document where case_id = $1 and template = $2",
                case,
                key,
            )
            return int((known or {}).get("id") or 0)
        template = file.definition.document(key)
        if template is None:
            raise NotFound("这个事项没有这种文书。")
        refusal = issue_refusal(file, template)
        if refusal:
            raise Refused(refusal)
        may_record(file, actor, file.step)
        old = await _corrected(actor, file, template, issuing.corrects)
        standing = [
            d
            for d in await documents_of(actor.scope, case)
            if d["template"] == key and d["state"] == "issued"
        ]
        if standing and old is None:
            raise Conflict(
                f"本案已经签发《{template.title}》{standing[0]['number']}。"
                "需要重新制作的，先作废，或者制作更正文书。"
            )
        party = party_in_full(await party_of(actor.scope, case))
        draft = missing_fields(file, template, values_of(file, template, party, "-"))
        if draft and not issuing.blanks_confirmed:
            names = "、".join(m.title for m in draft)
            raise Invalid({"blanks_confirmed": f"还缺{names}。补填以后再签发，或者确认留空手写。"})
        number = await _draw_number(file, template, issuing.corrects)
        preface = ""
        if old is not None:
            day = clock.local(old["issued_at"])
            numbered = f"（{old['number']}）" if old["number"] else ""
            named = f"《{old['title']}》{numbered}"
            preface = f"本文书更正本机关{day.year}年{day.month}月{day.day}日签发的{named}。更正理由：{reason}"
        paper = paper_of(
            file,
            template,
            values_of(file, template, party, number),
            number=number,
            preface=preface,
        )
        document = await _seal(file, actor, template, paper, number, old, reason, issuing.bind_to)
        await remember(file, actor, issuing.token, "issue_document")
        return document


async def _corrected(
    actor: Actor, file: CaseFile, template: Document, corrects: int
) -> dict[str, Any] | None:
    if not corrects:
        return None
    old = await document_of(actor.scope, file.id, corrects)
    if old is None or old["template"] != template.key:
        raise NotFound("没有找到要更正的文书。")
    if old["state"] != "issued":
        raise Refused("这份文书已经作废或者已被更正，不能再更正。")
    return old


async def _seal(
    file: CaseFile,
    actor: Actor,
    template: Document,
    paper: Paper,
    number: str,
    old: dict[str, Any] | None,
    reason: str,
    bind_to: str,
) -> int:
    """Set the pages, keep them, write the row, start the clocks, record the act.

    The pages are set inside the transaction because the number stands on them; a page takes some
    hundredths of a second, and the row of the number series is the only thing others wait for.
    """
    now = clock.now()
    name = f"{template.title}{number}".replace("/", "_")
    as_pdf = await receive(await pdf(paper, now), f"{name}.pdf", kinds=("document",))
    as_docx = await receive(await docx(paper, now), f"{name}.docx", kinds=("document",))
    kept = await keep(as_pdf, place=file.place, purpose="cases.document")
    editable = await keep(as_docx, place=file.place, purpose="cases.document")
    made = await row(
        """insert into cases_document (case_id, organisation, template, kind, title, step, visit,
             number, state, pdf, docx, sha256, served, published, issued_at, issued_by,
             issued_by_name, corrects, reason, region_lo, org_lo)
           values ($1, $2, $3, $4, $5, $6, $7, $8, 'issued', $9, $10, $11, $12, $13, $14, $15, $16,
             $17, $18, $19, $20) returning *""",
        file.id,
        file.row["organisation"],
        template.key,
        template.kind,
        template.title[:120],
        template.step,
        file.row["visit"],
        number,
        kept.id,
        editable.id,
        kept.sha256,
        template.served,
        template.published,
        now,
        actor.person,
        actor.by[:60],
        old["id"] if old else None,
        reason,
        file.place.region_lo,
        file.place.org_lo,
    )
    assert made is not None
    if old is not None:
        await execute(
            "update cases_document set state = 'corrected', corrected_by = $2 where id = $1",
            old["id"],
            made["id"],
        )
        await stop_document_clocks(file, old["id"])
        await demand_withdrawal(file, old["id"], old["title"])
    await bind_as_evidence(file, actor, bind_to, await again(as_pdf) if bind_to else as_pdf)
    await _start_clocks(file, template, made)
    await tell_document(file, actor, "document_issued", made, f"{template.title}{number}")
    return int(made["id"])


async def bind_as_evidence(
    file: CaseFile, actor: Actor, control_key: str, received: Received
) -> None:
    """Put received content into an evidence control of the open step too, so that it need not be uploaded."""
    visit = file.open_visit
    if not control_key or visit is None:
        return
    control = file.definition.form_of(file.step).control(control_key)
    if (
        control is None
        or control.type != "evidence"
        or control.evidence_kind
        not in (
            "document",
            "any",
        )
    ):
        raise Invalid({"bind_to": "这个环节没有这个证据控件。"})
    await bind_file(file, actor, visit, control_key, received)
    await execute(
        "update cases_visit set seen_at = coalesce(seen_at, $2) where id = $1",
        visit["id"],
        clock.now(),
    )
    file.evidence = await rows(
        "select * from cases_evidence where case_id = $1 order by id", file.id
    )
    step = file.step
    await tell(
        file,
        compose(
            file,
            actor,
            "evidence_added",
            visit=visit,
            step=step,
            clocks=await face_of(file, step.key, visit["number"], step.stage),
            reason=f"{control.title} 1 份",
        ),
    )


async def _start_clocks(file: CaseFile, template: Document, made: Mapping[str, Any]) -> None:
    wanted = []
    if template.served:
        wanted.append(("serve", f"送达{template.title}", SERVE_WITHIN))
    if template.published:
        within = disclose_within(file.definition.power_class)
        wanted.append(("disclose", f"公示{template.title}", within))
    for key, title, (amount, unit) in wanted:
        await start_clock(
            file.subject,
            f"{key}:{made['id']}",
            title,
            Limit(amount, "working" if unit == "working" else "calendar"),
            file.place,
            started_at=made["issued_at"],
        )


async def stop_document_clocks(
    file: CaseFile, document: int, keys: Sequence[str] = ("serve", "disclose", "hearing", "review")
) -> None:
    """Nothing more is waited for: the document was served, published, corrected or made void."""
    names = {f"{key}:{document}" for key in keys}
    for each in await clocks_of(file.subject):
        if each.key in names and each.stopped_at is None:
            await stop_clock(each.id)


def mark_of(document: Mapping[str, Any]) -> DocumentMark:
    """The document as the case event names it."""
    return DocumentMark(
        id=document["id"],
        key=document["template"],
        title=document["title"],
        kind=document["kind"],
        number=document["number"],
        sha256=document["sha256"],
        served_on=document["served_on"].isoformat() if document.get("served_on") else "",
    )


async def tell_document(
    file: CaseFile, actor: Actor, kind: str, document: Mapping[str, Any], reason: str
) -> None:
    """Record an act about a document as an event of its case."""
    step = file.step
    visit = file.open_visit
    await tell(
        file,
        compose(
            file,
            actor,
            kind,
            visit=visit,
            step=step,
            clocks=await face_of(file, step.key, visit["number"] if visit else 0, step.stage),
            values={},
            reason=reason,
            document=mark_of(document),
        ),
    )


@retried
async def void_document(
    actor: Actor, case: int, document: int, reason: str, *, token: str = ""
) -> None:
    """Make a document void before it is served; its number stays used, its file stays kept."""
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明作废的理由。"})
    if len(reason) > 400:
        raise Invalid({"reason": f"理由最多 400 个字，现在是 {len(reason)} 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "void_document"):
            return
        found = await document_of(actor.scope, case, document)
        if found is None:
            raise NotFound("没有找到这份文书。")
        refusal = void_refusal(found)
        if refusal:
            raise Refused(refusal)
        may_record(file, actor, file.step)
        await execute(
            """update cases_document set state = 'void', reason = $2, voided_at = $3,
                 voided_by_name = $4 where id = $1""",
            document,
            reason,
            clock.now(),
            actor.by[:60],
        )
        await stop_document_clocks(file, document)
        await demand_withdrawal(file, document, found["title"])
        await remember(file, actor, token, "void_document")
        await tell_document(
            file, actor, "document_voided", found, f"{found['title']}{found['number']}：{reason}"
        )


LATE_KEYS = ("serve", "disclose", "withdraw")
"""Periods of ours; that the party let one pass (hearing, review) is nobody's fault here."""


async def warn_of_document(fact: Fact) -> None:
    """Tell who leads and who opened the case that a document's period has run out."""
    name, _, ident = str(fact.payload.get("key") or "").partition(":")
    if name not in LATE_KEYS:
        return
    case = await row(
        "select case_number, title, lead, opened_by from cases_case where id = $1", fact.subject.id
    )
    if case is None:
        return
    people = [p for p in dict.fromkeys((case["lead"], case["opened_by"])) if p]
    await notify(
        "cases.document_late",
        people,
        fact.subject,
        {
            "number": case["case_number"],
            "title": case["title"],
            "what": str(fact.payload.get("title") or ident),
        },
        fact.place,
    )


async def demand_withdrawal(file: CaseFile, document: int, title: str) -> None:
    """What was published of a void or changed decision is to be withdrawn in three days (art. 48)."""
    published = await row(
        "select id from cases_disclosure where document = $1 and published", document
    )
    if published is None:
        return
    amount, unit = WITHDRAW_WITHIN
    await start_clock(
        file.subject,
        f"withdraw:{document}",
        f"撤回公示的{title}",
        Limit(amount, "working" if unit == "working" else "calendar"),
        file.place,
    )
