# SPDX-License-Identifier: Apache-2.0
"""The demo's bodies, applications and inspections: one of each kind a reader wants to see."""

from datetime import datetime, time, timedelta

from core.api import clock
from core.api.accounts import account_of, create_account, grant_role
from core.api.db import EVERYTHING, Interval, Scope, transaction, value
from core.api.demo import DemoContext
from core.api.files import receive
from core.api.imports import Sheet
from core.api.people import OrganisationRow, enter_person, organisation
from core.api.regions import REGIONS
from plugins.certificates.demo_faces import portrait
from plugins.certificates.forms import (
    BasicsForm,
    BodyForm,
    DecisionForm,
    IssueForm,
    MakeForm,
    RequestForm,
    ResultForm,
)
from plugins.certificates.queries.bodies import body_of
from plugins.certificates.services import applying, bodies, daily, inspecting, lists, making
from plugins.certificates.services.base import (
    BODIES_READ,
    BODIES_WRITE,
    INCLUDE,
    LISTS,
    MAKE,
    READ,
    REVIEW,
    SUBMIT,
    Actor,
)

PASSWORD = "Jiandu2026"  # noqa: S105 - printed with the demo's accounts
UNIT, BELOW, WAITING, DRAFT = "dk-sjdd", "dk-sjs", "dk-hbdd", "dk-szdd"
CODES = {
    UNIT: "11150822MB12345679",
    BELOW: "12150822MB2345678P",
    WAITING: "12150822MB34567899",
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _number(seventeen: str) -> str:
    """A made-up ID number whose check digit is right."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True))
    return seventeen + "10X98765432"[total % 11]


APPLICANTS = (
    ("白音", _number("15082219940312351"), "issued"),
    ("其其格", _number("15082219960707422"), "exam"),
    ("刘洋", _number("15082219970118311"), "legal"),
    ("郭丽", _number("15082219950926524"), "making"),
    ("陈刚", _number("15082219930505317"), "unlisted"),
    ("马超", _number("15082219880214339"), "forced"),
)
BASICS = (
    ("zhanghailong", _number("15082219850616371"), "13947800017"),
    ("suhe", _number("15082219870922355"), "13947800031"),
    ("hanxuemei", _number("15082219900318524"), "13947800041"),
)


def _clerk(unit: OrganisationRow, user: int = 0) -> Actor:
    place = Interval(unit.lo, unit.hi)
    return Actor(
        Scope(Interval(unit.region_lo, unit.region_lo), place, actor=user),
        user,
        0,
        "",
        unit.region_lo,
        place,
        frozenset({READ, SUBMIT, BODIES_READ, BODIES_WRITE, INCLUDE}),
    )


def _office(office: OrganisationRow, user: int, name: str) -> Actor:
    return Actor(
        Scope(REGIONS.interval(office.region_lo), EVERYTHING, actor=user),
        user,
        0,
        name,
        office.region_lo,
        Interval(office.lo, office.hi),
        frozenset({READ, REVIEW, MAKE, LISTS, BODIES_READ}),
        "region",
    )


async def plan_life(context: DemoContext) -> None:
    """The bodies on the first morning, the rest in the last weeks of the year."""
    offices: dict[str, int] = context.shared["core.organisations"]
    async with transaction(Scope.platform("demo data")):
        units = {
            key: await organisation(offices[key])
            for key in (UNIT, BELOW, WAITING, DRAFT, "dk-sfj", "dk-sjj")
        }
    known = {key: unit for key, unit in units.items() if unit is not None}
    # Named at every start, so that the list of accounts is whole also when nothing is seeded.
    await _account(context, known[UNIT])
    async with transaction(Scope.platform("demo data")):
        if await body_of(known[UNIT].id):
            return
    reviewer = _office(
        known["dk-sfj"], context.shared["core.persons"]["zhaojianguo"].user, "赵建国"
    )
    await _enter_bodies(known, reviewer)
    # Handed in lately, so that the office's list does not show a paper left lying for a year.
    context.plan(_morning(context, 2), lambda: _hand_in(known[WAITING]), lane="certificates.demo")
    context.plan(_morning(context, 34), lambda: _import_lists(reviewer), lane="certificates.demo")
    context.plan(
        _morning(context, 28), lambda: _apply_all(known[UNIT], reviewer), lane="certificates.demo"
    )
    context.plan(
        _morning(context, 9),
        lambda: _inspect(context, reviewer),
        lane="certificates.demo",
    )


def _morning(context: DemoContext, days: int) -> datetime:
    return datetime.combine(
        context.workday(context.today - timedelta(days=days)), time(9, 40), clock.SHANGHAI
    )


async def _account(context: DemoContext, unit: OrganisationRow) -> None:
    """The body's own administrator, who signs in to all pages of its account."""
    async with transaction(Scope.platform("demo data")):
        person = await value(
            "select id from core_person where name = '杨帆' and organisation = $1", unit.id
        )
        if person is None:
            person = (await enter_person("杨帆", unit.id, position="综合股")).id
    if await account_of(person) is None:
        # The password is as old as this seeding, not as the played year, or it had run out.
        with clock.frozen(context.now):
            user = await create_account(
                "yangfan", "杨帆", person=person, password=PASSWORD, demo=True
            )
        await grant_role(user, "body_admin", organisation=unit.id)
    context.account("yangfan", PASSWORD, "执法主体管理员", name="杨帆", place=unit.name)


async def _enter_bodies(units: dict[str, OrganisationRow], reviewer: Actor) -> None:
    for key in (UNIT, BELOW, WAITING, DRAFT):
        unit = units[key]
        who = _clerk(unit)
        body = await bodies.begin(who, unit.id)
        if key == DRAFT:
            continue
        await bodies.complete(
            who,
            body,
            BodyForm(
                unified_code=CODES[key],
                civil_quota=0,
                civil_actual=0,
                career_quota=36,
                career_actual=31,
                other_quota=4,
                other_actual=4,
                admin_name="杨帆" if key == UNIT else "负责人",
                admin_phone="13947800001",
                basis="《中华人民共和国行政处罚法》《市场监督管理行政处罚程序规定》",
                basis_url="https://flk.npc.gov.cn",
            ),
        )
        if key == WAITING:
            continue
        await bodies.submit(who, body)
        await bodies.decide(reviewer, body, DecisionForm("pass"), None)
        if key == BELOW:
            await bodies.include(_clerk(units[UNIT]), body)


async def _hand_in(unit: OrganisationRow) -> None:
    async with transaction(Scope.platform("demo data")):
        body = await body_of(unit.id)
    if body is not None:
        await bodies.submit(_clerk(unit), body["id"])


async def _import_lists(reviewer: Actor) -> None:
    def sheet(people: list[tuple[str, str]], reason: str) -> Sheet:
        return Sheet(
            "名单",
            [
                {
                    "row": row,
                    "name": name,
                    "id_number": number,
                    "unit": "磴口县市场监管综合行政执法大队",
                    "reason": reason,
                }
                for row, (name, number) in enumerate(people, start=2)
            ],
        )

    listed = [(name, number) for name, number, how in APPLICANTS if how != "unlisted"]
    struck = [(name, number) for name, number, how in APPLICANTS if how == "forced"]
    await lists.import_list(
        reviewer, "establishment", sheet(listed, ""), b"establishment", "在编人员名单.xlsx"
    )
    await lists.import_list(
        reviewer, "forced", sheet(struck, "开除公职"), b"forced", "2008系统强制注销名单.xlsx"
    )


async def _apply_all(unit: OrganisationRow, reviewer: Actor) -> None:
    who = _clerk(unit)
    for number, (name, id_number, how) in enumerate(APPLICANTS):
        photo = await receive(portrait(number + 40), "证件照.jpg", kinds=("photo",))
        request = await applying.apply(
            who,
            RequestForm(
                organisation=unit.id,
                name=name,
                id_number=id_number,
                phone=f"139478001{number:02d}",
                position="执法员",
                category="市场监管",
                powers="食品、药品、特种设备安全监督检查，行政处罚，行政强制措施",
            ),
            photo,
        )
        if how in ("issued", "exam", "making"):
            await applying.decide(reviewer, request, DecisionForm("pass"))
        if how in ("issued", "making"):
            paper = await receive(portrait(number + 60), "成绩单.jpg", kinds=("photo",))
            result = ResultForm(score=86, passed="yes", reason="公共法律知识考试，县党校一楼")
            await applying.enter_result(reviewer, request, result, paper)
        if how == "issued":
            await making.make(reviewer, request, MakeForm(clock.today()))
            await making.issue(reviewer, request, IssueForm(clock.today()))


async def _inspect(context: DemoContext, reviewer: Actor) -> None:
    """Whom the gate stops is stopped; one of the others is approved, one waits for the office."""
    approved = False
    persons = context.shared["core.persons"]
    for login, number, phone in BASICS:
        async with transaction(Scope.platform("demo data")):
            officer = await value(
                "select id from certificates_officer where person = $1 and closed_at is null",
                persons[login].id,
            )
            unit = await organisation(persons[login].organisation)
        if officer is None or unit is None:
            continue
        who = _clerk(unit)
        await daily.complete_basics(who, officer, BasicsForm(phone, number), None)
        made, _ = await inspecting.apply(who, [officer])
        async with transaction(Scope.platform("demo data")):
            state = await value(
                "select state from certificates_inspection where id = any($1::int8[])", made
            )
        if state == "applied" and not approved:
            await inspecting.approve(reviewer, made[0], DecisionForm("pass"))
            approved = True
