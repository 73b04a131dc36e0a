# SPDX-License-Identifier: Apache-2.0
"""Starting a draft, and the acts on one."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from plugins.powers.rules.words import POWER_CLASSES

PowerClassKey = Literal[
    "penalty",
    "licence",
    "inspection",
    "coercion",
    "confirmation",
    "levy",
    "payment",
    "ruling",
]
CLASS_WORDS = {one.key: one.title for one in POWER_CLASSES}
Reason = Annotated[str, Meta(title="退回理由", min_length=2, max_length=1000)]


class NewForm(msgspec.Struct):
    """A new item from nothing, or from one of the shipped procedures."""

    organisation: Annotated[int, Meta(title="行使主体", extra={"choose": True})]
    title: Annotated[str, Meta(title="事项名称", min_length=2, max_length=200)]
    code: Annotated[str, Meta(title="事项编码", min_length=1, max_length=40)]
    power_class: Annotated[PowerClassKey, Meta(title="类别", extra={"options": CLASS_WORDS})]
    procedure: Annotated[str, Meta(title="程序", max_length=60)] = ""


class CopyForm(msgspec.Struct):
    """A new item that begins as another one."""

    organisation: Annotated[int, Meta(title="行使主体", extra={"choose": True})]
    item: Annotated[int, Meta(title="照着哪一项")]
    title: Annotated[str, Meta(title="事项名称", min_length=2, max_length=200)]
    code: Annotated[str, Meta(title="事项编码", min_length=1, max_length=40)]


class ImportForm(msgspec.Struct):
    """A draft from a TOML file; with ``item`` the next version of that item."""

    organisation: Annotated[int, Meta(title="行使主体")] = 0
    item: Annotated[int, Meta(title="事项")] = 0


class ReasonForm(msgspec.Struct):
    """A return needs its reason (S1-12, S1-13)."""

    reason: Reason
    revision: int = 0


class PassForm(msgspec.Struct):
    """An approval, of exactly what was on the screen."""

    revision: Annotated[int, Meta(title="第几次保存")]
    opinion: Annotated[str, Meta(title="意见", max_length=1000)] = ""


class RowForm(msgspec.Struct):
    """Which entry of which revision a form was opened for."""

    revision: int
    of: str = ""
    row: str = ""
    was: str = ""
    by: int = 0


class FixForm(msgspec.Struct):
    """The finding whose cure is to be carried out."""

    finding: Annotated[str, Meta(max_length=60)]
    revision: int = 0
