# SPDX-License-Identifier: Apache-2.0
"""``jiandu new-plugin``: from a name to a page and green tests."""

import asyncio
import importlib
import subprocess
import sys
import time
from pathlib import Path

from core.scaffold import ScaffoldError, Wishes, write


def new_plugin(wishes: Wishes, root: Path) -> int:
    """Write the plugin below ``root``, with its migration; the exit code."""
    started = time.monotonic()
    try:
        paths = write(wishes, root)
    except ScaffoldError as error:
        for line in str(error).splitlines():
            print(f"✗ {line}", file=sys.stderr)
        return 2
    if wishes.table:
        from core.schema import new_migration

        # The folder did not exist when this process first looked.
        importlib.invalidate_caches()
        migration = asyncio.run(new_migration(wishes.name))
        if migration is not None:
            paths.insert(-1, migration)
    _tidy([root / "plugins" / wishes.name, root / "tests" / "plugins" / wishes.name])
    for path in paths:
        print(f"  {path.relative_to(root)}")
    seconds = time.monotonic() - started
    print(
        f"✓ 插件“{wishes.title}”写好了，{seconds:.1f} 秒 (plugin {wishes.name} written)\n"
        f"  测试 (test)    .venv/bin/python -m pytest tests/plugins/{wishes.name} -q\n"
        f"  看页面 (look)  make run RELOAD=1，用办件人员登录，打开 /{wishes.name}/；"
        "已经用 RELOAD=1 运行着的，几秒后就有\n"
        "  写下去 (next)  plugins/README.md"
    )
    return 0


def _tidy(folders: list[Path]) -> None:
    """Order imports and break lines: how long they are depends on the chosen names.

    Without the development dependencies nothing is done; the plugin works all the same.
    """
    ruff = Path(sys.executable).parent / "ruff"
    if not ruff.exists():
        return
    for words in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        subprocess.run([str(ruff), *words, *map(str, folders)], check=False)  # noqa: S603
