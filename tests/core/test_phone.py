# SPDX-License-Identifier: Apache-2.0
"""The phone shell: who reaches only himself gets four tabs, the same pages in another frame."""

import pytest

from core import db
from core.api.plugin import Card, Manifest, NavItem, Panel, Permission, SubjectRef
from core.api.testing import browsing, htmx, sign_in_as
from core.api.turns import hand_turn
from core.db import Place, Scope
from core.people.joining import add_person
from core.people.queries import person
from core.policies import problems
from tests import factories

NUMBER = "150801198811207478"


@pytest.fixture
async def volunteer(agencies):
    """赵雅琴, of no organisation."""
    async with db.transaction(Scope.platform("test data")):
        return await add_person(
            "赵雅琴", region=agencies.bureau.region, id_number=NUMBER, phone="13800001234"
        )


async def come_in(client, agencies, volunteer, role="supervisor"):
    return await sign_in_as(
        client, role, region=agencies.bureau.region, name="赵雅琴", person=volunteer.id
    )


@pytest.mark.req("S0-26")
async def test_a_supervisor_has_four_tabs_and_no_menu(client, agencies, volunteer):
    await come_in(client, agencies, volunteer)
    page = await client.get("/")
    assert page.status_code == 200
    tabs = ["工作台", "辅助监督", "消息", "我的"]
    below = page.text[page.text.index('id="jd-bottom"') :]
    assert [below.index(f"<span>{each}</span>") for each in tabs] == sorted(
        below.index(f"<span>{each}</span>") for each in tabs
    )
    assert 'id="jd-side"' not in page.text, "the menu of the desk"
    for path in ("/assist", "/messages", "/me", "/me/profile", "/password", "/messages/settings"):
        other = await client.get(path)
        assert other.status_code == 200, path
        assert 'class="jd-phone"' in other.text, path
        assert 'id="jd-side"' not in other.text, path
        below = other.text[other.text.index('id="jd-bottom"') :]
        assert below.count('aria-current="page"') == 1, path
        mine = path in ("/me", "/me/profile", "/password")
        assert ('href="/me" aria-current="page"' in below) is mine, path


@pytest.mark.req("S0-6")
async def test_an_applicant_sees_his_affairs_and_messages_only(
    client, agencies, volunteer, registry
):
    who = await come_in(client, agencies, volunteer, role="applicant")
    home = await client.get("/")
    assert home.headers["location"] == "/me"
    page = await client.get("/me")
    assert "工作台" not in page.text
    assert "<span>消息</span>" in page.text
    assert (await client.get("/messages")).status_code == 200
    assert (await client.get("/assist")).status_code == 403
    # Whatever a plugin closes by a permission stays closed; nothing is granted to applicants
    # but what concerns their own application.
    assert {each.partition(".")[0] for each in who.permissions} <= {"supervisors"}


@pytest.mark.req("S0-24", "S0-11")
async def test_my_page_leads_to_person_password_and_the_way_out(client, agencies, volunteer):
    await come_in(client, agencies, volunteer)
    page = await client.get("/me")
    for path in ("/me/profile", "/password", "/sessions"):
        assert f'href="{path}"' in page.text, path
    assert 'action="/logout"' in page.text
    assert "身份切换" not in page.text
    profile = await client.get("/me/profile")
    assert "赵雅琴" in profile.text
    assert NUMBER not in profile.text
    assert "150801********7478" in profile.text
    assert "13800001234" not in profile.text
    assert "1988-11-20" not in profile.text


async def test_large_text_is_one_press_away_and_comes_back_here(client, agencies, volunteer):
    await come_in(client, agencies, volunteer)
    answer = await client.post("/preferences", {"text_size": "large", "next": "/me"})
    assert answer.headers["location"] == "/me"
    page = await client.follow(answer)
    assert 'data-text="large"' in page.text


async def test_the_counts_come_as_the_bar_below(client, agencies, volunteer):
    await come_in(client, agencies, volunteer)
    answer = await htmx(client).get("/nav/badges")
    assert 'id="jd-bottom"' in answer.text
    assert "jd-side" not in answer.text


async def test_what_waits_for_him_stands_on_the_bench_with_its_ball(client, agencies, volunteer):
    await come_in(client, agencies, volunteer)
    async with db.transaction(Scope.platform("test data")):
        await hand_turn(
            SubjectRef("core.person", volunteer.id),
            title="应邀观摩：客运车辆联合检查",
            path="/me",
            place=Place(agencies.bureau.region_lo),
            holder_person=volunteer.id,
        )
        await hand_turn(
            SubjectRef("core.organisation", agencies.bureau.id),
            title="别人的事",
            path="/me",
            place=Place(agencies.bureau.region_lo),
            holder_org=agencies.bureau.lo,
        )
    page = await client.get("/")
    assert "应邀观摩：客运车辆联合检查" in page.text
    assert "轮到我" in page.text
    assert "别人的事" not in page.text


class _Plugin:
    """Something for the bench, for 辅助监督 and for 我的."""

    MANIFEST = Manifest(name="walks", title="走访", version="1")


def make_plugin():
    from core.api.plugin import hookimpl

    async def note(_scope):
        return "已发证"

    async def broken(_scope):
        raise RuntimeError

    async def two(_scope):
        return 2

    class Walks(_Plugin):
        @hookimpl
        def permissions(self):
            return [Permission("walks.walk.use", "走访", ("supervisor", "handler"))]

        @hookimpl
        def nav_items(self):
            right = "walks.walk.use"
            return [
                NavItem("走访登记", "/walks/", right, "走访", "edit", badge=two, phone="bench"),
                NavItem("手册", "/walks/book", right, "走访", "book", phone="assist"),
                NavItem("证件", "/walks/card", right, "走访", "history", phone="me", note=note),
                NavItem("坏了", "/walks/bad", right, "走访", "history", phone="me", note=broken),
                NavItem("只在办公室", "/walks/desk", right, "走访", "list"),
            ]

        @hookimpl
        def dashboard_cards(self):
            return [Card("walks.last", "最近走访", "walks.walk.use", "/walks/last")]

        @hookimpl
        def panels(self):
            return [Panel("walks.ecard", "core.me", "电子证", "walks.walk.use", "/walks/of/{id}")]

    return Walks()


async def test_plugins_put_tiles_rows_cards_and_panels_on_the_phone(
    agencies, volunteer, plugin_app, db
):
    async with browsing(plugin_app(make_plugin())) as browser:
        await come_in(browser, agencies, volunteer)
        bench = (await browser.get("/")).text
        assert 'href="/walks/"' in bench
        assert "项新的" in bench, "the badge of the tile"
        assert 'hx-get="/walks/last"' in bench
        assert "/walks/desk" not in bench
        assert 'href="/walks/book"' in (await browser.get("/assist")).text
        mine = (await browser.get("/me")).text
        assert "已发证" in mine
        assert 'href="/walks/bad"' in mine, "a broken note leaves the row"
        assert f'hx-get="/walks/of/{volunteer.id}"' in mine
        await sign_in_as(browser, "handler", organisation=agencies.agency)
        desk = (await browser.get("/")).text
        assert 'id="jd-side"' in desk
        for path in ("/walks/", "/walks/book", "/walks/card", "/walks/desk"):
            assert f'href="{path}"' in desk, "a desk has everything in its menu"


async def test_a_person_reads_his_own_row_and_no_other(client, agencies, volunteer):
    other = await factories.person(agencies.bureau)
    who = await come_in(client, agencies, volunteer)
    async with db.transaction(who.scope):
        assert (await person(volunteer.id)) is not None
        assert (await person(other.id)) is None
        assert (
            await db.execute("update core_person set name = 'x' where id = $1", volunteer.id) == 0
        )


async def test_the_bureau_sees_its_volunteers_and_an_agency_does_not(
    client, agencies, volunteer, login_as
):
    bureau = await login_as("supervision_bureau", region=agencies.bureau.region)
    async with db.transaction(bureau.scope):
        assert (await person(volunteer.id)).organisation == 0
    page = await client.get(f"/persons/{volunteer.id}")
    assert page.status_code == 200
    assert "不属于任何单位" in page.text
    agency = await login_as("body_admin", organisation=agencies.agency)
    async with db.transaction(agency.scope):
        assert await person(volunteer.id) is None
    foreign = await login_as("supervision_bureau", region=agencies.foreign_bureau.region)
    async with db.transaction(foreign.scope):
        assert await person(volunteer.id) is None


def test_a_self_column_needs_a_scope():
    from piccolo.columns import BigSerial
    from piccolo.table import Table

    from core.db import Owned

    class Wrong(Owned, Table, tablename="test_wrong_self"):
        SELF = "nobody"
        id = BigSerial(primary_key=True)

    assert any("SELF" in each for each in problems([Wrong]))


@pytest.mark.req("S0-25")
@pytest.mark.needs("complaints", "opinions", "notices", "activities", "training")
async def test_the_work_bench_has_what_either_list_of_the_source_names(client, agencies, volunteer):
    """§2 of the source leaves out two of the functions that §4 describes; both are here."""
    await come_in(client, agencies, volunteer)
    bench = (await client.get("/")).text
    assist = (await client.get("/assist")).text
    on_the_bench = [
        "投诉举报",
        "意见征集",
        "通知公告",
        "行为准则",
        "登记",
        "培训",
        "辅助监督",
        "消息",
    ]
    assert [each for each in on_the_bench if f">{each}<" not in bench] == []
    assert "操作手册" in assist
