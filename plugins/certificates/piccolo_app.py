# SPDX-License-Identifier: Apache-2.0
"""The tables of the officer register as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="certificates",
    migrations_folder_path=str(Path(__file__).resolve().parent / "piccolo_migrations"),
    table_classes=table_finder(
        [
            "plugins.certificates.tables.register",
            "plugins.certificates.tables.applying",
            "plugins.certificates.tables.inspecting",
            "plugins.certificates.tables.bodies",
            "plugins.certificates.tables.daily",
            "plugins.certificates.tables.signing",
        ],
        exclude_imported=True,
    ),
    migration_dependencies=["core.piccolo_app"],
)
