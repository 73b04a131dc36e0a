# SPDX-License-Identifier: Apache-2.0
"""归档: the closed file gets its number and its years; from then on only notes are added."""

from collections.abc import Sequence

from core.api import clock
from core.api.db import execute, retried, row, transaction
from core.api.errors import Invalid, Refused
from plugins.cases.queries import CaseFile, alarms_of, disclosed_documents, documents_of
from plugins.cases.rules.archiving import Check, archiving_errors, checklist
from plugins.cases.rules.entry import clean_text
from plugins.cases.services.acting import Actor, compose, done_before, open_file, remember, tell
from plugins.cases.services.payments import account_of


def archive_refusal(file: CaseFile, actor: Actor) -> str:
    """Why the file cannot be archived by the actor; empty when it can."""
    state = file.row
    if state["archived_at"] is not None:
        return f"已经归档，归档号 {state['archive_number']}。"
    if state["state"] not in ("closed", "transferred"):
        return "案件办结以后才能归档。"
    involved = {state["lead"], state["opened_by"]} | {o["person"] for o in file.officers}
    if actor.person in involved or actor.approves:
        return ""
    return "归档由本案办理人或者负责人办理。"


async def checks_of(actor: Actor, file: CaseFile) -> tuple[Check, ...]:
    """The checklist of a loaded case."""
    issued = await documents_of(actor.scope, file.id)
    in_force = [d for d in issued if d["state"] == "issued"]
    disclosed = await disclosed_documents(file.id)
    alarms = await alarms_of(actor.scope, file.id)
    decided = (file.row["decision"] or {}).get("amount")
    return checklist(
        file.definition,
        file.lines(),
        evidence=file.evidence_counts(),
        issued={d["template"] for d in in_force},
        unserved=[d["title"] for d in in_force if d["served"] and d["served_on"] is None],
        undisclosed=[d["title"] for d in in_force if d["published"] and d["id"] not in disclosed],
        open_money=account_of(file, clock.today()).open if decided else 0,
        open_lamps=sum(1 for a in alarms if a["state"] == "open"),
    )


@retried
async def archive_case(
    actor: Actor, case: int, number: str, years: int, note: str, *, token: str = ""
) -> Sequence[Check]:
    """Archive a closed case; what is incomplete has to be explained, and stays in the record.

    An archived file is not opened again: what must be dealt with anew gets a case of its own.
    """
    number, note = clean_text(number).replace("\n", " "), clean_text(note)
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        checks = await checks_of(actor, file)
        if await done_before(token, "archive"):
            return checks
        refusal = archive_refusal(file, actor)
        if refusal:
            raise Refused(refusal)
        errors = archiving_errors(number, years, checks, note)
        if not errors:
            taken = await row(
                """select case_number from cases_case
                   where archive_number = $1 and organisation = $2 and id <> $3""",
                number,
                file.row["organisation"],
                case,
            )
            if taken is not None:
                errors["number"] = f"归档号 {number} 已经用于 {taken['case_number']}。"
        if errors:
            raise Invalid(errors)
        await execute(
            """update cases_case set archive_number = $2, archive_years = $3, archived_at = $4,
                 archived_by_name = $5 where id = $1""",
            case,
            number,
            years,
            clock.now(),
            actor.by[:60],
        )
        await remember(file, actor, token, "archive")
        lacking = "、".join(c.title for c in checks if not c.ok)
        said = f"归档号 {number}" + (
            f"，{lacking}不齐：{note}" if lacking else f"，{note}" if note else ""
        )
        last = file.last_submitted
        await tell(
            file,
            compose(
                file,
                actor,
                "archived",
                visit=last,
                step=file.definition.step(last["step"]) if last else file.step,
                values={},
                reason=said,
            ),
        )
        return checks
