# SPDX-License-Identifier: Apache-2.0
"""The database: one engine, one way to open a transaction, and the kinds of scoped tables.

``async with transaction(scope)`` is the only place that sets role and scope. Open one per
handler, for reads too, and close it before rendering: a page is two thirds rendering, and the
connection should serve somebody else meanwhile.
"""

import contextlib
import functools
import inspect
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast

import asyncpg
import msgspec
from piccolo.columns import BigInt, Boolean
from piccolo.conf.apps import Finder
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from core.api.plugin import Place, SubjectRef
from core.intervals import Interval
from core.observing import Seen, watching
from core.scope import EVERYTHING, NOTHING, Scope, published_conditions, scope_conditions
from core.standing import Standing

if TYPE_CHECKING:
    from piccolo.table import Table

__all__ = [
    "DB",
    "EVERYTHING",
    "NOTHING",
    "OWNER",
    "WEB",
    "WORKER",
    "Interval",
    "Own",
    "Owned",
    "Place",
    "Public",
    "Published",
    "SafeEngine",
    "Scope",
    "SubjectRef",
    "after_commit",
    "column",
    "connection",
    "current_scope",
    "execute",
    "execute_many",
    "in_transaction",
    "is_conflict",
    "is_out_of_scope",
    "json",
    "literal",
    "lock_subjects",
    "one_statement",
    "published_conditions",
    "reading",
    "retried",
    "row",
    "rows",
    "scope_conditions",
    "transaction",
    "unscoped",
    "value",
]

log = logging.getLogger("jiandu.db")

OWNER = "jiandu_owner"
WEB = "jiandu_web"
WORKER = "jiandu_worker"
ROLES = (OWNER, WEB, WORKER)
UNDO_ATTEMPTS = 3

P = ParamSpec("P")
R = TypeVar("R")
AnyClass = TypeVar("AnyClass", bound=type)
Callback = Callable[[], Awaitable[object]]


class OutsideTransaction(RuntimeError):
    """A query outside ``transaction()`` would silently see nothing; so it is an error."""


# --- the engine ------------------------------------------------------------------------------


def _encode_json(data: object) -> str:
    # Piccolo hands over text it has encoded itself; everything else is encoded here.
    return data if isinstance(data, str) else msgspec.json.encode(data).decode()


async def _prepare(connection: Any) -> None:
    for kind in ("jsonb", "json"):
        await connection.set_type_codec(
            kind, schema="pg_catalog", encoder=_encode_json, decoder=msgspec.json.decode
        )


async def _no_reset(connection: Any) -> None:
    # The default reset costs a round trip per release. Nothing here ever sets session state
    # (LISTEN, session locks and SET belong on a connection of their own), so only a transaction
    # left open must be ended.
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


class SafeTransaction(PostgresTransaction):
    """A transaction that sets role and scope as it begins and never loses its connection.

    Nested, it is a savepoint; Piccolo's own nesting is a no-op that commits what failed.
    """

    __slots__ = ("_outer", "_savepoint", "_seen", "callbacks", "role", "scope", "watched")

    def __init__(
        self, engine: "SafeEngine", scope: Scope | None = None, allow_nested: bool = True
    ) -> None:
        super().__init__(engine, allow_nested=allow_nested)
        self.engine: SafeEngine = engine
        self.scope: Scope | None = scope
        self.role = engine.role if scope is None else engine.scoped_role
        self.callbacks: list[Callback] = []
        self._savepoint = ""
        self._outer: tuple[Scope | None, str] = (None, "")
        self._seen = 0
        self.watched: Seen | None = None

    async def __aenter__(self) -> "SafeTransaction":  # noqa: PYI034 - nested, it is the outer one
        if self._parent is not None:
            return await self._enter_savepoint(cast("SafeTransaction", self._parent))
        self.connection = await self._acquire()
        if (seen := watching.get()) is not None:
            seen.scope(self.scope or Scope.nothing())
            self.connection.add_query_logger(seen.query)
            self.watched = seen
        begin = (self.scope or Scope.nothing()).sql(self.role)
        try:
            await self.connection.execute(f"BEGIN;{begin}")
        except BaseException:
            await self._release()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def _enter_savepoint(self, parent: "SafeTransaction") -> "SafeTransaction":
        self._savepoint = f"s{parent.get_savepoint_id()}"
        sql = f"SAVEPOINT {self._savepoint}"
        if (seen := watching.get()) is not None:
            if self.scope is not None:
                seen.scope(self.scope)
            if parent.watched is not seen:
                # Somebody opened the transaction before the request began: a test.
                parent.connection.add_query_logger(seen.query)
                parent.watched, self.watched = seen, seen
        if self.scope is not None:
            sql += f";{self.scope.sql(self.role)}"
        await parent.connection.execute(sql)
        self._outer = (parent.scope, parent.role)
        self._seen = len(parent.callbacks)
        if self.scope is not None:
            parent.scope, parent.role = self.scope, self.role
        return parent

    async def _leave_savepoint(self, parent: "SafeTransaction", failed: bool) -> None:
        name = self._savepoint
        scope, role = self._outer
        if self.watched is not None:
            parent.connection.remove_query_logger(self.watched.query)
            parent.watched = None
        try:
            if failed:
                # Rolling back to the savepoint also undoes role and settings.
                await self._undo(parent, name)
                return
            # What SET LOCAL changed outlives a released savepoint, so set it back first.
            back = ""
            if self.scope is not None:
                back = (scope or Scope.nothing()).sql(role) + ";"
            try:
                await parent.connection.execute(f"{back}RELEASE SAVEPOINT {name}")
            except (asyncpg.InFailedSQLTransactionError, asyncpg.QueryCanceledError):
                # The block swallowed an SQL error, or ran out of time at its very end: it fails
                # as a whole, the outer one lives on.
                await self._undo(parent, name)
                raise
        finally:
            parent.scope, parent.role = scope, role

    async def _undo(self, parent: "SafeTransaction", name: str) -> None:
        """Back to the savepoint, whatever it takes: a transaction left aborted is lost for all.

        A time limit that ended a statement may still strike the one that cleans up after it.
        """
        del parent.callbacks[self._seen :]
        for attempt in range(UNDO_ATTEMPTS):
            try:
                await parent.connection.execute(
                    f"ROLLBACK TO SAVEPOINT {name};RELEASE SAVEPOINT {name}"
                )
            except asyncpg.QueryCanceledError:
                if attempt == UNDO_ATTEMPTS - 1:
                    raise
            else:
                return

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")
        self._committed = True

    async def rollback(self) -> None:
        await self.connection.execute("ROLLBACK")
        self._rolled_back = True

    async def _acquire(self) -> Any:
        if self.engine.pool:
            return await self.engine.pool.acquire()
        return await self.engine.get_new_connection()

    async def _release(self) -> None:
        if self.watched is not None:
            self.connection.remove_query_logger(self.watched.query)
        if self.engine.pool:
            await self.engine.pool.release(self.connection)
        else:
            await self.connection.close()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        if self._parent is not None:
            parent = cast("SafeTransaction", self._parent)
            await self._leave_savepoint(parent, failed=kind is not None)
            return False
        try:
            if kind is not None:
                if not self._rolled_back and not self.connection.is_closed():
                    await self.rollback()
            elif not self._committed and not self._rolled_back:
                await self.commit()
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._release()
        if self._committed:
            await self.run_callbacks()
        return False

    async def run_callbacks(self) -> None:
        """Run what ``after_commit`` collected; a failing one never undoes what is committed."""
        callbacks, self.callbacks = self.callbacks, []
        for callback in callbacks:
            try:
                await callback()
            except Exception:
                log.exception("after-commit callback failed")


class SafeEngine(PostgresEngine):
    """The platform's engine. Unlike Piccolo's it does not connect when it is constructed."""

    __slots__ = ("role", "scoped_role", "standing", "strict", "url")

    def __init__(self, url: str = "", role: str = "") -> None:
        self.url = url
        self.role = role
        self.scoped_role = role
        self.strict = False
        self.standing: dict[tuple[Scope, str, str], Standing] = {}
        super().__init__(config={})
        self.configure(url, role)

    async def check_version(self) -> None:
        """Importing a module must not connect to a database."""

    async def prep_database(self) -> None:
        """No extension is needed."""

    def configure(self, url: str, role: str, *, scoped_role: str = "") -> None:
        """Point the engine at a database, as one of the roles.

        ``scoped_role`` is taken inside ``transaction(scope)``; only tests let it differ from
        ``role``, so that they prepare rows as the owner and act as the web server.
        """
        if self.pool is not None:
            raise RuntimeError("close the pool before pointing the engine elsewhere")
        for name in (role, scoped_role):
            if name and name not in ROLES:
                raise ValueError(f"unknown database role {name!r}")
        self.url = url
        self.role = role
        self.scoped_role = scoped_role or role
        self.strict = role in (WEB, WORKER)
        settings = {"plan_cache_mode": "force_custom_plan", "application_name": role or "jiandu"}
        if role:
            settings["role"] = role
        self.config = {"dsn": url or None, "server_settings": settings}

    @property
    def configured(self) -> bool:
        return bool(self.url)

    async def start_connection_pool(self, **kwargs: Any) -> None:
        options: dict[str, Any] = {
            "min_size": 2,
            "max_size": 10,
            "max_queries": 10**9,
            "reset": _no_reset,
            "init": _prepare,
        }
        await super().start_connection_pool(**{**options, **kwargs})

    async def close_connection_pool(self) -> None:
        while self.standing:
            await self.standing.popitem()[1].close()
        if self.pool is not None:
            await super().close_connection_pool()

    async def get_new_connection(self) -> Any:
        if not self.url:
            raise RuntimeError("no database is configured: set DATABASE_URL or run `jiandu serve`")
        connection = await asyncpg.connect(**self.config)
        await _prepare(connection)
        return connection

    def standing_under(self, scope: Scope) -> Standing:
        """The connections that carry ``scope``; they are closed with the pool."""
        key = (scope, self.url, self.scoped_role)
        found = self.standing.get(key)
        if found is None:
            settings = {name: str(int(number)) for name, number in scope.settings()}
            # The scope does not change from one statement to the next, so neither need the plan.
            settings |= {"role": self.scoped_role, "plan_cache_mode": "auto"}
            found = self.standing[key] = Standing(self.config, settings, _prepare)
        return found

    def transaction(self, allow_nested: bool = True, scope: Scope | None = None) -> SafeTransaction:
        return SafeTransaction(self, scope=scope, allow_nested=allow_nested)

    def _check_inside(self, query: str) -> None:
        if self.strict and self.current_transaction.get() is None:
            raise OutsideTransaction(f"query outside transaction(scope): {query[:120]}")

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:
        if self.strict:
            self._check_inside(str(querystring))
        return await super().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        self._check_inside(ddl)
        return await super().run_ddl(ddl, in_pool)


DB = SafeEngine()
"""The engine of this process; ``DB.configure(url, role)`` before the first query."""


def _the_engine(_finder: Finder, module_name: str | None = None) -> SafeEngine:  # noqa: ARG001
    return DB


# Piccolo looks for its engine in a module `piccolo_conf` on the path, which exists only when a
# command is typed in the project's folder. There is one engine per process: this one.
Finder.get_engine = _the_engine  # type: ignore[assignment,method-assign]


# --- transactions and plain SQL ---------------------------------------------------------------


def _current() -> SafeTransaction:
    current = DB.current_transaction.get()
    if current is None:
        raise OutsideTransaction("this needs `async with transaction(scope)` around it")
    return cast("SafeTransaction", current)


def in_transaction() -> bool:
    return DB.current_transaction.get() is not None


def current_scope() -> Scope:
    """The scope of the transaction that is open; an empty one when none was given."""
    return _current().scope or Scope.nothing()


def connection() -> Any:
    """The asyncpg connection of the open transaction, for what the helpers do not offer."""
    return _current().connection


def transaction(scope: Scope | None = None) -> SafeTransaction:
    """Everything inside happens together, seen and written under ``scope``.

    Called inside another transaction it becomes a savepoint: without a scope it keeps the outer
    one, with a scope that holds until the block ends.
    """
    if isinstance(DB.current_transaction.get(), Reading):
        raise OutsideTransaction("within reading(scope) nothing can be done that needs more")
    if scope is None and not in_transaction() and DB.strict:
        raise OutsideTransaction("the outermost transaction needs a scope")
    return DB.transaction(scope=scope)


async def rows(sql: str, *args: Any) -> list[dict[str, Any]]:
    """All rows of ``sql`` (``$1`` parameters) as dictionaries."""
    return [dict(record) for record in await _current().connection.fetch(sql, *args)]


async def row(sql: str, *args: Any) -> dict[str, Any] | None:
    """The first row, or ``None``."""
    record = await _current().connection.fetchrow(sql, *args)
    return None if record is None else dict(record)


class Reading:
    """Stands where a transaction would while ``reading`` lends its connection."""

    __slots__ = ("connection", "scope")

    def __init__(self, connection: Any, scope: Scope) -> None:
        self.connection = connection
        self.scope = scope


@contextlib.asynccontextmanager
async def reading(scope: Scope) -> AsyncIterator[None]:
    """Several statements that only read, under a scope that is the same for everybody.

    For public pages that are asked very often: begin and commit are two of their trips to the
    database (``core.standing``). ``scope`` is written in the program and read-only, never made
    from a visitor; no transaction can be opened within. Inside a transaction it is a part of that.
    """
    if scope.writes != (NOTHING, NOTHING):
        raise ValueError("what only reads has a scope that only reads: scope.read_only()")
    if DB.pool is None or in_transaction() or watching.get() is not None:
        async with transaction(scope):
            yield
        return
    async with DB.standing_under(scope).lent() as connection:
        # The type is Piccolo's; the helpers below need no more than the connection and the scope.
        lent = DB.current_transaction.set(cast("PostgresTransaction", Reading(connection, scope)))
        try:
            yield
        finally:
            DB.current_transaction.reset(lent)


async def one_statement(scope: Scope, sql: str, *args: Any) -> dict[str, Any] | None:
    """The first row of a statement that is a whole transaction of its own under ``scope``.

    For the one statement of a page that is asked very often, with a scope that is the same for
    everybody: it costs one round trip instead of three (``core.standing``). ``scope`` is written
    in the program, never made from a visitor. Inside a transaction it is a part of that.
    """
    if DB.pool is None or in_transaction() or watching.get() is not None:
        async with transaction(scope):
            return await row(sql, *args)
    record = await DB.standing_under(scope).fetchrow(sql, *args)
    return None if record is None else dict(record)


async def value(sql: str, *args: Any) -> Any:
    """The first column of the first row, or ``None``."""
    return await _current().connection.fetchval(sql, *args)


async def column(sql: str, *args: Any) -> list[Any]:
    """The first column of every row."""
    return [record[0] for record in await _current().connection.fetch(sql, *args)]


async def execute(sql: str, *args: Any) -> int:
    """Run a statement; the number of rows it touched."""
    status = str(await _current().connection.execute(sql, *args))
    count = status.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


async def execute_many(sql: str, arguments: Sequence[Sequence[Any]]) -> None:
    """Run one statement for many argument lists in one pipeline."""
    await _current().connection.executemany(sql, arguments)


def after_commit(callback: Callback) -> None:
    """Call ``callback`` once everything is committed; never, if it is rolled back."""
    _current().callbacks.append(callback)


LOCK = """
select pg_advisory_xact_lock(k)
from (select distinct hashtextextended(s.kind, s.id) as k
      from unnest($1::text[], $2::int8[]) s(kind, id) order by 1 offset 0) x
"""


async def lock_subjects(*refs: SubjectRef) -> None:
    """Hold ``refs`` until the transaction ends, in one order everywhere, so nobody deadlocks.

    Once, at the start of a service, before any row is locked and before a gate is asked.
    """
    if refs:
        await _current().connection.fetch(LOCK, [r.kind for r in refs], [r.id for r in refs])


def literal(text: str) -> str:
    """Typed words inside a pattern of ``like``: their ``%`` and ``_`` mean themselves."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def json(data: object) -> str:
    """JSON text, for a parameter whose type PostgreSQL cannot infer."""
    return msgspec.json.encode(data).decode()


# --- what the database may answer ------------------------------------------------------------


def is_out_of_scope(error: BaseException) -> bool:
    """Whether a row-level-security policy refused a row (for the user: it does not exist)."""
    return isinstance(error, asyncpg.InsufficientPrivilegeError) and "row-level security" in str(
        error
    )


def is_conflict(error: BaseException) -> bool:
    """Deadlock, serialisation failure or lock time-out: worth one more try."""
    return isinstance(
        error,
        (
            asyncpg.DeadlockDetectedError,
            asyncpg.SerializationError,
            asyncpg.LockNotAvailableError,
        ),
    )


def retried(service: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Run a service once more when it lost a race for locks.

    Only at the outermost level: inside a transaction that is already aborted a second try cannot
    succeed. Files and wake-ups come after the commit, so nothing outside has happened yet.
    """

    @functools.wraps(service)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if in_transaction():
            return await service(*args, **kwargs)
        with contextlib.suppress(
            asyncpg.DeadlockDetectedError,
            asyncpg.SerializationError,
            asyncpg.LockNotAvailableError,
        ):
            return await service(*args, **kwargs)
        return await service(*args, **kwargs)

    return run


# --- kinds of tables -------------------------------------------------------------------------


def _name_constraints(table: "type[Table]") -> None:
    """Put the table's name in front of its constraints' names.

    Piccolo takes the attribute's name, but the index behind a unique constraint needs a name no
    other table has; and every table passes through a mixin or ``unscoped``.
    """
    prefix = f"{table._meta.tablename}_"  # noqa: SLF001
    for constraint in table._meta.constraints:  # noqa: SLF001
        if not constraint._meta.name.startswith(prefix):  # noqa: SLF001
            constraint._meta.name = prefix + constraint._meta.name  # noqa: SLF001


class _Scoped:
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if hasattr(cls, "_meta"):
            _name_constraints(cast("type[Table]", cls))


class Owned(_Scoped):
    """Rows inside my region **and** my organisation: cases, clocks, files, alarms."""

    region_lo = BigInt(default=None, null=False)
    org_lo = BigInt(default=0, null=False)


class Published(_Scoped):
    """Like ``Owned``, and readable by every scope that lies inside the audience interval."""

    region_lo = BigInt(default=None, null=False)
    org_lo = BigInt(default=0, null=False)
    aud_lo = BigInt(default=1, null=False)
    aud_hi = BigInt(default=0, null=False)


class Own(_Scoped):
    """Mine (``person``), or of the organ that handles it."""

    person = BigInt(default=None, null=False)
    region_lo = BigInt(default=None, null=False)
    org_lo = BigInt(default=0, null=False)


class Public(_Scoped):
    """Readable by everybody, also without a session, once ``published``."""

    region_lo = BigInt(default=None, null=False)
    org_lo = BigInt(default=0, null=False)
    published = Boolean(default=False, null=False)


KINDS: tuple[type, ...] = (Owned, Published, Own, Public)


@dataclass(frozen=True, slots=True)
class Unscoped:
    reason: str


def unscoped(reason: str) -> Callable[[AnyClass], AnyClass]:
    """Class decorator: this table has no scope, and here is why that is right."""
    if not reason.strip():
        raise ValueError("an unscoped table needs a reason")

    def mark(table: AnyClass) -> AnyClass:
        table.UNSCOPED = Unscoped(reason)  # type: ignore[attr-defined]
        _name_constraints(table)
        return table

    return mark


def kind_of(table: "type[Table]") -> type | None:
    """Which mixin a table has; ``None`` for unscoped ones, ``TypeError`` for more than one."""
    kinds = [kind for kind in KINDS if issubclass(table, kind)]
    if len(kinds) > 1:
        names = ", ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{table.__name__} has more than one scope mixin: {names}")
    return kinds[0] if kinds else None


def where_defined(table: type) -> str:
    """File and line of a table class, for messages about it."""
    module = sys.modules.get(table.__module__)
    file = getattr(module, "__file__", "?")
    try:
        line = inspect.getsourcelines(table)[1]
    except (OSError, TypeError):
        line = 0
    return f"{file}:{line}"
