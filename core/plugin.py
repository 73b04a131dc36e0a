# SPDX-License-Identifier: Apache-2.0
"""Core as plugin ``core``: it takes no private road, everything goes through the same hooks.

Each part of the core says what it declares in its own ``core/<part>/declared.py``, in lists
named like the hooks (``permissions``, ``fact_kinds``, …), or functions returning such lists.
This module only gathers them, so that a new part of the core changes no other file.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from core import __version__
from core.api.plugin import (
    Action,
    Card,
    Contribution,
    Cron,
    DemoStep,
    ExtensionPoint,
    FactHandler,
    FactKind,
    Gate,
    GateCheck,
    Job,
    Manifest,
    MessageKind,
    Metric,
    NavItem,
    Panel,
    Permission,
    Retention,
    SubjectKind,
    hookimpl,
)

MANIFEST = Manifest(
    name="core",
    title="平台基础",
    version=__version__,
    summary="账号、区域、机构、人员、日历与时限、记录、消息",
    scope="platform",
)


@cache
def parts() -> tuple[ModuleType, ...]:
    """The ``declared`` modules of the core's parts, in one order on every machine."""
    here = Path(__file__).resolve().parent
    return tuple(
        import_module(f"core.{path.parent.name}.declared")
        for path in sorted(here.glob("*/declared.py"))
    )


def gather(hook: str) -> list[Any]:
    """What all parts declare for ``hook``."""
    entries: list[Any] = []
    for part in parts():
        declared = getattr(part, hook, None) or getattr(part, hook.upper(), None)
        if declared is not None:
            entries += declared() if callable(declared) else declared
    return entries


@hookimpl
def route_handlers() -> list[Any]:
    return gather("route_handlers")


@hookimpl
def permissions() -> list[Permission]:
    return gather("permissions")


@hookimpl
def nav_items() -> list[NavItem]:
    return gather("nav_items")


@hookimpl
def dashboard_cards() -> list[Card]:
    return gather("dashboard_cards")


@hookimpl
def panels() -> list[Panel]:
    return gather("panels")


@hookimpl
def subject_kinds() -> list[SubjectKind]:
    return gather("subject_kinds")


@hookimpl
def fact_kinds() -> list[FactKind]:
    return gather("fact_kinds")


@hookimpl
def fact_handlers() -> list[FactHandler]:
    return gather("fact_handlers")


@hookimpl
def gates() -> list[Gate]:
    return gather("gates")


@hookimpl
def gate_checks() -> list[GateCheck]:
    return gather("gate_checks")


@hookimpl
def jobs() -> list[Job | Cron]:
    return gather("jobs")


@hookimpl
def message_kinds() -> list[MessageKind]:
    return gather("message_kinds")


@hookimpl
def settings_schema() -> list[type[msgspec.Struct]]:
    return gather("settings_schema")


@hookimpl
def demo_steps() -> list[DemoStep]:
    return gather("demo_steps")


@hookimpl
def extension_points() -> list[ExtensionPoint]:
    return gather("extension_points")


@hookimpl
def contributions() -> list[Contribution]:
    return gather("contributions")


@hookimpl
def actions() -> list[Action]:
    return gather("actions")


@hookimpl
def metrics() -> list[Metric]:
    return gather("metrics")


@hookimpl
def retention_rules() -> list[Retention]:
    return gather("retention_rules")
