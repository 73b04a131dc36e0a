# SPDX-License-Identifier: Apache-2.0
"""行为准则和操作手册: versions, confirmations, who may write them."""

from typing import Any

import pytest

from core.api.db import rows, value
from core.api.testing import Browser, Facts
from tests.plugins.notices.conftest import As


async def begin(client: Browser, **more: Any) -> int:
    form = {
        "kind": "conduct",
        "title": "行为准则",
        "readers": "supervisors",
        "must_confirm": "true",
    }
    answer = await client.post("/notices/guides/new", {**form, **more})
    assert answer.status_code == 303, answer.text
    return int(await value("select max(id) from notices_guide"))


async def write(
    client: Browser, guide: int, body: str, changes: str = "", act: str = "publish"
) -> Any:
    return await client.post(
        f"/notices/guides/{guide}/edit", {"body": body, "changes": changes, "act": act}
    )


@pytest.mark.req("S0-19")
async def test_a_new_version_is_read_and_confirmed_anew(
    client: Browser, as_bureau: As, as_reader: As, facts: Facts
) -> None:
    await as_bureau()
    guide = await begin(client)
    assert (await write(client, guide, "一、不收受财物。")).status_code == 303
    await as_reader()
    shelf = await client.get("/notices/conduct")
    assert "行为准则" in shelf.text
    assert "待确认" in shelf.text
    assert "不收受财物" in (await client.get(f"/notices/guides/{guide}")).text
    done = await client.post(f"/notices/guides/{guide}/confirm", {"number": "1"})
    assert done.status_code == 303
    assert "已确认" in (await client.get("/notices/conduct")).text
    await as_bureau()
    assert (await write(client, guide, "一、不收受财物。二、回避。", "加了回避")).status_code == 303
    await as_reader()
    assert "待确认" in (await client.get("/notices/conduct")).text
    page = (await client.get(f"/notices/guides/{guide}")).text
    assert "加了回避" in page
    stale = await client.post(f"/notices/guides/{guide}/confirm", {"number": "1"})
    assert stale.status_code == 409
    assert "第 2 版" in stale.text
    await client.post(f"/notices/guides/{guide}/confirm", {"number": "2"})
    await client.post(f"/notices/guides/{guide}/confirm", {"number": "2"})
    numbers = [each["number"] for each in await rows("select number from notices_confirmation")]
    assert sorted(numbers) == [1, 2]
    assert [f.payload["number"] for f in await facts.only("notices.guide_confirmed")] == [1, 2]
    old = await client.get(f"/notices/guides/{guide}?version=1")
    assert "回避" not in old.text.split("<article")[1].split("</article>")[0]
    assert (await client.get(f"/notices/guides/{guide}?version=9")).status_code == 404


@pytest.mark.req("S0-22")
async def test_the_manual_stands_on_its_own_shelf(
    client: Browser, as_bureau: As, as_reader: As
) -> None:
    await as_bureau()
    guide = await begin(client, kind="manual", title="操作手册", readers="all")
    await write(client, guide, "怎样投诉举报。")
    await as_reader()
    assert "操作手册" in (await client.get("/notices/manual")).text
    assert f"/notices/guides/{guide}" not in (await client.get("/notices/conduct")).text


async def test_saved_words_are_not_in_force(client: Browser, as_bureau: As, as_reader: As) -> None:
    await as_bureau()
    guide = await begin(client)
    await write(client, guide, "还没想好", act="save")
    await as_reader()
    assert (await client.get(f"/notices/guides/{guide}")).status_code == 404
    assert "行为准则</span>" not in (await client.get("/notices/conduct")).text
    await as_bureau()
    await write(client, guide, "想好了")
    await write(client, guide, "又改了", act="save")
    await as_reader()
    page = (await client.get(f"/notices/guides/{guide}")).text
    assert "想好了" in page
    assert "又改了" not in page


async def test_wrong_words_are_refused_beside_the_field(client: Browser, as_bureau: As) -> None:
    await as_bureau()
    guide = await begin(client)
    empty = await write(client, guide, "  ")
    assert empty.status_code == 422
    assert "请写正文" in empty.text
    await write(client, guide, "第一版")
    unsaid = await write(client, guide, "第二版")
    assert unsaid.status_code == 422
    assert "改了什么" in unsaid.text
    assert "第二版" in unsaid.text
    same = await write(client, guide, "第一版", "没有改")
    assert same.status_code == 422
    assert "一字不差" in same.text


@pytest.mark.req("C2-13")
async def test_other_regions_and_mere_readers(
    client: Browser, as_bureau: As, as_reader: As, region_tree: Any
) -> None:
    await as_bureau()
    guide = await begin(client)
    await write(client, guide, "第一版")
    await as_bureau(region_tree.other_county)
    assert (await client.get(f"/notices/guides/{guide}")).status_code == 404
    assert (await write(client, guide, "冒充")).status_code == 404
    assert (
        await client.post(f"/notices/guides/{guide}/close", {"reason": "冒充"})
    ).status_code == 404
    await as_bureau(region_tree.city)
    assert (await write(client, guide, "上级代写", "代写")).status_code == 404
    await as_reader()
    assert (await client.get(f"/notices/guides/{guide}/edit")).status_code == 403
    assert (await client.get("/notices/guides")).status_code == 403
    await as_reader("supervisor", "外人", region=region_tree.other_county)
    answer = await client.post(f"/notices/guides/{guide}/confirm", {"number": "1"})
    assert answer.status_code == 404
    await as_reader("handler", "张海龙")
    assert (await client.get(f"/notices/guides/{guide}")).status_code == 404


async def test_a_closed_page_leaves_the_shelf(
    client: Browser, as_bureau: As, as_reader: As
) -> None:
    await as_bureau()
    guide = await begin(client)
    await write(client, guide, "第一版")
    assert (await client.post(f"/notices/guides/{guide}/close", {"reason": ""})).status_code == 422
    assert (
        await client.post(f"/notices/guides/{guide}/close", {"reason": "合并"})
    ).status_code == 303
    assert (await write(client, guide, "再改", "再改")).status_code == 409
    await as_reader()
    assert f"/notices/guides/{guide}" not in (await client.get("/notices/conduct")).text
    assert (
        await client.post(f"/notices/guides/{guide}/confirm", {"number": "1"})
    ).status_code == 409
