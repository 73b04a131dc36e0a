# SPDX-License-Identifier: Apache-2.0
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.constraints import Unique

ID = "2026-11-23T05:34:08:170287"
VERSION = "1.38.0"
DESCRIPTION = ""


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="certificates", description=DESCRIPTION
    )

    manager.add_constraint(
        table_class_name="BatchLine",
        tablename="certificates_batch_line",
        constraint_name="certificates_batch_line_unique_row",
        constraint_class=Unique,
        params={"columns": ["batch", "row"], "nulls_distinct": True},
        schema=None,
    )

    return manager
