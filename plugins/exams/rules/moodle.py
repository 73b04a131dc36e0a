# SPDX-License-Identifier: Apache-2.0
"""Moodle's XML export of a question bank, read with line numbers and without any entity.

A document type is refused as a whole: no entity is ever expanded, nothing outside the file is
ever looked at. Embedded files count only as pictures; their names are never used as paths.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from plugins.exams.rules.gift import MOST
from plugins.exams.rules.questions import (
    Fault,
    Option,
    Picture,
    Question,
    Read,
    faults_of,
    options_of,
    true_false,
    words_of,
)

DEEPEST = 40
MOST_PICTURES = 8
LARGEST_PICTURE = 4 * 1024 * 1024
_PLUGIN_FILE = "@@PLUGINFILE@@/"
_LEVELS = {"易": 1, "中": 2, "难": 3}


class RefusedXML(ValueError):
    """The file as a whole is not taken; the message is a sentence for the sender."""


@dataclass
class _Node:
    name: str
    attributes: dict[str, str]
    line: int
    children: list["_Node"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def first(self, name: str) -> "_Node | None":
        return next((each for each in self.children if each.name == name), None)

    def all(self, name: str) -> "list[_Node]":
        return [each for each in self.children if each.name == name]

    def words(self, name: str) -> str:
        """The text below ``<name><text>…``."""
        found = self.first(name)
        inner = found.first("text") if found else None
        return (inner or found).text if found else ""


def _refuse_doctype(*_told: Any) -> None:
    raise RefusedXML("文件里有 DOCTYPE 或者实体声明，不读取。请从 Moodle 重新导出。")


def _parse(content: bytes) -> _Node:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.ExternalEntityRefHandler = lambda *_: 0
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    root = _Node("", {}, 0)
    stack = [root]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(stack) > DEEPEST:
            raise RefusedXML("文件嵌套太深，不是题库导出的文件。")
        node = _Node(name, attributes, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def text(data: str) -> None:
        stack[-1].parts.append(data)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise RefusedXML(
            f"第 {error.lineno} 行不是完整的 XML（{expat.errors.messages[error.code]}）。"
        ) from error
    if not root.children or root.children[0].name != "quiz":
        raise RefusedXML("不是 Moodle 的题库文件：最外层应当是 <quiz>。")
    return root.children[0]


def read_moodle(content: bytes) -> Read:
    """All questions of an export, and what is wrong with the others. Raises RefusedXML."""
    quiz = _parse(content)
    found = Read()
    category = ""
    for node in quiz.all("question"):
        kind = node.attributes.get("type", "")
        if kind == "category":
            path = node.words("category")
            category = path.strip().rstrip("/").rpartition("/")[2]
            continue
        if len(found.questions) >= MOST:
            found.faults.append(Fault(node.line, f"一份文件最多 {MOST} 题，请分成几份。"))
            break
        made = _question(node, kind, category)
        if isinstance(made, str):
            found.faults.append(Fault(node.line, made))
            continue
        problems = faults_of(made)
        if problems:
            found.faults.append(Fault(node.line, "".join(problems)))
        else:
            found.questions.append(made)
    return found


def _question(node: _Node, kind: str, category: str) -> Question | str:
    asked = node.first("questiontext")
    if asked is None:
        return "没有题干。"
    pictures = _pictures(asked)
    if isinstance(pictures, str):
        return pictures
    answers = [
        (words_of(each.words("text") or each.text), _number(each.attributes.get("fraction", "0")))
        for each in node.all("answer")
    ]
    options: tuple[Option, ...] = ()
    accepted: tuple[str, ...] = ()
    if kind == "multichoice":
        single = node.words("single").strip().lower() in ("true", "1")
        options = options_of((text, share > 0) for text, share in answers)
        made = "single" if single else "multiple"
    elif kind == "truefalse":
        right = [text.strip().lower() for text, share in answers if share > 0]
        if right not in (["true"], ["false"]):
            return "判断题没有写明正确还是错误。"
        options, made = true_false(right == ["true"]), "true_false"
    elif kind == "shortanswer":
        accepted, made = tuple(text for text, share in answers if share >= 100), "fill"
    else:
        return f"题型 {kind or '（空）'} 不收，可用单选、多选、判断、简答（填空）。"
    tags = [each.words("text").strip() for tag in node.all("tags") for each in tag.all("tag")]
    return Question(
        kind=made,
        stem=words_of(asked.words("text")),
        options=options,
        accepted=accepted,
        subject=category,
        difficulty=next((_LEVELS[tag] for tag in tags if tag in _LEVELS), 2),
        law=next((tag[3:] for tag in tags if tag.startswith("依据:")), ""),
        explanation=words_of(node.words("generalfeedback")),
        pictures=pictures,
        line=node.line,
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _pictures(asked: _Node) -> tuple[Picture, ...] | str:
    wanted = asked.words("text").count(_PLUGIN_FILE)
    files = asked.all("file")
    if wanted and not files:
        return "题干里引用的图片不在文件里。"
    if len(files) > MOST_PICTURES:
        return f"一道题最多 {MOST_PICTURES} 张图片。"
    found = []
    for each in files:
        # Only the last part: where the file lay on somebody's server is nobody's business here.
        name = each.attributes.get("name", "").replace("\\", "/").rpartition("/")[2] or "图片"
        if each.attributes.get("encoding", "base64") != "base64":
            return f"图片“{name}”的编码不认识。"
        if len(each.text) > LARGEST_PICTURE * 4 // 3 + 8:
            return f"图片“{name}”超过 {LARGEST_PICTURE // 1024 // 1024} MB。"
        try:
            content = base64.b64decode("".join(each.text.split()), validate=True)
        except binascii.Error:
            return f"图片“{name}”的内容损坏。"
        found.append(Picture(name[:120], content))
    return tuple(found)
