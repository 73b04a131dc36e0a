# SPDX-License-Identifier: Apache-2.0
"""Questions as rows of a sheet."""

from collections.abc import Mapping
from typing import Any

from plugins.exams.rules.questions import (
    DIFFICULTIES,
    FALSE,
    KINDS,
    TRUE,
    Option,
    Question,
    options_of,
    true_false,
)

LETTERS = "ABCDEFGHIJ"
_KINDS = {title: key for key, title in KINDS.items()} | {
    title.removesuffix("题"): key for key, title in KINDS.items()
}
_LEVELS = {word: number for number, word in DIFFICULTIES.items()}
_YES = {"对", "正确", "√", "T", "TRUE", "是"}
_NO = {"错", "错误", "×", "F", "FALSE", "否"}


def question_of(row: Mapping[str, Any]) -> Question | str:
    """The question of a row, or why there is none; empty options at the end do not count."""
    kind = _KINDS.get(str(row["kind"]).strip())
    if kind is None:
        return f"题型“{row['kind']}”不认识，请写{'、'.join(KINDS.values())}。"
    level = str(row.get("difficulty") or "中").strip()
    if level not in _LEVELS:
        return f"难度“{level}”不认识，请写易、中、难。"
    answer = str(row["answer"]).strip()
    options: tuple[Option, ...] = ()
    accepted: tuple[str, ...] = ()
    if kind == "true_false":
        if answer.upper() not in _YES | _NO:
            return f"判断题的答案“{answer}”看不懂，请写正确或者错误。"
        options = true_false(answer.upper() in _YES)
    elif kind == "fill":
        accepted = tuple(part.strip() for part in answer.split("|") if part.strip())
    else:
        texts = [str(row.get(letter) or "").strip() for letter in LETTERS]
        while texts and not texts[-1]:
            texts.pop()
        wanted = [sign for sign in answer.upper() if sign not in " ,，、;；"]
        known = LETTERS[: len(texts)]
        if unknown := [sign for sign in wanted if sign not in known]:
            return f"答案“{answer}”里的 {'、'.join(unknown)} 没有这个选项。"
        options = options_of((text, LETTERS[n] in wanted) for n, text in enumerate(texts))
    return Question(
        kind=kind,
        stem=str(row["stem"]).strip(),
        options=options,
        accepted=accepted,
        subject=str(row["subject"]).strip(),
        difficulty=_LEVELS[level],
        law=str(row.get("law") or "").strip(),
        explanation=str(row.get("explanation") or "").strip(),
        line=int(row["row"]),
    )


def row_of(question: Question) -> dict[str, str]:
    """The same row again, for the export."""
    if question.kind == "true_false":
        answer = {TRUE: "正确", FALSE: "错误"}.get("".join(question.key), "")
    elif question.kind == "fill":
        answer = "|".join(question.accepted)
    else:
        answer = "".join(LETTERS[n] for n, each in enumerate(question.options) if each.correct)
    listed = (
        {}
        if question.kind in ("true_false", "fill")
        else {LETTERS[n]: each.text for n, each in enumerate(question.options)}
    )
    return {
        "kind": KINDS[question.kind],
        "subject": question.subject,
        "difficulty": DIFFICULTIES[question.difficulty],
        "stem": question.stem,
        **{letter: listed.get(letter, "") for letter in LETTERS},
        "answer": answer,
        "law": question.law,
        "explanation": question.explanation,
    }
