# SPDX-License-Identifier: Apache-2.0
"""A market supervision bureau with officers, an approver, two items, and stand-ins for the
plugins that answer the gates, so that these tests depend on nothing but core and cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from core import db as core_db
from core.api.access import OrgRef
from core.api.people import enter_person
from core.api.plugin import Blocker, FactKind, GateCheck, Manifest, SubjectRef, hookimpl
from core.app import create_app
from core.db import Interval, Scope
from core.host import enabling
from core.host import registry as host_registry
from core.host.registry import Registry, build
from plugins.cases.queries import load_case
from plugins.cases.rules.party import PartyDraft
from plugins.cases.services import Actor, Choice, Opening, Posting, open_case, submit_step
from plugins.cases.services.projections import keep_item_version
from tests.plugins.cases.definitions import licence, penalty

HANDLING = frozenset(
    {"cases.case.read", "cases.case.open", "cases.case.handle", "cases.case.watch"}
)
APPROVING = HANDLING | {"cases.case.approve"}
TUESDAY = datetime(2026, 5, 12, 2, 0, tzinfo=UTC)
"""10:00 in Beijing, a working day."""

unqualified: dict[int, str] = {}
hints: list[Blocker] = []
asked: list[Mapping[str, Any]] = []


class CardFact(msgspec.Struct):
    certificate: int
    person: int
    number: str
    state: str = "valid"
    since: str = "2022-01-01"
    valid_from: str = "2022-01-01"
    valid_until: str = "2028-01-01"
    reason: str = ""


class Register:
    """Stands in for the certificate register: everybody is qualified but those named."""

    MANIFEST = Manifest("certificates", "执法证件", "0.1.0")

    @hookimpl
    def fact_kinds(self) -> list[FactKind]:
        return [FactKind("certificates.certificate_changed", "证", "{number}", CardFact)]

    @hookimpl
    def gate_checks(self) -> list[GateCheck]:
        async def check(
            subjects: Sequence[SubjectRef], on: date, draft: Mapping[str, Any] | None
        ) -> dict[SubjectRef, list[Blocker]]:
            return {
                s: [Blocker("none", f"{unqualified[s.id]}。", detail={"number": ""})]
                for s in subjects
                if s.id in unqualified
            }

        return [GateCheck("cases.officer_may_act", check)]


class AlarmFact(msgspec.Struct):
    alarm: int
    case: int = 0
    colour: str = ""
    kind: str = ""
    point: str = ""
    step_title: str = ""
    sentence: str = ""


class Judge:
    """Stands in for the engine: says what it was told to say, and keeps the draft."""

    MANIFEST = Manifest("inspection", "监察", "0.1.0")

    @hookimpl
    def fact_kinds(self) -> list[FactKind]:
        return [
            FactKind(f"inspection.alarm_{name}", name, "{sentence}", AlarmFact)
            for name in ("raised", "revoked", "upheld")
        ]

    @hookimpl
    def gate_checks(self) -> list[GateCheck]:
        async def check(
            subjects: Sequence[SubjectRef], on: date, draft: Mapping[str, Any] | None
        ) -> dict[SubjectRef, list[Blocker]]:
            asked.append(dict(draft or {}))
            return {s: list(hints) for s in subjects} if hints else {}

        return [GateCheck("cases.before_submit", check)]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Core, cases and the two stand-ins."""
    built = build(["cases", Register(), Judge()])
    host_registry.set_current(built)
    return built


@pytest.fixture(scope="session")
def app(settings: Any, registry: Registry) -> Any:
    """The application with exactly these plugins."""
    return create_app(settings, registry, database=False)


@pytest.fixture(autouse=True)
def clean_stand_ins() -> None:
    unqualified.clear()
    hints.clear()
    asked.clear()


@dataclass
class Office:
    """The bureau of the tests and its people."""

    tree: Any
    agency: Any
    zhang: Actor
    sqgw: Actor
    wang: Actor
    chief: Actor
    stranger: Actor
    penalty: int = 0
    licence: int = 0
    people: dict[str, int] = field(default_factory=dict)

    def opening(self, **more: Any) -> Opening:
        party = PartyDraft(
            "business", "磴口县鲜味园餐饮店", "", "", "李建军", "团结路 18 号", "13800001111"
        )
        return Opening(
            **{
                "item_version": self.penalty,
                "title": "拒不改正进货查验违法行为案",
                "source": "inspection",
                "source_note": "",
                "party": party,
                **more,
            }
        )

    async def open(self, **more: Any) -> int:
        return await open_case(self.zhang, self.opening(**more))

    async def file(self, case: int, actor: Actor | None = None):
        async with core_db.transaction((actor or self.chief).scope):
            return await load_case((actor or self.chief).scope, case)

    async def submit(
        self,
        case: int,
        raw: Mapping[str, Any],
        *,
        actor: Actor | None = None,
        to: str | None = None,
        officers: Sequence[Actor] = (),
        token: str = "",
    ):
        file = await self.file(case)
        visit = file.open_visit
        return await submit_step(
            actor or self.zhang,
            case,
            Posting(
                visit["id"],
                visit["version"],
                raw,
                token=token,
                to=to,
                officers=tuple(Choice(a.person) for a in officers),
            ),
        )

    async def to_inquiry(self) -> int:
        case = await self.open()
        await self.submit(case, CLUE)
        await self.submit(
            case,
            {"outcome": "立案", "basis": "第五十四条"},
            actor=self.chief,
            officers=[self.zhang, self.sqgw],
        )
        return case

    async def to_decision(self) -> int:
        case = await self.to_inquiry()
        await self.submit(case, INQUIRY)
        await self.submit(case, {"summary": "事实清楚"})
        await self.submit(case, {"opinion": "同意", "remark": ""}, actor=self.chief)
        await self.submit(case, {"notified_on": "2026-05-12", "waived": "true"})
        return case

    async def to_execution(self) -> int:
        case = await self.to_decision()
        await self.submit(case, DECISION)
        await self.submit(case, {"served_on": "2026-05-12", "manner": "直接送达"})
        return case


CLUE = {"facts": "群众反映", "checked_on": "2026-05-12"}
INQUIRY = {
    "inquired_on": "2026-05-12",
    "place": "团结路 18 号",
    "facts": "未建立进货查验记录",
    "goods_value": "3,860.00",
}
DECISION = {
    "outcome": "予以处罚",
    "basis": "《食品安全法》第一百二十六条第一款第（三）项",
    "tier": "light",
    "amount": "5,000.00",
    "kinds": ["罚款"],
}


async def publish(office: "Office", mapping: Mapping[str, Any]) -> int:
    """Another item or version in force for the office; the id of its projection."""
    mapping = {
        **mapping,
        "organisation": office.agency.id,
        "org_lo": office.agency.lo,
        "region_lo": office.tree.county.lo,
        "aud_lo": office.tree.county.lo,
        "aud_hi": office.tree.county.hi,
    }
    async with core_db.transaction(Scope.platform("test data")):
        await keep_item_version(mapping)
        return int(
            await core_db.value(
                "select id from cases_item_version where item = $1 and version = $2",
                mapping["item"],
                mapping["version"],
            )
        )


async def make_office(tree: Any, agencies: Any) -> Office:
    """The people and items; inside a transaction as the owner, or under a platform scope."""
    agency = agencies.agency
    people = {}
    async with core_db.transaction(Scope.platform("test data")):
        for name in ("张海龙", "斯琴高娃", "王志远", "乌日娜"):
            people[name] = (await enter_person(name, agency.id)).id
        people["外县人"] = (await enter_person("外县人", agencies.foreign_agency.id)).id
        for make in (penalty, licence):
            mapping = make(
                agency.id,
                org_lo=agency.lo,
                region_lo=tree.county.lo,
                aud_lo=tree.county.lo,
                aud_hi=tree.county.hi,
            )
            await keep_item_version(mapping)
        ids = {
            r["power_class"]: r["id"]
            for r in await core_db.rows(
                "select id, power_class from cases_item_version where current"
            )
        }

    def actor(name: str, user: int, permissions: frozenset[str], place: Any, county: Any) -> Actor:
        return Actor(
            user,
            people[name],
            name,
            permissions,
            Scope(
                Interval(county.lo, county.hi),
                Interval(place.lo, place.hi),
                person=people[name],
                actor=user,
            ),
            OrgRef(place.id, place.name, place.name, place.lo, place.hi),
        )

    return Office(
        tree,
        agency,
        zhang=actor("张海龙", 101, HANDLING, agency, tree.county),
        sqgw=actor("斯琴高娃", 102, HANDLING, agency, tree.county),
        wang=actor("王志远", 103, HANDLING, agency, tree.county),
        chief=actor("乌日娜", 104, APPROVING, agency, tree.county),
        stranger=actor("外县人", 105, APPROVING, agencies.foreign_agency, tree.other_county),
        penalty=ids["penalty"],
        licence=ids["licence"],
        people=people,
    )


@pytest.fixture
async def office(db: Any, region_tree: Any, agencies: Any, registry: Registry, clock: Any) -> Any:
    """The bureau, in the test's transaction, on a Tuesday at ten."""
    clock(TUESDAY)
    enabling.forget()
    with host_registry.use(registry):
        yield await make_office(region_tree, agencies)
    enabling.forget()


def pdf(name: str = "询问笔录.pdf") -> Any:
    """A small genuine PDF as an uploaded file."""
    import io

    from core.api.web import UploadedFile

    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )
    return UploadedFile("file", name, "application/pdf", len(body), io.BytesIO(body))


def picture(name: str = "现场.jpg", colour: str = "red") -> Any:
    """A small genuine photograph."""
    import io

    from PIL import Image

    from core.api.web import UploadedFile

    body = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(body, "JPEG")
    return UploadedFile("file", name, "image/jpeg", body.tell(), body)
