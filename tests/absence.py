# SPDX-License-Identifier: Apache-2.0
"""The tests once without each plugin: ``make test-absence``, or ``python -m tests.absence orders``.

Absent means as if it had never been written: the tests run in a copy of the tree that lacks the
plugin's folder, its tests and its name on the allow-list. First the core alone, without any
plugin, passes its own tests; then, one plugin after the other being absent, the rest passes the
tests of plugins and those that walk through everything. The core's other tests know no plugin, so
they are not repeated.

A test file that imports from an absent plugin is about it and left out, and said so; a single test
that needs it carries ``@pytest.mark.needs("orders")`` and is skipped with that reason.

What follows ``--`` goes to pytest: ``python -m tests.absence core orders -- -x -k storage``.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from core.host.discovery import allowed
from core.settings import ROOT

CORE = "core"
"""The name of the run without any plugin."""
REST = ("tests/architecture", "tests/contract", "tests/plugins", "tests/core/test_crawl.py")
"""What is repeated for every absent plugin."""
WHOLE = ("tests/journeys", "tests/faults")
"""Stories on the running platform with all its parts."""
ONE_BY_ONE = "tests/contract/test_absence.py"
"""Takes one plugin away after the other by itself; two at a time are nobody's platform."""
WORKERS = os.environ.get("WORKERS", "2")
LEAVE = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "*.egg-info", ".*_cache", "bench-results"
)
# Python's finder of an editable install looks for every missing part of `plugins` in the tree it
# was installed from, and would bring back there what is absent here.
ALONE = '''"""Nothing is imported from the tree this one was copied from."""

import sys

sys.meta_path[:] = [
    each for each in sys.meta_path if "__editable___jiandu" not in getattr(each, "__module__", "")
]
'''


def of_those_here(*plugins: str) -> list[str]:
    """Those of ``plugins`` that are part of the tree, for tests that would like them around.

    What a test checks of an absent one it says by its mark; the rest of it holds without.
    """
    return [name for name in plugins if name in allowed()]


# --- which test files are about a plugin -----------------------------------------------------


def _named(node: ast.AST) -> Iterator[str]:
    """The modules imported when the file is, so not inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (each.name for each in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{each.name}" for each in child.names)
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _named(child)


@cache
def _imports(path: Path) -> frozenset[str]:
    return frozenset(_named(ast.parse(path.read_text("utf-8"))))


def needed(path: Path) -> set[str]:
    """The modules a test file needs, through helpers of the tests and conftests as well."""
    tests = ROOT / "tests"
    waiting = [path, *(each / "conftest.py" for each in path.parents if tests in each.parents)]
    seen: set[Path] = set()
    found: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file in seen or not file.exists():
            continue
        seen.add(file)
        found |= _imports(file)
        waiting += [
            ROOT.joinpath(*name.split(".")).with_suffix(".py")
            for name in _imports(file)
            if name.startswith("tests.")
        ]
    return found


def about(absent: Collection[str]) -> list[Path]:
    """The test files of others that import from one of these plugins."""
    own = re.compile(rf"(tests\.)?plugins\.({'|'.join(absent)})(\.|\Z)")
    theirs = tuple(f"tests/plugins/{plugin}/" for plugin in absent)
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        inside = path.relative_to(ROOT)
        if inside.as_posix().startswith((*WHOLE, *theirs)):
            continue
        if any(own.match(name) for name in needed(path)):
            found.append(inside)
    return found


# --- which tests cannot tell -------------------------------------------------------------------

PLATFORM = {"server", "registry", "app", "plugin_app"}
"""Fixtures by which a test gets at the database, at what is installed, or at the application."""
BUILDS = re.compile(r"core\.(host|cli|api\.testing)(\.|\Z)")


def unaware(item: pytest.Item) -> bool:
    """Whether a plugin's test only computes: then it cannot notice who else is there."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return (
        (ROOT / "tests" / "plugins") in item.path.parents
        and not fixtures & PLATFORM
        and not any(BUILDS.match(name) for name in _imports(item.path))
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave those out; pytest loads this module as a plugin in the runs below."""
    left_out = [item for item in items if unaware(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


# --- the tree without it ---------------------------------------------------------------------


@contextmanager
def without(*absent: str) -> Iterator[Path]:
    """A copy of the tree in which these plugins have never been written."""
    with TemporaryDirectory(prefix="jiandu-without-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, symlinks=True, ignore=LEAVE)
        if (ROOT / "node_modules").exists():
            (tree / "node_modules").symlink_to((ROOT / "node_modules").resolve())
        for plugin in absent:
            shutil.rmtree(tree / "plugins" / plugin)
            shutil.rmtree(tree / "tests" / "plugins" / plugin, ignore_errors=True)
        for path in WHOLE:
            shutil.rmtree(tree / path)
        for path in (ONE_BY_ONE, *about(absent)):
            (tree / path).unlink()
        _shorten(tree / "config" / "plugins.toml", absent)
        (tree / "sitecustomize.py").write_text(ALONE, "utf-8")
        yield tree


def _shorten(listing: Path, absent: Collection[str]) -> None:
    text = listing.read_text("utf-8")
    for plugin in absent:
        text = re.sub(rf'"{plugin}"\s*,?\s*', "", text)
    assert not set(absent) & set(tomllib.loads(text)["plugins"]["enabled"])
    listing.write_text(text, "utf-8")


def passes_without(absent: Collection[str], tests: Sequence[str], more: Sequence[str]) -> bool:
    """Whether these tests pass without these plugins."""
    for path in about(absent):
        if path.as_posix().startswith(tuple(tests)):
            sys.stdout.write(f"    与它有关，不跑 (about it): {path}\n")
    sys.stdout.flush()
    begun = time.monotonic()
    with without(*absent) as tree:
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        environment.pop("JIANDU_PLUGINS", None)
        words = ["-q", "-p", "tests.absence", "-n", WORKERS, "-rsfE", *more, *tests]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words], cwd=tree, env=environment, check=False
        )
    sys.stdout.write(f"    {time.monotonic() - begun:.0f} 秒 (seconds)\n")
    return done.returncode == 0


def main(arguments: Sequence[str]) -> int:
    """Run them one after the other; the exit code is 1 when any failed."""
    names, more = list(arguments), []
    if "--" in names:
        here = names.index("--")
        names, more = names[:here], names[here + 1 :]
    plugins = allowed()
    if unknown := set(names) - {CORE, *plugins}:
        sys.stderr.write(f"没有启用的插件 (not enabled): {', '.join(sorted(unknown))}\n")
        return 2
    failed = []
    for name in names or (CORE, *plugins):
        if name == CORE:
            sys.stdout.write("\n=== 只有平台，没有插件 (the core alone) ===\n")
            passed = passes_without(plugins, ["tests"], more)
        else:
            sys.stdout.write(f"\n=== 没有 {name} (without {name}) ===\n")
            passed = passes_without([name], REST, more)
        if not passed:
            failed.append(name)
    sys.stdout.write(
        f"\n缺席检查 (absence): {'失败 ' + '、'.join(failed) if failed else '全部通过'}\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
