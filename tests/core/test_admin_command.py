# SPDX-License-Identifier: Apache-2.0
"""``jiandu admin``: how the first administrators come into an installation without demo data."""

import os
import subprocess
import sys

import asyncpg
import pytest

from core.settings import ROOT


def run(url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "JIANDU_DATA"))}
    return subprocess.run(
        [sys.executable, "-m", "core.cli", "admin", *words],
        cwd=ROOT,
        env={**kept, "DATABASE_URL": url, "JIANDU_SECRET": "only-for-tests", "JIANDU_ENV": "test"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.req("C11-02")
async def test_the_first_administrator_and_a_way_back_in(fresh_db: str) -> None:
    made = run(fresh_db, "sysadmin", "--name", "王管理", "--role", "system")
    assert made.returncode == 0, made.stderr
    assert "已开立系统管理员账号 sysadmin（王管理）" in made.stdout
    code = made.stdout.partition("password): ")[2].split()[0]
    connection = await asyncpg.connect(fresh_db)
    try:
        await connection.execute("set role jiandu_owner")
        role = await connection.fetchval(
            "select r.key from core_assignment a join core_role r on r.id = a.role"
            " join core_user u on u.id = a.\"user\" where u.login = 'sysadmin'"
        )
        assert role == "system_admin"
        kinds = await connection.fetch("select kind from core_fact order by id")
        assert [each["kind"] for each in kinds] == [
            "core.account.opened",
            "core.role.granted",
            "core.slip.issued",
        ]
        again = run(fresh_db, "sysadmin")
        assert again.returncode == 0
        assert code not in again.stdout
        other = run(fresh_db, "sysadmin", "--role", "audit")
        assert other.returncode == 1, "roles are not given by the way"
        assert "不是审计管理员" in other.stderr
        valid = await connection.fetchval(
            "select count(*) from core_slip where revoked_at is null and used_at is null"
        )
        assert valid == 1, "the earlier slip is void"
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "words",
    [("newcomer",), ("newcomer", "--name", "某"), ("!!", "--name", "某", "--role", "audit")],
)
async def test_what_is_missing_is_said(fresh_db: str, words: tuple[str, ...]) -> None:
    refused = run(fresh_db, *words)
    assert refused.returncode == 1
    assert "✗" in refused.stderr
    assert "Traceback" not in refused.stderr
