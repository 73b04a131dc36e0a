# SPDX-License-Identifier: Apache-2.0
"""What the browser posts."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST = 200_000
Once = Annotated[str, Meta(title="提交编号", max_length=64)]
Reason = Annotated[str, Meta(title="理由", min_length=2, max_length=500)]


class DraftForm(msgspec.Struct):
    """A draft being written; it may be saved half done."""

    title: Annotated[str, Meta(title="标题", max_length=200)] = ""
    about: Annotated[str, Meta(title="征集说明", max_length=4000)] = ""
    body: Annotated[str, Meta(title="稿子", max_length=MOST)] = ""
    body_rich: bool = False
    changes: Annotated[str, Meta(title="改了什么", max_length=300)] = ""
    readers: Annotated[Literal["all", "supervisors", "bodies", "bureaus"], Meta(title="对象")] = (
        "supervisors"
    )
    region: Annotated[int, Meta(title="范围")] = 0
    opens_on: Annotated[date | None, Meta(title="开始日期")] = None
    closes_on: Annotated[date | None, Meta(title="截止日期")] = None
    version: int = 0
    once: Once = ""
    act: Literal["save", "open", "publish"] = "save"


class ExtendForm(msgspec.Struct):
    """Putting off the last day."""

    closes_on: Annotated[date, Meta(title="新的截止日期")]
    reason: Reason


class OpinionForm(msgspec.Struct):
    """提意见 (S0-17)."""

    confidential: Annotated[
        Literal["open", "sealed"],
        Meta(title="身份保密", extra={"options": {"open": "不保密", "sealed": "保密"}}),
    ]
    at: Annotated[str, Meta(title="对哪一条", max_length=12)] = ""
    text: Annotated[str, Meta(title="意见", max_length=5000)] = ""
    transcript: Annotated[str, Meta(title="录音里说的话", max_length=5000)] = ""
    seen: int = 0
    """The version that was on the page."""
    once: Once = ""
    said_at: Annotated[str, Meta(max_length=60)] = ""


class ReviseForm(msgspec.Struct):
    """A returned opinion, changed."""

    text: Annotated[str, Meta(title="意见", min_length=2, max_length=5000)]
    transcript: Annotated[str, Meta(title="录音里说的话", max_length=5000)] = ""


class AppealForm(msgspec.Struct):
    """申诉."""

    reason: Annotated[str, Meta(title="申诉理由", min_length=2, max_length=2000)]


class AnswerForm(msgspec.Struct):
    """答复, to one or to many."""

    answer: Annotated[str, Meta(title="答复", min_length=2, max_length=4000)]
    id: list[int] = []


class NoteForm(msgspec.Struct):
    """内部备注."""

    text: Annotated[str, Meta(title="备注", min_length=1, max_length=2000)]


class TranscriptForm(msgspec.Struct):
    """What is said in a recording, typed by the bureau."""

    transcript: Annotated[str, Meta(title="录音里说的话", max_length=5000)] = ""


class MeasureForm(msgspec.Struct):
    """退回、不予公布、移除."""

    reason: Reason


class CensorForm(msgspec.Struct):
    """遮盖."""

    passage: Annotated[str, Meta(title="要遮盖的原文", min_length=1, max_length=1000)]
    reason: Reason


class StatementForm(msgspec.Struct):
    """审核说明."""

    statement: Annotated[str, Meta(title="审核说明", min_length=2, max_length=1000)]
    reason: Reason


class DecideForm(msgspec.Struct):
    """恢复 or 维持."""

    decision: Reason


class FindingForm(msgspec.Struct):
    """采纳情况 of one article."""

    outcome: Annotated[
        Literal["adopted", "partly", "not"],
        Meta(
            title="采纳情况",
            extra={"options": {"adopted": "采纳", "partly": "部分采纳", "not": "未采纳"}},
        ),
    ]
    reason: Annotated[str, Meta(title="理由", min_length=2, max_length=2000)]
    article: Annotated[str, Meta(max_length=12)] = ""


class SummaryForm(msgspec.Struct):
    """总体说明."""

    summary: Annotated[str, Meta(title="总体说明", max_length=4000)] = ""


class PublishForm(msgspec.Struct):
    """公布; a second time with the reason."""

    correction: Annotated[str, Meta(title="更正说明", max_length=300)] = ""


class TemplateForm(msgspec.Struct):
    """A text template."""

    title: Annotated[str, Meta(title="名称", min_length=1, max_length=60)]
    text: Annotated[str, Meta(title="内容", min_length=2, max_length=4000)]
