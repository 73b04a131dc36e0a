# SPDX-License-Identifier: Apache-2.0
"""The rules of a power item: what it consists of, how it is read, what is wrong with it."""

from plugins.powers.rules.definition import (
    DOCUMENT_WORDS,
    Basis,
    Condition,
    Control,
    Definition,
    Document,
    Form,
    Joint,
    Limit,
    Option,
    Point,
    Risk,
    Stage,
    Standard,
    Step,
    Tier,
    Transition,
    When,
    digest_of,
)
from plugins.powers.rules.faults import find_faults
from plugins.powers.rules.reading import ReadingError, read_item
from plugins.powers.rules.words import (
    POINT_KINDS,
    POWER_CLASSES,
    STEP_KINDS,
    PointKind,
    PowerClass,
)

__all__ = [
    "DOCUMENT_WORDS",
    "POINT_KINDS",
    "POWER_CLASSES",
    "STEP_KINDS",
    "Basis",
    "Condition",
    "Control",
    "Definition",
    "Document",
    "Form",
    "Joint",
    "Limit",
    "Option",
    "Point",
    "PointKind",
    "PowerClass",
    "ReadingError",
    "Risk",
    "Stage",
    "Standard",
    "Step",
    "Tier",
    "Transition",
    "When",
    "digest_of",
    "find_faults",
    "read_item",
]
