# SPDX-License-Identifier: Apache-2.0
"""The demo's exams through the services: a bank, a paper, one sitting over and one to come."""

from datetime import datetime, time, timedelta

from core.api import clock
from core.api.access import Visitor
from core.api.db import column, row, rows, transaction, value
from core.api.demo import DemoContext, Story
from plugins.exams.demo_questions import QUESTIONS
from plugins.exams.forms import AppealForm, PaperForm, QuotaForm, SessionForm
from plugins.exams.rules.gift import read_gift
from plugins.exams.rules.sitting import Sent
from plugins.exams.services import after, bank, candidates, chaining, door, sessions, sitting
from plugins.exams.services.base import CANDIDATE, as_person, place_for
from plugins.exams.services.papers import save_paper

BUREAU, SECOND = "zhaojianguo", "heqige"
"""磴口县's bureau examines; a leader of the county is the second person."""
PAST = ("zhanghailong", "liwenbo", "wuyunna", "liuxiaoyan")
NEXT = ("siqingaowa", "wangzhiyuan", "suhe")
WRONG = {"zhanghailong": 1, "liwenbo": 3, "wuyunna": 9}
"""How many answers each gets wrong; the fourth does not come."""
DAYS = 12
"""Working days ago the past sitting was held."""


async def play_exams(context: DemoContext) -> None:
    """Plan the acts of the county's exams."""
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    if BUREAU not in visitors or SECOND not in visitors:
        return
    who = visitors[BUREAU]
    async with transaction(who.scope):
        if await value("select 1 from exams_batch limit 1"):
            return
    context.follow(_story(context, who, visitors), lane="")


def _persons(visitors: dict[str, Visitor], logins: tuple[str, ...]) -> list[int]:
    return [visitors[each].person_id for each in logins if each in visitors]


async def _story(context: DemoContext, who: Visitor, visitors: dict[str, Visitor]) -> Story:
    day = context.workday_before(context.today, DAYS)
    start = datetime.combine(day, time(9), clock.SHANGHAI)
    yield start - timedelta(days=9)
    paper = await _stock(who)
    yield start - timedelta(days=5)
    for person in _persons(visitors, (*PAST, *NEXT)):
        async with transaction(who.scope):
            await candidates.enter(person, "公共法律知识培训结业考试")
    session = await _plan(who, paper, "公共法律知识考试（第一场）", start, len(PAST))
    yield start - timedelta(minutes=25)
    async with transaction(who.scope):
        code = (await sessions.open_session(who, session))["code"]
    seated = await _admit(who, visitors[SECOND], session, code)
    yield start
    for signed, _ in seated.values():
        await sitting.begin(signed.attempt, signed.token)
    for minutes in (8, 20, 33):
        yield start + timedelta(minutes=minutes)
        for login, (signed, person) in seated.items():
            await _answer(session, signed, minutes, WRONG.get(login, 0), person)
    yield start + timedelta(minutes=41)
    for signed, _ in list(seated.values())[:2]:
        await sitting.hand_in(signed.attempt, signed.token)
    yield start + timedelta(minutes=95)
    async with transaction(CANDIDATE):
        await sitting.sweep(who.region.lo, who.region.hi)
    yield start + timedelta(hours=7)
    async with transaction(who.scope):
        await after.publish(who, session)
    yield start + timedelta(days=1, hours=2)
    await _appeal(visitors[PAST[1]], session)
    yield datetime.combine(context.workday_before(context.today, 1), time(10), clock.SHANGHAI)
    coming = datetime.combine(context.workday(context.today, 2), time(9), clock.SHANGHAI)
    await _plan(who, paper, "公共法律知识考试（第二场）", coming, 2)


async def _stock(who: Visitor) -> int:
    async with transaction(who.scope):
        place = await place_for(who)
        await bank.import_questions(
            bank.Author(who.user_id, who.name, place),
            read_gift(QUESTIONS),
            filename="公共法律知识题库.gift.txt",
            format="gift",
            content=QUESTIONS.encode(),
        )
        await bank.approve_all(who)
        return await save_paper(
            who,
            PaperForm(
                title="公共法律知识（综合）",
                minutes=90,
                least_points="60",
                half=True,
                rows=[
                    QuotaForm("行政处罚法", 0, "single", 3, "8"),
                    QuotaForm("", 0, "single", 3, "8"),
                    QuotaForm("", 0, "true_false", 4, "4"),
                    QuotaForm("", 3, "multiple", 2, "10"),
                    QuotaForm("", 0, "fill", 2, "8"),
                ],
            ),
        )


async def _plan(who: Visitor, paper: int, title: str, start: datetime, count: int) -> int:
    async with transaction(who.scope):
        session = await sessions.plan_session(
            who,
            SessionForm(
                title=title,
                paper=paper,
                starts_at=start,
                venue="县司法局三楼",
                rooms="第一考场 20\n第二考场 20",
            ),
        )
        waiting = await column(
            "select id from exams_wanted where state = 'waiting' order by id limit $1", count
        )
        await sessions.seat(who, session, waiting)
    return session


async def _admit(
    who: Visitor, second: Visitor, session: int, code: str
) -> dict[str, tuple[sitting.SignedIn, int]]:
    """Invented people have no cards to be read: two of the office look at them."""
    seated: dict[str, tuple[sitting.SignedIn, int]] = {}
    async with transaction(who.scope):
        entries = await rows("select * from exams_entry where session = $1 order by seat", session)
    for login, entry in zip(PAST[:3], entries, strict=False):
        async with transaction(who.scope):
            await door.ask_checkin(who, session, entry["id"], "读卡器故障，核对身份证原件")
            asked = await value(
                "select id from exams_confirmation where entry = $1 and state = 'open'",
                entry["id"],
            )
        async with transaction(second.scope):
            admitted = await door.decide(second, asked, "agreed")
        assert admitted is not None
        async with transaction(who.scope):
            await door.waive_photo(who, session, entry["id"], "演示环境没有摄像头")
        signed = await sitting.sign_in(code, entry["ticket"], admitted.password)
        seated[login] = (signed, entry["person"])
    return seated


async def _answer(
    session: int, signed: sitting.SignedIn, minutes: int, wrong: int, person: int
) -> None:
    """A third of the paper at a time; the last ``wrong`` questions are answered wrongly."""
    async with transaction(CANDIDATE):
        found = await row("select * from exams_session where id = $1", session)
        assert found is not None
        questions = await sitting.questions_of(found["sheet"])
        newest = await value("select newest from exams_attempt where id = $1", signed.attempt)
    sheet = found["sheet"]
    third = -(-len(sheet) // 3)
    begin = (8, 20, 33).index(minutes) * third
    acts: list[Sent] = []
    for position in range(begin, min(begin + third, len(sheet))):
        asked = questions[sheet[position]["q"]]
        right = [each["key"] for each in asked["options"] if each["correct"]]
        others = [each["key"] for each in asked["options"] if not each["correct"]]
        # Spread over the paper, differently for each.
        bad = (position * 5 + person) % len(sheet) < wrong
        if asked["kind"] == "fill":
            given = ["七"] if bad else asked["accepted"][:1]
        else:
            given = others[:1] if bad else right
        acts.append(Sent(newest + len(acts) + 1, position, given))
    await chaining.save(signed.attempt, signed.token, acts, 60)


async def _appeal(person: Visitor, session: int) -> None:
    async with transaction(as_person(person)):
        entry = await value(
            "select id from exams_entry where session = $1 and person = $2",
            session,
            person.person_id,
        )
        if entry:
            await after.file_appeal(
                person,
                entry,
                0,
                AppealForm(1, "题目没有写明是公民还是法人，两个选项都可能对。"),
            )
