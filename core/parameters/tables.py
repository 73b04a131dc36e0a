# SPDX-License-Identifier: Apache-2.0
"""Values of plugins' settings that a region has decided for itself."""

from typing import ClassVar

from piccolo.columns import JSONB, BigInt, BigSerial, ForeignKey, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Unique
from piccolo.table import Table

from core.db import unscoped
from core.regions.tables import Region


@unscoped("rules of an office for its own region: every process needs them, none is a secret")
class RegionSetting(Table, tablename="core_region_setting"):
    """One value of one setting, from this region downwards; the nearest ancestor's wins.

    Only what a region decided itself is stored, so that a change above reaches everybody who
    never decided otherwise. Earlier values stand in the facts ``core.setting.changed``.
    """

    GRANTS: ClassVar = {"web": "select, insert, update, delete", "worker": "select"}

    id = BigSerial(primary_key=True)
    region = ForeignKey(Region, null=False, on_delete=OnDelete.restrict, index=False)
    plugin = Varchar(length=40, default=None)
    key = Varchar(length=60, default=None)
    value = JSONB(default=None)
    changed_at = Timestamptz(default=None)
    changed_by = BigInt(default=0)

    once = Unique([region, plugin, key])
