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


class RowsMoving(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of ``core.region.move_begun``."""

    move: int
    act: str
    source: int
    source_name: str
    target: int
    target_name: str
    reason: str
    regions: int
    organisations: int
    roles: int
    rows: int


class RowsMoved(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of ``core.region.move_finished``: how much was carried, facts among it."""

    move: int
    source_name: str
    target_name: str
    rows: int
    facts: int


FACT_KINDS = [
    FactKind(
        "core.region.move_begun",
        "区划调整开始搬迁",
        "“{source_name}”{act}“{target_name}”：机构 {organisations} 个、角色 {roles} 个随即调整，"
        "{rows} 条记录开始搬迁。原因：{reason}",
        RowsMoving,
    ),
    FactKind(
        "core.region.move_finished",
        "区划调整搬迁完成",
        "“{source_name}”到“{target_name}”的 {rows} 条记录已搬完，其中操作记录 {facts} 条"
        "只改所在区划，内容和封存不变",
        RowsMoved,
    ),
    FactKind("core.region.changed", "调整行政区划", "{act}行政区划“{name}”{detail}", RegionChanged),
    FactKind(
        "core.region.imported",
        "导入行政区划",
        "导入行政区划（{source}）：新增 {new}，更名 {renamed}，改属 {moved}，撤销 {gone}",
        RegionsImported,
    ),
]
