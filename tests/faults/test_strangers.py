# SPDX-License-Identifier: Apache-2.0
"""Every route, asked by a stranger for what belongs to somebody else.

The crawl of ``tests/core/test_crawl.py`` walks the pages; this one takes numbers that exist, of
another agency of the same county and of another region, puts them into paths, query strings and
bodies, and looks afterwards whether any row of theirs was read or changed.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.enums import HttpMethod
from PIL import Image

from core import clock
from core.api.testing import sign_in_as
from core.app import handlers_of
from core.auth import rules
from core.auth.access import PUBLIC, Requires
from core.schema import app_configs, tables_of
from tests.faults.running import Person, Platform, until

OWNED = {
    "case": "cases_case",
    "visit": "cases_visit",
    "evidence": "cases_evidence",
    "payment": "cases_payment",
    "order": "orders_order",
    "alarm": "inspection_alarm",
    "silence": "inspection_silence",
    "officer": "certificates_officer",
    "certificate": "certificates_certificate",
    "batch": "certificates_batch",
    "file_id": "core_file",
    "fact": "core_fact",
}
"""Parameter of a path → the table its number belongs to, with ``org_lo``."""
UNOWNED = {
    "user_id": "core_user",
    "assignment_id": "core_assignment",
    "slip_id": "core_slip",
    "session_id": "core_session",
    "failure": "core_failure",
    "message": "core_message",
    "item": "powers_item",
}
PLACEHOLDER = re.compile(r"\{(\w+):(\w+)\}")
# Reading the records of the whole platform is the office of the audit administrator (B15).
READS_EVERYTHING = {"audit_admin": "/audit"}
EMPTY_OF_OTHERS = ("/audit/", "/orders/panels/", "/inspection/panels/")
"""The trail has its own scope; panels of what one does not see are empty."""
SKIPPED = {"/logout", "/login", "/roles", "/password", "/metrics", "/static/{name:path}"}
"""They would end or change the session that asks."""
CHANGE_BY_THEMSELVES = {
    "core_fact",
    "core_message",
    "core_turn",
    "core_clock",
    "certificates_signed",
}
"""Rows the worker goes on writing while the strangers ask."""
ENGLISH = re.compile(r"[A-Z][a-z]+ (?:[a-z]+ ){2,}")


class Victim:
    """An agency with a case, evidence, an alarm and an order, and what is only its own."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.organisation: dict[str, Any] = {}
        self.numbers: dict[str, int] = {}
        self.words: set[str] = set()

    async def work(self) -> None:
        """A case whose first step lacks its record, with a photograph; then an order about it."""
        statuses: Counter[int] = Counter()
        officer = await Person(self.platform, statuses).sign_in("zhanghailong")
        bureau = await Person(self.platform, statuses).sign_in("zhaojianguo")
        (self.organisation,) = await self.platform.rows(
            "select * from core_organisation where name = '磴口县市场监督管理局'"
        )
        item = await self.platform.value(
            "select id from cases_item_version"
            " where current and org_lo between $1 and $2 and title like $3",
            self.organisation["lo"],
            self.organisation["hi"],
            "对未明码标价%",
        )
        case = await officer.open(item, "秘密的案件")
        visit = await officer.visit(case)
        photo = io.BytesIO()
        Image.new("RGB", (32, 24), "red").save(photo, "JPEG")
        path = f"/cases/{case}/visits/{visit}/evidence/photos"
        uploaded = await officer.http.post(
            path,
            data={"_csrf": officer.csrf},
            files={"file": ("只给本单位看的照片.jpg", photo.getvalue(), "image/jpeg")},
        )
        assert uploaded.status_code == 303, uploaded.text[-1000:]
        piece = await self.platform.value(
            "select id from cases_evidence where visit = $1 and voided_at is null", visit
        )
        void = {"_csrf": officer.csrf, "reason": "不清楚"}
        await officer.ask("POST", f"/cases/{case}/evidence/{piece}/void", void)
        facts = {"found_on": "2026-11-20", "place": "只有本单位知道的地方", "facts": "没有标价"}
        await officer.submit(case, visit, facts, f"victim-{case}")
        alarm = await self.platform.value(
            "select id from inspection_alarm where case_id = $1 order by id limit 1", case
        )
        form = {"_csrf": bureau.csrf, "instruction": "请说明情况。", "alarm": [str(alarm)]}
        answer = await bureau.ask("POST", "/orders/new", form)
        assert answer.status_code == 303, answer.text[-1500:]
        last_day = clock.today() + timedelta(days=3)
        form = {"_csrf": bureau.csrf, "item": str(await self._item(item)), "reason": "系统调试期间"}
        await bureau.ask("POST", "/inspection/silences", {**form, "until": last_day.isoformat()})
        await officer.close()
        await bureau.close()
        # What others keep of these facts is written by the worker, a moment later.
        await until(self._told, 60, "everybody has heard of the facts")
        await self._look(case, visit, piece, alarm)

    async def _told(self) -> bool:
        waiting = "select count(*) from core_delivery where state = 'pending' and due_at <= now()"
        return not await self.platform.value(waiting)

    async def _item(self, version: int) -> int:
        return int(
            await self.platform.value("select item from cases_item_version where id = $1", version)
        )

    async def _look(self, case: int, visit: int, piece: int, alarm: int) -> None:
        lo, hi = self.organisation["lo"], self.organisation["hi"]
        for name, table in OWNED.items():
            self.numbers[name] = (
                await self.platform.value(
                    f"select max(id) from {table} where org_lo between $1 and $2", lo, hi
                )
                or 999_999_999
            )
        for name, table in UNOWNED.items():
            self.numbers[name] = await self.platform.value(f"select max(id) from {table}") or 1
        self.numbers |= {"case": case, "visit": visit, "evidence": piece, "alarm": alarm}
        self.words = {
            text
            for row in await self.platform.rows(
                "select c.case_number, c.title, p.name_shown, e.name as file, o.number"
                " from cases_case c join cases_party p on p.case_id = c.id"
                " join cases_evidence e on e.case_id = c.id"
                " cross join orders_order o where c.id = $1 and o.id = $2",
                case,
                self.numbers["order"],
            )
            for text in row.values()
        } | {"只有本单位知道的地方"}

    async def rows(self) -> dict[str, str]:
        """A fingerprint of all the agency's rows, table by table."""
        lo, hi = self.organisation["lo"], self.organisation["hi"]
        found = {}
        for table in tables_of(app_configs()):
            name = table._meta.tablename
            columns = {column._meta.name for column in table._meta.columns}
            if "org_lo" not in columns or name in CHANGE_BY_THEMSELVES:
                continue
            found[name] = await self.platform.value(
                f"select md5(string_agg(t::text, '|' order by t.id)) from {name} t"
                " where org_lo between $1 and $2",
                lo,
                hi,
            )
        found["facts"] = await self.platform.value(
            "select count(*) from core_fact where org_lo between $1 and $2"
            " and kind not like 'core.%'",
            lo,
            hi,
        )
        return found


def routes_of(app: Litestar) -> Iterator[tuple[str, str, tuple[str, ...], bool]]:
    """Method, path, permissions and whether it is open to everybody."""
    for path, handler in handlers_of(app):
        for method in handler.http_methods & {HttpMethod.GET, HttpMethod.POST}:
            guards = [getattr(each, "func", each) for each in handler.resolve_guards()]
            wanted = tuple(k for g in guards if isinstance(g, Requires) for k in g.permissions)
            yield str(method), path, wanted, PUBLIC in handler.opt


def filled(path: str, numbers: dict[str, int]) -> str:
    return PLACEHOLDER.sub(lambda m: str(numbers.get(m[1], 1)) if m[2] == "int" else "photos", path)


def body(numbers: dict[str, int]) -> dict[str, Any]:
    """What forms of all kinds want, and what no form wants: rows to be owned, roles, scopes."""
    case, person = str(numbers["case"]), "1"
    return {
        "reason": "越权测试的理由",
        "text": "越权测试的内容",
        "instruction": "越权测试的要求",
        "version": "0",
        "act": "submit",
        "token": "",
        "alarm": [str(numbers["alarm"])],
        "handler": [person],
        "id": case,
        "kind": "cases.case",
        "item": str(numbers["item"]),
        "case": case,
        "person": person,
        "officers": [person],
        "lead": person,
        "to_person": person,
        "deputy": person,
        "assignment": str(numbers["assignment_id"]),
        "organisation": "1",
        "state": "revoked",
        "since": "2026-01-01",
        "until": "2026-12-31",
        "valid_from": "2026-12-01",
        "valid_until": "2027-12-31",
        "valid_to": "2026-12-31",
        "on": "2026-12-01",
        "number": "15082204999",
        "step": "inquiry",
        "to_step": "clue",
        "ground": "鉴定",
        "which": "stage",
        "amount": "5",
        "days": "5",
        "cause": "other",
        "confirmed": "true",
        "paid_on": "2026-11-01",
        "role": "system_admin",
        "permission": ["core.role.grant"],
        "login": "intruder",
        "name": "某某某",
        # Nobody may set these from outside.
        "region_lo": "0",
        "org_lo": "0",
        "actor": "1",
        "user": "1",
        "published": "true",
        "must_change": "false",
        "scope": "platform",
        "next": "//evil.example/",
    }


async def strangers(victim: Victim) -> list[tuple[str, int, int]]:
    """Every role at another agency of the county or, the regional ones, in another region.

    The township's justice office sits in a town of the same county, which sees nothing above it.
    """
    found = await victim.platform.rows(
        "select o.id, o.region, o.region_lo between c.lo and c.hi as inside"
        " from core_organisation o, core_region c where c.lo = $2 and o.valid_to is null"
        " and o.kind in ('body', 'department') and not (o.lo <= $3 and o.hi >= $1)"
        " order by o.region_lo = $2 desc, o.lo",
        victim.organisation["lo"],
        victim.organisation["region_lo"],
        victim.organisation["hi"],
    )
    near = found[0]
    far = next(row for row in found if not row["inside"])
    town = next(row for row in found if row["inside"] and row["region"] != near["region"])
    assert near["region"] == victim.organisation["region"]
    wide = {spec.key for spec in rules.ROLES if spec.reach == "region"}
    chosen = [
        (spec.key, near["id"], near["region"]) for spec in rules.ROLES if spec.key not in wide
    ]
    others = (*wide, "handler", "dept_supervisor")
    chosen += [(role, far["id"], far["region"]) for role in sorted(others)]
    return [*chosen, ("justice_office", town["id"], town["region"])]


@pytest.fixture(scope="module")
async def victim(platform: Platform) -> Victim:
    one = Victim(platform)
    await one.work()
    assert all(len(word) > 5 for word in one.words)
    assert one.numbers["order"] < 999_999_999
    assert one.numbers["file_id"] < 999_999_999
    return one


async def stranger(platform: Platform, role: str, organisation: int, region: int) -> Any:
    """A new account of that role, signed in; and a client with its session."""
    holder: Any = SimpleNamespace(session="", visitor=None)
    who = await sign_in_as(holder, role, organisation=organisation, region=region)
    client = httpx.AsyncClient(
        base_url=platform.url,
        timeout=60,
        headers={"Sec-Fetch-Site": "same-origin"},
        cookies={"jiandu": holder.session},
    )
    return who, client


@pytest.mark.req("C11-04", "C11-08", "B41-1")
async def test_strangers_read_and_change_nothing(victim: Victim, app: Litestar) -> None:
    platform = victim.platform
    before = await victim.rows()
    faults: list[str] = []
    asked = 0
    refused: set[tuple[str, str]] = set()
    routes = [each for each in sorted(routes_of(app)) if each[1] not in SKIPPED]
    async with platform.engine():
        for role, organisation, region in await strangers(victim):
            who, client = await stranger(platform, role, organisation, region)
            for method, path, wanted, _public in routes:
                lacking = not set(wanted) <= who.permissions
                # The guard asks for the permission and nothing else: one who lacks it is enough.
                if lacking and (method, path) in refused:
                    continue
                address = filled(path, victim.numbers)
                where = f"{role} of {organisation}: {method} {address}"
                if method == "GET":
                    answer = await client.get(address + query(victim.numbers))
                else:
                    form = {"_csrf": who.csrf, **body(victim.numbers)}
                    answer = await client.post(address, data=form)
                asked += 1
                faults += fault_of(answer, where, role, path, victim)
                if lacking:
                    refused.add((method, path))
                    if answer.status_code not in (403, 303):
                        faults.append(f"{where}: {answer.status_code} without the permission")
            await client.aclose()
    after = await victim.rows()
    faults += [f"rows of {t} changed" for t in before if before[t] != after[t]]
    assert not faults, f"{len(faults)} faults in {asked} requests:\n" + "\n".join(faults[:60])
    assert asked > 1000


def query(numbers: dict[str, int]) -> str:
    """Numbers of others, and what nobody types."""
    case, alarm = numbers["case"], numbers["alarm"]
    return (
        f"?id={case}&item={numbers['item']}&alarm={alarm}&case={case}&kind=cases.case"
        "&q=%00'%22%F0%9F%98%80&sort=%2Cid&after=x&before=-9&page=-1&tab=nobody&role=nobody"
    )


@pytest.mark.parametrize("everybody", [False, True])
async def test_nothing_is_done_without_a_session_or_a_token(
    victim: Victim, app: Litestar, everybody: bool
) -> None:
    """Nobody at all, and the case's own officer whose browser was sent here by another site."""
    before = await victim.rows()
    person = Person(victim.platform, Counter())
    if everybody:
        await person.sign_in("zhanghailong")
    for method, path, _wanted, open_to_all in sorted(routes_of(app)):
        if method != "POST" or open_to_all:
            continue
        answer = await person.http.post(
            filled(path, victim.numbers),
            data=body(victim.numbers),
            headers={"Sec-Fetch-Site": "none"},
        )
        assert answer.status_code in (401, 403), (path, answer.status_code)
    await person.close()
    after = await victim.rows()
    assert before == after


def fault_of(answer: Any, where: str, role: str, path: str, victim: Victim) -> Iterator[str]:
    status = answer.status_code
    if status >= 500 and path != "/readyz":
        yield f"{where}: {status}"
        return
    if status in (301, 302, 303, 307, 308):
        target = answer.headers["location"]
        if not target.startswith("/") or target.startswith(("//", "/\\")):
            yield f"{where}: sends to {target}"
    names = {m[1] for m in PLACEHOLDER.finditer(path)}
    if names & set(OWNED) and not path.startswith(EMPTY_OF_OTHERS) and status not in (403, 404):
        yield f"{where}: {status} for what belongs to others"
    if path.startswith(READS_EVERYTHING.get(role, "-")):
        return
    for word in victim.words:
        if word in answer.text and "越权" not in word:
            yield f"{where}: shows {word!r}"
    if "text/html" in answer.headers.get("content-type", "") and status >= 400:
        found = ENGLISH.search(re.sub(r"<[^>]*>", " ", answer.text))
        if found:
            yield f"{where}: English: {found[0]}"


ODD = "?id=²&id=①&year=99999&item=²&q=%25_%5C&from=0000-00-00&until=9999-99-99&month=13&page=²"
ODD_BODY = {
    **dict.fromkeys(("item", "officers", "next_officers", "next_lead", "alarm", "handler"), "²"),
    "version": "²",
    "year": "²",
    "month": "99",
    "id": "9" * 30,
    "case": "9" * 30,
}

OWN_ROLES = (
    "handler",
    "legal_office",
    "dept_supervisor",
    "data_entry",
    "body_admin",
    "supervision_bureau",
    "system_admin",
    "audit_admin",
)


@pytest.mark.req("B41-8")
async def test_whoever_may_open_them_finds_no_fault_behind_any_route(
    victim: Victim, app: Litestar
) -> None:
    """The same numbers and the same nonsense from those who may: refusals, never a crash."""
    platform, faults = victim.platform, []
    own, region = victim.organisation["id"], victim.organisation["region"]
    routes = [each for each in sorted(routes_of(app)) if each[1] not in SKIPPED]
    asked: Counter[tuple[str, str]] = Counter()
    async with platform.engine():
        for role in OWN_ROLES:
            who, client = await stranger(platform, role, own, region)
            for method, path, wanted, _public in routes:
                # Two of those who may are enough: the second sees what the first one left.
                if not set(wanted) <= who.permissions or asked[method, path] == 2:
                    continue
                asked[method, path] += 1
                address = filled(path, victim.numbers)
                wild = filled(path, dict.fromkeys(victim.numbers, 10**20))
                if method == "GET":
                    answer = await client.get(address + query(victim.numbers))
                    odd = await client.get(wild + ODD)
                else:
                    form = {"_csrf": who.csrf, **body(victim.numbers)}
                    answer = await client.post(address, data=form)
                    odd = await client.post(address, data={"_csrf": who.csrf, **ODD_BODY})
                faults += [
                    f"{role}: {method} {each.url}: {each.status_code}"
                    for each in (answer, odd)
                    if each.status_code >= 500 and path != "/readyz"
                ]
                said = re.sub(r"<[^>]*>", " ", answer.text) if answer.status_code >= 400 else ""
                if found := ENGLISH.search(said):
                    faults.append(f"{role}: {method} {address}: English: {found[0]}")
            await client.aclose()
    assert not faults, "\n".join(faults)
