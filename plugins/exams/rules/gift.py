# SPDX-License-Identifier: Apache-2.0
"""Moodle's GIFT: one question a paragraph, answers in braces. Read with line numbers; written.

Read are multiple choice, several right answers (weights), true/false and short answer. Matching,
numerical and essay questions have no counterpart here and are refused with their line. A broken
question never takes its neighbours with it. Subject, difficulty and law stand in comments the
platform writes itself (``// 科目: …``) or come from ``$CATEGORY``.
"""

import re

from plugins.exams.rules.questions import (
    FALSE,
    TRUE,
    Fault,
    Option,
    Question,
    Read,
    faults_of,
    options_of,
    true_false,
    words_of,
)

MOST = 20_000
"""Questions in one file."""
_SPECIAL = "~=#{}:"
_LEVELS = {"易": 1, "中": 2, "难": 3}
_WEIGHT = re.compile(r"^%(-?\d{1,3}(?:\.\d+)?)%")
_FORMAT = re.compile(r"^\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_TRUE = {"T", "TRUE", "对", "正确"}
_FALSE = {"F", "FALSE", "错", "错误"}
_NOTE = re.compile(r"^//\s*(科目|难度|依据|解析)\s*[:：]\s*(.*)$")


class _Broken(ValueError):
    """One question that cannot be read."""


def read_gift(text: str) -> Read:
    """All questions of a file, and what is wrong with the others."""
    found = Read()
    category = ""
    block: list[str] = []
    begin = 0
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate([*lines, ""], 1):
        if line.strip().startswith("$CATEGORY:"):
            category = line.partition(":")[2].strip().rstrip("/").rpartition("/")[2]
            continue
        if line.strip():
            if not block:
                begin = number
            block.append(line)
            continue
        # As in Moodle an empty line ends a question whatever is open: one that forgot its brace
        # never takes those after it along.
        if block:
            _take(block, begin, category, found)
            block = []
        if len(found.questions) >= MOST:
            found.faults.append(Fault(number, f"一份文件最多 {MOST} 题，请分成几份。"))
            return found
    return found


def _take(block: list[str], begin: int, category: str, found: Read) -> None:
    notes: dict[str, str] = {}
    body: list[str] = []
    first = begin
    for offset, line in enumerate(block):
        if line.lstrip().startswith("//"):
            if match := _NOTE.match(line.strip()):
                notes[match[1]] = match[2].strip()
            continue
        if not body:
            first = begin + offset
        body.append(line)
    if not any(line.strip() for line in body):
        return
    try:
        question = _question("\n".join(body), notes, category, first)
    except _Broken as error:
        found.faults.append(Fault(first, str(error)))
        return
    problems = faults_of(question)
    if problems:
        found.faults.append(Fault(first, "".join(problems)))
    else:
        found.questions.append(question)


def _question(text: str, notes: dict[str, str], category: str, line: int) -> Question:
    opened, closed = _find(text, "{"), _find(text, "}")
    if opened < 0 and closed < 0:
        raise _Broken("没有花括号，找不到答案。")
    if closed < 0:
        raise _Broken("花括号没有结束。")
    if opened < 0 or closed < opened:
        raise _Broken("花括号没有成对。")
    before, inner, after = text[:opened], text[opened + 1 : closed], text[closed + 1 :]
    if _find(after, "{") >= 0 or _find(after, "}") >= 0:
        raise _Broken("一道题里有两组花括号，可能是上一题少了空行。")
    before = re.sub(r"^\s*::(?:\\.|[^:\\]|:(?!:))*::", "", before, count=1)
    markup = None
    if match := _FORMAT.match(before.strip()):
        markup = match[1].lower() in ("html", "moodle")
        before = before.strip()[match.end() :]
    after = after.strip()
    stem = _plain(f"{before.rstrip()}____{after}" if after else before, markup=markup)
    inner, _, general = _split(inner, "####")
    explanation = notes.get("解析") or _plain(general, markup=markup)
    kind, options, accepted = _answers(inner.strip(), markup=markup)
    return Question(
        kind=kind,
        stem=stem,
        options=options,
        accepted=accepted,
        subject=notes.get("科目") or category,
        difficulty=_LEVELS.get(notes.get("难度", "中"), 0),
        law=notes.get("依据", ""),
        explanation=explanation,
        line=line,
    )


def _answers(inner: str, *, markup: bool | None) -> tuple[str, tuple[Option, ...], tuple[str, ...]]:
    if not inner:
        raise _Broken("花括号里没有答案；问答题不能自动评分，不收。")
    if inner.startswith("#"):
        raise _Broken("数值题不收，请改成填空题或者单选题。")
    word = _split(inner, "#")[0].strip().upper()
    if word in _TRUE | _FALSE:
        return "true_false", true_false(word in _TRUE), ()
    parts = _parts(inner)
    if not parts:
        raise _Broken("答案前面要有 = 或者 ~。")
    if any(_find(body, "->") >= 0 for _, body in parts):
        raise _Broken("匹配题不收，请拆成单选题。")
    rated = [(*_rated(sign, body), body) for sign, body in parts]
    texts = [
        (_plain(_split(_WEIGHT.sub("", body.strip()), "#")[0], markup=markup), right)
        for right, _, body in rated
    ]
    if all(sign == "=" for sign, _ in parts):
        return (
            "fill",
            (),
            tuple(
                text
                for (text, _), (_, weight, _) in zip(texts, rated, strict=True)
                if weight == 100
            ),
        )
    multiple = (
        any(sign == "~" and right for (sign, _), (_, right) in zip(parts, texts, strict=True))
        and sum(right for _, right in texts) > 1
    )
    words = {text for text, _ in texts}
    if len(texts) == 2 and words == {"正确", "错误"}:
        return "true_false", true_false(dict(texts)["正确"]), ()
    return "multiple" if multiple else "single", options_of(texts), ()


def _rated(sign: str, body: str) -> tuple[bool, float]:
    match = _WEIGHT.match(body.strip())
    weight = float(match[1]) if match else (100.0 if sign == "=" else 0.0)
    return weight > 0, weight


def _parts(inner: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    sign, start, position = "", 0, 0
    while position < len(inner):
        if inner[position] == "\\":
            position += 2
            continue
        if inner[position] in "=~" and not inner.startswith("->", max(position - 1, 0)):
            if sign:
                found.append((sign, inner[start:position]))
            elif inner[:position].strip():
                raise _Broken("答案前面要有 = 或者 ~。")
            sign, start = inner[position], position + 1
        position += 1
    if sign:
        found.append((sign, inner[start:]))
    return found


def _find(text: str, wanted: str) -> int:
    position = 0
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        if text.startswith(wanted, position):
            return position
        position += 1
    return -1


def _split(text: str, mark: str) -> tuple[str, str, str]:
    at = _find(text, mark)
    return (text, "", "") if at < 0 else (text[:at], mark, text[at + len(mark) :])


def _plain(text: str, *, markup: bool | None = None) -> str:
    """``markup`` is what the question says of itself; where it says nothing, tags tell."""
    text = text.strip()
    if match := _FORMAT.match(text):
        markup = match[1].lower() in ("html", "moodle")
        text = text[match.end() :]
    text = re.sub(r"\\n", "\n", text)
    text = re.sub(r"\\([~=#{}:\\])", r"\1", text)
    if markup is None:
        markup = bool(
            re.search(r"</?(?:p|br|b|i|strong|em|div|span|ul|ol|li)\b", text, re.IGNORECASE)
        )
    if markup:
        return words_of(text)
    return "\n".join(line.strip() for line in text.split("\n")).strip()


# --- writing -------------------------------------------------------------------------------------


def _escaped(text: str) -> str:
    for sign in "\\" + _SPECIAL:
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\n").replace("\n", "\\n")


def write_gift(questions: list[Question]) -> str:
    """The questions in a form that Moodle reads, and that reads back to the same ones."""
    levels = {number: word for word, number in _LEVELS.items()}
    out = ["// 题库导出（GIFT）", ""]
    for number, each in enumerate(questions, 1):
        for title, words in (
            ("科目", each.subject),
            ("难度", levels[each.difficulty]),
            ("依据", each.law),
            ("解析", each.explanation),
        ):
            if words:
                out.append(f"// {title}: {' '.join(words.split())}")
        out.append(f"::{number}::[plain]{_escaped(each.stem)}{{{_answers_text(each)}}}")
        out.append("")
    return "\n".join(out)


def _answers_text(question: Question) -> str:
    if question.kind == "true_false":
        return "TRUE" if question.key == (TRUE,) else "FALSE" if question.key == (FALSE,) else ""
    if question.kind == "fill":
        return " ".join(f"={_escaped(each)}" for each in question.accepted)
    if question.kind == "single":
        return " ".join(
            f"{'=' if each.correct else '~'}{_escaped(each.text)}" for each in question.options
        )
    share = f"{100 / len(question.key):.5f}".rstrip("0").rstrip(".")
    return " ".join(
        f"~%{share if each.correct else '-100'}%{_escaped(each.text)}" for each in question.options
    )
