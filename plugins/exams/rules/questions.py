# SPDX-License-Identifier: Apache-2.0
"""A question: its kinds, what makes it usable, when two are the same."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

KINDS: Mapping[str, str] = {
    "single": "单选题",
    "multiple": "多选题",
    "true_false": "判断题",
    "fill": "填空题",
}
DIFFICULTIES: Mapping[int, str] = {1: "易", 2: "中", 3: "难"}
STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("doing", "待审核"),
    "in_use": ("new", "使用中"),
    "retired": ("revoked", "已停用"),
}
MOST_OPTIONS = 10
LONGEST_STEM = 4000
LONGEST_OPTION = 500
LONGEST_ANSWER = 200
TRUE, FALSE = "t", "f"
TRUE_FALSE: Mapping[str, str] = {TRUE: "正确", FALSE: "错误"}


class Option(msgspec.Struct, frozen=True):
    """One choice; ``key`` stays the same however the options are shuffled."""

    key: str
    text: str
    correct: bool = False


class Picture(msgspec.Struct, frozen=True):
    """A picture that came with an imported question: its name and its bytes."""

    name: str
    content: bytes


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank keeps of a question, and what every importer makes."""

    kind: str
    stem: str
    """Plain text; paragraphs are separated by an empty line."""
    options: tuple[Option, ...] = ()
    accepted: tuple[str, ...] = ()
    """What counts as right in a fill-in."""
    subject: str = ""
    difficulty: int = 2
    law: str = ""
    explanation: str = ""
    pictures: tuple[Picture, ...] = ()
    line: int = 0
    """Where it stood in the file."""

    @property
    def key(self) -> tuple[str, ...]:
        """The right option keys; empty for fill-ins."""
        return tuple(each.key for each in self.options if each.correct)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one question of a file: the line or row, and one sentence."""

    line: int
    text: str


class Read(msgspec.Struct):
    """What was found in a file."""

    questions: list[Question] = []
    faults: list[Fault] = []


def true_false(right: bool) -> tuple[Option, ...]:
    """The two options of a true/false question."""
    return (Option(TRUE, TRUE_FALSE[TRUE], right), Option(FALSE, TRUE_FALSE[FALSE], not right))


def options_of(texts: Iterable[tuple[str, bool]]) -> tuple[Option, ...]:
    """Options in the order of the file."""
    return tuple(Option(f"o{n}", text, right) for n, (text, right) in enumerate(texts, 1))


def faults_of(question: Question) -> list[str]:
    """Why this question cannot be used; every reason at once."""
    found = []
    if question.kind not in KINDS:
        return [f"题型“{question.kind}”不认识，可用：{'、'.join(KINDS.values())}。"]
    if not question.stem.strip():
        found.append("没有题干。")
    elif len(question.stem) > LONGEST_STEM:
        found.append(f"题干超过 {LONGEST_STEM} 字。")
    if not question.subject.strip():
        found.append("没有写科目。")
    if question.difficulty not in DIFFICULTIES:
        found.append("难度只能是易、中、难。")
    if question.kind == "fill":
        return found + _fill_faults(question)
    return found + _choice_faults(question)


def _fill_faults(question: Question) -> list[str]:
    found = []
    if not any(normal(each) for each in question.accepted):
        found.append("填空题没有写答案。")
    if any(len(each) > LONGEST_ANSWER for each in question.accepted):
        found.append(f"填空题的答案超过 {LONGEST_ANSWER} 字。")
    return found


def _choice_faults(question: Question) -> list[str]:
    found = []
    options, right = question.options, len(question.key)
    if question.kind == "true_false":
        keys = {each.key for each in options}
        return [] if keys == {TRUE, FALSE} and right == 1 else ["判断题要写明正确还是错误。"]
    if not 2 <= len(options) <= MOST_OPTIONS:
        found.append(f"选项要有 2 到 {MOST_OPTIONS} 个，现在是 {len(options)} 个。")
    if any(not each.text.strip() for each in options):
        found.append("有空的选项。")
    if any(len(each.text) > LONGEST_OPTION for each in options):
        found.append(f"有选项超过 {LONGEST_OPTION} 字。")
    if len({normal(each.text) for each in options}) < len(options):
        found.append("有两个选项是一样的。")
    if question.kind == "single" and right != 1:
        found.append(f"单选题要有一个正确选项，现在是 {right} 个。")
    if question.kind == "multiple" and right < 2:
        found.append(f"多选题至少有两个正确选项，现在是 {right} 个。")
    return found


_SPACE = re.compile(r"\s+")
_MARKS = re.compile(r"[\s，。、；：？！“”‘’（）《》〈〉【】,.;:?!\"'()\[\]<>_—\-·…]+")


def normal(text: str) -> str:
    """A word as it is compared: width, case, blanks and punctuation do not count."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def digest_of(question: Question) -> str:
    """The same stem with the same options is the same question, in whatever order they stand."""
    parts = [question.kind, normal(question.stem)]
    parts += sorted(normal(each.text) for each in question.options)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def duplicates(questions: Sequence[Question]) -> dict[int, int]:
    """Within one file: the position of a question → that of the first one like it."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for number, each in enumerate(questions):
        digest = digest_of(each)
        if digest in first:
            found[number] = first[digest]
        else:
            first[digest] = number
    return found


_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6])>", re.IGNORECASE)


def words_of(markup: str) -> str:
    """The words of marked-up text; the line breaks that mean something are kept."""
    plain = html.unescape(_TAG.sub("", _BREAK.sub("\n", markup)))
    lines = [_SPACE.sub(" ", line).strip() for line in plain.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def short(text: str, most: int = 40) -> str:
    """The beginning of a stem, for lists and messages."""
    line = _SPACE.sub(" ", text).strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def stored_options(raw: Sequence[Mapping[str, Any]]) -> tuple[Option, ...]:
    """Options as the table keeps them."""
    return tuple(Option(each["key"], each["text"], bool(each["correct"])) for each in raw)
