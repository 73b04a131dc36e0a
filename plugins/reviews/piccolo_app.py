# SPDX-License-Identifier: Apache-2.0
"""The tables of reviews as a Piccolo app."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="reviews",
    migrations_folder_path=str(Path(__file__).resolve().parent / "piccolo_migrations"),
    table_classes=table_finder(["plugins.reviews.tables"], exclude_imported=True),
    migration_dependencies=["core.piccolo_app"],
)
