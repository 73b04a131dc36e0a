# SPDX-License-Identifier: Apache-2.0
"""Evidence, visible corrections and notes after the end: nothing is silently changed or deleted."""

from collections.abc import Sequence
from typing import Any

from core.api import clock
from core.api.db import execute, json, retried, row, rows, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import Received, keep, receive
from core.api.web import UploadedFile
from plugins.cases.queries import CaseFile
from plugins.cases.rules.decision import build_decision, outcome_control
from plugins.cases.rules.definition import Control, Step
from plugins.cases.rules.entry import Change, clean_text, options_of, parse_control, show_value
from plugins.cases.rules.flow import OPEN, SUBMITTED
from plugins.cases.services.acting import (
    Actor,
    check_may_act,
    compose,
    done_before,
    face_of,
    open_file,
    remember,
    tell,
)
from plugins.cases.services.steps import keep_decision

FILE_KINDS: dict[str, tuple[str, ...]] = {
    "photo": ("photo",),
    "audio": ("audio",),
    "video": ("video",),
    "document": ("document", "photo"),
    "any": ("photo", "audio", "video", "document"),
}
"""What a control takes, by its kind; a document may also be a photograph of the paper."""
FILES_AT_ONCE = 50


def _live_visit(file: CaseFile, visit: int) -> dict[str, Any]:
    found = file.visit(visit)
    if found is None:
        raise NotFound("没有找到这一次办理。")
    if found["state"] not in (OPEN, SUBMITTED):
        raise Refused("这一次办理已被取代，只能查看，请到现在的办理中上传。")
    return found


def may_record(file: CaseFile, actor: Actor, step: Step) -> None:
    """Refuse unless the case runs and the actor handles the step, or leads the case now."""
    state = file.row["state"]
    if state not in ("open", "suspended"):
        raise Refused("案件已经办结，不能再改动证据和内容；归档后的补充请用归档补记。")
    if any(r["person"] == actor.person for r in file.recusals):
        raise Refused("你已经申请回避，不能再办理本案。")
    if actor.person == file.row["lead"] and step.key != file.row["step"]:
        return
    submitters = {v["submitted_by"] for v in file.visits if v["step"] == step.key}
    if step.key != file.row["step"] and actor.person in submitters:
        return
    check_may_act(file, actor, step)


def _evidence_control(file: CaseFile, visit: dict[str, Any], key: str) -> Control:
    control = file.definition.form_of(file.definition.step(visit["step"])).control(key)
    if control is None or control.type != "evidence":
        raise NotFound("这张表单里没有这个证据控件。")
    return control


async def receive_all(
    files: Sequence[UploadedFile], kind: str, max_mb: int, field: str
) -> list[Received]:
    """Take the files in, outside any transaction: a video of 300 MB must not hold a connection.

    Names say nothing about content: core sniffs it and refuses what is not of the wanted kind.
    """
    if not files:
        raise Invalid({field: "请先选择文件。"})
    if len(files) > FILES_AT_ONCE:
        raise Invalid({field: f"一次最多上传 {FILES_AT_ONCE} 个文件。"})
    return [
        await receive(
            each,
            each.name,
            kinds=FILE_KINDS.get(kind, FILE_KINDS["any"]),
            max_bytes=max_mb * 1024 * 1024,
            field=field,
        )
        for each in files
    ]


async def add_evidence(
    actor: Actor, case: int, visit: int, control_key: str, files: Sequence[UploadedFile]
) -> list[int]:
    """Bind files to a control of a step's form; also afterwards, as a visible addition.

    Rights are checked before the content is read, and again when it is bound.
    """
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = _live_visit(file, visit)
        control = _evidence_control(file, found, control_key)
        may_record(file, actor, file.definition.step(found["step"]))
    received = await receive_all(files, control.evidence_kind, control.max_mb, control_key)
    return await bind_evidence(actor, case, visit, control_key, received)


@retried
async def bind_evidence(
    actor: Actor, case: int, visit: int, control_key: str, received: Sequence[Received]
) -> list[int]:
    """Bind contents that lie in the store already; the second half of ``add_evidence``."""
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = _live_visit(file, visit)
        step = file.definition.step(found["step"])
        control = _evidence_control(file, found, control_key)
        may_record(file, actor, step)
        added = [await bind_file(file, actor, found, control_key, each) for each in received]
        file.evidence = await rows(
            "select * from cases_evidence where case_id = $1 order by id", case
        )
        # The next handler has begun once he adds a file, so the submission before is final.
        await execute(
            "update cases_visit set seen_at = coalesce(seen_at, $2) where id = $1",
            visit,
            clock.now(),
        )
        await tell(
            file,
            compose(
                file,
                actor,
                "evidence_added",
                visit=found,
                step=step,
                clocks=await face_of(file, step.key, found["number"], step.stage),
                reason=f"{control.title} {len(added)} 份",
            ),
        )
        return added


async def bind_file(
    file: CaseFile,
    actor: Actor,
    visit: dict[str, Any],
    control_key: str,
    received: Received,
    *,
    payment: int | None = None,
) -> int:
    """Keep received content and bind it to a control or a payment; the caller records the act."""
    stored = await keep(received, place=file.place, purpose="cases.evidence")
    return int(
        await value(
            """insert into cases_evidence (case_id, visit, step, control, payment, file, name, kind,
                 size, sha256, added_at, added_by, added_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
               returning id""",
            file.id,
            visit["id"],
            visit["step"],
            control_key,
            payment,
            stored.id,
            stored.name[:200],
            stored.kind,
            stored.size,
            stored.sha256,
            clock.now(),
            actor.person,
            actor.name[:60],
            file.place.region_lo,
            file.place.org_lo,
        )
    )


@retried
async def void_evidence(actor: Actor, case: int, evidence: int, reason: str) -> None:
    """Mark a piece of evidence void; the file, its hash and the reason stay (作废, never 删除)."""
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请填写作废的原因。"})
    if len(reason) > 300:
        raise Invalid({"reason": "作废的原因最多 300 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        piece = next((e for e in file.evidence if e["id"] == evidence), None)
        if piece is None:
            raise NotFound("没有找到这份证据。")
        if piece["voided_at"] is not None:
            return
        visit = _live_visit(file, piece["visit"])
        step = file.definition.step(visit["step"])
        may_record(file, actor, step)
        await execute(
            "update cases_evidence set voided_at = $2, voided_by_name = $3, void_reason = $4"
            " where id = $1",
            evidence,
            clock.now(),
            actor.name[:60],
            reason,
        )
        piece.update(voided_at=clock.now(), void_reason=reason)
        await tell(
            file,
            compose(
                file,
                actor,
                "evidence_voided",
                visit=visit,
                step=step,
                clocks=await face_of(file, step.key, visit["number"], step.stage),
                reason=f"{piece['name']}：{reason}",
            ),
        )


def correction_refusal(file: CaseFile, step: Step, control: Control | None) -> str:
    """Why a field may not be corrected; empty when it may."""
    if control is None or control.type in ("evidence", "payment", "officers"):
        return "这一项不能更正。"
    form = file.definition.form_of(step)
    deciding = outcome_control(form)
    steers = {t.when.control for t in file.definition.transitions if t.start == step.key and t.when}
    if control.key in steers or (deciding is not None and deciding.key == control.key):
        return (
            f"“{control.title}”决定了案件的走向，不能直接更正；需要改变的，请回退到{step.title}。"
        )
    served = any(
        v["state"] == SUBMITTED and file.definition.step(v["step"]).kind == "service"
        for v in file.visits
    )
    if served and step.kind == "decision":
        return "决定已经送达，不能更正决定的内容；确有错误的，依法作出更正或者变更决定。"
    return ""


@retried
async def correct_field(
    actor: Actor,
    case: int,
    visit: int,
    control_key: str,
    typed: str | Sequence[str],
    reason: str,
    *,
    token: str = "",
) -> Change:
    """Correct one field of a submitted step, visibly: old, new, who, when, why."""
    reason = clean_text(reason)
    if not reason:
        raise Invalid({"reason": "请写明更正的理由。"})
    if len(reason) > 500:
        raise Invalid({"reason": "更正的理由最多 500 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = _live_visit(file, visit)
        step = file.definition.step(found["step"])
        control = file.definition.form_of(step).control(control_key)
        if await done_before(token, "correct"):
            return Change(control_key, control.title if control else "", "", "")
        if found["state"] != SUBMITTED:
            raise Refused("这个环节还没有提交，直接修改即可。")
        may_record(file, actor, step)
        refusal = correction_refusal(file, step, control)
        if refusal or control is None:
            raise Refused(refusal)
        new, error = parse_control(
            control, typed, options_of(file.definition, control), today=clock.today()
        )
        if error:
            raise Invalid({control.key: error})
        values = dict(found["values"] or {})
        old = values.get(control.key)
        if new == old:
            raise Invalid({control.key: "内容没有变化，不需要更正。"})
        values[control.key] = new
        change = Change(
            control.key,
            control.title,
            show_value(file.definition, control, old),
            show_value(file.definition, control, new),
        )
        found["values"] = values
        await execute(
            'update cases_visit set "values" = $2::jsonb where id = $1', visit, json(values)
        )
        file.__dict__.pop("earlier_values", None)
        decision = build_decision(
            file.definition,
            step,
            values,
            file.earlier_values,
            number=file.row["decision_number"] if step.kind == "decision" else "",
        )
        await keep_decision(file)
        await remember(file, actor, token, "correct")
        await tell(
            file,
            compose(
                file,
                actor,
                "corrected",
                visit=found,
                step=step,
                clocks=await face_of(file, step.key, found["number"], step.stage),
                values=values,
                decision=decision,
                reason=reason,
                changes=(change,),
            ),
        )
        return change


@retried
async def add_archive_note(actor: Actor, case: int, text: str, *, token: str = "") -> None:
    """Add to the file of a closed case what came later; acts of procedure need a new case."""
    text = clean_text(text)
    if not text:
        raise Invalid({"text": "请填写补记的内容。"})
    if len(text) > 2000:
        raise Invalid({"text": f"补记最多 2,000 个字，现在是 {len(text):,} 个字。"})
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        if await done_before(token, "note"):
            return
        if file.row["state"] not in ("closed", "transferred"):
            raise Refused("案件还在办理，请直接在环节中填写。")
        last = await row(
            "select * from cases_visit where case_id = $1 and state = 'submitted'"
            " order by submitted_sequence desc limit 1",
            case,
        )
        await remember(file, actor, token, "note")
        step = file.definition.step(last["step"]) if last else file.step
        await tell(
            file,
            compose(file, actor, "archived_note", visit=last, step=step, values={}, reason=text),
        )
