# SPDX-License-Identifier: Apache-2.0
"""The demo's supervision in one county: a matter on every rung, a campaign drawn, a programme.

Everything happens through the services on the days it says; what lies in the future of the
seeding has simply not happened yet.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.api import clock
from core.api.db import Scope, row, rows, transaction, value
from core.api.demo import DemoContext
from core.api.errors import Conflict, Invalid, NotFound, Refused
from core.api.people import enter_person
from plugins.supervision.rules.programme import Deliverable, Stage
from plugins.supervision.rules.transfer import NOTHING_MORE, Details
from plugins.supervision.services import (
    campaigns,
    checking,
    issuing,
    opening,
    programmes,
    registers,
    serving,
    transfers,
)
from plugins.supervision.services.base import Actor, acting, items_of

OFFICE = Scope.platform("demo data: what supervision needs to know of the demo's offices")
NAMES = ("乌日娜", "陈志强", "白音")
LANE = "supervision"

Act = Callable[[], Awaitable[object]]


@dataclass
class Story:
    """One matter of the demo: when, about whom, from what, and the days of its acts."""

    ago: int
    title: str
    trigger: str
    source: str
    link: str
    facts: str
    items: tuple[str, ...]
    sign: int = -1
    answer: int = -1
    check: int = -1
    close: int = -1
    rungs: tuple[tuple[str, int], ...] = ()
    """Further documents and the day after the opening they are issued on."""


STORIES = (
    Story(
        95,
        "小作坊重复检查问题个案监督",
        "media",
        "河套融媒《一个月被查六次》",
        "https://news.example.cn/hetao/202608",
        "经查，你单位所属大队一个月内对同一小作坊检查六次，其中四次没有检查计划，检查结果没有公示。",
        ("检查没有列入年度计划", "检查结果没有公示"),
        sign=2,
        answer=12,
        check=15,
        close=17,
    ),
    Story(
        80,
        "拒不答复监督通知书系列问题",
        "lawsuit",
        "（2026）内0822行初7号行政判决书",
        "",
        "该案一审判决撤销处罚决定，认定告知程序缺失。经查，同类案件另有三件没有告知陈述申辩权。",
        ("三件案件没有告知陈述申辩权", "没有开展案件自查"),
        rungs=(("urge", 24), ("opinion", 33)),
    ),
    Story(
        20,
        "行政复议撤销案件个案监督",
        "reconsideration",
        "磴政复决〔2026〕11号",
        "",
        "经查，复议机关以适用依据错误撤销了该处罚决定，你单位没有按复议决定重新处理。",
        ("没有在期限内重新作出处理",),
        sign=1,
    ),
    Story(
        4,
        "当场处罚没有给收据问题",
        "complaint",
        "群众电话投诉登记第26号",
        "",
        "经查，你单位执法人员当场收缴罚款，没有出具省级财政部门统一制发的专用票据。",
        ("当场收缴罚款没有出具专用票据",),
    ),
)


@dataclass
class County:
    """Who plays."""

    context: DemoContext
    bureau: Actor
    office: Actor | None
    bodies: dict[int, Actor]
    team: list[int]

    def on(self, ago: int, act: Act, hour: int = 10) -> None:
        """Plan an act ``ago`` days before today; what has become impossible is let be."""

        async def attempt() -> None:
            with suppress(Refused, Conflict, Invalid, NotFound, KeyError):
                await act()

        day = self.context.workday(self.context.today - timedelta(days=ago))
        moment = datetime.combine(day, time(hour, ago % 50), clock.SHANGHAI)
        self.context.plan(moment, attempt, lane=LANE)


async def play_supervision(context: DemoContext) -> None:
    """Plan the county's supervision; with matters already there, nothing."""
    async with transaction(OFFICE):
        if await value("select exists (select 1 from supervision_inspector)"):
            return
    visitors = context.shared["core.visitors"]
    who = visitors.get("zhaojianguo")
    if who is None:
        return
    bureau = await acting(who)
    if not bureau.organ:
        return
    bodies = {
        each.organisation.id: await acting(each)
        for each in visitors.values()
        if each.role in ("dept_supervisor", "legal_office", "body_admin")
        and each.organisation is not None
        and who.region.lo <= each.region.lo <= who.region.hi
    }
    office = next((each for each in visitors.values() if each.role == "justice_office"), None)
    county = County(context, bureau, await acting(office) if office else None, bodies, [])
    await _ready(county)
    for story in STORIES:
        _tell(county, story)
    _campaign(county)
    _programme(county)
    if bodies:
        _transfer(county, next(iter(bodies.values())))


async def _ready(county: County) -> None:
    """Supervisors with cards, what supervision rests on, the office's own duties."""
    until = county.context.today + timedelta(days=800)
    for name in NAMES:
        async with transaction(OFFICE):
            person = await enter_person(name, county.bureau.organ)
        card = f"蒙L{person.id:07}"
        await registers.enter_inspector(county.bureau, person.id, card, until)
        county.team.append(person.id)
    for number, title, issuer, day in (
        (
            "内司办发〔2023〕12号",
            "关于继续推进行政执法协调监督试点工作的通知",
            "内蒙古自治区司法厅",
            None,
        ),
        (
            "内司通〔2022〕49号",
            "关于开展行政执法协调监督试点工作的通知",
            "内蒙古自治区司法厅",
            None,
        ),
    ):
        await registers.enter_basis(county.bureau, number, title, issuer, day)
    if county.office is not None:
        for title, content, way, liability in (
            (
                "监督综合执法局落实三项制度",
                "systems",
                "日常检查，每季度一次",
                "发现问题三日内制发通知书",
            ),
            ("核查执法人员资格", "people", "核对证件和名册", "每半年报县司法局"),
        ):
            await registers.add_duty(county.office, title, content, way, liability, None)


async def _body(county: County, n: int) -> int:
    chosen = sorted(county.bodies)
    return chosen[n % len(chosen)] if chosen else 0


def _tell(county: County, it: Story) -> None:
    made: dict[str, int] = {}

    def draft(kind: str) -> issuing.Draft:
        return issuing.Draft(
            kind,
            it.facts,
            "请逐项整改，并附证明材料书面答复。",
            "《中华人民共和国行政处罚法》第三十九条、第四十四条",
            "correct" if kind == "decision" else "",
            it.items,
            "乌日娜 0478-4212345",
        )

    async def begin() -> None:
        body = await _body(county, it.ago)
        made["matter"] = await opening.open_matter(
            county.bureau,
            opening.Opening(
                "individual",
                it.title,
                body,
                ["conduct"],
                county.team[:2],
                trigger=it.trigger,
                source=it.source,
                link=it.link,
            ),
        )
        made["body"] = body
        made["paper"] = await issuing.issue(county.bureau, made["matter"], draft("notice"))

    async def sign() -> None:
        await serving.sign(county.bodies[made["body"]], made["paper"])

    async def answer() -> None:
        async with transaction(OFFICE):
            listed = await items_of(made["matter"])
        await serving.reply(
            county.bodies[made["body"]],
            made["paper"],
            "收到通知书后逐项核对，已经完成整改，证明材料随附。",
            {each["id"]: "已经补正，并开展自查。" for each in listed},
        )

    async def check() -> None:
        async with transaction(OFFICE):
            listed = await items_of(made["matter"])
        await checking.check(
            county.bureau, made["matter"], {each["id"]: "passed" for each in listed}, {}
        )

    async def close() -> None:
        await checking.close(county.bureau, made["matter"], "问题已经全部整改，经现场核实。")

    county.on(it.ago, begin)
    for after, act in ((it.sign, sign), (it.answer, answer), (it.check, check), (it.close, close)):
        if 0 <= after <= it.ago:
            county.on(it.ago - after, act, 15)
    for kind, after in it.rungs:

        async def climb(kind: str = kind) -> None:
            made["paper"] = await issuing.issue(county.bureau, made["matter"], draft(kind))

        county.on(it.ago - after, climb, 15)


def _campaign(county: County) -> None:
    made: dict[str, int] = {}

    async def plan() -> None:
        begins = clock.today()
        made["id"] = await campaigns.plan(
            county.bureau,
            campaigns.Plan(
                "涉企行政检查专项监督",
                "全县有涉企检查事项的执法单位，近一年的检查活动。",
                ["conduct", "systems"],
                "检查事项是否公布\n检查频次是否超过年度上限\n是否出示证件、扫码入企\n检查结果是否公示",
                begins,
                begins + timedelta(days=60),
            ),
        )
        async with transaction(county.bureau.scope):
            bodies = [key for key, _ in await opening.bodies_for(county.bureau)]
        await campaigns.set_lists(county.bureau, made["id"], bodies, county.team)

    async def seal() -> None:
        async with transaction(OFFICE):
            found = await row(
                "select count(*) as n from supervision_entry where campaign = $1 and role = 'object'",
                made["id"],
            )
        assert found is not None
        await campaigns.seal(
            county.bureau,
            made["id"],
            min(2, found["n"]),
            2,
            "抽取前一晚福彩双色球开奖号码",
            clock.today() + timedelta(days=6),
        )

    async def draw() -> None:
        await campaigns.draw(county.bureau, made["id"], "03 08 14 19 22 31+06")
        async with transaction(OFFICE):
            found = await rows(
                "select id, checklist from supervision_matter where campaign = $1 order by id limit 1",
                made["id"],
            )
        for each in found:
            results = {line["key"]: "ok" for line in each["checklist"]}
            results["c4"] = "problem"
            await campaigns.note_findings(
                county.bureau, each["id"], results, {"c4": "两次检查的结果没有公示"}
            )

    county.on(36, plan)
    county.on(30, seal)
    county.on(23, draw)


def _programme(county: County) -> None:
    made: dict[str, int] = {}

    async def publish() -> None:
        begins = clock.today()
        middle, ends = begins + timedelta(days=100), begins + timedelta(days=140)
        made["id"] = await programmes.publish(
            county.bureau,
            programmes.Plan(
                "苏木镇行政执法协调监督工作方案",
                begins,
                ends,
                [
                    Stage("推进实施", begins, middle),
                    Stage("总结提升", middle + timedelta(days=1), ends),
                ],
                [
                    ("progress", Deliverable("半程进展", begins + timedelta(days=45), 0)),
                    ("summary", Deliverable("试点工作总结", middle + timedelta(days=2), 1)),
                ],
                "各司法所做好与综合执法机构的协调对接，按职责开展协调监督。",
            ),
        )

    async def hand_in() -> None:
        if county.office is None:
            return
        async with transaction(OFFICE):
            asked = await row(
                "select id from supervision_deliverable where programme = $1 order by due_on limit 1",
                made["id"],
            )
        assert asked is not None
        await programmes.hand_in(
            county.office,
            made["id"],
            asked["id"],
            "progress",
            "已经与镇综合执法局建立联络，抽查案卷六件，发出通知书一份。",
            None,
        )

    county.on(60, publish)
    county.on(20, hand_in)


def _transfer(county: County, body: Actor) -> None:
    made: dict[str, int] = {}

    async def report() -> None:
        made["id"] = await transfers.report(
            body,
            "销售假冒注册商标的商品案",
            "",
            "销售假冒注册商标的商品罪",
            "查获假冒注册商标的白酒货值二十余万元，超过刑事立案追诉标准。",
            ["张海龙", "斯琴高娃"],
        )

    def step(act: str, details: Details = NOTHING_MORE) -> Act:
        return lambda: transfers.step(body, made["id"], act, "", details)

    county.on(12, report)
    county.on(11, step("approve"), 11)
    sent = Details("磴市监移〔2026〕2号", "磴口县公安局", ("letter", "report", "goods"))
    county.on(11, step("send", sent), 16)
