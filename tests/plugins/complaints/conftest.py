# SPDX-License-Identifier: Apache-2.0
"""A county with its bureau, two bodies, an officer with a certificate, and a supervisor."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from PIL import Image

from core.api.db import EVERYTHING, Interval, Scope, rows, transaction, value
from core.api.files import receive
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies
from core.host import registry as host_registry
from core.host.registry import build
from plugins.complaints import services
from plugins.complaints.rules import ANSWER, COPY, HANDLE, READ, intake
from tests.absence import of_those_here

OFFICE = Scope.platform("test")
NOW = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)  # Tuesday 1 September, 10:00 in Beijing


@dataclass
class Matter:
    """The people of a complaint."""

    agencies: Agencies
    bureau: services.Actor
    second: services.Actor
    """Another officer of the same bureau."""
    foreign: services.Actor
    body: services.Actor
    other_body: services.Actor
    officer: int
    supervisor: int
    region_lo: int

    def unit(self, organisation: Any = None) -> intake.Unit:
        o = organisation or self.agencies.agency
        return intake.Unit(o.id, o.name, o.lo, o.hi)

    def said(self, **more: Any) -> services.Intake:
        o = self.unit()
        values: dict[str, Any] = {
            "kind": "complaint",
            "target": "officer",
            "enforcement_type": "行政检查",
            "account": "8月31日上午检查时只来了一个人，也没有出示证件，要求我们停业。",
            "happened_on": date(2026, 8, 31),
            "chosen": intake.Chosen(o, o, o.name),
            "sealed": False,
            "officer": self.officer,
            "officer_name": "李志强",
            "scanned": "verified",
            **more,
        }
        return services.Intake(**values)

    async def reporter(self, person: int = 0) -> Any:
        return await services.supervisor(
            person or self.supervisor, 4711, "乌云娜", "wuyunna9", self.region_lo
        )

    async def filed(self, *, person: int = 0, once: str = "", media: Any = (), **more: Any) -> int:
        return (
            await services.file(await self.reporter(person), self.said(**more), media, once=once)
        ).id

    async def public(self, name: str = "", phone: str = "", **more: Any) -> services.Filed:
        values = {"target": "act", "officer": 0, "officer_name": "", "scanned": "", **more}
        reporter = services.public(name, phone, self.region_lo)
        return await services.file(reporter, self.said(**values))

    async def pushed(self, complaint: int = 0) -> tuple[int, int]:
        number = complaint or await self.filed()
        return number, await services.push(
            self.bureau, number, "检查时只来了一个人，没有出示证件。", checked=True
        )

    async def answered(self) -> tuple[int, int]:
        complaint, copy = await self.pushed()
        await services.answer(self.body, copy, "yes", "经查属实，当日只有一人。", "已通报批评。")
        return complaint, copy


def actor(
    name: str, permissions: set[str], region: Any, organisation: Any = None, person: int = 0
) -> services.Actor:
    scope = Scope(
        Interval(region.lo, region.hi),
        EVERYTHING if organisation is None else Interval(organisation.lo, organisation.hi),
        person=person,
        actor=person,
    )
    return services.Actor(scope, person, person, name, frozenset(permissions), region.lo)


@pytest.fixture
async def matter(db, region_tree, agencies, clock) -> AsyncIterator[Matter]:
    clock(NOW)
    county = region_tree.county
    async with transaction(OFFICE):
        await appoint_organ(county.id, "supervision", agencies.bureau.id)
        await appoint_organ(region_tree.other_county.id, "supervision", agencies.foreign_bureau.id)
        chen = await enter_person("陈玉梅", agencies.bureau.id)
        gao = await enter_person("高建军", agencies.bureau.id)
        li = await enter_person("李建国", agencies.agency.id)
        officer = await enter_person("李志强", agencies.agency.id)
        supervisor = await value(
            "insert into core_person (name, pinyin, region_lo, org_lo, created_at, close_reason,"
            " position, heads, sex, id_number_masked, phone_masked)"
            " values ('乌云娜', 'wuyunna', $1, 0, now(), '', '', false, '', '', '') returning id",
            county.lo,
        )
    registry = build(of_those_here("certificates", "complaints"))
    with host_registry.use(registry):
        yield Matter(
            agencies,
            actor("陈玉梅", {READ, HANDLE}, county, None, chen.id),
            actor("高建军", {READ, HANDLE}, county, None, gao.id),
            actor("外县", {READ, HANDLE}, region_tree.other_county),
            actor("李建国", {COPY, ANSWER}, county, agencies.agency, li.id),
            actor("农牧局", {COPY, ANSWER}, county, agencies.other_agency),
            officer.id,
            supervisor,
            county.lo,
        )


async def state_of(complaint: int) -> dict[str, Any]:
    async with transaction(OFFICE):
        [found] = await rows("select * from complaints_complaint where id = $1", complaint)
    return found


async def copy_of(copy: int) -> dict[str, Any]:
    async with transaction(OFFICE):
        [found] = await rows("select * from complaints_copy where id = $1", copy)
    return found


def photo(words: str = "") -> bytes:
    """A JPEG that says where it was taken."""
    picture = Image.new("RGB", (64, 48), "teal")
    exif = Image.Exif()
    exif[0x010E] = words or "Wuyunna at home"
    exif[0x0110] = "Phone of Wuyunna"
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


async def received(name: str = "乌云娜拍的.jpg", content: bytes | None = None) -> Any:
    return await receive(content or photo(), name, kinds=("photo",))
