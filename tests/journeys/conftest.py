# SPDX-License-Identifier: Apache-2.0
"""Journeys: the whole platform, started as a user starts it, walked through in a browser.

One platform and one browser for the folder: ``tests/sharing.py`` gives the whole folder to one
test process, and a journey must not mind what another has left behind.
"""

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import ARGUMENTS, NAMES, find
from tests.journeys.desk import Desk
from tests.journeys.instance import Instance
from tests.journeys.later import Later

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is; without one the journeys are skipped, in CI they fail."""
    if found := find():
        return found
    reason = f"no browser: none of {', '.join(NAMES)} is installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Running:
    """A running platform: where it answers, and the folder of its data when it is on this disk."""

    url: str
    data: Path | None


@pytest.fixture(scope="session")
def running(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The platform of JIANDU_JOURNEYS_URL (its folder: JIANDU_JOURNEYS_DATA), or one started here.

    It asks for ``chromium`` so that nothing is started where nothing can be seen.
    """
    if given := os.environ.get("JIANDU_JOURNEYS_URL"):
        data = os.environ.get("JIANDU_JOURNEYS_DATA")
        yield Running(given.rstrip("/"), Path(data) if data else None)
        return
    folder = tmp_path_factory.mktemp("platform")
    folder.chmod(0o711)
    instance = Instance(folder / "data")
    try:
        yield Running(instance.start().url, instance.data)
    finally:
        instance.stop()


@pytest.fixture(scope="session")
def site(running: Running) -> str:
    """Its address."""
    return running.url


@pytest.fixture(scope="session")
def later(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Later]:
    """The same platform on a later day, for what takes weeks."""
    if running.data is None:
        pytest.skip("a later day needs the folder of the platform: JIANDU_JOURNEYS_DATA")
    day = Later(running.data, tmp_path_factory.mktemp("later") / "later.log")
    yield day.to(0, lapse=False)  # from now on deadlines may end in the years to come
    day.stop()


# A browser driven from this thread keeps an event loop running in it; tests elsewhere that
# bring their own loop must not meet it, so the browser ends with the folder.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go: JIANDU_PICTURES, or nowhere."""
    given = os.environ.get("JIANDU_PICTURES")
    return Path(given) if given else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed journey tells what stood on every screen, which no line of code can."""
    report = yield
    if report.when == "call" and report.failed:
        for desk in item.stash.get(AT_DESKS, []):
            report.sections.append((f"screen at {desk.page.url}", desk.shows()))
    return report


SignIn = Callable[..., Desk]
AT_DESKS = pytest.StashKey[list[Desk]]()


@pytest.fixture
def desks(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[SignIn]:
    """``desks("zhanghailong", width=390, script=False)``: a person at an own screen.

    At the end no browser may have complained: no script error, no breach of the content
    security policy, no piece of a page that failed, no fault of the server.
    """
    opened = request.node.stash[AT_DESKS] = []

    def sit_down(login: str = "", *, width: int = 1280, script: bool = True, at: str = "") -> Desk:
        desk = Desk(browser, at or site, width=width, script=script)
        opened.append(desk)
        return desk.is_let_in(login) if login else desk

    yield sit_down
    faults = list(dict.fromkeys(fault for desk in opened for fault in desk.faults))
    for desk in opened:
        desk.close()
    assert not faults, "the browser complained:\n" + "\n".join(faults)
