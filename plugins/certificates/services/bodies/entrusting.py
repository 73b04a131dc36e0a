# SPDX-License-Identifier: Apache-2.0
"""委托书: with its term, in the open."""

from core.api import clock
from core.api.db import execute, lock_subjects, transaction, value
from core.api.errors import Invalid, NotFound, Refused
from core.api.facts import record
from core.api.files import Received, keep, publish
from plugins.certificates.facts import LetterKept
from plugins.certificates.forms import (
    LetterForm,
)
from plugins.certificates.queries.bodies import body_row
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services.base import (
    Actor,
    place_of,
)
from plugins.certificates.services.bodies.base import LETTER, body_ref, own_body
from plugins.certificates.services.bodies.including import is_superior


async def keep_letter(who: Actor, body: int, form: LetterForm, paper: Received | None) -> None:
    """委托书: a PDF with its term; published at once, the one before it withdrawn."""
    if paper is None or paper.media_type != "application/pdf":
        raise Invalid({"file": "请上传盖章的委托书，PDF 格式。"})
    if problem := rules.letter_problem(form.valid_from, form.valid_until):
        raise Invalid({"valid_until": problem})
    async with transaction(who.wide):
        await lock_subjects(body_ref(body))
        found = await body_row(body)
        if found is None or not (who.sees(found) or is_superior(who, found)):
            raise NotFound
        if not is_superior(who, found):
            await own_body(who, body)
        if found["kind"] != "entrusted":
            raise Refused("只有受委托单位要委托书。")
        place = place_of(found)
        stored = await keep(paper, place=place, purpose=LETTER)
        await publish(stored.id)
        await execute(
            "update certificates_letter set withdrawn_at = $2 where body = $1"
            " and withdrawn_at is null",
            body,
            clock.now(),
        )
        letter: int = await value(
            """insert into certificates_letter (body, unit_name, superior_name, file, valid_from,
                 valid_until, created_at, created_by, region_lo, org_lo, published)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true) returning id""",
            body,
            found["name"],
            found["superior_name"] or "",
            stored.id,
            form.valid_from,
            form.valid_until,
            clock.now(),
            who.user_id,
            place.region_lo,
            place.org_lo,
        )
        await execute(
            "update certificates_body set letter_from = $2, letter_until = $3 where id = $1",
            body,
            form.valid_from,
            form.valid_until,
        )
        await record(
            "certificates.letter_kept",
            body_ref(body),
            LetterKept(body, letter, form.valid_until.isoformat()),
            place,
        )
