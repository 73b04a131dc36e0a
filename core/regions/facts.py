# SPDX-License-Identifier: Apache-2.0
"""What is recorded about the region tree."""

import msgspec

from core.api.plugin import FactKind


class RegionChanged(msgspec.Struct, frozen=True):
    region: int
    name: str
    act: str
    detail: str = ""


class RegionsImported(msgspec.Struct, frozen=True):
    source: str
    new: int
    renamed: int
    moved: int
    gone: int


FACT_KINDS = [
    FactKind("core.region.changed", "调整行政区划", "{act}行政区划“{name}”{detail}", RegionChanged),
    FactKind(
        "core.region.imported",
        "导入行政区划",
        "导入行政区划（{source}）：新增 {new}，更名 {renamed}，改属 {moved}，撤销 {gone}",
        RegionsImported,
    ),
]
