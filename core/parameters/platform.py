# SPDX-License-Identifier: Apache-2.0
"""What regions may decide about the platform itself."""

from typing import Annotated

import msgspec
from msgspec import Meta


class PlatformSettings(msgspec.Struct, frozen=True):
    """The settings of plugin ``core``."""

    reveals_per_hour: Annotated[int, Meta(ge=1, le=500)] = 20
    """每人每小时最多查看几次完整的个人信息。公民身份号码、电话、当事人信息合在一起算；超过的要等一小时。"""
