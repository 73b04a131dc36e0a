# SPDX-License-Identifier: Apache-2.0
"""Trainings of the demo's bureaus, through the services: one past, one open; lessons, hours owed."""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta

from core.api import clock
from core.api.access import Visitor
from core.api.checkin import checkin_code
from core.api.db import Interval, Scope, transaction, value
from core.api.demo import DemoContext
from core.api.documents import Paper, Paragraph, pdf
from core.api.files import Received, receive
from plugins.training.forms import (
    FeedbackForm,
    HoursForm,
    LessonForm,
    RequirementForm,
    TrainingForm,
)
from plugins.training.services.base import own_office
from plugins.training.services.closing import finish, give_feedback, mix
from plugins.training.services.crediting import enter_other
from plugins.training.services.owing import set_requirement
from plugins.training.services.planning import publish, save_draft
from plugins.training.services.reminding import suggest_all
from plugins.training.services.taking_part import add_person, check_in, join, subject_of
from plugins.training.services.teaching import publish_lesson, save_lesson

BUREAUS = ("zhaojianguo", "jiangwei")
"""The bureaus of 磴口县 and of 威海市 train."""
OFFICERS = {
    "zhaojianguo": ("zhanghailong", "liwenbo", "wuyunna", "liuxiaoyan"),
    "jiangwei": ("wangqiang", "yuhaiyang", "sunli"),
}
VOLUNTEERS = {"zhaojianguo": ("zhangmin",), "jiangwei": ()}
PAST = (
    "行政处罚程序专题培训",
    (
        "学习立案、调查取证、告知听证、决定、送达五个环节，重点讲最近报警较多的证据固化和办理时限。\n\n"
        "请带一本自己办过的案卷，下午分组对照评查。"
    ),
)
OPEN = (
    "社会监督员和执法人员联合培训",
    (
        "上午讲怎样看执法过程：亮证、告知、记录、送达；下午现场观摩一次食品检查。\n\n"
        "名额有限，报不上的排候补，有人退出会通知。"
    ),
)
LESSONS = (
    (
        "lesson",
        "现场照片和笔录怎样固定",
        (
            "一、拍照先拍全景，再拍位置，最后拍细节，每张写明时间、地点、拍摄人。\n\n"
            "二、提交环节以前先传证据：缺一份，监察点就会报警。\n\n三、补传要说明为什么晚，原来的不要删。"
        ),
        "evidence",
    ),
    (
        "lesson",
        "办理时限从哪天算、怎样顺延",
        (
            "期间开始的当天不算，从第二天起算；最后一天是休息日的，顺延到上班第一天。\n\n"
            "办不完的，到期以前办延期，写明理由，不要等报警。"
        ),
        "time_limit",
    ),
    (
        "case",
        "一次没有告知陈述申辩权的处罚",
        (
            "经过：某超市销售过期食品，执法人员立案后三天内作出处罚，卷内没有告知笔录。\n\n"
            "问题：没有告知拟处罚的内容和陈述申辩权，程序违法，处罚被撤销。\n\n"
            "应当怎样做：决定以前书面告知，记下当事人说了什么、采纳没有，再作决定。"
        ),
        "",
    ),
)
MARKS = (
    (5, 5, 4, "案例讲得好，希望多讲本地的。"),
    (4, 5, 5, ""),
    (5, 4, 3, "时间排在月底，走不开的人多。"),
)
PLAYED = 21
"""Working days ago the past training was held."""


def _on(context: DemoContext, before: int, hour: int, minute: int = 0) -> datetime:
    day = context.workday_before(context.today, before)
    return datetime.combine(day, time(hour, minute), clock.SHANGHAI)


async def _handout(title: str, words: str) -> Received:
    """A page to take home: invented trainings have no slides."""
    paper = Paper(title, tuple(Paragraph(each) for each in words.split("\n\n")))
    return await receive(await pdf(paper), f"{title}.pdf", kinds=("document",))


async def _volunteer(login: str, who: Visitor) -> Visitor | None:
    """A social supervisor of the region, as he signs in; not everybody is one yet."""
    async with transaction(Scope.platform("demo data: volunteers of a region")):
        user = await value("select id from core_user where login = $1 and active", login)
        person = await value("select person from core_user where login = $1", login)
        name = await value("select name from core_user where login = $1", login)
    if not user or not person:
        return None
    return Visitor(
        user_id=user,
        person_id=person,
        name=name,
        login=login,
        role="supervisor",
        role_title="社会监督员",
        assignment_id=0,
        region=who.region,
        organisation=None,
        permissions=frozenset({"training.training.read"}),
        scope=Scope(
            Interval(who.region.lo, who.region.hi), Interval(1, 0), person=person, actor=user
        ),
        csrf="",
        reach="own",
    )


class _Office:
    """One bureau with its people."""

    def __init__(self, context: DemoContext, login: str, who: Visitor) -> None:
        self.context, self.login, self.who = context, login, who
        visitors: dict[str, Visitor] = context.shared["core.visitors"]
        self.people = [visitors[each] for each in OFFICERS[login] if each in visitors]
        self.training = 0

    async def announce_past(self) -> None:
        """Published ten working days before it was held."""
        begin, end = _on(self.context, PLAYED, 9), _on(self.context, PLAYED, 17)
        handout = await _handout("行政处罚程序讲义", PAST[1])
        async with transaction(self.who.scope):
            self.training = await save_draft(
                self.who,
                TrainingForm(
                    title=PAST[0],
                    body=PAST[1],
                    readers="all",
                    venue="司法局三楼会议室",
                    teacher="法制科",
                    hours="6",
                    seats=30,
                    starts_at=begin,
                    ends_at=end,
                ),
                [handout],
            )
            await publish(self.who, self.training)

    async def sign_up(self) -> None:
        """Officers and volunteers; the office adds one who has no time to click."""
        volunteers = [await _volunteer(each, self.who) for each in VOLUNTEERS[self.login]]
        for each in (*self.people[:-1], *(one for one in volunteers if one)):
            if not each.person_id:
                continue
            async with transaction(each.scope):
                await join(each, self.training)
        if self.people and self.people[-1].person_id:
            async with transaction(self.who.scope):
                await add_person(self.who, self.training, self.people[-1].person_id)

    async def come(self) -> None:
        """Everybody but the last scans the code on the screen."""
        for each in (
            *self.people[:-1],
            *[await _volunteer(v, self.who) for v in VOLUNTEERS[self.login]],
        ):
            if each is None or not each.person_id:
                continue
            token = checkin_code(subject_of(self.training), clock.now()).token
            async with transaction(each.scope):
                await check_in(each, self.training, token)

    async def close(self) -> None:
        async with transaction(self.who.scope):
            await finish(self.who, self.training)

    async def say(self) -> None:
        """What they thought, anonymous but for one."""
        for number, (each, mark) in enumerate(zip(self.people[:-1], MARKS, strict=False)):
            content, teaching, useful, words = mark
            async with transaction(each.scope):
                await give_feedback(
                    each,
                    self.training,
                    FeedbackForm(content, teaching, useful, words, anonymous=number != 1),
                )

    async def mix(self) -> None:
        async with transaction(self.who.scope):
            await mix(self.training)

    async def suggest(self) -> None:
        """Whoever was alarmed about often is offered the lesson against it."""
        scope = Scope(self.who.scope.region, self.who.scope.organisation)
        async with transaction(scope):
            await suggest_all(scope)

    async def announce_open(self) -> None:
        """One that can still be signed up for."""
        day = self.context.workday(self.context.today + timedelta(days=9))
        begin = datetime.combine(day, time(9), clock.SHANGHAI)
        async with transaction(self.who.scope):
            training = await save_draft(
                self.who,
                TrainingForm(
                    title=OPEN[0],
                    body=OPEN[1],
                    readers="all",
                    venue="司法局三楼会议室，下午到市场",
                    teacher="法制科、市场监管执法大队",
                    hours="8",
                    seats=20,
                    starts_at=begin,
                    ends_at=begin + timedelta(hours=8),
                    sign_up_until=begin - timedelta(days=2),
                ),
            )
            await publish(self.who, training)
        if self.people and self.people[0].person_id:
            async with transaction(self.people[0].scope):
                await join(self.people[0], training)

    async def teach(self) -> None:
        """Lessons, a case example, what is owed, and one course taken elsewhere."""
        for kind, title, body, tag in LESSONS:
            async with transaction(self.who.scope):
                lesson = await save_lesson(
                    self.who,
                    LessonForm(
                        kind="case" if kind == "case" else "lesson",
                        title=title,
                        body=body,
                        tag=tag,
                        readers="all",
                        hours="0.5" if kind == "lesson" else "",
                    ),
                )
                await publish_lesson(self.who, lesson)
        year = clock.today().year
        for role, hours in (("handler", "40"), ("supervisor", "8"), ("justice_office", "40")):
            async with transaction(self.who.scope):
                await set_requirement(
                    self.who, RequirementForm(role, hours, year, "年度行政执法人员培训计划")
                )
        if self.people and self.people[0].person_id:
            async with transaction(self.who.scope):
                await enter_other(
                    self.who,
                    HoursForm(
                        self.people[0].person_id,
                        "全区行政执法骨干培训班",
                        "16",
                        clock.today() - timedelta(days=20),
                        "自治区司法厅结业证书，原件已核对。",
                    ),
                )


async def plan_trainings(context: DemoContext) -> None:
    """For each bureau: a training a month ago with everything after it, and one to sign up for."""
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    for login in BUREAUS:
        who = visitors.get(login)
        if who is None:
            continue
        async with transaction(who.scope):
            if await value(
                "select 1 from training_training where organ = $1 limit 1", await own_office(who)
            ):
                continue
        office = _Office(context, login, who)
        steps: tuple[tuple[datetime, Callable[[], Awaitable[None]]], ...] = (
            (_on(context, PLAYED + 15, 10), office.teach),
            (_on(context, PLAYED + 10, 9, 30), office.announce_past),
            (_on(context, PLAYED + 8, 11), office.sign_up),
            (_on(context, PLAYED, 8, 50), office.come),
            (_on(context, PLAYED - 1, 9, 30), office.close),
            (_on(context, PLAYED - 2, 10), office.say),
            (_on(context, PLAYED - 8, 3), office.mix),
            (_on(context, 2, 9), office.announce_open),
            (_on(context, 1, 16), office.suggest),
        )
        for moment, act in steps:
            context.plan(moment, act)
