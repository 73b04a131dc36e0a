# SPDX-License-Identifier: Apache-2.0
"""What regions may decide about the platform itself."""

from typing import Annotated

import msgspec
from msgspec import Meta


class PlatformSettings(msgspec.Struct, frozen=True):
    """The settings of plugin ``core``."""

    photo_mb: Annotated[int, Meta(ge=1, le=100)] = 20
    """照片最大（MB）。社会监督员和群众上传的每一张。"""
    audio_mb: Annotated[int, Meta(ge=1, le=500)] = 50
    """录音最大（MB）。"""
    audio_minutes: Annotated[int, Meta(ge=1, le=180)] = 10
    """录音最长（分钟）。"""
    video_mb: Annotated[int, Meta(ge=1, le=2000)] = 300
    """录像最大（MB）。"""
    video_minutes: Annotated[int, Meta(ge=1, le=180)] = 10
    """录像最长（分钟）。"""
    document_mb: Annotated[int, Meta(ge=1, le=500)] = 50
    """文档最大（MB）。"""
    reveals_per_hour: Annotated[int, Meta(ge=1, le=500)] = 20
    """每人每小时最多查看几次完整的个人信息。公民身份号码、电话、当事人信息合在一起算；超过的要等一小时。"""
