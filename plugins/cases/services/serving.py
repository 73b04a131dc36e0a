# SPDX-License-Identifier: Apache-2.0
"""送达: the receipt of a document, and the periods that run from the day it was served."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from core.api import clock
from core.api.db import execute, retried, transaction, value
from core.api.deadlines import Limit, clocks_of, start_clock
from core.api.errors import Invalid, NotFound, Refused
from core.api.files import Received, again, keep
from core.api.people import decrypt, encrypt
from core.api.web import UploadedFile
from plugins.cases.queries import CaseFile, document_of
from plugins.cases.rules.documents import (
    HEARING_WITHIN,
    REVIEW_WITHIN,
    WAYS,
    Delivery,
    delivery_errors,
    served_on,
)
from plugins.cases.rules.entry import clean_text
from plugins.cases.rules.party import mask_name
from plugins.cases.services.acting import Actor, done_before, open_file, remember
from plugins.cases.services.documents import bind_as_evidence, stop_document_clocks, tell_document
from plugins.cases.services.records import may_record, receive_all

RECIPIENT = "cases.receipt.recipient"
PHOTO_MB = 20


def serve_refusal(document: dict[str, Any]) -> str:
    """Why service cannot be recorded; empty when it can."""
    if not document["served"]:
        return "这份文书不需要送达。"
    if document["state"] != "issued":
        return "这份文书已经作废或者被更正，不再送达。"
    if document["served_on"]:
        return "这份文书的送达已经登记。"
    return ""


async def record_service(
    actor: Actor,
    case: int,
    document: int,
    delivery: Delivery,
    photos: Sequence[UploadedFile] = (),
    *,
    bind_to: str = "",
    token: str = "",
) -> date:
    """Record how a document was served; the day on which that took effect.

    Ends the period for serving and begins those that run from service: pleading and hearing
    after a notice, review after a decision.
    """
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = await _serving(actor, file, document)
        if await done_before(token, "serve"):
            return found["served_on"] or clock.today()
    errors = delivery_errors(
        delivery,
        issued_on=clock.local(found["issued_at"]).date(),
        today=clock.today(),
        photos=len(photos),
    )
    if errors:
        raise Invalid(errors)
    received = await receive_all(photos, "document", PHOTO_MB, "file") if photos else []
    return await _record(actor, case, document, delivery, received, bind_to, token)


async def _serving(actor: Actor, file: CaseFile, document: int) -> dict[str, Any]:
    found = await document_of(actor.scope, file.id, document)
    if found is None:
        raise NotFound("没有找到这份文书。")
    may_record(file, actor, file.step)
    return found


@retried
async def _record(
    actor: Actor,
    case: int,
    document: int,
    delivery: Delivery,
    received: Sequence[Received],
    bind_to: str,
    token: str,
) -> date:
    async with transaction(actor.scope):
        file = await open_file(actor, case)
        found = await _serving(actor, file, document)
        if await done_before(token, "serve"):
            return found["served_on"] or clock.today()
        refusal = serve_refusal(found)
        if refusal:
            raise Refused(refusal)
        kept = [await keep(each, place=file.place, purpose="cases.receipt") for each in received]
        effective = served_on(delivery.way, delivery.delivered_on)
        recipient = clean_text(delivery.recipient)
        await value(
            """insert into cases_receipt (case_id, document, way, delivered_on, served_on,
                 recipient, recipient_shown, relation, place, witness, note, photo, photo_sha256,
                 recorded_at, recorded_by, recorded_by_name, region_lo, org_lo)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                 $18) returning id""",
            case,
            document,
            delivery.way,
            delivery.delivered_on,
            effective,
            encrypt(recipient, RECIPIENT) if recipient else None,
            mask_name(recipient),
            clean_text(delivery.relation),
            clean_text(delivery.place),
            clean_text(delivery.witness),
            clean_text(delivery.note),
            kept[0].id if kept else None,
            kept[0].sha256 if kept else "",
            clock.now(),
            actor.person,
            actor.by[:60],
            file.place.region_lo,
            file.place.org_lo,
        )
        await execute("update cases_document set served_on = $2 where id = $1", document, effective)
        found["served_on"] = effective
        await stop_document_clocks(file, document, ("serve",))
        await _begin_periods(file, found, effective)
        for each in received:
            if bind_to:
                await bind_as_evidence(file, actor, bind_to, await again(each))
        await remember(file, actor, token, "serve")
        way = dict(WAYS)[delivery.way]
        day = f"{effective.year}年{effective.month}月{effective.day}日"
        await tell_document(
            file,
            actor,
            "document_served",
            found,
            f"{found['title']}{found['number']}，{way}，{day}送达",
        )
        return effective


async def _begin_periods(file: CaseFile, found: dict[str, Any], effective: date) -> None:
    wanted = []
    if found["kind"] == "notice":
        wanted.append(("hearing", "陈述申辩和要求听证的期限", HEARING_WITHIN))
    if found["kind"] == "decision":
        wanted.append(("review", "申请行政复议的期限", REVIEW_WITHIN))
    running = {c.key for c in await clocks_of(file.subject) if c.stopped_at is None}
    for name, title, (amount, unit) in wanted:
        key = f"{name}:{found['id']}"
        if key in running:
            continue
        await start_clock(
            file.subject,
            key,
            title,
            Limit(amount, "working" if unit == "working" else "calendar"),
            file.place,
            started_at=datetime.combine(effective, time(12), clock.SHANGHAI),
        )


def recipient_of(receipt: dict[str, Any]) -> str:
    """Who signed, in the clear: for the printed receipt of those who handle the case."""
    sealed = receipt.get("recipient")
    return decrypt(sealed, RECIPIENT) if sealed else ""
