# SPDX-License-Identifier: Apache-2.0
"""The supervisor against real PostgreSQL and Valkey; web and worker are stand-ins.

What is killed here is killed for good (-9), as the kernel does when memory runs out.
"""

import asyncio
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core.serve.leash import Child, free_port
from core.settings import ROOT, running

STUBS = Path(__file__).parent / "stubs"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the leash needs Linux")


def until(true: Callable[[], Any], seconds: float = 15.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := true():
            return result
        time.sleep(0.03)
    raise AssertionError(f"not within {seconds} s")


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def children(pid: int) -> dict[str, int]:
    """Programs that ``pid`` started, by what they are."""
    found = {}
    for task in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = task.read_text("ascii").rpartition(")")[2].split()
            command = (task.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(words[1]) != pid or words[0] == "Z":
            continue
        for name in ("web.py", "worker.py", "valkey", "postgres"):
            if name in command.split(" -")[0]:
                number = sum(1 for each in found if each.startswith(name))
                found[f"{name}{number or ''}"] = int(task.parent.name)
                break
    return found


class Instance:
    """One running supervisor."""

    def __init__(self, data: Path, *words: str, **environment: str) -> None:
        self.data = data
        number = len(list(data.parent.glob("*.txt")))
        self.output = data.with_name(f"{data.name}-{number}.txt")
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("JIANDU", "PG"))
            and k not in {"DATABASE_URL", "REDIS_URL", "DATA", "PORT", "HOST"}
        }
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(STUBS / "serve.py"), *words],
                cwd=ROOT,
                env={**kept, "DATA": str(data), "PYTHONPATH": str(ROOT), **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text("utf-8")

    def ready(self) -> "Instance":
        def answered() -> bool:
            assert self.process.poll() is None, self.said()
            return "已就绪" in self.said()

        until(answered, 30)
        # The first page is announced before the other processes are started.
        until(lambda: len(self.parts()) == 5)
        return self

    def record(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.data / "serve.json").read_text("utf-8"))
        return document

    def page(self) -> str:
        """The process number of the web process that answers; empty when none does."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.record()["port"], timeout=5)
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            return ""
        finally:
            with contextlib.suppress(UnboundLocalError):
                connection.close()

    def parts(self) -> dict[str, int]:
        return children(self.process.pid)

    def sql(self, statement: str) -> Any:
        async def ask() -> Any:
            connection = await asyncpg.connect(self.record()["database_url"], timeout=5)
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        # A loop of its own: the session's loop belongs to the database fixtures.
        with asyncio.Runner() as runner:
            return runner.run(ask())

    def answers(self) -> bool:
        try:
            return bool(self.sql("select 1"))
        except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError, TimeoutError):
            return False

    def valkey_answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.record()["valkey_port"]), 1) as s:
                s.sendall(b"PING\r\n")
                return s.recv(32).startswith(b"-NOAUTH")
        except OSError:
            return False

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        with contextlib.suppress(OSError):
            # Where the cluster went when the unprivileged user cannot reach the folder.
            shutil.rmtree((self.data / "postgres/location").read_text("utf-8").strip())


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    started: list[Instance] = []

    def start(name: str = "var", *words: str, **environment: str) -> Instance:
        started.append(Instance(tmp_path / name, *words, **environment))
        return started[-1]

    yield start
    for each in started:
        each.end()


def test_whatever_is_killed_comes_back(instance: Callable[..., Instance]) -> None:
    one = instance().ready()
    before = one.parts()
    assert set(before) == {"web.py", "web.py1", "worker.py", "valkey", "postgres"}

    os.kill(before["web.py"], signal.SIGKILL)
    until(lambda: not alive(before["web.py"]))
    # The other web process holds the same socket: nobody is turned away meanwhile.
    assert all(one.page() for _ in range(20))
    for name in ("worker.py", "valkey", "postgres"):
        os.kill(before[name], signal.SIGKILL)

    def all_back() -> bool:
        parts = one.parts()
        return set(parts) == set(before) and not set(before.values()) - {before["web.py1"]} & set(
            parts.values()
        )

    until(all_back)
    until(one.answers)
    until(one.valkey_answers)
    assert one.page()
    assert (one.data / "serve.json").stat().st_mode & 0o077 == 0, "it holds passwords"


def test_ctrl_c_stops_everything_in_order(instance: Callable[..., Instance]) -> None:
    one = instance().ready()
    parts, record = one.parts(), one.record()
    assert running(one.data) == record
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(15) == 0
    assert not [name for name, pid in parts.items() if alive(pid)]
    assert not (one.data / "serve.json").exists()
    assert running(one.data) is None
    log = (one.data / "valkey/valkey.log").read_text("utf-8")
    assert "ready to exit" in log


def test_a_killed_parent_takes_all_along_and_loses_nothing(
    instance: Callable[..., Instance],
) -> None:
    one = instance().ready()
    one.sql("create table kept (n int)")
    one.sql("insert into kept values (42)")
    parts, port = one.parts(), one.record()["postgres_port"]
    one.process.kill()
    one.process.wait()
    until(lambda: not any(alive(pid) for pid in parts.values()), 5)
    # The record is still there, but nobody holds the lock: it must not be believed.
    assert (one.data / "serve.json").exists()
    assert running(one.data) is None

    again = instance().ready()
    assert again.sql("select n from kept") == 42
    assert again.record()["postgres_port"] == port, "bookmarks of psql stay valid"


def test_two_side_by_side_and_one_folder_only_once(instance: Callable[..., Instance]) -> None:
    one = instance("one").ready()
    two = instance("two").ready()
    first, second = one.record(), two.record()
    for key in ("port", "postgres_port", "valkey_port"):
        assert first[key] != second[key]
    assert one.page()
    assert two.page()

    third = instance("one")
    assert third.process.wait(10) == 1
    assert f"进程号 {one.process.pid}" in third.said()
    assert first["url"] in third.said()
    assert "is in use" in third.said()
    assert one.page(), "the first one is undisturbed"


def test_a_port_that_was_asked_for_is_never_silently_replaced(
    instance: Callable[..., Instance],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one = instance(PORT=str(port))
        assert one.process.wait(10) == 1
        assert f"端口 {port} 打不开" in one.said()
        assert "choose another one with PORT=" in one.said()


def test_a_failed_migration_ends_the_start(instance: Callable[..., Instance]) -> None:
    one = instance("var", "migrate=false")
    assert one.process.wait(20) == 1
    assert "数据库升级没有成功" in one.said()


def test_a_web_process_that_cannot_start_ends_the_start(instance: Callable[..., Instance]) -> None:
    one = instance("var", "web=/nonexistent.py")
    assert one.process.wait(20) == 1
    assert "无法启动" in one.said()


def test_demo_data_is_written_once_and_the_accounts_are_printed(
    instance: Callable[..., Instance],
) -> None:
    seed = (
        "import json, os, pathlib; p = pathlib.Path(os.environ['DATA']) / 'demo-accounts.json';"
        "assert not p.exists(); p.write_text(json.dumps([{'login': 'zhang', 'password': 'Abc',"
        "'role': '办件人员', 'name': '张三', 'place': '某县'}]))"
    )
    one = instance("var", f"seed={seed}", JIANDU_DEMO="1").ready()
    assert "zhang" in one.said()
    assert "办件人员 · 张三 · 某县" in one.said()
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(15) == 0
    instance("var", f"seed={seed}", JIANDU_DEMO="1").ready()


def test_restarts_wait_longer_each_time_and_are_forgiven() -> None:
    child = Child("x", [sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ))
    waits = []
    for _ in range(4):
        child.start()
        assert child.process is not None
        child.process.wait()
        assert child.died() == 3
        waits.append(round(child.next_start - time.monotonic(), 1))
    assert waits == [0.2, 0.4, 0.8, 1.6]
    child.failures = 40
    child.start()
    assert child.process is not None
    child.process.wait()
    child.started -= Child.FORGIVEN_AFTER + 1
    assert child.died() == 3
    assert child.failures == 1


def test_free_ports_go_in_steps_and_skip_taken_ones() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port


class TestReloading:
    """``--reload``: what an author saves is served seconds later; never on a server."""

    def test_an_edit_restarts_web_and_worker_and_migrates(
        self, instance: Callable[..., Instance], tmp_path: Path
    ) -> None:
        code = tmp_path / "code"
        code.mkdir()
        one = instance("var", f"reload={code}", JIANDU_ENV="development").ready()
        before = one.parts()
        (code / "notes.txt").write_text("not code", "utf-8")
        (code / "plugin.py").write_text("x = 1", "utf-8")
        until(lambda: "有改动" in one.said())
        assert "plugin.py" in one.said()
        assert "notes.txt" not in one.said()
        old = {before[name] for name in ("web.py", "web.py1", "worker.py")}
        until(lambda: len(one.parts()) == 5 and not old & set(one.parts().values()))
        assert one.parts()["postgres"] == before["postgres"], "the database stays"
        assert int(one.page()) not in old
        assert "意外结束" not in one.said()

    def test_a_broken_migration_does_not_end_the_session(
        self, instance: Callable[..., Instance], tmp_path: Path
    ) -> None:
        code = tmp_path / "code"
        code.mkdir()
        words = (f"reload={code}", "migrate=false")
        one = instance("var", *words, JIANDU_ENV="development").ready()
        (code / "plugin.py").write_text("x = 1", "utf-8")
        until(lambda: "数据库没有升级成功" in one.said())
        until(one.page)

    @pytest.mark.parametrize("environment", ["production", "test"])
    def test_refused_outside_development(
        self, instance: Callable[..., Instance], tmp_path: Path, environment: str
    ) -> None:
        one = instance("var", f"reload={tmp_path}", JIANDU_ENV=environment, JIANDU_SECRET="x" * 40)
        assert one.process.wait(20) == 1
        assert "不能边改边运行" in one.said()
