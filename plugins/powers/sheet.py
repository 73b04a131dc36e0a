# SPDX-License-Identifier: Apache-2.0
"""A list of powers as a sheet: one line per item and basis, as handed down with a document.

A township carries the powers that a document transfers to it (S4-5 names 99 of them and
内党办发〔2019〕22号, but not the list itself). The list comes from the office as a table; here it is
read, and whatever is doubtful becomes a sentence with its row. Nothing is added to it but the
procedure of its class.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from core.api.imports import Sheet, SheetColumn
from plugins.powers.rules import POWER_CLASSES

PROCEDURES: dict[str, tuple[str, str]] = {
    "penalty_ordinary": ("行政处罚普通程序", "penalty"),
    "penalty_summary": ("行政处罚简易程序", "penalty"),
    "licence": ("行政许可", "licence"),
    "inspection": ("行政检查", "inspection"),
    "coercion": ("行政强制", "coercion"),
    "confirmation": ("行政确认", "confirmation"),
    "levy": ("行政征收", "levy"),
    "payment": ("行政给付", "payment"),
    "ruling": ("行政裁决", "ruling"),
}
"""Title and class of the shipped procedures; the first of a class is its usual one."""

CLASSES = {one.title: one.key for one in POWER_CLASSES}
MAX_ITEMS = 1000


class ImportedBasis(msgspec.Struct, frozen=True):
    """A law and where in it."""

    law: str
    article: str
    text: str = ""


class ImportedItem(msgspec.Struct, frozen=True):
    """An item as a sheet names it; further lines of the same code add their basis."""

    row: int
    code: str
    title: str
    power_class: str
    procedure: str
    number_prefix: str = ""
    basis: list[ImportedBasis] = []


def _class_problem(text: str) -> str:
    if text.removeprefix("行政") in {title.removeprefix("行政") for title in CLASSES}:
        return ""
    return f"“{text}”不是八类权力之一：{'、'.join(CLASSES)}。"


def _procedure_problem(text: str) -> str:
    if text in {title for title, _ in PROCEDURES.values()}:
        return ""
    return f"没有“{text}”这个程序，可用的有：{'、'.join(t for t, _ in PROCEDURES.values())}。"


def _longer_than(limit: int) -> Callable[[str], str]:
    return lambda text: f"最多 {limit} 个字，这里有 {len(text)} 个。" if len(text) > limit else ""


def _code_problem(text: str) -> str:
    if text.startswith("（示例"):
        return "这是模板里的示例行，请删除。"
    return "" if len(text) <= 40 else f"最多 40 个字，这里有 {len(text)} 个。"


SHEET: tuple[SheetColumn, ...] = (
    SheetColumn(
        "code",
        ("事项编码", "编码", "权力编码"),
        required=True,
        as_text=True,
        check=_code_problem,
    ),
    SheetColumn(
        "title", ("事项名称", "权力名称", "职权名称"), required=True, check=_longer_than(200)
    ),
    SheetColumn(
        "power_class", ("权力类别", "类别", "权力类型"), required=True, check=_class_problem
    ),
    SheetColumn(
        "law", ("法律名称", "实施依据", "依据名称"), required=True, check=_longer_than(200)
    ),
    SheetColumn("article", ("条款", "依据条款"), required=True, check=_longer_than(200)),
    SheetColumn("text", ("条文", "条文原文", "依据内容"), check=_longer_than(5000)),
    SheetColumn("procedure", ("程序", "适用程序"), check=_procedure_problem),
    SheetColumn("number_prefix", ("案号字头",), check=_longer_than(20)),
)

EXAMPLE = {
    "code": "（示例，请删除）XZ-001",
    "title": "事项名称照文件原文填写",
    "power_class": "行政处罚",
    "law": "法律、法规、规章的全称",
    "article": "第几条第几款第几项",
    "text": "条文原文，可以不填",
    "procedure": "行政处罚普通程序",
    "number_prefix": "综执立",
}


def read_items(
    sheet: Sheet, taken: Sequence[str] = ()
) -> tuple[list[ImportedItem], dict[int, list[str]]]:
    """The items of a sheet, and by row what is wrong; ``taken`` are codes the body has already."""
    faults: dict[int, list[str]] = {}
    for fault in sheet.faults:
        faults.setdefault(fault.row, []).append(
            f"{fault.column}：{fault.text}" if fault.column else fault.text
        )
    found: dict[str, ImportedItem] = {}
    for line in sheet.rows:
        row = int(line["row"])
        if row in faults:
            continue
        item = _read(line)
        if isinstance(item, str):
            faults[row] = [item]
        elif item.code in taken:
            faults[row] = [
                f"这个主体已经有编码 {item.code} 的事项，不再导入；要修改的请修订那一项。"
            ]
        elif len(found) >= MAX_ITEMS and item.code not in found:
            faults[row] = [f"一次最多导入 {MAX_ITEMS} 项，请分成几份。"]
        elif item.code not in found:
            found[item.code] = item
        elif (found[item.code].title, found[item.code].power_class) != (
            item.title,
            item.power_class,
        ):
            faults[row] = [
                f"编码 {item.code} 与第 {found[item.code].row} 行相同，名称或者类别却不同。"
            ]
        elif item.basis[0] in found[item.code].basis:
            faults[row] = [f"与第 {found[item.code].row} 行重复。"]
        else:
            first = found[item.code]
            found[item.code] = msgspec.structs.replace(first, basis=[*first.basis, *item.basis])
    return list(found.values()), faults


def _read(line: dict[str, Any]) -> ImportedItem | str:
    wanted = line["power_class"].removeprefix("行政")
    power_class = next(k for title, k in CLASSES.items() if title.removeprefix("行政") == wanted)
    usual = next(key for key, (_, of) in PROCEDURES.items() if of == power_class)
    named = str(line.get("procedure") or "")
    procedure = next((key for key, (title, _) in PROCEDURES.items() if title == named), usual)
    if PROCEDURES[procedure][1] != power_class:
        return f"程序“{named}”不是办理{line['power_class']}的。"
    return ImportedItem(
        int(line["row"]),
        line["code"],
        line["title"],
        power_class,
        procedure,
        str(line.get("number_prefix") or ""),
        [ImportedBasis(line["law"], line["article"], str(line.get("text") or ""))],
    )
