# SPDX-License-Identifier: Apache-2.0
"""The board, its rows, scope, export, report and the public page, as a browser asks for them."""

import re
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from core.api.db import Place, Scope, transaction
from core.api.regions import add_region
from tests.plugins.dashboards.conftest import alarm, case, happen
from tests.plugins.dashboards.test_keeping import place

READ = ["dashboards.board.read"]


@pytest.fixture
async def year(client, region_tree, agencies, facts, at_noon):
    """Two counties, a town, and what happened there."""
    here, there = place(agencies.agency), place(agencies.foreign_agency)
    other = place(agencies.other_agency)
    town = Place(region_tree.town.lo, agencies.agency.lo)
    for number, (at, closed) in enumerate(
        [(here, 9), (here, None), (other, 12), (there, 8), (there, None), (there, None), (town, 5)],
        1,
    ):
        await case(number, at, number, closed)
    await alarm(1, here, 4, of=1)
    await alarm(2, there, 5, of=4)
    for number in range(1, 8):
        from core.api.db import SubjectRef

        ref = SubjectRef("complaints.complaint", number)
        at = place(agencies.bureau) if number < 7 else place(agencies.foreign_bureau)
        await happen("complaints.filed", ref, at, number, number=f"投诉{number}")
    await facts.dispatch()
    return region_tree


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading, by their first cell."""
    part = text.split(f'id="t-{heading}"')[1].split("</table>", maxsplit=1)[0]
    found = {}
    for line in re.findall(r"<tr[^>]*>(.*?)</tr>", part.split("<tbody")[1], re.DOTALL):
        cells = [
            re.sub(r"<[^>]+>", "", each).strip()
            for each in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
        ]
        found[cells[0]] = cells[1:]
    return found


@pytest.mark.req("C12-02", "C12-04", "C12-05")
async def test_a_leader_drills_from_the_city_to_the_rows(year, login_as, client):
    await login_as("leader", region=year.city, permissions=READ)
    page = (await client.get("/dashboards/")).text
    places = table(page, "h-r")
    assert places["磴口县"][:2] == ["4", "3"]
    assert places["临河区"][:2] == ["3", "1"]
    assert places["合计"][:2] == ["7", "4"]
    county = re.search(r'href="(/dashboards/region/\d+)">磴口县', page)[1]
    below = (await client.get(county)).text
    assert "巴彦淖尔市" in below.split("jd-crumb")[1].split("</nav>")[0]
    inner, units = table(below, "h-r"), table(below, "h-u")
    assert inner["合计"] == places["磴口县"]
    assert inner["磴口县本级"] == units["合计"]
    assert units["县市场监管局"][0] == "2"
    rows = re.search(r'href="(/dashboards/rows\?measure=cases.opened[^"]+)">2</a>', below)[1]
    listed = (await client.get(rows.replace("&amp;", "&"))).text
    assert "共 <b>2" in listed
    assert listed.count("未按规定案") == 2
    # Every number of the board opens as many rows as it says.
    links = re.findall(r'href="(/dashboards/rows\?[^"]+)">([\d,]+)</a>', below)
    assert len(links) > 20
    for href, number in dict.fromkeys(links):
        shown = (await client.get(href.replace("&amp;", "&"))).text
        assert f"共 <b>{number}" in shown, href


@pytest.mark.req("C12-04")
async def test_a_neighbour_does_not_exist_not_even_in_totals(year, login_as, client, agencies):
    await login_as("leader", region=year.county, permissions=READ)
    page = (await client.get("/dashboards/")).text
    assert table(page, "h-r")["合计"][0] == "4"
    assert "临河区" not in page
    for path in (
        f"/dashboards/region/{year.other_county.id}",
        f"/dashboards/region/{year.city.id}",
        f"/dashboards/region/{year.country.id}",
        f"/dashboards/unit/{agencies.foreign_agency.id}",
        f"/dashboards/rows?region={year.city.id}",
        f"/dashboards/rows?unit={agencies.foreign_agency.id}",
        f"/dashboards/report?region={year.other_county.id}",
        "/dashboards/region/999999999",
    ):
        assert (await client.get(path)).status_code == 404, path
    # Above one's own region the way up is words, not a link.
    assert f"/dashboards/region/{year.city.id}" not in page


@pytest.mark.req("C12-04")
async def test_a_township_sees_itself_alone_not_even_its_neighbour_in_totals(
    year, login_as, client, agencies, facts
):
    async with transaction(Scope.platform("test data")):
        neighbour = await add_region(year.county.id, "邻镇", 4)
    await case(90, Place(neighbour.lo, agencies.agency.lo), 9)
    await case(91, Place(neighbour.lo, agencies.agency.lo), 10)
    await facts.dispatch()
    await login_as("leader", region=year.town, permissions=READ)
    page = (await client.get("/dashboards/")).text
    opened = page.split("新收案件")[1].split("</div>")[0]
    assert ">1</a>" in opened, "its own case and not the two next door"
    assert "邻镇" not in page
    rows = re.search(r'href="(/dashboards/rows\?measure=cases.opened[^"]+)"', page)[1]
    assert "共 <b>1" in (await client.get(rows.replace("&amp;", "&"))).text
    for region in (neighbour, year.county, year.city):
        for path in (
            f"/dashboards/region/{region.id}",
            f"/dashboards/rows?measure=cases.opened&region={region.id}",
            f"/dashboards/report?region={region.id}",
            f"/dashboards/region/{region.id}?format=xlsx",
        ):
            assert (await client.get(path)).status_code == 404, path
    await login_as("leader", region=year.county, permissions=READ)
    assert table((await client.get("/dashboards/")).text, "h-r")["邻镇"][0] == "2"


@pytest.mark.req("C12-04")
async def test_a_department_sees_its_own_numbers_alone(year, login_as, client, agencies):
    await login_as("dept_supervisor", organisation=agencies.agency, permissions=READ)
    page = (await client.get("/dashboards/")).text
    assert "县农牧局" not in page
    assert table(page, "h-r")["合计"][0] == "3"
    # The county has more: its name alone never stands over one department's numbers.
    name = agencies.agency.name
    assert f"<title>统计分析 {name}及所属单位" in page
    assert f"只含{name}及所属单位的数字，不是磴口县的合计" in page
    assert set(table(page, "h-r")) == {"巴彦高勒镇", "磴口县本级", "合计"}, "no nought of others"
    report = (await client.get("/dashboards/report")).text
    assert f"{name}及所属单位行政执法监督月报" in report
    assert "磴口县行政执法监督月报" not in report
    rows_of = (await client.get("/dashboards/rows?measure=cases.opened")).text
    assert f"{name}及所属单位" in rows_of
    unit = (await client.get(f"/dashboards/unit/{agencies.agency.id}")).text
    assert ">2</a>" in unit.split("新收案件")[1].split("</div>")[0]
    assert (await client.get(f"/dashboards/unit/{agencies.other_agency.id}")).status_code == 404


async def test_without_the_right_nothing_is_shown(year, login_as, client):
    await login_as("handler")
    for path in ("/dashboards/", "/dashboards/rows", "/dashboards/report"):
        assert (await client.get(path)).status_code == 403


@pytest.mark.req("C12-06", "C12-08", "C12-10")
async def test_table_chart_and_export_are_one_and_every_number_has_its_definition(
    year, login_as, client
):
    await login_as("leader", region=year.city, permissions=READ)
    page = (
        await client.get("/dashboards/?period=own&from=2026-03&to=2026-03&power_class=zzz")
    ).text
    for anchor in re.findall(r'href="#(d-[^"]+)"', page):
        assert f'id="{anchor}"' in page
    # The chart has no numbers of its own: it reads the cells of the table it stands above.
    months = page.split('id="d-months"')[1].split("</table>")[0]
    assert re.findall(r'data-n="(\d+)"', months)[0] == "7"
    assert 'data-db-chart="d-months" aria-hidden="true" hidden' in page
    book = CalamineWorkbook.from_filelike(
        BytesIO(
            (
                await client.get("/dashboards/?from=2026-03&to=2026-03&period=own&format=xlsx")
            ).content
        )
    )
    cells = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    total = next(row for row in cells if row[:2] == ["下级地区", "合计"])
    assert total[2:4] == [7, 4]
    assert any("2026年3月" in str(cell) for row in cells for cell in row)
    odd = (await client.get("/dashboards/?period=own&from=x&to=2026-99")).text
    assert "不是一个月份" in odd


@pytest.mark.req("C12-11")
async def test_the_monthly_report_has_the_numbers_of_the_board(year, login_as, client):
    await login_as("leader", region=year.city, permissions=READ)
    page = (await client.get("/dashboards/report?month=2026-03")).text
    assert "本月新收案件7件" in page
    assert "磴口县：新收4件" in page
    for kind, start in (("pdf", b"%PDF"), ("docx", b"PK")):
        made = await client.get(f"/dashboards/report?month=2026-03&format={kind}")
        assert made.content.startswith(start)
        assert "UTF-8''" in made.headers["content-disposition"]
    assert "2026年5月）" in (await client.get("/dashboards/report?month=2099-01")).text


@pytest.mark.req("C12-09")
async def test_small_numbers_are_hidden_from_the_public(year, client):
    page = (await client.get(f"/dashboards/public?region_id={year.city.id}")).text
    line = page.split("磴口县</a>")[1].split("</tr>")[0]
    assert 'data-label="投诉举报">6<' in line
    other = page.split("临河区</a>")[1].split("</tr>")[0]
    assert 'data-label="投诉举报">&lt;5<' in other
    assert "红灯" not in page
    assert (await client.get("/dashboards/public?region_id=99999999")).status_code == 404


@pytest.mark.req("C12-03", "C12-04")
async def test_a_tile_says_what_the_table_says(year, login_as, client):
    await login_as("leader", region=year.city, permissions=READ)

    def tiles(text: str) -> dict[str, tuple[str, str]]:
        part = text.split('<ul class="db-tiles">')[1].split("</ul>", maxsplit=1)[0]
        return {
            re.sub(r"<[^>]+>", "", name): (number, shade)
            for shade, name, number in re.findall(
                r'db-tile--(\d)">(.*?)<b class="jd-num">(?:<[^>]+>)?([\d,]+)', part
            )
        }

    opened = (await client.get("/dashboards/?shade=cases.opened")).text
    places, shown = table(opened, "h-r"), tiles(opened)
    del places["合计"]
    assert list(shown) == list(places), "in the order of the regions"
    assert {name: number for name, (number, _shade) in shown.items()} == {
        name: cells[0] for name, cells in places.items()
    }
    assert shown["磴口县"] == ("4", "4")
    assert shown["临河区"] == ("3", "3")
    assert shown["巴彦淖尔市本级"] == ("0", "0")
    # The way down keeps what is looked at; nonsense is the red alarms, never an error.
    county = re.search(r'href="(/dashboards/region/\d+\?[^"]*shade=cases.opened)"', opened)[1]
    assert "各地方格：" in (await client.get(county.replace("&amp;", "&"))).text
    odd = (await client.get("/dashboards/?shade=fines")).text
    assert tiles(odd) == tiles((await client.get("/dashboards/")).text)
    assert {name: number for name, (number, _shade) in tiles(odd).items()} == {
        name: cells[4] for name, cells in places.items()
    }
