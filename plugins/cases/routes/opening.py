# SPDX-License-Identifier: Apache-2.0
"""新建案件: choose the item, then party and source."""

from typing import Any

from litestar.params import FromQuery

from core.api import clock
from core.api.access import Visitor, requires, visitor
from core.api.db import Interval, transaction
from core.api.errors import Invalid, NotFound
from core.api.people import persons_of
from core.api.web import (
    Bound,
    Request,
    Response,
    bind,
    get,
    number_of,
    page,
    post,
    redirect,
    unbound,
)
from plugins.cases.forms import OpenForm
from plugins.cases.queries import item_version, openable_items, path_of, unit_names
from plugins.cases.rules.definition import POWER_CLASSES, class_title, read_definition
from plugins.cases.rules.entering import enterable
from plugins.cases.rules.party import PARTY_KINDS, SOURCES, PartyDraft
from plugins.cases.services import (
    Actor,
    Choice,
    Opening,
    SameParty,
    UnderWay,
    new_token,
    open_case,
)

OPEN, APPROVE = "cases.case.open", "cases.case.approve"
ENTRY_FIELDS = {
    name: f"entry_{name}" for name in ("step", "opened_on", "number", "amount", "reason")
}


@get("/new", guards=[requires(OPEN)])
async def show_new(
    request: Request,
    item: FromQuery[int | None] = None,
    q: FromQuery[str] = "",
    power_class: FromQuery[str] = "",
) -> Response:
    """The items this unit may open a case under; with one chosen, the form."""
    who = visitor(request)
    if item is None:
        async with transaction(who.scope):
            items = await _items(who, q, power_class)
        for each in items:
            each["class_title"] = class_title(each["power_class"])
        return page(
            request,
            "cases/new_item.html",
            items=items,
            q=q,
            power_class=power_class,
            classes=POWER_CLASSES,
        )
    form = unbound(
        OpenForm,
        item=item,
        source="inspection",
        party_kind="organisation",
        officers=[who.person_id],
        lead=who.person_id,
        token=new_token(),
    )
    return await _form_page(request, who, item, form)


async def _items(who: Visitor, text: str, power_class: str) -> list[dict[str, Any]]:
    if who.organisation is None:
        return []
    interval = (who.organisation.lo, who.organisation.hi)
    return await openable_items(who.scope, interval, text=text, power_class=power_class)


async def _form_page(
    request: Request,
    who: Visitor,
    item: int,
    form: Bound[OpenForm],
    *,
    status: int = 200,
    same: Any = (),
) -> Response:
    async with transaction(who.scope):
        found = await item_version(who.scope, item)
        if found is None:
            raise NotFound("这个事项已经更新或停用，请重新选择。")
        people = []
        if who.organisation is not None:
            people = await persons_of(Interval(who.organisation.lo, who.organisation.hi))
        units = await unit_names([p.organisation for p in people])
    definition = read_definition(found["definition"])
    return page(
        request,
        "cases/new_form.html",
        status=status,
        form=form,
        item=found,
        definition=definition,
        class_title=class_title(definition.power_class),
        sources=SOURCES,
        party_kinds=PARTY_KINDS,
        people=[(p.id, f"{p.name}　{units.get(p.organisation, '')}") for p in people],
        entering=[(s.key, s.title) for s in enterable(definition)]
        if APPROVE in who.permissions
        else [],
        same=[{**c, "href": path_of(c["id"])} for c in same],
    )


def _under_way(typed: OpenForm) -> UnderWay | None:
    """The entry of a case already being handled, when a present step was chosen."""
    if not typed.entry_step:
        return None
    return UnderWay(
        typed.entry_step,
        typed.entry_opened_on or clock.today(),
        typed.entry_reason.strip(),
        typed.entry_number.strip(),
        typed.entry_amount,
    )


@post("/new", guards=[requires(OPEN)])
async def open_new(request: Request) -> Response:
    """Open the case, or show the form again with everything that was typed."""
    who = visitor(request)
    form = await bind(request, OpenForm)
    item = number_of(form.raw.get("item")) or 0
    if not form.ok:
        return await _form_page(request, who, item, form, status=422)
    typed = form.value
    officers = tuple(
        Choice(p, "lead" if p == typed.lead else "assist")
        for p in dict.fromkeys([*([typed.lead] if typed.lead else []), *typed.officers])
    )
    opening = Opening(
        item_version=typed.item,
        title=typed.title,
        source=typed.source,
        source_note=typed.source_note,
        party=PartyDraft(
            kind=typed.party_kind,
            name=typed.party_name,
            code=typed.code,
            id_number=typed.id_number,
            legal_representative=typed.legal_representative,
            address=typed.address,
            phone=typed.phone,
        ),
        officers=officers,
        token=typed.token,
        same_party_confirmed=typed.same_party_confirmed,
        under_way=_under_way(typed),
    )
    try:
        case = await open_case(Actor.of(who), opening)
    except Invalid as error:
        for name, sentence in error.errors.items():
            form.error(ENTRY_FIELDS.get(name, name) if typed.entry_step else name, sentence)
        return await _form_page(request, who, item, form, status=422)
    except SameParty as error:
        form.error("same_party_confirmed", str(error))
        return await _form_page(request, who, item, form, status=409, same=error.cases)
    return redirect(request, path_of(case), message="案件已建立，从第一个环节开始办理。")


OPENING = (show_new, open_new)
