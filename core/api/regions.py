# SPDX-License-Identifier: Apache-2.0
"""The region tree: names and intervals; regions are public rows anybody may point to by id."""

from core.intervals import REGIONS, Interval
from core.regions.queries import (
    RegionRow,
    children,
    country,
    find,
    full_name,
    names,
    path,
    region,
    region_at,
    region_by_code,
    region_named,
)
from core.regions.rules import LEVELS
from core.regions.services import add_region, import_regions, plan_import

__all__ = [
    "LEVELS",
    "REGIONS",
    "Interval",
    "RegionRow",
    "add_region",
    "children",
    "country",
    "find",
    "full_name",
    "import_regions",
    "names",
    "path",
    "plan_import",
    "region",
    "region_at",
    "region_by_code",
    "region_named",
]
