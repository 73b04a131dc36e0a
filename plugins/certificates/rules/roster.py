# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a row of a unit's sheet of officers (S2-13, S2-18).

A row is a mapping of the sheet's columns to text, days as ISO dates. No database, no clock.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from plugins.certificates.rules.standing import check_dates


def repeated(texts: Iterable[str]) -> set[int]:
    """Hashes of the texts that stand twice: eight bytes for each of thousands, not the texts."""
    ordered = sorted(array("q", (hash(text) for text in texts if text)))
    return {one for one, other in pairwise(ordered) if one == other}


def doubles(
    lines: Sequence[Mapping[str, Any]], tidy: Callable[[str], str] = str
) -> dict[int, list[str]]:
    """Numbers that stand twice in one sheet: sentences by the row that comes later."""
    found: dict[int, list[str]] = {}
    for key, title in (("number", "执法证号"), ("id_number", "身份证号")):
        suspects = repeated(tidy(line[key]) for line in lines)
        seen: dict[str, int] = {}
        for line in lines if suspects else ():
            text = tidy(line[key])
            if text and text in seen:
                found.setdefault(line["row"], []).append(f"{title}：与第 {seen[text]} 行重复。")
            elif hash(text) in suspects:
                seen[text] = line["row"]
    return found


def particulars_problem(line: Mapping[str, Any]) -> str:
    """``""`` when number and days belong together, else what is missing or wrong."""
    number, begins, ends = line["number"], line["valid_from"], line["valid_until"]
    if not number:
        return "执法证号：填了有效期就要填执法证号。" if begins or ends else ""
    if not begins:
        return "有效期起：填了执法证号就要填有效期。"
    if not ends:
        return "有效期止：填了执法证号就要填有效期。"
    try:
        wrong = check_dates(date.fromisoformat(begins), date.fromisoformat(ends))
    except ValueError:
        return ""  # the cell has its own sentence
    return f"有效期止：{wrong}" if wrong else ""


def problem_of(
    line: Mapping[str, Any],
    person: Mapping[str, Any] | None,
    card: Mapping[str, Any] | None,
    unit: int,
    undone: str,
) -> str:
    """``""`` when the register has nothing against the row.

    ``person`` holds the row's identity number (``id``, ``organisation``, ``name``, ``active`` as an
    officer, ``closed``, ``close_reason``), ``card`` its certificate number (``person``,
    ``valid_from``, ``valid_until``, ``last_reason``). What an undone sheet left, reason ``undone``,
    may come again for the same person with the same card. The name of somebody in another unit is
    not told.
    """
    if person is not None:
        if person["organisation"] != unit:
            return "身份证号：已经登记在别的单位；调入人员请由原单位办理调动。"
        if person["active"]:
            return f"姓名：{person['name']}已经登记为执法人员。"
        if person["name"] != line["name"]:
            return f"姓名：这个身份证号登记的姓名是“{person['name']}”，请核对。"
        if person["closed"] and person["close_reason"] != undone:
            return "身份证号：这个人已经停用，不能从表格登记。"
    if card is not None:
        if person is None or card["person"] != person["id"] or card["last_reason"] != undone:
            return f"执法证号：{line['number']} 已经登记过，证号不能重复使用。"
        if (card["valid_from"].isoformat(), card["valid_until"].isoformat()) != (
            line["valid_from"],
            line["valid_until"],
        ):
            return f"执法证号：{line['number']} 撤销以前登记的有效期不同，请核对。"
    return ""
