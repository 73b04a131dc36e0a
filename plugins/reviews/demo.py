# SPDX-License-Identifier: Apache-2.0
"""A review of 磴口县's closed cases and an evaluation of its bodies, through the services."""

from datetime import datetime, time, timedelta

from core.api import clock
from core.api.access import Visitor
from core.api.db import row, rows, transaction, value
from core.api.demo import DemoContext
from plugins.reviews.forms import (
    ApproveForm,
    CheckForm,
    EvaluationForm,
    PlanForm,
    RulingForm,
    SchemeForm,
    ScoreForm,
    TemplateForm,
    TypicalForm,
)
from plugins.reviews.queries.evaluations import evaluation_of, units_of
from plugins.reviews.queries.lists import OWN_SHEET
from plugins.reviews.rules.evaluating import (
    THEMES,
    Deduction,
    indicators_of,
    proposed,
    without_absent,
)
from plugins.reviews.rules.scoring import Item, Mark, items_of
from plugins.reviews.samples import SAMPLE, STANDARD
from plugins.reviews.services import answering, evaluating, planning, scoring, self_report, typical

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


SAID = (
    "三项制度都已建立，决定在七个工作日内公示；音像记录归档不够及时，已指定专人。",
    "持证人员均已年审，全年组织两次内部培训，新进人员还没有取得证件的不单独执法。",
    "权责清单事项全部认领，收到的监督文书按期签收、答复。",
    "上半年案卷评查发现的送达回证问题已经整改，组织了一次自查。",
    "督办事项按期办结，没有被复议撤销、败诉的案件。",
)


class _Evaluation:
    """One evaluation that is published, and the next one waiting for the bodies."""

    def __init__(self, context: DemoContext, visitors: dict[str, Visitor]) -> None:
        self.context = context
        self.bureau, self.body = visitors[BUREAU], visitors[BODY]
        self.evaluation = 0
        self.scheme = 0

    async def _opened(self, title: str, first: int, last: int, due: int) -> int:
        today = clock.today()
        own = self.body.organisation
        async with transaction(self.bureau.scope):
            bodies = await evaluating.bodies_in(self.bureau.scope)
        mine = [each.id for each in bodies if own is not None and each.id == own.id]
        others = [each.id for each in bodies if each.id not in mine]
        form = EvaluationForm(
            title,
            self.scheme,
            today - timedelta(days=first),
            today - timedelta(days=last),
            today + timedelta(days=due),
            [*mine, *others[:2]],
        )
        return await evaluating.open_evaluation(self.bureau, form)

    async def open(self) -> None:
        """The standard, and the numbers of a half-year."""
        async with transaction(self.bureau.scope):
            if await value("select 1 from reviews_evaluation limit 1"):
                return
            text = without_absent(STANDARD, await evaluating.metric_titles(self.bureau.region.lo))
        self.scheme = await evaluating.publish_scheme(
            self.bureau, SchemeForm("行政执法检查评议标准", text)
        )
        year = clock.today().year
        self.evaluation = await self._opened(f"{year}年第一次行政执法检查评议", 190, 8, 7)

    async def report(self) -> None:
        """The body of the story speaks for itself; the others stay silent and are late."""
        if not self.evaluation:
            return
        async with transaction(self.body.scope):
            mine = await value("select min(id) from reviews_evaluated where reported_at is null")
        if mine:
            await self_report.report(self.body, mine, dict(zip(THEMES, SAID, strict=True)))

    async def score(self) -> None:
        """What the numbers propose is taken over; one more point with its reason. Then told."""
        if not self.evaluation:
            return
        async with transaction(self.bureau.scope):
            it = await evaluation_of(self.bureau.scope, self.evaluation)
            units = await units_of(self.evaluation)
        indicators = indicators_of(it["indicators"])
        for unit in units:
            marks = {
                each.key: proposed(each, unit["figures"].get(each.metric)) for each in indicators
            }
            if not unit["reported_at"]:
                marks[indicators[3].key] = Deduction(5, "没有报送自评和培训材料")
            else:
                marks[indicators[0].key] = Deduction(2, "两件决定公示超过七个工作日")
            await evaluating.score_unit(self.bureau, unit["id"], marks, ScoreForm())
        await evaluating.tell_evaluation(self.bureau, self.evaluation)

    async def publish(self) -> None:
        """One objection is answered, everything is published, and the next period begins."""
        if not self.evaluation:
            return
        async with transaction(self.body.scope):
            mine = await row("select id, marks, told from reviews_evaluated order by id limit 1")
        if mine and mine["told"]:
            await self_report.object_to_score(
                self.body, mine["id"], "其中一件的公示时间在系统升级期间，请核对。"
            )
            marks = {
                key: Deduction(each["lost"], each["reason"]) for key, each in mine["marks"].items()
            }
            answer = RulingForm("升级当天已经恢复，公示仍然超期，维持。")
            await evaluating.rule_objection(self.bureau, mine["id"], marks, answer)
        await evaluating.publish_evaluation(self.bureau, self.evaluation)
        await self._opened(f"{clock.today().year}年第二次行政执法检查评议", 120, 30, 15)


async def plan_evaluation(context: DemoContext) -> None:
    """Plan the acts of one evaluation, the last one a week ago."""
    visitors: dict[str, Visitor] = context.shared.get("core.visitors", {})
    if BUREAU not in visitors or BODY not in visitors:
        return
    story = _Evaluation(context, visitors)

    def on(days: int, hour: int) -> datetime:
        day = context.workday(context.today - timedelta(days=days))
        return datetime.combine(day, time(hour), clock.SHANGHAI)

    for days, hour, act in (
        (45, 10, story.open),
        (41, 15, story.report),
        (30, 10, story.score),
        (7, 16, story.publish),
    ):
        context.plan(on(days, hour), act)


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
