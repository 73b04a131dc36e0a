# SPDX-License-Identifier: Apache-2.0
"""Where the public's door leads: the regions that can be chosen."""

from core.api.db import rows, value


async def doors() -> list[tuple[str, list[tuple[int, str]]]]:
    """Regions whose bureaus take complaints, grouped by the region above, for a selection."""
    found = await rows(
        "select r.id, r.name, coalesce(p.name, '') as above from core_region r"
        " left join core_region p on p.id = r.parent"
        " where r.valid_to is null and r.level between 1 and 3 and exists (select 1 from"
        " core_competent_organ c where c.region = r.id and c.function = 'supervision')"
        " order by r.lo limit 4000"
    )
    groups: dict[str, list[tuple[int, str]]] = {}
    for each in found:
        groups.setdefault(each["above"] or each["name"], []).append((each["id"], each["name"]))
    return list(groups.items())


async def region_of(number: int) -> int:
    """The region's ``lo``; 0 for none."""
    found = await value("select lo from core_region where id = $1 and valid_to is null", number)
    return int(found) if found is not None else 0
