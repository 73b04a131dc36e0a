# SPDX-License-Identifier: Apache-2.0
"""Keeping the public catalogue (权责清单): whatever comes into force is published with it.

Agencies, basis, procedure and remedies are published by law (行政处罚法第三十九条), and so are the
discretion standards (第三十四条). Forms, monitoring points, risk points and guidance are not.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.api.db import execute, json
from core.api.facts import Fact

PUBLISHED = ("basis", "stages", "steps", "transitions", "standards", "remedies")
"""The lists of a definition that are kept for the public; pages and exports show parts of them."""

KEEP = """
insert into powers_public_item (item, version, code, title, power_class, organisation, content,
  effective_from, region_lo, org_lo, published)
values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, true)
on conflict (item) do update set
  version = excluded.version, code = excluded.code, title = excluded.title,
  power_class = excluded.power_class, organisation = excluded.organisation,
  content = excluded.content, effective_from = excluded.effective_from,
  region_lo = excluded.region_lo, org_lo = excluded.org_lo, published = true
where powers_public_item.version <= excluded.version
"""


async def publish(fact: Fact) -> None:
    """A version came into force; an older one delivered again changes nothing."""
    version: Mapping[str, Any] = fact.payload
    await execute(
        KEEP,
        version["item"],
        version["version"],
        version["code"],
        version["title"],
        version["power_class"],
        version["organisation"],
        json({name: version.get(name) or [] for name in PUBLISHED}),
        datetime.fromisoformat(version["effective_from"]),
        version["region_lo"],
        version["org_lo"],
    )
