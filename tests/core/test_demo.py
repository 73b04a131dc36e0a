# SPDX-License-Identifier: Apache-2.0
"""The played year: the clock it keeps, what it leaves behind, and that it is always the same."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core import clock, db
from core.api.demo import DemoContext
from core.auth.logins import PREFIX
from core.auth.queries import demo_accounts
from core.auth.services import apply_defaults, create_account
from core.cli import seed as command
from core.cli.seed import SeedError
from core.db import Scope, transaction
from core.demo import playing
from core.demo.running import run_steps
from core.host import enabling
from core.host import registry as host
from plugins.cases.demo.desk import current_items
from plugins.cases.demo.papers import paper, photograph
from plugins.cases.demo.present import CASES, plan_present
from plugins.cases.demo.scandal import FAVOURS, plan_scandal
from plugins.cases.demo.words import DENGKOU, citizen, firm
from plugins.cases.demo.year import SHARES, Cast, plan_year
from plugins.cases.rules.party import party_errors

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""A Friday, five in the afternoon in Beijing."""
OFFICE = Scope.platform("a test looks at the demo")


# --- time and chance -------------------------------------------------------------------------


async def test_acts_happen_in_the_order_of_their_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing() -> None:
        return

    monkeypatch.setattr(playing, "_sweep", nothing)
    context = DemoContext(now=NOW)
    seen: list[tuple[str, datetime]] = []

    def note(word: str) -> Any:
        async def act() -> None:
            seen.append((word, clock.now()))

        return act

    async def story() -> AsyncIterator[datetime]:
        yield NOW - timedelta(days=2)
        seen.append(("told", clock.now()))
        yield NOW - timedelta(days=1)
        seen.append(("told on", clock.now()))
        yield NOW + timedelta(days=1)
        raise AssertionError("the future was played")

    days: list[date] = []

    async def look(day: date) -> None:
        days.append(day)

    context.plan(NOW - timedelta(hours=1), note("last"))
    context.plan(NOW - timedelta(days=3), note("first"))
    context.plan(NOW + timedelta(minutes=1), note("never"))
    context.follow(story(), lane="an office")
    context.daily(time(9, 30), look)
    said: list[str] = []
    assert await playing.play(context, said.append) > 4
    assert [word for word, _ in seen] == ["first", "told", "told on", "last"]
    assert seen[0][1] == NOW - timedelta(days=3)
    assert abs(datetime.now(UTC) - clock.now()) < timedelta(minutes=1), "time is real again"
    assert days == sorted(days)
    assert days[-1] == date(2026, 11, 20)
    assert date(2026, 10, 1) not in days, "nobody looks in on a holiday"
    assert date(2026, 10, 10) in days, "a make-up Saturday is a working day"


async def test_nothing_planned_is_nothing_played() -> None:
    assert await playing.play(DemoContext(now=NOW)) == 0


def test_working_days_and_chance() -> None:
    context = DemoContext(now=NOW)
    assert context.workday(date(2026, 11, 21)) == date(2026, 11, 23)
    assert context.workday_before(date(2026, 11, 23), 1) == date(2026, 11, 20)
    assert context.begins.date() == date(2025, 11, 20)
    assert context.random("a").random() == DemoContext(now=NOW).random("a").random()
    assert context.random("a").random() != context.random("b").random()


def test_invented_parties_have_right_check_digits() -> None:
    chance = DemoContext(now=NOW).random("parties")
    for _ in range(40):
        for party in (firm(chance, DENGKOU, ("超市", "建材有限公司")), citizen(chance, DENGKOU)):
            assert party_errors(party, date(2026, 1, 1)) == {}
        assert citizen(chance, DENGKOU).id_number[4:6] == "00", "nobody lives there"


def test_drawn_papers_are_what_they_say() -> None:
    chance = DemoContext(now=NOW).random("papers")
    assert photograph(chance, 1).startswith(b"\xff\xd8")
    content = paper("询问笔录", ["一行"])
    assert content.startswith(b"%PDF-")
    start = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
    assert content[start:].startswith(b"xref")


# --- the whole of it, small --------------------------------------------------------------------


@pytest.fixture
async def sown(fresh_db: str) -> AsyncIterator[DemoContext]:
    """The offices, the scandal and the desk of today."""
    registry = host.build()
    with host.use(registry):
        enabling.forget()
        await apply_defaults(registry)
        context = DemoContext(now=NOW, share=0.01)
        await run_steps(registry, context, lambda _line: None)
        yield context
        enabling.forget()


async def _numbers() -> dict[str, int]:
    async with transaction(OFFICE):
        return {
            name: await db.value(f"select count(*) from {name}")
            for name in ("cases_case", "inspection_alarm", "orders_order", "core_user", "core_fact")
        }


async def test_the_year_is_played_once_and_the_scandal_can_be_found(sown: DemoContext) -> None:
    before = await _numbers()
    assert before["cases_case"] == len(FAVOURS) + CASES
    assert before["orders_order"] > 5

    async with transaction(OFFICE):
        # The way of docs/demo.md: one group of names, several offices, the same few hands.
        group = await db.row(
            "select count(*) as cases, count(distinct item) as items,"
            " count(distinct org_lo) as offices, bool_and(opened_by_name = any($1)) as same_hands"
            " from cases_case where party_name like '%金河湾%' or party_name like '%湾里人家%'",
            ["陈永胜", "苏和", "韩雪梅"],
        )
        off_standard = await db.value(
            "select count(distinct case_id) from inspection_alarm where kind = 'discretion'"
            " and party like '%金河湾%'"
        )
        marks = await db.column(
            "select distinct kind from inspection_alarm a join cases_case c on c.id = a.case_id"
            " where c.party_name like '%金河湾%' or c.party_name like '%湾里人家%'"
        )
        unvouched = await db.value(
            "select count(*) from cases_payment p where note = '现金代收，票据后补' and not exists"
            " (select 1 from cases_evidence e where e.payment = p.id)"
        )
        voided = await db.value(
            "select count(distinct case_id) from cases_evidence where void_reason like '%按要求整理%'"
        )
    assert group == {"cases": 11, "items": 3, "offices": 3, "same_hands": True}
    assert off_standard >= 5
    assert {"discretion", "rollback", "evidence", "execution", "decision_basis"} <= set(marks)
    assert unvouched >= 4
    assert voided >= 2

    # One standard was revised: of two acts before that day the milder, former one applies.
    async with transaction(OFFICE):
        judged = await db.rows(
            "select c.id, a.mark, a.sentence from cases_case c left join inspection_alarm a"
            " on a.case_id = c.id and a.kind = 'discretion' where exists (select 1 from"
            " cases_visit v where v.case_id = c.id and v.values ->> 'act_on' is not null)"
            " order by c.id"
        )
    assert [each["mark"] for each in judged] == [None, "M6"]
    assert "从旧适用行为时的标准" in judged[1]["sentence"]
    assert "第 1 版" in judged[1]["sentence"]

    # M1 rang on the night the period ended, not on the day of seeding.
    async with transaction(OFFICE):
        rung = await db.rows("select due_at, lapsed_at from core_clock where state = 'lapsed'")
    assert rung
    assert all(each["lapsed_at"] - each["due_at"] < timedelta(days=1) for each in rung)

    # The desk of the account everybody tries first: a few cases, and what else is asked of him.
    async with transaction(OFFICE):
        desk = await db.rows(
            "select t.* from core_turn t join core_user u on u.person = t.person"
            " where u.login = 'zhanghailong' and t.closed_at is null"
        )
    trainings = [each for each in desk if each["subject_kind"] == "training.training"]
    work = [each for each in desk if each not in trainings]
    assert 5 <= len(work) <= 10
    assert {"cases.case", "orders.order"} == {each["subject_kind"] for each in work}
    assert len(trainings) <= 1
    assert any(each["due_at"] and each["due_at"] < NOW for each in desk), "one is late"

    # One of them waits for his signature beside his colleague's (会签).
    async with transaction(OFFICE):
        joint = await db.row(
            "select c.step_title, c.lead_name, array_agg(s.name) as signed, bool_and(s.agrees) as yes"
            " from cases_signature s join cases_visit v on v.id = s.visit and v.state = 'open'"
            " join cases_case c on c.id = s.case_id group by 1, 2"
        )
    assert joint == {
        "step_title": "处理决定",
        "lead_name": "张海龙",
        "signed": ["斯琴高娃"],
        "yes": True,
    }

    # Nothing is left for a worker to deliver, and a second run changes nothing.
    async with transaction(OFFICE):
        assert not await db.value("select count(*) from core_delivery where state <> 'done'")
    again = DemoContext(now=NOW, share=0.01)
    await run_steps(host.current(), again, lambda _line: None)
    assert await _numbers() == before
    assert again.accounts == sown.accounts

    # The same day brings the same year.
    assert await _planned(sown) == await _planned(sown)


async def _planned(context: DemoContext) -> list[tuple[Any, ...]]:
    """Everything a whole year would do, without doing it."""

    class Written(Cast):
        def begin(self, handling: Any, moves: Any) -> None:
            lines.append(
                (
                    handling.start,
                    handling.title,
                    handling.party,
                    [(m.low, m.high, m.step, m.raw, m.by, sorted(m.papers)) for m in moves],
                )
            )

    lines: list[tuple[Any, ...]] = []
    whole = DemoContext(now=NOW)
    # Contents are drawn from the same seed; here only the choice among them matters.
    one = SimpleNamespace(photo=lambda *_: None, paper=lambda *_: None, video=lambda *_: None)
    cast = Written(
        whole,
        one,  # type: ignore[arg-type]
        await current_items(context.shared["powers.items"]),
        context.shared["core.visitors"],
        {key: person.id for key, person in context.shared["core.persons"].items()},
    )
    total = plan_scandal(cast) + plan_present(cast) + plan_year(cast)
    assert total == len(lines) == sum(s.count for s in SHARES) + len(FAVOURS) + CASES
    assert 280 <= total <= 420
    return lines


# --- reset -------------------------------------------------------------------------------------


async def test_a_reset_spares_what_is_not_a_demo(fresh_db: str) -> None:
    settings = SimpleNamespace(
        production=False, data=SimpleNamespace(), demo=True, database=SimpleNamespace(owner_url="")
    )
    assert await command._others(fresh_db) == 0
    await create_account("lisi", "李四", password="Geheim2026x")
    assert await command._others(fresh_db) == 1
    with pytest.raises(SeedError, match="--force"):
        await command._seed(fresh_db, settings, reset=True)


async def test_who_applies_in_the_played_year_is_the_demo_s_and_hinders_no_reset(
    fresh_db: str,
) -> None:
    async def apply(_context: DemoContext) -> None:
        await create_account(f"{PREFIX}0123456789abcdef", "王淑芬")
        await create_account("zhaoliu", "赵六")

    step = SimpleNamespace(order=0, run=apply, title="申请人")
    registry = SimpleNamespace(demo_steps=[step], plugin_of=lambda _step: "core")
    await run_steps(registry, DemoContext(now=NOW), lambda _line: None)  # type: ignore[arg-type]
    assert await command._others(fresh_db) == 0
    await create_account("lisi", "李四")
    assert await command._others(fresh_db) == 1
    # The switcher is for the accounts of the list, not for everybody who ever applied.
    async with transaction(OFFICE):
        offered = await demo_accounts(NOW.date())
    assert not [each for each in offered if each["login"].startswith(PREFIX)]


def test_a_reset_outside_a_demo_needs_force(tmp_path: Any) -> None:
    settings = SimpleNamespace(production=False, data=tmp_path, demo=False)
    assert "--force" in command._may_not_reset(settings, force=False)
    assert command._may_not_reset(settings, force=True) == ""
    settings.demo = True
    assert command._may_not_reset(settings, force=False) == ""
    settings.production = True
    assert "生产环境" in command._may_not_reset(settings, force=True)
