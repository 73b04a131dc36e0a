# SPDX-License-Identifier: Apache-2.0
"""The power item as it was published: read from the payload of ``powers.version_effective``."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

POWER_CLASSES: tuple[tuple[str, str], ...] = (
    ("penalty", "行政处罚"),
    ("licence", "行政许可"),
    ("inspection", "行政检查"),
    ("coercion", "行政强制"),
    ("confirmation", "行政确认"),
    ("levy", "行政征收"),
    ("payment", "行政给付"),
    ("ruling", "行政裁决"),
)
"""The eight classes of the overview; an item of another class is still handled and listed."""

CASE_WORDS: Mapping[str, str] = {
    "penalty": "立",
    "licence": "许",
    "inspection": "检",
    "coercion": "强",
    "confirmation": "确",
    "levy": "征",
    "payment": "给",
    "ruling": "裁",
}
"""The word of a case number by power class, where the item's prefix does not end with one."""
OWN_WORDS = ("立", "罚", "许", "检", "强", "确", "认", "征", "给", "保", "裁", "受", "办")


def class_title(key: str) -> str:
    """What the class of powers is called; an unknown key is shown as it is."""
    return dict(POWER_CLASSES).get(key, key)


def case_prefix(number_prefix: str, power_class: str) -> str:
    """What stands before 〔year〕 in a case number: 磴市监 → 磴市监立, 磴市监立 stays."""
    if number_prefix.endswith(OWN_WORDS):
        return number_prefix
    return number_prefix + CASE_WORDS.get(power_class, "办")


def decision_prefix(number_prefix: str, power_class: str) -> str:
    """What stands before 〔year〕 in the number of the decision document: 磴市监罚.

    Empty where case and decision are one document (当场处罚): it bears the case's own number.
    """
    prefix = case_prefix(number_prefix, power_class)
    if prefix.endswith("罚"):
        return ""
    if power_class == "penalty":
        return prefix.removesuffix("立") + "罚"
    return prefix + "决" if power_class != "licence" else prefix.removesuffix("受") + "决"


class Limit(msgspec.Struct, frozen=True):
    amount: int
    unit: Literal["working", "calendar", "hours"]


class Basis(msgspec.Struct, frozen=True):
    law: str
    article: str = ""
    text: str = ""

    @property
    def label(self) -> str:
        return f"《{self.law.strip('《》')}》{self.article}"


class Stage(msgspec.Struct, frozen=True):
    key: str
    title: str
    limit: Limit | None = None


class Joint(msgspec.Struct, frozen=True):
    """会签: everybody authorised for the step signs; how many must agree."""

    mode: Literal["all", "any", "quorum"] = "all"
    quorum: int = 0


class Step(msgspec.Struct, frozen=True):
    key: str
    title: str
    stage: str = ""
    position: int = 0
    kind: str = "ordinary"
    min_officers: int = 0
    strict_officers: bool = False
    limit: Limit | None = None
    form: str = ""
    coercive: bool = False
    guidance: str = ""
    joint: Joint | None = None


class When(msgspec.Struct, frozen=True, rename={"values": "in"}):
    control: str
    values: tuple[str, ...] = ()


class Transition(msgspec.Struct, frozen=True, rename={"start": "from"}):
    start: str
    to: str
    kind: str = "forward"
    title: str = ""
    when: When | None = None


class Option(msgspec.Struct, frozen=True):
    value: str
    title: str = ""


class Control(msgspec.Struct, frozen=True):
    key: str
    title: str
    type: str = "text"
    required: bool = False
    help: str = ""
    options: tuple[Option, ...] = ()
    unit: str = ""
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    evidence_kind: str = "any"
    min_count: int = 0
    max_mb: int = 20
    negative: tuple[str, ...] = ()


class Form(msgspec.Struct, frozen=True):
    key: str
    title: str
    version: int = 1
    controls: tuple[Control, ...] = ()

    def control(self, key: str) -> Control | None:
        return next((c for c in self.controls if c.key == key), None)

    def of_type(self, *types: str) -> tuple[Control, ...]:
        return tuple(c for c in self.controls if c.type in types)


class Condition(msgspec.Struct, frozen=True):
    control: str
    op: str
    value: Any = None


class Tier(msgspec.Struct, frozen=True):
    key: str
    title: str
    conditions: tuple[Condition, ...] = ()
    min: int | None = None
    max: int | None = None
    kinds: tuple[str, ...] = ()
    note: str = ""


class Standard(msgspec.Struct, frozen=True):
    key: str
    title: str
    act: str = ""
    applies_to: str = ""
    base: str | None = None
    tiers: tuple[Tier, ...] = ()


class Point(msgspec.Struct, frozen=True):
    key: str
    kind: str
    step: str = ""
    stage: str = ""
    title: str = ""
    colour: str | None = None
    params: dict[str, Any] = {}
    clause: str = ""


class Risk(msgspec.Struct, frozen=True):
    step: str = ""
    level: str = ""
    description: str = ""
    prevention: str = ""


class Document(msgspec.Struct, frozen=True):
    """A document template (文书) of the item; ``body`` is read by ``rules.documents``."""

    key: str
    title: str
    step: str
    kind: str = "other"
    word: str = ""
    """What stands before 〔year〕 in its number beside the organ's own: 罚告; empty = no number."""
    served: bool = False
    published: bool = False
    body: str = ""


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """One effective version of a power item: the rules a case opened under it keeps to its end."""

    item: int
    version: int
    code: str = ""
    title: str
    power_class: str
    organisation: int
    org_lo: int = 0
    region_lo: int = 0
    aud_lo: int = 0
    aud_hi: int = 0
    effective_from: str = ""
    number_prefix: str = ""
    subject_label: str = "当事人"
    basis: tuple[Basis, ...] = ()
    stages: tuple[Stage, ...] = ()
    steps: tuple[Step, ...] = ()
    transitions: tuple[Transition, ...] = ()
    forms: tuple[Form, ...] = ()
    standards: tuple[Standard, ...] = ()
    points: tuple[Point, ...] = ()
    risks: tuple[Risk, ...] = ()
    remedies: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()

    @property
    def ordered(self) -> tuple[Step, ...]:
        """The steps as the flow strip shows them."""
        return tuple(sorted(self.steps, key=lambda s: (s.position, s.key)))

    @property
    def first(self) -> Step:
        return self.ordered[0]

    def step(self, key: str) -> Step:
        """The step of that key; a case only ever holds keys of its own version."""
        return next(s for s in self.steps if s.key == key)

    def find_step(self, key: str) -> Step | None:
        return next((s for s in self.steps if s.key == key), None)

    def stage(self, key: str) -> Stage | None:
        return next((s for s in self.stages if s.key == key), None)

    def form_of(self, step: Step) -> Form:
        """The step's form; a step without one has an empty form, not an exception."""
        found = next((f for f in self.forms if f.key == step.form), None)
        return found or Form(key=step.form or step.key, title=step.title)

    def of_kind(self, *kinds: str) -> tuple[Step, ...]:
        return tuple(s for s in self.ordered if s.kind in kinds)

    def points_of(self, step: Step) -> tuple[Point, ...]:
        return tuple(p for p in self.points if p.step == step.key)

    def standard_for(self, control: str) -> Standard | None:
        """The discretion standard a tier control chooses from, by its monitoring point."""
        for point in self.points:
            if point.kind in ("discretion", "M6") and point.params.get("tier_control") == control:
                key = point.params.get("standard")
                return next((s for s in self.standards if s.key == key), None)
        return self.standards[0] if self.standards else None

    def document(self, key: str) -> Document | None:
        """The document template of that key."""
        return next((d for d in self.documents if d.key == key), None)

    def title_of(self, step_key: str) -> str:
        found = self.find_step(step_key)
        return found.title if found else step_key


def read_definition(mapping: Mapping[str, Any]) -> Definition:
    """Decode the published mapping; raises ``msgspec.ValidationError`` when it is not one."""
    return msgspec.convert(mapping, Definition)
