# SPDX-License-Identifier: Apache-2.0
"""One real platform for all tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.running import Platform

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one worker, so that a parallel run starts one platform and not several."""
    for item in items:
        if item.path.is_relative_to(HERE) and "platform" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="package")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """The supervisor with PostgreSQL, Valkey, a web process and the worker, signed in by nobody."""
    one = Platform(tmp_path_factory.mktemp("platform"))
    one.start()
    try:
        await one.ready()
        yield one
    finally:
        one.end()
