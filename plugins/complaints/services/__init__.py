# SPDX-License-Identifier: Apache-2.0
"""The acts on complaints, one module each side: filing, pushing, answering, deciding, noting, …

Each does its steps in one order: lock, check the rule, change, move clocks and turn, record.
"""

from plugins.complaints.services.answering import FOUNDED, answer
from plugins.complaints.services.contacting import reveal_contact
from plugins.complaints.services.deciding import (
    accept,
    ask_identity,
    identify_officer,
    match_body,
    merge,
    propose_supervision,
    reject,
    tell_result,
    transfer,
    transfer_to_bureau,
)
from plugins.complaints.services.filing import Filed, Intake, file, filed_before, may_be_sealed
from plugins.complaints.services.guessing import note_guess
from plugins.complaints.services.matters import Actor, ComplaintSettings, copy_ref, ref
from plugins.complaints.services.noting import LEVELS, add_word, note, note_of_body
from plugins.complaints.services.pushing import Draft, draft_copy, extend, pause, push, resume
from plugins.complaints.services.reporters import (
    aliases_of,
    contact_of,
    public,
    receipt_hash,
    supervisor,
)
from plugins.complaints.services.retaining import confirm, postpone

__all__ = [
    "FOUNDED",
    "LEVELS",
    "Actor",
    "ComplaintSettings",
    "Draft",
    "Filed",
    "Intake",
    "accept",
    "add_word",
    "aliases_of",
    "answer",
    "ask_identity",
    "confirm",
    "contact_of",
    "copy_ref",
    "draft_copy",
    "extend",
    "file",
    "filed_before",
    "identify_officer",
    "match_body",
    "may_be_sealed",
    "merge",
    "note",
    "note_guess",
    "note_of_body",
    "pause",
    "postpone",
    "propose_supervision",
    "public",
    "push",
    "receipt_hash",
    "ref",
    "reject",
    "resume",
    "reveal_contact",
    "supervisor",
    "tell_result",
    "transfer",
    "transfer_to_bureau",
]
