# SPDX-License-Identifier: Apache-2.0
"""Whoever types a sealed reporter's name into a text learns from the check that it is his.

The check cannot be left out: a name that slips into a copy betrays the reporter to the body. So
it does not say which characters it means, and each time it strikes is on the record, beside the
looks at full numbers and counted with them.
"""

from core.api.db import retried, transaction
from core.api.facts import record
from core.api.people import within_reveal_limit
from plugins.complaints import facts, queries
from plugins.complaints.rules import redacting
from plugins.complaints.services.matters import Actor, place_of, ref
from plugins.complaints.services.reporters import self_check

WORDS = "填写的文字里有保密举报人的姓名或号码，检查时被拦下"


@retried
async def note_guess(who: Actor, complaint: int, *texts: str) -> None:
    """Put on record that a refused text named a sealed reporter; in a transaction of its own.

    ``TooMany`` when the person has seen enough for this hour.
    """
    async with transaction(who.scope):
        it = await queries.find(complaint, who.scope)
        if it is None or not it["sealed"]:
            return
        notes = await queries.notes_of(complaint)
        said = [it["account"], *(each["text"] for each in notes if each["side"] == "reporter")]
        if not redacting.guessed("\n".join(texts), "\n".join(said), self_check(it["marks"])):
            return
        await within_reveal_limit(it["region_lo"])
        await record(
            "complaints.name_revealed",
            ref(complaint),
            facts.Looked(complaint, it["number"], WORDS),
            place_of(it),
        )
