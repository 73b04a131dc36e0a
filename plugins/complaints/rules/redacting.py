# SPDX-License-Identifier: Apache-2.0
"""What would betray the reporter in a copy for the accused unit (C1-16, S3-22, B11).

信访工作条例 art. 30: report material is not passed to the reported. The usual leak is the letter
of transfer, so every copy is looked through before it goes, and again when it is sent.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

HIDDEN = "［已隐去］"
MUST = "must"
CHECK = "check"

_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " "}
_GAP = r"[ .\u00b7\u2014-]?"

# Kind, words, level, pattern. Longest first: a part of one number is not another.
_NUMBERS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "id",
        "身份证号",
        re.compile(r"(?<!\d)\d{6}(?:18|19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?![\dA-Za-z])"),
    ),
    (
        "bank",
        "银行卡号",
        re.compile(rf"(?<!\d)\d{{4}}(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{1,3}})?(?!\d)"),
    ),
    ("id", "身份证号", re.compile(r"(?<!\d)\d{8}[01]\d[0-3]\d{4}(?!\d)")),
    ("phone", "手机号", re.compile(rf"(?<!\d)(?:\+?86)?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)")),
    ("phone", "电话", re.compile(r"(?<!\d)\(?0\d{2,3}[-) ]?\d{7,8}(?!\d)")),
    ("mail", "电子邮箱", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")),
    (
        "chat",
        "微信或 QQ 号",
        re.compile(r"(?:微信|威信|薇信|vx|VX|qq|QQ)号?[:：是 ]*([A-Za-z0-9_-]{5,20})"),
    ),
    (
        "plate",
        "车牌号",
        re.compile(
            r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][ ·]?[A-Z0-9]{5,6}(?![A-Za-z0-9])"
        ),
    ),
)

SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文乌包斯"
)
_NAMED = re.compile(
    r"(?:我叫|我名叫|姓名[:：是]?|名字[:：是叫]?|投诉人[:：是]?|举报人[:：是]?|反映人[:：是]?|联系人[:：是]?|署名[:：]?|落款[:：]?)\s*"
    r"([\u4e00-\u9fff·]{2,6}?)(?=[，,。.；;、\s:：（(]|电话|手机|身份|$)"
)
_I_AM = re.compile(r"(?:本人|我是)([\u4e00-\u9fff]{2,3})(?=[，,。.；;、\s（(]|$)")
_PLACES = (
    (
        "address",
        "住处",
        re.compile(r"(?:家住|住在|住址[:：是]?|我家在?|老家在)[^，,。；;\n]{2,30}"),
    ),
    (
        "work",
        "自己的单位或店铺",
        re.compile(
            r"我(?:们)?(?:的|家)?(?:店|饭店|饭馆|公司|单位|厂|铺|超市|学校)(?:[^，,。；;\n]{0,20}(?:店|馆|公司|厂|铺|超市))?"
            r"|我在[^，,。；;\n]{2,20}(?:店|馆|公司|单位|厂|铺|市场|超市|学校)(?:上班|工作)?"
        ),
    ),
    (
        "role",
        "监督员身份",
        re.compile(r"(?:我(?:是|作为)|作为|本)(?:一名)?(?:行政执法)?社会监督员"),
    ),
    (
        "kin",
        "亲属关系",
        re.compile(r"我(?:的)?(?:丈夫|妻子|爱人|老公|老婆|父亲|母亲|爸|妈|儿子|女儿|哥|弟|姐|妹)"),
    ),
)


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that may betray the reporter: where, what, and whether it must go."""

    kind: str
    words: str
    level: str
    start: int
    end: int
    text: str

    @property
    def must(self) -> bool:
        return self.level == MUST


def nobody(_text: str) -> bool:
    """For texts whose reporter is not known at all."""
    return False


def leaks(text: str, is_self: Callable[[str], bool] = nobody) -> list[Leak]:
    """Everything in ``text`` that may betray the reporter, in order.

    ``is_self`` tells whether a few characters are the reporter's own name or number; it works on
    keyed hashes, so that the name itself need not be known to whoever looks.
    """
    found: list[Leak] = []
    plain = text.translate(_WIDE)

    def add(kind: str, words: str, level: str, start: int, end: int) -> None:
        if all(end <= leak.start or start >= leak.end for leak in found):
            found.append(Leak(kind, words, level, start, end, text[start:end]))

    for start, end in _own(plain, is_self):
        add("self", "举报人自己的姓名或号码", MUST, start, end)
    for kind, words, pattern in _NUMBERS:
        for match in pattern.finditer(plain):
            add(kind, words, MUST, *match.span(match.lastindex or 0))
    for match in _NAMED.finditer(plain):
        add("name", "姓名", MUST, *match.span(1))
    for match in _I_AM.finditer(plain):
        if match[1][0] in SURNAMES:
            add("name", "可能是姓名", CHECK, *match.span(1))
    for kind, words, pattern in _PLACES:
        for match in pattern.finditer(plain):
            add(kind, words, CHECK, *match.span())
    return sorted(found, key=lambda leak: leak.start)


UNSAID = "（不指明是哪几个字）"


def unsaid(found: Sequence[Leak], said: str) -> list[Leak]:
    """The reporter's own name without its characters, unless he wrote them himself.

    For whoever checks a text under seal: of a list of names he must not learn which it is.
    """
    plain = said.translate(_WIDE)
    return [replace(each, text=UNSAID) if _is_new(each, plain) else each for each in found]


def guessed(text: str, said: str, is_self: Callable[[str], bool]) -> bool:
    """Whether ``text`` has the reporter's own name or number where he never wrote it himself."""
    plain = said.translate(_WIDE)
    return any(_is_new(each, plain) for each in leaks(text, is_self))


def _is_new(leak: Leak, said: str) -> bool:
    return leak.kind == "self" and leak.text.translate(_WIDE) not in said


_OWN_NUMBER = re.compile(r"[0-9Xx](?:[ .\u00b7-]?[0-9Xx]){5,19}")


def _own(plain: str, is_self: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    if is_self is nobody:
        return
    for match in _OWN_NUMBER.finditer(plain):
        digits = "".join(c for c in match[0] if c.isalnum()).upper()
        if is_self(digits):
            yield match.span()
    at = 0
    while at < len(plain) - 1:
        for length in (6, 5, 4, 3, 2):
            piece = plain[at : at + length]
            if len(piece) == length and not piece[0].isascii() and is_self(piece):
                yield at, at + length
                at += length - 1
                break
        at += 1


def redacted(text: str, is_self: Callable[[str], bool] = nobody) -> str:
    """``text`` with all that must go replaced; what should be looked at stays."""
    return _without(text, [leak for leak in leaks(text, is_self) if leak.must])


def fully_redacted(text: str, is_self: Callable[[str], bool] = nobody) -> str:
    """``text`` with everything replaced, for the copy that goes without a human's look."""
    return _without(text, leaks(text, is_self))


def _without(text: str, found: Sequence[Leak]) -> str:
    for leak in sorted(found, key=lambda each: -each.start):
        text = f"{text[: leak.start]}{HIDDEN}{text[leak.end :]}"
    return text


# --- attachments -----------------------------------------------------------------------------

MEDIA = {
    "photo": "画面里可能有举报人的脸、车牌、门牌，或拍摄位置能看出是谁。",
    "audio": "录音里可能有举报人的声音。",
    "video": "录像里可能有举报人的脸和声音。",
}


@dataclass(frozen=True, slots=True)
class Medium:
    """An attachment as the linter sees it."""

    id: int
    kind: str
    clean: bool
    """There is a copy without the camera's or recorder's data."""


def media_leaks(media: Sequence[Medium], chosen: Sequence[int], *, looked: bool) -> list[str]:
    """Why the chosen attachments must not go out; empty when they may."""
    by_id = {each.id: each for each in media}
    reasons = []
    for number in chosen:
        medium = by_id.get(number)
        if medium is None:
            reasons.append("所选附件不属于这件举报。")
        elif medium.kind not in MEDIA:
            reasons.append("文档里可能留有作者姓名，不能附给单位；需要的内容请写进正文。")
        elif not medium.clean:
            reasons.append("这个附件没有去除设备信息的副本，不能附给单位。")
    if chosen and not looked:
        reasons.append("请逐个看过、听过附件，确认认不出举报人，再勾选“已核对”。")
    return list(dict.fromkeys(reasons))


_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"Exif\x00\x00", "拍摄信息 (EXIF)"),
    (b"http://ns.adobe.com/xap/1.0/", "编辑信息 (XMP)"),
    (b"eXIf", "拍摄信息 (EXIF)"),
    (b"\xa9xyz", "拍摄位置"),
    (b"loci", "拍摄位置"),
    (b"com.apple.quicktime", "手机型号和位置"),
    (b"ID3", "录音标签"),
)


def metadata_in(content: bytes) -> list[str]:
    """What the bytes of a file still say about the device: headers and tails of the formats."""
    parts = content[: 1 << 17] + content[-(1 << 17) :]
    found = []
    for mark, words in _MARKS:
        if mark == b"ID3":
            if content.startswith(mark):
                found.append(words)
        elif mark in parts:
            found.append(words)
    return list(dict.fromkeys(found))
