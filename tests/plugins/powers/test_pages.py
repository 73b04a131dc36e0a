# SPDX-License-Identifier: Apache-2.0
"""The pages of drafts: who may open them, saving entries, two people at one row, bad input."""

import re

import msgspec
import pytest

from core.api.db import transaction
from core.api.testing import htmx
from plugins.powers.forms.entries import FORMS
from plugins.powers.forms.points import POINT_FORMS
from plugins.powers.queries.drafts import find_draft
from plugins.powers.rules import approval as rules
from plugins.powers.rules.comparing import SECTIONS
from plugins.powers.services import drafting
from tests.plugins.powers.conftest import OFFICE
from tests.plugins.powers.test_approving import begun, submitted

NO_NUMBER = b"""title = "a"
code = "c"
power_class = "penalty"
[[standards]]
key = "s"
title = "t"
act = "a"
[[standards.tiers]]
key = "a"
title = "t"
min = 1
max = 2
conditions = [{ control = "c", op = "le", value = nan }]
"""
ODD = b"""title = "a"
code = "c"
power_class = "penalty"
[[points]]
key = "p"
kind = "k"
title = "t"
"""
MAKER = ("powers.item.read", rules.READ, rules.EDIT)


@pytest.fixture
async def draft(chain):
    return await begun(chain)


@pytest.fixture
async def maker(chain, login_as):
    return await login_as("body_admin", organisation=chain.agencies.agency, permissions=MAKER)


async def stored(draft):
    async with transaction(OFFICE):
        return await find_draft(draft, OFFICE)


async def row_of(client, path, row):
    """The open form's hidden fields."""
    page = await client.get(f"{path}?row={row}")
    assert page.status_code == 200, page.text[:300]
    form = page.text.split('id="entry"')[1].split("</form>")[0]
    return dict(re.findall(r'name="(revision|of|row|was|key)" value="([^"]*)"', form))


@pytest.mark.parametrize("section", [*SECTIONS, "controls?of=inquiry", "tiers?of=s1"])
async def test_every_section_opens_with_and_without_a_form(client, draft, maker, section):
    path = f"/powers/drafts/{draft}/edit/{section}"
    page = await client.get(path)
    assert page.status_code == 200
    assert 'id="powers-editor"' in page.text
    joined = "&" if "?" in section else "?"
    new = await client.get(f"{path}{joined}row=new&kind=evidence")
    assert 'id="entry"' in new.text
    piece = await htmx(client).get(path)
    assert piece.status_code == 200
    rows = re.findall(r'href="(/powers/drafts/[^"]*row=[^"#]*)#entry"', page.text)
    # The first of each kind of point has a form of its own; elsewhere one is like the next.
    for address in rows if section == "points" else rows[:2]:
        opened = await client.get(address.replace("&amp;", "&"))
        assert opened.status_code == 200, address
        assert 'id="entry"' in opened.text, address


async def test_a_saved_entry_is_stored_and_shown(client, draft, maker):
    path = f"/powers/drafts/{draft}/edit/steps"
    hidden = await row_of(client, path, "inquiry")
    answer = await client.post(
        path,
        {
            **hidden,
            "title": "调查取证与询问",
            "kind": "ordinary",
            "stage": "handle",
            "sheet": "inquiry",
            "limit": "30 工作日",
            "min_officers": "2",
            "joint": "quorum",
            "quorum": "3",
        },
    )
    page = await client.follow(answer)
    assert "调查取证与询问" in page.text
    step = (await stored(draft)).definition.step("inquiry")
    assert (step.limit.words, step.joint.words, step.strict_officers) == (
        "30 个工作日",
        "会签，须 3 人同意",
        False,
    )


async def test_the_chart_follows_a_save(client, draft, maker):
    path = f"/powers/drafts/{draft}/edit/steps"
    hidden = await row_of(client, path, "new")
    answer = await htmx(client).post(path, {**hidden, "title": "专家论证", "kind": "discussion"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    chart = answer.text.split("<figure")[1]
    assert "专家论证" in chart
    assert "走不到" in answer.text


async def test_two_people_at_one_row(client, chain, draft, maker):
    path = f"/powers/drafts/{draft}/edit/points"
    hidden = await row_of(client, path, "clue_limit")
    await drafting.save_draft(
        chain.other_maker, draft, 1, lambda item: _titled(item, "clue_limit", "别人改的")
    )
    typed = {**hidden, "title": "我写的", "at": "clue", "clause": "我引的条款"}
    second = await client.post(f"{path}?kind=time_limit", typed)
    assert second.status_code == 409
    for words in ("另一编制人", "别人改的", "改的正是这一行", "我写的", "我引的条款"):
        assert words in second.text, words
    form = second.text.split('id="entry"')[1].split("</form>")[0]
    again = dict(re.findall(r'name="(revision|of|row|was|key)" value="([^"]*)"', form))
    third = await client.post(f"{path}?kind=time_limit", {**typed, **again})
    assert third.status_code == 303
    point = next(p for p in (await stored(draft)).definition.points if p.key == "clue_limit")
    assert (point.title, point.clause) == ("我写的", "我引的条款")


async def test_two_people_at_the_same_name(client, chain, draft, maker):
    path = f"/powers/drafts/{draft}/edit/basics"
    hidden = await row_of(client, path, "")

    def renamed(item):
        return msgspec.structs.replace(item, title="别人起的名字")

    await drafting.save_draft(chain.other_maker, draft, 1, renamed)
    typed = {**hidden, "title": "我起的名字", "code": "SCJG-CF-012", "power_class": "penalty"}
    second = await client.post(path, typed)
    assert second.status_code == 409
    assert "事项名称现在是“别人起的名字”" in second.text
    assert "我起的名字" in second.text
    assert (await stored(draft)).title == "别人起的名字"


async def test_a_row_that_was_removed_meanwhile_loses_nothing(client, chain, draft, maker):
    path = f"/powers/drafts/{draft}/edit/risks"
    hidden = await row_of(client, path, "0")

    def without(item):
        return msgspec.structs.replace(item, risks=item.risks[1:])

    await drafting.save_draft(chain.other_maker, draft, 1, without)
    typed = {
        **hidden,
        "step": "decide",
        "level": "高",
        "description": "新写的",
        "prevention": "防控",
    }
    second = await client.post(path, typed)
    assert second.status_code == 409
    assert "新写的" in second.text
    form = second.text.split('id="entry"')[1].split("</form>")[0]
    again = dict(re.findall(r'name="(revision|of|row|was)" value="([^"]*)"', form))
    assert again["row"] == ""
    assert (await client.post(path, {**typed, **again})).status_code == 303
    assert (await stored(draft)).definition.risks[-1].description == "新写的"


def _titled(item, key, title):
    points = [
        msgspec.structs.replace(one, title=title) if one.key == key else one for one in item.points
    ]
    return msgspec.structs.replace(item, points=points)


@pytest.mark.parametrize(
    ("section", "row", "typed", "words"),
    [
        ("stages", "new", {"title": "阶段", "limit": "五天"}, "读不懂"),
        ("stages", "new", {"title": "", "limit": ""}, "请填写名称"),
        ("stages", "new", {"title": "阶段", "key": "Bad Key!"}, "小写字母"),
        ("stages", "new", {"title": "阶段", "key": "clue"}, "已经有代号"),
        ("steps", "new", {"title": "环节", "kind": "magic"}, "没有这个选项"),
        ("steps", "new", {"title": "环节", "kind": "ordinary", "min_officers": "两个"}, "数"),
        ("transitions", "new", {"origin": "clue", "values": "是"}, "条件要同时"),
        ("risks", "new", {"step": "clue", "level": "极高"}, "没有这个选项"),
        ("points", "new", {"title": "证据", "step": ""}, "设在哪个环节"),
        ("remedies", "new", {"text": "短"}, "至少"),
        ("basics", "", {"title": "名称", "code": "", "power_class": "penalty"}, "事项编码"),
    ],
)
async def test_what_cannot_be_stored_stands_beside_its_field(
    client, draft, maker, section, row, typed, words
):
    path = f"/powers/drafts/{draft}/edit/{section}"
    hidden = {"revision": "1", "row": "", "was": "", "of": ""}
    query = "?kind=evidence" if section == "points" else ""
    answer = await client.post(f"{path}{query}", {**hidden, **typed})
    assert answer.status_code == 422, answer.text[:300]
    assert words in answer.text
    for value in typed.values():
        # A choice that is none cannot be shown as chosen; everything typed can.
        assert value in {"", "magic", "极高"} or value in answer.text
    assert (await stored(draft)).revision == 1


@pytest.mark.parametrize(
    "typed",
    [{}, {"revision": "x"}, {"revision": "1", "row": "nowhere", "was": "z", "title": "t"}],
)
@pytest.mark.parametrize("act", ["", "/move", "/remove"])
async def test_broken_forms_are_answered_in_words(client, draft, maker, typed, act):
    answer = await client.post(f"/powers/drafts/{draft}/edit/stages{act}", typed)
    assert answer.status_code in (409, 422), answer.text[:200]
    assert (await stored(draft)).revision == 1


async def test_moving_and_removing(client, draft, maker):
    path = f"/powers/drafts/{draft}/edit/stages"
    hidden = await row_of(client, path, "handle")
    assert (await client.post(f"{path}/move", {**hidden, "by": "-1"})).status_code == 303
    assert [one.key for one in (await stored(draft)).definition.stages][:2] == ["handle", "clue"]
    hidden = await row_of(client, path, "clue")
    page = await client.follow(await client.post(f"{path}/remove", hidden))
    assert "已移除" in page.text
    steps = await client.get(f"/powers/drafts/{draft}/edit/steps")
    assert "所属的阶段“clue”不存在" in steps.text


@pytest.mark.parametrize("section", ["nowhere", "controls", "tiers", "controls?of=none"])
async def test_sections_that_are_not_there(client, draft, maker, section):
    assert (await client.get(f"/powers/drafts/{draft}/edit/{section}")).status_code == 404


async def test_whoever_may_only_look_reads_the_basics_too(client, chain, draft, login_as):
    await login_as("legal_office", organisation=chain.agencies.agency)
    page = await client.get(f"/powers/drafts/{draft}/edit/basics")
    assert "现在只能看" in page.text
    for words in ("<dd>SCJG-CF-012</dd>", "<dd>行政处罚</dd>", "<dd>当事人</dd>"):
        assert words in page.text


async def test_the_neighbour_gets_404_and_the_handler_403(client, chain, draft, login_as):
    paths = [f"/powers/drafts/{draft}{tail}" for tail in ("", "/toml", "/compare", "/edit/steps")]
    await login_as("body_admin", organisation=chain.agencies.other_agency, permissions=MAKER)
    for path in paths:
        assert (await client.get(path)).status_code == 404, path
    answer = await client.post(f"/powers/drafts/{draft}/withdraw", {})
    assert answer.status_code == 404
    await login_as("data_entry", organisation=chain.agencies.agency)
    for path in paths:
        assert (await client.get(path)).status_code == 403, path


async def test_a_reviewer_reads_but_does_not_edit(client, chain, login_as):
    draft = await submitted(chain)
    await login_as(
        "dept_supervisor",
        organisation=chain.agencies.agency,
        permissions=(rules.READ, rules.FIRST_REVIEW),
    )
    page = await client.get(f"/powers/drafts/{draft}")
    assert "初审通过" in page.text
    assert "期限" in page.text
    editor = await client.get(f"/powers/drafts/{draft}/edit/points?row=clue_limit")
    assert editor.status_code == 200
    assert 'id="entry"' not in editor.text
    refused = await client.post(
        f"/powers/drafts/{draft}/first/return", {"reason": "", "revision": "2"}
    )
    assert refused.status_code == 422
    assert "退回理由" in refused.text
    assert refused.text.count('<details class="jd-confirm" open>') == 1
    assert 'href="#f-reason-first"' in refused.text
    assert 'id="e-reason-first"' in refused.text
    done = await client.post(f"/powers/drafts/{draft}/first/pass", {"revision": "2"})
    assert done.status_code == 303
    assert (await stored(draft)).state == rules.FINAL


async def test_starting_a_draft(client, chain, maker):
    assert (await client.get("/powers/drafts/new")).status_code == 200
    assert (await client.get(f"/powers/drafts/new?item={chain.item}")).status_code == 200
    revised = await client.follow(await client.post(f"/powers/{chain.item}/revise", {}))
    assert "第 2 版的草稿" in revised.text
    typed = {
        "title": "对无证经营的处罚",
        "code": "T-77",
        "organisation": str(chain.body),
        "power_class": "penalty",
        "procedure": "penalty_ordinary",
    }
    created = await client.follow(await client.post("/powers/drafts/new", typed))
    assert "对无证经营的处罚" in created.text
    taken = await client.post("/powers/drafts/new", {**typed, "code": "SCJG-CF-012"})
    assert taken.status_code == 422
    assert "已经有编码" in taken.text
    listed = await client.get("/powers/drafts")
    assert "对无证经营的处罚" in listed.text
    workbook = await client.get("/powers/drafts?format=xlsx")
    assert workbook.content[:2] == b"PK"


@pytest.mark.parametrize("form", [*(entry.form for entry in FORMS.values()), *POINT_FORMS.values()])
def test_no_field_hides_what_htmx_reads_from_a_form(form):
    """``<select name="form">`` makes ``form.form`` the select: the browser then sends nothing."""
    names = {one.encode_name for one in msgspec.structs.fields(form)}
    assert not names & {"form", "elements", "submit", "closest", "parentElement", "isConnected"}


async def test_a_refused_copy_is_still_a_copy(client, chain, maker):
    typed = {"item": str(chain.item), "title": "照着写的事项", "code": "", "organisation": "0"}
    refused = await client.post("/powers/drafts/copy", typed)
    assert refused.status_code == 422
    assert 'value="照着写的事项"' in refused.text, "nothing typed is lost"
    assert f'name="item" value="{chain.item}"' in refused.text
    assert 'href="#f-copy-code"' in refused.text
    assert 'id="f-copy-code"' in refused.text
    assert "从程序开始" not in refused.text, "one thing was asked for, one is shown"


async def test_export_and_import_through_the_browser(client, chain, draft, maker):
    text = (await client.get(f"/powers/{chain.item}/toml")).text
    sent = {"file": ("item.toml", text.encode(), "application/toml")}
    answer = await client.post("/powers/drafts/import", {"item": str(chain.item)}, files=sent)
    assert answer.status_code == 303, answer.text[:500]
    page = await client.follow(answer)
    assert "没有差别" in page.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = ", "TOML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b'title = "x"\ncode = "c"\n', "power_class"),
        (b'procedure = "none"', "none"),
        (b"x" * (600 * 1024), "512 KB"),
        (b'title = "a\\u0000"\ncode = "c"\npower_class = "penalty"\n', "存不下"),
        (ODD + b"params = { a = inf }\n", "存不下"),
        (NO_NUMBER, "存不下"),
    ],
)
async def test_files_that_are_no_items(client, chain, maker, content, words):
    sent = {"file": ("item.toml", content, "application/toml")}
    answer = await client.post(
        "/powers/drafts/import", {"organisation": str(chain.body)}, files=sent
    )
    assert answer.status_code == 422
    assert words in answer.text


async def test_comparing_versions_in_words(client, chain, draft, maker):
    await drafting.save_draft(
        chain.maker, draft, 1, lambda item: _titled(item, "clue_limit", "线索时限")
    )
    page = await client.get(f"/powers/drafts/{draft}/compare")
    assert "线索时限" in page.text
    assert "第 1 版" in page.text
    only = await client.get(f"/powers/{chain.item}/compare")
    assert "没有更早的版本" in only.text
    assert (await client.get(f"/powers/{chain.item}/compare?before=7")).status_code == 404
