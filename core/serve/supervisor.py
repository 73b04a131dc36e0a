# SPDX-License-Identifier: Apache-2.0
"""The parent process: holds the folder's lock and the port, keeps the children alive.

Order of start: lock, port, PostgreSQL and Valkey, migrations, demo data, web processes, worker.
Order of stop: web and worker, Valkey, PostgreSQL. A second Ctrl-C leaves at once; the kernel
then ends the children (``core.serve.leash``).
"""

import fcntl
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import core
from core.clock import now
from core.pwa import authority
from core.serve import unchanged
from core.serve.leash import Child, leashed, listening
from core.serve.postgres import EmbeddedPostgres, PostgresError
from core.serve.reloading import Watcher
from core.serve.valkey import EmbeddedValkey, ValkeyError
from core.settings import ROOT, Settings, kept_secret, running

ACCOUNTS = "demo-accounts.json"
RECORD = "serve.json"
LOOK_SECONDS = 0.5
"""How often an author's edits are looked for, and how long nothing may follow before acting."""
NO_RELOAD = (
    "正式环境不能边改边运行，请去掉 --reload（RELOAD=1）\n"
    "(--reload is for development only; this is JIANDU_ENV=production or test)"
)
EARLY_DEATHS = 3
"""A process that dies so often before the first page answers has a fault of its own."""


class ServeError(Exception):
    """The start is impossible; the message is for people, in Chinese and English."""


@dataclass(frozen=True)
class Commands:
    """What the children run; tests put their own programs here."""

    web: Sequence[str] = (sys.executable, "-m", "core.serve.web")
    worker: Sequence[str] = (sys.executable, "-m", "core.jobs.worker")
    migrate: Sequence[str] = (sys.executable, "-m", "core.cli", "migrate")
    seed: Sequence[str] = (sys.executable, "-m", "core.cli", "seed")


@dataclass
class Stop:
    """What signals have asked for."""

    asked: bool = False
    wakeup: socket.socket = field(init=False)
    _write: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.wakeup, self._write = socket.socketpair()
        self.wakeup.setblocking(False)
        self._write.setblocking(False)

    def install(self) -> None:
        """Listen to Ctrl-C, to a service manager's stop and to the end of children."""
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop(self, number: int, _frame: object) -> None:
        if self.asked:
            os._exit(128 + number)
        self.asked = True

    def sleep(self, seconds: float, *also: socket.socket) -> list[socket.socket]:
        """Until a signal, until one of ``also`` can be read, or until the time is up."""
        readable, _, _ = select.select([self.wakeup, *also], [], [], max(0.0, seconds))
        if self.wakeup in readable:
            with suppress(BlockingIOError):
                while self.wakeup.recv(4096):
                    pass
        return [each for each in readable if each is not self.wakeup]


@contextmanager
def folder_lock(data: Path) -> Iterator[IO[str]]:
    """Only one ``jiandu serve`` per data folder: two would share one cluster and lose data."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / ".serve.lock").open("w") as lock:
        # A command that only looks whether somebody serves here holds the lock for an instant.
        for attempt in range(5):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == 4:
                    raise ServeError(_occupied(data)) from None
                time.sleep(0.1)
        yield lock


def _occupied(data: Path) -> str:
    record = running(data) or {}
    return (
        f"数据目录 {data} 已由另一个进程使用：进程号 {record.get('pid', '?')}，"
        f"地址 {record.get('url', '?')}。要同时运行第二套，请换一个目录：make run DATA=另一目录\n"
        f"(data folder {data} is in use by process {record.get('pid', '?')} "
        f"at {record.get('url', '?')}; run a second one with DATA=another-folder)"
    )


def open_port(host: str, port: int, *, exact: bool) -> socket.socket:
    """The port asked for; unless ``exact``, the next in steps of ten, then any free one."""
    candidates = (port,) if exact else (*range(port, min(port + 200, 65536), 10), 0)
    problem: OSError | None = None
    for candidate in candidates:
        try:
            return listening(host, candidate)
        except OSError as error:
            problem = error
    raise ServeError(
        f"端口 {port} 打不开（{host}）：{problem}。请换一个端口：make run PORT={port + 10}\n"
        f"(cannot listen on {host}:{port}: {problem}; choose another one with PORT=)"
    )


class Supervisor:
    """One run of ``jiandu serve``."""

    def __init__(
        self,
        settings: Settings,
        *,
        exact_port: bool = False,
        commands: Commands | None = None,
        say: Callable[[str], None] = print,
        reload: bool = False,
    ) -> None:
        self.settings = settings
        self.reload = reload
        self.exact_port = exact_port
        self.commands = commands or Commands()
        self.say = say
        self.stop = Stop()
        self.postgres: EmbeddedPostgres | None = None
        self.valkey: EmbeddedValkey | None = None
        self.children: list[Child] = []
        self.url = ""
        self._sock: socket.socket | None = None
        self._environment: Mapping[str, str] = {}
        self._watcher: Watcher | None = None

    def run(self) -> int:
        """Serve until told to stop; returns the exit code."""
        try:
            with folder_lock(self.settings.data):
                return self._run_locked()
        except (ServeError, PostgresError, ValkeyError) as error:
            self.say(f"\n{error}\n")
            return 1

    def _run_locked(self) -> int:
        started = time.monotonic()
        server = self.settings.server
        if self.reload:
            if self.settings.environment != "development":
                raise ServeError(NO_RELOAD)
            self._watcher = Watcher()
        self._sock = open_port(server.host, server.port, exact=self.exact_port)
        port = int(self._sock.getsockname()[1])
        if port != server.port:
            self.say(f"端口 {server.port} 已被占用，改用 {port} (port taken, using {port})")
        shown = "127.0.0.1" if server.host in ("0.0.0.0", "::", "") else server.host  # noqa: S104 - compared, not bound
        scheme = "https" if server.https else "http"
        self.url = server.url or f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{port}"
        if server.https:
            authority.ensure(self.settings.data, server.host)
        self.stop.install()
        try:
            environment = self._environment = self._start_stores()
            self._record(port, environment)
            if not self._prepare(environment):
                return 0 if self.stop.asked else 1
            self._start_first(environment)
            if not self._first_page(server.host, port):
                return 0 if self.stop.asked else 1
            self._start_others(environment)
            self._welcome(time.monotonic() - started)
            self._watch()
            return 0
        finally:
            self._stop_all()

    # -- start --------------------------------------------------------------------------------

    def _start_stores(self) -> dict[str, str]:
        """The embedded servers that no address replaces, and the children's environment."""
        settings = self.settings
        before = _recorded_ports(settings.data)
        environment = dict(os.environ)
        environment["JIANDU_DATA"] = environment["DATA"] = str(settings.data)
        environment["JIANDU_SECRET"] = settings.secret or kept_secret(settings.data)
        environment["PORT"] = str(settings.server.port)
        # Container images often forbid Python to keep what it has compiled. Then every process
        # compiles a thousand modules anew, seconds each time; so it is kept with the data.
        if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
            environment["PYTHONPYCACHEPREFIX"] = str(settings.data / "cache/python")
        # Metrics of all web processes meet in this folder; old files would be counted again.
        metrics = settings.data / "metrics"
        metrics.mkdir(exist_ok=True)
        for old in metrics.glob("*.db"):
            old.unlink(missing_ok=True)
        environment["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
        if settings.redis.url:
            environment["REDIS_URL"] = settings.redis.url
        else:
            self.valkey = EmbeddedValkey(settings.data / "valkey", before.get("valkey_port", 0))
            self.valkey.start()
            environment["REDIS_URL"] = self.valkey.url
            self.children.append(self.valkey.child)
        if settings.database.url:
            environment["DATABASE_URL"] = settings.database.url
        else:
            if not (settings.data / "postgres/password").exists():
                self.say("建立内置数据库 (creating the embedded database) …")
            self.postgres = EmbeddedPostgres(
                settings.data / "postgres",
                before.get("postgres_port", 0),
                {"shared_buffers": settings.database.shared_buffers},
            )
            self.postgres.start()
            environment["DATABASE_URL"] = self.postgres.url
            self.children.append(self.postgres.child)
        return environment

    def _record(self, port: int, environment: Mapping[str, str]) -> None:
        """Tell other commands where we are; readable by the owner alone, it holds passwords."""
        record = {
            "pid": os.getpid(),
            "url": self.url,
            "port": port,
            "postgres_port": self.postgres.port if self.postgres else None,
            "valkey_port": self.valkey.port if self.valkey else None,
            "database_url": environment["DATABASE_URL"],
            "redis_url": environment["REDIS_URL"],
            "started_at": now().isoformat(timespec="seconds"),
            "version": core.__version__,
        }
        path = self.settings.data / RECORD
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(record, indent=1), "utf-8")
        draft.replace(path)

    def _prepare(self, environment: Mapping[str, str]) -> bool:
        """Migrations, and demo data once; each in a process of its own, so this one stays small."""
        if not self._migrated(environment):
            if self.stop.asked:
                return False
            self.say("数据库升级没有成功，见上面的信息 (the migration failed, see above)")
            # Whoever edits is told on the page which plugin is broken, and mends it there.
            return self.reload
        if self.settings.demo and not (self.settings.data / ACCOUNTS).exists():
            self.say("写入演示数据 (writing demo data) …")
            if not self._step(self.commands.seed, environment):
                if self.stop.asked:
                    return False
                self.say("演示数据没有写成，见上面的信息 (seeding failed, see above)")
                return False
        return True

    def _migrated(self, environment: Mapping[str, str]) -> bool:
        data = self.settings.data
        if self.postgres is None:
            return self._step(self.commands.migrate, environment)
        state = unchanged.fingerprint()
        if not self.postgres.fresh and unchanged.is_unchanged(data, state):
            return True
        unchanged.forget(data)
        if not self._step(self.commands.migrate, environment):
            return False
        unchanged.remember(data, state)
        return True

    def _step(self, command: Sequence[str], environment: Mapping[str, str]) -> bool:
        process = subprocess.Popen(  # noqa: S603 - a command line of our own
            list(command),
            stdin=subprocess.DEVNULL,
            env=dict(environment),
            preexec_fn=leashed(signal.SIGTERM),  # noqa: PLW1509 - this process has one thread
            start_new_session=True,
        )
        while process.poll() is None:
            self.stop.sleep(1)
            if self.stop.asked:
                process.terminate()
                process.wait()
                return False
        return process.returncode == 0

    def _start_first(self, environment: Mapping[str, str]) -> None:
        """One web process alone: started together, all would share the processor and be late."""
        self._start_web(1, environment)

    def _start_others(self, environment: Mapping[str, str]) -> None:
        worker = Child(
            name="worker",
            command=self.commands.worker,
            env={**environment, "JIANDU_PROCESS": "worker"},
        )
        self.children.append(worker)
        worker.start()
        for number in range(2, self.settings.server.web + 1):
            self._start_web(number, environment)

    def _start_web(self, number: int, environment: Mapping[str, str]) -> None:
        assert self._sock is not None
        fd = self._sock.fileno()
        child = Child(
            name=f"web-{number}",
            command=[*self.commands.web, "--fd", str(fd)],
            env={**environment, "JIANDU_PROCESS": f"web-{number}"},
            pass_fds=(fd,),
        )
        self.children.append(child)
        child.start()

    def _first_page(self, host: str, port: int) -> bool:
        """Wait until a page answers, so that the printed address works when it is read."""
        asking: socket.socket | None = None
        target = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound
        end = time.monotonic() + 180
        try:
            while not self.stop.asked:
                if time.monotonic() > end:
                    self.say("网页进程没有响应 (the web processes do not answer)")
                    return False
                self._look_after()
                if broken := [c for c in self.children if c.failures >= EARLY_DEATHS]:
                    self.say(
                        f"{broken[0].name} 无法启动，见上面的信息 ({broken[0].name} cannot start)"
                    )
                    return False
                if asking is None:
                    with suppress(OSError):
                        plain = socket.create_connection((target, port), timeout=2)
                        # Only one that shook hands is kept: a failed one closes its socket.
                        https = self.settings.server.https
                        asking = _unchecked().wrap_socket(plain) if https else plain
                        asking.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                if asking is not None and self.stop.sleep(0.2, asking):
                    with suppress(OSError):
                        if b" 200 " in asking.recv(64):
                            return True
                    asking.close()
                    asking = None
                    self.stop.sleep(0.1)
            return False
        finally:
            if asking is not None:
                asking.close()

    def _welcome(self, seconds: float) -> None:
        lines = ["", f"  {self.settings.site.title} 已就绪（{seconds:.1f} 秒）", ""]
        lines += [f"  地址 (address)   {self.url}", f"  数据 (data)      {self.settings.data}"]
        lines += self._phones()
        if self.postgres and self.postgres.home != self.postgres.folder:
            lines.append(f"  数据库 (database) {self.postgres.home}")
        lines += _accounts(self.settings.data / ACCOUNTS) if self.settings.demo else FIRST_ACCOUNT
        lines += ["", "  按 Ctrl-C 停止 (press Ctrl-C to stop)", ""]
        self.say("\n".join(lines))

    def _phones(self) -> list[str]:
        """What a phone types: the addresses it reaches us by, and where it learns to trust us."""
        server = self.settings.server
        if not server.https:
            return []
        port = int(self._sock.getsockname()[1]) if self._sock else server.port
        found = [str(a) for a in authority.own_addresses(server.host) if not a.is_loopback]
        hosts = [f"[{each}]" if ":" in each else each for each in found if "%" not in each]
        lines = [f"  手机 (phones)    https://{each}:{port}" for each in hosts[:4]]
        return [*lines, "  根证书 (trust)   在手机上打开上面的地址后加 /ca (open /ca there)"]

    # -- life ---------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self.stop.asked:
            wait = self._look_after()
            if self._watcher is None:
                self.stop.sleep(wait)
                continue
            self.stop.sleep(min(wait, LOOK_SECONDS))
            if changed := self._watcher.changed():
                self._renew(changed)

    def _renew(self, changed: list[Path]) -> None:
        """Migrate and start web and worker anew, after an author has saved something."""
        assert self._watcher is not None
        while not self.stop.asked:
            # An editor or a command writes several files; half of them would not start.
            self.stop.sleep(LOOK_SECONDS)
            more = self._watcher.changed()
            if not more:
                break
            changed = [*changed, *more]
        names = sorted({_short(path) for path in changed})
        rest = f" 等 {len(names)} 个" if len(names) > 3 else ""
        self.say(f"有改动：{'、'.join(names[:3])}{rest}，重新启动 (edited, restarting) …")
        if not self._migrated(self._environment) and not self.stop.asked:
            self.say("数据库没有升级成功，页面上会说明原因 (migration failed, the page says why)")
        processes = [c for c in self.children if c.name.startswith(("web", "worker"))]
        for child in processes:
            child.signal()
        for child in processes:
            child.wait(self.settings.server.stop_seconds)
            # Ended on purpose: neither a failure nor something to wait for.
            child.process, child.failures, child.next_start = None, 0, 0.0
            if not self.stop.asked:
                child.start()

    def _look_after(self) -> float:
        """Start again what has died and is due; returns the seconds until something is due."""
        wait = 5.0
        for child in self.children:
            code = child.died()
            if code is not None and not self.stop.asked:
                moment = max(0.0, child.next_start - time.monotonic())
                self.say(
                    f"{child.name} 意外结束（{_reason(code)}），{moment:.1f} 秒后重新启动 "
                    f"({child.name} ended, restarting)"
                )
            if child.process is None:
                due = child.next_start - time.monotonic()
                if due <= 0:
                    child.start()
                else:
                    wait = min(wait, due)
        return wait

    def _stop_all(self) -> None:
        """Stop in order; what does not stop in time is killed."""
        processes = [c for c in self.children if c.name.startswith(("web", "worker"))]
        if processes:
            self.say("正在停止 (stopping) …")
        for child in processes:
            child.signal()
        end = time.monotonic() + self.settings.server.stop_seconds + 2
        for child in processes:
            child.wait(max(0.1, end - time.monotonic()))
        if self.valkey is not None:
            self.valkey.stop()
        if self.postgres is not None:
            self.postgres.stop()
        if self._sock is not None:
            self._sock.close()
        with suppress(OSError):
            (self.settings.data / RECORD).replace(self.settings.data / "serve.last.json")
        signal.set_wakeup_fd(-1)


def _unchecked() -> ssl.SSLContext:
    """For asking our own child on our own port; what it shows we have just made ourselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(ROOT))
    except ValueError:
        return path.name


def _recorded_ports(data: Path) -> dict[str, int]:
    """The ports of the last run: keeping them keeps an operator's bookmarks and psql aliases."""
    for name in (RECORD, "serve.last.json"):
        try:
            record: dict[str, Any] = json.loads((data / name).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        return {k: v for k, v in record.items() if k.endswith("_port") and isinstance(v, int)}
    return {}


FIRST_ACCOUNT = ["", "  第一个账号 (first account)  jiandu admin 账号 --name 姓名 --role system"]
"""Without the demo nobody can sign in to a new platform until this has been done."""


def _accounts(path: Path) -> list[str]:
    """The demo accounts that seeding wrote down: a list of login, password, role and place."""
    try:
        entries: list[dict[str, str]] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    lines = ["", "  演示账号 (demo accounts)"]
    shown: set[str] = set()
    for entry in entries:
        # One of each role is enough to begin with; the list may be long.
        if (role := entry.get("role", "")) in shown:
            continue
        shown.add(role)
        words = (role, entry.get("name", ""), entry.get("place", ""))
        lines.append(
            f"    {entry.get('login', ''):<16} {entry.get('password', ''):<14} "
            f"{' · '.join(w for w in words if w)}"
        )
    if len(entries) > len(shown):
        lines.append(f"    全部 {len(entries)} 个见 (all of them) {path}")
    return lines


def _reason(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"{code}"


@contextmanager
def stores(settings: Settings) -> Iterator[dict[str, str]]:
    """Addresses of database and Redis for one command.

    Those that are set or that a running ``jiandu serve`` has; else the embedded PostgreSQL is
    started for the time of the command, under the folder's lock.
    """
    if settings.database.url:
        yield {"DATABASE_URL": settings.database.url, "REDIS_URL": settings.redis.url}
        return
    with folder_lock(settings.data):
        before = _recorded_ports(settings.data)
        postgres = EmbeddedPostgres(
            settings.data / "postgres", before.get("postgres_port", 0)
        ).start()
        try:
            yield {"DATABASE_URL": postgres.url, "REDIS_URL": settings.redis.url}
        finally:
            postgres.stop()
