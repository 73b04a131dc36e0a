# SPDX-License-Identifier: Apache-2.0
"""Each row of a sheet that was read before gets a row of its own, as services.roster keeps them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-23T04:08:53:444071"
VERSION = "1.38.0"
DESCRIPTION = "a row for each row of a sheet"

# The former columns keep what they hold: the version that still runs reads them.
MOVE = """
insert into certificates_batch_line (batch, row, content, fault, region_lo, org_lo)
select b.id, (l ->> 'row')::int, (l - 'row')::text,
  coalesce((select string_agg(t, '；') from jsonb_array_elements_text(
    b.faults::jsonb -> (l ->> 'row')) t), ''), b.region_lo, b.org_lo
from certificates_batch b cross join lateral jsonb_array_elements(b.rows::jsonb) l
"""
COUNT = """
update certificates_batch b set
  total = (select count(*) from certificates_batch_line l where l.batch = b.id),
  made = (select count(*) from certificates_officer o where o.batch = b.id),
  asked_by = b.created_by, asked_at = b.applied_at
"""


class Statement(Table):
    """Nothing but a way to run a statement in the migration's transaction."""


async def move_lines():
    await Statement.raw(MOVE)
    await Statement.raw(COUNT)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="certificates", description=DESCRIPTION)
    manager.add_raw(move_lines)
    return manager
