# SPDX-License-Identifier: Apache-2.0
"""Reading a law: lines in, tree and report out. What is not understood is kept and told.

The form is Markdown as public collections of laws write it: ``# title``, lines of history,
``<!-- INFO END -->``, ``## headings`` and paragraphs. None of the marks is required; a law that
was copied from a web page or came out of a Word file reads the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from plugins.library.rules.numerals import NUMBER, article_label, read_number, write_number
from plugins.library.rules.tree import HEADINGS, LEVELS, Fault, Node

MOST_LINES, MOST_CHARACTERS = 50_000, 3_000_000
"""The longest law has 1,260 articles; ten times that is no law."""

_ARTICLE = re.compile(rf"^第({NUMBER}+)条(?:之({NUMBER}+))?(\s*)(.*)$")
_HEADING = re.compile(rf"^第({NUMBER}+)(分编|编|章|节)(\s*)(.*)$")
_LOOKS_LIKE = re.compile(r"^第.{1,8}[条章节编]")
_ANNEX = re.compile(
    r"^(附\s*(?:件|表|录|图|则\s*表)|附(?=\s*[0-9:：]))\s*"
    rf"(?:([0-9]{{1,3}}|[A-Z](?![A-Za-z]))(?!\s*[-—~至])\s*[:：.．、]?|({NUMBER}{{1,3}})(?=\s|[:：《]|$)\s*[:：]?|[:：]|(?=\s|《|$))"
    r"\s*(.{0,120})$"
)
_NO_NAME = re.compile(r"[。；;，,、：:]$|^[、，,的和至或及所之中内列]")
_LISTED = re.compile(r"^[0-9]{1,2}[.．、]")
_CONTENTS = re.compile(r"^目\s*[录次]$")
_POINT = re.compile(r"^([一二三四五六七八九十]{1,3})、")
_GOES_ON = re.compile(r"^[、，,的和至或及规所之第款项]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u00ad]")
_WIDE = {
    **{code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)},
    **{code: code - 0xFEE0 for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))},
}
_END_OF_INFO = re.compile(r"^<!--\s*INFO END\s*-->$", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]{0,400}>|!\[[^\]]*\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)")
_LONGEST_HEADING = 40


@dataclass
class Parsed:
    """A law as it was understood."""

    title: str = ""
    history: tuple[str, ...] = ()
    nodes: list[Node] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def articles(self) -> list[Node]:
        return [each for each in self.nodes if each.kind == "article"]

    @property
    def serious(self) -> list[Fault]:
        return [each for each in self.faults if each.serious]


@dataclass
class _Reader:
    """Where the reading stands."""

    out: Parsed
    path: list[tuple[str, str, str]] = field(default_factory=list)
    """Level, key and words of the headings that are open."""
    kind: str = ""
    key: str = ""
    label: str = ""
    title: str = ""
    began: int = 0
    body: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    last: tuple[int, int] = (0, 0)
    headings: dict[str, int] = field(default_factory=dict)
    """The last number of each level under its parent."""
    contents: set[str] | None = None
    """Headings of a table of contents that is being passed over."""
    loose: bool = False
    """The document has no articles but numbered points (一、二、)."""

    def fault(self, line: int, text: str, *, serious: bool = True) -> None:
        self.out.faults.append(Fault(line, text, serious))

    def close(self) -> None:
        """The piece being read is complete."""
        text = "\n".join(self.body).strip("\n")
        if self.kind and (text or self.kind in ("article", "annex") or self.title):
            if self.kind in ("article", "annex") and not (text or self.title):
                self.fault(self.began, f"{self.label}没有内容。")
            self.out.nodes.append(
                Node(
                    self.key,
                    self.kind,  # type: ignore[arg-type]
                    self.label,
                    self.title,
                    text,
                    tuple(words for _level, _key, words in self.path),
                    self.began,
                )
            )
        self.kind, self.body = "", []

    def open(self, kind: str, key: str, label: str, line: int, title: str = "") -> None:
        self.close()
        wanted, again = key, 2
        while key in self.keys:
            key = f"{wanted}~{again}"
            again += 1
        self.keys.add(key)
        self.kind, self.key, self.label, self.title, self.began = kind, key, label, title, line

    def heading(self, line: int, number: int, word: str, title: str) -> None:
        kind, letter = HEADINGS[word]
        self.close()
        self.path = [each for each in self.path if LEVELS[each[0]] < LEVELS[kind]]
        parent = self.path[-1][1] + "." if self.path else ""
        place = f"{parent}{letter}"
        before = self.headings.get(place, 0)
        continues = kind == "chapter" and number == self.headings.get("*c", 0) + 1
        if number != before + 1 and not continues:
            self.fault(
                line,
                f"“第{write_number(number)}{word}”的编号不连续，前面"
                f"{f'是第{write_number(before)}{word}' if before else '没有'}。",
            )
        self.headings[place] = number
        if kind == "chapter":
            self.headings["*c"] = number
        label = f"第{write_number(number)}{word}"
        self.open(kind, f"{place}{number}", label, line, title)
        key = self.key
        self.close()
        self.path.append((kind, key, f"{label} {title}".strip()))
        if not title:
            self.fault(line, f"{label}没有名称。", serious=False)

    def annex(self, line: int, word: str, number: str, title: str) -> None:
        """What stands behind the articles; a list of annexes keeps their numbers free."""
        self.path = []
        word = re.sub(r"\s+", "", word)
        place = read_number(number) if number else 0
        if not place and (number or (title and not _LISTED.match(title))):
            place = 1 + sum(each.startswith("x") for each in self.keys - {"x0"})
        self.open("annex", f"x{place}", f"{word}{number}", line, title)

    def article(self, line: int, number: int, sub: int, text: str) -> None:
        expected = (self.last[0] + 1, 0)
        if (number, sub) not in (expected, (self.last[0], self.last[1] + 1)):
            told = article_label(*self.last) if self.last[0] else "还没有条文"
            self.fault(line, f"{article_label(number, sub)}的编号不连续，前面是{told}。")
        self.last = (number, sub)
        key = f"a{number}-{sub}" if sub else f"a{number}"
        if key in self.keys:
            self.fault(line, f"{article_label(number, sub)}出现了不止一次。")
        self.open("article", key, article_label(number, sub), line)
        if text:
            self.body.append(text)


def parse(text: str, *, title: str = "") -> Parsed:
    """Read a law. Never raises: whatever comes is in the tree or in the report."""
    out = Parsed(title=title)
    if len(text) > MOST_CHARACTERS:
        out.faults.append(Fault(0, f"超过 {MOST_CHARACTERS:,} 个字，不像一部法律，没有读入。"))
        return out
    lines = _clean_lines(text, out)
    if len(lines) > MOST_LINES:
        out.faults.append(Fault(0, f"超过 {MOST_LINES:,} 行，不像一部法律，没有读入。"))
        return out
    lines = _take_head(lines, out)
    reader = _Reader(out, loose=not any(_ARTICLE.match(each) for _n, each in lines))
    for number, line in lines:
        _take(reader, number, line)
    reader.close()
    if not out.nodes:
        out.faults.append(Fault(0, "没有读到任何条文。"))
    elif reader.loose:
        out.faults.append(Fault(0, "全文没有“第×条”，按段落和“一、二、”保存。", serious=False))
    return out


def _clean_lines(text: str, out: Parsed) -> list[tuple[int, str]]:
    kept: list[tuple[int, str]] = []
    wide = 0
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        line = _INVISIBLE.sub("", raw).replace("\x00", "")
        plain = line.translate(_WIDE)
        wide += plain != line
        line = plain.replace("\u3000", " ").replace("\u00a0", " ").replace("\t", " ").strip()
        if not line:
            continue
        if _MARKUP.search(line) and not _END_OF_INFO.match(line):
            out.faults.append(Fault(number, f"有网页或图片标记，只留下文字：{_short(line)}"))
            line = _MARKUP.sub(lambda found: found[1] or "", line).strip()
            if not line:
                continue
        kept.append((number, line))
    if wide:
        out.faults.append(Fault(0, f"{wide} 行的全角数字、字母改成了半角。", serious=False))
    return kept


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _take_head(lines: Sequence[tuple[int, str]], out: Parsed) -> list[tuple[int, str]]:
    """Title and history off the top; what is left is the body."""
    rest = list(lines)
    if rest and rest[0][1].startswith("# "):
        out.title = re.sub(r"\s+", "", rest.pop(0)[1][2:]) or out.title
    elif rest and not out.title and not _starts_body(rest[0][1]) and len(rest[0][1]) <= 80:
        out.title = re.sub(r"\s+", "", rest.pop(0)[1].lstrip("# "))
    end = next((at for at, (_n, each) in enumerate(rest) if _END_OF_INFO.match(each)), None)
    if end is None:
        end = 0
        while end < len(rest) and _is_history(rest[end][1]):
            end += 1
        out.history = tuple(each for _n, each in rest[:end])
        rest = rest[end:]
    else:
        out.history = tuple(each for _n, each in rest[:end])
        rest = rest[end + 1 :]
    if not out.title:
        out.faults.append(Fault(1, "没有找到标题。"))
    return rest


def _starts_body(line: str) -> bool:
    bare = line.lstrip("# ")
    return bool(_ARTICLE.match(bare) or _HEADING.match(bare) or _CONTENTS.match(bare))


def _is_history(line: str) -> bool:
    return not _starts_body(line) and bool(re.match(rf"^[（(]?({NUMBER}{{4}}年|根据)", line))


def _take(reader: _Reader, number: int, line: str) -> None:
    marked = line.startswith("#")
    bare = line.lstrip("#").strip() if marked else line
    if _CONTENTS.match(bare):
        reader.close()
        reader.contents = set()
        reader.fault(number, "目录没有读入，目录由章节生成。", serious=False)
        return
    if (found := _ANNEX.match(bare)) and not _NO_NAME.search(found[4]):
        if reader.contents is not None and not reader.last[0]:
            return
        reader.contents = None
        reader.annex(number, found[1], found[2] or found[3] or "", found[4].strip())
        return
    if reader.kind == "annex" and reader.last[0]:
        # A form or a standard may have chapters and articles of its own: it stays in one piece.
        if (found := _ARTICLE.match(bare)) and _goes_on(reader, found):
            reader.fault(
                number, f"{reader.label}里有接着正文编号的条文，请核对是不是正文：{_short(bare)}"
            )
        _take_text(reader, number, bare, marked=marked)
        return
    if (found := _HEADING.match(bare)) and (marked or _is_heading(found)):
        words = re.sub(r"\s+", "", bare)
        if reader.contents is not None and words not in reader.contents:
            reader.contents.add(words)
            return
        reader.contents = None
        title = re.sub(r"\s+", "", found[4])
        reader.heading(number, read_number(found[1]), found[2], title)
        return
    if (found := _ARTICLE.match(bare)) and _is_article(reader, found):
        reader.contents = None
        reader.article(number, read_number(found[1]), read_number(found[2] or ""), found[4].strip())
        return
    _take_text(reader, number, bare, marked=marked)


def _is_heading(found: re.Match[str]) -> bool:
    """Whether an unmarked line is a heading and no sentence that begins with a citation."""
    title = found[4]
    return (
        len(title) <= _LONGEST_HEADING
        and not re.search(r"[。；;：:]$", title)
        and (bool(found[3]) or not _GOES_ON.match(title))
    )


def _is_article(reader: _Reader, found: re.Match[str]) -> bool:
    """第八条 begins an article; 第八条、第九条规定的… goes on with the one before."""
    if reader.kind == "annex":
        return False
    if found[3] or not found[4]:
        return True
    return _goes_on(reader, found) and not _GOES_ON.match(found[4])


def _goes_on(reader: _Reader, found: re.Match[str]) -> bool:
    """Whether the number is the one that follows the last article."""
    following = (reader.last[0] + 1, 0)
    same = (reader.last[0], reader.last[1] + 1)
    return (read_number(found[1]), read_number(found[2] or "")) in (following, same)


def _take_text(reader: _Reader, number: int, line: str, *, marked: bool) -> None:
    reader.contents = None
    if reader.kind == "annex":
        pass
    elif marked and not (reader.loose and _POINT.match(line)):
        reader.fault(number, f"标题没有编号，作为正文保存：{_short(line)}")
    elif _LOOKS_LIKE.match(line) and not _ARTICLE.match(line) and not _HEADING.match(line):
        reader.fault(number, f"像是条或章的编号，但读不懂：{_short(line)}")
    if reader.loose and reader.kind != "annex" and (point := _POINT.match(line)):
        at = read_number(point[1])
        reader.open("clause", f"q{at}", f"{point[1]}、", number)
        line = line[point.end() :].strip()
    elif not reader.kind:
        if reader.path:
            reader.fault(number, f"章节下面、条文前面的文字：{_short(line)}", serious=False)
        reader.open("preamble", "pre", "", number)
    reader.body.append(re.sub(r" {2,}", " ", line))
