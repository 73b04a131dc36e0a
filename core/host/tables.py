# SPDX-License-Identifier: Apache-2.0
"""Where plugins are switched on and off."""

from piccolo.columns import BigInt, BigSerial, Boolean, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import unscoped


@unscoped("every process needs all switches to decide for any region; they are no secret")
class RegionPlugin(Table, tablename="core_region_plugin"):
    """A plugin is on or off from this region downwards; the nearest ancestor's row wins."""

    GRANTS = {"web": "select, insert, update", "worker": "select"}  # noqa: RUF012

    id = BigSerial(primary_key=True)
    region = BigInt(default=None)
    """``core_region.id``"""
    plugin = Varchar(length=40, default=None)
    enabled = Boolean(default=None)
    changed_at = Timestamptz(default=None)
    changed_by = BigInt(default=0)

    once = Unique([region, plugin])
