# SPDX-License-Identifier: Apache-2.0
"""What leaves the engine: lists, papers, logs and reports are masked, recorded, and say the head."""

import json
from datetime import timedelta

import pytest

from core.api.db import Scope, transaction, value
from tests.plugins.inspection.live import Where, alarms, put_in_force, tell
from tests.plugins.inspection.story import T0, TWO, Story, definition, files, point
from tests.plugins.inspection.test_trials import begin, draft, work
from tests.plugins.leaving import (
    ID_NUMBER,
    LEAKS,
    PHONE,
    SPOKEN,
    leaving,
    problems,
    seal_something,
    text_of,
)

EVIDENCE = point("evidence", "inquiry", key="ev", params={"controls": {"photos": 1}})
ROLLBACK = point("rollback", "review", key="back")
MONEY = 13866667777
"""As many digits as a telephone has, and none."""
TITLE = f"无证经营案，{SPOKEN}"
LISTS = {
    "/inspection/alarms?format=xlsx",
    "/inspection/risks?format=xlsx",
    "/inspection/points?format=xlsx",
    "/inspection/quiet-points?format=xlsx",
    "/inspection/analysis?format=xlsx",
}


def talkative(case: int = 1) -> Story:
    """A case in which everybody wrote numbers into every free text."""
    held = {"photos": {"kind": "photo", "required": 1, "files": files()}}
    told = {"facts": SPOKEN, "list": [PHONE, {"deep": ID_NUMBER}], "goods_value": MONEY}
    story = Story(case=case).act("opened", title=TITLE).enter("inquiry", title=TITLE)
    story.submit(
        "review", evidence=held, values=told, next_officers=TWO, reason=SPOKEN, title=TITLE
    )
    return story.enter("review", title=TITLE).roll_back("inquiry", reason=SPOKEN, title=TITLE)


@pytest.fixture
async def county(db, region_tree, agencies, clock):
    where = Where(region_tree, agencies)
    clock(T0 + timedelta(days=1))
    await put_in_force(where, definition(EVIDENCE, ROLLBACK))
    await tell(where, talkative())
    return where


@pytest.mark.req("C4-08")
async def test_nothing_leaves_unmasked_unrecorded_or_unsealed(county, client, login_as, app):
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}, ROLLBACK))
    await work()
    await seal_something()
    await login_as("supervision_bureau", region=county.county)
    alarm = (await alarms(1))[0]["id"]
    values = {"alarm": alarm, "case": 1, "name": "1.xes", "trial": made, "draft": 1}
    left = [each async for each in leaving(client, app, "inspection", values)]
    wrong = [words for each in left for words in problems(each)]
    assert not wrong, "\n".join(wrong)
    paths = {each.path for each in left}
    papers = {
        "/inspection/analysis/print",
        f"/inspection/alarms/{alarm}/print",
        f"/inspection/trials/{made}/print",
        f"/inspection/trials/{made}/report.json",
    }
    logs = {"/inspection/cases.xes", "/inspection/cases/1.xes"}
    assert LISTS | papers | logs <= paths, "the crawl lost what it knew"


async def test_a_log_says_in_the_record_what_it_held(county, client, login_as, facts):
    await tell(county, talkative(2))
    await login_as("supervision_bureau", region=county.county, name="陈玉梅")
    for query, rows, conditions in (
        ("", 2, "全部判断过的案件"),
        ("?id=2", 1, "案件编号 2"),
        ("?id=2&id=2&id=77", 1, "案件编号 2、77"),
    ):
        assert (await client.get(f"/inspection/cases.xes{query}")).status_code == 200
        told = (await facts.only("core.listing.exported"))[-1].payload
        assert (told["form"], told["rows"], told["conditions"]) == ("XES", rows, conditions)
        assert told["listing"] == "inspection.log"
    before = len(await facts.only("core.listing.exported"))
    assert (await client.get("/inspection/cases.xes?id=99")).status_code == 404
    await login_as("supervision_bureau", region=county.other_county)
    assert (await client.get("/inspection/cases/1.xes")).status_code == 404
    assert len(await facts.only("core.listing.exported")) == before, (
        "what was refused did not leave"
    )


async def test_masking_touches_words_and_leaves_numbers_hashes_and_cards(county, client, login_as):
    await login_as("supervision_bureau", region=county.county)
    text = text_of(await client.get("/inspection/cases/1.xes"))
    assert "139****2345" in text
    assert f'"goods_value":{MONEY}' in text, "money is no telephone"
    assert '"number":"15082204017"' in text, "the number of a card is none either"
    assert not [leak for leak in LEAKS if leak in text]


async def test_the_report_of_a_trial_is_masked_before_it_is_sealed(county, client, login_as):
    made = await begin(county, draft({**EVIDENCE, "colour": "yellow"}, ROLLBACK))
    await work()
    async with transaction(Scope.platform("a test looks at everything")):
        stored = await value("select report from inspection_trial where id = $1", made)
    assert not [leak for leak in LEAKS if leak in stored]
    assert "139****2345" in stored
    await login_as("supervision_bureau", region=county.county)
    answer = await client.get(f"/inspection/trials/{made}/report.json")
    assert json.loads(answer.content) == json.loads(stored)
    again = await begin(county, draft({**EVIDENCE, "colour": "yellow"}, ROLLBACK), again=True)
    await work()
    async with transaction(Scope.platform("a test looks at everything")):
        second = await value("select report from inspection_trial where id = $1", again)
    assert second == stored, "two runs give the same bytes"


async def test_the_printed_proof_holds_what_the_verdict_rests_on(county, client, login_as):
    alarm = (await alarms(1))[0]
    await login_as("supervision_bureau", region=county.county)
    shown = await client.get(f"/inspection/alarms/{alarm['id']}")
    assert f'href="/inspection/alarms/{alarm["id"]}/print"' in shown.text
    paper = await client.get(f"/inspection/alarms/{alarm['id']}/print")
    assert paper.status_code == 200
    for words in (
        alarm["proof_hash"],
        alarm["case_number"],
        "判定用到的事件和证据",
        "为什么报这个灯",
    ):
        assert words in paper.text, words
    assert "记录封存值" not in paper.text, "nothing was sealed yet, so nothing is claimed"
    await seal_something()
    paper = await client.get(f"/inspection/alarms/{alarm['id']}/print")
    assert "记录封存值" in paper.text
    assert "jiandu-head 1 " in paper.text
    await login_as("supervision_bureau", region=county.other_county)
    assert (await client.get(f"/inspection/alarms/{alarm['id']}/print")).status_code == 404
    await login_as("system_admin")
    assert (await client.get(f"/inspection/alarms/{alarm['id']}/print")).status_code == 403
