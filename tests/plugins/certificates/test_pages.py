# SPDX-License-Identifier: Apache-2.0
"""The forms of the officer register: what is wrong is said in the words on the page."""

import html
import re

import pytest

from core.api.db import Scope, transaction
from core.api.people import appoint_organ
from core.api.testing import Agencies, Browser, LoginAs

BOX = re.compile(r'id="jd-errbox".*?</ul>', re.DOTALL)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, ("请填写姓名", "请选择单位")),
        (
            {"name": "张海龙", "organisation": "x", "valid_from": "昨天"},
            ("单位", "有效期起"),
        ),
    ],
)
async def test_errors_name_the_fields_as_the_page_does(
    client: Browser, login_as: LoginAs, agencies: Agencies, typed: dict[str, str], words: tuple[str]
) -> None:
    await login_as("data_entry", organisation=agencies.agency)
    refused = await client.post("/certificates/officers/new", typed)
    assert refused.status_code == 422
    box = BOX.search(refused.text)
    assert box is not None
    said = html.unescape(re.sub(r"<[^>]*>", " ", box.group()))
    for each in words:
        assert each in said
    assert not re.search("[a-z_]{4,}", said.partition(">")[2] or said), said
    for target in re.findall(r'href="#([^"]+)"', box.group()):
        assert f'id="{target}"' in refused.text, "the link leads to the field"


@pytest.mark.needs("exams", "inspection")
@pytest.mark.req("S2-2")
async def test_the_four_main_functions_are_one_click_from_the_start(
    client: Browser, login_as: LoginAs, agencies: Agencies
) -> None:
    """执法主体管理、执法人员管理、在线考试、执法监督: in the menu, and each opens."""
    async with transaction(Scope.platform("test data")):
        await appoint_organ(agencies.bureau.region, "supervision", agencies.bureau.id)
    await login_as("supervision_bureau", region=agencies.bureau.region)
    menu = (await client.get("/")).text
    for path in ("/certificates/bodies", "/certificates/", "/exams/", "/inspection/alarms"):
        assert f'href="{path}"' in menu, path
        assert (await client.get(path)).status_code == 200, path
