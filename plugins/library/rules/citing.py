# SPDX-License-Identifier: Apache-2.0
"""Citations in any text: 《…法》第三十二条第一款第（二）项, also 第十条至第十二条 and 食品安全法第126条."""

import re
from dataclasses import dataclass

from plugins.library.rules.dating import names_of
from plugins.library.rules.numerals import NUMBER, read_number

MOST = 500
"""Citations looked at in one text."""
MOST_IN_RANGE = 60
SELF = ("本法", "本条例", "本办法", "本规定", "本细则", "本规则")

_PLACE = (
    rf"第({NUMBER}+)条(?:之({NUMBER}+))?"
    rf"(?:第({NUMBER}+)款)?(?:第?[（(]({NUMBER}+)[)）]项|第({NUMBER}+)项)?"
)
_AT = re.compile(_PLACE)
_NAMED = re.compile(
    r"《([^《》]{2,60}(?:〈[^〈〉]{2,60}〉[^《》]{0,30})?)》(?:[（(][^（）()]{0,20}[)）])?"
)
_BARE = re.compile(rf"([\u4e00-\u9fff]{{1,38}}?(?:法|条例|办法|规定|细则|规则))(?=第{NUMBER}+条)")
_SHORT = re.compile(
    r"《([^《》]{2,60})》[（(](?:以下|下)简称[：:]?《?([^《》（）()]{2,30})》?[)）]"
)
_JOINED = re.compile(r"^(?:的)?(?:规定)?(?:[、，,；;]|和|及|以及|或者|或|并|、根据|，依据)?\s*$")
_RANGE = re.compile(r"^\s*(?:至|到|-|—|~|～)\s*$")


@dataclass(frozen=True)
class Citation:
    """One article cited, and where in the text. ``names`` is empty for the law itself."""

    start: int
    end: int
    names: tuple[str, ...]
    number: int
    sub: int = 0
    paragraph: int = 0
    item: int = 0
    until: int = 0
    """The last article of a range."""

    @property
    def key(self) -> str:
        return f"a{self.number}-{self.sub}" if self.sub else f"a{self.number}"

    @property
    def part(self) -> str:
        """The 款 and 项, as ``parts_of`` names them; empty for the whole article."""
        if self.item:
            return f"k{self.paragraph or 1}.x{self.item}"
        return f"k{self.paragraph}" if self.paragraph else ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Every article meant: more than one only for a range."""
        if self.until <= self.number:
            return (self.key,)
        last = min(self.until, self.number + MOST_IN_RANGE)
        return tuple(f"a{each}" for each in range(self.number, last + 1))


def words_of(citation: Citation) -> str:
    """A citation on its own, as it could be typed: what it shares with its neighbours said again."""
    names = citation.names
    # A name without 《》 ends somewhere in the words before 第…条: looked for from every beginning.
    bare = (
        len(names) > 1
        and all(one.endswith(names[-1]) for one in names)
        and (names[1] == names[0][1:])
    )
    name = names[0] if bare else f"《{names[0].replace('《', '〈').replace('》', '〉')}》"
    sub = f"之{citation.sub}" if citation.sub else ""
    paragraph = f"第{citation.paragraph}款" if citation.paragraph else ""
    item = f"第{citation.item}项" if citation.item else ""
    return f"{name}第{citation.number}条{sub}{paragraph}{item}"


def citations_in(text: str) -> list[Citation]:
    """The citations of a text, in order."""
    short = {found[2]: found[1] for found in _SHORT.finditer(text)}
    names: list[tuple[int, int, tuple[str, ...]]] = []
    for found in _NAMED.finditer(text):
        name = short.get(found[1], found[1]).replace("〈", "《").replace("〉", "》")
        names.append((found.start(), found.end(), tuple(names_of(re.sub(r"\s+", "", name)))))
    for found in _BARE.finditer(text):
        words = found[1]
        if any(start <= found.start(1) < end for start, end, _ in names):
            continue
        if words.endswith(SELF):
            names.append((found.end(1) - 2, found.end(1), ()))
            continue
        names.append((found.start(1), found.end(1), _suffixes(words)))
    names.sort()
    out: list[Citation] = []
    for found in _AT.finditer(text):
        if len(out) >= MOST:
            break
        number = read_number(found[1])
        if not number:
            continue
        last = out[-1] if out else None
        between = text[last.end : found.start()] if last else ""
        if (
            last
            and _RANGE.match(between)
            and last.names == _owner(text, names, found.start(), last)
        ):
            out[-1] = Citation(
                last.start, found.end(), last.names, last.number, last.sub, 0, 0, number
            )
            continue
        owner = _owner(text, names, found.start(), last)
        if owner is None:
            continue
        out.append(
            Citation(
                _begin(text, names, found.start()),
                found.end(),
                owner,
                number,
                read_number(found[2] or ""),
                read_number(found[3] or ""),
                read_number(found[4] or found[5] or ""),
            )
        )
    return out


def _suffixes(words: str) -> tuple[str, ...]:
    """违反食品安全法 may be cited as 食品安全法: whatever ends the words may be the name."""
    return tuple(words[at:] for at in range(len(words) - 1))


def _begin(text: str, names: list[tuple[int, int, tuple[str, ...]]], at: int) -> int:
    for start, end, found in names:
        if end == at and found and text[start] == "《":
            return start
    return at


def _owner(
    text: str,
    names: list[tuple[int, int, tuple[str, ...]]],
    at: int,
    last: Citation | None,
) -> tuple[str, ...] | None:
    """Whose article it is: that of the name before it, or of the citation it is joined to."""
    before = [each for each in names if each[1] <= at]
    if before and (not last or before[-1][1] > last.start):
        start, end, found = before[-1]
        between = text[end:at]
        if not between.strip("（）() 的") and end >= (last.end if last else 0):
            return found
        del start
    if last and _JOINED.match(text[last.end : at]):
        return last.names
    if last and _RANGE.match(text[last.end : at]):
        return last.names
    return ()
