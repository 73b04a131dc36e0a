# SPDX-License-Identifier: Apache-2.0
"""How personal data appears where it need not be read in full."""

import re

SURNAMES_OF_TWO = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "夏侯",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "长孙",
        "宇文",
        "司徒",
        "司空",
        "端木",
        "百里",
        "呼延",
        "南宫",
        "独孤",
        "轩辕",
        "钟离",
        "鲜于",
        "闾丘",
        "拓跋",
        "申屠",
        "太史",
        "淳于",
        "单于",
        "濮阳",
        "赫连",
        "澹台",
        "公冶",
        "宗政",
    ]
)


def mask_id_number(number: str) -> str:
    """``150801********7478``: the first six and the last four characters."""
    if len(number) <= 10:
        return "*" * len(number)
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


def mask_phone(number: str) -> str:
    """``137****2344``; a landline keeps its last four digits."""
    if len(number) <= 4:
        return "*" * len(number)
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]}****{number[-4:]}"
    return f"{'*' * (len(number) - 4)}{number[-4:]}"


def mask_name(name: str) -> str:
    """``曹*``, ``欧阳*``; names written with a dot keep what stands before it."""
    name = name.strip()
    if len(name) <= 1:
        return name
    if "·" in name:
        first, _, rest = name.partition("·")
        return f"{first}·{'*' * len(rest)}"
    kept = 2 if len(name) > 2 and name[:2] in SURNAMES_OF_TWO else 1
    return name[:kept] + "*" * (len(name) - kept)


# Numbers are typed as the input method has it: in full width, and in groups.
_HALF_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | dict.fromkeys((0x3000, 0xA0), " ")
_GAP = r"[ .\u00b7\u2014-]?"
_DAY = "[01]_\\d_[0-3]_\\d"
# In this order: the longest numbers first, so that a part of one is not taken for another.
_NUMBERS = tuple(
    (mask, re.compile(pattern.replace("_", _GAP), re.ASCII))
    for mask, pattern in (
        (
            mask_id_number,
            rf"(?<!\d)\d{{6}}_(?:18|19|20)_\d_\d_{_DAY}_\d_\d_\d_[\dXx](?![0-9A-Za-z])",
        ),
        (mask_id_number, rf"(?<!\d)\d{{6}}_\d\d_{_DAY}_\d{{3}}(?!\d)"),
        (mask_phone, r"(?<!\d)(?:\+?86_)?(1[3-9]\d_\d{4}_\d{4})(?!\d)"),
        (mask_phone, r"(?<!\d)(0\d{2,3}[-) ]_\d{7,8}|0\d{10,11})(?!\d)"),
    )
)
_HASH = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32,}(?![0-9A-Za-z])")


def mask_numbers(text: str) -> str:
    """A free text with the identity numbers and telephone numbers in it masked.

    For whatever leaves the platform in quantity: what was typed into a remark is not less
    personal than what stands in the field made for it (D16). Each pattern wants all the digits of
    such a number and no digit beside them, so that hashes, credit codes and case numbers stay.
    """
    plain = text.translate(_HALF_WIDTH)
    if not any(c.isdigit() for c in plain):
        return text
    # Among the digits of a hash there may be what looks like a number of a person.
    found = [(*each.span(), each[0]) for each in _HASH.finditer(text)]
    for mask, pattern in _NUMBERS:
        for each in pattern.finditer(plain):
            start, end = each.span(each.lastindex or 0)
            if all(end <= a or start >= b for a, b, _ in found):
                digits = "".join(c for c in each[each.lastindex or 0] if c.isalnum())
                found.append((start, end, mask(digits)))
    for start, end, shown in sorted(found, reverse=True):
        text = f"{text[:start]}{shown}{text[end:]}"
    return text
