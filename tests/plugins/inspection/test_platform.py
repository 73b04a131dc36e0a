# SPDX-License-Identifier: Apache-2.0
"""风险防控, 监察规则, 监察分析: every number is the length of the list its link opens."""

import html
import io
import re
from datetime import date, timedelta
from types import SimpleNamespace
from zipfile import ZipFile

import pytest

from core.api.db import Scope, execute, rows, transaction
from core.schema import app_configs, extra_statements
from plugins.inspection.queries.periods import Period, period_of
from tests.plugins.inspection.live import Where, put_in_force, tell
from tests.plugins.inspection.story import T0, Story, decision, definition, point
from tests.plugins.inspection.test_live import inquiry

LATER = T0 + timedelta(days=1)
RISKS = [
    {"step": "inquiry", "level": "高", "description": "调查走过场", "prevention": "照片当场上传"},
    {"step": "decide", "level": "低", "description": "同案不同罚", "prevention": "按裁量标准"},
]
RULES = definition(
    point("evidence", "inquiry", title="现场照片"),
    point("decision_basis", "decide", title="决定依据"),
    point("rollback", "review", title="审核退回"),
    risks=RISKS,
)


@pytest.fixture
async def county(region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(LATER)
    await put_in_force(where, RULES)
    await tell(where, inquiry())
    await tell(where, inquiry(case=2))
    story = Story(case=3).enter("decide")
    await tell(where, story.submit("", decision=decision(outcome="不予处罚", basis="")))
    await tell(where, inquiry(2, case=4))
    return where


@pytest.fixture
async def bureau(login_as, county):
    return await login_as("supervision_bureau", region=county.county, name="陈玉梅")


def listed(text: str) -> int:
    """How many rows an alarm list says it has."""
    return int(re.search(r"共 <b>([\d,]+) 条", text).group(1).replace(",", ""))


async def check_every_number(client, text: str) -> int:
    """Follow every link to the alarm list: it must open as many rows as the number says."""
    found = 0
    pattern = r'<a[^>]*href="(/inspection/alarms\?[^"]+)"[^>]*>(.*?)</a>'
    for path, words in re.findall(pattern, text, re.DOTALL):
        number = re.sub(r"<[^>]*>|\D", " ", words).split()
        if not number or "tab=" not in path:
            continue
        page = await client.get(html.unescape(path))
        assert page.status_code == 200
        assert listed(page.text) == int(number[-1]), path
        found += 1
    return found


@pytest.mark.req("S1-2", "C12-04", "C12-05")
@pytest.mark.parametrize("by", ["unit", "month", "item"])
async def test_every_number_of_the_analysis_opens_its_rows(client, county, bureau, by):
    page = await client.get(f"/inspection/analysis?by={by}")
    assert page.status_code == 200
    # 证据 2 red; 决定依据 1 red and 1 yellow: in the line, in its sum, in both totals.
    assert await check_every_number(client, page.text) >= 10


@pytest.mark.req("C12-04")
async def test_the_parts_add_up_to_the_whole(client, county, bureau):
    from plugins.inspection.queries import analysis

    async with transaction(bureau.scope):
        period = Period(date(2026, 1, 1), date(2026, 12, 31))
        for by in ("unit", "month", "item"):
            found = await analysis.alarm_table(bureau.scope, period, by, {})
            assert (found.total.red, found.total.yellow) == (3, 1)
            assert sum(x.total.red for x in found.lines) == 3
            assert sum(c.red for c in found.sums.values()) == 3
            assert sum(x.cells["evidence"].red for x in found.lines) == 2
        assert len(found.lines) == 1
        months = await analysis.alarm_table(bureau.scope, period, "month", {})
        assert len(months.lines) == 12  # months without alarms are there too
        assert len(analysis.bars(months)) == 12
        none = await analysis.alarm_table(
            bureau.scope, Period(date(2025, 1, 1), date(2025, 2, 1)), "unit", {}
        )
        assert (none.lines, none.total.red) == ([], 0)


@pytest.mark.req("C12-04", "S1-2")
async def test_conditions_restrict_numbers_and_links_alike(client, county, bureau):
    text = (await client.get("/inspection/analysis?kind=decision_basis")).text
    assert await check_every_number(client, text) >= 4
    assert "kind=evidence" not in text
    other = await client.get(f"/inspection/analysis?unit={county.other_agency.id}")
    assert "这个期间没有报警" in other.text
    before = await client.get("/inspection/analysis?since=2025-01-01&until=2025-12-31")
    assert "这个期间没有报警" in before.text


@pytest.mark.req("S1-2", "C12-05")
async def test_risks_and_rules_on_paper(client, county, bureau):
    """The lines of the list, under its conditions and with its figures."""
    listed = (await client.get("/inspection/risks?level=高&since=2026-01-01")).text
    link = html.unescape(re.search(r'href="(/inspection/risks/print[^"]*)"', listed).group(1))
    paper = await client.get(link)
    assert paper.status_code == 200
    assert "调查走过场" in paper.text
    assert "同案不同罚" not in paper.text
    assert "等级：高" in paper.text
    assert "2026年1月1日至" in paper.text
    assert "期间起：" not in paper.text
    back = html.unescape(re.search(r'class="btn btn-text" href="([^"]+)"', paper.text).group(1))
    assert back.startswith("/inspection/risks?")
    assert "level=%E9%AB%98" in back
    listed = (await client.get("/inspection/points?kind=evidence")).text
    link = html.unescape(re.search(r'href="(/inspection/points/print[^"]*)"', listed).group(1))
    paper = await client.get(link)
    assert "现场照片" in paper.text
    assert "审核退回" not in paper.text
    for shown in (listed, paper.text):  # 3 judged, 2 fired
        cells = re.findall(r'jd-num"[^>]*>(?:<[^>]+>)?(\d+)<', shown.split("<tbody")[1])
        assert cells[-2:] == ["3", "2"]
    none = await client.get("/inspection/points/print?q=没有这样的")
    assert "没有符合条件的监察点" in none.text


@pytest.mark.req("S1-2", "C12-06")
async def test_the_analysis_on_paper_and_as_a_sheet(client, county, bureau):
    paper = await client.get(
        "/inspection/analysis/print?by=month&since=2026-05-01&until=2026-05-31"
    )
    assert "2026年5月1日至2026年5月31日" in paper.text
    assert "<svg" in paper.text
    book = await client.get("/inspection/analysis?by=unit&format=xlsx")
    with ZipFile(io.BytesIO(book.content)) as sheet:
        strings = sheet.read("xl/sharedStrings.xml").decode()
    for words in ("证据固化 红灯", "黄灯合计", "期间：", county.agency.name):
        assert words in strings


@pytest.mark.req("S1-2")
async def test_the_chart_says_what_the_table_says(client, county, bureau):
    text = (
        await client.get("/inspection/analysis?by=month&since=2026-05-01&until=2026-05-31")
    ).text
    assert re.search(r'<text class="lab"[^>]*>4</text>', text)  # 3 red and 1 yellow in May
    assert 'role="img"' in text
    assert "style=" not in text[text.index('<svg class="jd-chart') :]


@pytest.mark.req("S1-2")
async def test_the_register_of_risks(client, county, bureau):
    text = (await client.get("/inspection/risks")).text
    for words in ("调查走过场", "照片当场上传", "同案不同罚"):
        assert words in text
    assert text.index("调查走过场") < text.index("同案不同罚")  # 高 before 低
    assert await check_every_number(client, text) == 2
    low = (await client.get("/inspection/risks?level=低")).text
    assert "调查走过场" not in low
    assert "同案不同罚" in low
    quiet = (await client.get("/inspection/risks?since=2025-01-01&until=2025-12-31")).text
    assert await check_every_number(client, quiet) == 0
    book = await client.get("/inspection/risks?format=xlsx&level=高")
    with ZipFile(io.BytesIO(book.content)) as sheet:
        strings = sheet.read("xl/sharedStrings.xml").decode()
    assert "调查走过场" in strings
    assert "同案不同罚" not in strings


@pytest.mark.req("S1-2")
async def test_the_rules_in_force(client, county, bureau):
    text = (await client.get("/inspection/points")).text
    for words in ("现场照片", "决定依据", "审核退回", "红灯，否定性决定黄灯", "证据固化"):
        assert words in text
    assert await check_every_number(client, text) == 2
    assert "审核退回" not in (await client.get("/inspection/points?kind=evidence")).text


@pytest.mark.req("S1-13", "S1-14")
async def test_only_the_version_in_force_is_listed(client, county, bureau):
    await put_in_force(county, definition(point("rollback", "", title="新版的点"), version=2))
    future = definition(
        point("rollback", "", title="将来的点"), version=3, since="2030-01-01T00:00:00Z"
    )
    await put_in_force(county, future)
    text = (await client.get("/inspection/points")).text
    assert "新版的点" in text
    assert "将来的点" not in text
    assert "现场照片" not in text


@pytest.mark.req("S1-2")
async def test_limits_kept_and_missed(client, login_as, region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(T0 + timedelta(days=30))
    await put_in_force(where, definition(point("time_limit", "inquiry", title="时限")))
    due = {"step": {"started_at": T0.isoformat(), "due_at": (T0 + timedelta(days=6)).isoformat()}}
    for case, days in ((1, 2), (2, 3), (3, 9)):
        story = Story(case=case).act("step_entered", step="inquiry", at=T0, clocks=due)
        story.act("step_submitted", step="inquiry", at=T0 + timedelta(days=days), clocks=due)
        await tell(where, story)
    await login_as("supervision_bureau", region=where.county)
    text = (await client.get("/inspection/analysis")).text
    assert "66.7%" in text
    assert await check_every_number(client, text) > 1


@pytest.mark.req("S1-2")
async def test_a_unit_without_any_lamp_is_named(client, login_as, region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(LATER)
    await put_in_force(where, RULES)
    await tell(where, inquiry(2))
    await login_as("supervision_bureau", region=where.county)
    assert "也可能是监察点从来不报" in (await client.get("/inspection/analysis")).text
    await tell(where, inquiry(0, case=2))
    assert "每个办过案的单位都报过灯" in (await client.get("/inspection/analysis")).text


@pytest.mark.req("S1-2")
async def test_another_region_sees_no_figure_and_no_line(client, county, login_as, agencies):
    await login_as(
        "supervision_bureau", region=county.other_county, organisation=agencies.foreign_bureau
    )
    analysis = (await client.get("/inspection/analysis")).text
    assert "这个期间没有报警" in analysis
    assert county.agency.name not in analysis
    assert "调查走过场" not in (await client.get("/inspection/risks")).text
    assert "现场照片" not in (await client.get("/inspection/points")).text


async def test_who_may_see_which_page(client, county, login_as):
    await login_as("handler")
    assert (await client.get("/inspection/risks")).status_code == 200
    assert (await client.get("/inspection/points")).status_code == 200
    assert (await client.get("/inspection/analysis")).status_code == 403
    assert (await client.get("/inspection/analysis/print")).status_code == 403
    await login_as("data_entry")
    for page in ("risks", "points", "analysis"):
        assert (await client.get(f"/inspection/{page}")).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "since=gestern",
        "since=2026-12-31&until=2026-01-01",
        "since=1900-01-01",
        "unit=abc&kind=nothing&by=colour",
        "unit=99999999999999999999",
        "since=2000-01-01&until=2026-01-01&by=month",
    ],
)
async def test_an_address_that_makes_no_sense_is_answered_all_the_same(
    client, county, bureau, query
):
    for page in ("analysis", "analysis/print", "risks", "points"):
        assert (await client.get(f"/inspection/{page}?{query}")).status_code == 200


def asked(**params: str) -> Period:
    return period_of(SimpleNamespace(query_params=params))


def test_periods(clock) -> None:
    clock(LATER)
    assert asked() == Period(date(2026, 1, 1), date(2026, 5, 7))
    assert "不是一个日期" in asked(since="gestern").error
    turned = asked(since="2026-03-31", until="2026-02-01")
    assert (turned.first, turned.last) == (date(2026, 2, 1), date(2026, 3, 31))
    assert "早于" in turned.error
    assert "最长五年" in asked(since="2001-01-01", until="2026-01-01").error
    months = asked(since="2025-12-20", until="2026-02-03").months()
    assert [(m.first.isoformat(), m.last.isoformat()) for m in months] == [
        ("2025-12-20", "2025-12-31"),
        ("2026-01-01", "2026-01-31"),
        ("2026-02-01", "2026-02-03"),
    ]


async def test_rules_kept_before_risks_were_read_get_them(county) -> None:
    """The repeatable script fills in what older rows lack, from the facts they came from."""
    everything = Scope.platform("a test looks at everything")
    async with transaction(everything):
        await execute("update inspection_rule_set set definition = definition - 'risks'")
        await execute(
            "insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo,"
            " actor, at, recorded_at) values ('powers.version_effective', 'powers.item', 7,"
            ' \'{"item":7,"power_class":"penalty","risks":[{"level":"高"}],"version":1}\','
            " $1, 0, 0, $2, $2)",
            county.county.lo,
            T0,
        )
        scripts = [
            text
            for place, text in extra_statements(app_configs())
            if place.endswith("inspection/sql/inspection.sql")
        ]
        assert len(scripts) == 1
        await execute(scripts[0])
        [found] = await rows("select definition from inspection_rule_set")
    assert found["definition"]["risks"] == [{"level": "高"}]
    assert found["definition"]["power_class"] == "penalty"
