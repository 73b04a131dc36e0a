# SPDX-License-Identifier: Apache-2.0
"""Background work for plugins. What is due lies in PostgreSQL and survives everything else."""

from core.jobs.services import enqueue

__all__ = ["enqueue"]
