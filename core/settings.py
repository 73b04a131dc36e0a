# SPDX-License-Identifier: Apache-2.0
"""Every setting of the platform: ``config/*.toml``, then the environment, one typed tree.

``load()`` is the only reader. What regions may change at run time is not here but in the
settings pages; this file holds what the operator of a server decides before it starts.
"""

import fcntl
import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_type_hints

import msgspec

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "config"


class SettingsError(Exception):
    """A setting is unknown or has a wrong value; the message names file or variable."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the pages call the installation."""

    title: str = "行政执法监督平台"
    owner: str = ""
    """The office that runs it, printed in page footers and on documents."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where pages are served."""

    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    """The address people type, when a reverse proxy stands in front; https makes cookies Secure."""
    https: bool = False
    """Serve https with a certificate of this installation's own authority (page /ca), for trials
    and offices without a reverse proxy. Phones open camera and recorder only over https."""
    web: int = 2
    """Number of web processes."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    metrics_allow: tuple[str, ...] = ("127.0.0.1", "::1")
    """Who may read /metrics and the details of /readyz."""
    debug_bar: bool = False
    """What each page cost, at its foot; in the development environment only."""
    stop_seconds: int = 10
    """How long a process may finish its requests at a stop."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """PostgreSQL. An empty ``url`` means the embedded server of ``jiandu serve``."""

    url: str = field(default="", repr=False)
    """Login of web and worker."""
    owner_url: str = field(default="", repr=False)
    """Login that may become the owner role, for migrations; empty = ``url``."""
    replica_url: str = field(default="", repr=False)
    """Where reads that may lag go; empty = ``url``."""
    pool_min: int = 2
    pool_max: int = 10
    connect_seconds: float = 5.0
    statement_seconds: float = 30.0
    lock_seconds: float = 3.0
    """Lock time-out of migrations, so that a deployment never blocks the running version."""
    shared_buffers: str = "128MB"
    """Embedded server only."""

    @property
    def migration_url(self) -> str:
        """The login migrations use."""
        return self.owner_url or self.url


@dataclass(frozen=True, kw_only=True)
class Redis:
    """Redis or Valkey; only wakes workers up, losing it loses nothing. Empty = embedded."""

    url: str = field(default="", repr=False)
    sentinels: tuple[str, ...] = ()
    """``host:port`` of sentinels; then ``url`` gives password and database only."""
    sentinel_master: str = "mymaster"
    timeout_seconds: float = 0.25


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Files: an ``s3://bucket/prefix`` or ``file:///…`` address; empty = the data folder."""

    url: str = ""
    endpoint: str = ""
    region: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    allow_http: bool = False
    max_upload_mb: int = 200


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Background work."""

    concurrency: int = 4
    poll_seconds: float = 0.25
    sweep_seconds: float = 2.0
    """Longest time due work waits when Redis is away."""
    seal_seconds: float = 5.0
    """How often recorded facts are sealed into a signed batch."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Signed-in sessions."""

    cookie: str = "jiandu"
    idle_minutes: int = 30
    """等保 asks for a lock after idling; the default is the customary half hour."""
    absolute_hours: int = 12


@dataclass(frozen=True, kw_only=True)
class Security:
    """Passwords, lock-out and keys."""

    legacy_default_password: bool = False
    """Start accounts with 123456 as the source documents ask (exams: 1). Off for good reason."""
    password_min_length: int = 8
    password_max_age_days: int = 90
    login_attempts: int = 5
    login_window_minutes: int = 15
    """Failures within this window count together."""
    login_lock_minutes: int = 30
    administrator_codes: Literal["auto", "on", "off"] = "auto"
    """One-time codes (TOTP) for the three administrators; auto: in production, never in a demo."""
    encryption_key: str = field(default="", repr=False)
    """Key of encrypted personal data, base64 of 32 bytes; empty = derived from the secret."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """The nightly backup. Keep a copy on another machine; this only makes it."""

    folder: str = ""
    """Where to; empty = ``backups`` in the data folder."""
    at: str = "02:30"
    """Beijing time; empty = none is made by itself."""
    keep: int = 7
    """How many are kept; older ones are deleted once a new one is complete."""
    password_file: str = ""
    """File with a password to encrypt backups with; the installation's secret is then inside."""
    warn_hours: int = 48
    """How old the last good one may be before administrators are warned."""


@dataclass(frozen=True, kw_only=True)
class Documents:
    """PDF and DOCX."""

    fonts: str = ""
    """Folder with the operator's own fonts (仿宋, 小标宋); they win over the shipped ones."""


@dataclass(frozen=True, kw_only=True)
class Notify:
    """Ways out for messages beside the inbox. What is not configured here sends nothing."""

    channels: tuple[str, ...] = ()
    """Channels every message leaves by, beside those its kind names: file, email, sms, apprise."""
    file: bool = False
    """Write what leaves into ``messages/`` of the data folder, for a gateway to fetch."""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_from: str = ""
    """The sender; empty = ``smtp_user``."""
    apprise: tuple[str, ...] = field(default=(), repr=False)
    """Addresses of staff channels (DingTalk, WeCom …) as apprise writes them; they are told that
    something has come and for which office, never what it says. Needs the extra ``apprise``."""
    sms_templates: Mapping[str, str] = field(default_factory=dict)
    """Message kind → number of the template the gateway has approved; without one, no short
    message is sent. The gateway itself is a plugin (extension point ``core.sms``)."""


@dataclass(frozen=True, kw_only=True)
class Logging:
    """Structured logs on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text", "auto"] = "auto"
    """auto: text in development, JSON elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Plugins:
    """The allow-list and the static settings of plugins, ``config/plugins.toml``."""

    enabled: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole tree; build with :func:`load`."""

    environment: Literal["development", "test", "production"] = "development"
    data: Path = ROOT / "var"
    """The data folder: embedded servers, stored files, the secret, ``serve.json``."""
    demo: bool = False
    """Demo data at the first start, and the accounts listed on the sign-in page."""
    demo_share: float = 1.0
    """How much of the demo's year is played; 0 leaves the offices and powers without a case."""
    secret: str = field(default="", repr=False)
    """Signs sessions and derives keys; empty = kept in the data folder."""
    site: Site = Site()
    server: Server = Server()
    database: Database = Database()
    redis: Redis = Redis()
    storage: Storage = Storage()
    worker: Worker = Worker()
    session: Session = Session()
    security: Security = Security()
    backup: Backup = Backup()
    documents: Documents = Documents()
    notify: Notify = Notify()
    logging: Logging = Logging()
    plugins: Plugins = Plugins()

    @property
    def production(self) -> bool:
        """Whether leniency towards developers' mistakes is right (never crash on a stray query)."""
        return self.environment == "production"

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers reach us by https."""
        return self.server.https or self.server.url.startswith("https://")

    @property
    def administrators_need_codes(self) -> bool:
        """Whether the three administrators sign in with a second factor."""
        if self.security.administrator_codes == "auto":
            return self.production and not self.demo
        return self.security.administrator_codes == "on"

    @property
    def storage_url(self) -> str:
        """Where files live, never empty."""
        # Not as_uri(): its percent signs would end up in the folder's name.
        return self.storage.url or f"file://{self.data / 'files'}"

    @property
    def json_logs(self) -> bool:
        if self.logging.format == "auto":
            return self.production
        return self.logging.format == "json"


# Environment variable → place in the tree. Everything else is set in a TOML file.
VARIABLES: Mapping[str, str] = {
    "JIANDU_ENV": "environment",
    "DATA": "data",
    "JIANDU_DATA": "data",
    "JIANDU_DEMO": "demo",
    "JIANDU_DEMO_SHARE": "demo_share",
    "JIANDU_SECRET": "secret",
    "HOST": "server.host",
    "PORT": "server.port",
    "HTTPS": "server.https",
    "JIANDU_URL": "server.url",
    "JIANDU_WEB": "server.web",
    "JIANDU_DEBUG_BAR": "server.debug_bar",
    "DATABASE_URL": "database.url",
    "DATABASE_OWNER_URL": "database.owner_url",
    "DATABASE_REPLICA_URL": "database.replica_url",
    "REDIS_URL": "redis.url",
    "STORAGE_URL": "storage.url",
    "STORAGE_ENDPOINT": "storage.endpoint",
    "STORAGE_ACCESS_KEY": "storage.access_key",
    "STORAGE_SECRET_KEY": "storage.secret_key",
    "JIANDU_LEGACY_DEFAULT_PASSWORD": "security.legacy_default_password",
    "JIANDU_ENCRYPTION_KEY": "security.encryption_key",
    "JIANDU_ADMINISTRATOR_CODES": "security.administrator_codes",
    "JIANDU_BACKUP_FOLDER": "backup.folder",
    "JIANDU_BACKUP_AT": "backup.at",
    "JIANDU_BACKUP_PASSWORD_FILE": "backup.password_file",
    "SMTP_HOST": "notify.smtp_host",
    "SMTP_PORT": "notify.smtp_port",
    "SMTP_USER": "notify.smtp_user",
    "SMTP_PASSWORD": "notify.smtp_password",
    "SMTP_FROM": "notify.smtp_from",
    "JIANDU_LOG_LEVEL": "logging.level",
    "JIANDU_LOG_FORMAT": "logging.format",
}


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _known(tree: Mapping[str, Any], kind: type, where: str, path: str = "") -> None:
    """Refuse a key nobody reads: a misspelt security setting must not be silently ignored."""
    hints = get_type_hints(kind)
    names = {f.name for f in fields(kind)}
    for key, value in tree.items():
        if key not in names:
            raise SettingsError(f"{where}: 没有设置项 {path}{key} (unknown setting)")
        child = hints[key]
        if is_dataclass(child) and isinstance(child, type) and isinstance(value, Mapping):
            _known(value, child, where, f"{path}{key}.")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(f"{path.name}: {e}") from e


def _from_files(config: Path, environment: str, extra: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in (config / "default.toml", config / f"{environment}.toml"):
        part = _read(path)
        _known(part, Settings, path.name)
        _merge(tree, part)
    listing = _read(config / "plugins.toml")
    plugins = {
        "enabled": listing.get("plugins", {}).get("enabled", []),
        "settings": listing.get("settings", {}),
    }
    _merge(tree, {"plugins": plugins})
    if extra:
        if not Path(extra).is_file():
            raise SettingsError(f"JIANDU_CONFIG: 找不到文件 {extra} (no such file)")
        part = _read(Path(extra))
        _known(part, Settings, extra)
        _merge(tree, part)
    return tree


def _apply_environment(tree: dict[str, Any], environ: Mapping[str, str]) -> None:
    for variable, path in VARIABLES.items():
        # An empty variable means "not set": `make run PORT=` must not break the start.
        if not (text := environ.get(variable, "").strip()):
            continue
        *branch, leaf = path.split(".")
        here, kind = tree, Settings
        for name in branch:
            kind = get_type_hints(kind)[name]
            here = here.setdefault(name, {})
        try:
            here[leaf] = _convert(text, get_type_hints(kind)[leaf])
        except msgspec.ValidationError as e:
            raise SettingsError(f"环境变量 {variable}={text!r}: {e}") from e


def _convert(value: Any, kind: Any, *, strict: bool = False) -> Any:
    return msgspec.convert(value, kind, strict=strict, dec_hook=_decode)


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)


def read(environ: Mapping[str, str], config: Path = CONFIG) -> Settings:
    """Build the tree from files and ``environ``; creates nothing, so tests and checks use it."""
    environment = environ.get("JIANDU_ENV", "").strip() or "development"
    tree = _from_files(config, environment, environ.get("JIANDU_CONFIG", "").strip())
    _apply_environment(tree, environ)
    data = Path(str(tree.get("data") or "var")).expanduser()
    # Relative to the project, not to where the command happened to be typed.
    tree["data"] = str(data if data.is_absolute() else ROOT / data)
    try:
        settings: Settings = _convert(tree, Settings, strict=True)
    except msgspec.ValidationError as e:
        raise SettingsError(f"config: {e}") from e
    return settings


def running(data: Path) -> dict[str, Any] | None:
    """What the ``jiandu serve`` of this data folder recorded, if it is alive.

    Alive means that it holds the folder's lock: a process number may belong to somebody else
    by now.
    """
    try:
        with (data / ".serve.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except BlockingIOError:
        pass
    except OSError:
        return None
    try:
        record: dict[str, Any] = json.loads((data / "serve.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record


def kept_secret(data: Path) -> str:
    """The secret of this data folder, made at the first call, readable by its owner alone."""
    path = data / "secret"
    try:
        if text := path.read_text("ascii").strip():
            return text
    except FileNotFoundError:
        pass
    data.mkdir(parents=True, exist_ok=True)
    text = secrets.token_urlsafe(48)
    draft = path.with_name(f".secret.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text, "ascii")
    try:
        # link() fails when another process was first, so both end up with the same secret.
        os.link(draft, path)
    except FileExistsError:
        text = path.read_text("ascii").strip()
    finally:
        draft.unlink()
    return text


@lru_cache(maxsize=1)
def load() -> Settings:
    """The settings of this process, read once.

    Without a database or Redis address, those of the running ``jiandu serve`` on the same data
    folder are taken, so that ``jiandu seed`` in a second terminal finds the embedded servers.
    """
    environ = dict(os.environ)
    settings = read(environ)
    if not settings.secret:
        if settings.production and settings.database.url:
            # Several hosts share one database; a secret made per host would log people out.
            raise SettingsError("生产环境须设置 JIANDU_SECRET (set JIANDU_SECRET in production)")
        environ["JIANDU_SECRET"] = kept_secret(settings.data)
    if record := running(settings.data):
        for variable, key in (("DATABASE_URL", "database_url"), ("REDIS_URL", "redis_url")):
            if not environ.get(variable) and record.get(key):
                environ[variable] = str(record[key])
    return read(environ)
