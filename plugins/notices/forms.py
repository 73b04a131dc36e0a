# SPDX-License-Identifier: Apache-2.0
"""What the browser posts."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST = 60_000

Readers = Literal["all", "supervisors", "bodies", "bureaus"]


class NoticeForm(msgspec.Struct):
    """A notice being drafted; it may be saved half done."""

    title: Annotated[str, Meta(title="标题", max_length=200)] = ""
    body: Annotated[str, Meta(title="正文", max_length=MOST)] = ""
    body_rich: bool = False
    readers: Readers = "all"
    region: int = 0
    must_confirm: bool = False
    confirm_by: date | None = None
    version: int = 0
    act: Literal["save", "publish"] = "save"


class ReasonForm(msgspec.Struct):
    """Why a notice is withdrawn or a page closed."""

    reason: Annotated[str, Meta(title="原因", min_length=2, max_length=300)]


class NewGuideForm(msgspec.Struct):
    """A standing page to be written."""

    kind: Annotated[Literal["conduct", "manual"], Meta(title="种类")]
    title: Annotated[str, Meta(title="标题", min_length=2, max_length=120)]
    readers: Readers = "supervisors"
    must_confirm: bool = False


class GuideForm(msgspec.Struct):
    """The next version of a standing page."""

    body: Annotated[str, Meta(title="正文", max_length=MOST)] = ""
    body_rich: bool = False
    changes: Annotated[str, Meta(title="改了什么", max_length=300)] = ""
    version: int = 0
    act: Literal["save", "publish"] = "save"


class ConfirmForm(msgspec.Struct):
    """Which version was on the page that is confirmed."""

    number: int = 0
