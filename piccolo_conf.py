# SPDX-License-Identifier: Apache-2.0
"""What the Piccolo command line and the migrations need: the engine and the registry of apps."""

import os

from piccolo.conf.apps import AppRegistry

from core.db import DB, OWNER
from core.schema import piccolo_apps

if not DB.configured and os.environ.get("DATABASE_URL"):
    # Only the command line comes here unconfigured; migrations run as the owner role.
    DB.configure(os.environ["DATABASE_URL"], OWNER)

APP_REGISTRY = AppRegistry(apps=piccolo_apps())
