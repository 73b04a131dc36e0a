# SPDX-License-Identifier: Apache-2.0
"""The plugin's tables for Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="cases",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(["plugins.cases.tables"], exclude_imported=True),
    migration_dependencies=["core.piccolo_app"],
)
