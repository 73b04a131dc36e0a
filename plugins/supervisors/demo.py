# SPDX-License-Identifier: Apache-2.0
"""A dozen volunteers of 磴口县 and 环翠区, one at every place of the road; through services only."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from PIL import Image, ImageDraw

from core.api import clock
from core.api.accounts import create_account, grant_role
from core.api.db import Interval, Scope, transaction, value
from core.api.demo import DemoContext
from core.api.documents import Paper, Paragraph, pdf
from core.api.files import Received, again, receive
from core.api.people import add_person
from core.api.regions import RegionRow, region_by_code
from plugins.supervisors.forms import (
    ApplyForm,
    AppointForm,
    CommendForm,
    DecisionForm,
    DismissForm,
    InviteForm,
    ObjectionForm,
    RecusalForm,
    ReportAnswerForm,
    ReportForm,
    RequestDecisionForm,
)
from plugins.supervisors.queries.applications import newest_of, notice_of
from plugins.supervisors.queries.terms import current_term, requests_of
from plugins.supervisors.rules.words import DECLARATIONS
from plugins.supervisors.services import (
    applying,
    appointing,
    conduct,
    deciding,
    ending,
    publicity,
    reporting,
    requests,
)
from plugins.supervisors.services.applying import Papers
from plugins.supervisors.services.base import Actor

OFFICE = Scope.platform("demo data: volunteers of two counties")
PASSWORD = "Jiandu2026"  # noqa: S105 - the one password all demo accounts share
PASS = DecisionForm("pass")
ROAD = 8
"""Working days from the application to the appointment: two for the bureau, five of 公示."""


@dataclass(frozen=True)
class Volunteer:
    """Somebody of the demo. Numbers pass every check and belong to nobody."""

    name: str
    number: str
    source: str
    industry: str
    employer: str
    region: str
    route: str = "self"
    unit: str = ""
    qualified: bool = False
    login: str = ""
    phone: str = "13947820000"

    @property
    def sex(self) -> str:
        return "男" if int(self.number[16]) % 2 else "女"

    @property
    def born(self) -> date:
        return date(int(self.number[6:10]), int(self.number[10:12]), int(self.number[12:14]))


DENGKOU, HUANCUI = "150822", "371002"
PEOPLE: dict[str, Volunteer] = {
    each.name: each
    for each in (
        Volunteer(
            "张敏", "150822198504127621", "lawyer", "法律服务", "内蒙古黄河律师事务所",
            DENGKOU, "invited", qualified=True, login="zhangmin",
        ),
        Volunteer(
            "巴特尔", "150822197608153619", "grassroots", "农牧业", "沙金套海苏木巴音毛道嘎查",
            DENGKOU,
        ),
        Volunteer(
            "李秀英", "15082219790322482X", "deputy", "教育", "磴口县第一完全中学", DENGKOU,
            "unit", "磴口县人大常委会办公室",
        ),
        Volunteer(
            "陈志强", "15082219691105001X", "business", "商贸流通", "磴口县鑫源商贸公司", DENGKOU
        ),
        Volunteer(
            "王淑芬", "150822199002180021", "association", "餐饮住宿", "磴口县餐饮行业协会",
            DENGKOU, login="wangshufen",
        ),
        Volunteer(
            "宝力德", "150822198807191233", "group", "社会服务", "磴口县残疾人联合会", DENGKOU,
            "unit", "磴口县残疾人联合会",
        ),
        Volunteer(
            "赵雅琴", "150822198301063349", "media", "新闻媒体", "磴口县融媒体中心", DENGKOU
        ),
        Volunteer(
            "孙国庆", "150822197110017716", "business", "建筑", "磴口县恒泰建筑公司", DENGKOU
        ),
        Volunteer(
            "郑玉兰", "150822198606301221", "lawyer", "法律服务", "内蒙古三盛律师事务所", DENGKOU,
            qualified=True,
        ),
        Volunteer(
            "何建军", "150822199409092517", "other", "交通运输", "", DENGKOU
        ),
        Volunteer(
            "姜晓东", "371002198212114418", "expert", "环境保护", "哈尔滨工业大学（威海）",
            HUANCUI, "unit", "哈尔滨工业大学（威海）", phone="13863100000",
        ),
        Volunteer(
            "丛丽", "371002199105236924", "member", "医疗卫生", "环翠区人民医院", HUANCUI,
            phone="13863100000",
        ),
        Volunteer(
            "毕文涛", "371002197707148818", "association", "制造业", "环翠区渔具行业协会",
            HUANCUI, phone="13863100000",
        ),
    )
}  # fmt: skip


def portrait(number: int) -> bytes:
    """A drawn head and shoulders: invented people have no photo."""
    grounds = ("#8fb8c4", "#c4a98f", "#a8b89a", "#b8a3c4", "#c4b78f", "#9aaec4")
    picture = Image.new("RGB", (420, 588), grounds[number % len(grounds)])
    draw = ImageDraw.Draw(picture)
    draw.ellipse((120, 120, 300, 345), fill="#eef5f7")
    draw.ellipse((30, 375, 390, 900), fill="#dfeaee")
    draw.pieslice((110, 95, 310, 320), 180, 360, fill="#3a4a52")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


@dataclass
class Stage:
    """The two counties with their bureaus, and the papers that are handed in."""

    context: DemoContext
    regions: dict[str, RegionRow]
    bureaus: dict[str, Actor]
    photos: list[Received]
    stamped: Received

    def bureau(self, one: Volunteer) -> Actor:
        return self.bureaus[one.region]

    async def papers(self, one: Volunteer) -> Papers:
        number = list(PEOPLE).index(one.name)
        photo = await again(self.photos[number % len(self.photos)], f"{one.name}.jpg")
        paper = await again(self.stamped, "单位推荐表.pdf") if one.route == "unit" else None
        return Papers(photo, paper)

    async def person(self, one: Volunteer) -> int:
        async with transaction(OFFICE):
            return int(
                await value(
                    "select person from supervisors_application where name = $1"
                    " order by id desc limit 1",
                    one.name,
                )
            )

    async def own(self, one: Volunteer) -> Actor:
        """The volunteer, as he signs in."""
        person = await self.person(one) if one.login == "" else await self._known(one)
        area = self.regions[one.region]
        async with transaction(OFFICE):
            user = await value(
                "select id from core_user where person = $1 order by id limit 1", person
            )
        scope = Scope(
            Interval(area.lo, area.hi), Interval(1, 0), person=person, actor=int(user or 0)
        )
        return Actor(scope, int(user or 0), person, one.name, area.lo, frozenset())

    async def _known(self, one: Volunteer) -> int:
        async with transaction(OFFICE):
            return int(await value("select person from core_user where login = $1", one.login))

    async def application(self, one: Volunteer) -> int:
        async with transaction(OFFICE):
            found = await newest_of(await self.person(one))
        assert found is not None
        return int(found["id"])

    async def term(self, one: Volunteer) -> dict[str, Any]:
        async with transaction(OFFICE):
            found = await current_term(await self.person(one), clock.today())
        assert found is not None
        return found

    # -- the acts ------------------------------------------------------------------------------

    async def apply(self, one: Volunteer) -> None:
        given: dict[str, Any] = {
            "region": self.regions[one.region].id,
            "name": one.name,
            "id_number": one.number,
            "sex": one.sex,
            "birth_date": one.born,
            "source": one.source,
            "industry": one.industry,
            "employer": one.employer,
            "phone": one.phone,
            "legal_qualified": one.qualified,
            "declared": list(DECLARATIONS),
        }
        papers = await self.papers(one)
        if one.route == "invited":
            form = InviteForm(**given, login=one.login)
            await applying.enter_invited(self.bureau(one), form, papers)
            return
        given |= {"password": PASSWORD, "again": PASSWORD}
        own = ApplyForm(
            **given,
            route="unit" if one.route == "unit" else "self",
            recommending_unit=one.unit,
            agreed=True,
        )
        if one.login:
            await applying.apply_again(await self.own(one), own, papers)
        else:
            await applying.apply(own, papers)

    async def screen(self, one: Volunteer) -> None:
        await deciding.screen(self.bureau(one), await self.application(one), PASS)

    async def review(self, one: Volunteer) -> None:
        await deciding.review(self.bureau(one), await self.application(one), PASS)

    async def appoint(self, one: Volunteer) -> None:
        application = await self.application(one)
        async with transaction(OFFICE):
            found = await newest_of(await self.person(one))
            assert found is not None
            starts = await appointing.first_day(found)
        await appointing.appoint(self.bureau(one), application, AppointForm(starts))

    # -- the calendar --------------------------------------------------------------------------

    def morning(self, before: int) -> datetime:
        """A working morning some working days ago."""
        day = self.context.workday_before(self.context.today, before)
        return datetime.combine(day, time(9, 20), clock.SHANGHAI)

    def plan(
        self, before: int, act: Callable[[Volunteer], Awaitable[None]], one: Volunteer
    ) -> None:
        async def done() -> None:
            await act(one)

        self.context.plan(self.morning(before), done)

    def road(self, one: Volunteer, before: int, until: str) -> None:
        """The steps of one application, the first ``before`` working days ago."""
        steps = (("apply", 0), ("screen", 1), ("review", 2), ("appoint", ROAD + 1))
        for name, after in steps:
            self.plan(before - after, getattr(self, name), one)
            if name == until:
                return


async def plan_supervisors(context: DemoContext) -> None:
    """Have everybody of ``PEOPLE`` stand somewhere on the road today."""
    async with transaction(OFFICE):
        seeded = await value("select 1 from supervisors_application limit 1")
        if seeded:
            for code in (DENGKOU, HUANCUI):
                area = await region_by_code(code)
                if area is not None:
                    _list_accounts(context, code, area.name)
    if seeded:
        return
    stage = await _stage(context)
    if stage is None:
        return
    await _open_listed(stage)
    who = PEOPLE
    # Long ago: a term that has run out, and one that ends soon.
    await _long_ago(stage, who["陈志强"], timedelta(days=940))
    await _long_ago(stage, who["李秀英"], timedelta(days=695))
    context.plan(stage.morning(40), _nightly)
    context.plan(stage.morning(7), _nightly)
    for name, before in (("张敏", 190), ("巴特尔", 150), ("姜晓东", 170), ("毕文涛", 160)):
        stage.road(who[name], before, "appoint")
    stage.road(who["王淑芬"], 1, "apply")
    stage.road(who["宝力德"], 3, "screen")
    stage.road(who["赵雅琴"], 4, "review")
    stage.road(who["孙国庆"], 6, "review")
    stage.road(who["郑玉兰"], 12, "review")
    stage.road(who["何建军"], 20, "apply")
    stage.road(who["丛丽"], 5, "review")
    _what_happened(stage)


async def _stage(context: DemoContext) -> Stage | None:
    async with transaction(OFFICE):
        regions = {code: await region_by_code(code) for code in (DENGKOU, HUANCUI)}
    known = {code: area for code, area in regions.items() if area is not None}
    bureaus = {
        code: Actor.of(each)
        for code, area in known.items()
        for each in context.shared.get("core.visitors", {}).values()
        if each.role == "supervision_bureau" and each.region.id == area.id
    }
    if len(bureaus) < len(regions):
        return None
    photos = [
        await receive(portrait(number), f"照片{number}.jpg", kinds=("photo",))
        for number in range(6)
    ]
    sheet = Paper(
        "行政执法社会监督员单位推荐表",
        (Paragraph("经研究，推荐该同志为行政执法社会监督员人选。"),),
        signed=("推荐单位（盖章）",),
    )
    stamped = await receive(await pdf(sheet), "单位推荐表.pdf", kinds=("document",))
    return Stage(context, known, bureaus, photos, stamped)


async def _open_listed(stage: Stage) -> None:
    """The accounts printed at the start; their password is as old as this seeding."""
    for one in PEOPLE.values():
        if not one.login:
            continue
        area = stage.regions[one.region]
        async with transaction(OFFICE):
            person = await add_person(
                one.name,
                region=area.id,
                id_number=one.number,
                phone=one.phone,
                sex=one.sex,
                birth_date=one.born,
            )
        with clock.frozen(stage.context.now):
            user = await create_account(
                one.login, one.name, person=person.id, password=PASSWORD, demo=True
            )
        if one.route != "invited":
            with clock.frozen(stage.morning(1)):
                await grant_role(user, "applicant", region=area.id)
    for code, area in stage.regions.items():
        _list_accounts(stage.context, code, area.name)


def _list_accounts(context: DemoContext, code: str, place: str) -> None:
    """Put the accounts of a region on the printed list, also when an earlier seeding made them."""
    for one in PEOPLE.values():
        if one.login and one.region == code:
            title = "社会监督员" if one.route == "invited" else "申请人"
            context.account(one.login, PASSWORD, title, name=one.name, place=place)


async def _long_ago(stage: Stage, one: Volunteer, ago: timedelta) -> None:
    """A term that began before the played year."""
    start = datetime.combine(stage.context.today - ago, time(10), clock.SHANGHAI)
    with clock.frozen(start):
        await stage.apply(one)
        await stage.screen(one)
        await stage.review(one)
        async with transaction(OFFICE):
            notice = await notice_of(await stage.application(one))
    assert notice is not None
    with clock.frozen(notice["ends_at"] + timedelta(hours=10)):
        await stage.appoint(one)


async def _nightly() -> None:
    async with transaction(OFFICE):
        await ending.expire_terms()
        await ending.remind_of_end()


def _what_happened(stage: Stage) -> None:
    """What terms are made of: praise, recusal, a report, requests, an objection."""
    who, context = PEOPLE, stage.context

    async def commend(one: Volunteer) -> None:
        term = await stage.term(one)
        form = CommendForm("2026年度优秀社会监督员", "参加联合检查 9 次，提出建议 14 条。")
        await conduct.commend(stage.bureau(one), term["id"], form)

    async def recuse(one: Volunteer) -> None:
        offices: dict[str, int] = context.shared["core.organisations"]
        form = RecusalForm(
            relation="workplace",
            organisation=offices.get("dk-mzj"),
            text="所在律所担任县民政局法律顾问。",
        )
        await conduct.declare_recusal(await stage.own(one), form)

    async def report(one: Volunteer) -> None:
        visitor = context.shared["core.visitors"]["wuyunna"]
        async with transaction(OFFICE):
            number = await value("select number from supervisors_card where name = $1", one.name)
        form = ReportForm(
            str(number),
            "power",
            clock.today(),
            "检查餐饮店时，未经执法人员同意进入后厨翻看账本，当事人当场提出异议。",
        )
        await reporting.file_report(Actor.of(visitor), form, None)

    async def answer(one: Volunteer) -> None:
        async with transaction(OFFICE):
            found = await value(
                "select id from supervisors_report where supervisor_name = $1", one.name
            )
        form = ReportAnswerForm(
            "founded", "经向双方和店主核实，情况属实，已谈话提醒。", propose=True
        )
        await reporting.answer_report(stage.bureau(one), int(found), form)

    async def ask_renewal(one: Volunteer) -> None:
        await requests.file_request(await stage.own(one), "renewal", "愿意继续为群众监督。")

    async def resign(one: Volunteer) -> None:
        await requests.file_request(await stage.own(one), "resignation", "调往外地工作。")

    async def let_go(one: Volunteer) -> None:
        term = await stage.term(one)
        async with transaction(OFFICE):
            asked = (await requests_of(term["id"]))[0]
        form = RequestDecisionForm("pass", "同意", last_day=clock.today())
        await requests.decide_request(stage.bureau(one), asked["id"], form)

    async def object_to(one: Volunteer) -> None:
        async with transaction(OFFICE):
            notice = await notice_of(await stage.application(one))
        assert notice is not None
        form = ObjectionForm("他的公司去年因围挡占道被罚过款，请核实是否符合条件。", "附近居民")
        await publicity.object_to(notice["id"], form)

    async def refuse(one: Volunteer) -> None:
        form = DecisionForm("reject", "申报的工作单位无法核实，可以补充材料后重新申请")
        await deciding.screen(stage.bureau(one), await stage.application(one), form)

    async def dismiss(one: Volunteer) -> None:
        term = await stage.term(one)
        form = DismissForm("property", "收受被检查单位购物卡两张，本人承认并已退还。")
        await ending.dismiss(stage.bureau(one), term["id"], form)

    stage.plan(60, commend, who["张敏"])
    stage.plan(40, recuse, who["张敏"])
    stage.plan(18, report, who["巴特尔"])
    stage.plan(9, answer, who["巴特尔"])
    stage.plan(4, ask_renewal, who["李秀英"])
    stage.plan(50, resign, who["毕文涛"])
    stage.plan(45, let_go, who["毕文涛"])
    stage.plan(70, dismiss, who["姜晓东"])
    stage.plan(2, object_to, who["孙国庆"])
    stage.plan(17, refuse, who["何建军"])
