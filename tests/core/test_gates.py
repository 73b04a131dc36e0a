# SPDX-License-Identifier: Apache-2.0
"""Gates: fail-closed or fail-open, the whole country to read and nothing to write."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import asyncpg
import pytest

from core import db as core_db
from core.api.gates import UnknownGate, advise, decide
from core.api.plugin import Blocker, Gate, GateCheck, Manifest, SubjectRef, hookimpl
from core.db import Interval, Scope, execute, row, rows, transaction, value
from core.host import enabling, gates, registry
from core.intervals import REGIONS
from tests.dummy_plugin import plugin as dummy

COUNTY = REGIONS.child(REGIONS.child(0, 0).lo, 0)
DAY = date(2026, 3, 2)
GOOD, LONG = SubjectRef("dummy.note", 1), SubjectRef("dummy.note", 101)
SCOPE = Scope(COUNTY, Interval(7, 7), person=3, actor=4)


def answering(name: str, check: Any, gate: str = "dummy.close") -> Any:
    class Answering:
        MANIFEST = Manifest(name, name, "1")

        @hookimpl
        def gate_checks(self) -> list[GateCheck]:
            return [GateCheck(gate, check)]

    return Answering()


@contextmanager
def loaded(*plugins: Any) -> Iterator[None]:
    with registry.use(registry.build([dummy, *plugins])):
        yield


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    enabling.forget()
    yield
    enabling.forget()


async def state() -> Any:
    return await row(
        "select current_setting('j.rlo') as rlo, current_setting('j.rhi') as rhi,"
        " current_setting('j.olo') as olo, current_setting('j.wrhi') as wrhi,"
        " current_setting('statement_timeout') as timeout,"
        " current_setting('transaction_read_only') as reading, current_user as who"
    )


async def test_many_subjects_one_answer_with_evidence(db: Any) -> None:
    with loaded():
        async with transaction(SCOPE):
            verdict = await decide("dummy.close", [GOOD, LONG, GOOD], DAY)
    assert verdict.passed(GOOD)
    assert not verdict.passed(LONG)
    assert verdict.asked == ("dummy",)
    assert verdict.silent == ("training",)
    assert verdict.objected == ("dummy",)
    assert verdict.sentences == ("便笺太长，请先缩短。",)
    assert verdict.evidence == {
        "gate": "dummy.close",
        "on": "2026-03-02",
        "subjects": [["dummy.note", 1], ["dummy.note", 101]],
        "asked": ["dummy"],
        "silent": ["training"],
        "objected": ["dummy"],
        "unavailable": [],
        "blockers": [
            {
                "subject": ["dummy.note", 101],
                "code": "dummy.too_long",
                "text": "便笺太长，请先缩短。",
                "about": ["dummy.note", 101],
                "detail": {},
            }
        ],
    }


async def _raises(*_args: Any) -> Any:
    raise RuntimeError("fault")


async def _sql(*_args: Any) -> Any:
    await execute("select 1 / 0")


async def _swallows(*_args: Any) -> Any:
    try:
        await execute("select 1 / 0")
    except asyncpg.PostgresError:
        return {}


async def _slow(*_args: Any) -> Any:
    await execute("select pg_sleep(5)")


async def _many(*_args: Any) -> Any:
    for _ in range(100):
        await execute("select pg_sleep(0.01)")
    return {}


async def _sleeps(*_args: Any) -> Any:
    await asyncio.sleep(5)


async def _writes(*_args: Any) -> Any:
    await execute("insert into core_region (name, level, lo, hi) values ('x', 9, 5, 5)")
    return {}


async def _nonsense(*_args: Any) -> Any:
    return [LONG]


async def _about_others(*_args: Any) -> Any:
    return {SubjectRef("dummy.note", 999): [Blocker("x", "x")]}


async def _nested(*_args: Any) -> Any:
    async with transaction():
        raise ValueError("inside a savepoint of its own")


FAULTS = [
    _raises,
    _sql,
    _swallows,
    _slow,
    _many,
    _sleeps,
    _writes,
    _nonsense,
    _about_others,
    _nested,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.__name__)
async def test_decide_fails_closed_and_advise_open_and_nothing_leaks(
    db: Any, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "CHECK_SECONDS", 0.3)
    monkeypatch.setattr(gates, "STATEMENT_MS", 200)
    with loaded(answering("guest", fault)):
        async with transaction(SCOPE):
            before = await state()
            verdict = await decide("dummy.close", [GOOD], DAY)
            assert await state() == before
            assert core_db.current_scope() is SCOPE
            hint = await advise("dummy.close", [GOOD], DAY, {})
            assert await state() == before
            assert await value("select count(*) from core_region where level = 9") == 0
    assert not verdict.passed(GOOD)
    (blocker,) = verdict.blockers[GOOD]
    assert blocker.code == "check_failed"
    assert "未能核验" in blocker.text
    assert verdict.unavailable == ("guest",)
    assert hint.passed(GOOD)
    assert hint.unavailable == ("guest",)
    assert hint.asked == ("dummy", "guest")


async def test_checks_read_the_whole_country_and_the_askers_own_uncommitted_row(
    fresh_db: str,
) -> None:
    seen: list[Any] = []

    async def look(
        _subjects: Sequence[SubjectRef], _on: date, _draft: Mapping[str, Any] | None
    ) -> dict[SubjectRef, list[Blocker]]:
        seen.append(await rows("select kind, region_lo from core_fact order by id"))
        seen.append(await state())
        return {}

    insert = (
        "insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo,"
        " actor, at, recorded_at) values ($1, 'a.b', 1, '{}', $2, $3, 0, now(), now())"
    )
    elsewhere = REGIONS.child(0, 5).lo
    async with transaction(Scope.platform("test")):
        await execute(insert, "elsewhere", elsewhere, 0)
    with loaded(answering("guest", look)):
        async with transaction(SCOPE):
            await execute(insert, "mine", COUNTY.lo, 7)
            assert len(await rows("select 1 from core_fact")) == 1
            await decide("dummy.close", [GOOD], DAY)
            assert len(await rows("select 1 from core_fact")) == 1
    assert [each["kind"] for each in seen[0]] == ["elsewhere", "mine"]
    assert seen[1]["reading"] == "on"
    assert seen[1]["wrhi"] == str(COUNTY.hi)


async def test_a_cancelled_question_ends_the_request(fresh_db: str) -> None:
    async def cancels(*_args: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(1)

    async def ask() -> None:
        async with transaction(SCOPE):
            await decide("dummy.close", [GOOD], DAY)

    with loaded(answering("guest", cancels)):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(ask())
        async with transaction(SCOPE):
            assert (await state())["rhi"] == str(COUNTY.hi)


async def test_a_disabled_plugin_is_silent_here_and_asked_elsewhere(db: Any) -> None:
    async def objects(subjects: Sequence[SubjectRef], *_rest: Any) -> Any:
        return {ref: [Blocker("no", "不行。")] for ref in subjects}

    region = await value(
        "insert into core_region (name, level, lo, hi, code, code_source)"
        " values ('县', 3, $1, $2, '', '') returning id",
        COUNTY.lo,
        COUNTY.hi,
    )
    with loaded(answering("guest", objects)):
        async with transaction(Scope.platform("test")):
            await enabling.switch_plugin(region, "guest", on=False)
        async with transaction(SCOPE):
            here = await decide("dummy.close", [GOOD], DAY)
        async with transaction(Scope(REGIONS.child(0, 4), Interval(7, 7))):
            there = await decide("dummy.close", [GOOD], DAY)
    assert here.passed(GOOD)
    assert here.silent == ("training", "guest")
    assert not there.passed(GOOD)
    assert there.asked == ("dummy", "guest")


async def test_a_draft_reaches_the_check_and_details_come_back(db: Any) -> None:
    async def hint(
        subjects: Sequence[SubjectRef], _on: date, draft: Mapping[str, Any] | None
    ) -> Any:
        return {subjects[0]: [Blocker("p1", "缺照片", None, {"colour": "red", "draft": draft})]}

    with loaded(answering("guest", hint)):
        async with transaction(SCOPE):
            verdict = await advise("dummy.close", [GOOD], DAY, {"photos": 0})
    (found,) = verdict.evidence["blockers"]
    assert found["detail"] == {"colour": "red", "draft": {"photos": 0}}


async def test_wrong_questions_are_errors(db: Any) -> None:
    with loaded():
        async with transaction(SCOPE):
            with pytest.raises(UnknownGate):
                await decide("dummy.open", [GOOD], DAY)
            with pytest.raises(ValueError, match=r"dummy\.note"):
                await decide("dummy.close", [SubjectRef("core.person", 1)], DAY)
            empty = await decide("dummy.close", [], DAY)
            assert empty.all_passed


async def test_a_gate_without_checks_names_who_is_missing(db: Any) -> None:
    class Asking:
        MANIFEST = Manifest("guest", "guest", "1")

        @hookimpl
        def gates(self) -> list[Gate]:
            return [Gate("guest.act", "行为", "dummy.note", expects=("certificates",))]

    with loaded(Asking()):
        async with transaction(SCOPE):
            verdict = await decide("guest.act", [GOOD], DAY)
    assert verdict.all_passed
    assert verdict.asked == ()
    assert verdict.silent == ("certificates",)
