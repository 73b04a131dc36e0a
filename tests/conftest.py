# SPDX-License-Identifier: Apache-2.0
"""Database and region fixtures; those of time, of the web (``app``, ``client``, ``login_as``) and
of the plugin host come from ``core.api.testing``, which plugin authors load too.

* ``db``: the test runs inside one transaction that is rolled back. Outside of
  ``transaction(scope)`` it acts as the owner role and sees all rows; inside, as the web role
  under row-level security, exactly as the server does.
* ``fresh_db``: a database of its own with real commits, as the web role throughout.
"""

import asyncio
import inspect
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer

from core import app as core_app
from core import settings as core_settings
from core.auth import sessions
from core.db import DB, OWNER, WEB, SafeTransaction
from core.host.discovery import allowed
from core.host.registry import set_current
from tests import cluster, factories
from tests.sharing import ByShare, rank

TEMPLATES = "COMPILED_TEMPLATES_OF_TESTS"
"""Names the folder to the processes of a run."""

if find_spec("core.api.testing") is not None:
    pytest_plugins = ["core.api.testing"]


# The same examples on every run, and no clock: a busy machine is no fault of the code.
hypothesis.settings.register_profile(
    "jiandu",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("jiandu")


def pytest_configure(config: pytest.Config) -> None:
    compile_templates_once(config)
    # With xdist the controller starts the one server that all workers clone their databases in.
    parallel = getattr(config.option, "numprocesses", None)
    if parallel and not hasattr(config, "workerinput") and cluster.SERVER not in os.environ:
        server = cluster.start()
        os.environ[cluster.SERVER] = server.url_of("postgres")
        config.add_cleanup(server.remove)
        config.add_cleanup(lambda: os.environ.pop(cluster.SERVER, None))


def compile_templates_once(config: pytest.Config) -> None:
    """Every application compiles its templates anew; there are some dozens of both in a run.

    The processes of one run share a folder. What lies in it is checked against its source.
    """
    if TEMPLATES not in os.environ:
        folder = tempfile.mkdtemp(prefix="jiandu-templates-")
        os.environ[TEMPLATES] = folder
        config.add_cleanup(lambda: os.environ.pop(TEMPLATES, None))
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    core_app.compiled_templates = lambda _settings: Path(os.environ[TEMPLATES])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)
    here = set(allowed())
    for item in items:
        for absent in {name for mark in item.iter_markers("needs") for name in mark.args} - here:
            item.add_marker(pytest.mark.skip(reason=f"没有 {absent} (without {absent})"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByShare:
    config.option.loadscopereorder = False
    return ByShare(config, log)


@pytest.fixture
async def _registry_in_loop() -> None:
    set_current(cluster.registry())


@pytest.fixture(autouse=True)
def _registry(request: pytest.FixtureRequest) -> None:
    """What all plugins declare, for every test anew; applications of tests bring their own.

    Asynchronous tests run in a context of their own, which an earlier one may have left
    different; the browser's tests must not be given a loop beside Playwright's.
    """
    set_current(cluster.registry())
    rulesets = sys.modules.get("plugins.inspection.services.rulesets")
    if rulesets is not None:
        # A cloned database counts its rows from one again, and rules are kept by row.
        rulesets.forget_rules()
    if inspect.iscoroutinefunction(request.function):
        request.getfixturevalue("_registry_in_loop")


@pytest.fixture(scope="session", autouse=True)
def _data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stored files and keys of a test run never touch the developer's data folder."""
    data = tmp_path_factory.mktemp("data")
    own = core_settings.read(
        {"JIANDU_ENV": "test", "JIANDU_SECRET": "only-for-tests", "JIANDU_DATA": str(data)}
    )
    real = core_settings.load
    core_settings.load = lambda: own
    yield
    core_settings.load = real


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of the PostgreSQL server of this run."""
    if given := os.environ.get(cluster.SERVER):
        yield given
        return
    own = cluster.start()
    yield own.url_of("postgres")
    own.remove()


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """Name of a database with the whole schema, to be cloned."""
    name = cluster.make_template(server)
    yield name
    asyncio.run(cluster.drop(server, name))


@pytest.fixture(scope="session")
async def database(server: str, template: str) -> AsyncIterator[str]:
    """This worker's database, and the engine pointed at it; its rows are rolled back."""
    name = cluster.new_name("shared")
    url = await cluster.create(server, name, template)
    DB.configure(url, OWNER, scoped_role=WEB)
    await DB.start_connection_pool(min_size=1, max_size=6)
    yield url
    await DB.close_connection_pool()
    await cluster.drop(server, name)


@pytest.fixture
async def db(database: str) -> AsyncIterator[SafeTransaction]:
    """One transaction around the test, rolled back afterwards."""
    current = DB.transaction()
    await current.__aenter__()
    try:
        yield current
    finally:
        await current.rollback()
        await current.__aexit__(None, None, None)
        # What was rolled back may have changed the rights of a role under the version they had.
        sessions.forget()


@pytest.fixture
async def fresh_db(server: str, template: str, database: str) -> AsyncIterator[str]:
    """An own database with real commits; the engine is the web role's, as on the server."""
    name = cluster.new_name("fresh")
    url = await cluster.create(server, name, template)
    try:
        async with cluster.working_on(url):
            yield url
    finally:
        await cluster.drop(server, name)


@pytest.fixture(scope="session")
async def played_year(server: str, template: str, database: str) -> AsyncIterator[str]:
    """Name of a database in which all plugins have worked together for a year, to be cloned."""
    name = cluster.new_name("year")
    try:
        async with cluster.working_on(await cluster.create(server, name, template)):
            await cluster.play(cluster.registry())
        yield name
    finally:
        await cluster.drop(server, name)


@pytest.fixture
async def region_tree(db: SafeTransaction) -> factories.RegionTree:
    """内蒙古 › 巴彦淖尔 › 磴口县, 临河区; another city; another province."""
    return await factories.region_tree()
