# SPDX-License-Identifier: Apache-2.0
"""What the browser posts."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST = 60_000

Readers = Literal["all", "supervisors", "bodies", "bureaus"]
Mark = Annotated[int, Meta(ge=1, le=5)]


class TrainingForm(msgspec.Struct):
    """A training being planned; it may be saved half done."""

    title: Annotated[str, Meta(title="标题", max_length=120)] = ""
    body: Annotated[str, Meta(title="内容", max_length=MOST)] = ""
    body_rich: Annotated[bool, Meta(title="带格式")] = False
    readers: Annotated[Readers, Meta(title="对象")] = "all"
    region: Annotated[int, Meta(title="范围")] = 0
    starts_at: Annotated[datetime | None, Meta(title="开始时间")] = None
    ends_at: Annotated[datetime | None, Meta(title="结束时间")] = None
    sign_up_until: Annotated[datetime | None, Meta(title="报名截止")] = None
    feedback_until: Annotated[date | None, Meta(title="评价截止")] = None
    venue: Annotated[str, Meta(title="地点", max_length=200)] = ""
    teacher: Annotated[str, Meta(title="授课人", max_length=120)] = ""
    hours: Annotated[str, Meta(title="学时", max_length=10)] = ""
    seats: Annotated[Annotated[int, Meta(ge=0, le=10_000)] | None, Meta(title="名额")] = None
    version: Annotated[int, Meta(title="版本")] = 0
    act: Annotated[Literal["save", "publish"], Meta(title="动作")] = "save"


class ReasonForm(msgspec.Struct):
    """Why something is cancelled, taken back or excused."""

    reason: Annotated[str, Meta(title="原因", min_length=2, max_length=300)]


class JoinForm(msgspec.Struct):
    """Signing up; only the button and its key."""

    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class LeaveForm(msgspec.Struct):
    """Getting out of it; a reason is asked for once others have counted on somebody."""

    reason: Annotated[str, Meta(title="原因", max_length=300)] = ""


class CheckInForm(msgspec.Struct):
    """The code that stood on the screen in the room."""

    token: Annotated[str, Meta(title="签到码", max_length=64)] = ""


class FeedbackForm(msgspec.Struct):
    """What an attendee thought of it."""

    content: Annotated[Mark, Meta(title="内容对工作有没有用")]
    teaching: Annotated[Mark, Meta(title="讲得清楚不清楚")]
    useful: Annotated[Mark, Meta(title="时间地点安排合不合适")]
    words: Annotated[str, Meta(title="想说的话", max_length=1000)] = ""
    anonymous: Annotated[bool, Meta(title="匿名")] = False
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class AttendanceForm(msgspec.Struct):
    """The attendance of one person, set by hand."""

    outcome: Annotated[Literal["present", "excused", "absent"], Meta(title="出勤")]
    reason: Annotated[str, Meta(title="原因", max_length=300)] = ""


class AddForm(msgspec.Struct):
    """Somebody the office puts on the list."""

    person: Annotated[int, Meta(title="人员")]


class SeatsForm(msgspec.Struct):
    """More seats for a training that was announced; 0 = no limit."""

    seats: Annotated[int, Meta(title="名额", ge=0, le=10_000)]
    reason: Annotated[str, Meta(title="原因", min_length=2, max_length=300)]


class ListForm(msgspec.Struct):
    """A list of attendance to be imported; the file comes beside it."""


class Nothing(msgspec.Struct):
    """A form with nothing but its button."""


class HoursForm(msgspec.Struct):
    """Hours gained elsewhere, entered by the office."""

    person: Annotated[int, Meta(title="人员")]
    title: Annotated[str, Meta(title="培训名称", min_length=2, max_length=120)]
    hours: Annotated[str, Meta(title="学时", min_length=1, max_length=10)]
    on: Annotated[date, Meta(title="日期")]
    reason: Annotated[str, Meta(title="依据", min_length=2, max_length=300)]
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class RequirementForm(msgspec.Struct):
    """How many hours a role owes every year."""

    role: Annotated[str, Meta(title="人员", min_length=1, max_length=40)]
    hours: Annotated[str, Meta(title="每年学时", min_length=1, max_length=10)]
    from_year: Annotated[int, Meta(title="从哪年起", ge=2000, le=2100)]
    basis: Annotated[str, Meta(title="依据", max_length=200)] = ""
    once: Annotated[str, Meta(title="提交编号", max_length=64)] = ""


class LessonForm(msgspec.Struct):
    """A lesson or a case example being written."""

    kind: Annotated[Literal["lesson", "case"], Meta(title="种类")] = "lesson"
    title: Annotated[str, Meta(title="标题", max_length=120)] = ""
    body: Annotated[str, Meta(title="正文", max_length=MOST)] = ""
    body_rich: Annotated[bool, Meta(title="带格式")] = False
    tag: Annotated[str, Meta(title="针对的报警", max_length=40)] = ""
    readers: Annotated[Readers, Meta(title="对象")] = "bodies"
    region: Annotated[int, Meta(title="范围")] = 0
    hours: Annotated[str, Meta(title="学时", max_length=10)] = ""
    checked: Annotated[bool, Meta(title="已逐处核对")] = False
    version: Annotated[int, Meta(title="版本")] = 0
    act: Annotated[Literal["save", "publish"], Meta(title="动作")] = "save"


class DeclineForm(msgspec.Struct):
    """Why a suggested lesson is not wanted; a word is welcome, not required."""

    reason: Annotated[str, Meta(title="原因", max_length=200)] = ""


class WatchedForm(msgspec.Struct):
    """Parts of a video that were played, as the player counts them."""

    ranges: Annotated[str, Meta(title="看过的部分", max_length=8000)] = "[]"
    length: Annotated[float, Meta(title="时长")] = 0.0
