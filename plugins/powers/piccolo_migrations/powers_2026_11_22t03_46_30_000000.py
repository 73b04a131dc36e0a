# SPDX-License-Identifier: Apache-2.0
"""Items that are in force already are published, as services.catalogue does it from now on."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-22T03:46:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "publish what is in force"

PUBLISH = """
insert into powers_public_item (item, version, code, title, power_class, organisation, content,
  effective_from, region_lo, org_lo, published)
select i.id, v.number, i.code, i.title, i.power_class, i.organisation,
  jsonb_build_object('basis', v.definition -> 'basis', 'stages', v.definition -> 'stages',
    'steps', v.definition -> 'steps', 'transitions', v.definition -> 'transitions',
    'standards', v.definition -> 'standards', 'remedies', v.definition -> 'remedies'),
  v.effective_from, i.region_lo, i.org_lo, true
from powers_item i join powers_version v on v.item = i.id and v.number = i.current
on conflict (item) do nothing
"""


class Statement(Table):
    """Nothing but a way to run a statement in the migration's transaction."""


async def publish():
    await Statement.raw(PUBLISH)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="powers", description=DESCRIPTION)
    manager.add_raw(publish)
    return manager
