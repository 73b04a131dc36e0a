# SPDX-License-Identifier: Apache-2.0
"""The desk and the candidate's computer, as browsers use them."""

import re
from typing import Any

import pytest

from core.api.db import value
from core.api.testing import Browser
from tests.plugins.exams.conftest import GIFT, IDS, START, As, Hall, sign_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


async def ok(client: Browser, path: str) -> str:
    answer = await client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-800:])
    return answer.text


async def test_the_bank_from_import_to_paper(as_bureau: As, client: Browser) -> None:
    await as_bureau()
    for path in (
        "/exams/bank",
        "/exams/bank/new",
        "/exams/bank/import",
        "/exams/papers",
        "/exams/",
    ):
        await ok(client, path)
    broken = GIFT + "\n::9::没有答案的题\n\n::10::好题？{=对 ~不对}\n"
    shown = await client.post(
        "/exams/bank/import", {"act": "preview"}, files={"file": ("题库.txt", broken.encode())}
    )
    assert shown.status_code == 200, shown.text[-500:]
    assert "没有花括号" in shown.text
    taken = await client.post("/exams/bank/import", files={"file": ("题库.txt", broken.encode())})
    page = await client.follow(taken)
    assert "没有花括号" in page.text
    assert await value("select count(*) from exams_question where state = 'draft'") == 4
    again = await client.post("/exams/bank/import", files={"file": ("题库.txt", broken.encode())})
    await client.follow(again)
    assert await value("select count(*) from exams_question") == 4, "the same file adds nothing"
    question = await value("select min(id) from exams_question")
    await ok(client, f"/exams/bank/{question}")
    assert (await client.post("/exams/bank/approve")).status_code == 303
    await ok(client, "/exams/papers/new")
    form = {
        "title": "试卷一",
        "minutes": "60",
        "least_points": "60",
        "rows.0.kind": "single",
        "rows.0.subject": "行政处罚法",
        "rows.0.difficulty": "",
        "rows.0.count": "3",
        "rows.0.points": "2",
        "rows.1.kind": "",
        "rows.1.count": "",
        "rows.1.points": "",
    }
    refused = await client.post("/exams/papers/new", form)
    assert refused.status_code == 422
    assert "合格分要在" in refused.text
    refused = await client.post("/exams/papers/new", {**form, "least_points": "2"})
    assert "只有 1 题" in refused.text
    # A paper of many subjects needs many rows; asking for them loses nothing and judges nothing.
    wider = await client.post("/exams/papers/new", {**form, "act": "more"})
    assert wider.status_code == 200
    assert 'name="rows.7.kind"' in wider.text
    assert 'value="行政处罚法"' in wider.text
    assert "要改" not in wider.text
    made = await client.post(
        "/exams/papers/new", {**form, "least_points": "2", "rows.0.count": "1"}
    )
    await client.follow(made)
    exported = await client.get("/exams/bank/export.gift")
    assert "::1::" in exported.text
    for path in ("/exams/bank/export.xlsx", "/exams/bank/template.xlsx"):
        assert (await client.get(path)).content[:2] == b"PK"


@pytest.mark.req("S2-27", "S2-28", "S2-29")
async def test_a_candidate_at_the_computer(
    hall: Hall, client: Browser, clock: Any, as_bureau: As
) -> None:
    base = f"/exams/sessions/{hall.session}"
    assert "考生1" in await ok(client, base)
    await ok(client, "/exams/candidates")
    assert "考生1" in await ok(client, "/exams/candidates?q=考生1&state=all")
    assert "考生1" not in await ok(client, "/exams/candidates?q=没有这个人&state=all")
    assert (await client.post(f"{base}/open")).status_code == 303
    code = await value("select code from exams_session where id = $1", hall.session)
    await ok(client, f"{base}/live")
    await ok(client, f"{base}/door")
    wrong = await client.post(f"{base}/door", {"code": IDS[3]})
    assert wrong.status_code == 422
    assert "不在本场名册" in wrong.text
    let_in = await client.post(f"{base}/door", {"code": IDS[0]})
    assert let_in.status_code == 200, let_in.text[-500:]
    words = re.findall(r'<dd class="jd-mono">([^<]+)</dd>', let_in.text)
    assert words[0] == code
    entry = {"ticket": words[1]}
    refused = await sign_in(client, code, entry, "WRONG1")
    assert refused.status_code == 422
    assert (await sign_in(client, code, entry, words[2].lower())).status_code == 303
    again = await sign_in(client, code, entry, words[2])
    assert again.status_code == 422, "a password works once"
    ready = await ok(client, "/exams/sit/ready")
    assert "考生1" in ready
    early = await client.post("/exams/sit/begin")
    assert early.status_code == 409
    clock(START)
    await as_bureau()
    no_photo = await client.post("/exams/sit/begin")
    assert "还没有拍照" in no_photo.text
    sent = await client.post("/exams/sit/photo", files={"photo": ("p.png", PNG, "image/png")})
    assert sent.status_code == 303, sent.text[-500:]
    assert (await client.post("/exams/sit/begin")).status_code == 303
    paper = await ok(client, "/exams/sit/paper")
    assert paper.count("data-exam-question") == 4
    right = await hall.answers()
    position, keys = right["single"]
    reply = await client.http.post(
        "/exams/sit/answers", json={"acts": [{"n": 1, "q": position, "a": keys}]}
    )
    assert (reply.status_code, reply.json()["last"]) == (200, 1), reply.text
    assert (await client.http.post("/exams/sit/answers", data={"acts": "1"})).status_code == 415
    assert (
        await client.http.post("/exams/sit/answers", json={"acts": [{"n": 2, "q": 99}]})
    ).status_code == 422
    # Without script: the whole form; two boxes of one question come as two fields.
    many, two = right["multiple"]
    saved = await client.post(
        "/exams/sit/save", {f"q{position}": keys, f"q{many}": two, f"q{right['fill'][0]}": "三十"}
    )
    assert saved.status_code == 303
    assert await value("select count(*) from exams_act where kind = 'answer'") == 3
    entry_id = await value("select id from exams_entry where ticket = $1", words[1])
    await ok(client, f"{base}/entries/{entry_id}")
    rows = await client.get(f"{base}/live/rows", headers={"HX-Request": "true"})
    assert "3/4" in rows.text
    photo = await client.get(f"{base}/entries/{entry_id}/photo")
    assert photo.status_code == 200
    assert (await client.post("/exams/sit/submit")).status_code == 303
    await ok(client, "/exams/sit/done")
    assert await value("select score from exams_attempt") == 80
    late = await client.http.post(
        "/exams/sit/answers", json={"acts": [{"n": 50, "q": 0, "a": ["o1"]}]}
    )
    assert (late.status_code, late.json()["state"]) == (409, "submitted")
    clock(START.replace(hour=4))
    await as_bureau()
    await ok(client, f"{base}/live")
    assert await value("select state from exams_session where id = $1", hall.session) == "closed"
    await ok(client, f"{base}/results")
    await ok(client, f"{base}/analysis")
    published = await client.post(f"{base}/publish")
    await client.follow(published)
    assert (await client.get(f"{base}/results?format=xlsx")).content[:2] == b"PK"
