# SPDX-License-Identifier: Apache-2.0
"""``jiandu check`` and ``jiandu plugins``: what is declared, and whether it fits together."""

import sys

from core.host.errors import PluginError
from core.settings import ROOT, read


def check() -> int:
    """Settings, plugins and their references; in a second or two, without a database."""
    import os

    from core import policies
    from core.host import registry as host
    from core.parameters.services import check_installation
    from core.schema import app_configs, tables_of

    settings = read(os.environ)
    try:
        registry = host.build()
        problems = policies.problems(tables_of(app_configs()))
    except PluginError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    names = set(registry.plugins)
    for folder in sorted((ROOT / "tests/plugins").glob("*/")):
        known = folder.name in names or (ROOT / "plugins" / folder.name).is_dir()
        if not known and not folder.name.startswith(("_", ".")):
            problems.append(f"tests/plugins/{folder.name}: 没有这个插件 (no such plugin)")
    for name in settings.plugins.settings:
        if name not in names:
            problems.append(f"config/plugins.toml [settings.{name}]: 没有启用的插件 (not enabled)")
    with host.use(registry):
        problems += [
            f"config/plugins.toml [settings] {each}"
            for each in check_installation(settings.plugins.settings)
        ]
    for note in registry.dangling:
        print(f"· {note}")
    for problem in problems:
        print(f"✗ {problem}", file=sys.stderr)
    if not problems:
        print(f"✓ {len(names)} 个插件，声明相互吻合 ({len(names)} plugins, consistent)")
    return 1 if problems else 0


def list_plugins(*, verbose: bool = False) -> int:
    """One line per plugin, or with ``verbose`` everything it declares."""
    from core.host import registry as host

    try:
        registry = host.build()
    except PluginError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    for line in registry.describe():
        print(f"{line['name']:<16} {line['version']:<8} {line['title']}  {line['summary']}")
        if verbose:
            for label, key in (
                ("钩子 hooks", "hooks"),
                ("发出 facts out", "facts_out"),
                ("响应 facts in", "facts_in"),
                ("关口 gates", "gates"),
                ("答复 checks", "checks"),
                ("权限 permissions", "permissions"),
            ):
                if line[key]:
                    print(f"    {label}: {', '.join(line[key])}")
    for note in registry.dangling:
        print(f"· {note}")
    return 0
