# SPDX-License-Identifier: Apache-2.0
"""Demo orders: one waiting for an officer, one answered, through the services people use."""

from core.api.demo import DemoContext


async def issue_demo_orders(_context: DemoContext) -> None:
    """Filled once the inspection's demo raises alarms."""
