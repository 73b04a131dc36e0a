# SPDX-License-Identifier: Apache-2.0
"""The suite once without each plugin: ``make test-absence``, or ``python -m tests.absence orders``.

A test file that names the absent plugin is about it and left out, and said so; everything else
must pass as if that plugin had never been written. The browser's journeys and the benchmarks
tell stories that need all plugins, so they are left out as well.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from core.host.discovery import allowed
from core.settings import ROOT

WHOLE = ("tests/journeys", "tests/bench", "tests/faults")


def about(plugin: str) -> list[Path]:
    """The test files that name ``plugin``: its modules, keys, addresses or tables."""
    named = re.compile(rf"\bplugins[./]{plugin}\b|[\"'/ ]{plugin}[._/\"' ]|\b{plugin}_[a-z]")
    own = ROOT / "tests" / "plugins" / plugin
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        inside = path.relative_to(ROOT).as_posix()
        if inside.startswith(WHOLE) or path.is_relative_to(own):
            continue
        if named.search(path.read_text("utf-8")):
            found.append(path)
    return found


def command(plugin: str) -> list[str]:
    """How pytest is called without ``plugin``."""
    left_out = [*WHOLE, f"tests/plugins/{plugin}"]
    left_out += [path.relative_to(ROOT).as_posix() for path in about(plugin)]
    # Those that look at every plugin by its name in the allow-list follow the shortened list.
    keep = {"tests/contract/test_every_plugin.py"}
    ignored = [f"--ignore={each}" for each in left_out if each not in keep]
    return [sys.executable, "-m", "pytest", "-q", *ignored, "tests"]


def main(names: Sequence[str]) -> int:
    """Run them one after the other; the exit code is 1 when any failed."""
    plugins = allowed()
    if unknown := set(names) - set(plugins):
        sys.stderr.write(f"没有启用的插件 (not enabled): {', '.join(sorted(unknown))}\n")
        return 2
    failed = []
    for plugin in names or plugins:
        rest = ",".join(each for each in plugins if each != plugin)
        sys.stdout.write(f"\n=== 没有 {plugin} (without {plugin}) ===\n")
        for path in about(plugin):
            sys.stdout.write(f"    与它有关，不跑 (about it): {path.relative_to(ROOT)}\n")
        sys.stdout.flush()
        environment = {**os.environ, "JIANDU_PLUGINS": rest}
        done = subprocess.run(command(plugin), cwd=ROOT, env=environment, check=False)
        if done.returncode:
            failed.append(plugin)
    sys.stdout.write(
        f"\n缺席检查 (absence): {'失败 ' + '、'.join(failed) if failed else '全部通过'}\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
