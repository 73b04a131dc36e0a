# SPDX-License-Identifier: Apache-2.0
"""Collects what plugins declare, checks it, freezes it, and attributes every entry.

``build`` runs once per process and per application. It needs no database and no web server, so
the command line, the worker and the contract tests all use the same checks. Whatever is wrong
stops the start-up with ``plugin 'x', hook 'y': …``; what merely refers to an absent plugin is
kept in ``Registry.dangling`` and shown by ``jiandu check``.
"""

import inspect
import os
import re
import string
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
import pluggy

from core.api.plugin import (
    Action,
    Card,
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
)
from core.host.discovery import Found, discover, manager
from core.host.errors import PluginError
from core.host.hookspecs import HOOKS, returns

__all__ = ["Contributed", "PluginError", "Registry", "build", "current", "set_current", "use"]

T = TypeVar("T")
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\Z")
DAILY = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


@dataclass(frozen=True)
class Contributed:
    """A contribution as its point's owner receives it: ``value`` already fits the Struct."""

    plugin: str
    key: str
    value: Any


class Registry:
    """Everything all loaded plugins declare; frozen after ``build``.

    Keyed declarations are mappings from key to declaration, the others tuples, sorted by
    ``weight`` and then by plugin, never by the order of registration. ``plugin_of`` tells whose
    an entry is, for filtering by region.
    """

    def __init__(
        self, found: tuple[Found, ...], answers: Mapping[str, list[tuple[str, Any]]]
    ) -> None:
        """Check ``answers`` (hook name → (plugin, entry) pairs) and arrange them."""
        self.plugins: Mapping[str, Manifest] = MappingProxyType(
            {each.name: each.manifest for each in found}
        )
        self.implementations: Mapping[str, Any] = MappingProxyType(
            {each.name: each.implementation for each in found}
        )
        self.hooks_used: Mapping[str, tuple[str, ...]] = MappingProxyType(
            {
                each.name: tuple(
                    hook for hook in HOOKS if any(p == each.name for p, _ in answers[hook])
                )
                for each in found
            }
        )
        self._owner: dict[int, str] = {}
        self._answers = answers
        for pairs in answers.values():
            for plugin, entry in pairs:
                self._owner[id(entry)] = plugin
        self.dangling: tuple[str, ...] = ()
        """References to plugins that are not installed, in words."""
        dangling: list[str] = []

        self.permissions: Mapping[str, Permission] = self._keyed("permissions")
        self.subject_kinds: Mapping[str, SubjectKind] = self._keyed("subject_kinds")
        self.fact_kinds: Mapping[str, FactKind] = self._keyed("fact_kinds")
        self.gates: Mapping[str, Gate] = self._keyed("gates")
        self.message_kinds: Mapping[str, MessageKind] = self._keyed("message_kinds")
        self.extension_points: Mapping[str, ExtensionPoint] = self._keyed("extension_points")
        self.metrics: Mapping[str, Metric] = self._keyed("metrics")
        self.retention: Mapping[str, Retention] = self._keyed("retention_rules")
        work = self._keyed("jobs", attribute="name")
        self.jobs: Mapping[str, Job] = MappingProxyType(
            {name: each for name, each in work.items() if isinstance(each, Job)}
        )
        self.crons: tuple[Cron, ...] = tuple(
            each for each in work.values() if isinstance(each, Cron)
        )
        self.nav_items: tuple[NavItem, ...] = self._weighed(self._plain("nav_items"))
        self.cards: tuple[Card, ...] = self._weighed(self._keyed("dashboard_cards").values())
        self.demo_steps: tuple[DemoStep, ...] = tuple(
            sorted(
                self._plain("demo_steps"),
                key=lambda step: (step.order, list(self.plugins).index(self.plugin_of(step))),
            )
        )
        self.settings: Mapping[str, type[msgspec.Struct]] = self._settings()
        self.piccolo_apps: tuple[str, ...] = tuple(
            entry for _plugin, entry in answers["piccolo_apps"]
        )
        self._panels = self._by_subject("panels", dangling)
        self._actions = self._by_subject("actions", dangling)
        self._handlers = self._fact_handlers(dangling)
        self._checks = self._gate_checks(dangling)
        self._contributions = self._contributed(dangling)
        self._check_permissions()
        self._check_paths()
        self._check_fact_kinds()
        self._check_work()
        self._check_gates(dangling)
        self._check_retention()
        self.dangling = tuple(dangling)

    # -- asking -------------------------------------------------------------------------------

    def plugin_of(self, entry: object) -> str:
        """The plugin that declared ``entry`` (the very object taken from this registry)."""
        return self._owner[id(entry)]

    def panels(self, subject_kind: str) -> tuple[Panel, ...]:
        """The panels for the detail page of ``subject_kind``."""
        return self._panels.get(subject_kind, ())

    @property
    def panel_kinds(self) -> tuple[str, ...]:
        """The subject kinds that have panels."""
        return tuple(self._panels)

    @property
    def action_kinds(self) -> tuple[str, ...]:
        """The subject kinds that have actions."""
        return tuple(self._actions)

    def actions(self, subject_kind: str) -> tuple[Action, ...]:
        """The buttons others put on rows and pages of ``subject_kind``."""
        return self._actions.get(subject_kind, ())

    def fact_handlers(self, kind: str) -> tuple[FactHandler, ...]:
        """Who reacts to facts of ``kind``; ask ``plugin_of`` for the subscriber's name."""
        return self._handlers.get(kind, ())

    def handler(self, plugin: str, kind: str) -> FactHandler | None:
        """The handler of ``plugin`` for ``kind``; ``None`` once the plugin dropped it."""
        for handler in self.fact_handlers(kind):
            if self.plugin_of(handler) == plugin:
                return handler
        return None

    def handled_kinds(self, plugin: str) -> tuple[str, ...]:
        """The fact kinds ``plugin`` reacts to."""
        return tuple(
            kind
            for kind, handlers in self._handlers.items()
            if any(self.plugin_of(each) == plugin for each in handlers)
        )

    def checks(self, gate: str) -> tuple[GateCheck, ...]:
        """Who answers ``gate``."""
        return self._checks.get(gate, ())

    def contributions(self, point: str) -> tuple[Contributed, ...]:
        """What plugins brought to ``point``, each value an instance of the point's Struct."""
        return self._contributions.get(point, ())

    def route_handlers(self, plugin: str) -> tuple[Any, ...]:
        """The Litestar handlers of ``plugin``; called by ``create_app`` only.

        Asked here and not at ``build``, because this is the one hook that imports the web parts.
        """
        implementation = getattr(self.implementations[plugin], "route_handlers", None)
        if implementation is None:
            return ()
        return tuple(_ask(plugin, "route_handlers", implementation))

    def describe(self) -> list[dict[str, Any]]:
        """One line per plugin for ``jiandu plugins`` and the administration page."""
        return [
            {
                "name": name,
                "title": manifest.title,
                "version": manifest.version,
                "summary": manifest.summary,
                "scope": manifest.scope,
                "hooks": self.hooks_used[name],
                "facts_out": tuple(k for k, v in self.fact_kinds.items() if self._is(v, name)),
                "facts_in": self.handled_kinds(name),
                "gates": tuple(k for k, v in self.gates.items() if self._is(v, name)),
                "checks": tuple(
                    gate
                    for gate, checks in self._checks.items()
                    if any(self._is(check, name) for check in checks)
                ),
                "permissions": tuple(k for k, v in self.permissions.items() if self._is(v, name)),
            }
            for name, manifest in self.plugins.items()
        ]

    def _is(self, entry: object, plugin: str) -> bool:
        return self.plugin_of(entry) == plugin

    # -- arranging ----------------------------------------------------------------------------

    def _plain(self, hook: str) -> list[Any]:
        return [entry for _plugin, entry in self._answers[hook]]

    def _keyed(self, hook: str, attribute: str = "key") -> Mapping[str, Any]:
        entries: dict[str, Any] = {}
        for plugin, entry in self._answers[hook]:
            key = getattr(entry, attribute)
            _own_key(plugin, hook, key)
            if key in entries:
                other = self.plugin_of(entries[key])
                raise PluginError(plugin, f"duplicate key {key!r}, also from {other!r}", hook)
            entries[key] = entry
        return MappingProxyType(entries)

    def _weighed(self, entries: Iterable[T]) -> tuple[T, ...]:
        order = list(self.plugins)
        return tuple(
            sorted(
                entries,
                key=lambda each: (getattr(each, "weight", 100), order.index(self.plugin_of(each))),
            )
        )

    def _settings(self) -> Mapping[str, type[msgspec.Struct]]:
        schemas: dict[str, type[msgspec.Struct]] = {}
        for plugin, schema in self._answers["settings_schema"]:
            hook = "settings_schema"
            if not issubclass(schema, msgspec.Struct):
                raise PluginError(plugin, f"{schema.__name__} is no msgspec.Struct", hook)
            if plugin in schemas:
                raise PluginError(plugin, "returns more than one Struct", hook)
            try:
                schema()
            except TypeError as error:
                raise PluginError(plugin, f"every field needs a default: {error}", hook) from error
            schemas[plugin] = schema
        return MappingProxyType(schemas)

    def _by_subject(self, hook: str, dangling: list[str]) -> dict[str, tuple[Any, ...]]:
        grouped: dict[str, list[Any]] = {}
        for entry in self._keyed(hook).values():
            plugin = self.plugin_of(entry)
            self._refers(plugin, hook, entry.subject_kind, self.subject_kinds, dangling)
            grouped.setdefault(entry.subject_kind, []).append(entry)
        return {kind: self._weighed(entries) for kind, entries in grouped.items()}

    def _fact_handlers(self, dangling: list[str]) -> dict[str, tuple[FactHandler, ...]]:
        grouped: dict[str, list[FactHandler]] = {}
        for plugin, handler in self._answers["fact_handlers"]:
            hook = "fact_handlers"
            self._refers(plugin, hook, handler.kind, self.fact_kinds, dangling)
            known = self.fact_kinds.get(handler.kind)
            if known is not None and not known.broadcast:
                raise PluginError(plugin, f"{handler.kind!r} is not broadcast", hook)
            _coroutine(plugin, hook, handler.kind, handler.handle)
            siblings = grouped.setdefault(handler.kind, [])
            if any(self._is(each, plugin) for each in siblings):
                raise PluginError(plugin, f"two handlers for {handler.kind!r}", hook)
            siblings.append(handler)
        return {kind: self._weighed(handlers) for kind, handlers in grouped.items()}

    def _gate_checks(self, dangling: list[str]) -> dict[str, tuple[GateCheck, ...]]:
        grouped: dict[str, list[GateCheck]] = {}
        for plugin, check in self._answers["gate_checks"]:
            hook = "gate_checks"
            self._refers(plugin, hook, check.gate, self.gates, dangling)
            _coroutine(plugin, hook, check.gate, check.check)
            siblings = grouped.setdefault(check.gate, [])
            if any(self._is(each, plugin) for each in siblings):
                raise PluginError(plugin, f"two checks for {check.gate!r}", hook)
            siblings.append(check)
        return {gate: self._weighed(checks) for gate, checks in grouped.items()}

    def _contributed(self, dangling: list[str]) -> dict[str, tuple[Contributed, ...]]:
        grouped: dict[str, dict[str, Contributed]] = {}
        for plugin, entry in self._answers["contributions"]:
            hook = "contributions"
            self._refers(plugin, hook, entry.point, self.extension_points, dangling)
            point = self.extension_points.get(entry.point)
            if point is None:
                continue
            try:
                # Callables pass through msgspec only as instances, so the owner's type is called.
                value = _fit(entry.value, point.struct)
            except (msgspec.ValidationError, TypeError, ValueError) as error:
                raise PluginError(
                    plugin, f"{entry.key!r} does not fit {entry.point!r}: {error}", hook
                ) from error
            siblings = grouped.setdefault(entry.point, {})
            if entry.key in siblings:
                other = siblings[entry.key].plugin
                raise PluginError(
                    plugin,
                    f"duplicate key {entry.key!r} at {entry.point!r}, also from {other!r}",
                    hook,
                )
            siblings[entry.key] = Contributed(plugin, entry.key, value)
        return {point: tuple(entries.values()) for point, entries in grouped.items()}

    # -- checking -----------------------------------------------------------------------------

    def _refers(
        self, plugin: str, hook: str, key: str, known: Mapping[str, Any], dangling: list[str]
    ) -> None:
        if key in known:
            return
        owner = key.partition(".")[0]
        if owner in self.plugins:
            raise PluginError(plugin, f"{key!r} is not declared by {owner!r}", hook)
        dangling.append(f"{plugin}.{hook}: {key} ({owner} is not installed)")

    def _check_permissions(self) -> None:
        for hook in ("nav_items", "dashboard_cards", "panels", "actions", "subject_kinds"):
            for plugin, entry in self._answers[hook]:
                key = entry.permission
                if key and key not in self.permissions:
                    raise PluginError(plugin, f"unknown permission {key!r}", hook)
                if key and key.partition(".")[0] not in {plugin, "core"}:
                    raise PluginError(plugin, f"{key!r} is another plugin's permission", hook)

    def _check_paths(self) -> None:
        for hook in ("nav_items", "dashboard_cards", "panels", "actions"):
            for plugin, entry in self._answers[hook]:
                path = entry.path
                if not path.startswith("/") or path.startswith("//"):
                    raise PluginError(plugin, f"{path!r} must begin with one slash", hook)
                if plugin != "core" and re.split(r"[/?#]", path)[1] != plugin:
                    raise PluginError(plugin, f"{path!r} does not lie under /{plugin}", hook)
                if isinstance(entry, Panel) and "{id}" not in path:
                    raise PluginError(plugin, f"panel path {path!r} lacks {{id}}", hook)

    def _check_fact_kinds(self) -> None:
        for kind in self.fact_kinds.values():
            plugin = self.plugin_of(kind)
            if not (isinstance(kind.payload, type) and issubclass(kind.payload, msgspec.Struct)):
                raise PluginError(plugin, f"{kind.key!r}: payload must be a Struct", "fact_kinds")
            fields = set(kind.payload.__struct_encode_fields__)
            try:
                used = {
                    re.split(r"[.\[]", name)[0]
                    for _text, name, _spec, _conv in string.Formatter().parse(kind.text)
                    if name is not None
                }
            except ValueError as error:
                raise PluginError(plugin, f"{kind.key!r}: {error}", "fact_kinds") from error
            if used - fields:
                raise PluginError(
                    plugin,
                    f"{kind.key!r}: the text names {sorted(used - fields)}, not in the payload",
                    "fact_kinds",
                )

    def _check_work(self) -> None:
        for job in self.jobs.values():
            plugin = self.plugin_of(job)
            _coroutine(plugin, "jobs", job.name, job.run)
            if job.scope == "platform" and not job.reason:
                raise PluginError(plugin, f"{job.name!r} is platform-wide without a reason", "jobs")
            if job.tries < 1 or job.timeout.total_seconds() <= 0:
                raise PluginError(plugin, f"{job.name!r} needs a try and a timeout", "jobs")
        for cron in self.crons:
            plugin = self.plugin_of(cron)
            _coroutine(plugin, "jobs", cron.name, cron.run)
            if (cron.every is None) == (not cron.at):
                raise PluginError(plugin, f"{cron.name!r} needs either 'every' or 'at'", "jobs")
            if cron.at and not DAILY.match(cron.at):
                raise PluginError(plugin, f"{cron.name!r}: {cron.at!r} is no HH:MM", "jobs")
            if cron.every is not None and cron.every.total_seconds() < 1:
                raise PluginError(plugin, f"{cron.name!r} falls due too often", "jobs")
            if not cron.per_region and not cron.reason:
                raise PluginError(
                    plugin, f"{cron.name!r} is platform-wide without a reason", "jobs"
                )

    def _check_retention(self) -> None:
        for rule in self.retention.values():
            plugin = self.plugin_of(rule)
            fault = ""
            if not re.fullmatch(rf"{plugin}_[a-z0-9_]+", rule.table):
                fault = f"{rule.table!r} is no table of this plugin"
            elif "$1" not in rule.condition or ";" in rule.condition:
                fault = "the condition compares with $1, in one expression"
            elif not 1 <= rule.minimum <= rule.days:
                fault = "the period is at least its minimum, and that at least one day"
            elif not rule.title.strip() or not rule.why.strip():
                fault = "people read what is deleted and why"
            if fault:
                raise PluginError(plugin, f"{rule.key!r}: {fault}", "retention_rules")

    def _check_gates(self, dangling: list[str]) -> None:
        for gate in self.gates.values():
            self._refers(
                self.plugin_of(gate), "gates", gate.subject_kind, self.subject_kinds, dangling
            )


def build(plugins: Iterable[Any] | None = None) -> Registry:
    """Load core and the allowed plugins (or exactly ``plugins``), ask every hook, check, freeze.

    ``plugins`` holds names, modules or objects; core is always added in front.
    """
    chosen = discover(plugins)
    if not any(each.name == "core" for each in chosen):
        chosen = discover(["core"]) + chosen
    return assemble(chosen)


def assemble(found: tuple[Found, ...]) -> Registry:
    """The registry of exactly ``found``; ``build`` with core added is what applications use."""
    pm = manager(found)
    trace = os.environ.get("JIANDU_TRACE_PLUGINS") == "1"
    answers: dict[str, list[tuple[str, Any]]] = {hook: [] for hook in HOOKS}
    order = {each.name: index for index, each in enumerate(found)}
    _refuse_unmarked_hooks(found)
    for hook in HOOKS:
        implementations = sorted(
            getattr(pm.hook, hook).get_hookimpls(), key=lambda each: order[each.plugin_name]
        )
        for implementation in implementations:
            _refuse_odd_options(implementation, hook)
            if hook == "route_handlers":
                # Asked by create_app only; here it counts as used and nothing is imported.
                answers[hook].append((implementation.plugin_name, object()))
                continue
            entries = _ask(implementation.plugin_name, hook, implementation.function)
            if trace:
                sys.stderr.write(f"{implementation.plugin_name}.{hook}: {len(entries)}\n")
            answers[hook] += [(implementation.plugin_name, entry) for entry in entries]
    return Registry(found, answers)


def _ask(plugin: str, hook: str, function: Any) -> list[Any]:
    """Call one implementation and refuse anything but a list of what the hook returns."""
    try:
        entries = function()
    except Exception as error:
        raise PluginError(plugin, f"{type(error).__name__}: {error}", hook) from error
    if inspect.iscoroutine(entries):
        entries.close()
        raise PluginError(plugin, "is async; hooks are synchronous", hook)
    if not isinstance(entries, list | tuple):
        raise PluginError(plugin, f"returned {type(entries).__name__}, not a list", hook)
    wanted = returns(hook)
    for entry in entries:
        if not isinstance(entry, wanted):
            raise PluginError(plugin, f"returned a {type(entry).__name__}: {entry!r}", hook)
    return list(entries)


def _refuse_unmarked_hooks(found: tuple[Found, ...]) -> None:
    for each in found:
        for hook in HOOKS:
            function = getattr(each.implementation, hook, None)
            if inspect.isroutine(function) and not hasattr(function, "jiandu_impl"):
                raise PluginError(each.name, "lacks @hookimpl and would never be called", hook)


def _refuse_odd_options(implementation: pluggy.HookImpl, hook: str) -> None:
    if implementation.hookwrapper or implementation.wrapper:
        raise PluginError(implementation.plugin_name, "wrappers are not supported", hook)


def _own_key(plugin: str, hook: str, key: str) -> None:
    if not KEY.match(key):
        raise PluginError(plugin, f"{key!r} is not of the form plugin.noun.verb", hook)
    if key.partition(".")[0] != plugin:
        raise PluginError(plugin, f"foreign prefix in {key!r}, must begin with '{plugin}.'", hook)


def _coroutine(plugin: str, hook: str, key: str, function: Any) -> None:
    target = getattr(function, "func", function)  # functools.partial
    if not inspect.iscoroutinefunction(target):
        raise PluginError(plugin, f"{key!r}: {function!r} is not an async function", hook)


def _fit(value: Mapping[str, Any], wanted: type) -> Any:
    """``value`` as an instance of the owner's type, unknown and missing names refused.

    Plain data is validated strictly; fields holding callables or other objects cannot be, and
    are handed over as they are.
    """
    if isinstance(value, wanted):
        return value
    plain = not any(callable(item) for item in value.values())
    if plain and issubclass(wanted, msgspec.Struct):
        # ``convert`` makes nested Structs of plain data, but passes over names it does not know.
        known = {each.encode_name for each in msgspec.structs.fields(wanted)}
        if unknown := set(value) - known:
            raise TypeError(f"{wanted.__name__} has no {sorted(unknown)}")
        return msgspec.convert(value, wanted)
    return wanted(**value)


# -- the registry in use ----------------------------------------------------------------------

_current: ContextVar[Registry | None] = ContextVar("registry", default=None)
_process: list[Registry] = []


def current() -> Registry:
    """The registry of the running application.

    Every application keeps its own and enters it for each request and each job (``use``). Where
    nothing was entered (a script, a service test), the registry of the process answers: the one
    named by ``set_current``, or the allow-list's, built at first use.
    """
    registry = _current.get()
    if registry is None:
        if not _process:
            _process.append(build())
        registry = _process[0]
    return registry


def set_current(registry: Registry) -> None:
    """Make ``registry`` the one of this process and of this context (worker, command line)."""
    _process[:] = [registry]
    _current.set(registry)


@contextmanager
def use(registry: Registry) -> Iterator[Registry]:
    """Answer ``current`` with ``registry`` inside the block."""
    token = _current.set(registry)
    try:
        yield registry
    finally:
        _current.reset(token)
