# SPDX-License-Identifier: Apache-2.0
"""The demo's catalogue: the shipped items of two prefectures, and drafts on their way.

Three drafts of one agency stand at different steps today: one waits for the last word, one came
back from the first review with a reason, one is being made and has a finding to be cured.
"""

from datetime import datetime, time
from functools import partial

import msgspec

from core.api import clock
from core.api.access import Visitor
from core.api.accounts import create_account, grant_role
from core.api.db import Interval, Scope, row, transaction, value
from core.api.demo import DemoContext
from core.api.people import enter_person, organisation
from plugins.powers.rules import Definition, Limit
from plugins.powers.rules import approval as rules
from plugins.powers.services import approving, drafting, enter_item, shipped_items
from plugins.powers.services.drafting import Actor

# Which demo organisation holds which shipped item.
HOLDERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "dk-sjdd",
        (
            "scjg-cf-012",
            "scjg-cf-031",
            "scjg-cf-045",
            "scjg-cf-102",
            "scjg-xk-003",
            "scjg-jc-007",
            "scjg-qz-002",
        ),
    ),
    ("dk-hbdd", ("sthj-cf-018",)),
    ("dk-szdd", ("sl-zs-001",)),
    ("dk-mzj", ("mz-jf-001",)),
    ("dk-rsj", ("rs-qr-001",)),
    ("dk-zrj", ("zr-cj-001",)),
    ("dk-zfj", ("zf-cf-009",)),
    (
        "hc-sjdd",
        ("scjg-cf-012", "scjg-cf-045", "scjg-cf-102", "scjg-xk-003", "scjg-jc-007"),
    ),
    ("hc-hbdd", ("sthj-cf-018",)),
)


REVISED, AGO = ("dk-sjdd", "scjg-cf-031"), 60
"""The item whose standard was revised, so many working days ago: its heaviest band went up."""
FORMER = ("max = 100000", "max = 80000")
"""That band as the file says it, and as it stood before."""


async def enter_shipped_items(context: DemoContext) -> None:
    """Enter every item above; running again changes nothing.

    One standard begins as it was before its revision, which comes when the year has come so far.
    """
    organisations: dict[str, int] = context.shared["core.organisations"]
    items = shipped_items()
    for key, names in HOLDERS:
        for name in names:
            text = items[name]
            async with transaction(Scope.platform("demo data")):
                if (key, name) == REVISED and not await value(
                    "select exists (select 1 from powers_item where organisation = $1"
                    " and code = $2)",
                    organisations[key],
                    name.upper(),
                ):
                    text = text.replace(*FORMER)
                    _plan_revision(context, organisations[key], name, items[name])
                entered = await enter_item(text, organisations[key], source=f"items/{name}.toml")
            context.shared.setdefault("powers.items", {})[key, name] = entered.item


def _plan_revision(context: DemoContext, body: int, name: str, text: str) -> None:
    day = context.workday_before(context.today, AGO)
    context.shared["powers.revised"] = day

    async def revise() -> None:
        async with transaction(Scope.platform("demo data")):
            await enter_item(text, body, source=f"items/{name}.toml")

    context.plan(datetime.combine(day, time(8, 40), clock.SHANGHAI), revise)


# --- drafts --------------------------------------------------------------------------------------

OFFICE = Scope.platform("demo data: drafts of items")
AGENCY = "dk-sjj"
MAKERS = (
    ("萨仁", "saren", "body_admin", "政策法规股，权责清单"),
    ("巴特尔", "bateer", "submitter", "政策法规股副股长"),
)
MAKING = frozenset({rules.READ, rules.EDIT})
RIGHTS = {
    "body_admin": MAKING,
    "submitter": MAKING | {rules.SUBMIT},
    "legal_office": frozenset({rules.READ, rules.LEGAL_REVIEW}),
    "dept_supervisor": frozenset({rules.READ, rules.FIRST_REVIEW}),
}


async def plan_drafts(context: DemoContext) -> None:
    """Two people who make and submit drafts, and what became of three of them so far."""
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    legal, first = visitors.get("liwenbo"), visitors.get("wuyunna")
    if legal is None or first is None:
        return
    maker, submitter = [await _account(context, *one) for one in MAKERS]
    items: dict[tuple[str, str], int] = context.shared["powers.items"]
    wanted = [items["dk-sjdd", name] for name in ("scjg-cf-031", "scjg-cf-102", "scjg-cf-045")]
    async with transaction(OFFICE):
        if await value("select exists (select 1 from powers_draft where item = any($1))", wanted):
            return
    cast = _Cast(maker, submitter, _reviewer(legal), _reviewer(first))
    for item, days, story in zip(wanted, (9, 6, 2), (_waiting, _returned, _making), strict=True):
        day = context.workday_before(context.today, days)
        moment = datetime.combine(day, time(10, 20), clock.SHANGHAI)
        context.plan(moment, partial(story, cast, item))


class _Cast(msgspec.Struct, frozen=True):
    maker: Actor
    submitter: Actor
    legal: Actor
    first: Actor


def _reviewer(who: Visitor) -> Actor:
    return Actor(who.scope, who.user_id, who.person_id, who.name, RIGHTS[who.role])


async def _account(context: DemoContext, name: str, login: str, role: str, position: str) -> Actor:
    home = context.shared["core.organisations"][AGENCY]
    async with transaction(OFFICE):
        found = await row("select id, person from core_user where login = $1", login)
        office = await organisation(home)
        title = await value("select title from core_role where key = $1", role)
    if office is None:
        raise RuntimeError(f"demo organisation {AGENCY} is missing")
    password = next(iter(context.accounts.values())).password
    if found is None:
        async with transaction(OFFICE):
            person = (await enter_person(name, home, position=position)).id
        # Set now, not a year ago: a password of that age would have run out.
        with clock.frozen(context.now):
            user = await create_account(login, name, person=person, password=password, demo=True)
        await grant_role(user, role, organisation=home)
    else:
        user, person = found["id"], found["person"]
    context.account(login, password, title or role, name=name, place=office.name)
    region_hi = await _region_hi(office.region)
    scope = Scope(
        Interval(office.region_lo, region_hi),
        Interval(office.lo, office.hi),
        person=person,
        actor=user,
    )
    return Actor(scope, user, person, name, RIGHTS[role])


async def _region_hi(region: int) -> int:
    async with transaction(OFFICE):
        return int(await value("select hi from core_region where id = $1", region))


def _longer(item: Definition) -> Definition:
    """One working day more for what comes after the decision, and a risk said more clearly."""
    steps = [
        msgspec.structs.replace(one, limit=Limit(7), guidance="七个工作日内送达，直接送达优先。")
        if one.kind == "service"
        else one
        for one in item.steps
    ]
    risks = [
        msgspec.structs.replace(one, prevention=f"{one.prevention}法制机构每季度抽查一次。")
        if one.level in ("高", "中")
        else one
        for one in item.risks
    ]
    return msgspec.structs.replace(item, steps=steps, risks=risks)


def _misplaced(item: Definition) -> Definition:
    """The classic of the training material: the point of two officers on the step itself."""
    points = [
        msgspec.structs.replace(one, step="inquiry") if one.key == "inquiry_officers" else one
        for one in item.points
    ]
    return msgspec.structs.replace(item, points=points)


async def _submitted(cast: _Cast, item: int) -> int:
    draft = await drafting.revise_item(cast.maker, item)
    await drafting.save_draft(cast.maker, draft, 1, _longer)
    await approving.ask_legal_office(cast.maker, draft, 0)
    await approving.pass_legal(cast.legal, draft, 0, "流程、表单、文书合法，同意。")
    await approving.submit_draft(cast.submitter, draft, 0)
    return draft


async def _waiting(cast: _Cast, item: int) -> None:
    draft = await _submitted(cast, item)
    await approving.pass_first(cast.first, draft, 0, "监察点设置适当。")


async def _returned(cast: _Cast, item: int) -> None:
    draft = await _submitted(cast, item)
    await approving.return_draft(
        cast.first, draft, rules.FIRST, 0, "处罚决定环节的风险点没有写廉政风险，请补充后重新送审。"
    )


async def _making(cast: _Cast, item: int) -> None:
    draft = await drafting.revise_item(cast.maker, item)
    await drafting.save_draft(cast.maker, draft, 1, _misplaced)
