# SPDX-License-Identifier: Apache-2.0
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T06:32:23:712640"
VERSION = "1.38.0"
DESCRIPTION = "reading of a submission"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="powers", description=DESCRIPTION)

    manager.add_column(
        table_class_name="Draft",
        tablename="powers_draft",
        column_name="opened_at",
        db_column_name="opened_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
