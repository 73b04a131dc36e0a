# SPDX-License-Identifier: Apache-2.0
"""Payloads of the facts ``reviews.*``."""

import msgspec


class Published(msgspec.Struct, frozen=True):
    template: int
    name: str
    version: int


class Announced(msgspec.Struct, frozen=True):
    plan: int
    title: str
    seed: str


class Sampled(msgspec.Struct, frozen=True):
    plan: int
    title: str
    seed: str
    head: str
    digest: str
    population: int
    drawn: int


class Scored(msgspec.Struct, frozen=True):
    """Neither the reviewer's name nor his score: the second one must not hear of the first."""

    plan: int
    drawn: int
    case_number: str


class Stepped(msgspec.Struct, frozen=True):
    plan: int
    title: str


class Acted(msgspec.Struct, frozen=True):
    plan: int
    drawn: int
    case_number: str
    words: str = ""


class Confirmed(msgspec.Struct, frozen=True):
    plan: int
    drawn: int
    case: int
    case_number: str
    score: float
    grade: str


class Guided(msgspec.Struct, frozen=True):
    guidance: int
    title: str
    words: str = ""


class Guidance(msgspec.Struct, frozen=True):
    """A typical case as it was published, for whoever makes a lesson or a question of it."""

    guidance: int
    kind: str
    title: str
    story: str
    findings: str
    advice: str
    organ: str
    path: str


class Standard(msgspec.Struct, frozen=True):
    scheme: int
    name: str
    version: int


class Evaluated(msgspec.Struct, frozen=True):
    """An act on a whole evaluation."""

    evaluation: int
    title: str
    units: int


class Appraised(msgspec.Struct, frozen=True):
    """An act on one body in an evaluation."""

    evaluation: int
    evaluated: int
    unit: str
    words: str = ""


class Result(msgspec.Struct, frozen=True):
    """A body's published result: themes with what they got and are worth, never a place."""

    evaluation: int
    evaluated: int
    title: str
    unit: str
    score: float
    themes: list[tuple[str, int, int]]
