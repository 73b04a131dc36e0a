# SPDX-License-Identifier: Apache-2.0
"""What all acts share: who acts, the matter an order belongs to, its lock, its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from core.api.db import Place, Scope, SubjectRef, current_scope, lock_subjects, row, transaction
from core.api.errors import NotFound, Refused
from core.api.people import organisation
from plugins.orders import rules
from plugins.orders.queries import children_of, find_order, items_of, lock_order, lower_of

MATTER = "both tiers of an order are one matter, wherever its officers sit"


class OrderSettings(msgspec.Struct, frozen=True):
    """Deadlines of the two tiers. The law sets none; the numbers are the platform's defaults.

    《行政执法监督条例》 leaves the time for an answer to the supervising organ.
    """

    order1_reply_workdays: Annotated[int, Meta(ge=1, le=60)] = 10
    """部门回复监察机关的期限（工作日）"""
    order2_reply_workdays: Annotated[int, Meta(ge=1, le=60)] = 5
    """办件人员回复部门监察室的期限（工作日）"""
    order2_reserve_workdays: Annotated[int, Meta(ge=0, le=30)] = 2
    """下级期限至少早于上级期限的工作日"""

    def __post_init__(self) -> None:
        """The officer answers before the department has to."""
        if self.order2_reply_workdays > self.order1_reply_workdays:
            raise ValueError("办件人员的期限不能长于部门的期限。")


@dataclass(frozen=True)
class Actor:
    """Who acts, under which scope and with which rights."""

    scope: Scope
    person_id: int
    name: str
    permissions: frozenset[str]
    region_lo: int

    @property
    def hand(self) -> rules.Hand:
        return rules.Hand(self.permissions, self.person_id, self.region_lo)


def ref(order: int) -> SubjectRef:
    """The subject of everything about an order."""
    return SubjectRef("orders.order", order)


def alarm_refs(alarms: Sequence[int]) -> list[SubjectRef]:
    return [SubjectRef("inspection.alarm", each) for each in alarms]


def place_of(order: Mapping[str, Any]) -> Place:
    return Place(order["region_lo"], order["org_lo"])


def path_of(order: int) -> str:
    return f"/orders/{order}"


def matter_scope(order: Mapping[str, Any]) -> Scope:
    """The scope in which an officer's answer reaches his department's order."""
    return Scope.of_place(Place(order["region_lo"]), reason=MATTER, actor=current_scope().actor)


@dataclass
class Matter:
    """An order of the first tier with everything below it."""

    order: dict[str, Any]
    children: list[dict[str, Any]]
    items: list[dict[str, Any]] = field(default_factory=list)

    @property
    def lowers(self) -> list[rules.Lower]:
        return [lower_of(child, self.items) for child in self.children]

    @property
    def this_round(self) -> list[rules.Lower]:
        return [lower for lower in self.lowers if lower.round == self.order["round"]]

    def items_of(self, order: int) -> list[dict[str, Any]]:
        return [item for item in self.items if item["order"] == order]

    @property
    def alarms(self) -> list[int]:
        return [item["alarm"] for item in self.items_of(self.order["id"])]

    @property
    def open_alarms(self) -> list[int]:
        return [
            item["alarm"]
            for item in self.items_of(self.order["id"])
            if item["state"] in ("open", "explained")
        ]


async def load_matter(order: Mapping[str, Any]) -> Matter:
    """The whole matter ``order`` belongs to, as far as the open scope sees it."""
    root = dict(order)
    if order["parent"] is not None:
        found = await row("select * from orders_order where id = $1", order["parent"])
        if found is None:
            return Matter(dict(order), [], await items_of([order["id"]]))
        root = found
    children = await children_of(root["id"])
    items = await items_of([root["id"], *(child["id"] for child in children)])
    return Matter(root, children, items)


async def load_own_branch(order: Mapping[str, Any], person: int) -> Matter | None:
    """What an officer may see of a matter: its head, and the orders addressed to him.

    The department's order often stands outside his organisation, so it is read past his scope;
    its reply and the other officers' branches stay out.
    """
    if not person:
        return None
    async with transaction(matter_scope(order).read_only()):
        whole = await load_matter(order)
    kept = [child for child in whole.children if child["to_person"] == person]
    if not kept or (order["tier"] == 2 and order["to_person"] != person):
        return None
    mine = {child["id"] for child in kept}
    about = {item["alarm"] for item in whole.items if item["order"] in mine}
    head = {**whole.order, "reply_text": "", "returned_reason": ""}
    return Matter(head, kept, [item for item in whole.items if item["alarm"] in about])


async def take_order(who: Actor, order: int) -> dict[str, Any]:
    """The order, locked together with its whole matter, if the visitor's scope holds it."""
    seen = await find_order(order, who.scope)
    if seen is None:
        raise NotFound("没有找到这份督办，或者不在你的管理范围内。")
    root = seen["parent"] or seen["id"]
    items = await items_of([seen["id"]])
    await lock_subjects(ref(root), *alarm_refs([item["alarm"] for item in items]))
    found = await lock_order(order)
    if found is None:
        raise NotFound("没有找到这份督办，或者不在你的管理范围内。")
    return found


async def region_of_organ(order: Mapping[str, Any]) -> int:
    """The region (``lo``) of the organ that issued an order; -1 when nobody knows it any more."""
    issuer = await organisation(order["organ"])
    return issuer.region_lo if issuer else -1


async def refuse_others(who: Actor, act: str, order: Mapping[str, Any]) -> None:
    """Refuse an act that is not this person's to do."""
    refuse(rules.why_not_mine(act, who.hand, order, await region_of_organ(order)))


def refuse(reasons: Sequence[str]) -> None:
    if reasons:
        raise Refused(*reasons)


def subline(order: Mapping[str, Any]) -> str:
    return f"{order['number']} · {order['organ_name']} → {order['to_name'] or order['to_org_name']}"
