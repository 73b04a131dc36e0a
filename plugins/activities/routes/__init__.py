# SPDX-License-Identifier: Apache-2.0
"""The pages: the supervisor's phone, the bureau's desk, the screen in the room."""

from plugins.activities.routes.attending import ROUTES_ATTENDING
from plugins.activities.routes.desk import ROUTES_DESK
from plugins.activities.routes.mine import ROUTES_MINE
from plugins.activities.routes.organising import ROUTES_ORGANISING

ROUTES = (*ROUTES_MINE, *ROUTES_ATTENDING, *ROUTES_DESK, *ROUTES_ORGANISING)
