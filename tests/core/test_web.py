# SPDX-License-Identifier: Apache-2.0
"""Pages, pieces, errors, headers, default deny."""

import pytest

from core.api.testing import htmx


async def test_nobody_is_sent_to_the_door_and_back(client):
    answer = await client.get("/?tab=unit")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2F%3Ftab%3Dunit"
    page = await client.follow(answer)
    assert page.status_code == 200
    assert 'name="login"' in page.text
    assert 'value="/?tab=unit"' in page.text


async def test_home_page_renders_for_every_role(client, login_as, registry):
    who = await login_as("handler")
    answer = await client.get("/")
    assert answer.status_code == 200, answer.text[:2000]
    assert who.name in answer.text
    assert "jd-side" in answer.text


async def test_unknown_address_is_a_chinese_page(client, login_as):
    await login_as("handler")
    answer = await client.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "没有找到" in answer.text
    assert "Not Found" not in answer.text


async def test_headers_are_strict_everywhere(client):
    for path in ("/login", "/nowhere", "/static/css/jiandu.css"):
        answer = await client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(answer.headers["x-request-id"]) == 8


async def test_badges_come_as_one_piece(client, login_as):
    await login_as("handler")
    answer = await htmx(client).get("/nav/badges", one_root=False)
    assert answer.status_code == 200
    assert "首页" in answer.text


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500, 503])
def test_every_error_has_its_template(app, status):
    from core.web.state import platform_of

    assert platform_of(app).templates.exists(f"errors/{status}.html")
