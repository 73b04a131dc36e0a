# SPDX-License-Identifier: Apache-2.0
"""What is recorded about imported sheets: counts and the file's hash, never a row."""

import msgspec

from core.api.plugin import FactKind


class ImportActed(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of ``core.import.applied`` and ``core.import.undone``."""

    batch: int
    kind: str
    title: str
    filename: str
    digest: str
    rows: int


FACT_KINDS = [
    FactKind("core.import.applied", "导入表格", "从“{filename}”导入{title} {rows} 行", ImportActed),
    FactKind(
        "core.import.undone", "撤销导入", "撤销从“{filename}”导入的{title} {rows} 行", ImportActed
    ),
]
