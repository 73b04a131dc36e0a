# SPDX-License-Identifier: Apache-2.0
"""The pages, a module for each part of the work."""

from plugins.certificates.routes.applying import ROUTES_APPLYING
from plugins.certificates.routes.bodies import ROUTES_BODIES
from plugins.certificates.routes.checking import ROUTES_CHECKING
from plugins.certificates.routes.daily import ROUTES_DAILY
from plugins.certificates.routes.faces import ROUTES_FACES
from plugins.certificates.routes.inspecting import ROUTES_INSPECTING
from plugins.certificates.routes.keys import ROUTES_KEYS
from plugins.certificates.routes.lists import ROUTES_LISTS
from plugins.certificates.routes.migrating import ROUTES_MIGRATING
from plugins.certificates.routes.mine import ROUTES_MINE
from plugins.certificates.routes.register import ROUTES_REGISTER
from plugins.certificates.routes.roster import ROUTES_ROSTER

ROUTES = (
    *ROUTES_REGISTER,
    *ROUTES_APPLYING,
    *ROUTES_LISTS,
    *ROUTES_INSPECTING,
    *ROUTES_BODIES,
    *ROUTES_DAILY,
    *ROUTES_MIGRATING,
    *ROUTES_MINE,
    *ROUTES_FACES,
    *ROUTES_KEYS,
    *ROUTES_ROSTER,
    *ROUTES_CHECKING,
)
