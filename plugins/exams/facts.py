# SPDX-License-Identifier: Apache-2.0
"""What this plugin records: changes of state. Single answers stand in the attempt's own chain."""

import msgspec


class ResultPublished(msgspec.Struct, frozen=True):
    """Payload of ``exams.result_published``; a re-grade publishes it again, the newest counts."""

    purpose: str
    request: int
    person: int
    session: int
    attempt: int
    """0 = did not come."""
    score: float
    pass_score: float
    passed: bool
    attempts_used: int
    attempts_allowed: int
    at: str


class BankChanged(msgspec.Struct, frozen=True):
    """Payload of ``exams.bank_imported``, ``exams.questions_approved``."""

    questions: int
    filename: str = ""
    digest: str = ""


class QuestionChanged(msgspec.Struct, frozen=True):
    """Payload of ``exams.question_written`` and ``exams.question_retired``."""

    question: int
    words: str
    digest: str
    reason: str = ""


class PaperSaved(msgspec.Struct, frozen=True):
    """Payload of ``exams.paper_saved`` and ``exams.paper_retired``."""

    paper: int
    title: str
    questions: int
    points: float


class SessionChanged(msgspec.Struct, frozen=True):
    """Payload of what happens to a session as a whole."""

    session: int
    title: str
    persons: int = 0
    digest: str = ""
    reason: str = ""


class InvigilatorsNamed(msgspec.Struct, frozen=True):
    """Payload of ``exams.invigilators_named``."""

    session: int
    title: str
    persons: tuple[int, ...]
    """Nobody = the whole office again."""
    names: str
    reason: str = ""


class EntryChanged(msgspec.Struct, frozen=True):
    """Payload of what happens to one candidate: seat, check-in, time, release, void."""

    session: int
    entry: int
    person: int
    name: str
    words: str
    reason: str = ""
    second: str = ""
    """Who confirmed, where two people had to."""


class AttemptMoved(msgspec.Struct, frozen=True):
    """Payload of ``exams.attempt_begun`` and ``exams.attempt_ended``."""

    session: int
    attempt: int
    person: int
    name: str
    how: str
    acts: int
    head: str
    """Head of the attempt's chain: from here on it cannot be rewritten unseen."""
    photo: str = ""


class AppealMoved(msgspec.Struct, frozen=True):
    """Payload of ``exams.appeal_filed`` and ``exams.appeal_decided``."""

    session: int
    appeal: int
    position: int
    name: str
    outcome: str
    changed: int = 0
    reason: str = ""


class PhotosDeleted(msgspec.Struct, frozen=True):
    """Payload of ``exams.photos_deleted``: the pictures went, their hashes stay in the chains."""

    photos: int
    before: str


class Asked(msgspec.Struct, frozen=True):
    """Payload of ``exams.candidate_entered`` and ``exams.candidate_withdrawn``."""

    person: int
    name: str
    purpose: str
    reason: str = ""
