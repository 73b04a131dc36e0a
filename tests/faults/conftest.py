# SPDX-License-Identifier: Apache-2.0
"""One real platform for all tests of this folder, which one test process runs."""

from collections.abc import AsyncIterator

import pytest

from tests.faults.running import Platform


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
