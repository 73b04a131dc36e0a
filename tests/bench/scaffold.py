# SPDX-License-Identifier: Apache-2.0
"""From the wish for a plugin to its green tests: what an author waits for.

``jiandu new-plugin`` with everything, in a copy of the tree, and the tests it wrote; the database
server is running already, as it is while somebody works. The wall's time, since an author waits.
"""

import os
import tempfile
from pathlib import Path
from time import perf_counter

from tests import cluster
from tests.bench.measuring import Number
from tests.bench.world import server
from tests.core.test_scaffold import copied, run

NAME = "scaffold"
FLAGS = ("--table", "--card", "--job", "--gate")


def measure(*, quick: bool = False) -> list[Number]:
    """Seconds until the new plugin's own tests have passed."""
    with server() as (url, _template), tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder) / "tree")
        before = os.environ.get(cluster.SERVER)
        os.environ[cluster.SERVER] = url
        try:
            begun = perf_counter()
            run(root, "-m", "core.cli", "new-plugin", "wishes", "--title", "心愿", *FLAGS)
            written = perf_counter()
            said = run(root, "-m", "pytest", "-q", "tests/plugins/wishes")
            green = perf_counter()
        finally:
            os.environ.pop(cluster.SERVER)
            if before is not None:
                os.environ[cluster.SERVER] = before
    passed = said.strip().splitlines()[-1]
    return [
        Number(
            NAME,
            "jiandu new-plugin 到新插件的测试全部通过（数据库已经在运行）",
            green - begun,
            "秒",
            60,
            note=f"写出 {written - begun:.1f} 秒，测试 {green - written:.1f} 秒：{passed}",
        )
    ]
