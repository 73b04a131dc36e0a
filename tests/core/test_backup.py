# SPDX-License-Identifier: Apache-2.0
"""Backup and restore: there and back with proof; every damaged file is named; nothing is ever
written over. And what an upgrade would do."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from core import db, schema
from core import settings as core_settings
from core.api.plugin import Place
from core.backup import cipher, code_state, manifest, programs
from core.backup.making import Made, complete, make, prune
from core.backup.manifest import Damaged
from core.backup.restoring import NotRestored, must_be_empty, prepare, restore, secret_of
from core.cli import backup as backup_command
from core.cli import restore as restore_command
from core.cli import upgrade as upgrade_command
from core.db import OWNER
from core.host.discovery import allowed
from core.sealing.rules import Report
from core.settings import Settings
from core.storage.services import store
from tests import cluster
from tests.core.test_sealing import seal, write_facts

WIDE = db.Scope.platform("a test stores files")
A_PLUGIN = next(iter(allowed()), "")
TEXT = "现场检查笔录：货架上有三种食品没有标签。\n".encode() * 50


@dataclass
class World:
    """A small installation with facts, seals and files, and an empty one to restore into."""

    url: str
    server: str
    settings: Settings
    empty: Settings
    to: Path
    names: list[str]

    async def backup(self, **options: Any) -> Made:
        return await make(self.settings, self.url, self.to, **options)

    async def restored(self, made: Made, url: str, password: str = "") -> Report:
        """Restore as the command does, which has the process's engine for itself."""
        described, key = prepare(made.path, password=password, code=code())
        await must_be_empty(self.empty, url)
        await db.DB.close_connection_pool()
        try:
            return await restore(made.path, described, key, self.empty, url)
        finally:
            db.DB.configure(self.url, db.WEB)
            await db.DB.start_connection_pool(min_size=1, max_size=6)

    async def target(self) -> str:
        name = cluster.new_name("restored")
        self.names.append(name)
        return await cluster.create(self.server, name)


@pytest.fixture
async def world(
    fresh_db: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    names: list[str] = []
    settings = replace(core_settings.load(), data=tmp_path / "data")
    monkeypatch.setattr(core_settings, "load", lambda: settings)
    (settings.data / "audit").mkdir(parents=True)
    connection = await asyncpg.connect(fresh_db, server_settings={"role": OWNER})
    # The tests' tables are made past the migrations; a real database knows which it has had.
    await connection.execute(
        "create table if not exists migration (id serial primary key, name varchar(200),"
        " app_name varchar(200), ran_on timestamp default now())"
    )
    for app, ids in code_state.known(schema.app_configs()).items():
        await connection.executemany(
            "insert into migration (name, app_name) values ($1, $2)", [(each, app) for each in ids]
        )
    await connection.close()
    await write_facts(5)
    async with db.transaction(WIDE):
        for number in range(3):
            await store(TEXT + b"%d" % number, f"笔录{number}.txt", place=Place(0), purpose="x.y")
    await seal(fresh_db)
    yield World(
        fresh_db,
        server,
        settings,
        replace(settings, data=tmp_path / "empty"),
        tmp_path / "backups",
        names,
    )
    for name in names:
        await cluster.drop(server, name)


def code() -> dict[str, set[str]]:
    return {app: set(ids) for app, ids in code_state.known(schema.app_configs()).items()}


async def contents(url: str) -> dict[str, list[str]]:
    """Every row of the tables that matter, as text."""
    connection = await asyncpg.connect(url, server_settings={"role": OWNER})
    try:
        return {
            table: [
                row[0]
                for row in await connection.fetch(f"select t::text from {table} t order by 1")
            ]
            for table in ("core_fact", "core_batch", "core_file", "core_signing_key", "core_user")
        }
    finally:
        await connection.close()


@pytest.mark.parametrize("password", ["", "八位以上的密码 correct horse"])
async def test_there_and_back_with_the_record_proven(world: World, password: str) -> None:
    made = await world.backup(password=password)
    assert made.manifest.problems == []
    assert (made.manifest.facts, made.manifest.batch) == (5, 1)
    url = await world.target()
    report = await world.restored(made, url, password)
    assert report.intact, report.findings
    assert (report.facts, report.compared_heads) == (5, 1)
    assert await contents(url) == await contents(world.url)
    restored = sorted(
        path.read_bytes() for path in (world.empty.data / "files").rglob("*") if path.is_file()
    )
    assert restored == [TEXT + b"0", TEXT + b"1", TEXT + b"2"]
    # The restored database is as closed as a new one.
    connection = await asyncpg.connect(url, server_settings={"role": db.WEB})
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("delete from core_fact")
        assert await connection.fetchval("select count(*) from core_fact") == 0
    finally:
        await connection.close()


async def test_an_encrypted_backup_shows_nothing_and_holds_the_secret(world: World) -> None:
    made = await world.backup(password="correct horse")
    assert made.manifest.encrypted
    everything = b"".join((made.path / each.path).read_bytes() for each in made.manifest.entries)
    assert "现场检查笔录".encode() not in everything
    assert world.settings.secret.encode() not in everything
    described, key = prepare(made.path, password="correct horse", code=code())
    assert secret_of(made.path, described, key) == world.settings.secret
    for wrong in ("", "wrong horse"):
        with pytest.raises(NotRestored, match="密码"):
            prepare(made.path, password=wrong, code=code())


async def test_a_plain_backup_does_not_hold_the_secret(world: World) -> None:
    made = await world.backup()
    assert not any("secret" in each.path for each in made.manifest.entries)
    assert world.settings.secret not in (made.path / manifest.NAME).read_text("utf-8")


async def test_every_damaged_or_missing_file_is_named_and_nothing_is_touched(
    world: World,
) -> None:
    made = await world.backup()
    for entry in made.manifest.entries:
        path = made.path / entry.path
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 1
        for content in (bytes(flipped), whole[:-1], whole + b"x", None):
            if content is None:
                path.unlink()
            else:
                path.unlink()
                path.write_bytes(content)
            with pytest.raises(Damaged) as refused:
                prepare(made.path, password="", code=code())
            assert entry.path in str(refused.value)
        path.write_bytes(whole)
    prepare(made.path, password="", code=code())
    for name in (manifest.NAME, manifest.SUM):
        whole = (made.path / name).read_bytes()
        (made.path / name).write_bytes(whole.replace(b"a", b"b"))
        with pytest.raises(Damaged, match=manifest.NAME):
            prepare(made.path, password="", code=code())
        (made.path / name).unlink()
        with pytest.raises(Damaged, match=name):
            prepare(made.path, password="", code=code())
        (made.path / name).write_bytes(whole)


async def test_a_forged_description_leads_to_no_file_outside(world: World) -> None:
    made = await world.backup()
    entry = manifest.Entry("../../etc/passwd", 1, "00")
    forged = manifest.Manifest(
        **{
            **{f: getattr(made.manifest, f) for f in made.manifest.__struct_fields__},
            "entries": [entry],
        }
    )
    manifest.write(made.path, forged)
    with pytest.raises(Damaged, match="不在备份内"):
        prepare(made.path, password="", code=code())


async def test_nothing_is_restored_over_something(world: World) -> None:
    with pytest.raises(NotRestored, match="数据库不是空的"):
        await must_be_empty(world.empty, world.url)
    url = await world.target()
    with pytest.raises(NotRestored, match="文件存储不是空的"):
        await must_be_empty(world.settings, url)
    await must_be_empty(world.empty, url)


@pytest.mark.needs("powers")
async def test_a_backup_of_a_newer_program_or_an_absent_plugin_is_refused(world: World) -> None:
    made = await world.backup()
    older = code()
    older["core"] = set(sorted(older["core"])[:-1])
    with pytest.raises(NotRestored, match="更新的程序"):
        prepare(made.path, password="", code=older)
    absent = code()
    del absent[A_PLUGIN]
    with pytest.raises(NotRestored, match=f"模块 {A_PLUGIN}"):
        prepare(made.path, password="", code=absent)


async def test_files_missing_or_changed_in_the_store_are_told(world: World) -> None:
    files = sorted(p for p in (world.settings.data / "files").rglob("*") if p.is_file())
    files[0].unlink()
    files[1].write_bytes(b"other")
    made = await world.backup()
    assert len(made.manifest.problems) == 2
    assert any("缺少" in each and files[0].name in each for each in made.manifest.problems)
    assert any("不一致" in each and files[1].name in each for each in made.manifest.problems)
    # What there is can still be restored.
    prepare(made.path, password="", code=code())


async def test_unchanged_files_are_not_copied_again_and_old_backups_go(
    world: World, clock: Any
) -> None:
    from datetime import UTC, datetime, timedelta

    begun = clock(datetime(2026, 5, 12, 2, 0, tzinfo=UTC))
    made = []
    for day in range(4):
        clock(begun + timedelta(days=day))
        made.append(await world.backup())
    name = next(e.path for e in made[0].manifest.entries if e.path.startswith("files/"))
    assert len({(each.path / name).stat().st_ino for each in made}) == 1
    (world.to / ".partial-broken").mkdir()
    assert prune(world.to, 2) == [made[0].path, made[1].path]
    assert complete(world.to) == [made[2].path, made[3].path]
    assert not (world.to / ".partial-broken").exists()
    prepare(made[3].path, password="", code=code())
    # Never the last one.
    prune(world.to, 0)
    assert complete(world.to) == [made[3].path]


async def test_an_interrupted_backup_leaves_none(world: World, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(programs, "run", full)
    with pytest.raises(OSError, match="No space"):
        await world.backup()
    assert list(world.to.iterdir()) == []


async def test_what_happens_during_a_backup_is_wholly_in_or_wholly_out(
    world: World, monkeypatch: Any
) -> None:
    real = programs.run

    def meanwhile(*arguments: Any) -> None:
        # In another thread with a loop of its own: the test's loop is the one that waits here.
        import threading

        def add() -> None:
            async def insert() -> None:
                connection = await asyncpg.connect(world.url, server_settings={"role": OWNER})
                await connection.execute(
                    "with f as (insert into core_fact (kind, subject_kind, subject_id, payload,"
                    " region_lo, org_lo, actor, at, recorded_at) values ('dummy.note.written',"
                    " 'dummy.note', 9, '{}', 0, 0, 0, now(), now()) returning id)"
                    " insert into core_unsealed (fact) select id from f"
                )
                await connection.close()

            asyncio.run(insert())

        thread = threading.Thread(target=add)
        thread.start()
        thread.join()
        real(*arguments)

    monkeypatch.setattr(programs, "run", meanwhile)
    made = await world.backup()
    monkeypatch.undo()
    assert made.manifest.facts == 5
    report = await world.restored(made, await world.target())
    assert (report.intact, report.facts, report.unsealed) == (True, 5, 0)


class TestCipher:
    @given(st.binary(max_size=200))
    @trying(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_there_and_back(self, content: bytes) -> None:
        key = bytes(32)
        hidden = b"".join(cipher.sealed(BytesIO(content), key, "a"))
        assert b"".join(cipher.opened(BytesIO(hidden), key, "a")) == content

    def test_pieces_cannot_be_cut_exchanged_or_renamed(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(cipher, "PIECE", 10)
        key, content = bytes(32), bytes(range(35))
        hidden = b"".join(cipher.sealed(BytesIO(content), key, "a"))
        size = 10 + cipher.TAG
        head, body = hidden[:7], hidden[7:]
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        assert len(parts) == 4
        wrong = {
            "cut": head + b"".join(parts[:-1]),
            "empty": b"",
            "exchanged": head + parts[1] + parts[0] + b"".join(parts[2:]),
            "longer": hidden + parts[0],
            "flipped": hidden[:-1] + bytes([hidden[-1] ^ 1]),
        }
        for name, data in wrong.items():
            with pytest.raises(cipher.WrongPassword):
                b"".join(cipher.opened(BytesIO(data), key, "a"))
            assert name
        with pytest.raises(cipher.WrongPassword):
            b"".join(cipher.opened(BytesIO(hidden), key, "b"))


class TestUpgrade:
    def test_what_lies_between_code_and_database(self) -> None:
        known = {"core": ["1", "2"], "cases": ["5"], "new": ["7"]}
        had = {"core": ["1"], "cases": ["5", "6"], "gone": ["3"]}
        found = code_state.difference(known, had)
        assert found.pending == {"core": ["2"], "new": ["7"]}
        assert found.missing == ["gone"]
        assert found.newer == {"cases": ["6"]}

    @pytest.fixture
    def outcome(self, monkeypatch: Any, world: World) -> Any:
        from contextlib import contextmanager

        from core.serve import supervisor

        @contextmanager
        def stores(_settings: Any) -> Any:
            yield {"DATABASE_URL": world.url}

        monkeypatch.setattr(supervisor, "stores", stores)

        async def run(**given: Any) -> int:
            options = argparse.Namespace(**{"dry_run": True, "no_backup": True, **given})
            return await asyncio.to_thread(upgrade_command.run, options)

        return run

    async def change(self, world: World, sql: str) -> None:
        connection = await asyncpg.connect(world.url, server_settings={"role": OWNER})
        await connection.execute(sql)
        await connection.close()

    async def test_nothing_to_do(self, outcome: Any, capsys: Any) -> None:
        assert await outcome() == 0
        assert "不用升级" in capsys.readouterr().out

    @pytest.mark.needs("powers")
    async def test_a_dry_run_lists_the_steps_and_does_none(
        self, world: World, outcome: Any, capsys: Any
    ) -> None:
        await self.change(world, f"delete from migration where app_name = '{A_PLUGIN}'")
        assert await outcome() == 0
        said = capsys.readouterr().out
        assert f"{A_PLUGIN}: " in said
        assert "什么也没有改" in said

    async def test_a_missing_plugin_has_its_own_code(
        self, world: World, outcome: Any, capsys: Any
    ) -> None:
        await self.change(world, "insert into migration (name, app_name) values ('x', 'long_gone')")
        assert await outcome() == upgrade_command.BROKEN_PLUGIN
        assert "模块 long_gone 的数据" in capsys.readouterr().err

    @pytest.mark.needs("powers")
    async def test_a_database_newer_than_the_program_has_its_own_code(
        self, world: World, outcome: Any, capsys: Any
    ) -> None:
        await self.change(
            world, f"insert into migration (name, app_name) values ('2099', '{A_PLUGIN}')"
        )
        assert await outcome() == upgrade_command.TOO_OLD
        assert "比程序新" in capsys.readouterr().err

    async def test_a_plugin_that_does_not_fit_is_named(
        self, outcome: Any, capsys: Any, monkeypatch: Any
    ) -> None:
        from core.host import registry
        from core.host.errors import PluginError

        def refuse() -> None:
            raise PluginError("cases", "needs core >=9, this is core 0.1")

        monkeypatch.setattr(registry, "build", refuse)
        assert await outcome() == upgrade_command.BROKEN_PLUGIN
        assert "cases" in capsys.readouterr().err


class TestCommands:
    def test_a_short_password_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "p").write_text("short\n")
        with pytest.raises(ValueError, match="8"):
            backup_command.password_in(tmp_path / "p")

    def test_restoring_over_a_running_platform_is_refused(
        self, tmp_path: Path, monkeypatch: Any, capsys: Any
    ) -> None:
        import fcntl

        monkeypatch.setenv("JIANDU_DATA", str(tmp_path))
        (tmp_path / "serve.json").write_text('{"url": "http://127.0.0.1:8000"}')
        with (tmp_path / ".serve.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            options = argparse.Namespace(folder=tmp_path, password_file=None)
            assert restore_command.run(options) == restore_command.REFUSED
        said = capsys.readouterr().err
        assert "请先停止" in said
        assert "http://127.0.0.1:8000" in said

    def test_what_is_no_backup_is_refused(
        self, tmp_path: Path, monkeypatch: Any, capsys: Any
    ) -> None:
        monkeypatch.setenv("JIANDU_DATA", str(tmp_path / "data"))
        options = argparse.Namespace(folder=tmp_path, password_file=None)
        assert restore_command.run(options) == restore_command.REFUSED
        assert "不是完整的备份" in capsys.readouterr().err
        assert not (tmp_path / "data").exists()
