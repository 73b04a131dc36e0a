# SPDX-License-Identifier: Apache-2.0
"""Placeholder of the demo step."""

from core.api.demo import DemoContext


async def plan_supervisors(context: DemoContext) -> None:
    """A dozen persons in all states."""
    del context
