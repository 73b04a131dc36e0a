# SPDX-License-Identifier: Apache-2.0
"""Fixtures for authors of plugins; loaded as a pytest plugin by ``tests/conftest.py``.

* ``app``, ``client``: the real application with the real templates, on the test's database;
  everything a test does is rolled back (``db``).
* ``login_as(role=…, organisation=…, region=…, permissions=…)``: signs the client in as a new
  user; returns the visitor.
* ``agencies``: two agencies and a bureau in each of two counties (``region_tree`` of conftest).
* ``facts``: what has been recorded; ``await facts.dispatch()`` lets subscribers react now.
* ``jobs``: what has been enqueued; ``await jobs.run_all()`` does it now, without a worker.
* ``messages``: who has been told what. ``files``: a store of this test's own.
* ``clock(moment)``: sets the platform's time; until it is called, time is real.
* ``objects_to(gate, subject)``: asks one gate and returns the codes of the objections.
* ``plugin_app(plugin)``: an application with core and only that plugin; ``browsing(app)`` opens a
  browser at it.
* ``await switch_off("plugin", region)``: as an administrator does.
* ``htmx(client).get(…)``: as htmx asks; asserts that a fragment with one root comes back.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from core import clock as core_clock
from core import db
from core import settings as core_settings
from core.api.plugin import Fact, Place, SubjectRef
from core.app import create_app
from core.auth import passwords, rules, services, sessions
from core.auth.visitor import Visitor
from core.db import Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.facts import fact_of
from core.host.registry import Registry, build
from core.people import services as people
from core.people.queries import OrganisationRow
from core.settings import Settings, read
from core.web import navigation

__all__ = [
    "Agencies",
    "Browser",
    "Clock",
    "Facts",
    "Files",
    "Fragment",
    "Jobs",
    "Messages",
    "agencies",
    "app",
    "browsing",
    "client",
    "clock",
    "facts",
    "files",
    "htmx",
    "jobs",
    "login_as",
    "messages",
    "objects_to",
    "plugin_app",
    "registry",
    "settings",
    "switch_off",
]

HOST = "jiandu.test"
BASE = f"http://{HOST}"


# --- the browser -----------------------------------------------------------------------------


class Browser:
    """A client that behaves like a browser: keeps cookies, sends forms with their token."""

    def __init__(self, application: Litestar) -> None:
        self.app = application
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application, client=("127.0.0.1", 50000)),  # type: ignore[arg-type]
            base_url=BASE,
            headers={"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 Chrome/120"},
        )
        self.visitor: Visitor | None = None

    @property
    def session(self) -> str:
        """The token of the session cookie."""
        return self.http.cookies.get("jiandu", "", domain=HOST) or ""

    @session.setter
    def session(self, token: str) -> None:
        self.http.cookies.set("jiandu", token, domain=HOST, path="/")

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """A page."""
        return await self.http.get(path, **options)

    async def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        *,
        files: Any = None,
        csrf: str | None = None,
        **options: Any,
    ) -> httpx.Response:
        """A form; the session's token is added unless ``csrf`` says otherwise."""
        token = csrf if csrf is not None else (self.visitor.csrf if self.visitor else "")
        fields = {"_csrf": token, **(data or {})} if token else dict(data or {})
        return await self.http.post(path, data=fields, files=files, **options)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page a redirect leads to."""
        assert answer.status_code == 303, (answer.status_code, answer.text[:500])
        return await self.get(answer.headers["location"])

    def forget(self) -> None:
        """Throw the cookies away."""
        self.http.cookies.clear()
        self.visitor = None

    async def close(self) -> None:
        await self.http.aclose()


class _Roots(HTMLParser):
    """Counts the elements at the top of a fragment."""

    VOID = frozenset({"input", "br", "img", "hr", "meta", "link", "use", "source", "wbr", "col"})

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.roots: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if self.depth == 0:
            self.roots.append(tag)
        if tag not in self.VOID:
            self.depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if self.depth == 0:
            self.roots.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.depth = max(0, self.depth - 1)

    def handle_data(self, data: str) -> None:
        if self.depth == 0:
            self.text += data


@dataclass(frozen=True)
class Fragment:
    """Asks as htmx does."""

    browser: Browser

    async def get(self, path: str, *, one_root: bool = True, **options: Any) -> httpx.Response:
        """A piece of a page; asserts that it is one."""
        answer = await self.browser.get(path, headers=self._headers(path), **options)
        if (
            answer.status_code == 200
            and answer.text.strip()
            and "hx-redirect" not in answer.headers
        ):
            assert "<html" not in answer.text.lower(), f"{path} answered with a whole page"
            if one_root:
                roots = _Roots()
                roots.feed(answer.text)
                assert len(roots.roots) == 1, f"{path}: roots {roots.roots}"
        return answer

    async def post(
        self, path: str, data: Mapping[str, Any] | None = None, **options: Any
    ) -> httpx.Response:
        """A form sent by htmx."""
        return await self.browser.post(path, data, headers=self._headers(path), **options)

    def _headers(self, path: str) -> dict[str, str]:
        return {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": BASE + path}


def htmx(browser: Browser) -> Fragment:
    """The same client, asking as htmx does."""
    return Fragment(browser)


# --- application -----------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def _patient_host() -> None:
    """Eager handlers and gate checks may take their time on a busy test machine.

    Their real limits would turn load into failing tests; the host's own tests set them back.
    """
    from core.host import facts as host
    from core.host import gates

    host.BUDGET_SECONDS, host.STATEMENT_MS = 60.0, 5000
    gates.CHECK_SECONDS, gates.STATEMENT_MS = 10.0, 5000


@pytest.fixture(scope="session")
def settings() -> Settings:
    """The settings of tests: those of the environment ``test``."""
    return read({"JIANDU_ENV": "test", "JIANDU_SECRET": "only-for-tests"})


@pytest.fixture(scope="session")
def registry() -> Registry:
    """All allowed plugins."""
    built = build()
    host_registry.set_current(built)
    return built


@pytest.fixture(scope="session")
def app(settings: Settings, registry: Registry) -> Litestar:
    """The application, without its own connection pool."""
    return create_app(settings, registry, database=False)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Slow hashes are the point in production and a waste in tests."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    slow = passwords._hasher  # noqa: SLF001
    passwords._hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))  # noqa: SLF001
    passwords.nobody.cache_clear()
    yield
    passwords._hasher = slow  # noqa: SLF001
    passwords.nobody.cache_clear()


@pytest.fixture
async def client(app: Litestar, registry: Registry, db: Any) -> AsyncIterator[Browser]:  # noqa: ARG001
    """A browser at the application, nobody signed in."""
    with host_registry.use(registry):
        async with browsing(app) as browser:
            yield browser


@asynccontextmanager
async def browsing(application: Litestar) -> AsyncIterator[Browser]:
    """A browser at any application, e.g. one of ``plugin_app``; nobody is signed in.

    Inside, its registry is the one in use. Fixtures and tests of pytest-asyncio may run in
    different contexts, so a fixture that yields enters the registry itself as well.
    """
    from core.web.state import platform_of

    own = platform_of(application).registry
    # The application lives longer than a test; what an earlier one asked is not counted here.
    platform_of(application).limits.counts.clear()
    with host_registry.use(own):
        enabling.forget()
        navigation.forget()
        await services.apply_defaults(own)
        browser = Browser(application)
        try:
            yield browser
        finally:
            await browser.close()
            # Switches and menus of this application must not answer for the next one.
            enabling.forget()
            navigation.forget()


@pytest.fixture
def plugin_app(settings: Settings) -> Callable[..., Litestar]:
    """Builds an application with core and only the given plugin (module, object or name)."""

    def make(*plugins: Any) -> Litestar:
        return create_app(settings, build(plugins), database=False)

    return make


async def switch_off(plugin: str, region: Any, *, on: bool = False) -> None:
    """Switch a plugin off (or on) from a region downwards, as the administrator does."""
    async with db.transaction(Scope.platform("a test switches a plugin")):
        await enabling.switch_plugin(_id(region) or 0, plugin, on=on)
    enabling.forget()
    navigation.forget()


# --- places and people -----------------------------------------------------------------------


@dataclass(frozen=True)
class Agencies:
    """Two agencies and a bureau in each of two counties, and the bureau of their city."""

    bureau: OrganisationRow
    """磴口县司法局"""
    agency: OrganisationRow
    """磴口县市场监督管理局"""
    other_agency: OrganisationRow
    """磴口县农牧局"""
    foreign_bureau: OrganisationRow
    foreign_agency: OrganisationRow
    other_foreign_agency: OrganisationRow
    city_bureau: OrganisationRow

    @property
    def all(self) -> tuple[OrganisationRow, ...]:
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


@pytest.fixture
async def agencies(region_tree: Any) -> Agencies:
    """Organisations in the counties of ``region_tree``."""
    return await make_agencies(region_tree)


async def make_agencies(tree: Any) -> Agencies:
    """What the fixture gives, for databases with real commits."""
    county, other = tree.county, tree.other_county

    async def found(name: str, short: str, kind: str, region: Any) -> OrganisationRow:
        return await people.found_organisation(name, kind, region.id, short_name=short)

    async with db.transaction(Scope.platform("test data")):
        return Agencies(
            bureau=await found("磴口县司法局", "县司法局", "justice", county),
            agency=await found("磴口县市场监督管理局", "县市场监管局", "body", county),
            other_agency=await found("磴口县农牧局", "县农牧局", "body", county),
            foreign_bureau=await found("临河区司法局", "区司法局", "justice", other),
            foreign_agency=await found("临河区市场监督管理局", "区市场监管局", "body", other),
            other_foreign_agency=await found("临河区农牧局", "区农牧局", "body", other),
            city_bureau=await found("巴彦淖尔市司法局", "市司法局", "justice", tree.city),
        )


LoginAs = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def login_as(client: Browser, agencies: Agencies) -> LoginAs:
    """Signs the client in as a new user holding one role at one place."""

    async def sign_in(
        role: str = "handler",
        *,
        organisation: Any = None,
        region: Any = None,
        permissions: Sequence[str] = (),
        name: str = "",
        person: int | None = None,
        browser: Browser | None = None,
    ) -> Visitor:
        return await sign_in_as(
            browser or client,
            role,
            organisation=organisation if organisation is not None else agencies.agency,
            region=region,
            permissions=permissions,
            name=name,
            person=person,
        )

    return sign_in


_numbers = iter(range(1, 10**9))


async def sign_in_as(
    browser: Browser,
    role: str = "handler",
    *,
    organisation: Any = None,
    region: Any = None,
    permissions: Sequence[str] = (),
    name: str = "",
    person: int | None = None,
) -> Visitor:
    """What ``login_as`` does, for any browser and any database."""
    login = f"tester{next(_numbers)}"
    reach = next(spec.reach for spec in rules.ROLES if spec.key == role)
    organ = _id(organisation) if reach == "organisation" else None
    area = None if reach == "platform" else _id(region) or getattr(organisation, "region", None)
    user_id = await services.create_account(login, name or "张海龙", person=person)
    async with db.transaction(services.office(0)):
        await db.execute("update core_user set must_change = false where id = $1", user_id)
        if permissions:
            await db.execute(
                "insert into core_role_permission (role, permission)"
                " select r.id, p from core_role r, unnest($2::text[]) p where r.key = $1"
                " on conflict do nothing",
                role,
                list(permissions),
            )
            await sessions.bump_version()
    assignment = await services.grant_role(user_id, role, region=area, organisation=organ)
    # An earlier test's rolled-back rights stand under the same version number.
    sessions.forget()
    async with db.transaction(services.office(user_id)):
        ticket = await sessions.begin(user_id, assignment)
    browser.session = ticket.token
    found = await sessions.open_session(ticket.token, 3600, 36000)
    assert found is not None
    browser.visitor = found
    return found


def _id(place: Any) -> int | None:
    return place if isinstance(place, int) or place is None else int(place.id)


# --- what has been recorded ------------------------------------------------------------------


class Facts:
    """The facts recorded since the test began."""

    def __init__(self, after: int) -> None:
        self._after = after

    async def all(self) -> list[Fact]:
        """In the order they were recorded."""
        async with db.transaction(Scope.platform("a test looks at everything")):
            found = await db.rows(
                "select id, kind, subject_kind, subject_id, payload, region_lo, org_lo, actor, at,"
                " recorded_at from core_fact where id > $1 order by id",
                self._after,
            )
        return [fact_of(each) for each in found]

    async def only(self, kind: str) -> list[Fact]:
        """Those of one kind."""
        return [each for each in await self.all() if each.kind == kind]

    async def kinds(self) -> list[str]:
        """Their kinds in order."""
        return [each.kind for each in await self.all()]

    async def of(self, subject: SubjectRef) -> list[Fact]:
        """Those about one object."""
        return [each for each in await self.all() if each.subject == subject]

    async def dispatch(self) -> None:
        """Let every subscriber react now that would otherwise react in the worker."""
        from core.host.facts import deliver_one

        while await deliver_one(host_registry.current()):
            pass


@pytest.fixture
async def facts(db: Any) -> Facts:  # noqa: ARG001
    """What this test records."""
    last = await _last_fact()
    return Facts(last)


async def _last_fact() -> int:
    return int(await db.value("select coalesce(max(id), 0) from core_fact"))


async def _value(sql: str) -> Any:
    # The fixtures' parameter hides the module of the same name.
    return await db.value(sql)


# --- what is to be done, who was told, what is stored ---------------------------------------


class Jobs:
    """Background work enqueued since the test began."""

    def __init__(self, after: int) -> None:
        self._after = after

    async def all(self) -> list[dict[str, Any]]:
        """``name``, ``payload``, ``key``, ``state``, ``due_at``, in the order of enqueueing."""
        async with db.transaction(Scope.platform("a test looks at everything")):
            return await db.rows(
                "select id, name, payload, key, state, due_at, region_lo, tries, error"
                " from core_due where id > $1 order by id",
                self._after,
            )

    async def names(self, state: str = "due") -> list[str]:
        """The names of what still waits, or of another state."""
        return [each["name"] for each in await self.all() if each["state"] == state]

    async def payloads(self, name: str) -> list[Mapping[str, Any]]:
        """What the jobs called ``name`` were given."""
        return [each["payload"] for each in await self.all() if each["name"] == name]

    async def run_all(self) -> int:
        """Do everything that is due by the test's clock, deliveries too; how many pieces.

        A job that raises is tried again later, as in the worker: its row keeps the error.
        """
        from core.jobs.services import drain

        before = db.DB.scoped_role
        # With the rights of the worker: what it may not do must fail here, too.
        db.DB.scoped_role = db.WORKER
        try:
            return await drain(host_registry.current())
        finally:
            db.DB.scoped_role = before


@pytest.fixture
async def jobs(db: Any) -> Jobs:  # noqa: ARG001
    """What this test enqueues."""
    return Jobs(int(await _value("select coalesce(max(id), 0) from core_due")))


class Messages:
    """Messages put into inboxes since the test began."""

    def __init__(self, after: int) -> None:
        self._after = after

    async def all(self) -> list[dict[str, Any]]:
        """``kind``, ``person``, ``title``, ``text``, ``subject_kind``, ``subject_id``, in order."""
        async with db.transaction(Scope.platform("a test looks at everything")):
            return await db.rows(
                "select id, kind, person, title, text, subject_kind, subject_id from core_message"
                " where id > $1 order by id",
                self._after,
            )

    async def to(self, person: int) -> list[dict[str, Any]]:
        """Those of one person."""
        return [each for each in await self.all() if each["person"] == person]

    async def kinds(self) -> list[str]:
        """Their kinds in order."""
        return [each["kind"] for each in await self.all()]


@pytest.fixture
async def messages(db: Any) -> Messages:  # noqa: ARG001
    """Whom this test tells."""
    return Messages(int(await _value("select coalesce(max(id), 0) from core_message")))


class Files:
    """A store of one test's own, empty at its beginning."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def add(
        self, name: str, content: bytes, place: Place, *, purpose: str = "core.test"
    ) -> Any:
        """Store a file as an upload would: sniffed, sealed, charged to the place's organisation."""
        from core.storage.services import store

        async with db.transaction(Scope.platform("a test stores a file")):
            return await store(content, name, place=place, purpose=purpose)

    def paths(self) -> list[str]:
        """What lies in the store."""
        return sorted(
            str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
        )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Where this test's files go; nothing of another test is in it."""
    folder = tmp_path / "files"
    own = core_settings.load()
    own = replace(own, storage=replace(own.storage, url=f"file://{folder}"))
    monkeypatch.setattr(core_settings, "load", lambda: own)
    return Files(folder)


# --- time ------------------------------------------------------------------------------------


class Clock:
    """The time of the test: ``clock(moment)`` sets it."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def __call__(self, moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        self.moment = moment
        return moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the platform's time; until it is called, time is real."""
    held = Clock()
    real: Callable[[], datetime] = core_clock.now
    source = core_clock._source  # noqa: SLF001

    # Past the context variable: the test, its fixtures and tasks all must see the same moment.
    class Source:
        def get(self) -> Callable[[], datetime] | None:
            inner = source.get()
            if inner is not None or held.moment is None:
                return inner
            return lambda: held.moment or real()

        def set(self, value: Callable[[], datetime] | None) -> object:
            return source.set(value)

        def reset(self, token: Any) -> None:
            source.reset(token)

    monkeypatch.setattr(core_clock, "_source", Source())
    return held


# --- gates -----------------------------------------------------------------------------------

ObjectsTo = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def objects_to(db: Any) -> ObjectsTo:  # noqa: ARG001
    """Asks one gate about one or several subjects; the codes of the objections, in order."""

    async def ask(
        gate: str,
        *subjects: SubjectRef,
        on: date | None = None,
        draft: Mapping[str, Any] | None = None,
        scope: Scope | None = None,
    ) -> list[str]:
        from core.host.gates import decide

        async with _asking(scope):
            verdict = await decide(gate, subjects, on or core_clock.today(), draft)
        return [each.code for ref in subjects for each in verdict.blockers.get(ref, ())]

    return ask


def _asking(scope: Scope | None) -> Any:
    return db.transaction(scope or Scope.platform("a test asks a gate"))
