# SPDX-License-Identifier: Apache-2.0
"""The acts of a case, named as the office names them; each is one transaction.

Every act keeps the same order: lock the case, check the rule, change, record the event.
"""

from plugins.cases.services.acting import Actor, Changed, new_token
from plugins.cases.services.archiving import archive_case
from plugins.cases.services.disclosing import (
    AbstractText,
    publish_abstract,
    withdraw_abstract,
)
from plugins.cases.services.documents import Issuing, issue_document, void_document
from plugins.cases.services.handing import (
    decline_referral,
    hand_over_case,
    open_referral,
)
from plugins.cases.services.moving import Moved, move_cases, plan_of
from plugins.cases.services.officers import (
    Choice,
    authorise_officers,
    declare_recusal,
    delegate_step,
)
from plugins.cases.services.opening import Opening, SameParty, UnderWay, open_case
from plugins.cases.services.pausing import (
    extend_deadline,
    resume_case,
    suspend_case,
    transfer_case,
)
from plugins.cases.services.payments import (
    PaymentEntry,
    add_voucher,
    approve_instalments,
    record_payment,
)
from plugins.cases.services.records import (
    add_archive_note,
    add_evidence,
    correct_field,
    void_evidence,
)
from plugins.cases.services.reopening import Reopening, reopen_case
from plugins.cases.services.serving import record_service
from plugins.cases.services.signing import sign_step
from plugins.cases.services.steps import (
    Posting,
    Stopped,
    Submitted,
    mark_seen,
    recall_submission,
    roll_back,
    save_draft,
    submit_step,
)
from plugins.cases.services.turns import renew_turns
from plugins.cases.services.unmoving import undo_moves

__all__ = [
    "AbstractText",
    "Actor",
    "Changed",
    "Choice",
    "Issuing",
    "Moved",
    "Opening",
    "PaymentEntry",
    "Posting",
    "Reopening",
    "SameParty",
    "Stopped",
    "Submitted",
    "UnderWay",
    "add_archive_note",
    "add_evidence",
    "add_voucher",
    "approve_instalments",
    "archive_case",
    "authorise_officers",
    "correct_field",
    "declare_recusal",
    "decline_referral",
    "delegate_step",
    "extend_deadline",
    "hand_over_case",
    "issue_document",
    "mark_seen",
    "move_cases",
    "new_token",
    "open_case",
    "open_referral",
    "plan_of",
    "publish_abstract",
    "recall_submission",
    "record_payment",
    "record_service",
    "renew_turns",
    "reopen_case",
    "resume_case",
    "roll_back",
    "save_draft",
    "sign_step",
    "submit_step",
    "suspend_case",
    "transfer_case",
    "undo_moves",
    "void_document",
    "void_evidence",
    "withdraw_abstract",
]
