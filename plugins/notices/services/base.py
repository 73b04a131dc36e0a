# SPDX-License-Identifier: Apache-2.0
"""What the acts share: rights, places, whom a text is meant for."""

from hashlib import sha256
from typing import Any

from core.api.access import Visitor
from core.api.db import Interval, Place, Scope, SubjectRef
from core.api.errors import Invalid, Refused
from core.api.people import OrganisationRow, competent_organ
from core.api.regions import RegionRow, region

READ, PUBLISH = "notices.notice.read", "notices.notice.publish"
NOTICE, GUIDE = "notices.notice", "notices.guide"


async def office_of(who: Visitor) -> OrganisationRow:
    """The office that publishes: the competent organ of the region somebody acts for (S3-29).

    Which organ that is, is data; a region without one of its own publishes nothing.
    """
    organ = await competent_organ(who.region.lo, "supervision") if who.region.id else None
    if organ is None or organ.region_lo != who.region.lo:
        raise Refused("你所在的地区没有登记行政执法监督机关，请系统管理员在“机构”里指定后再发布。")
    return organ


async def own_office(who: Visitor) -> int:
    """The id of the office he may publish for; 0 for a mere reader."""
    if not who.may(PUBLISH) or not who.region.id:
        return 0
    organ = await competent_organ(who.region.lo, "supervision")
    return organ.id if organ is not None and organ.region_lo == who.region.lo else 0


def place_of(found: dict[str, Any]) -> Place:
    """Where a row belongs."""
    return Place(found["region_lo"], found["org_lo"])


def at_office(who: Visitor, found: dict[str, Any]) -> Scope:
    """The place of a published text, for what a reader leaves or fetches there.

    Most readers do not reach the office itself. Only after the text was found under the reader's
    own scope may one go there.
    """
    region, organ = found["region_lo"], found["org_lo"]
    return Scope(
        Interval(region, region), Interval(organ, organ), person=who.person_id, actor=who.user_id
    )


def ref(kind: str, id: int) -> SubjectRef:
    """The subject of a fact."""
    return SubjectRef(kind, id)


def digest_of(title: str, body: str) -> str:
    """SHA-256 of the words as published, so that the record proves what was told."""
    return sha256(f"{title}\n{body}".encode()).hexdigest()


async def aimed_at(who: Visitor, chosen: int) -> RegionRow:
    """The region a text is meant for: inside the office's own, the whole of it by default."""
    found = await region(chosen or who.region.id)
    if found is None or not (who.region.lo <= found.lo and found.hi <= who.region.hi):
        raise Invalid({"region": "请选择本地区或下级地区。"})
    return found
