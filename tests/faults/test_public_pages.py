# SPDX-License-Identifier: Apache-2.0
"""Pages that need no session, and what a request may claim about itself."""

from datetime import UTC, datetime, timedelta

import pytest

from core.web.limiting import Limits, caller

MOMENT = datetime(2026, 5, 12, 2, 0, 5, tzinfo=UTC)


def test_counts_begin_anew_with_each_minute_and_for_each_caller() -> None:
    limits = Limits()
    assert [limits.left("a", "1.1.1.1", 2, 600.0) for _ in range(3)] == [0, 0, 60]
    assert limits.left("a", "2.2.2.2", 2, 600.0) == 0
    assert limits.left("b", "1.1.1.1", 2, 645.0) == 0
    assert limits.left("a", "1.1.1.1", 2, 645.0) == 15
    assert limits.left("a", "1.1.1.1", 2, 660.0) == 0
    assert len(limits.counts) == 1, "nothing is kept of the minute before"


@pytest.mark.parametrize(
    ("address", "whom"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
        ("", ""),
    ],
)
def test_an_office_is_one_caller_however_many_addresses_it_has(address: str, whom: str) -> None:
    assert caller(address) == whom


async def test_certificates_are_checked_sixty_times_a_minute(client, clock) -> None:
    clock(MOMENT)
    for _ in range(60):
        assert (await client.get("/certificates/check/nobody")).status_code == 404
    # Claiming to be somebody else does not help: no proxy is trusted here.
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7"}
    refused = await client.get("/certificates/check/nobody", headers=headers)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "55"
    assert "查询得太频繁" in refused.text
    assert (await client.get("/certificates/qr/nobody")).status_code == 429
    assert (await client.get("/login")).status_code == 200, "other pages are open"
    clock(MOMENT + timedelta(minutes=1))
    assert (await client.get("/certificates/check/nobody")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/certificates/check/%00", "/certificates/check/" + "长" * 300, "/login?next=%00//evil"],
)
async def test_public_pages_survive_what_nobody_types(client, clock, path: str) -> None:
    clock(MOMENT + timedelta(minutes=3))
    answer = await client.get(path)
    assert answer.status_code in (200, 404), answer.status_code
    assert "evil" not in answer.headers.get("location", "")


async def test_a_claimed_host_or_address_is_repeated_nowhere(client, login_as) -> None:
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.7",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "/accounts",
        "X-Rewrite-URL": "/accounts",
        "X-HTTP-Method-Override": "DELETE",
    }
    for path in ("/", "/login?next=https://evil.example/", "/no/such/page"):
        answer = await client.get(path, headers=headers)
        assert "evil.example" not in answer.text.replace("https://evil.example/", "")
        assert "evil.example" not in answer.headers.get("location", "").split("?next=")[0]
    await login_as("handler")
    page = await client.get("/sessions", headers=headers)
    assert page.status_code == 200
    assert "203.0.113.7" not in page.text
    assert (await client.get("/metrics", headers=headers)).status_code in (200, 404)
