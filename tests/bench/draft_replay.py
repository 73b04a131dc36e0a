# SPDX-License-Identifier: Apache-2.0
"""Trying a draft on 100,000 past cases in the worker, against merely reading their facts.

Reading is what ``history`` gives for the same cases in the same order: rows out of the database,
payloads decoded. Trying reads the same rows, judges every case by the version in force and by the
draft (twelve points each, four of them and one limit changed), counts, keeps samples, chains the
hash of everything read, and writes down how far it is every two seconds. Processor time of this
process and of the database together.
"""

import statistics
from datetime import timedelta
from typing import Any

import msgspec

from core import clock
from core.api.db import Place
from core.db import WORKER, Scope, row, rows, transaction
from core.facts.canonical import payload_text
from core.host.facts import fact_of
from core.host.registry import build, set_current
from core.jobs.services import run_one
from plugins.cases.rules.event import CaseEvent
from plugins.inspection.rules.trial import totals, unpack_report
from plugins.inspection.services.rulesets import keep_rules
from plugins.inspection.services.trials import running
from plugins.inspection.services.trials.beginning import begin_trial
from tests.bench.measuring import Number, Race
from tests.bench.world import WIDE, as_owner, backends, database, run, server
from tests.plugins.inspection.story import T0, TWO, Story, decision, definition, files, paid, point

NAME = "draft"
ITEM = 7
REGION = 0

TWELVE = [
    point("time_limit", "inquiry", key="p1"),
    point("time_limit", "review", key="p2"),
    point("time_limit", "decide", key="p3"),
    point("qualification", "filing", key="p4", params={"minimum": 2, "judges": "next_step"}),
    point("qualification", "inquiry", key="p5", params={"minimum": 2, "judges": "this_step"}),
    point("rollback", "", key="p6"),
    point("evidence", "inquiry", key="p7", params={"controls": {"photos": 1}}),
    point("evidence", "inquiry", key="p8", params={"controls": {"record": 1}}),
    point("decision_basis", "decide", key="p9"),
    point("discretion", "decide", key="p10"),
    point("execution", "execute", key="p11", params={"decision_step": "decide"}),
    point("decision_basis", "filing", key="p12"),
]


def draft_points() -> list[dict[str, Any]]:
    """Four points altered, one of them new."""
    changed = [dict(p) for p in TWELVE]
    changed[5]["step"] = "decide"
    changed[6]["params"] = {"controls": {"photos": 2}}
    changed[8]["params"] = {"negative": ["不予处罚", "撤案", "罚款"]}
    changed[11] = point("evidence", "inquiry", key="p13", params={"controls": {"video": 1}})
    return changed


def past_case() -> list[dict[str, Any]]:
    """The facts of one finished penalty case, as the case plugin publishes them."""

    def clocks(started: Any, days: int) -> dict[str, Any]:
        face = {
            "started_at": started.isoformat(),
            "due_at": (started + timedelta(days=days)).isoformat(),
            "provisional": False,
        }
        return {"step": face, "stage": face}

    story = Story().act("opened", step="clue", at=T0)
    held = {
        "photos": {"kind": "photo", "required": 1, "files": files("1.jpg")},
        "record": {"kind": "document", "required": 1, "files": files("笔录.pdf")},
    }
    facts = "执法人员检查时发现当事人未建立进货查验记录，货架上有三种食品没有标签。" * 4
    for n, (step, to) in enumerate(
        (("filing", "inquiry"), ("inquiry", "review"), ("review", "decide"), ("decide", "execute"))
    ):
        at = T0 + timedelta(days=4 * n)
        more: dict[str, Any] = {"evidence": held} if step == "inquiry" else {}
        if step == "decide":
            more["decision"] = decision()
        story.act("step_entered", step=step, at=at, clocks=clocks(at, 7), officers=TWO)
        story.act(
            "step_submitted",
            step=step,
            to_step=to,
            at=at + timedelta(days=4),
            clocks=clocks(at, 7),
            officers=TWO,
            next_officers=TWO,
            values={"facts": facts, "place": "团结路 18 号"},
            **more,
        )
    story.act(
        "payment_recorded",
        step="execute",
        at=T0 + timedelta(days=20),
        payments=[paid(decision()["amount"])],
    )
    story.act("closed", step="execute", at=T0 + timedelta(days=21), reason="执行完毕")
    return [msgspec.to_builtins(msgspec.convert(p, CaseEvent)) for p in story.payloads]


FILL = """
insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,
  recorded_at)
select t.kind, 'cases.case', n,
  replace(replace(t.payload, '"case":1,', '"case":' || n || ','),
          '"department":4,', '"department":' || (n % 40 + 1) || ','), 0, 0, 0, t.at, t.at
from generate_series(1, $1::int) n,
     unnest($2::text[], $3::text[], $4::timestamptz[]) as t(kind, payload, at)
"""


async def _read_alone(upto: int) -> None:
    """The yardstick: the same facts of the same cases, as ``history`` gives them."""
    place = 0
    async with transaction(Scope.of_place(Place(REGION))):
        while True:
            opened = await rows(
                running.NEXT, place, upto, f'%"item":{ITEM},%', str(ITEM), running.CASES_AT_ONCE
            )
            if not opened:
                return
            place = opened[-1]["id"]
            for each in await rows(
                "select id, kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,"
                " recorded_at from core_fact where subject_kind = 'cases.case'"
                " and subject_id = any($1::int8[]) order by subject_id, at, id",
                [r["subject_id"] for r in opened if r["tried"]],
            ):
                fact_of(each)


async def _measure(url: str, template: str, cases: int, rounds: int) -> list[Number]:
    registry = build(["powers", "cases", "inspection"])
    set_current(registry)
    events = past_case()
    before = definition(*TWELVE)
    after = definition(*draft_points())
    after["steps"][2] = {**after["steps"][2], "limit": {"amount": 3, "unit": "calendar"}}
    async with database(url, template, WORKER) as address:
        async with as_owner(address) as owner:
            await owner.execute(
                FILL,
                cases,
                [f"cases.{e['kind']}" for e in events],
                [payload_text(e) for e in events],
                [msgspec.convert(e["at"], type(T0)) for e in events],
            )
            await owner.execute("vacuum analyze core_fact")
        place = Place(REGION)
        async with transaction(WIDE):
            await keep_rules(
                {**before, "region_lo": 0, "org_lo": 0, "aud_lo": 0, "aud_hi": 2**60 - 1}
            )
            last = await row("select max(id) as id from core_fact")
        assert last is not None
        told: dict[str, Any] = {}

        async def read() -> None:
            await _read_alone(last["id"])

        async def attempt() -> None:
            draft = {
                "draft": 1,
                "item": ITEM,
                "digest": "d" * 64,
                "base_version": 1,
                "definition": after,
            }
            async with transaction(Scope.of_place(place)):
                made = await begin_trial(draft, place, again=True)
            while await run_one(registry):
                pass
            async with transaction(WIDE):
                found = await row("select * from inspection_trial where id = $1", made)
            assert found is not None
            assert found["state"] == "done", found["state"]
            told["report"] = unpack_report(found["report"])

        race = Race({"read": read, "try": attempt}, rounds, pids=await backends())
        with clock.frozen(T0 + timedelta(days=60)):
            costs = await race.run()
    report = told["report"]
    counted = totals(report.rows)
    assert report.source.cases == cases
    assert counted["new"] + counted["lost"] + counted["changed"] > 0
    ratio = statistics.median(
        a.whole / b.whole for a, b in zip(race.found["try"], race.found["read"], strict=True)
    )
    return [
        Number(
            NAME,
            f"草稿试运行 {cases:,} 件以往案件（{report.source.events:,} 个事实）: 读同样的事实",
            ratio,
            "×",
            3,
            note=f"{costs['try'].whole / 1e6:.1f} : {costs['read'].whole / 1e6:.1f} 秒处理器时间，"
            f"{len(TWELVE)} 个监察点",
        )
    ]


def measure(*, quick: bool = False) -> list[Number]:
    """The price of seeing what a draft would do."""
    with server() as (url, template):
        found: list[Number] = run(
            _measure(url, template, 3_000 if quick else 100_000, 1 if quick else 3)
        )
        return found
