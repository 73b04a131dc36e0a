# SPDX-License-Identifier: Apache-2.0
"""What a typical case must not tell: taken out by rule, by the office's hand, and then looked for.

Numbers and known names go by themselves; what only a person can judge is shown to the second one.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_WIDE: Final = {
    wide: wide - 0xFEE0
    for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
"""Digits and letters as an input method may have them; the marks of a sentence stay."""
_CLEAN: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"(?<!\d)\d{6}(?:18|19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?![\dA-Za-z])", "（证件号码）"),
        (r"(?<![0-9A-Z])[159Y][1-9]\d{6}[0-9A-HJ-NP-RTUW-Y]{10}(?![0-9A-Z])", "（信用代码）"),
        (r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", "（邮箱）"),
        (r"((?:微信|QQ|钉钉|抖音|快手)号?[:：为是]?) ?[A-Za-z0-9_-]{5,30}", r"\1（账号）"),
        (
            r"(证(?:件)?(?:编)?号[:：为是]?) ?[A-Za-z\u4e00-\u9fff]{0,3}\d{6,14}(?!\d)",
            r"\1（证号）",
        ),
        (r"(?<!\d)\d{16,19}(?!\d)", "（账号）"),
        (r"(?<!\d)\d{15}(?!\d)", "（证件号码）"),
        (r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)", "（电话）"),
        (r"(?<!\d)\(?0\d{2,3}[-) ]?\d{7,8}(?!\d)", "（电话）"),
        (r"[\u4e00-\u9fff][A-Z][ ·]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])", "（车牌号）"),
        (r"(?<=[路街巷村组道])\d+号?(?:\d*(?:幢|栋|号楼|单元|室|号))*\d*(?:室|号|-\d+)?", "×号"),
        (r"(?<=[苑园区厦])\d+(?:号楼|幢|栋|单元)(?:\d+(?:单元|室|号))*", "×号楼"),
    )
)
_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文乌包"
)
_LOOK: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "单位名称",
        re.compile(
            r"[\u4e00-\u9fff]{2,20}(?:公司|合作社|经营部|商行|超市|宾馆|门市部"
            r"|[饭酒旅药商食小面分专门利销品]店|[餐菜面饭茶]馆|餐厅|诊所|医院|幼儿园|小卖部"
            r"|(?:养殖|加工|屠宰|采石|砂)场|[工砖酒木石油面]厂)"
        ),
    ),
    ("地址", re.compile(r"[\u4e00-\u9fff]{1,8}(?:路|街|巷|嘎查|社区|小区)")),
    (
        "姓名",
        re.compile(
            r"(?:当事人|法定代表人|负责人|经营者|执法人员|证人|举报人|投诉人)[:：为是叫]?\s*"
            rf"([{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?=[，,。.；;、\s（）()在称将未于的对从到和与]|$)"
        ),
    ),
)
_HIDDEN: Final = re.compile(r"某|×|＊|\*|甲|乙|丙|（")


def read_swaps(text: str) -> tuple[dict[str, str], list[str]]:
    """``原词=代称`` line by line; a line without 代称 becomes 某某."""
    found: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        word, _, said = (each.strip() for each in line.replace("＝", "=").partition("="))
        if not line.strip():
            continue
        if len(word) < 2:
            problems.append(f"第 {number} 行：要隐去的词至少两个字。")
        elif word in said:
            problems.append(f"第 {number} 行：代称里还有原词。")
        else:
            found[word] = said or "某某"
    return found, problems


def of_person(name: str) -> str:
    """李某; names written with a dot lose all but their first part."""
    head = name.split("·", maxsplit=1)[0] if "·" in name else name[:1]
    return f"{head}某"


def swaps_of(names: Iterable[str], units: Iterable[str], numbers: Iterable[str]) -> dict[str, str]:
    """What the platform itself knows of a case: its people, its body and its number."""
    return {
        **{each: of_person(each) for each in names if len(each) > 1},
        **{each: "某执法单位" for each in units if len(each) > 1},
        **{each: "（案号）" for each in numbers if len(each) > 1},
    }


def veil(text: str, *swaps: dict[str, str]) -> str:
    """The text without the words that are swapped, longest first, and without any number."""
    joined = {word: said for each in swaps for word, said in each.items()}
    text = text.translate(_WIDE)
    # In one pass, so that what a swap puts in is not swapped again.
    if joined:
        words = sorted((re.escape(each) for each in joined), key=len, reverse=True)
        text = re.sub("|".join(words), lambda found: joined[found[0]], text)
    for pattern, said in _CLEAN:
        text = pattern.sub(said, text)
    return text


def _says(texts: Sequence[str], word: str) -> bool:
    return len(word) > 1 and any(word in text for text in texts)


def doubtful(texts: Sequence[str], about: str = "") -> list[str]:
    """What may still say whom it is about, each once: for the second person to judge.

    ``about`` is the name of the case, which mostly begins with its party.
    """
    found = []
    if about[:1] in _SURNAMES and (
        party := next((n for n in (3, 2) if _says(texts, about[:n])), 0)
    ):
        found.append(f"案件名称里的“{about[:party]}”")
    for text in texts:
        for title, pattern in _LOOK:
            for match in pattern.finditer(text):
                piece = match[match.lastindex or 0]
                if not _HIDDEN.search(piece):
                    found.append(f"{title}“{piece}”")
    return list(dict.fromkeys(found))
