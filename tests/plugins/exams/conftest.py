# SPDX-License-Identifier: Apache-2.0
"""A county whose bureau examines, its officers, and what a session needs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from core.api.access import Visitor
from core.api.db import Place, Scope, row, rows, transaction, value
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies, Browser, LoginAs
from plugins.exams.forms import PaperForm, QuotaForm, SessionForm
from plugins.exams.rules.gift import read_gift
from plugins.exams.services import bank
from plugins.exams.services.candidates import want
from plugins.exams.services.door import scan
from plugins.exams.services.papers import save_paper
from plugins.exams.services.sessions import open_session, plan_session, seat

As = Callable[..., Awaitable[Visitor]]
MORNING = datetime(2026, 9, 15, 0, 30, tzinfo=UTC)
START = datetime(2026, 9, 15, 1, 0, tzinfo=UTC)
IDS = (
    "152822199003070010",
    "152822199202140034",
    "152822198511230047",
    "152822197804060059",
)
SAME_LAST_SIX = "152822198107070010"
"""Ends as the first one does."""
GIFT = """// 科目: 行政处罚法
::1::行政处罚应当自立案之日起几日内作出决定？{=九十日 ~三十日 ~六十日}

// 科目: 行政处罚法
::2::执法人员不得少于两人。{T}

// 科目: 行政处罚法
// 难度: 难
::3::下列哪些是行政处罚？{~%50%警告 ~%50%罚款 ~%-100%查封}

// 科目: 行政强制法
::4::查封期限不得超过几日？{=三十 =30}
"""


@pytest.fixture
async def bureaus(region_tree: Any, agencies: Agencies) -> None:
    async with transaction(Scope.platform("test data")):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)


@pytest.fixture
def as_bureau(bureaus: None, login_as: LoginAs, region_tree: Any) -> As:
    async def sign_in(name: str = "赵建国", region: Any = None, **more: Any) -> Visitor:
        return await login_as(
            "supervision_bureau",
            organisation=False,
            region=region or region_tree.county,
            name=name,
            **more,
        )

    return sign_in


class Hall:
    """One session with everything it needs, through the services."""

    def __init__(self, who: Visitor, agency: Any) -> None:
        self.who, self.agency = who, agency
        self.session = self.paper = 0
        self.persons: list[int] = []

    async def stock(self, text: str = GIFT) -> None:
        async with transaction(self.who.scope):
            place = await bank.place_for(self.who)
            await bank.import_questions(
                bank.Author(self.who.user_id, self.who.name, place),
                read_gift(text),
                filename="题库.gift",
                format="gift",
                content=text.encode(),
            )
            await bank.approve_all(self.who)
            self.paper = await save_paper(
                self.who,
                PaperForm(
                    title="公共法律知识",
                    minutes=60,
                    least_points="6",
                    rows=[
                        QuotaForm("行政处罚法", 0, "single", 1, "2"),
                        QuotaForm("行政处罚法", 0, "true_false", 1, "2"),
                        QuotaForm("", 3, "multiple", 1, "4"),
                        QuotaForm("", 0, "fill", 1, "2"),
                    ],
                ),
            )

    async def ask(self, count: int = 2, purpose: str = "application") -> None:
        for number in range(count):
            async with transaction(Scope.platform("test data")):
                held = await enter_person(
                    f"考生{number + 1}", self.agency.id, id_number=IDS[number]
                )
                self.persons.append(held.id)
                await want(
                    purpose=purpose,
                    request=number + 1,
                    person_id=held.id,
                    name=f"考生{number + 1}",
                    organisation_id=self.agency.id,
                    card_number="",
                    due_on=None,
                    place=Place(self.agency.region_lo, self.agency.lo),
                )

    async def plan(self, starts: datetime = START) -> None:
        async with transaction(self.who.scope):
            self.session = await plan_session(
                self.who,
                SessionForm(
                    title="九月第一场",
                    paper=self.paper,
                    starts_at=starts,
                    venue="县司法局",
                    rooms="第一考场 2\n第二考场 2",
                ),
            )
            waiting = await rows("select id from exams_wanted where state = 'waiting' order by id")
            await seat(self.who, self.session, [each["id"] for each in waiting])

    async def open(self) -> str:
        async with transaction(self.who.scope):
            return str((await open_session(self.who, self.session))["code"])

    async def let_in(self, number: int = 0) -> tuple[dict[str, Any], str]:
        async with transaction(self.who.scope):
            admitted = await scan(self.who, self.session, IDS[number])
        return admitted.entry, admitted.password

    async def answers(self) -> dict[str, tuple[int, list[str]]]:
        """Kind → position in the paper and the right answer."""
        sheet = await value("select sheet from exams_session where id = $1", self.session)
        if isinstance(sheet, str):
            sheet = msgspec.json.decode(sheet)
        found = {}
        for position, each in enumerate(sheet):
            q = await row("select * from exams_question where id = $1", each["q"])
            assert q is not None
            options, accepted = (
                msgspec.json.decode(one) if isinstance(one, str) else one
                for one in (q["options"], q["accepted"])
            )
            right = [one["key"] for one in options if one["correct"]]
            found[q["kind"]] = (position, right or [accepted[0]])
        return found


@pytest.fixture
async def hall(as_bureau: As, agencies: Agencies, clock: Any) -> Hall:
    """Four questions, one paper, two candidates seated; half an hour before the start."""
    clock(MORNING)
    made = Hall(await as_bureau(), agencies.agency)
    await made.stock()
    await made.ask()
    await made.plan()
    return made


async def sign_in(client: Browser, code: str, entry: dict[str, Any], password: str) -> Any:
    return await client.post(
        "/exams/sit", {"code": code, "ticket": entry["ticket"], "password": password}
    )


HOUR = timedelta(hours=1)
