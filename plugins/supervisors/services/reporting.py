# SPDX-License-Identifier: Apache-2.0
"""反映监督员: a body reports a breach of discipline, the bureau finds out (S3-21)."""

from core.api import clock
from core.api.db import (
    Place,
    Scope,
    SubjectRef,
    execute,
    retried,
    row,
    transaction,
    value,
)
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.files import Received, keep
from core.api.turns import close_turn
from plugins.supervisors.facts import Reported
from plugins.supervisors.forms import ReportAnswerForm, ReportForm
from plugins.supervisors.queries.terms import card_by_number, find_report, term_row
from plugins.supervisors.rules.words import BREACHES, plain_number
from plugins.supervisors.services.base import (
    SERVE,
    Actor,
    give_office,
    office_scope,
    place_of,
    tell,
    tell_office,
)
from plugins.supervisors.services.ending import propose_dismissal, take_term

FILED = "a body's report belongs to the bureau of the supervisor, and to who reports"


@retried
async def file_report(who: Actor, form: ReportForm, attachment: Received | None) -> int:
    """A body reports a breach of discipline; handled apart from any complaint it may answer.

    Records ``supervisors.reported``. The supervisor is not told who reported.
    """
    async with transaction(Scope.public()):
        card = await card_by_number(plain_number(form.number))
    if card is None:
        raise Invalid({"number": "没有这个证书号。请核对，或者扫监督员的二维码填入。"})
    if form.happened_on > clock.today():
        raise Invalid({"happened_on": "发生日期不能在将来。"})
    place = Place(card["region_lo"], card["org_lo"])
    async with transaction(office_scope(place, FILED, actor=who.user_id)):
        term = await term_row(card["term"])
        if term is None:
            raise NotFound
        if form.happened_on < term["starts"]:
            raise Invalid({"happened_on": "发生日期早于这份证书的聘期。"})
        kept = (
            await keep(attachment, place=place, purpose="supervisors.paper") if attachment else None
        )
        body, body_name = await _body_of(who)
        report = await value(
            """insert into supervisors_report
                 (term, supervisor, supervisor_name, body, body_name, breach, happened_on, text,
                  attachment, state, answer, at, answered_by, person, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', '', $10, 0, $11, $12, $13)
               returning id""",
            term["id"],
            term["person"],
            term["name"],
            body,
            body_name,
            form.breach,
            form.happened_on,
            form.text,
            kept.id if kept else None,
            clock.now(),
            who.person_id,
            place.region_lo,
            place.org_lo,
        )
        ref = _report_ref(report)
        await give_office(
            ref,
            title=f"{body_name}反映{term['name']}：{BREACHES[form.breach]}",
            step="核实",
            path=f"/supervisors/reports/{report}",
            place=place,
            permission=SERVE,
        )
        await record(
            "supervisors.reported",
            ref,
            Reported(term["id"], report, body, form.breach),
            place,
        )
        await tell_office(
            "office_report",
            ref,
            place,
            body=body_name,
            name=term["name"],
            breach=BREACHES[form.breach],
        )
        return int(report)


def _report_ref(report: int) -> SubjectRef:
    return SubjectRef("supervisors.report", report)


async def _body_of(who: Actor) -> tuple[int, str]:
    """The unit in whose name the report comes."""
    found = await row(
        """select o.id, o.name from core_person p join core_organisation o on o.id = p.organisation
           where p.id = $1""",
        who.person_id,
    )
    return (found["id"], found["name"]) if found else (0, who.name)


@retried
async def answer_report(who: Actor, report: int, form: ReportAnswerForm) -> None:
    """The bureau's finding; when founded it may raise a proposal, never a dismissal by itself."""
    async with transaction(who.scope):
        seen = await find_report(report, who.scope)
        if seen is None:
            raise NotFound
        term = await take_term(who, seen["term"])
        now = await find_report(report, who.scope)
        if now is None or now["state"] != "open":
            raise Conflict("这份反映已经答复过了。")
        await execute(
            """update supervisors_report set state = $2, answer = $3, answered_at = $4,
                      answered_by = $5 where id = $1""",
            report,
            form.outcome,
            form.answer,
            clock.now(),
            who.user_id,
        )
        await close_turn(_report_ref(report))
        await record(
            "supervisors.report_answered",
            _report_ref(report),
            Reported(term["id"], report, seen["body"], seen["breach"], form.outcome),
            place_of(term),
        )
        await tell(
            "report_answered",
            [seen["person"]],
            _report_ref(report),
            place_of(term),
            name=seen["supervisor_name"],
            outcome="属实" if form.outcome == "founded" else "不属实",
            text=form.answer,
        )
        if form.propose and form.outcome == "founded" and term["state"] == "active":
            await propose_dismissal(
                term,
                "report",
                GROUND_OF.get(seen["breach"], "other"),
                f"{seen['body_name']}反映属实：{BREACHES[seen['breach']]}",
                {"report": report},
            )


GROUND_OF = {"secrets": "secrets", "property": "property", "gain": "gain"}
"""Which ground of dismissal a founded breach suggests."""
