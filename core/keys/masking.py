# SPDX-License-Identifier: Apache-2.0
"""How personal data appears where it need not be read in full."""

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
