# SPDX-License-Identifier: Apache-2.0
"""Runs all demo steps: what exists, as of a year ago; then the year."""

import time
from collections.abc import Callable

from core import clock
from core.api.demo import DemoContext
from core.auth.services import of_the_demo
from core.demo.declared import PLAYED
from core.host.registry import Registry


class StepFailed(Exception):
    """A demo step failed; ``title`` and ``plugin`` say which, the cause says why."""

    def __init__(self, title: str, plugin: str) -> None:
        super().__init__(f"{title}（插件 {plugin}）")
        self.title = title
        self.plugin = plugin


async def run_steps(
    registry: Registry, context: DemoContext, say: Callable[[str], None] = print
) -> None:
    """All steps in order; those before the year is played happen on its first morning.

    Offices, powers and officers must exist before the first case is opened, and a monitoring
    point never judges what was done before it came into force.
    """
    own = of_the_demo.set(True)
    try:
        await _run(registry, context, say)
    finally:
        of_the_demo.reset(own)


async def _run(registry: Registry, context: DemoContext, say: Callable[[str], None]) -> None:
    for step in registry.demo_steps:
        before = time.monotonic()
        try:
            if step.order >= PLAYED:
                await step.run(context)
            else:
                with clock.frozen(context.begins):
                    await step.run(context)
        except Exception as error:
            raise StepFailed(step.title, registry.plugin_of(step)) from error
        say(f"  {step.title}（{time.monotonic() - before:.1f} 秒）")
