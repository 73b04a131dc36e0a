# SPDX-License-Identifier: Apache-2.0
"""The seven kinds M1 to M7 of monitoring points, one module each."""

from plugins.inspection.rules.kinds import (
    decision_basis,
    discretion,
    evidence,
    execution,
    qualification,
    rollback,
    time_limit,
)
from plugins.inspection.rules.kinds.base import Kind

SEVEN: tuple[Kind, ...] = (
    time_limit.KIND,
    qualification.KIND,
    rollback.KIND,
    evidence.KIND,
    decision_basis.KIND,
    discretion.KIND,
    execution.KIND,
)
