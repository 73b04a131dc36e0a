# SPDX-License-Identifier: Apache-2.0
"""Finds the plugins an operator allows; importable without Litestar (``piccolo_conf.py`` uses it).

A plugin is either a folder under ``plugins/`` or an installed distribution with an entry point
in the group ``jiandu.plugins``. Both count only when named in ``config/plugins.toml``: a
government server must not enable what pip happened to install.
"""

import importlib
import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pluggy

import core
from core.api.plugin import Manifest
from core.host.errors import PluginError
from core.host.hookspecs import HookSpecs

GROUP = "jiandu.plugins"
PROJECT = "jiandu"
ALLOW_LIST = Path(core.__file__).resolve().parent.parent / "config" / "plugins.toml"
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}\Z")


@dataclass(frozen=True)
class Found:
    """A plugin that was found: its manifest and the object carrying its hook implementations."""

    manifest: Manifest
    implementation: Any

    @property
    def name(self) -> str:
        return self.manifest.name


def allowed(path: Path | None = None) -> tuple[str, ...]:
    """The names on the allow-list, in its order.

    ``JIANDU_PLUGINS`` (comma separated, may be empty) overrides the file; the absence tests
    start the platform without one plugin that way.
    """
    override = os.environ.get("JIANDU_PLUGINS")
    if override is not None:
        return tuple(name.strip() for name in override.split(",") if name.strip())
    path = path or ALLOW_LIST
    if not path.exists():
        return ()
    names = tomllib.loads(path.read_text(encoding="utf-8")).get("plugins", {}).get("enabled", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PluginError(str(path), "[plugins] enabled must be a list of names")
    return tuple(names)


def discover(plugins: Iterable[Any] | None = None) -> tuple[Found, ...]:
    """The plugins to load, each after those its manifest names in ``after``.

    ``plugins`` replaces the allow-list: names, or modules and objects carrying ``MANIFEST``
    and hook implementations (tests and ``plugin_app`` pass these).
    """
    wanted = allowed() if plugins is None else tuple(plugins)
    found = [_describe(_load(each) if isinstance(each, str) else each, each) for each in wanted]
    names = [each.name for each in found]
    for name in names:
        if names.count(name) > 1:
            raise PluginError(name, "is named twice")
    return _sorted(found)


def manager(found: Sequence[Found]) -> pluggy.PluginManager:
    """A fresh plugin manager holding ``found``; misspelt hooks and arguments are errors."""
    pm = pluggy.PluginManager(PROJECT)
    pm.add_hookspecs(HookSpecs)
    for each in found:
        try:
            pm.register(each.implementation, name=each.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(each.name, str(error)) from error
    for each in found:
        _refuse_unknown_hooks(pm, each)
    return pm


def installed_piccolo_apps() -> list[str]:
    """The Piccolo apps of all allowed plugins, for ``piccolo_conf.py`` and the migrations."""
    pm = manager(discover())
    apps: list[str] = []
    for implementation in reversed(pm.hook.piccolo_apps.get_hookimpls()):
        try:
            apps += cast("list[str]", implementation.function())
        except Exception as error:
            raise PluginError(implementation.plugin_name, str(error), "piccolo_apps") from error
    return apps


def folder(implementation: Any) -> Path | None:
    """The folder of a plugin, where its templates and static files are; ``None`` for objects."""
    file = getattr(implementation, "__file__", None)
    return Path(file).resolve().parent if isinstance(file, str) else None


def _load(name: str) -> ModuleType:
    if name == "core":
        return importlib.import_module("core.plugin")
    if not NAME.match(name):
        raise PluginError(name, "a plugin's name is lower-case letters, digits and underscores")
    target = f"plugins.{name}.plugin"
    if find_spec(f"plugins.{name}") is None:
        entries = [each for each in entry_points(group=GROUP) if each.name == name]
        if not entries:
            raise PluginError(name, "is on the allow-list but not installed")
        target = entries[0].value.partition(":")[0]
    try:
        # By name, never `import plugins.x`: core must not know which plugins exist.
        return importlib.import_module(target)
    except Exception as error:
        raise PluginError(name, f"cannot be imported: {type(error).__name__}: {error}") from error


def _describe(implementation: Any, asked: Any) -> Found:
    manifest = getattr(implementation, "MANIFEST", None)
    label = asked if isinstance(asked, str) else getattr(implementation, "__name__", repr(asked))
    if not isinstance(manifest, Manifest):
        raise PluginError(label, "has no MANIFEST of type Manifest in plugin.py")
    if isinstance(asked, str) and manifest.name != asked:
        raise PluginError(label, f"calls itself {manifest.name!r} in its MANIFEST")
    if not fits(core.__version__, manifest.core):
        raise PluginError(
            manifest.name, f"needs core {manifest.core}, this is core {core.__version__}"
        )
    return Found(manifest, implementation)


def fits(version: str, wanted: str) -> bool:
    """Whether ``version`` satisfies a comma separated list of ``>=x``, ``<y``, ``==z`` bounds."""
    have = _numbers(version)
    for bound in filter(None, (part.strip() for part in wanted.split(","))):
        match = re.match(r"(>=|<=|==|<|>)\s*([0-9.]+)\Z", bound)
        if not match:
            raise ValueError(f"not a version bound: {bound!r}")
        sign, limit = match[1], _numbers(match[2])
        width = max(len(have), len(limit))
        left = have + (0,) * (width - len(have))
        right = limit + (0,) * (width - len(limit))
        if not {
            ">=": left >= right,
            "<=": left <= right,
            "==": left == right,
            "<": left < right,
            ">": left > right,
        }[sign]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _sorted(found: list[Found]) -> tuple[Found, ...]:
    """In the given order, except that ``after`` is respected among the plugins present."""
    names = {each.name: each for each in found}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for each in found:
        sorter.add(each.name, *(name for name in each.manifest.after if name in names))
    order: list[str] = []
    try:
        sorter.prepare()
    except CycleError as error:
        raise PluginError(error.args[1][0], f"'after' goes in a circle: {error.args[1]}") from error
    position = {name: index for index, name in enumerate(names)}
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        order += ready
        sorter.done(*ready)
    return tuple(names[name] for name in order)


def _refuse_unknown_hooks(pm: pluggy.PluginManager, found: Found) -> None:
    try:
        pm.check_pending()
    except pluggy.PluginValidationError as error:
        culprit = pm.get_name(error.plugin) or found.name
        raise PluginError(culprit, str(error)) from error
