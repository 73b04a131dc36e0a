# SPDX-License-Identifier: Apache-2.0
"""What the tests of a card's life share: lists, papers, an application that has come so far."""

import io
from datetime import date

from PIL import Image

from core.api.db import EVERYTHING, Interval, Scope, execute, transaction
from core.api.files import receive
from core.api.imports import Sheet
from core.api.people import appoint_organ, organisation
from core.api.regions import REGIONS
from plugins.certificates.forms import (
    DecisionForm,
    IssueForm,
    MakeForm,
    RequestForm,
    ResultForm,
)
from plugins.certificates.rules import bodies as rules
from plugins.certificates.services import applying, bodies, lists, making
from plugins.certificates.services.base import (
    BODIES_READ,
    BODIES_WRITE,
    INCLUDE,
    LISTS,
    MAKE,
    READ,
    REGISTER,
    REVIEW,
    SUBMIT,
    Actor,
)

OFFICE = Scope.platform("test")
ID, OTHER_ID = "11010519491231002X", "150801198811207478"


def portrait(colour=(250, 250, 250), size=(413, 579)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


async def photo():
    return await receive(portrait(), "证件照.jpg", kinds=("photo",))


async def paper():
    return await receive(portrait(), "依据.jpg", kinds=("photo",))


def clerk(unit, *, user=11):
    """Who acts for a unit."""
    place = Interval(unit.lo, unit.hi)
    return Actor(
        Scope(Interval(unit.region_lo, unit.region_lo), place, actor=user),
        user,
        0,
        "刘晓燕",
        unit.region_lo,
        place,
        frozenset({READ, REGISTER, SUBMIT, BODIES_READ, BODIES_WRITE, INCLUDE}),
    )


def reviewer(office, *, user=12):
    """Who sits in the reviewing office."""
    return Actor(
        Scope(REGIONS.interval(office.region_lo), EVERYTHING, actor=user),
        user,
        0,
        "赵建国",
        office.region_lo,
        Interval(office.lo, office.hi),
        frozenset({READ, REVIEW, MAKE, LISTS, BODIES_READ}),
        "region",
    )


async def name_list(office, *people, kind="establishment"):
    """Import a list of (name, number)."""
    sheet = Sheet(
        "名单",
        [
            {"row": n, "name": name, "id_number": number, "unit": "", "reason": "开除公职"}
            for n, (name, number) in enumerate(people, start=2)
        ],
    )
    return await lists.import_list(reviewer(office), kind, sheet, b"x", "名单.xlsx")


async def competent(office):
    async with transaction(OFFICE):
        await appoint_organ(office.region, "legal_review", office.id)


def request_form(unit, **changes):
    return RequestForm(
        **{
            "organisation": unit.id,
            "name": "张海龙",
            "id_number": ID,
            "phone": "13812345678",
            "category": "市场监管",
            "powers": "行政处罚、行政检查",
            **changes,
        }
    )


async def open_body(unit, kind=""):
    """A unit whose account is complete, approved and included: it may do business."""
    async with transaction(OFFICE):
        kind = kind or rules.kind_of(unit.kind)
        above = await organisation(unit.parent) if unit.parent and kind != "first" else None
        body = await bodies.enter_body(unit, kind, "existing", above)
        await execute(
            """update certificates_body set state = 'approved', included_at = now(),
                 letter_from = '2020-01-01', letter_until = '2040-01-01' where id = $1""",
            body,
        )
        return body


async def apply(unit, **changes):
    await open_body(unit)
    return await applying.apply(clerk(unit), request_form(unit, **changes), await photo())


async def card_in_hand(unit, office, on: date, **changes):
    """An application carried through to the end. Returns the request's id."""
    request = await apply(unit, **changes)
    await applying.decide(reviewer(office), request, DecisionForm("pass"))
    form = ResultForm(score=80, passed="yes", reason="纸面考试")
    await applying.enter_result(reviewer(office), request, form, await paper())
    await making.make(reviewer(office), request, MakeForm(on))
    await making.issue(reviewer(office), request, IssueForm(on))
    return request
