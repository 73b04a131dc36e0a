# SPDX-License-Identifier: Apache-2.0
"""The columns of an attendance list, as offices head them."""

from core.api.clock import today
from core.api.imports import SheetColumn
from core.api.people import read_id_number

OUTCOMES = {
    "": "present",
    "到场": "present",
    "出勤": "present",
    "签到": "present",
    "√": "present",
    "是": "present",
    "请假": "excused",
    "缺席": "absent",
    "未到": "absent",
    "否": "absent",
}
"""What offices write in the column 出勤; an empty cell means that the person was there."""


def id_number_problem(text: str) -> str:
    """What is wrong with an identity number; ``""`` when nothing is."""
    read = read_id_number(text, today())
    return read if isinstance(read, str) else ""


def outcome_problem(text: str) -> str:
    """What is wrong with a word for attendance."""
    return "" if text in OUTCOMES else f"“{text}”看不懂，请写到场、请假或者缺席。"


SHEET: tuple[SheetColumn, ...] = (
    SheetColumn("name", ("姓名",), required=True),
    SheetColumn(
        "id_number",
        ("身份证号", "公民身份号码", "身份证号码"),
        as_text=True,
        check=id_number_problem,
    ),
    SheetColumn("outcome", ("出勤", "签到", "是否到场"), check=outcome_problem),
)
