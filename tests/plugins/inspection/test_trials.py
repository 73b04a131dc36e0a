# SPDX-License-Identifier: Apache-2.0
"""A draft tried by the worker: its report, the same bytes again, cancelling, dying, the gate."""

import gzip
from datetime import timedelta

import pytest

from core import db as engine
from core.api.db import Scope, execute, row, rows, transaction, value
from core.api.facts import Place, SubjectRef
from core.host.registry import current
from core.jobs import services as jobs
from plugins.inspection.rules.trial import seal_of, totals, unpack_report
from plugins.inspection.services.trials import beginning, gate, running
from tests.plugins.inspection.live import Where, put_in_force, tell
from tests.plugins.inspection.story import T0, TWO, Story, definition, files, point

LATER = T0 + timedelta(days=1)
ALL = Scope.platform("a test looks at everything")
EVIDENCE = point("evidence", "inquiry", key="ev", params={"controls": {"photos": 1}})
ROLLBACK = point("rollback", "review", key="back")
DIGEST = "a" * 64


async def work(times: int = 10**6) -> int:
    """Let the worker do so many pieces of what is due, with the rights of the worker."""
    before = engine.DB.scoped_role
    engine.DB.scoped_role = engine.WORKER
    try:
        done = 0
        while done < times and await jobs.run_one(current()):
            done += 1
        return done
    finally:
        engine.DB.scoped_role = before


@pytest.fixture
async def county(db, region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(LATER)
    await put_in_force(where, definition(EVIDENCE))
    return where


def inquiry(case: int, photos: int, *, back: bool = False) -> Story:
    held = {
        "photos": {
            "kind": "photo",
            "required": 1,
            "files": files(*(f"{n}.jpg" for n in range(photos))),
        }
    }
    story = Story(case=case).act("opened").enter("inquiry")
    story.submit("review", evidence=held, next_officers=TWO)
    return story.enter("review").roll_back("inquiry") if back else story


async def past(county, *stories: Story) -> None:
    for story in stories:
        await tell(county, story)


def draft(*points, digest: str = DIGEST, item: int = 7, number: int = 1, **more):
    return {
        "draft": number,
        "item": item,
        "code": "150822-SJ-CF-012",
        "title": "对拒不改正进货查验违法行为的处罚",
        "digest": digest,
        "base_version": 1,
        "revision": 2,
        "definition": {**definition(*points, **more), "effective_from": ""},
    }


async def begin(county, told, *, again: bool = False) -> int | None:
    place = Place(county.county.lo, county.agency.lo)
    async with transaction(Scope.of_place(place)):
        return await beginning.begin_trial(told, place, again=again)


async def trial(trial_id: int):
    async with transaction(ALL):
        return await row("select * from inspection_trial where id = $1", trial_id)


async def report_of(trial_id: int):
    found = await trial(trial_id)
    assert (found["state"], found["reason"]) == ("done", "")
    return unpack_report(found["report"])


@pytest.mark.req("C4-17", "S1-13")
async def test_a_draft_is_tried_on_the_past(county) -> None:
    await past(county, inquiry(1, 0), inquiry(2, 1, back=True), inquiry(3, 1))
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}, ROLLBACK))
    await work()
    report = await report_of(made)
    assert totals(report.rows) == {"new": 1, "lost": 0, "changed": 1, "same": 0}
    assert (report.source.cases, report.source.kind, report.digest) == (3, "facts", DIGEST)
    assert {(s.change, s.case, s.point) for s in report.samples} == {
        ("new", 2, "back"),
        ("changed", 1, "ev"),
    }
    assert {row.unit for row in report.rows} == {county.agency.id}
    async with transaction(ALL):
        told = await rows("select payload from core_fact where kind = 'inspection.trial_done'")
    found = await trial(made)
    assert found["report_hash"] == seal_of(found["report"].encode())
    assert found["report_hash"] in told[0]["payload"]


@pytest.mark.req("C4-17")
async def test_trying_raises_no_alarm_and_leaves_the_verdicts_alone(county) -> None:
    await past(county, inquiry(1, 1, back=True))
    async with transaction(ALL):
        before = await rows("select * from inspection_verdict order by id")
    await begin(county, draft(EVIDENCE, ROLLBACK))
    await work()
    async with transaction(ALL):
        assert await rows("select * from inspection_verdict order by id") == before
        assert await value("select count(*) from inspection_alarm") == 0


@pytest.mark.req("C4-17")
async def test_two_runs_give_the_same_bytes_whatever_the_pieces(county, clock, monkeypatch) -> None:
    await past(county, *(inquiry(n, n % 2, back=n % 3 == 0) for n in range(1, 12)))
    first = await begin(county, draft(EVIDENCE, ROLLBACK))
    await work()
    clock(LATER + timedelta(days=40))  # time passes, nothing happens
    monkeypatch.setattr(running, "PIECE", timedelta(0))
    monkeypatch.setattr(running, "CASES_AT_ONCE", 2)
    second = await begin(county, draft(EVIDENCE, ROLLBACK), again=True)
    pieces = await work()
    one, two = await trial(first), await trial(second)
    assert pieces >= 6
    assert one["report"] == two["report"]
    assert one["report_hash"] == two["report_hash"]


@pytest.mark.req("C4-17")
async def test_another_fact_is_another_set_of_facts(county) -> None:
    await past(county, inquiry(1, 1))
    first = await begin(county, draft(EVIDENCE))
    await work()
    await past(county, inquiry(2, 1))
    second = await begin(county, draft(EVIDENCE), again=True)
    await work()
    one, two = await report_of(first), await report_of(second)
    assert one.rows == two.rows
    assert one.source.sha256 != two.source.sha256


@pytest.mark.req("C4-17")
async def test_progress_is_seen_and_cancelling_is_obeyed(county, monkeypatch) -> None:
    await past(county, *(inquiry(n, 0) for n in range(1, 8)))
    monkeypatch.setattr(running, "PIECE", timedelta(0))
    monkeypatch.setattr(running, "CASES_AT_ONCE", 3)
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}))
    await work(1)
    found = await trial(made)
    assert (found["state"], found["done"], found["total"]) == ("running", 3, 7)
    place = Place(county.county.lo, county.agency.lo)
    await beginning.cancel_trial(Scope.of_place(place), "陈玉梅", made)
    await work()
    found = await trial(made)
    assert (found["state"], found["done"], found["report"]) == ("cancelled", 3, "")
    assert "陈玉梅" in found["reason"]


@pytest.mark.req("C4-17")
async def test_a_worker_that_dies_loses_one_piece_only(county, monkeypatch, clock) -> None:
    await past(county, *(inquiry(n, 0) for n in range(1, 8)))
    whole = await begin(county, draft({**EVIDENCE, "colour": "yellow"}))
    await work()
    monkeypatch.setattr(running, "PIECE", timedelta(0))
    monkeypatch.setattr(running, "CASES_AT_ONCE", 3)
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}), again=True)
    await work(1)
    keep = running._Work.keep_place

    async def dies(self):
        await keep(self)
        raise ConnectionError("the worker is gone in the middle of a piece")

    monkeypatch.setattr(running._Work, "keep_place", dies)
    await work(1)
    assert (await trial(made))["done"] == 3  # the piece left nothing behind
    monkeypatch.setattr(running._Work, "keep_place", keep)
    clock(LATER + timedelta(hours=2))
    await work()
    assert (await trial(made))["report"] == (await trial(whole))["report"]


async def test_a_trial_that_stands_still_goes_on_where_it_was(county, monkeypatch) -> None:
    await past(county, *(inquiry(n, 0) for n in range(1, 8)))
    monkeypatch.setattr(running, "PIECE", timedelta(0))
    monkeypatch.setattr(running, "CASES_AT_ONCE", 3)
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}))
    await work(1)
    async with transaction(ALL):  # the work order was given up
        await execute("update core_due set state = 'failed' where state = 'due'")
    place = Place(county.county.lo, county.agency.lo)
    assert await beginning.try_again(Scope.of_place(place), "陈玉梅", made) == made
    await work()
    assert totals((await report_of(made)).rows)["changed"] == 7


@pytest.mark.req("C4-17")
async def test_only_cases_of_the_item_and_of_the_region_are_read(county, region_tree) -> None:
    await past(county, inquiry(1, 0))
    other = inquiry(2, 0)
    await tell(county, other, place=Place(county.other_county.lo, 0))
    third = inquiry(3, 0)
    for payload in third.payloads:
        payload["item"] = 70
    await tell(county, third)
    made = await begin(county, draft(EVIDENCE, ROLLBACK))
    await work()
    assert (await report_of(made)).source.cases == 1


async def test_an_item_without_cases_has_an_empty_report(county) -> None:
    made = await begin(county, draft(EVIDENCE, item=0))
    await work()
    report = await report_of(made)
    assert (report.source.cases, report.rows) == (0, ())
    assert [each.point for each in report.left_out] == ["ev"]


async def test_a_case_nobody_can_read_is_counted_and_left_out(county) -> None:
    await past(county, inquiry(1, 0))
    place = Place(county.county.lo, county.agency.lo)
    async with transaction(Scope.of_place(place)):  # of a version long ago, say
        await execute(
            "insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo,"
            " actor, at, recorded_at) values ('cases.opened', 'cases.case', 2,"
            ' \'{"item":7,"kind":"opened","seq":"eins"}\', $1, $2, 0, $3, $3)',
            place.region_lo,
            place.org_lo,
            T0,
        )
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}))
    await work()
    report = await report_of(made)
    assert (report.source.cases, report.source.unreadable) == (2, 1)
    assert totals(report.rows)["changed"] == 1


# The gate -------------------------------------------------------------------------------------


async def asked(number: int, digest: str) -> list[str]:
    ref = SubjectRef("powers.draft", number)
    async with transaction(ALL):
        found = await gate.may_take_effect([ref], LATER.date(), {"digest": digest})
    return [b.text for b in found.get(ref, ())]


@pytest.mark.req("C4-17", "S1-13")
async def test_only_a_finished_report_of_exactly_this_draft_opens_the_gate(county) -> None:
    await past(county, inquiry(1, 0))
    assert asked_text(await asked(1, DIGEST), "还没有用以往案件试运行")
    made = await begin(county, draft(EVIDENCE))
    assert asked_text(await asked(1, DIGEST), "正在用以往案件试运行")
    await work()
    assert await asked(1, DIGEST) == []
    # Another revision, another draft, no digest at all: closed.
    assert asked_text(await asked(1, "b" * 64), "还没有用以往案件试运行")
    assert asked_text(await asked(2, DIGEST), "还没有用以往案件试运行")
    assert asked_text(await asked(1, ""), "还没有用以往案件试运行")
    # A report somebody changed in the database: closed.
    async with transaction(ALL):
        await execute(
            "update inspection_trial set report = replace(report, '\"lost\":0', '\"lost\":9')"
            " || ' ' where id = $1",
            made,
        )
    assert asked_text(await asked(1, DIGEST), "与登记的校验值不符")


@pytest.mark.req("C4-17")
async def test_a_cancelled_trial_does_not_open_the_gate(county) -> None:
    made = await begin(county, draft(EVIDENCE))
    place = Place(county.county.lo, county.agency.lo)
    await beginning.cancel_trial(Scope.of_place(place), "陈玉梅", made)
    await work()
    assert asked_text(await asked(1, DIGEST), "没有完成")


def asked_text(found: list[str], words: str) -> bool:
    return len(found) == 1 and words in found[0]


async def test_a_submission_needs_no_second_trial_and_a_wish_gets_one(county) -> None:
    assert await begin(county, draft(EVIDENCE)) is not None
    assert await begin(county, draft(EVIDENCE)) is None  # delivered twice
    assert await begin(county, draft(EVIDENCE), again=True) is None  # one is under way
    await work()
    assert await begin(county, draft(EVIDENCE)) is None
    assert await begin(county, draft(EVIDENCE), again=True) is not None
    assert await begin(county, draft(EVIDENCE, digest="c" * 64)) is not None


# Pages ----------------------------------------------------------------------------------------


@pytest.fixture
async def tried(county) -> int:
    await past(county, inquiry(1, 0), inquiry(2, 1, back=True))
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}, ROLLBACK))
    await work()
    return made


async def bureau(login_as, region_tree, agencies):
    return await login_as(
        "supervision_bureau", region=region_tree.county, organisation=agencies.bureau
    )


@pytest.mark.req("C4-17")
async def test_the_report_on_its_pages(tried, login_as, client, region_tree, agencies) -> None:
    await bureau(login_as, region_tree, agencies)
    text = (await client.get(f"/inspection/trials/{tried}")).text
    for words in ("新增报警", "变化报警", "环节回退", agencies.agency.name, "这一稿：", "现行："):
        assert words in text
    assert "/inspection/cases/2/why?step=review" in text or "磴市监" in text
    paper = await client.get(f"/inspection/trials/{tried}/print")
    assert (await trial(tried))["report_hash"] in paper.text
    panel = await client.get("/inspection/panels/draft/1")
    assert f"/inspection/trials/{tried}" in panel.text
    data = await client.get(f"/inspection/trials/{tried}/report.json")
    assert seal_of(data.content) == (await trial(tried))["report_hash"]


@pytest.mark.req("C4-17")
async def test_nobody_elsewhere_sees_a_trial(
    tried, login_as, client, region_tree, agencies
) -> None:
    await login_as(
        "supervision_bureau", region=region_tree.other_county, organisation=agencies.foreign_bureau
    )
    for path in ("", "/print", "/progress", "/report.json"):
        assert (await client.get(f"/inspection/trials/{tried}{path}")).status_code == 404
    for act in ("cancel", "again"):
        assert (await client.post(f"/inspection/trials/{tried}/{act}", data={})).status_code == 404
    assert (
        f"/inspection/trials/{tried}" not in (await client.get("/inspection/panels/draft/1")).text
    )
    await login_as("handler")
    assert (await client.get(f"/inspection/trials/{tried}")).status_code == 403
    assert (await client.post(f"/inspection/trials/{tried}/cancel", data={})).status_code == 403


@pytest.mark.req("C4-17")
async def test_whoever_compiles_reads_the_report_and_starts_none(
    tried, login_as, client, region_tree, agencies
) -> None:
    await login_as("body_admin", organisation=agencies.agency)
    assert f"/inspection/trials/{tried}" in (await client.get("/inspection/panels/draft/1")).text
    report = await client.get(f"/inspection/trials/{tried}")
    assert "新增报警" in report.text
    assert f"/inspection/trials/{tried}/again" not in report.text
    assert (await client.post(f"/inspection/trials/{tried}/again", data={})).status_code == 403
    await login_as(
        "body_admin", region=region_tree.other_county, organisation=agencies.foreign_bureau
    )
    assert (await client.get(f"/inspection/trials/{tried}")).status_code == 404


async def test_the_bar_asks_again_only_while_there_is_work(
    county, login_as, client, region_tree, agencies
) -> None:
    made = await begin(county, draft(EVIDENCE))
    await bureau(login_as, region_tree, agencies)
    assert 'hx-trigger="every 2s"' in (await client.get(f"/inspection/trials/{made}/progress")).text
    page = (await client.get(f"/inspection/trials/{made}")).text
    assert f"/inspection/trials/{made}/cancel" in page
    assert (await client.post(f"/inspection/trials/{made}/cancel", data={})).status_code == 303
    after = (await client.get(f"/inspection/trials/{made}/progress")).text
    assert "every 2s" not in after
    assert "已取消" in after
    assert (await client.post(f"/inspection/trials/{made}/cancel", data={})).status_code == 409
    assert (await client.post(f"/inspection/trials/{made}/again", data={})).status_code == 303


LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/"><trace><string key="concept:name" value="甲1"/>
<event><string key="concept:name" value="法制审核"/><date key="time:timestamp" value="2026-05-06T09:00:00+08:00"/><string key="basis" value=""/><string key="outcome" value="不予处罚"/></event>
</trace></log>"""


@pytest.mark.req("C4-17")
@pytest.mark.parametrize("packed", [False, True])
async def test_a_log_is_tried_by_the_titles_of_the_steps(
    county, login_as, client, region_tree, agencies, packed
) -> None:
    basis = point("decision_basis", "review", key="basis")
    made = await begin(county, draft(basis))
    await work()
    await bureau(login_as, region_tree, agencies)
    # Larger than a form may be, smaller than a log may be.
    whole = LOG.replace("<trace>", f"<!--{'-'.join('x' * 800_000)}--><trace>").encode()
    data = gzip.compress(LOG.encode()) if packed else whole
    name = "外来.xes.gz" if packed else "外来.xes"
    answer = await client.post(
        f"/inspection/trials/{made}/log",
        data={"mapping": ""},
        files={"log": (name, data, "application/octet-stream")},
    )
    assert answer.status_code == 303, answer.text[answer.text.find("is-invalid") :][:600]
    await work()
    latest = int(answer.headers["location"].rsplit("/", 1)[-1].split("?")[0])
    report = await report_of(latest)
    assert (report.source.kind, report.source.name) == ("log", name)
    assert (report.source.cases, totals(report.rows)["new"]) == (1, 2)
    page = (await client.get(f"/inspection/trials/{latest}")).text
    assert "甲1" in page


@pytest.mark.parametrize(
    ("name", "content", "mapping", "words"),
    [
        ("", b"", "", "请选择事件日志"),
        ("x.exe", b"MZ", "", "只读 .xes"),
        ("x.xes", LOG.encode(), "steps = {", "不是 TOML"),
        ("x.xes", LOG.encode(), "colour = 1", "不认识 colour"),
        ("x.xes.gz", b"\x1f\x8b\x08broken", "", "压缩文件不完整"),
        ("坏.xes", b"<log><trace>", "", "坏.xes 第 1 行"),
        ("x.xes", b"PK\x03\x04 a renamed archive", "", "x.xes 第 1 行"),
        ("x.csv", "案件,时间\n1,2026-05-06".encode(), "", "没有案件列"),
    ],
)
async def test_a_bad_log_is_refused_beside_its_field(
    tried, login_as, client, region_tree, agencies, name, content, mapping, words
) -> None:
    await bureau(login_as, region_tree, agencies)
    sent = {"log": (name, content, "application/octet-stream")} if name else {}
    answer = await client.post(
        f"/inspection/trials/{tried}/log", data={"mapping": mapping}, files=sent or None
    )
    assert answer.status_code == 422
    assert words in answer.text
    if mapping:
        assert mapping.replace('"', "&#34;") in answer.text  # nothing typed is lost
