# SPDX-License-Identifier: Apache-2.0
"""Cases with the real engine and the real register: what the handler sees right after his act."""

from typing import Any

import pytest

from core import db
from core.api.plugin import Place, SubjectRef
from core.app import create_app
from core.db import Scope
from core.facts.services import record
from core.host import enabling
from core.host import registry as host_registry
from core.host.facts import dispatch_all
from core.host.registry import Registry, build
from plugins.cases.services import Choice, roll_back
from tests.plugins.cases.conftest import CLUE, DECISION, INQUIRY, TUESDAY, Office, make_office
from tests.plugins.cases.definitions import penalty
from tests.plugins.cases.test_pages import Desk

NEEDED = ("powers", "cases", "inspection")
# Any plugin may be absent; then there is nothing to be tested together.
Definition = pytest.importorskip("plugins.powers.rules").Definition
pytest.importorskip("plugins.inspection.plugin")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The real plugins; without the certificate register everybody counts as qualified."""
    return build(list(NEEDED))


@pytest.fixture(scope="session")
def app(settings: Any, registry: Registry) -> Any:
    return create_app(settings, registry, database=False)


@pytest.fixture
async def office(db: Any, region_tree: Any, agencies: Any, registry: Registry, clock: Any) -> Any:
    clock(TUESDAY)
    enabling.forget()
    with host_registry.use(registry):
        made = await make_office(region_tree, agencies)
        await publish(made)
        yield made
    enabling.forget()


async def publish(office: Office) -> None:
    """Put the item in force the way powers does, so that the engine knows its points."""
    import msgspec

    mapping = penalty(
        office.agency.id,
        item=901,
        org_lo=office.agency.lo,
        region_lo=office.tree.county.lo,
        aud_lo=office.tree.county.lo,
        aud_hi=office.tree.county.hi,
    )
    async with db.transaction(Scope.platform("test data")):
        await record(
            "powers.version_effective",
            SubjectRef("powers.item", 901),
            msgspec.convert(mapping, Definition),
            Place(office.tree.county.lo, office.agency.lo),
        )
        office.penalty = await db.value("select id from cases_item_version where item = 901")


@pytest.fixture
def desk(office, client, login_as) -> Desk:
    return Desk(office, client, login_as)


async def lamps(case: int) -> list[tuple[str, str, str]]:
    return [
        (r["kind"], r["colour"], r["state"])
        for r in await db.rows(
            "select kind, colour, state from cases_alarm where case_id = $1 order by alarm", case
        )
    ]


@pytest.mark.req("S1-20", "S1-23")
async def test_missing_evidence_lights_the_lamp_in_the_same_request(desk, office):
    case = await office.to_inquiry()
    await desk.sit(office.zhang)
    html = await desk.page(f"/cases/{case}")
    assert "若现在提交：红灯" in html
    assert "未能预检" not in html
    answer = await desk.submit(case, INQUIRY, html=html)
    page = (await desk.client.follow(answer)).text
    assert "报了红灯" in page
    assert "jd-lamp--red" in page
    assert ("evidence", "red", "open") in await lamps(case)
    assert "/inspection/" in page, "the lamp opens its proof"


@pytest.mark.req("S1-19")
async def test_one_rollback_is_one_yellow_lamp(office):
    case = await office.to_inquiry()
    await roll_back(office.chief, case, "clue", "线索不清")
    assert await lamps(case) == [("rollback", "yellow", "open")]
    row = (await office.file(case)).row
    assert (row["lamp"], row["yellow"]) == ("yellow", 1)


@pytest.mark.req("S1-18")
async def test_one_officer_for_a_two_officer_step_is_red_on_the_step_before(office):
    case = await office.open()
    await office.submit(case, CLUE)
    await office.submit(case, {"outcome": "立案"}, actor=office.chief, officers=[office.zhang])
    assert ("qualification", "red", "open") in await lamps(case)


async def test_a_clean_case_ends_without_a_lamp(desk, office):
    from plugins.cases.services import PaymentEntry, add_evidence, record_payment
    from tests.plugins.cases.conftest import pdf, picture

    case = await office.to_inquiry()
    visit = (await office.file(case)).open_visit["id"]
    await add_evidence(office.zhang, case, visit, "photos", [picture()])
    await add_evidence(office.zhang, case, visit, "records", [pdf()])
    await office.submit(case, INQUIRY)
    await office.submit(case, {"summary": "清楚"})
    await office.submit(case, {"opinion": "同意"}, actor=office.chief)
    visit = (await office.file(case)).open_visit["id"]
    await add_evidence(office.zhang, case, visit, "receipt", [pdf("告知书回证.pdf")])
    await office.submit(case, {"notified_on": "2026-05-12"})
    await office.submit(case, DECISION)
    await office.submit(case, {"served_on": "2026-05-12", "manner": "直接送达"})
    await record_payment(
        office.zhang,
        case,
        PaymentEntry("payment", 500000, TUESDAY.date()),
        [pdf("缴款书.pdf")],
    )
    await office.submit(case, {"remark": ""})
    await office.submit(case, {"closing_note": "执行完毕"})
    assert await lamps(case) == []
    await desk.sit(office.zhang)
    page = await desk.page(f"/cases/{case}")
    assert "已办结" in page


@pytest.mark.req("C9-09")
async def test_a_fine_outside_the_tier_is_red_on_discretion(desk, office):
    case = await office.to_decision()
    await desk.sit(office.zhang)
    html = await desk.page(f"/cases/{case}")
    assert "从轻，5,000.00 元至 10,000.00 元" in html, "before anything is typed"
    assert "≤ 5,000.00 元，填的是 3,860.00 元" in html
    await office.submit(case, {**DECISION, "amount": "20,000"})
    assert [k for k, _c, _s in await lamps(case)].count("discretion") == 1
    assert (await office.file(case)).officers
    assert Choice(1).role == "assist"


@pytest.mark.parametrize(
    ("milliseconds", "budget"), [(1, 0.3), (2, 0.3), (200, 0.002), (200, 0.02)]
)
async def test_an_engine_that_runs_out_of_time_never_costs_the_act(
    office: Office, monkeypatch: pytest.MonkeyPatch, milliseconds: int, budget: float
) -> None:
    """Eager handlers cut off at any point leave the act whole and their work to the worker."""
    from core.host import facts as host

    monkeypatch.setattr(host, "STATEMENT_MS", milliseconds)
    monkeypatch.setattr(host, "BUDGET_SECONDS", budget)
    case = await office.to_inquiry()
    await office.submit(case, INQUIRY)
    assert (await office.file(case)).open_visit["step"] == "finding"
    await dispatch_all()
    assert ("evidence", "red", "open") in await lamps(case)


@pytest.mark.req("S1-14")
async def test_what_was_done_before_the_entry_raises_no_lamp(office):
    """补录 at the step after the evidence point, long after every period ran out."""
    from datetime import date

    from plugins.cases.services import UnderWay, open_case

    entry = UnderWay("finding", date(2025, 3, 3), "平台上线前立案")
    case = await open_case(office.chief, office.opening(under_way=entry))
    assert await lamps(case) == []
    await office.submit(case, {"summary": "事实清楚"}, actor=office.chief)
    assert await lamps(case) == [], "no evidence of the inquiry, and nobody is judged for it"
