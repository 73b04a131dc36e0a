# SPDX-License-Identifier: Apache-2.0
"""Where plugins are switched on and off."""

from typing import ClassVar

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import unscoped
from core.regions.tables import Region


@unscoped("every process needs all switches to decide for any region; they are no secret")
class RegionPlugin(Table, tablename="core_region_plugin"):
    """A plugin is on or off from this region downwards; the nearest ancestor's row wins."""

    GRANTS: ClassVar = {"web": "select, insert, update", "worker": "select"}

    id = BigSerial(primary_key=True)
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=False)
    plugin = Varchar(length=40, default=None)
    enabled = Boolean(default=None)
    changed_at = Timestamptz(default=None)
    changed_by = BigInt(default=0)

    once = Unique([region, plugin])
