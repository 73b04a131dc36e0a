# SPDX-License-Identifier: Apache-2.0
"""A body with an item in force, and the offices its drafts go through."""

from dataclasses import dataclass

import pytest

from core.api.db import EVERYTHING, Interval, Scope, transaction
from core.api.people import appoint_organ, enter_person
from core.api.testing import Agencies
from core.host import registry as host_registry
from core.host.registry import build
from plugins.powers.rules import approval as rules
from plugins.powers.services import enter_item, shipped_items
from plugins.powers.services.drafting import Actor

OFFICE = Scope.platform("test")
EVERY = {
    rules.READ,
    rules.EDIT,
    rules.SUBMIT,
    rules.LEGAL_REVIEW,
    rules.FIRST_REVIEW,
    rules.FINAL_REVIEW,
}


@dataclass
class Chain:
    """The people of the chain and the item they work on."""

    item: int
    body: int
    maker: Actor
    other_maker: Actor
    submitter: Actor
    legal: Actor
    first: Actor
    final: Actor
    neighbour: Actor
    """May do everything, in another agency of the county."""
    foreign: Actor
    """May do everything, in another county."""
    agencies: Agencies


@pytest.fixture
async def chain(db, region_tree, agencies):
    county = region_tree.county
    async with transaction(OFFICE):
        await appoint_organ(county.id, "supervision", agencies.bureau.id)
        entered = await enter_item(shipped_items()["scjg-cf-012"], agencies.agency.id)
    number = iter(range(1001, 2000))

    async def person(name, permissions, region, organisation=None):
        home = organisation or agencies.bureau
        async with transaction(OFFICE):
            known = await enter_person(name, home.id)
        user = next(number)
        scope = Scope(
            Interval(region.lo, region.hi),
            EVERYTHING if organisation is None else Interval(organisation.lo, organisation.hi),
            person=known.id,
            actor=user,
        )
        return Actor(scope, user, known.id, name, frozenset(permissions))

    agency = agencies.agency
    with host_registry.use(build(["powers"])):
        yield Chain(
            entered.item,
            agency.id,
            await person("编制人", {rules.READ, rules.EDIT}, county, agency),
            await person("另一编制人", {rules.READ, rules.EDIT}, county, agency),
            await person("送审人", {rules.READ, rules.EDIT, rules.SUBMIT}, county, agency),
            await person("法制", {rules.READ, rules.LEGAL_REVIEW}, county, agency),
            await person("监察室", {rules.READ, rules.FIRST_REVIEW}, county, agency),
            await person("监察机关", {rules.READ, rules.FINAL_REVIEW}, county),
            await person("农牧局", EVERY, county, agencies.other_agency),
            await person("外县", EVERY, region_tree.other_county),
            agencies,
        )
