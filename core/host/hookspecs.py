# SPDX-License-Identifier: Apache-2.0
"""The hook specifications, nothing else.

Every hook is synchronous, takes no argument, is called once per process by
``core.host.registry.build`` and returns a list. None is called per request; behaviour travels
as async callables inside the returned declarations.
"""

from typing import TYPE_CHECKING, Any

import msgspec
import pluggy

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
    MessageKind,
    Metric,
    NavItem,
    Panel,
    Permission,
    Retention,
    SubjectKind,
)

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

hookspec = pluggy.HookspecMarker("jiandu")


class HookSpecs:
    """The nineteen hooks. A hook a plugin does not need is simply not implemented."""

    @hookspec
    def piccolo_apps(self) -> list[str]:  # type: ignore[empty-body]
        """Dotted paths of ``piccolo_app`` modules.

        Called by ``piccolo_conf.py`` and before migrations; strings, so that the command line
        needs no web imports. Not called for a plugin missing from the allow-list.
        """

    @hookspec
    def route_handlers(self) -> "list[ControllerRouterHandler]":  # type: ignore[empty-body]
        """Litestar handlers or controllers with paths relative to ``/<plugin>``.

        Called once by ``create_app``, never by the worker or the command line. The router gets
        the guard that answers 404 where the plugin is switched off.
        """

    @hookspec
    def permissions(self) -> list[Permission]:  # type: ignore[empty-body]
        """The rights this plugin knows. A right no plugin declares stops the start-up."""

    @hookspec
    def nav_items(self) -> list[NavItem]:  # type: ignore[empty-body]
        """Entries of the main menu, shown where the plugin is on to who holds the permission."""

    @hookspec
    def dashboard_cards(self) -> list[Card]:  # type: ignore[empty-body]
        """Cards of the home page; each is loaded on its own from the plugin's own route."""

    @hookspec
    def panels(self) -> list[Panel]:  # type: ignore[empty-body]
        """Parts of the detail page of another plugin's or core's objects."""

    @hookspec
    def subject_kinds(self) -> list[SubjectKind]:  # type: ignore[empty-body]
        """Kinds of objects others may name, link, find and resolve from a scanned code."""

    @hookspec
    def fact_kinds(self) -> list[FactKind]:  # type: ignore[empty-body]
        """Acts this plugin records. An undeclared kind cannot be recorded."""

    @hookspec
    def fact_handlers(self) -> list[FactHandler]:  # type: ignore[empty-body]
        """Reactions to recorded acts, at most one per fact kind.

        Not called for facts of regions where the plugin is switched off.
        """

    @hookspec
    def gates(self) -> list[Gate]:  # type: ignore[empty-body]
        """Questions this plugin asks before an act."""

    @hookspec
    def gate_checks(self) -> list[GateCheck]:  # type: ignore[empty-body]
        """Answers to gates, at most one per gate. A gate of an absent plugin is reported only."""

    @hookspec
    def jobs(self) -> list[Job | Cron]:  # type: ignore[empty-body]
        """Background work: enqueued by name (``Job``) or falling due again and again (``Cron``)."""

    @hookspec
    def message_kinds(self) -> list[MessageKind]:  # type: ignore[empty-body]
        """Kinds of messages this plugin sends."""

    @hookspec
    def settings_schema(self) -> list[type[msgspec.Struct]]:  # type: ignore[empty-body]
        """None or one Struct whose fields all have defaults: the plugin's settings per region."""

    @hookspec
    def demo_steps(self) -> list[DemoStep]:  # type: ignore[empty-body]
        """Steps of the demo data; run in ``order`` by ``jiandu seed`` and by tests."""

    @hookspec
    def extension_points(self) -> list[ExtensionPoint]:  # type: ignore[empty-body]
        """Seams this plugin opens for others."""

    @hookspec
    def contributions(self) -> list[Contribution]:  # type: ignore[empty-body]
        """What this plugin brings to the extension points of others (or its own)."""

    @hookspec
    def actions(self) -> list[Action]:  # type: ignore[empty-body]
        """Buttons on other plugins' rows, selections and pages."""

    @hookspec
    def metrics(self) -> list[Metric]:  # type: ignore[empty-body]
        """Numbers with their definition, for dashboards, evaluations and reports."""

    @hookspec
    def retention_rules(self) -> list[Retention]:  # type: ignore[empty-body]
        """Which of one's own rows are deleted after what time; all others are kept for good."""


HOOKS: tuple[str, ...] = tuple(name for name in vars(HookSpecs) if not name.startswith("_"))
"""All hook names in the order of the guide."""


def returns(name: str) -> Any:
    """The element type declared for hook ``name`` by the annotation above, for checking."""
    return _RETURNS[name]


_RETURNS: dict[str, Any] = {
    "piccolo_apps": str,
    "route_handlers": object,
    "permissions": Permission,
    "nav_items": NavItem,
    "dashboard_cards": Card,
    "panels": Panel,
    "subject_kinds": SubjectKind,
    "fact_kinds": FactKind,
    "fact_handlers": FactHandler,
    "gates": Gate,
    "gate_checks": GateCheck,
    "jobs": (Job, Cron),
    "message_kinds": MessageKind,
    "settings_schema": type,
    "demo_steps": DemoStep,
    "extension_points": ExtensionPoint,
    "contributions": Contribution,
    "actions": Action,
    "metrics": Metric,
    "retention_rules": Retention,
}
