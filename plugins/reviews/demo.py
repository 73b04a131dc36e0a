# SPDX-License-Identifier: Apache-2.0
"""A review of 磴口县's closed cases, through the services: drawn, scored, told, put right, learned."""

from datetime import datetime, time, timedelta

from core.api import clock
from core.api.access import Visitor
from core.api.db import row, rows, transaction, value
from core.api.demo import DemoContext
from plugins.reviews.forms import ApproveForm, CheckForm, PlanForm, TemplateForm, TypicalForm
from plugins.reviews.queries.lists import OWN_SHEET
from plugins.reviews.rules.scoring import Item, Mark, items_of
from plugins.reviews.samples import SAMPLE
from plugins.reviews.services import answering, planning, scoring, typical

BUREAU, HELPER, BODY = "zhaojianguo", "baolixin", "wuyunna"
NAME = "行政处罚案卷评查标准"
LESSON = TypicalForm(
    "warn",
    "决定书送达回证没有入卷案",
    "某执法单位查处食品经营者未履行进货查验义务一案，事实清楚、裁量适当，决定书当场交给当事人，"
    "当事人当场签名。卷内有决定书，没有送达回证，签名写在决定书的底稿上。",
    "送达没有回证，无法证明送达的日期，复议和诉讼的期限、催告和申请强制执行的期限都无从起算。",
    "决定书送达必须使用送达回证，由受送达人写明收到的日期并签名；拒收的按留置送达办理，全程录像。"
    "回证装订在决定书后面。",
)


class _Review:
    def __init__(self, context: DemoContext, visitors: dict[str, Visitor]) -> None:
        self.context = context
        self.bureau, self.helper = visitors[BUREAU], visitors[HELPER]
        self.body = visitors.get(BODY)
        self.plan = 0

    async def announce(self) -> None:
        """The scoring table and the plan."""
        async with transaction(self.bureau.scope):
            if await value("select 1 from reviews_plan limit 1"):
                return
            able = dict(await planning.reviewers_in(self.bureau.region.lo))
        if not {self.bureau.person_id, self.helper.person_id} <= able.keys():
            return
        template = await planning.publish_template(
            self.bureau, TemplateForm(NAME, SAMPLE, "penalty")
        )
        today = clock.today()
        self.plan = await planning.announce_plan(
            self.bureau,
            PlanForm(
                f"{today.year}年下半年行政处罚案卷评查",
                template,
                today - timedelta(days=300),
                today,
                "福利彩票双色球当日开奖号码 03 07 12 19 24 31 + 08",
                2,
                10,
                [self.bureau.person_id, self.helper.person_id],
            ),
        )

    async def draw(self) -> None:
        """Only when something has been closed: a short demo has no year."""
        if not self.plan:
            return
        async with transaction(self.bureau.scope):
            it = await row("select since, until from reviews_plan where id = $1", self.plan)
            there = it and await planning.population_of(
                self.bureau.scope, it["since"], it["until"], "penalty"
            )
        if there:
            await planning.draw_sample(self.bureau, self.plan)
        else:
            self.plan = 0

    async def score(self) -> None:
        """Both reviewers, each for himself; what events decide is taken over."""
        if not self.plan:
            return
        for at, who in enumerate((self.bureau, self.helper)):
            async with transaction(OWN_SHEET):
                sheets = await rows(
                    "select s.id, d.case_id, t.items from reviews_sheet s join reviews_drawn d"
                    " on d.id = s.drawn join reviews_plan p on p.id = d.plan"
                    " join reviews_template t on t.id = p.template"
                    " where p.id = $1 and s.person = $2 and s.handed_at is null order by s.id",
                    self.plan,
                    who.person_id,
                )
            for number, sheet in enumerate(sheets):
                items = items_of(sheet["items"])
                marks = await self._marks(sheet["case_id"], items, number, at)
                await scoring.hand_in(who, sheet["id"], marks, "卷宗完整，要点清楚。" if at else "")

    async def _marks(self, case: int, items: list[Item], number: int, at: int) -> dict[str, Mark]:
        proposed = await scoring.proposed(case, items)
        marks = {key: mark for key, (mark, _) in proposed.items() if mark.lost}
        if number % 3 != 2:
            last = items[-1]
            marks[last.key] = Mark(1 + at, "送达回证没有装订在决定书后面", f"第 {18 + number} 页")
        return marks

    async def tell(self) -> None:
        """Results to the bodies, once every case has its score."""
        if not self.plan:
            return
        async with transaction(self.bureau.scope):
            left = await value(
                "select count(*) from reviews_drawn where plan = $1 and score is null", self.plan
            )
        if not left:
            await answering.tell_results(self.bureau, self.plan)

    async def put_right(self) -> None:
        """One body answers, and the bureau looks again."""
        if not self.plan or self.body is None:
            return
        async with transaction(self.body.scope):
            mine = await rows(
                "select id from reviews_drawn where told and score < 10000 order by id limit 2"
            )
        for at, each in enumerate(mine):
            await answering.rectify(
                self.body, each["id"], "已重新装订案卷，补齐送达回证，见卷内第 19 页。"
            )
            if at == 0:
                await answering.check_rectified(
                    self.bureau, each["id"], CheckForm("passed", "已核对原卷。")
                )

    async def learn(self) -> None:
        """The scores stand, and one case is written down for everybody."""
        if not self.plan:
            return
        async with transaction(self.bureau.scope):
            it = await row("select state from reviews_plan where id = $1", self.plan)
            first = await value("select min(id) from reviews_drawn where plan = $1", self.plan)
        if not it or it["state"] != "told":
            return
        await answering.confirm_plan(self.bureau, self.plan)
        made = await typical.write_typical(self.bureau, first, LESSON)
        await typical.decide_typical(self.helper, made, ApproveForm("publish", checked=True))


async def plan_review(context: DemoContext) -> None:
    """Plan the acts of one review over the last weeks of the year."""
    visitors: dict[str, Visitor] = context.shared.get("core.visitors", {})
    if BUREAU not in visitors or HELPER not in visitors:
        return
    review = _Review(context, visitors)

    def on(days: int, hour: int) -> datetime:
        day = context.workday(context.today - timedelta(days=days))
        return datetime.combine(day, time(hour), clock.SHANGHAI)

    for days, hour, act in (
        (40, 9, review.announce),
        (35, 10, review.draw),
        (28, 15, review.score),
        (21, 9, review.tell),
        (12, 11, review.put_right),
        (5, 15, review.learn),
    ):
        context.plan(on(days, hour), act)
