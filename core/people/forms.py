# SPDX-License-Identifier: Apache-2.0
"""What the browser posts about persons."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

REASONS = (
    ("service", "送达文书，需要联系本人"),
    ("verify", "核对身份或证件"),
    ("complaint", "办理投诉、举报或申诉"),
    ("inspection", "上级或司法机关依法调取"),
    ("correct", "更正登记错误"),
    ("other", "其他"),
)


class RevealForm(msgspec.Struct):
    field: Annotated[Literal["id_number", "phone"], Meta(title="要看的号码")]
    reason: Annotated[
        Literal["service", "verify", "complaint", "inspection", "correct", "other"],
        Meta(title="事由"),
    ]
    note: Annotated[str, Meta(title="说明", max_length=200)] = ""

    def __post_init__(self) -> None:
        """Other reasons are told in words."""
        if self.reason == "other" and not self.note.strip():
            raise ValueError("选“其他”时请写明事由。")

    def words(self) -> str:
        """The reason as it is recorded."""
        title = dict(REASONS)[self.reason]
        return f"{title}：{self.note.strip()}" if self.note.strip() else title
