# SPDX-License-Identifier: Apache-2.0
"""What is recorded when a region decides a setting: the words people saw, before and after."""

import msgspec

from core.api.plugin import FactKind


class SettingChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of ``core.setting.changed``."""

    plugin: str
    plugin_title: str
    region: int
    region_name: str
    key: str
    label: str
    before: str
    after: str


FACT_KINDS = [
    FactKind(
        "core.setting.changed",
        "修改参数",
        "{region_name}“{plugin_title}”的“{label}”由 {before} 改为 {after}",
        SettingChanged,
    )
]
