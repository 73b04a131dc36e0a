# SPDX-License-Identifier: Apache-2.0
"""From the click to the lamp: submitting a step under twelve points against under none.

The same form of the same procedure is posted to the real application, once for an item with
twelve monitoring points of all seven kinds, once for an item without any. With points, evidence is
missing, so a red lamp is judged, proved, recorded and committed before the answer goes out; the
answer itself must say so. What the engine adds beyond the budget of eager handlers would be left
to the worker and not be seen, so the budget is lifted: the whole price is in the figure.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
from litestar import Litestar

from core import db
from core.api.plugin import Place, SubjectRef
from core.api.testing import Browser, make_agencies, sign_in_as
from core.auth import services as accounts
from core.facts.services import record
from core.host import facts as host
from core.host import gates
from core.host.registry import Registry, build, set_current
from core.people.services import enter_person
from core.web import sealing
from core.web.responses import FLASH
from core.web.state import platform_of
from plugins.cases.queries import load_case
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import Actor, Choice, Opening, Posting, open_case, submit_step
from plugins.powers.rules import Definition
from tests import factories
from tests.bench.measuring import Number, Race
from tests.bench.world import WIDE, Asker, application, backends, database, run, server
from tests.plugins.cases.definitions import penalty

NAME = "submit"
PLUGINS = ("powers", "cases", "inspection", "orders")
VALUES = {
    "v-inquired_on": "2026-05-12",
    "v-place": "团结路 18 号",
    "v-facts": "未建立进货查验记录，货架上有三种食品没有标签。",
    "v-goods_value": "3,860.00",
}


def _point(key: str, kind: str, step: str, title: str, **params: Any) -> dict[str, Any]:
    stage = params.pop("stage", "")
    return {
        "key": key,
        "kind": kind,
        "step": step,
        "stage": stage,
        "title": title,
        "colour": None,
        "params": params,
        "clause": "《行政处罚法》",
    }


TWELVE = [
    _point("p1", "time_limit", "inquiry", "调查取证时限", of="step"),
    _point("p2", "time_limit", "", "调查决定阶段时限", of="stage", stage="investigate"),
    _point("p3", "time_limit", "service", "送达时限", of="step"),
    _point("p4", "qualification", "filing", "调查取证的人员", minimum=2, judges="next_step"),
    _point("p5", "qualification", "inquiry", "调查人员", minimum=2, judges="this_step"),
    _point("p6", "rollback", "", "环节回退"),
    _point("p7", "evidence", "inquiry", "现场照片", controls={"photos": 1}),
    _point("p8", "evidence", "notice", "告知书回证", controls={"receipt": 1}),
    _point(
        "p9",
        "decision_basis",
        "decide",
        "决定依据",
        basis_control="basis",
        outcome_control="outcome",
        negative=["不予处罚"],
    ),
    _point(
        "p10",
        "decision_basis",
        "filing",
        "立案依据",
        basis_control="basis",
        outcome_control="outcome",
        negative=["不予立案"],
    ),
    _point(
        "p11",
        "discretion",
        "decide",
        "自由裁量",
        standard="s1",
        amount_control="amount",
        tier_control="tier",
    ),
    _point("p12", "execution", "execute", "处罚执行", decision_step="decide"),
]


@dataclass
class Bureau:
    """The office that handles the cases, its two items, and cases ready to be submitted."""

    app: Litestar
    browser: Browser
    zhang: Actor
    chief: Actor
    second: int
    items: dict[str, int] = field(default_factory=dict)
    ready: dict[str, list[tuple[int, str, dict[str, str]]]] = field(default_factory=dict)


async def _bureau(registry: Registry) -> Bureau:
    set_current(registry)
    app = application(registry)
    browser, above = Browser(app), Browser(app)
    await accounts.apply_defaults(registry)
    tree = await factories.region_tree()
    agency = (await make_agencies(tree)).agency
    async with db.transaction(WIDE):
        people = [await enter_person(n, agency.id) for n in ("张海龙", "斯琴高娃", "乌日娜")]
    zhang = await sign_in_as(
        browser, "handler", organisation=agency, name="张海龙", person=people[0].id
    )
    chief = await sign_in_as(
        above, "legal_office", organisation=agency, name="乌日娜", person=people[2].id
    )
    office = Bureau(app, browser, Actor.of(zhang), Actor.of(chief), people[1].id)
    for number, (name, points) in enumerate((("twelve", TWELVE), ("none", []))):
        item = 901 + number
        mapping = penalty(
            agency.id,
            item=item,
            code=f"150822-SJ-CF-{item}",
            points=points,
            org_lo=agency.lo,
            region_lo=tree.county.lo,
            aud_lo=tree.county.lo,
            aud_hi=tree.county.hi,
        )
        async with db.transaction(WIDE):
            await record(
                "powers.version_effective",
                SubjectRef("powers.item", item),
                msgspec.convert(mapping, Definition),
                Place(tree.county.lo, agency.lo),
            )
            office.items[name] = await db.value(
                "select id from cases_item_version where item = $1", item
            )
    return office


async def _prepare(office: Bureau, way: str, count: int) -> None:
    """Cases that stand at 调查取证, each with the form of its page."""
    asker = Asker(office.app, office.browser)
    for number in range(count):
        case = await open_case(
            office.zhang,
            Opening(
                item_version=office.items[way],
                title=f"拒不改正进货查验违法行为案 {number}",
                source="inspection",
                source_note="",
                party=PartyDraft("business", f"鲜味园 {way} {number} 店", "", "", "", "", ""),
            ),
        )
        await _submit(office.zhang, case, {"facts": "群众反映", "checked_on": "2026-05-12"})
        await _submit(
            office.chief,
            case,
            {"outcome": "立案", "basis": "第五十四条"},
            (Choice(office.zhang.person), Choice(office.second)),
        )
        html = (await asker.get(f"/cases/{case}")).decode()
        action = re.search(r'action="(/cases/\d+/steps/\d+)"', html)
        assert action is not None
        fields = {name: _hidden(html, name) for name in ("version", "token")}
        office.ready.setdefault(way, []).append((case, action[1], fields))


async def _submit(
    actor: Actor, case: int, raw: dict[str, str], officers: tuple[Choice, ...] = ()
) -> None:
    async with db.transaction(actor.scope):
        file = await load_case(actor.scope, case)
    assert file is not None
    assert file.open_visit is not None
    visit = file.open_visit
    await submit_step(actor, case, Posting(visit["id"], visit["version"], raw, officers=officers))


def _hidden(html: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    assert found is not None, name
    return found[1]


async def _click(office: Bureau, asker: Asker, way: str) -> int:
    case, action, fields = office.ready[way].pop()
    await asker.post(action, {**fields, "act": "submit", **VALUES})
    if asker.status != 303:
        raise RuntimeError(f"{action} answered {asker.status}")
    return case


async def _lamp_in_answer(office: Bureau) -> bool:
    """Whether the answer says red, the alarm is committed, and the next page shows the lamp."""
    asker = Asker(office.app, office.browser)
    case = await _click(office, asker, "twelve")
    cookie = re.match(rf"{FLASH}=\"?([^;\"]+)", asker.header("set-cookie"))
    said = sealing.unsign(platform_of(office.app).settings, cookie[1], 60) if cookie else []
    async with db.transaction(WIDE):
        alarms = await db.value("select count(*) from inspection_alarm where case_id = $1", case)
    page = (await asker.get(f"/cases/{case}")).decode()
    return "报了红灯" in str(said) and alarms == 1 and "jd-lamp--red" in page


async def _measure(url: str, template: str, rounds: int, times: int) -> list[Number]:
    registry = build(list(PLUGINS))
    async with database(url, template):
        office = await _bureau(registry)
        for way in office.items:
            await _prepare(office, way, rounds * times + 6)
        if not await _lamp_in_answer(office):
            raise RuntimeError("the answer does not show the alarm")
        asker = Asker(office.app, office.browser)
        for _ in range(4):
            await _click(office, asker, "twelve")
            await _click(office, asker, "none")
        race = Race(
            {
                "twelve": lambda: _click(office, asker, "twelve"),
                "none": lambda: _click(office, asker, "none"),
            },
            rounds,
            times=times,
            pids=await backends(),
        )
        cost = await race.run()
        async with db.transaction(WIDE):
            missing = await db.value(
                "select count(*) from cases_case c where c.item = 901 and c.step <> 'inquiry'"
                " and not exists (select 1 from inspection_alarm a where a.case_id = c.id)"
            )
        if missing:
            raise RuntimeError(f"{missing} submissions without their alarm")
    twelve, none = cost["twelve"], cost["none"]
    return [
        Number(
            NAME,
            "提交一个环节并报红灯，12 个监察点 : 没有监察点（网页进程）",
            race.ratio("twelve", "none"),
            "×",
            1.5,
            note=f"{twelve.own / 1000:.1f} : {none.own / 1000:.1f} ms；应答页带灯，报警已提交",
        ),
        Number(
            NAME,
            "同上，连同数据库进程",
            race.ratio("twelve", "none", whole=True),
            "×",
            note=f"{twelve.whole / 1000:.1f} : {none.whole / 1000:.1f} ms",
        ),
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """The price of being watched."""
    before = (host.BUDGET_SECONDS, host.STATEMENT_MS, gates.CHECK_SECONDS, gates.STATEMENT_MS)
    host.BUDGET_SECONDS, host.STATEMENT_MS = 60.0, 10_000
    gates.CHECK_SECONDS, gates.STATEMENT_MS = 60.0, 10_000
    try:
        with server() as (url, template):
            found: list[Number] = run(_measure(url, template, 6 if quick else 20, 2))
            return found
    finally:
        host.BUDGET_SECONDS, host.STATEMENT_MS, gates.CHECK_SECONDS, gates.STATEMENT_MS = before
