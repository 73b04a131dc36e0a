# SPDX-License-Identifier: Apache-2.0
"""What a power item (权力事项) consists of: the mapping published to other plugins.

``powers.version_effective`` carries exactly ``msgspec.to_builtins(Definition)``. Amounts are
integer 分, times are ISO strings, keys are unique within their list.
"""

import hashlib
import re
from typing import Any, Literal

import msgspec

from plugins.powers.rules.words import Colour


class Limit(msgspec.Struct, frozen=True):
    """A period: working days, calendar days or hours."""

    amount: int
    unit: Literal["working", "calendar", "hours"] = "working"

    @property
    def words(self) -> str:
        """The period as it is written in an office: 「5 个工作日」."""
        unit = {"working": "个工作日", "calendar": "日", "hours": "小时"}[self.unit]
        return f"{self.amount} {unit}"


class Basis(msgspec.Struct, frozen=True):
    """A legal basis: the law, where in it, and the words themselves."""

    law: str
    article: str
    text: str = ""


class Stage(msgspec.Struct, frozen=True):
    """A stage (阶段): several steps under one period, e.g. 90 days from filing to decision."""

    key: str
    title: str
    limit: Limit | None = None


class Joint(msgspec.Struct, frozen=True):
    """会签: the people authorised for a step each sign, agreeing or not, with an opinion."""

    mode: Literal["all", "any", "quorum"] = "all"
    """``all``: everybody must agree; ``any``: one suffices; ``quorum``: that many."""
    quorum: int = 0

    @property
    def words(self) -> str:
        """The rule as it is said in an office: 「会签，须全体同意」."""
        match self.mode:
            case "all":
                return "会签，须全体同意"
            case "any":
                return "会签，一人同意即可"
            case _:
                return f"会签，须 {self.quorum} 人同意"


class Step(msgspec.Struct, frozen=True):
    """A step (环节): who acts, with which form, within which period."""

    key: str
    title: str
    stage: str
    position: int = 0
    kind: str = "ordinary"
    min_officers: int = 0
    """How many qualified officers the law asks for here; 2 for 处罚法 art. 42."""
    strict_officers: bool = False
    """Too few qualified officers stop the submit, beside the alarm (domain B19)."""
    limit: Limit | None = None
    form: str = ""
    coercive: bool = False
    """A coercive measure: closed to entrusted units (强制法 art. 17)."""
    guidance: str = ""
    joint: Joint | None = None


class When(msgspec.Struct, frozen=True, rename={"one_of": "in"}):
    """A branch is taken when the control's value is one of these."""

    control: str
    one_of: list[str]


class Transition(msgspec.Struct, frozen=True, rename={"origin": "from", "target": "to"}):
    """Leads from one step to another; an empty target ends the case."""

    origin: str
    target: str
    kind: Literal["forward", "branch", "rollback"] = "forward"
    title: str = ""
    when: When | None = None


class Option(msgspec.Struct, frozen=True):
    value: str
    title: str


class Control(msgspec.Struct, frozen=True):
    """One control of a form: a typed field, or an evidence control bound to its step."""

    key: str
    title: str
    type: Literal[
        "text",
        "longtext",
        "date",
        "datetime",
        "number",
        "money",
        "choice",
        "choices",
        "boolean",
        "evidence",
        "outcome",
        "basis",
        "standard",
        "payment",
        "officers",
    ] = "text"
    required: bool = False
    help: str = ""
    options: list[Option] = []
    unit: str = ""
    min: int | float | None = None
    max: int | float | None = None
    max_length: int | None = None
    evidence_kind: Literal["photo", "audio", "video", "document", "any"] = "any"
    min_count: int = 0
    max_mb: int = 20
    negative: list[str] = []
    """Of an outcome: which choices are negative decisions (M5b)."""


class Form(msgspec.Struct, frozen=True):
    key: str
    title: str
    version: int = 1
    controls: list[Control] = []


class Condition(msgspec.Struct, frozen=True):
    """A condition of a tier on a recorded value."""

    control: str
    op: Literal["lt", "le", "gt", "ge", "eq", "in"]
    value: int | float | str | bool | list[str]


class Tier(msgspec.Struct, frozen=True):
    """A tier (裁量阶次): its conditions and the range it permits, in 分 or in multiples."""

    key: str
    title: str
    min: int
    max: int
    conditions: list[Condition] = []
    kinds: list[str] = []
    note: str = ""


class Standard(msgspec.Struct, frozen=True):
    """A discretion standard (裁量基准); ``base`` names the control multiples are taken of."""

    key: str
    title: str
    act: str
    applies_to: str = "amount"
    base: str | None = None
    tiers: list[Tier] = []
    articles: list[str] = []
    """The articles it refines, each as it is cited: 「《食品安全法》第一百二十六条第一款」."""


class Point(msgspec.Struct, frozen=True):
    """A monitoring point (监察点): a kind, where it watches, and its settings."""

    key: str
    kind: str
    title: str
    step: str = ""
    stage: str = ""
    colour: Colour | None = None
    params: dict[str, Any] = {}
    clause: str = ""


class Risk(msgspec.Struct, frozen=True):
    """A risk point (风险点): a level, what may go wrong, what prevents it. Raises no alarm."""

    step: str
    level: Literal["高", "中", "低"]
    description: str
    prevention: str


DOCUMENT_WORDS: dict[str, str] = {
    "case_number": "案号",
    "document_number": "文号",
    "title": "案件名称",
    "party": "当事人",
    "organisation": "执法主体",
    "handlers": "承办人",
    "basis": "法律依据",
    "remedies": "救济途径",
    "date": "日期",
}
"""What a template may name besides the controls of the item's forms."""

_PLACEHOLDER = re.compile(r"\{\{([A-Za-z0-9_]+)\}\}")


class Document(msgspec.Struct, frozen=True):
    """A template of a document (文书). ``body`` is plain text, one paragraph a line.

    A line ``# …`` is a sub-heading, a line ``> …`` is aligned right, ``{{key}}`` is replaced by
    the control of that key or by one of DOCUMENT_WORDS. There is no other syntax: everything
    else is literal text, so a template can neither compute nor reach anything.
    """

    key: str
    title: str
    step: str
    kind: Literal["notice", "decision", "record", "order", "receipt", "other"] = "other"
    word: str = ""
    """The word of its number (文号), e.g. 「罚告」; empty for a document without a number."""
    served: bool = False
    """Handed over against a receipt (送达回证)."""
    published: bool = False
    """An abstract of it is published (公示)."""
    body: str = ""

    @property
    def placeholders(self) -> list[str]:
        """The keys the text names, each once, in order."""
        return list(dict.fromkeys(_PLACEHOLDER.findall(self.body)))


class Definition(msgspec.Struct, frozen=True):
    """A version of a power item, complete. See the module docstring."""

    item: int
    version: int
    code: str
    title: str
    power_class: str
    organisation: int = 0
    org_lo: int = 0
    region_lo: int = 0
    aud_lo: int = 0
    aud_hi: int = 0
    effective_from: str = ""
    number_prefix: str = ""
    subject_label: str = "当事人"
    basis: list[Basis] = []
    stages: list[Stage] = []
    steps: list[Step] = []
    transitions: list[Transition] = []
    forms: list[Form] = []
    standards: list[Standard] = []
    points: list[Point] = []
    risks: list[Risk] = []
    remedies: list[str] = []
    documents: list[Document] = []

    def step(self, key: str) -> Step | None:
        """The step of that key, or ``None``."""
        return next((step for step in self.steps if step.key == key), None)

    def form_of(self, step: Step) -> Form | None:
        """The form filled in at ``step``, or ``None``."""
        return next((form for form in self.forms if form.key == step.form), None)

    def points_of(self, step: str) -> list[Point]:
        """The monitoring points that watch ``step``, in order."""
        return [point for point in self.points if point.step == step]


def digest_of(item: Definition) -> str:
    """SHA-256 of the published mapping in canonical JSON: two equal definitions, one digest."""
    return hashlib.sha256(msgspec.json.encode(item, order="sorted")).hexdigest()
