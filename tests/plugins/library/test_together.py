# SPDX-License-Identifier: Apache-2.0
"""An amendment, its tasks, and the lamp of a decision that cites what is no longer the law."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from core import db
from core.api.people import appoint_organ
from core.api.plugin import Place, SubjectRef
from core.api.testing import Browser, Jobs, LoginAs
from core.app import create_app
from core.db import Scope
from core.facts.services import record
from core.host import enabling
from core.host import registry as host_registry
from core.host.facts import dispatch_all
from core.host.registry import Registry, build
from plugins.library.services.answering import basis_in_force, standing_of
from plugins.library.services.base import Keeper
from plugins.library.services.importing import import_source, read_source

Definition = pytest.importorskip("plugins.powers.rules").Definition
content = pytest.importorskip("plugins.powers.routes.content")
pytest.importorskip("plugins.inspection.plugin")
cases = pytest.importorskip("tests.plugins.cases.conftest")
definitions = pytest.importorskip("tests.plugins.cases.definitions")

NEEDED = ("powers", "cases", "inspection", "library")
LAW = """# 中华人民共和国食品安全法

2021年4月29日 第十三届全国人民代表大会常务委员会第二次修正

<!-- INFO END -->

第一百二十五条 甲。

第一百二十六条 有下列情形之一的，处五千元以上五万元以下罚款。

第一百二十七条 丙。
"""
AMENDED = LAW.replace("第一百二十六条 有下列情形之一的，处五千元以上五万元以下罚款。\n\n", "")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Without the certificate register everybody counts as qualified."""
    return build(list(NEEDED))


@pytest.fixture(scope="session")
def app(settings: Any, registry: Registry) -> Any:
    return create_app(settings, registry, database=False)


@pytest.fixture
async def office(db: Any, region_tree: Any, agencies: Any, registry: Registry, clock: Any) -> Any:
    clock(cases.TUESDAY)
    enabling.forget()
    with host_registry.use(registry):
        made = await cases.make_office(region_tree, agencies)
        await put_in_force(made)
        yield made
    enabling.forget()


async def put_in_force(
    office: Any,
    law: str = "食品安全法",
    articles: tuple[str, ...] = (),
    *,
    version: int = 1,
    words: str = "罚款",
    most: int = 0,
) -> None:
    mapping = definitions.penalty(
        office.agency.id,
        item=901,
        org_lo=office.agency.lo,
        region_lo=office.tree.county.lo,
        aud_lo=office.tree.county.lo,
        aud_hi=office.tree.county.hi,
    )
    mapping["basis"] = [{"law": law, "article": "第一百二十六条第一款第（三）项", "text": words}]
    mapping["version"] = version
    if most:
        mapping["standards"][0]["tiers"][-1]["max"] = most
    mapping["standards"][0]["articles"] = list(articles)
    async with db.transaction(Scope.platform("test data")):
        await record(
            "powers.version_effective",
            SubjectRef("powers.item", 901),
            msgspec.convert(mapping, Definition),
            Place(office.tree.county.lo, office.agency.lo),
        )
        office.penalty = await db.value("select id from cases_item_version where item = 901")


async def take(office: Any, text: str, day: str, region: Any = None) -> int:
    home = region or office.tree.county
    async with db.transaction(Scope.platform("test data")):
        source = read_source(f"食品安全法({day}).md", text.encode())
        return (await import_source(source, Keeper(0, "测试", "县司法局", Place(home.lo, 0)))).law


@pytest.mark.req("C9-09", "C9-08")
async def test_a_standard_is_published_with_a_link_to_the_article_it_refines(
    office: Any, client: Browser
) -> None:
    law = await take(office, LAW, "2021-04-29")
    known, unknown = "《食品安全法》第一百二十六条第一款", "《没有收录的规定》第三条"
    await put_in_force(office, articles=(known, unknown))
    page = (await client.get("/powers/public/items/901")).text
    linked = re.search(
        rf'<a href="(/library/public/{law}[^"]*#a126)">{known}</a>、{unknown}<', page
    )
    assert linked, "the one the library holds is linked, the other one is plain text"
    assert (await client.get(linked[1])).status_code == 200
    with host_registry.use(build(["powers"])):
        item = SimpleNamespace(basis=[], standards=[SimpleNamespace(articles=[known])])
        assert await content.article_links(item, Scope.public()) == {}, "no library, no link"


async def lamps(case: int) -> list[tuple[str, str]]:
    async with db.transaction(Scope.platform("test data")):
        return [
            (each["mark"], each["sentence"])
            for each in await db.rows(
                "select mark, sentence from inspection_alarm where case_id = $1 order by id", case
            )
        ]


@pytest.mark.req("C9-12", "S1-17")
async def test_a_decision_on_a_dead_article_raises_the_lamp_with_the_reason(office: Any) -> None:
    await take(office, LAW, "2021-04-29")
    await take(office, AMENDED, "2026-01-05")
    late = await office.to_decision()
    await office.submit(late, cases.DECISION)
    (sentence,) = [said for mark, said in await lamps(late) if mark == "M5a"]
    assert "第一百二十六条自2026年1月5日起不再有效" in sentence


@pytest.mark.req("C9-12")
async def test_what_the_library_does_not_know_is_no_reason(office: Any) -> None:
    case = SubjectRef("cases.case", 1)
    day = cases.TUESDAY.date()
    draft = {"basis": "《食品安全法》第一百二十六条", "region": office.tree.county.lo}
    async with db.transaction(Scope.platform("test data")):
        assert await basis_in_force([case], day, draft) == {}
    await take(office, AMENDED, "2021-04-29", region=office.tree.other_county)
    async with db.transaction(Scope.platform("test data")):
        assert await basis_in_force([case], day, draft) == {}, "a neighbour's copy judges nobody"
    await take(office, AMENDED, "2021-04-29", region=office.tree.country)
    async with db.transaction(Scope.platform("test data")):
        (why,) = (await basis_in_force([case], day, draft))[case]
        assert why.code == "library.no_article"
        assert await basis_in_force([case], day, {"basis": ""}) == {}
        assert await basis_in_force([case], day, None) == {}
        early = await standing_of(draft["basis"], datetime(2019, 1, 1, tzinfo=UTC).date())
        assert not early[0].code, "an older version may have had it"


@pytest.mark.req("C9-08", "C9-11")
async def test_an_amendment_gives_everybody_who_leans_on_it_a_task(
    office: Any, client: Browser, login_as: LoginAs, agencies: Any, jobs: Jobs
) -> None:
    async with db.transaction(Scope.platform("test data")):
        await appoint_organ(office.tree.county.id, "supervision", agencies.bureau.id)
    law = await take(office, LAW, "2021-04-29")
    case = await office.to_decision()
    await office.submit(case, cases.DECISION)
    assert "M5a" not in [mark for mark, _ in await lamps(case)], "on its day it was the law"
    await dispatch_all()
    await take(office, AMENDED, "2026-09-01")
    await jobs.run_all()
    async with db.transaction(Scope.platform("test data")):
        made = await db.rows("select kind, change, state, cited from library_task order by kind")
        turns = await db.rows(
            "select title, path from core_turn where subject_kind = 'library.task'"
            " and closed_at is null"
        )
    assert [each["kind"] for each in made] == ["case", "power"]
    assert {each["change"] for each in made} == {"repealed"}
    assert len(turns) == 2
    await jobs.run_all()
    await login_as("body_admin", organisation=agencies.agency)
    listed = (await client.get("/library/tasks")).text
    assert "第一百二十六条" in listed
    path = turns[0]["path"]
    page = await client.get(path)
    assert "<del>" in page.text
    assert (await client.post(path, {"outcome": "changed", "note": ""})).status_code == 422
    done = await client.post(path, {"outcome": "changed", "note": "已按新条文修订"})
    assert done.status_code == 303
    assert (await client.post(path, {"outcome": "changed", "note": "再来"})).status_code != 303
    assert "已按新条文修订" in (await client.get(path)).text
    assert "1 项依据" in (await client.get("/library/card")).text
    # No power has this number, so nobody sees a page it could stand beside.
    assert (await client.get("/library/of/power/901")).status_code == 404
    assert "食品安全法" in (await client.get(f"/library/of/case/{case}")).text
    assert "决定" in (await client.get(f"/library/of/case/{case}")).text
    assert "第一百二十六条" in (await client.get(f"/library/{law}/uses?key=a126")).text
    assert "以它为依据" in (await client.get(f"/library/{law}?on=2026-06-01")).text
    await login_as("body_admin", organisation=agencies.foreign_agency)
    assert (await client.get(path)).status_code == 404
    assert "第一百二十六条" not in (await client.get("/library/tasks")).text
    assert "第一百二十六条" not in (await client.get(f"/library/{law}/uses?key=a126")).text
    await put_in_force(office, "价格法")
    await dispatch_all()
    async with db.transaction(Scope.platform("test data")):
        names = await db.rows("select distinct name from library_use where kind = 'power'")
    assert [each["name"] for each in names] == ["价格法"], "what it cites now is what it leans on"


@pytest.mark.req("C9-10")
async def test_words_in_a_case_lead_to_the_article_of_that_day(
    office: Any, client: Browser, login_as: LoginAs
) -> None:
    """The link resolves what stands in the text; what nobody took in is said to be unknown."""
    law = await take(office, LAW, "2021-04-29")
    await login_as("handler", organisation=office.agency.id, region=office.tree.county)
    ask = "/library/cited?text=《食品安全法》第126条第1款&on=2024-03-05"
    there = await client.get(ask, follow_redirects=False)
    assert there.headers["location"] == f"/library/{law}?on=2024-03-05#a126"
    unknown = await client.get("/library/cited?text=《没有收录的规定》第3条<script>")
    assert unknown.status_code == 200
    assert "法规库没有收录，不能判断" in unknown.text
    assert "第3条<script>" not in unknown.text
    assert (await client.get("/library/cited?text=&on=昨天")).status_code == 200
    assert (await client.get("/library/cited?text=" + "第" * 5000)).status_code == 200
    words = await client.get(ask.replace("/cited", "/cited/words"))
    assert "《中华人民共和国食品安全法》第一百二十六条" in words.text
    assert "2024年3月5日的文本" in words.text
    assert "<html" not in words.text
    assert "法规库没有收录" in (await client.get("/library/cited/words?text=《无》第3条")).text
    nonsense = await client.get("/library/cited/words?text=<b>&on=昨天")
    assert (nonsense.status_code, "<b>" in nonsense.text) == (200, False)
    client.forget()
    assert (await client.get(ask.replace("/cited", "/cited/words"))).status_code in (303, 401)
    words = await client.get(ask.replace("/cited", "/public/cited/words"))
    assert "第一百二十六条" in words.text
    there = await client.get(ask.replace("/cited", "/public/cited"), follow_redirects=False)
    assert there.headers["location"] == f"/library/public/{law}?on=2024-03-05#a126"
    nothing = await client.get("/library/public/cited?text=《无》第3条", follow_redirects=False)
    assert nothing.headers["location"].startswith("/library/public?q=")
    assert "//" not in nothing.headers["location"][1:].partition("?")[0]


@pytest.mark.req("C9-11")
@pytest.mark.parametrize(
    ("new", "left"),
    [
        ({"law": "价格法"}, []),
        ({"articles": ("《食品安全法》第一百二十六条",), "words": "处罚款"}, ["standard"]),
        ({"articles": ("《食品安全法》第一百二十六条",), "most": 999_999}, ["power"]),
        ({"articles": ("《食品安全法》第一百二十七条",)}, ["power"]),
        ({"articles": ("《食品安全法》第一百二十六条",)}, ["power", "standard"]),
    ],
)
async def test_a_new_version_closes_the_tasks_of_the_places_it_revised(
    office: Any, jobs: Jobs, new: dict[str, Any], left: list[str]
) -> None:
    """What it left as it was still has to be looked at; a neighbour's task is not touched."""
    await take(office, LAW, "2021-04-29")
    await put_in_force(office, articles=("《食品安全法》第一百二十六条",))
    await dispatch_all()
    await take(office, AMENDED, "2026-09-01")
    await jobs.run_all()
    async with db.transaction(Scope.platform("test data")):
        made = await db.column("select kind from library_task where state = 'open' order by kind")
    assert made == ["power", "standard"]
    await put_in_force(office, version=2, **new)
    await dispatch_all()
    async with db.transaction(Scope.platform("test data")):
        tasks = await db.rows("select * from library_task order by kind")
        turns = await db.column(
            "select subject_id from core_turn where subject_kind = 'library.task'"
            " and closed_at is null"
        )
        told = await db.rows("select payload from core_fact where kind = 'library.task_done'")
    assert [each["kind"] for each in tasks if each["state"] == "open"] == left
    assert turns == [each["id"] for each in tasks if each["state"] == "open"]
    done = [each for each in tasks if each["state"] == "changed"]
    assert len(told) == len(done) == 2 - len(left)
    assert all(each["note"] == "第 2 版已经施行，这一处已修订" for each in done)
    assert all(each["done_at"] for each in done)
