# SPDX-License-Identifier: Apache-2.0
"""The words of a document: what stands on the paper, from what was typed. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from core.api.documents import Paper, Paragraph
from plugins.supervision.rules.papers import DECISIONS, PAPERS

_DIGITS = "〇一二三四五六七八九"


def chinese_number(n: int) -> str:
    """1 … 99 as 一 … 九十九, for the items of a list."""
    if n < 10:
        return _DIGITS[n]
    tens, ones = divmod(n, 10)
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def day_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def period_words(kind: str, amount: int) -> str:
    """``自收到本通知书之日起15个工作日内``."""
    it = PAPERS[kind]
    unit = "个工作日" if it.unit == "working" else "日"
    return f"自收到之日起{amount}{unit}内" if it.setting else ""


def paragraphs(
    kind: str, values: Mapping[str, Any], items: Sequence[str], period: str
) -> tuple[Paragraph, ...]:
    """The text of a document: facts, basis, what is required, until when."""
    it = PAPERS[kind]
    found = [Paragraph(each) for each in _lines(values.get("facts"))]
    if values.get("basis"):
        found += [Paragraph(f"依据：{'；'.join(_lines(values['basis'])).rstrip('。；')}。")]
    if kind == "decision":
        found.append(Paragraph(f"根据有关规定，现决定：{DECISIONS[values['ruling']]}。"))
    elif kind != "talk":
        found.append(Paragraph(f"{it.ask}：" if items else f"{it.ask}。"))
    elif items:
        found.append(Paragraph("现决定就下列问题约谈你单位："))
    found += [Paragraph(f"{chinese_number(n)}、{title}") for n, title in enumerate(items, 1)]
    if kind == "talk":
        # What it is about stands before the summons, which names its time and place itself.
        place = values["talk_place"].rstrip("。")
        found.append(Paragraph(f"请你单位有关负责人于{values['talk_words']}到{place}接受约谈。"))
    found += [Paragraph(each) for each in _lines(values.get("requirement"))]
    if period:
        how, short = {
            "decision": ("报告执行情况", "报告"),
            "opinion": ("自行纠正并书面报告", "纠正"),
        }.get(kind, ("书面答复", "答复"))
        found.append(Paragraph(f"请{period}{how}。逾期不{short}的，将依法进一步处理。"))
    if values.get("supervisors"):
        found.append(Paragraph(f"监督人员：{values['supervisors']}"))
    if values.get("contact"):
        found.append(Paragraph(f"联系人及电话：{values['contact']}"))
    return tuple(found)


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


def moment_words(at: datetime) -> str:
    """``2026年12月1日9时30分``, as a summons writes it."""
    return f"{day_words(at.date())}{at.hour}时" + (f"{at.minute}分" if at.minute else "")


def paper(
    kind: str,
    *,
    organ: str,
    addressee: str,
    number: str,
    day: date,
    values: Mapping[str, Any],
    items: Sequence[str],
    period: str,
    copies: str = "",
    mark: str = "",
) -> Paper:
    """The document in the layout of GB/T 9704."""
    return Paper(
        PAPERS[kind].title,
        paragraphs(kind, values, items, period),
        organ=organ,
        number=number,
        signed=(organ, day_words(day)),
        red=True,
        to=addressee,
        copies=copies,
        mark=mark,
    )


def fields(made: Paper, contact: str = "") -> dict[str, str]:
    """What an office's own DOCX template may name."""
    return {
        "organ": made.organ,
        "title": made.title,
        "number": made.number,
        "to": made.to,
        "body": "\n".join(each.text for each in made.paragraphs),
        "signed": made.signed[0] if made.signed else "",
        "date": made.signed[1] if len(made.signed) > 1 else "",
        "contact": contact,
        "copies": made.copies,
    }


FIELD_WORDS: dict[str, str] = {
    "organ": "发文机关",
    "title": "标题",
    "number": "文号",
    "to": "主送机关",
    "body": "正文（自动分段）",
    "signed": "落款单位",
    "date": "成文日期",
    "contact": "联系人及电话",
    "copies": "抄送",
}
NEEDED = ("title", "number", "to", "body", "date")
