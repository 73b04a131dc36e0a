# SPDX-License-Identifier: Apache-2.0
"""What the browser posts."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST = 3_000_000

Kind = Literal[
    "constitution", "law", "administrative", "local", "department", "local_rule", "normative"
]


class BeginForm(msgspec.Struct):
    """A law to be taken in: a file, or its text."""

    text: Annotated[str, Meta(title="全文", max_length=MOST)] = ""
    law: int = 0


class VersionForm(msgspec.Struct):
    """A version being written."""

    title: Annotated[str, Meta(title="名称", min_length=2, max_length=200)]
    kind: Annotated[Kind, Meta(title="效力级别")]
    promulgated_on: Annotated[date, Meta(title="公布日期")]
    effective_from: Annotated[date, Meta(title="施行日期")]
    text: Annotated[str, Meta(title="全文", min_length=2, max_length=MOST)]
    revision: int
    name: Annotated[str, Meta(title="版本名称", min_length=1, max_length=80)] = ""
    issuer: Annotated[str, Meta(title="制定机关", max_length=120)] = ""
    document_number: Annotated[str, Meta(title="文号", max_length=80)] = ""
    expires_on: date | None = None
    starts: Annotated[str, Meta(title="分期施行", max_length=4000)] = ""
    stops: Annotated[str, Meta(title="条文自行失效", max_length=4000)] = ""
    excerpt: bool = False
    act: Literal["save", "submit"] = "save"


class ReasonForm(msgspec.Struct):
    """Why a draft goes back."""

    reason: Annotated[str, Meta(title="退回理由", min_length=2, max_length=300)]


class RepealForm(msgspec.Struct):
    """From when a law is no longer in force, and by what."""

    repealed_on: Annotated[date, Meta(title="废止日期")]
    note: Annotated[str, Meta(title="废止依据", min_length=2, max_length=300)]


class TaskForm(msgspec.Struct):
    """What came of looking at it."""

    outcome: Annotated[Literal["changed", "unaffected"], Meta(title="结果")]
    note: Annotated[str, Meta(title="说明", min_length=2, max_length=1000)]


class CiteForm(msgspec.Struct):
    """A text whose citations are to be looked up."""

    text: Annotated[str, Meta(title="文字", min_length=2, max_length=20_000)]
    on: date | None = None


class Nothing(msgspec.Struct):
    """A button without fields."""
