# SPDX-License-Identifier: Apache-2.0
"""A person's name in pinyin, as logins are made of it (S0-8). No database."""

import re
from functools import lru_cache

# Characters that are read differently where they are a surname; the dictionary gives the reading
# they have in words.
SURNAMES = {
    "仇": "qiu",
    "单": "shan",
    "解": "xie",
    "区": "ou",
    "查": "zha",
    "曾": "zeng",
    "盖": "ge",
    "朴": "piao",
    "任": "ren",
    "乐": "yue",
    "华": "hua",
    "纪": "ji",
    "宁": "ning",
    "员": "yun",
    "缪": "miao",
    "翟": "zhai",
    "冼": "xian",
    "洗": "xian",
    "逄": "pang",
    "黑": "he",
    "折": "she",
    "召": "shao",
    "覃": "qin",
    "种": "chong",
    "幺": "yao",
    "句": "gou",
    "应": "ying",
    "石": "shi",
    "祭": "zhai",
    "秘": "bi",
    "贾": "jia",
    "那": "na",
    "繁": "po",
    "都": "du",
    "车": "che",
    "郗": "xi",
    "谌": "chen",
    "佴": "nai",
    "薄": "bo",
    "卜": "bu",
    "费": "fei",
    "葛": "ge",
    "哈": "ha",
    "过": "guo",
    "和": "he",
    "撒": "sa",
    "相": "xiang",
    "谷": "gu",
    "燕": "yan",
    "曲": "qu",
    "阚": "kan",
    "沈": "shen",
    "叶": "ye",
    "柏": "bai",
    "干": "gan",
    "尹": "yin",
    "盛": "sheng",
    "褚": "chu",
    "隋": "sui",
    "占": "zhan",
    "臧": "zang",
    "能": "nai",
    "令": "ling",
    "呙": "guo",
    "牟": "mu",
    "晁": "chao",
    "訾": "zi",
    "藏": "zang",
    "尉": "wei",
    "万": "wan",
    "教": "jiao",
    "大": "da",
    "长": "chang",
    "重": "chong",
    "行": "xing",
    "强": "qiang",
}
# Read as a whole, and therefore before the single character they begin with.
DOUBLE_SURNAMES = {
    "尉迟": "yuchi",
    "万俟": "moqi",
    "长孙": "zhangsun",
    "令狐": "linghu",
    "澹台": "tantai",
    "单于": "chanyu",
    "宰父": "zaifu",
    "夏侯": "xiahou",
    "呼延": "huyan",
    "乐正": "yuezheng",
}


@lru_cache(maxsize=1024)
def name_in_pinyin(name: str) -> str:
    """The full pinyin of a name in small letters, nothing else: 单雄信 → shanxiongxin.

    ü becomes v, as passports and keyboards have it; the dot of Mongolian names falls away.
    """
    # Its dictionaries take half a second to load, which no start should wait for.
    from pypinyin import Style, lazy_pinyin

    plain = re.sub(r"[\s·•・.]", "", name)
    head = DOUBLE_SURNAMES.get(plain[:2], "")
    rest = plain[2:] if head else plain[1:]
    if not head and 2 <= len(plain) <= 3 and plain[0] in SURNAMES:
        head = SURNAMES[plain[0]]
    elif not head:
        # Longer names are mostly Mongolian or Tibetan and have no surname to be read apart.
        rest = plain
    words = "".join(lazy_pinyin(rest, style=Style.NORMAL)).lower().replace("ü", "v")
    return re.sub(r"[^a-z0-9]", "", head + words)
