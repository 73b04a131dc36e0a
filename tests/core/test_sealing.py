# SPDX-License-Identifier: Apache-2.0
"""Seals: trees and chain as pure rules, then the sealer beside writers, rivals and a wrong clock."""

import asyncio
import contextlib
import hashlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock as time
from core import db as core_db
from core import settings as core_settings
from core.api.plugin import Place, SubjectRef
from core.db import OWNER, WEB, WORKER, Scope
from core.facts.canonical import fact_bytes
from core.facts.services import record
from core.host import registry
from core.intervals import REGIONS
from core.jobs.worker import Worker
from core.keys import signing
from core.sealing import heads, rules, services
from core.sealing.bulk import UnusualError, facts_between, facts_in
from core.sealing.export import BadExport, verify_file, write
from core.sealing.verifying import FACTS, verify
from tests.dummy_plugin import plugin as dummy
from tests.dummy_plugin.services import NoteWritten

HERE = Place(REGIONS.child(0, 0).lo)
ALL = Scope.platform("a test records for everybody", actor=7)


async def write_facts(count: int, first: int = 1) -> list[int]:
    """So many facts, each in its own transaction, as the web role."""
    made = []
    with registry.use(registry.build([dummy])):
        for number in range(first, first + count):
            async with core_db.transaction(ALL):
                made.append(
                    await record(
                        "dummy.note.written",
                        SubjectRef("dummy.note", number),
                        NoteWritten(number, 5),
                        HERE,
                    )
                )
    return made


class as_role:  # noqa: N801 - reads as a word
    """The engine of this process as another role, on the same database."""

    def __init__(self, url: str, role: str) -> None:
        self.url, self.role = url, role

    async def __aenter__(self) -> None:
        await core_db.DB.close_connection_pool()
        core_db.DB.configure(self.url, self.role)
        await core_db.DB.start_connection_pool(min_size=1, max_size=4)

    async def __aexit__(self, *_: object) -> None:
        await core_db.DB.close_connection_pool()
        core_db.DB.configure(self.url, WEB)
        await core_db.DB.start_connection_pool(min_size=1, max_size=6)


async def seal(url: str, limit: int = services.LIMIT) -> int:
    async with as_role(url, WORKER):
        return await services.seal(limit)


async def checked(url: str, **options: Any) -> rules.Report:
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        return await verify(connection, **options)
    finally:
        await connection.close()


class TestTree:
    @given(st.integers(1, 70), st.data())
    def test_every_leaf_leads_to_the_root_and_nothing_else_does(
        self, count: int, data: st.DataObject
    ) -> None:
        leaves = [rules.leaf(b"%d" % n) for n in range(count)]
        index = data.draw(st.integers(0, count - 1))
        root = rules.root_of(leaves)
        path = rules.path_of(leaves, index)
        assert rules.root_by(leaves[index], path) == root
        assert rules.root_by(rules.leaf(b"other"), path) != root

    def test_an_odd_node_is_carried_up_not_doubled(self) -> None:
        leaves = [rules.leaf(each) for each in (b"a", b"b", b"c")]
        assert rules.root_of(leaves) != rules.root_of([*leaves, leaves[-1]])

    def test_a_node_is_never_a_leaf(self) -> None:
        left, right = rules.leaf(b"a"), rules.leaf(b"b")
        assert rules.root_of([left, right]) != rules.leaf(left + right)

    def test_the_worked_example_of_the_specification(self) -> None:
        # docs/audit.md prints these values; another implementation starts from them.
        facts = [
            (
                '[1,"dummy.note.written","dummy.note",1,7,"2026-05-12T02:00:00.000000Z",'
                '"2026-05-12T02:00:00.000001Z","{\\"length\\":5}"]'
            ),
            (
                '[2,"dummy.note.written","dummy.note",2,0,"2026-05-12T02:00:01.000000Z",'
                '"2026-05-12T02:00:01.000000Z","{}"]'
            ),
            "[3]",
        ]
        leaves = [hashlib.sha256(b"\x00" + each.encode()).digest() for each in facts]
        inner = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
        root = hashlib.sha256(b"\x01" + inner + leaves[2]).digest()
        moment = datetime(2026, 5, 12, 2, 0, 5, tzinfo=UTC)
        tail = (1).to_bytes(8, "big") + (3).to_bytes(8, "big")
        tail += int(moment.timestamp() * 1_000_000).to_bytes(8, "big")
        head = hashlib.sha256(b"\x02" + bytes(32) + root + tail).digest()
        assert rules.root_of(leaves) == root
        assert rules.head_of(1, rules.ZERO, root, 3, moment) == head
        text = (load_root() / "docs/audit.md").read_text("utf-8")
        for value in (*leaves, root, head):
            assert value.hex() in text


class TestCanonicalMoments:
    @given(
        st.datetimes(
            min_value=datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis wants them without a zone
            max_value=datetime(9999, 12, 30),  # noqa: DTZ001
            timezones=st.just(UTC),
        )
    )
    def test_the_quick_way_writes_what_the_specification_says(self, moment: datetime) -> None:
        row = {
            "id": 1,
            "kind": "a",
            "subject_kind": "b",
            "subject_id": 2,
            "actor": 0,
            "at": moment,
            "recorded_at": moment.replace(microsecond=0),
            "payload": "{}",
        }
        first, second = (
            f"{each:%m-%dT%H:%M:%S}.{each.microsecond:06}Z"
            for each in (moment, moment.replace(microsecond=0))
        )
        year = f"{moment.year:04}"
        assert (
            fact_bytes(row) == f'[1,"a","b",2,0,"{year}-{first}","{year}-{second}","{{}}"]'.encode()
        )


def load_root() -> Any:
    from core.settings import ROOT

    return ROOT


class TestSealer:
    async def test_seals_what_was_recorded_into_a_chain(self, fresh_db: str) -> None:
        await write_facts(7)
        assert await seal(fresh_db, limit=3) == 7
        async with core_db.transaction(ALL):
            batches = await core_db.rows("select * from core_batch order by id")
            assert await core_db.value("select count(*) from core_unsealed") == 0
        assert [row["id"] for row in batches] == [1, 2, 3]
        assert [len(row["facts"]) for row in batches] == [3, 3, 1]
        assert all(b["previous"] == a["head"] for a, b in pairwise(batches))
        report = await checked(fresh_db)
        assert report.intact, report.findings
        assert (report.facts, report.batches, report.unsealed) == (7, 3, 0)
        assert report.head == batches[-1]["head"].hex()

    async def test_a_fact_not_yet_sealed_is_counted_not_blamed(self, fresh_db: str) -> None:
        await write_facts(2)
        await seal(fresh_db)
        await write_facts(1, first=3)
        report = await checked(fresh_db)
        assert report.intact
        assert (report.facts, report.unsealed) == (2, 1)

    async def test_a_lower_number_may_commit_later(self, fresh_db: str) -> None:
        slow = await asyncpg.connect(fresh_db, server_settings={"role": OWNER})
        try:
            await slow.execute("begin")
            first = await slow.fetchval(
                "with f as (insert into core_fact (kind, subject_kind, subject_id, payload,"
                " region_lo, org_lo, actor, at, recorded_at) values ('dummy.note.written',"
                " 'dummy.note', 9, '{}', 0, 0, 0, now(), now()) returning id),"
                " u as (insert into core_unsealed (fact) select id from f) select id from f"
            )
            (second,) = await write_facts(1)
            assert second > first
            assert await seal(fresh_db) == 1
            await slow.execute("commit")
        finally:
            await slow.close()
        assert await seal(fresh_db) == 1
        report = await checked(fresh_db)
        assert report.intact, report.findings
        assert report.facts == 2

    async def test_two_sealers_at_once_make_one_chain(self, fresh_db: str) -> None:
        await write_facts(12)

        async def one() -> int:
            total = 0
            for _ in range(8):
                async with core_db.transaction(services.SEALER):
                    total += await services.seal_batch(2)
            return total

        async with as_role(fresh_db, WORKER):
            totals = await asyncio.gather(one(), one(), one())
        await seal(fresh_db)
        assert sum(totals) <= 12
        report = await checked(fresh_db)
        assert report.intact, report.findings
        assert report.facts == 12

    async def test_a_sealer_that_dies_loses_nothing(self, fresh_db: str) -> None:
        await write_facts(3)
        async with as_role(fresh_db, WORKER):
            with pytest.raises(ConnectionAbortedError):
                async with core_db.transaction(services.SEALER):
                    assert await services.seal_batch() == 3
                    raise ConnectionAbortedError
        assert await seal(fresh_db) == 3
        report = await checked(fresh_db)
        assert (report.intact, report.facts, report.batches) == (True, 3, 1)

    async def test_no_writer_waits_for_it(self, fresh_db: str) -> None:
        await write_facts(2)
        async with as_role(fresh_db, WORKER), core_db.transaction(services.SEALER):
            await services.seal_batch()
            # The batch is not committed; another connection records meanwhile.
            other = await asyncpg.connect(
                fresh_db, server_settings={"role": OWNER, "lock_timeout": "200ms"}
            )
            try:
                await other.execute(
                    "with f as (insert into core_fact (kind, subject_kind, subject_id, payload,"
                    " region_lo, org_lo, actor, at, recorded_at) values ('dummy.note.written',"
                    " 'dummy.note', 9, '{}', 0, 0, 0, now(), now()) returning id)"
                    " insert into core_unsealed (fact) select id from f"
                )
            finally:
                await other.close()

    async def test_a_clock_set_back_is_noted_and_breaks_nothing(
        self, fresh_db: str, clock: Any
    ) -> None:
        noon = clock(datetime(2026, 5, 12, 4, 0, tzinfo=UTC))
        await write_facts(1)
        await seal(fresh_db)
        clock(noon - timedelta(hours=2))
        await write_facts(1, first=2)
        await seal(fresh_db)
        report = await checked(fresh_db)
        assert report.intact, report.findings
        (note,) = report.notes
        assert "时钟曾被调回" in note

    async def test_sealing_long_after_recording_is_pointed_out(
        self, fresh_db: str, clock: Any
    ) -> None:
        noon = clock(datetime(2026, 5, 12, 4, 0, tzinfo=UTC))
        await write_facts(2)
        clock(noon + timedelta(hours=3))
        await seal(fresh_db)
        report = await checked(fresh_db)
        assert report.intact
        assert "有 2 条记录在登记一小时以后才封存" in report.notes[0]

    async def test_the_worker_seals_by_itself_whatever_its_clock_says(
        self, fresh_db: str, clock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        clock(datetime(2026, 5, 12, 4, 0, tzinfo=UTC))
        monkeypatch.setattr(heads, "file", lambda: tmp_path / "heads.txt")
        await write_facts(2)
        async with as_role(fresh_db, WORKER):
            worker = Worker(core_settings.load(), registry.build([dummy]))
            task = asyncio.create_task(worker._seal())
            async with asyncio.timeout(20):
                while not heads.kept():  # noqa: ASYNC110 - a file has no event
                    await asyncio.sleep(0.02)
            worker.stop()
            await task
        assert [number for number, _ in heads.kept()] == [1]
        report = await checked(fresh_db, heads=heads.kept())
        assert (report.intact, report.facts, report.compared_heads) == (True, 2, 1)

    async def test_the_same_head_is_kept_once(self, tmp_path: Any, monkeypatch: Any) -> None:
        monkeypatch.setattr(heads, "file", lambda: tmp_path / "audit" / "heads.txt")
        line = heads.line_of(3, bytes(32), time.now(), "ab" * 16)
        assert heads.keep(line)
        assert not heads.keep(line)
        assert heads.kept() == [(3, bytes(32))]


class TestKeys:
    async def test_a_changed_key_leaves_old_seals_provable(self, fresh_db: str) -> None:
        await write_facts(1)
        await seal(fresh_db)
        async with as_role(fresh_db, WORKER):
            with registry.use(registry.build([dummy])):
                async with core_db.transaction(services.SEALER):
                    await services.change_key()
        await write_facts(1, first=2)
        await seal(fresh_db)
        report = await checked(fresh_db)
        assert report.intact, report.findings
        assert len(report.keys) == 2

    async def test_the_secret_half_is_encrypted_and_the_web_role_cannot_read_it(
        self, fresh_db: str
    ) -> None:
        await write_facts(1)
        await seal(fresh_db)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with core_db.transaction(ALL):
                await core_db.value("select secret from core_signing_key")
        async with core_db.transaction(ALL):
            (key,) = await signing.public_keys(services.PURPOSE)
        assert signing.read_public(signing.public_pem(bytes(key["public"]))) == key["public"]
        assert signing.read_public(bytes(key["public"]).hex()) == key["public"]

    @pytest.mark.parametrize("text", ["", "xy", "ab" * 31, "-----BEGIN PUBLIC KEY-----\nAAAA\n"])
    def test_what_is_no_public_key_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError):
            signing.read_public(text)


class TestAppendOnly:
    STATEMENTS = (
        "update core_fact set payload = '{}'",
        "update core_fact set actor = 1",
        "delete from core_fact",
        "truncate core_fact",
        "update core_batch set root = head",
        "delete from core_batch",
        "truncate core_batch",
        "alter table core_fact disable trigger all",
        "drop table core_batch",
    )

    @pytest.mark.parametrize("role", [WEB, WORKER])
    @pytest.mark.parametrize("statement", STATEMENTS)
    async def test_neither_role_of_the_application_changes_the_record(
        self, fresh_db: str, role: str, statement: str
    ) -> None:
        connection = await asyncpg.connect(fresh_db, server_settings={"role": role})
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        finally:
            await connection.close()

    async def test_the_web_role_makes_no_batches(self, fresh_db: str) -> None:
        connection = await asyncpg.connect(fresh_db, server_settings={"role": WEB})
        try:
            for statement in (
                "insert into core_batch (id) values (1)",
                "delete from core_unsealed",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.close()


class TestExport:
    async def exported(self, url: str, path: Any, count: int = 5) -> bytes:
        await write_facts(count)
        await seal(url, limit=2)
        connection = await asyncpg.connect(url, server_settings={"role": OWNER})
        try:
            assert await write(connection, path) == ((count + 1) // 2, count)
            return bytes(await connection.fetchval("select public from core_signing_key"))
        finally:
            await connection.close()

    @pytest.mark.parametrize("name", ["record.jsonl", "record.jsonl.gz"])
    async def test_proves_itself_with_the_public_key_alone(
        self, fresh_db: str, tmp_path: Any, name: str
    ) -> None:
        key = await self.exported(fresh_db, tmp_path / name)
        report = verify_file(tmp_path / name, [key])
        assert report.intact, report.findings
        assert (report.facts, report.batches) == (5, 3)

    async def test_another_key_proves_nothing(self, fresh_db: str, tmp_path: Any) -> None:
        await self.exported(fresh_db, tmp_path / "r")
        report = verify_file(tmp_path / "r", [bytes(range(32))])
        assert {each.code for each in report.findings} == {"key_unknown"}

    async def test_any_single_changed_byte_is_found_or_refused(
        self, fresh_db: str, tmp_path: Any
    ) -> None:
        path = tmp_path / "r"
        key = await self.exported(fresh_db, path, count=3)
        whole = path.read_bytes()
        header = whole.index(b"\n")
        missed = []
        # The first line only informs; everything after it is proven.
        for at in range(header + 1, len(whole) - 1, 3):
            changed = bytearray(whole)
            changed[at] ^= 0x01
            path.write_bytes(changed)
            try:
                if verify_file(path, [key]).intact:
                    missed.append((at, whole[max(0, at - 20) : at + 20]))
            except BadExport:
                pass
        assert missed == []

    async def test_a_file_cut_anywhere_is_never_called_whole(
        self, fresh_db: str, tmp_path: Any
    ) -> None:
        path = tmp_path / "r"
        key = await self.exported(fresh_db, path, count=3)
        lines = path.read_bytes().splitlines(keepends=True)
        for count in range(1, len(lines)):
            path.write_bytes(b"".join(lines[:count]))
            with contextlib.suppress(BadExport):
                assert not verify_file(path, [key]).intact, count
        for count in range(1, len(lines)):
            path.write_bytes(b"".join([*lines[:count], *lines[count + 1 :]]))
            with contextlib.suppress(BadExport):
                assert not verify_file(path, [key]).intact, count

    async def test_a_line_taken_out_or_put_in_is_named(self, fresh_db: str, tmp_path: Any) -> None:
        path = tmp_path / "r"
        key = await self.exported(fresh_db, path, count=6)
        lines = path.read_bytes().splitlines(keepends=True)
        for changed, codes in (
            ([*lines[:2], *lines[3:]], ["file_cut", "fact_deleted"]),
            ([*lines[:4], lines[3], *lines[4:]], ["file_cut"]),
        ):
            path.write_bytes(b"".join(changed))
            report = verify_file(path, [key])
            # The batches after it are checked as before.
            assert report.batches == 3
            assert [each.code for each in report.findings] == codes

    @pytest.mark.parametrize("content", [b"", b"\n", b"{}", b"\xff\xfe", b'{"format":"x"}\n'])
    def test_what_is_no_export_is_refused(self, tmp_path: Any, content: bytes) -> None:
        (tmp_path / "r").write_bytes(content)
        with pytest.raises(BadExport):
            verify_file(tmp_path / "r", [bytes(32)])
        (tmp_path / "r.gz").write_bytes(content)
        with pytest.raises(BadExport):
            verify_file(tmp_path / "r.gz", [bytes(32)])


STRANGE = [
    (
        "dummy.note.written",
        "dummy.note",
        '{"a":"甲","b":"\\u0001\\n"}',
        "2026-01-02 03:04:05.600001+00",
    ),
    ("dummy.note.written", "dummy.note", '{"whole":"second"}', "2026-01-02 03:04:05+00"),
    ('quo"ted\\', "line\nfeed", "not even JSON \t", "1969-12-31 23:59:59.999999+00"),
    ("一种", "", "", "0999-05-05 00:00:00.5+00"),
    ("one\x01two", "three", "{}", "9999-12-31 23:59:59.999999+00"),
]


async def test_reading_in_bulk_gives_the_bytes_of_reading_row_by_row(fresh_db: str) -> None:
    """Whatever stands in the table, also what nobody but a forger would write there."""
    connection = await asyncpg.connect(fresh_db, server_settings={"role": OWNER})
    try:
        for number, (kind, subject, payload, at) in enumerate(STRANGE):
            await connection.execute(
                "insert into core_fact (kind, subject_kind, subject_id, payload, region_lo, org_lo,"
                " actor, at, recorded_at) values ($1, $2, $3, $4, 0, 0, -5, $5::text::timestamptz,"
                " now() + $6 * interval '1 second')",
                kind, subject, number, payload, at, number,
            )  # fmt: skip
        rows = await connection.fetch(FACTS, 1, 2**62)
        quick = await facts_between(connection, 1, 2**62)
        assert len(quick) == len(rows) >= len(STRANGE)
        for row in rows[:-1]:
            assert quick[row["id"]] == (fact_bytes(row), rules.microseconds(row["recorded_at"]))
        # Only what the separator itself stands in is cut elsewhere, and so never like its seal.
        assert quick[rows[-1]["id"]][0] != fact_bytes(rows[-1])
        await connection.execute(
            "update core_fact set at = 'infinity' where id = $1", rows[0]["id"]
        )
        with pytest.raises(UnusualError):
            await facts_between(connection, 1, 2**62)
    finally:
        await connection.close()


def test_what_is_no_binary_copy_is_not_understood() -> None:
    for data in (b"", b"PGCOPY\n\xff\r\n\x00", b"PGCOPY\n\xff\r\n\x00" + bytes(8) + b"\x00\x06"):
        with pytest.raises(UnusualError):
            facts_in(data)
