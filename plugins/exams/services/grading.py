# SPDX-License-Identifier: Apache-2.0
"""Marking an attempt from its chain."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.api.db import row, rows
from plugins.exams.rules.chain import current_answers
from plugins.exams.rules.grading import Key, Mark, Ruling, key_of, score
from plugins.exams.rules.questions import stored_options
from plugins.exams.services.chaining import acts_of


async def keys_of(sheet: Sequence[Mapping[str, Any]]) -> list[tuple[Key, int]]:
    """How each position of a drawn paper is marked."""
    found = await rows(
        "select id, kind, options, accepted from exams_question where id = any($1::int8[])",
        [each["q"] for each in sheet],
    )
    keys = {
        each["id"]: key_of(each["kind"], stored_options(each["options"]), each["accepted"])
        for each in found
    }
    return [(keys[each["q"]], int(each["tenths"])) for each in sheet]


def rulings_of(raw: Mapping[str, Any]) -> dict[int, Ruling]:
    """What appeals decided, by position."""
    return {int(key): msgspec.convert(each, Ruling) for key, each in raw.items()}


async def marks_of(
    session: Mapping[str, Any], attempt: int, keys: Sequence[tuple[Key, int]]
) -> tuple[int, list[Mark], dict[int, list[str]]]:
    """The score, each question's mark, and the answers they belong to."""
    answers = current_answers(await acts_of(attempt))
    total, marks = score(keys, answers, rulings_of(session["rulings"]), half=bool(session["half"]))
    return total, marks, answers


async def grade(attempt: Mapping[str, Any]) -> tuple[int, bool]:
    """The score in tenths and whether it passes."""
    session = await row("select * from exams_session where id = $1", attempt["session"])
    assert session is not None
    total, _, _ = await marks_of(session, attempt["id"], await keys_of(session["sheet"]))
    return total, total >= session["pass_tenths"]
