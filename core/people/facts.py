# SPDX-License-Identifier: Apache-2.0
"""What is recorded about organisations and persons: ids only, never a number of a person."""

import msgspec

from core.api.plugin import FactKind


class Founded(msgspec.Struct, frozen=True):
    organisation: int
    name: str
    kind: str
    region: int


class Changed(msgspec.Struct, frozen=True):
    organisation: int
    before: str
    after: str
    reason: str = ""


class Appointed(msgspec.Struct, frozen=True):
    organisation: int
    name: str
    region: int
    function: str


class Concerned(msgspec.Struct, frozen=True):
    person: int
    organisation: int


class Moved(msgspec.Struct, frozen=True):
    person: int
    before: int
    after: int


class Revealed(msgspec.Struct, frozen=True):
    person: int
    field: str
    reason: str


FACT_KINDS = [
    FactKind("core.organisation.founded", "设立机构", "设立机构“{name}”", Founded),
    FactKind(
        "core.organisation.changed", "修改机构", "机构“{before}”的登记信息改为“{after}”", Changed
    ),
    FactKind("core.organisation.closed", "撤销机构", "撤销机构“{before}”：{reason}", Changed),
    FactKind(
        "core.organisation.appointed", "指定主管机关", "指定“{name}”承担 {function} 职能", Appointed
    ),
    FactKind("core.person.entered", "登记人员", "登记人员（编号 {person}）", Concerned),
    FactKind("core.person.changed", "修改人员", "修改人员信息（编号 {person}）", Concerned),
    FactKind("core.person.moved", "人员调动", "人员（编号 {person}）调往其他机构", Moved),
    FactKind("core.person.closed", "停用人员", "停用人员（编号 {person}）", Concerned),
    FactKind(
        "core.person.revealed",
        "查看完整号码",
        "查看人员（编号 {person}）的完整号码：{reason}",
        Revealed,
        broadcast=False,
    ),
]
