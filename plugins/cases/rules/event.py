# SPDX-License-Identifier: Apache-2.0
"""The published case event: the payload of every ``cases.*`` fact, and how it is put together.

Subscribers decode the mapping into Structs of their own. Fields are only ever added; a changed
meaning would be a new kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from plugins.cases.rules.definition import Definition, Step

KINDS: tuple[tuple[str, str, str], ...] = (
    ("opened", "新建案件", "新建案件 {case_number}：{title}"),
    ("authorised", "环节授权", "{case_number} 环节授权：{step_title}"),
    ("step_entered", "进入环节", "{case_number} 进入{step_title}"),
    ("step_submitted", "提交环节", "{case_number} 提交{step_title}"),
    ("rolled_back", "回退环节", "{case_number} 从{step_title}回退到{to_title}：{reason}"),
    ("recalled", "撤回提交", "{case_number} 撤回{to_title}的提交"),
    ("corrected", "更正", "{case_number} 更正{step_title}：{reason}"),
    ("evidence_added", "上传证据", "{case_number} {step_title}上传证据"),
    ("evidence_voided", "作废证据", "{case_number} {step_title}作废证据：{reason}"),
    ("suspended", "中止", "{case_number} 中止：{reason}"),
    ("resumed", "恢复办理", "{case_number} 恢复办理：{reason}"),
    ("extended", "延期", "{case_number} 延期：{reason}"),
    ("transferred", "移交", "{case_number} 移交：{reason}"),
    ("delegated", "委托办理", "{case_number} {step_title}委托办理：{reason}"),
    ("payment_recorded", "登记缴款", "{case_number} 登记缴款"),
    ("closed", "办结", "{case_number} 办结：{reason}"),
    ("attempt_refused", "提交未通过", "{case_number} 提交{step_title}未通过：{reason}"),
    ("archived_note", "归档补记", "{case_number} 归档补记：{reason}"),
    ("signed", "会签", "{case_number} {step_title}会签：{reason}"),
    ("version_moved", "改按新版办理", "{case_number} 改按新版办理：{reason}"),
    ("handed_over", "移送其他单位", "{case_number} 移送：{reason}"),
    ("document_issued", "制作文书", "{case_number} 制作文书：{reason}"),
    ("document_served", "送达文书", "{case_number} 送达文书：{reason}"),
    ("document_voided", "作废文书", "{case_number} 作废文书：{reason}"),
    ("disclosed", "公示", "{case_number} 公示：{reason}"),
    ("archived", "归档", "{case_number} 归档：{reason}"),
    ("version_restored", "撤回改版", "{case_number} 撤回改按新版办理：{reason}"),
    ("reopened", "重新处理原案", "{case_number} 重新处理原案：{reason}"),
)
"""Every kind of act: key, title and the sentence of the audit log."""

KIND_TITLES: Mapping[str, str] = {key: title for key, title, _ in KINDS}


class Officer(msgspec.Struct, frozen=True):
    """One authorised officer with what the gate answered about him at that moment."""

    person: int
    name: str
    qualified: bool
    reason: str = ""
    number: str = ""
    role: str = "assist"


class EvidenceFile(msgspec.Struct, frozen=True):
    id: int
    sha256: str
    name: str


class EvidenceCount(msgspec.Struct, frozen=True):
    kind: str
    required: int
    files: tuple[EvidenceFile, ...] = ()


class Decision(msgspec.Struct, frozen=True):
    outcome: str
    negative: bool
    basis: str = ""
    amount: int | None = None
    kinds: tuple[str, ...] = ()
    standard: str = ""
    tier: str = ""
    facts: dict[str, Any] = {}
    number: str = ""
    """The decision document's number, allocated with the first positive submission."""


class Payment(msgspec.Struct, frozen=True):
    id: int
    amount: int
    at: str
    vouchers: tuple[str, ...] = ()
    kind: str = "payment"


class Instalment(msgspec.Struct, frozen=True):
    amount: int
    due: str


class ClockMark(msgspec.Struct, frozen=True):
    started_at: str
    due_at: str
    provisional: bool = False


class Signed(msgspec.Struct, frozen=True):
    """One officer's word at a joint step (会签)."""

    person: int
    name: str
    agrees: bool
    opinion: str = ""


class FieldChange(msgspec.Struct, frozen=True):
    control: str
    title: str
    old: str
    new: str


class DocumentMark(msgspec.Struct, frozen=True):
    """An issued document, as the case event names it."""

    id: int
    key: str
    title: str
    kind: str = "other"
    number: str = ""
    sha256: str = ""
    served_on: str = ""


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One act in a case, complete enough to be judged without asking back."""

    case: int
    item: int
    version: int
    seq: int
    kind: str
    at: str
    case_number: str
    title: str
    party: str
    organisation: int
    department: int
    handlers: tuple[int, ...] = ()
    step: str = ""
    step_title: str = ""
    visit: int = 0
    stage: str = ""
    to_step: str = ""
    to_title: str = ""
    crossed: tuple[str, ...] = ()
    reason: str = ""
    officers: tuple[Officer, ...] = ()
    next_officers: tuple[Officer, ...] = ()
    values: dict[str, Any] = {}
    evidence: dict[str, EvidenceCount] = {}
    decision: Decision | None = None
    payments: tuple[Payment, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    clocks: dict[str, ClockMark] = {}
    gate: dict[str, Any] = {}
    changes: tuple[FieldChange, ...] = ()
    """What a correction changed, field by field; empty for every other kind."""
    approver: int = 0
    """The person who approved a suspension, extension or instalment plan."""
    signatures: tuple[Signed, ...] = ()
    """Of a joint step: who signed so far, and how."""
    document: DocumentMark | None = None
    """The document an act of 文书 concerns; none for every other kind."""
    by: str = ""
    """The name of who acted, with 「受…委托」 when he acted for another."""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One piece of evidence as the rules count it."""

    file: int
    control: str
    name: str
    sha256: str
    valid: bool


def count_evidence(
    definition: Definition, step: Step, lines: Sequence[EvidenceLine]
) -> dict[str, EvidenceCount]:
    """Valid files by evidence control of the step's form; voided ones do not count (S1-20).

    Every evidence control is listed, also with no file at all: "0 of 1" is what the point judges.
    """
    return {
        c.key: EvidenceCount(
            kind=c.evidence_kind,
            required=c.min_count or int(c.required and c.type == "evidence"),
            files=tuple(
                EvidenceFile(e.file, e.sha256, e.name)
                for e in lines
                if e.control == c.key and e.valid
            ),
        )
        for c in definition.form_of(step).of_type("evidence")
    }


class ReferralAnswered(msgspec.Struct, frozen=True):
    """What the body that received a case did with it; told to the body that handed it over."""

    referral: int
    from_case: int
    from_number: str
    from_region_lo: int
    from_org_lo: int
    state: str
    sentence: str


class DealtWithAnew(msgspec.Struct, frozen=True, kw_only=True):
    """A closed case is dealt with anew in another one; told of the old case, which stays as it is."""

    case: int
    case_number: str
    by_case: int
    by_number: str
    ground: str
    basis_number: str
    reason: str
    by: str
    at: str
    kind: str = "dealt_with_anew"


class PartyRevealed(msgspec.Struct, frozen=True):
    """Somebody looked at the party's personal data in full, and why."""

    case: int
    case_number: str
    reason: str
