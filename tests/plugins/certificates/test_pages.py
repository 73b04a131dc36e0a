# SPDX-License-Identifier: Apache-2.0
"""The forms of the officer register: what is wrong is said in the words on the page."""

import html
import re

import pytest

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
