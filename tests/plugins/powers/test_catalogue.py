# SPDX-License-Identifier: Apache-2.0
"""权责清单: what is in force is published at once, by body, and nothing else ever is."""

import json
from importlib import import_module

import pytest

from core.api.db import Scope, execute, row, transaction
from plugins.powers.services import enter_item, shipped_items
from plugins.powers.services.catalogue import PUBLISHED
from plugins.powers.services.drafting import create_draft

OFFICE = Scope.platform("test")


async def enter(name, body):
    async with transaction(OFFICE):
        return (await enter_item(shipped_items()[name], body.id)).item


@pytest.fixture
async def held(db, agencies):
    """Two bodies of one county with items in force."""
    return {
        "penalty": await enter("scjg-cf-012", agencies.agency),
        "licence": await enter("scjg-xk-003", agencies.agency),
        "levy": await enter("sl-zs-001", agencies.other_agency),
    }


async def read(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status, answer.text[:500]
    return answer.text


async def test_without_an_account_every_body_is_listed(client, held, agencies):
    page = await read(client, "/powers/public")
    assert f'href="/powers/public/bodies/{agencies.agency.id}"' in page
    assert agencies.agency.name in page
    assert agencies.other_agency.name in page


async def test_a_body_shows_its_items_with_basis_limits_and_remedies(client, held, agencies):
    page = await read(client, f"/powers/public/bodies/{agencies.agency.id}")
    assert "现行有效 2 项" in page
    assert "对拒不改正进货查验违法行为的处罚" in page
    assert "食品经营许可" in page
    assert "水资源费征收" not in page
    assert "《中华人民共和国食品安全法》第一百二十六条第一款第（三）项" in page
    assert "立案至决定 90 日" in page
    assert "行政复议" in page
    penalties = await read(
        client, f"/powers/public/bodies/{agencies.agency.id}?power_class=penalty"
    )
    assert "食品经营许可" not in penalties


async def test_one_item_shows_its_chart_and_standards(client, held):
    page = await read(client, f"/powers/public/items/{held['penalty']}")
    assert "<svg" in page
    assert "进货查验违法行为裁量基准" in page
    assert "5,000.00 元至 18,500.00 元" in page
    assert "人民法院提起行政诉讼" in page


@pytest.mark.parametrize(
    "secret",
    ["处罚执行与决定一致", "人情罚款", "执法记录仪视频", "不少于两名执法人员，主动出示"],
)
async def test_points_risks_forms_and_guidance_are_not_public(client, held, agencies, secret):
    body = agencies.agency.id
    for path in (
        f"/powers/public/bodies/{body}",
        f"/powers/public/bodies/{body}/print",
        f"/powers/public/bodies/{body}/json",
        f"/powers/public/items/{held['penalty']}",
    ):
        text = await read(client, path)
        main = text[text.find("<main") :] if "<main" in text else text
        assert secret not in main, path


async def test_drafts_are_never_public(client, held, chain):
    draft = await create_draft(chain.maker, chain.body, "还没有生效的事项", "X-1", "penalty", "")
    assert draft
    for path in ("/powers/public", f"/powers/public/bodies/{chain.body}"):
        assert "还没有生效的事项" not in await read(client, path)
    assert "没有找到" in await read(client, "/powers/public?q=还没有生效")


async def test_the_search_finds_titles_codes_and_laws(client, held):
    assert "食品经营许可" in await read(client, "/powers/public?q=经营许可")
    assert "水资源费征收" in await read(client, "/powers/public?q=SL-ZS")
    by_law = await read(client, "/powers/public?q=食品安全法")
    assert "对拒不改正进货查验违法行为的处罚" in by_law
    assert "水资源费征收" not in by_law
    assert "没有找到这样的事项" in await read(client, "/powers/public?q=没有这种事")


@pytest.mark.parametrize("q", ["%", "_", "' or 1=1 --", "<script>", "\x00", "x" * 5000])
async def test_hostile_searches_are_only_searches(client, held, q):
    answer = await client.get("/powers/public", params={"q": q})
    assert answer.status_code in {200, 400}
    assert "<script>" not in answer.text[answer.text.find("<main") :]


async def test_the_printed_sheet_holds_everything_of_the_body(client, held, agencies):
    page = await read(client, f"/powers/public/bodies/{agencies.agency.id}/print")
    assert "行政处罚（1 项）" in page
    assert "行政许可（1 项）" in page
    assert "线索核查 → 立案审批" in page


async def test_the_export_names_exactly_the_published_fields(client, held, agencies):
    told = json.loads(await read(client, f"/powers/public/bodies/{agencies.agency.id}/json"))
    assert set(told) == {"body", "region", "as_of", "items"}
    assert [one["class"] for one in told["items"]] == ["penalty", "licence"]
    first = told["items"][0]
    assert set(first) == {
        "code",
        "title",
        "class",
        "class_title",
        "version",
        "effective_from",
        "basis",
        "limits",
        "steps",
        "transitions",
        "standards",
        "remedies",
    }
    assert first["limits"][1] == {"of": "立案至决定", "limit": "90 日"}
    assert {"from": "线索核查", "to": "立案审批", "kind": "forward", "title": "报请立案"} in first[
        "transitions"
    ]
    assert set(first["steps"][0]) == {"title", "limit"}


@pytest.mark.parametrize(
    "path",
    [
        "/powers/public/items/999999",
        "/powers/public/bodies/999999",
        "/powers/public/bodies/999999/print",
        "/powers/public/bodies/999999/json",
    ],
)
async def test_what_is_not_published_is_not_found(client, held, path):
    await read(client, path, status=404)


async def test_a_new_version_replaces_the_old_one(client, db, agencies):
    item = await enter("scjg-xk-003", agencies.agency)
    text = shipped_items()["scjg-xk-003"].replace("食品经营许可", "食品经营许可（新）")
    async with transaction(OFFICE):
        await enter_item(text, agencies.agency.id)
    page = await read(client, f"/powers/public/items/{item}")
    assert "食品经营许可（新）" in page
    assert "第 2 版" in page


async def test_what_was_in_force_before_is_published_by_the_upgrade(held):
    publish = import_module(
        "plugins.powers.piccolo_migrations.powers_2026_11_22t03_46_30_000000"
    ).PUBLISH
    kept = "select * from powers_public_item where item = $1"
    async with transaction(OFFICE):
        before = await row(kept, held["penalty"])
        assert before is not None
        assert set(before["content"]) == set(PUBLISHED)
        await execute("set local role jiandu_owner")
        await execute("delete from powers_public_item")
        await execute(publish)
        after = await row(kept, held["penalty"])
    assert {**before, "id": 0} == {**after, "id": 0}
