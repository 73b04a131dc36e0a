# SPDX-License-Identifier: Apache-2.0
"""A kind of point another plugin brings: judged, named, filtered, exported and explained like ours."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from core.api.db import Scope, execute, transaction
from core.app import create_app
from core.host import registry as host_registry
from core.host.registry import Registry, build
from plugins.inspection import queries
from plugins.inspection.queries.register import lamps_of
from plugins.inspection.services import rulesets
from tests.dummy_plugin import plugin as dummy
from tests.plugins.inspection.live import Where, alarms, put_in_force, tell
from tests.plugins.inspection.story import T0, Story, definition, point
from tests.plugins.leaving import text_of

KEY = "dummy_silence"
TITLE = "久无动静"


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Another plugin is installed beside this one."""
    return build(["cases", "inspection", dummy])


@pytest.fixture(scope="session")
def app(settings: Any, registry: Registry) -> Any:
    return create_app(settings, registry, database=False)


@pytest.fixture
def brought(registry: Registry) -> Iterator[None]:
    with host_registry.use(registry):
        rulesets.forget_rules()
        yield
    rulesets.forget_rules()


@pytest.fixture
async def county(brought, db, region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(T0 + timedelta(days=60))
    watched = point(KEY, "", key="still", params={"days": 30}, title="三十天没有动静")
    await put_in_force(where, definition(watched, point("rollback", "review", key="back")))
    return where


def rested(days: int, case: int) -> Story:
    story = Story(case=case).act("opened").enter("inquiry")
    return story.submit("review", at=story.at + timedelta(days=days))


@pytest.mark.req("C4-01")
@pytest.mark.parametrize(("days", "fires"), [(29, False), (30, False), (31, True)])
async def test_it_judges_by_what_was_set_for_the_point(county, days, fires):
    await tell(county, rested(days, case=days))
    found = await alarms(days)
    assert [(a["kind"], a["colour"]) for a in found] == ([(KEY, "yellow")] if fires else [])
    if fires:
        assert found[0]["sentence"] == "31 天没有动静，超过 30 天，所以报黄灯。"
        assert found[0]["headline"] == TITLE


async def test_every_page_and_export_names_it(county, client, login_as):
    await tell(county, rested(31, case=1))
    alarm = (await alarms(1))[0]["id"]
    await login_as("supervision_bureau", region=county.county)
    for path in (
        "/inspection/alarms",
        f"/inspection/alarms?kind={KEY}",
        f"/inspection/alarms/{alarm}",
        f"/inspection/alarms/{alarm}/print",
        "/inspection/cases/1/why",
        "/inspection/points",
        f"/inspection/points?kind={KEY}",
        "/inspection/points/print",
        "/inspection/analysis",
        "/inspection/alarms?format=xlsx",
        "/inspection/points?format=xlsx",
        "/inspection/analysis?format=xlsx",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200, path
        text = text_of(answer)
        assert TITLE in text, path
        assert f">{KEY}<" not in text, f"{path} shows a key"
    filtered = await client.get("/inspection/alarms?kind=rollback")
    assert f"/inspection/alarms/{alarm}" not in filtered.text
    assert f'value="{KEY}"' in filtered.text, "it can be chosen in the filter"


async def test_without_its_plugin_the_alarm_stays_and_shows_its_key(county, client, login_as):
    await tell(county, rested(31, case=1))
    alarm = (await alarms(1))[0]["id"]
    async with transaction(Scope.platform("the plugin that brought the kind is taken away")):
        await execute("update inspection_alarm set kind = 'gone_kind'")
    await login_as("supervision_bureau", region=county.county)
    assert queries.kind_title("gone_kind") == "gone_kind"
    for path in ("/inspection/alarms", f"/inspection/alarms/{alarm}", "/inspection/analysis"):
        page = await client.get(path)
        assert page.status_code == 200, path
        assert "gone_kind" in page.text, path
    assert (await client.get("/inspection/alarms?format=xlsx")).status_code == 200


def test_lamps_and_titles(brought):
    assert queries.kind_titles()[KEY] == TITLE
    assert queries.kind_titles()["rollback"] == "环节回退"
    assert lamps_of({"kind": KEY, "colour": None}) == "黄灯"
    assert lamps_of({"kind": KEY, "colour": "red"}) == "红灯", "the point may say otherwise"
    assert lamps_of({"kind": "evidence", "colour": None}) == "红灯"
    assert lamps_of({"kind": "gone", "colour": None}) == "红灯"


async def test_the_choice_has_the_seven_first(brought, db):
    options = [key for key, _ in await queries.kind_options(None)]
    assert options[0] == "time_limit"
    assert options[-1] == KEY
    assert len(options) == 8
