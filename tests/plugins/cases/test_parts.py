# SPDX-License-Identifier: Apache-2.0
"""The four parts of the platform, each in the menu of those who work with it (S1-1)."""

from html import unescape
from typing import Any

import pytest

from core import db
from core.api.db import Scope, transaction
from core.app import create_app
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry, build

PARTS = ("powers", "cases", "inspection", "orders", "certificates")
for name in PARTS:
    # Any plugin may be absent; then the platform has not all its parts, and nothing to test here.
    pytest.importorskip(f"plugins.{name}.plugin")


@pytest.fixture(scope="session")
def registry() -> Registry:
    return build(list(PARTS))


@pytest.fixture(scope="session")
def app(settings: Any, registry: Registry) -> Any:
    return create_app(settings, registry, database=False)


@pytest.fixture(autouse=True)
def _parts(db: Any, registry: Registry):
    enabling.forget()
    with host_registry.use(registry):
        yield
    enabling.forget()


def menu_of(html: str) -> dict[str, list[str]]:
    """Addresses of the menu by section."""
    side = html.split('id="jd-side"', 1)[1].split("</nav>", 1)[0]
    found: dict[str, list[str]] = {}
    for section in side.split("<h2>")[1:]:
        title, _, rest = section.partition("</h2>")
        links = [unescape(part.split('"', 1)[0]) for part in rest.split('href="')[1:]]
        found[title.strip()] = links
    return found


@pytest.mark.req("S1-1")
@pytest.mark.parametrize(
    ("role", "kind", "section", "path", "foreign"),
    [
        ("legal_office", "agency", "职权目录", "/powers/", "/accounts"),
        ("handler", "agency", "运行平台", "/cases/new", "/cases/versions"),
        ("supervision_bureau", "region", "监察平台", "/inspection/alarms", "/cases/new"),
        ("dept_supervisor", "agency", "监察平台", "/orders/", "/cases/new"),
        ("data_entry", "agency", "本单位", "/certificates/", "/cases/new"),
    ],
)
async def test_each_part_is_where_its_people_look_for_it(
    client, login_as, agencies, region_tree, role, kind, section, path, foreign
):
    if kind == "agency":
        await login_as(role=role, organisation=agencies.agency)
    else:
        await login_as(role=role, organisation=agencies.bureau, region=region_tree.county)
    menu = menu_of((await client.get("/")).text)
    assert path in menu[section]
    assert (await client.get(path)).status_code == 200
    assert foreign not in {p for paths in menu.values() for p in paths}
    assert (await client.get(foreign)).status_code == 403


@pytest.mark.req("S1-1")
async def test_the_catalogue_is_the_basis_of_the_rest(client, login_as, agencies):
    """Without an item in force there is nothing to open a case under, and nothing is watched."""
    await login_as(role="handler", organisation=agencies.agency)
    assert "本单位还没有生效的权力事项" in (await client.get("/cases/new")).text
    async with transaction(Scope.platform("test")):
        assert await db.value("select count(*) from inspection_rule_set") == 0
