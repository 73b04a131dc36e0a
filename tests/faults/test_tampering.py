# SPDX-License-Identifier: Apache-2.0
"""Somebody with the rights of the database's owner changes the record: every way is found.

The report names the fact or the batch, and says up to where nothing is wrong.
"""

from typing import Any

import asyncpg
import pytest

from core.db import OWNER
from core.keys.signing import fingerprint_of
from core.sealing import heads, rules
from core.sealing.export import verify_file, write
from tests.core.test_sealing import checked, seal, write_facts

pytestmark = pytest.mark.req("C11-11")


@pytest.fixture
async def record(fresh_db: str) -> list[int]:
    """Ten facts in five batches of two."""
    made = await write_facts(10)
    await seal(fresh_db, limit=2)
    assert (await checked(fresh_db)).intact
    return made


async def tamper(url: str, *statements: str, args: tuple[Any, ...] = ()) -> None:
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        for statement in statements:
            await connection.execute(statement, *args)
    finally:
        await connection.close()


def codes(report: rules.Report) -> set[tuple[str, int, int]]:
    return {(each.code, each.batch, each.fact) for each in report.findings}


COLUMNS = {
    "kind": "'cases.closed'",
    "subject_kind": "'cases.case'",
    "subject_id": "subject_id + 1",
    "actor": "actor + 1",
    "at": "at - interval '1 microsecond'",
    "recorded_at": "recorded_at + interval '1 day'",
    "payload": "payload || ' '",
}


class TestFacts:
    @pytest.mark.parametrize("column", COLUMNS)
    async def test_changed(self, fresh_db: str, record: list[int], column: str) -> None:
        await tamper(
            fresh_db,
            f"update core_fact set {column} = {COLUMNS[column]} where id = $1",
            args=(record[4],),
        )
        report = await checked(fresh_db)
        assert codes(report) == {("fact_changed", 3, record[4])}
        assert (report.facts, report.intact_until_batch) == (9, 2)
        assert f"记录 {record[4]} 的内容与封存时不一致" in report.findings[0].text
        assert "第 2 批" in report.proven()
        assert "9 条" in report.proven()

    async def test_deleted(self, fresh_db: str, record: list[int]) -> None:
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact = {record[3]}",
            f"delete from core_fact where id = {record[3]}",
        )
        report = await checked(fresh_db)
        assert codes(report) == {("fact_deleted", 2, record[3])}
        assert (report.facts, report.intact_until_batch) == (9, 1)

    async def test_two_contents_changed_over(self, fresh_db: str, record: list[int]) -> None:
        await tamper(
            fresh_db,
            "update core_fact f set payload = o.payload, subject_id = o.subject_id from core_fact o"
            f" where f.id in ({record[0]}, {record[9]}) and o.id in ({record[0]}, {record[9]})"
            " and o.id <> f.id",
        )
        report = await checked(fresh_db)
        assert codes(report) == {("fact_changed", 1, record[0]), ("fact_changed", 5, record[9])}
        assert report.intact_until_batch == 0
        assert "从第一批起就有问题" in report.proven()

    async def test_renumbered(self, fresh_db: str, record: list[int]) -> None:
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact = {record[5]}",
            f"update core_fact set id = 900001 where id = {record[5]}",
        )
        report = await checked(fresh_db)
        assert codes(report) == {("fact_deleted", 3, record[5]), ("fact_inserted", 0, 900001)}

    async def test_inserted_past_the_platform(self, fresh_db: str, record: list[int]) -> None:
        await tamper(
            fresh_db,
            "insert into core_fact (id, kind, subject_kind, subject_id, payload, region_lo, org_lo,"
            " actor, at, recorded_at) select 900002, kind, subject_kind, subject_id, payload,"
            f" region_lo, org_lo, actor, at, recorded_at from core_fact where id = {record[2]}",
        )
        report = await checked(fresh_db)
        assert codes(report) == {("fact_inserted", 0, 900002)}
        assert report.facts == 10

    async def test_one_deletion_does_not_hide_one_insertion(
        self, fresh_db: str, record: list[int]
    ) -> None:
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact = {record[9]}",
            f"delete from core_fact where id = {record[9]}",
            "insert into core_fact (id, kind, subject_kind, subject_id, payload, region_lo, org_lo,"
            " actor, at, recorded_at) values (900003, 'dummy.note.written', 'dummy.note', 1, '{}',"
            " 0, 0, 0, now(), now())",
        )
        report = await checked(fresh_db)
        assert {each.code for each in report.findings} == {"fact_deleted", "fact_inserted"}

    async def test_deleted_before_it_was_sealed(self, fresh_db: str, record: list[int]) -> None:
        first, second = await write_facts(2, first=11)
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact = {first}",
            f"delete from core_fact where id = {first}",
        )
        assert codes(await checked(fresh_db)) == {("fact_gone_before", 0, first)}
        # Sealing goes on and keeps the hole on record.
        assert await seal(fresh_db) == 2
        report = await checked(fresh_db)
        assert codes(report) == {("fact_gone_before", 6, first)}
        assert report.facts == 11
        assert second

    async def test_entered_late_is_pointed_out(self, fresh_db: str, record: list[int]) -> None:
        await tamper(
            fresh_db,
            "with f as (insert into core_fact (kind, subject_kind, subject_id, payload, region_lo,"
            " org_lo, actor, at, recorded_at) values ('dummy.note.written', 'dummy.note', 1, '{}',"
            " 0, 0, 0, now() - interval '90 days', now() - interval '90 days') returning id)"
            " insert into core_unsealed (fact) select id from f",
        )
        await seal(fresh_db)
        report = await checked(fresh_db)
        assert report.intact
        assert "绕过平台写入" in report.notes[0]


class TestBatches:
    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ("root = sha256(root)", "batch_changed"),
            ("head = sha256(head)", "batch_changed"),
            ("previous = sha256(previous)", "chain_broken"),
            ("sealed_at = sealed_at + interval '1 second'", "batch_changed"),
            ("signature = sha256(signature)", "signature_bad"),
            ("key = 'x'", "key_unknown"),
            ("facts = array[facts[2], facts[1]]", "reordered"),
            ("facts = facts[1:1]", "batch_changed"),
            ("leaves = substring(leaves for 32)", "batch_changed"),
            ("leaves = substring(leaves from 33) || substring(leaves for 32)", "batch_changed"),
            ("facts = '{}', leaves = ''", "batch_changed"),
        ],
    )
    async def test_changed(
        self, fresh_db: str, record: list[int], change: str, expected: str
    ) -> None:
        await tamper(fresh_db, f"update core_batch set {change} where id = 3")
        report = await checked(fresh_db)
        assert (expected, 3) in {(each.code, each.batch) for each in report.findings}
        assert report.intact_until_batch == 2

    async def test_deleted_with_its_facts(self, fresh_db: str, record: list[int]) -> None:
        gone = f"({record[4]}, {record[5]})"
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact in {gone}",
            f"delete from core_fact where id in {gone}",
            "delete from core_batch where id = 3",
        )
        report = await checked(fresh_db)
        assert codes(report) == {("batch_missing", 4, 0)}
        assert (report.intact_until_batch, report.facts) == (2, 8)

    async def test_exchanged(self, fresh_db: str, record: list[int]) -> None:
        await tamper(
            fresh_db,
            "update core_batch set id = 99 where id = 2",
            "update core_batch set id = 2 where id = 3",
            "update core_batch set id = 3 where id = 99",
        )
        report = await checked(fresh_db)
        assert {"chain_broken", "batch_changed"} <= {each.code for each in report.findings}
        assert report.intact_until_batch == 1

    async def test_the_beginning_cut_off(self, fresh_db: str, record: list[int]) -> None:
        gone = f"({record[0]}, {record[1]})"
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact in {gone}",
            f"delete from core_fact where id in {gone}",
            "delete from core_batch where id = 1",
        )
        assert ("batch_missing", 2, 0) in codes(await checked(fresh_db))

    @pytest.mark.req("C11-11")
    async def test_the_tail_cut_off_clean_is_found_by_a_published_head(
        self, fresh_db: str, record: list[int]
    ) -> None:
        (kept,) = await newest(fresh_db)
        gone = f"({record[6]}, {record[7]}, {record[8]}, {record[9]})"
        await tamper(
            fresh_db,
            f"delete from core_delivery where fact in {gone}",
            f"delete from core_fact where id in {gone}",
            "delete from core_batch where id in (4, 5)",
        )
        # What is left is whole in itself: only a head that left the database knows better.
        assert (await checked(fresh_db)).intact
        report = await checked(fresh_db, heads=[kept])
        assert codes(report) == {("tail_cut", 5, 0)}
        assert (report.intact_until_batch, report.facts) == (3, 6)

    async def test_everything_done_anew_is_found_by_a_published_head(
        self, fresh_db: str, record: list[int]
    ) -> None:
        (kept,) = await newest(fresh_db)
        await tamper(
            fresh_db,
            f"update core_fact set payload = '{{}}' where id = {record[0]}",
            "insert into core_unsealed (fact) select id from core_fact",
            "delete from core_batch",
        )
        await seal(fresh_db, limit=2)
        assert (await checked(fresh_db)).intact
        assert codes(await checked(fresh_db, heads=[kept])) == {("head_differs", 5, 0)}

    async def test_a_forged_key_in_the_database_is_not_believed_by_who_brings_the_real_one(
        self, fresh_db: str, record: list[int]
    ) -> None:
        real = await key_of(fresh_db)
        await tamper(
            fresh_db,
            "insert into core_unsealed (fact) select id from core_fact",
            "delete from core_batch",
            "delete from core_signing_key",
        )
        await seal(fresh_db, limit=2)
        assert (await checked(fresh_db)).intact
        report = await checked(fresh_db, keys={fingerprint_of(real): real})
        assert {each.code for each in report.findings} == {"key_unknown"}
        assert report.intact_until_batch == 0

    async def test_everything_deleted(self, fresh_db: str, record: list[int]) -> None:
        (kept,) = await newest(fresh_db)
        await tamper(
            fresh_db, "truncate core_fact, core_delivery, core_unsealed", "truncate core_batch"
        )
        report = await checked(fresh_db, heads=[kept])
        assert codes(report) == {("tail_cut", 5, 0)}
        assert "什么都还不能证明" in report.proven()


class TestOffline:
    """The same findings from an export of the tampered database, with the public key alone."""

    async def exported(self, url: str, path: Any) -> rules.Report:
        key = await key_of(url)
        connection = await asyncpg.connect(url, server_settings={"role": OWNER})
        try:
            await write(connection, path)
        finally:
            await connection.close()
        return verify_file(path, [key])

    async def test_changed_and_deleted_facts_are_named(
        self, fresh_db: str, record: list[int], tmp_path: Any
    ) -> None:
        await tamper(
            fresh_db,
            f"update core_fact set actor = 99 where id = {record[2]}",
            f"delete from core_delivery where fact = {record[7]}",
            f"delete from core_fact where id = {record[7]}",
        )
        report = await self.exported(fresh_db, tmp_path / "r.gz")
        assert codes(report) == {("fact_changed", 2, record[2]), ("fact_deleted", 4, record[7])}
        assert (report.facts, report.intact_until_batch) == (8, 1)

    async def test_a_missing_batch_is_named(
        self, fresh_db: str, record: list[int], tmp_path: Any
    ) -> None:
        await tamper(fresh_db, "delete from core_batch where id = 2")
        report = await self.exported(fresh_db, tmp_path / "r")
        assert ("batch_missing", 3, 0) in codes(report)


async def newest(url: str) -> list[tuple[int, bytes]]:
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        row = await connection.fetchrow(
            "select id, head, sealed_at, key from core_batch order by id desc limit 1"
        )
    finally:
        await connection.close()
    # Through the printed line, as an office would keep it.
    line = heads.line_of(row["id"], bytes(row["head"]), row["sealed_at"], row["key"])
    return heads.read_lines(f"抄自网页：\n{line}\n")


async def key_of(url: str) -> bytes:
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        return bytes(
            await connection.fetchval("select public from core_signing_key order by id limit 1")
        )
    finally:
        await connection.close()
