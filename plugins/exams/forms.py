# SPDX-License-Identifier: Apache-2.0
"""What the browser posts."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Reason = Annotated[str, Meta(title="理由", min_length=2, max_length=300)]


class QuestionForm(msgspec.Struct):
    """A question written by hand."""

    kind: Annotated[Literal["single", "multiple", "true_false", "fill"], Meta(title="题型")]
    subject: Annotated[str, Meta(title="科目", min_length=1, max_length=60)]
    difficulty: Annotated[int, Meta(title="难度", ge=1, le=3)] = 2
    stem: Annotated[str, Meta(title="题干", max_length=20_000)] = ""
    stem_rich: Annotated[bool, Meta(title="带格式")] = False
    options: Annotated[str, Meta(title="选项", max_length=6000)] = ""
    true_false: Annotated[Literal["", "t", "f"], Meta(title="答案")] = ""
    accepted: Annotated[str, Meta(title="填空答案", max_length=2000)] = ""
    law: Annotated[str, Meta(title="法律依据", max_length=200)] = ""
    explanation: Annotated[str, Meta(title="解析", max_length=2000)] = ""
    drop_pictures: Annotated[bool, Meta(title="去掉原来的图片")] = False
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class ImportForm(msgspec.Struct):
    """A file for the bank; it comes beside the fields."""

    format: Annotated[Literal["", "xlsx", "gift", "moodlexml"], Meta(title="格式")] = ""
    act: Annotated[Literal["preview", "take"], Meta(title="动作")] = "take"


class QuotaForm(msgspec.Struct):
    """One row of a paper."""

    subject: Annotated[str, Meta(title="科目", max_length=60)] = ""
    difficulty: Annotated[int, Meta(title="难度", ge=0, le=3)] = 0
    kind: Annotated[Literal["", "single", "multiple", "true_false", "fill"], Meta(title="题型")] = (
        ""
    )
    count: Annotated[Annotated[int, Meta(ge=0, le=200)] | None, Meta(title="题数")] = None
    points: Annotated[str, Meta(title="每题分值", max_length=8)] = ""


class PaperForm(msgspec.Struct):
    """A paper by quotas."""

    title: Annotated[str, Meta(title="名称", min_length=2, max_length=120)]
    minutes: Annotated[int, Meta(title="考试时长", ge=5, le=300)]
    least_points: Annotated[str, Meta(title="合格分", min_length=1, max_length=8)]
    half: Annotated[bool, Meta(title="少选得一半")] = False
    rows: Annotated[list[QuotaForm], Meta(title="抽题要求")] = []
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class SessionForm(msgspec.Struct):
    """A session being planned."""

    title: Annotated[str, Meta(title="场次名称", min_length=2, max_length=120)]
    paper: Annotated[int, Meta(title="试卷")]
    starts_at: Annotated[datetime, Meta(title="开考时间")]
    venue: Annotated[str, Meta(title="考点", min_length=2, max_length=200)]
    rooms: Annotated[str, Meta(title="考场和座位", min_length=1, max_length=2000)]
    invigilators: Annotated[list[int], Meta(title="监考员", max_length=50)] = []
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class InvigilatorsForm(msgspec.Struct):
    """Who invigilates a session from now on; nobody = the whole office."""

    invigilators: Annotated[list[int], Meta(title="监考员", max_length=50)] = []
    reason: Annotated[str, Meta(title="理由", max_length=300)] = ""


class SeatForm(msgspec.Struct):
    """Candidates to be put on the roster."""

    wanted: Annotated[list[int], Meta(title="考生")] = []


class ReasonForm(msgspec.Struct):
    """Why something is done."""

    reason: Reason


class CandidateForm(msgspec.Struct):
    """Somebody the office enters."""

    person: Annotated[int, Meta(title="人员")]
    reason: Reason


class ScanForm(msgspec.Struct):
    """What the reader typed, or what the camera read."""

    code: Annotated[str, Meta(title="身份证号或二维码", min_length=1, max_length=2000)]


class MinutesForm(msgspec.Struct):
    """Extra time for one candidate."""

    minutes: Annotated[int, Meta(title="分钟", ge=1, le=180)]
    reason: Reason


class DecideForm(msgspec.Struct):
    """The second person's word."""

    outcome: Annotated[Literal["agreed", "refused"], Meta(title="意见")]


class SignInForm(msgspec.Struct):
    """A candidate at his computer."""

    ticket: Annotated[str, Meta(title="准考证号", min_length=1, max_length=20)]
    password: Annotated[str, Meta(title="一次性密码", min_length=1, max_length=20)]
    code: Annotated[str, Meta(title="场次码", max_length=8)] = ""


class AppealForm(msgspec.Struct):
    """A question is contested."""

    position: Annotated[int, Meta(title="题号", ge=1, le=200)]
    reason: Annotated[str, Meta(title="理由", min_length=5, max_length=1000)]
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class RulingForm(msgspec.Struct):
    """What is decided about an appeal."""

    outcome: Annotated[Literal["reject", "all", "key"], Meta(title="处理")]
    answer: Annotated[str, Meta(title="答复", min_length=2, max_length=1000)]
    key: Annotated[list[str], Meta(title="正确答案")] = []
    accepted: Annotated[str, Meta(title="也算对的填空答案", max_length=1000)] = ""


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""
