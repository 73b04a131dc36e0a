# SPDX-License-Identifier: Apache-2.0
"""The core's tables as one Piccolo app: every ``core/<part>/tables.py`` is found by itself."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

HERE = Path(__file__).resolve().parent


def table_modules() -> list[str]:
    """Dotted names of the core's table modules, in one order on every machine."""
    return [f"core.{path.parent.name}.tables" for path in sorted(HERE.glob("*/tables.py"))]


APP_CONFIG = AppConfig(
    app_name="core",
    migrations_folder_path=str(HERE / "piccolo_migrations"),
    table_classes=table_finder(table_modules(), exclude_imported=True),
    migration_dependencies=[],
)
