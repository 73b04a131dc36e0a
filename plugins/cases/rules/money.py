# SPDX-License-Identifier: Apache-2.0
"""Money in whole 分, typed and printed the way an office writes it."""

import re
import unicodedata

MAX_FEN = 10**15
"""Ten trillion yuan; anything longer is a slip of the finger, and fits a bigint easily."""

_YUAN = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?")


def parse_money(text: str) -> int | str:
    """Yuan as typed to 分, or the sentence that says what is wrong with it.

    Full-width digits, thousands separators, a leading ¥ and a trailing 元 are all accepted.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(" ", "")
    plain = plain.replace("¥", "").removesuffix("元")
    found = _YUAN.fullmatch(plain)
    if found is None:
        return "请填写金额数字，例如 5,000.00。"
    sign, whole, cents = found.groups()
    if sign:
        return "金额不能是负数。"
    if cents and len(cents) > 2:
        return "金额最多写到分，小数点后不超过两位。"
    fen = int(whole.replace(",", "")) * 100 + int((cents or "0").ljust(2, "0"))
    if fen > MAX_FEN:
        return "金额太大，请核对小数点。"
    return fen


def show_money(fen: int | None) -> str:
    """``500000`` → ``5,000.00``; nothing for no amount."""
    if fen is None:
        return ""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
