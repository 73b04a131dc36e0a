# SPDX-License-Identifier: Apache-2.0
"""What the pages of the inspection engine post."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta


class SilenceForm(msgspec.Struct):
    """A silence: about what, why, until when. None of the three may be left out."""

    item: Annotated[int, Meta(title="权力事项", extra={"choose": True})]
    reason: Annotated[str, Meta(title="理由", min_length=5, max_length=500)]
    until: Annotated[date, Meta(title="截止日期")]
    point: Annotated[str, Meta(title="监察点", max_length=60)] = ""
    case: Annotated[int, Meta(title="案件")] = 0


class EndForm(msgspec.Struct):
    """Why a silence ends early."""

    reason: Annotated[str, Meta(title="理由", min_length=2, max_length=80)]


class LogForm(msgspec.Struct):
    """A log to try a draft on; how a foreign log's names are to be read."""

    mapping: Annotated[str, Meta(title="对应关系", max_length=20000)] = ""
