# SPDX-License-Identifier: Apache-2.0
"""One query behind a list, its badge, its tabs and its export."""

import io
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from python_calamine import CalamineWorkbook

from core import db
from core.forms import FieldError
from core.listing import (
    Column,
    Filter,
    Listing,
    Params,
    exported_words,
    read_cursor,
    read_filter,
    write_cursor,
    xlsx_bytes,
)
from core.scope import EVERYTHING, NOTHING, Interval, Scope

NOON = datetime(2026, 5, 12, 4, 0, tzinfo=UTC)

THINGS = Listing(
    key="test.things",
    title="物品",
    select="t.title, t.colour, t.amount, t.at, t.region_lo, t.org_lo",
    source="things t",
    alias="t",
    id="t.id",
    columns=(
        Column("title", "名称", sort="t.title"),
        Column("amount", "金额", sort="t.amount", kind="money"),
        Column("at", "时间", sort="t.at", kind="datetime"),
        Column("colour", "灯色"),
    ),
    filters=(
        Filter(
            "state",
            "状态",
            kind="tabs",
            options=(("red", "红"), ("yellow", "黄"), ("all", "全部")),
            wheres={"red": "t.colour = 'red'", "yellow": "t.colour = 'yellow'", "all": "true"},
            default="all",
        ),
        Filter("q", "名称", where="t.title ilike {} or t.colour ilike {}"),
        Filter("since", "起始日", kind="date", where="t.at >= {}::date"),
        Filter("least", "最少金额", kind="money", where="t.amount >= {}"),
        Filter("any", "多选", kind="choices", where="t.colour = any({})", options=(("red", "红"),)),
    ),
    order="-at",
    size=10,
    count_limit=40,
)


@pytest.fixture
async def things(db):
    """Sixty things: three regions, two organisations, ties in time."""
    from core.db import execute

    await execute(
        "create temp table things (id bigserial, title text, colour text, amount bigint,"
        " at timestamptz, region_lo bigint, org_lo bigint, person bigint default 0,"
        " aud_lo bigint default 1, aud_hi bigint default 0, published bool default false)"
    )
    await execute("grant select on things to jiandu_web")
    for n in range(60):
        await execute(
            "insert into things (title, colour, amount, at, region_lo, org_lo)"
            " values ($1, $2, $3, $4, $5, $6)",
            f"第{n:02d}件",
            "red" if n % 3 == 0 else "yellow",
            n * 100,
            NOON - timedelta(minutes=n // 4),
            [100, 200, 300][n % 3],
            [1000, 2000][n % 2],
        )


ALL = Scope(EVERYTHING, EVERYTHING)


def ask(url="/things"):
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return SimpleNamespace(
        query_params=SimpleNamespace(multi_items=lambda: pairs),
        url=SimpleNamespace(path=parts.path),
    )


async def walk(url, scope=ALL, key="next_url"):
    seen = []
    while url:
        page = await THINGS.page(ask(url), scope)
        seen.append([row["title"] for row in page.rows])
        url = getattr(page, key)
    return seen


@pytest.mark.parametrize("sort", ["-at", "at", "title", "-title", "amount", "-amount"])
async def test_pages_forth_and_back_show_every_row_once(things, sort):
    forth = await walk(f"/things?sort={sort}")
    assert [len(page) for page in forth] == [10] * 6
    flat = [title for page in forth for title in page]
    assert len(set(flat)) == 60
    exported = await THINGS.export(ask(f"/things?sort={sort}"), ALL)
    assert [row["title"] for row in exported] == flat
    url = f"/things?sort={sort}"
    for _ in range(5):
        url = (await THINGS.page(ask(url), ALL)).next_url
    back = await walk(url, key="previous_url")
    assert back == forth[::-1]


async def test_first_and_last_page_offer_no_way_out(things):
    first = await THINGS.page(ask(), ALL)
    assert first.previous_url == ""
    last = await THINGS.page(ask("/things?least=55"), ALL)
    assert (len(last.rows), last.next_url, last.previous_url) == (5, "", "")
    assert last.total == 5


@pytest.mark.req("B41-1", "B41-3")
@pytest.mark.parametrize(
    ("scope", "count"),
    [
        (Scope(Interval(100, 100), EVERYTHING), 20),
        (Scope(Interval(100, 299), EVERYTHING), 40),
        (Scope(Interval(100, 100), Interval(1000, 1000)), 10),
        (Scope(NOTHING, NOTHING), 0),
        (Scope(NOTHING, EVERYTHING), 0),
        (ALL, 41),
    ],
)
async def test_scope_and_badge(things, scope, count):
    """A counter and its list come from one query (S1: 我的待办显示1条，但点进去没有事项)."""
    assert await THINGS.count(scope) == count
    assert len(await THINGS.export(ask(), scope)) == (60 if scope == ALL else count)
    page = await THINGS.page(ask(), scope)
    assert page.total == count
    if count > 40:
        assert page.total_text == "40 条以上"
    else:
        assert sum(len(p) for p in await walk("/things", scope)) == count


async def test_rows_of_others_for_an_audience_or_a_person(things):
    from dataclasses import replace

    await db.execute("update things set aud_lo = 0, aud_hi = 999 where title = '第01件'")
    await db.execute("update things set person = 7 where title = '第02件'")
    await db.execute("update things set published = true where title = '第03件'")
    far = Scope(Interval(900, 900), Interval(1, 1), person=7)

    async def titles(tied, scope=far):
        page = await replace(THINGS, tied=tied).page(ask(), scope)
        return [row["title"] for row in page.rows]

    assert await titles("published") == ["第01件"]
    assert await titles("own") == ["第02件"]
    assert await titles("public") == ["第03件"]
    assert await titles("owned") == []
    # The empty scope sees no audience row, although its interval lies inside by arithmetic.
    assert await titles("published", Scope.nothing()) == []


def test_a_condition_no_value_can_stand_in_is_refused_when_it_is_written():
    for where in ("(a.name ilike {0} or a.unit ilike {0})", "a.name ilike {value}"):
        with pytest.raises(ValueError, match="every place of the value"):
            Filter("q", "姓名", where=where)
    Filter("q", "姓名", where="(a.name ilike {} or a.unit ilike {})")


async def test_filters_tabs_chips_and_links(things):
    url = "/things?state=red&q=第&since=2026年5月1日&sort=title&after=zzz"
    page = await THINGS.page(ask(url), ALL, tab_counts=True)
    assert page.total == 20
    assert [(tab.title, tab.count, tab.current) for tab in page.tabs] == [
        ("红", 20, True),
        ("黄", 40, False),
        ("全部", 60, False),
    ]
    assert [(chip.title, chip.words) for chip in page.chips] == [
        ("名称", "第"),
        ("起始日", "2026年5月1日"),
    ]
    picked = await THINGS.page(ask("/things?since=2026-05-01"), ALL)
    assert picked.chips[0].words == "2026年5月1日", "as people write it, not as the address does"
    assert "q=" not in page.chips[0].remove_url
    assert "state=red" in page.chips[0].remove_url
    assert "after" not in page.chips[0].remove_url
    assert "format=xlsx" in page.export_url
    assert "q=" in page.export_url
    assert page.clear_url == "/things?state=red&sort=title"
    assert page.sort_url("title").endswith("sort=-title")
    assert page.aria_sort("title") == "ascending"


async def test_wildcards_are_text_and_nonsense_restricts_nothing(things):
    assert (await THINGS.page(ask("/things?q=%25"), ALL)).total == 0
    assert (await THINGS.page(ask("/things?q=_"), ALL)).total == 0
    page = await THINGS.page(ask("/things?since=gestern&least=viel"), ALL)
    assert page.total == 41
    assert {state.key: state.error for state in page.filters if state.error} == {
        "since": "起始日不是一个日期，请写成 2026-05-12 这样。",
        "least": "最少金额要填数字，例如 5,000.00。",
    }


def test_a_workbook_that_was_cut_off_says_so():
    assert exported_words(3) == "共 3 条"
    assert "其余没有导出" in exported_words(50_000)


@pytest.mark.parametrize("typed", ["--5", "5-", "1.5", "９９年", "9" * 19])
def test_what_is_no_whole_number_restricts_nothing(typed):
    year = Filter("year", "年份", kind="number", where="t.year = {}")
    with pytest.raises(FieldError, match="要填整数"):
        read_filter(year, Params((("year", typed),)))


@pytest.mark.parametrize(
    "hostile",
    [
        "/things?sort=t.title;drop table things",
        "/things?sort=-nothing",
        "/things?state='; select 1",
        "/things?q=%00abc",
        "/things?any=red&any=x'",
        "/things?after=" + "A" * 5000,
        "/things?before=e30",
    ],
)
async def test_hostile_addresses_do_no_harm(things, hostile):
    page = await THINGS.page(ask(hostile), ALL)
    assert page.rows is not None
    assert await db.value("select count(*) from things") == 60


async def test_a_cursor_of_another_type_begins_at_the_beginning(things):
    forged = write_cursor({"_key": "text", "_id": 5}, "amount")
    page = await THINGS.page(ask(f"/things?sort=amount&after={forged}"), ALL)
    assert len(page.rows) == 10


@pytest.mark.parametrize(
    "value", ["x", 5, 2.5, True, NOON, date(2026, 5, 12), __import__("decimal").Decimal("1.5")]
)
def test_cursors(value):
    assert read_cursor(write_cursor({"_key": value, "_id": 9}, "k"), "k") == (value, 9)
    assert read_cursor(write_cursor({"_key": value, "_id": 9}, "k"), "other") is None


def test_wrong_declarations_are_refused():
    with pytest.raises(ValueError, match="clash"):
        Listing(
            key="x",
            title="",
            select="1",
            source="x",
            columns=(),
            filters=(Filter("sort", "排序"),),
        )
    with pytest.raises(ValueError, match="sortable"):
        Listing(key="x", title="", select="1", source="x", columns=(Column("a", "A"),), order="a")


def test_export_writes_no_formula():
    rows = [
        {"title": "=1+1", "amount": 123_456, "at": NOON},
        {"title": "@cmd", "amount": None, "at": date(2026, 5, 12)},
        {"title": ["甲", "乙"], "amount": 0, "at": None},
    ]
    data = xlsx_bytes("导出[1]", THINGS.columns, rows, "条件 无")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert sheet[0][:3] == ["名称", "金额", "时间"]
    assert sheet[1][:2] == ["=1+1", 1234.56]
    assert str(sheet[1][2]).startswith("2026-05-12 12:00")  # Beijing time
    assert sheet[3][0] == "甲、乙"
    assert sheet[5][0] == "条件 无"


def test_params_of_a_mapping():
    assert Params.of({"a": ["1", "2"], "b": 3}).all("a") == ["1", "2"]
