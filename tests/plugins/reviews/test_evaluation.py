# SPDX-License-Identifier: Apache-2.0
"""检查评议 in the browser's own requests: opening, report, scores, objection, publication."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from core.api.db import execute, row, rows, transaction, value
from core.api.people import appoint_organ
from core.api.testing import Browser, sign_in_as
from tests.plugins.reviews.test_evaluation_rules import LINES
from tests.plugins.reviews.test_story import OFFICE

NOW = datetime(2026, 7, 6, 2, tzinfo=UTC)
BUREAU = ["reviews.evaluation.read", "reviews.evaluation.manage", "reviews.plan.read"]
BODY = ["reviews.evaluation.read", "reviews.evaluation.report"]
TABLE = LINES.replace("指标0 | 20", "指标0 | 20 | 数:reviews.told | 每个扣:2")
REPORT = {f"theme_{n}": f"第 {n} 个方面做了哪些工作，还有哪些不足。" for n in range(1, 6)}


@pytest.fixture
async def office(client, app, region_tree, agencies, clock):
    """The bureau, two bodies, two reviewed cases of the first one told in the period."""
    clock(NOW)
    async with transaction(OFFICE):
        await appoint_organ(region_tree.county.id, "supervision", agencies.bureau.id)
        template = await value(
            "insert into reviews_template (name, region_lo) values ('旧', 0) returning id"
        )
        plan = await value(
            "insert into reviews_plan (title, template, since, until, seed, announced_at, told_at,"
            " region_lo) values ('旧', $1, '2026-01-01', '2026-02-01', '1', now(), '2026-03-01', $2)"
            " returning id",
            template,
            region_tree.county.lo,
        )
        await execute(
            "insert into reviews_drawn (plan, case_id, told, region_lo, org_lo)"
            " select $1, n, true, $2, $3 from generate_series(1, 2) n",
            plan,
            agencies.agency.region_lo,
            agencies.agency.lo,
        )
    browsers = []
    for role, unit, permissions in (
        ("supervision_bureau", agencies.bureau, BUREAU),
        ("dept_supervisor", agencies.agency, BODY),
        ("dept_supervisor", agencies.other_agency, BODY),
    ):
        browser = Browser(app)
        more = {"region": region_tree.county} if role == "supervision_bureau" else {}
        await sign_in_as(browser, role, organisation=unit, permissions=permissions, **more)
        browsers.append(browser)
    return browsers


async def opened(browser, bodies) -> dict:
    sent = {"name": "标准", "table": TABLE}
    assert (await browser.post("/reviews/evaluations/schemes", data=sent)).status_code == 303
    async with transaction(OFFICE):
        scheme = await value("select id from reviews_scheme")
    form = {
        "title": "上半年检查评议",
        "scheme": str(scheme),
        "since": "2026-01-01",
        "until": "2026-06-30",
        "due": "2026-07-10",
        "bodies": [str(each.id) for each in bodies],
    }
    early = await browser.post("/reviews/evaluations", data={**form, "until": "2026-07-31"})
    assert early.status_code == 422
    assert "数还会变" in early.text
    assert (await browser.post("/reviews/evaluations", data=form)).status_code == 303
    async with transaction(OFFICE):
        return {
            each["organisation"]: each
            for each in await rows("select * from reviews_evaluated order by id")
        }


async def past_its_day() -> None:
    async with transaction(OFFICE):
        await execute("update reviews_evaluation set due = '2026-07-05'")


async def exported(browser: Any) -> list[str]:
    """Every cell of the list as it is taken away."""
    answer = await browser.get("/reviews/evaluations?format=xlsx")
    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    return [str(cell) for line in book.get_sheet_by_index(0).to_python() for cell in line]


@pytest.mark.req("C10-14", "S4-1")
async def test_from_frozen_numbers_to_the_public_page(office, agencies, facts, app):
    bureau, body, other = office
    here, there = agencies.agency, agencies.other_agency
    assert (await body.get("/reviews/evaluations/schemes/new")).status_code == 403
    assert "评查案卷" in (await bureau.get("/reviews/evaluations/schemes/new")).text
    found = await opened(bureau, [here, there])
    mine, theirs = found[here.id], found[there.id]
    # Counted for the body alone, kept with its definition; what is told later changes nothing.
    assert mine["figures"]["reviews.told"]["number"] == 2
    assert "告知结果" in mine["figures"]["reviews.told"]["definition"]
    assert theirs["figures"]["reviews.told"]["number"] == 0
    async with transaction(OFFICE):
        await execute("update reviews_plan set told_at = '2026-08-01'")
        evaluation = await value("select id from reviews_evaluation")
    whole = f"/reviews/evaluations/{evaluation}"
    page, foreign = (f"/reviews/evaluations/units/{each['id']}" for each in (mine, theirs))
    rows_of_it = 'href="/reviews/results?tab=all"'
    for browser, linked in ((body, False), (bureau, True)):
        text = (await browser.get(page)).text
        assert "评查案卷：" in text
        assert (rows_of_it in text) == linked
    assert (await body.get(foreign)).status_code == 404
    assert (await body.get(whole)).status_code == 403
    assert (await other.post(f"{page}/report", data=REPORT)).status_code == 404

    # The body speaks first; a short word is refused with everything still there.
    score = {"lost.e1": "4", "reason.e1": "评查 2 卷", "lost.e2": "3"}
    assert (await bureau.post(f"{page}/score", data=score)).status_code >= 400
    short = await body.post(f"{page}/report", data={**REPORT, "theme_3": "短"})
    assert short.status_code == 422
    assert REPORT["theme_1"] in short.text
    proof = {"files": ("说明.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")}
    sent = await body.post(f"{page}/report", data=REPORT, files=proof)
    assert sent.status_code == 303, sent.text
    assert (await body.post(f"{page}/report", data=REPORT)).status_code == 409
    async with transaction(OFFICE):
        kept = await row("select files, late from reviews_evaluated where id = $1", mine["id"])
    assert kept["files"][0]["name"] == "说明.pdf"
    assert not kept["late"]
    assert (await body.get(f"/files/{kept['files'][0]['id']}")).status_code == 200
    assert (await other.get(f"/files/{kept['files'][0]['id']}")).status_code == 404

    # What the number proposes stands there; a deduction without a reason is refused.
    shown = (await bureau.get(page)).text
    assert "每个扣 2 分" in shown
    assert "说明.pdf" in shown
    wrong = await bureau.post(f"{page}/score", data=score)
    assert wrong.status_code == 422
    assert "写明原因" in wrong.text
    assert "评查 2 卷" in wrong.text
    score["reason.e2"] = "两人没有培训"
    assert (await bureau.post(f"{page}/score", data=score)).status_code == 303
    assert "两人没有培训" not in (await body.get(page)).text
    assert not [each for each in await exported(body) if "93" in each]
    assert (await bureau.post(f"{whole}/tell", data={})).status_code >= 400

    # The other one stays silent; after its day it is scored all the same.
    await past_its_day()
    assert (await bureau.post(f"{foreign}/score", data={})).status_code == 303
    assert (await bureau.post(f"{whole}/tell", data={})).status_code == 303
    assert "两人没有培训" in (await body.get(page)).text
    assert [each for each in await exported(body) if "93" in each]
    assert (await bureau.post(f"{page}/score", data=score)).status_code >= 400

    # One objection, decided with words; nothing is published before.
    public = f"/reviews/public/evaluations/{evaluation}"
    words = {"words": "两人六月已经培训。"}
    assert (await body.post(f"{page}/object", data=words)).status_code == 303
    assert (await body.post(f"{page}/object", data=words)).status_code == 409
    assert (await bureau.post(f"{whole}/publish", data={})).status_code >= 400
    assert (await Browser(app).get(public)).status_code == 404
    ruling = {**score, "lost.e2": "0"}
    assert (await bureau.post(f"{page}/rule", data=ruling)).status_code == 422
    ruling["answer"] = "已核对签到表。"
    assert (await bureau.post(f"{page}/rule", data=ruling)).status_code == 303
    assert "改分：已核对签到表。" in (await body.get(page)).text
    assert (await bureau.post(f"{whole}/publish", data={})).status_code == 303
    results = await facts.only("reviews.appraised")
    assert sorted(each.payload["score"] for each in results) == [96.0, 100.0]

    # Everybody: names in order, no small number, no reason, no place.
    text = (await Browser(app).get(public)).text
    assert "96 分" in text
    assert "不足 5" in text
    assert "7月6日取定" in text
    for word in ("评查 2 卷", "已核对签到表", "第 1 名", REPORT["theme_1"]):
        assert word not in text
    assert "上半年检查评议" in (await Browser(app).get("/reviews/public/evaluations")).text
    for path in ("/reviews/evaluations", whole, page):
        assert (await bureau.get(path)).status_code == 200, path


async def test_late_is_taken_and_shown(office, agencies):
    bureau, body, _ = office
    found = await opened(bureau, [agencies.agency])
    page = f"/reviews/evaluations/units/{found[agencies.agency.id]['id']}"
    await past_its_day()
    assert (await body.post(f"{page}/report", data=REPORT)).status_code == 303
    assert "逾期报送" in (await bureau.get("/reviews/evaluations")).text


def document_text(content: bytes) -> str:
    return "\n".join(each.text for each in Document(BytesIO(content)).paragraphs)


async def test_an_evaluation_stands_beside_the_last_one_and_is_taken_away_as_a_document(
    office, agencies, facts
):
    bureau, body, other = office
    here, there = agencies.agency, agencies.other_agency
    found = await opened(bureau, [here, there])
    async with transaction(OFFICE):
        first, scheme = (await row("select id, scheme from reviews_evaluation")).values()
    await past_its_day()
    lost = {"lost.e1": "4", "reason.e1": "评查 2 卷"}
    for each, sheet in ((here, lost), (there, {"lost.e1": "9", "reason.e1": "邻局的缘故"})):
        page = f"/reviews/evaluations/units/{found[each.id]['id']}"
        assert (await bureau.post(f"{page}/score", data=sheet)).status_code == 303
    whole = f"/reviews/evaluations/{first}"
    # Before it is told, the report says so on its pages and no body can fetch it.
    for kind, head in (("docx", b"PK"), ("pdf", b"%PDF")):
        got = await bureau.get(f"{whole}?format={kind}")
        assert got.status_code == 200
        assert got.content.startswith(head)
        assert (await body.get(f"{whole}?format={kind}")).status_code == 403
    draft = document_text((await bureau.get(f"{whole}?format=docx")).content)
    assert "结果还没有告知各单位" in draft
    assert "评查 2 卷" in draft
    assert len(await facts.only("core.listing.exported")) == 3
    assert (await bureau.post(f"{whole}/tell", data={})).status_code == 303

    # The next half-year by the same standard, and one by its next version.
    sent = {"name": "标准", "table": TABLE}
    assert (await bureau.post("/reviews/evaluations/schemes", data=sent)).status_code == 303
    async with transaction(OFFICE):
        newer = await value("select max(id) from reviews_scheme")
        assert newer != scheme
        await execute("update reviews_evaluation set since = '2025-07-01', until = '2025-12-31'")
    form = {
        "since": "2026-01-01",
        "until": "2026-06-30",
        "due": "2026-07-10",
        "bodies": [str(here.id)],
    }
    pages = []
    for title, standard in (("第二次评议", scheme), ("第三次评议", newer)):
        data = {**form, "title": title, "scheme": str(standard)}
        made = await bureau.post("/reviews/evaluations", data=data)
        assert made.status_code == 303
        async with transaction(OFFICE):
            unit = await row(
                "select id, evaluation from reviews_evaluated order by id desc limit 1"
            )
            await execute("update reviews_evaluation set due = '2026-07-05' where id > $1", first)
        sheet = {"lost.e1": "1", "reason.e1": "仍有 1 卷"}
        path = f"/reviews/evaluations/units/{unit['id']}"
        assert (await bureau.post(f"{path}/score", data=sheet)).status_code == 303
        pages.append((f"/reviews/evaluations/{unit['evaluation']}", path))
    (second, its), (third, _) = pages
    shown = (await bureau.get(second)).text
    assert "高 3 分" in shown
    assert "标准不同，不相减" in (await bureau.get(third)).text
    text = document_text((await bureau.get(f"{second}?format=docx")).content)
    assert "上一次“上半年检查评议”96 分，高 3 分" in text

    # The body sees its own past on its own page; not its neighbour's, and nothing that waits.
    past = (await body.get(its)).text
    assert "其他各次评议" in past
    assert "上半年检查评议" in past
    assert "第三次评议" not in past
    assert "邻局的缘故" not in past
    assert (await other.get(its)).status_code == 404


async def test_nobody_evaluates_his_own_house(office, agencies):
    bureau, _, _ = office
    async with transaction(OFFICE):
        # An organ that is an enforcing body as well: some offices are both.
        await execute(
            "update core_organisation set kind = 'department' where id = $1", agencies.bureau.id
        )
    sent = {"name": "标准", "table": TABLE}
    assert (await bureau.post("/reviews/evaluations/schemes", data=sent)).status_code == 303
    async with transaction(OFFICE):
        scheme = await value("select id from reviews_scheme")
    form = {
        "title": "上半年检查评议",
        "scheme": str(scheme),
        "since": "2026-01-01",
        "until": "2026-06-30",
        "due": "2026-07-10",
    }
    bodies = [str(agencies.bureau.id), str(agencies.agency.id)]
    own = await bureau.post("/reviews/evaluations", data={**form, "bodies": bodies})
    assert own.status_code == 422
    assert "不能自己评自己" in own.text
    foreign = {**form, "bodies": [str(agencies.foreign_agency.id)]}
    assert (await bureau.post("/reviews/evaluations", data=foreign)).status_code == 422
    async with transaction(OFFICE):
        assert await value("select count(*) from reviews_evaluation") == 0
