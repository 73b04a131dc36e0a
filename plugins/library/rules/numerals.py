# SPDX-License-Identifier: Apache-2.0
"""Numbers as laws write them: 一百二十六, 12, １２, 二〇二四."""

from datetime import date

DIGITS = {
    each: value
    for value, group in enumerate(
        ("〇零○Ｏ", "一壹", "二贰两", "三叁", "四", "五", "六", "七", "八", "九")
    )
    for each in group
}
UNITS = {"十": 10, "百": 100, "千": 1000}
NUMBER = "[〇零○一二三四五六七八九十百千两0-9０-９]"
"""One character of a number, for patterns."""
_PLAIN = str.maketrans("０１２３４５６７８９", "0123456789")
_WORDS = "零一二三四五六七八九"


def read_number(text: str) -> int:
    """The number ``text`` says; 0 when it says none."""
    plain = text.translate(_PLAIN)
    if plain.isdecimal() and plain.isascii():
        return int(plain)
    if len(plain) > 1 and all(each in DIGITS for each in plain):
        return int("".join(str(DIGITS[each]) for each in plain))
    total, digit = 0, 0
    for each in plain:
        if each in UNITS:
            total += (digit or 1) * UNITS[each]
            digit = 0
        elif each in DIGITS:
            digit = DIGITS[each]
        else:
            return 0
    return total + digit


def write_number(number: int) -> str:
    """126 as 一百二十六."""
    if number <= 0 or number > 9999:
        return str(number)
    words, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            words += ("零" if zero else "") + _WORDS[digit] + name
            zero = False
        elif words:
            zero = bool(number)
    return words.removeprefix("一") if words.startswith("一十") else words


def article_label(number: int, sub: int = 0) -> str:
    """第十条之一."""
    return f"第{write_number(number)}条" + (f"之{write_number(sub)}" if sub else "")


def read_date(year: str, month: str, day: str) -> date | None:
    """A day written in digits or in words; None for one that is none."""
    try:
        return date(read_number(year), read_number(month), read_number(day))
    except ValueError:
        return None
