# SPDX-License-Identifier: Apache-2.0
"""The pages: the public door, the bureau's desk, the volunteer's phone."""

from plugins.supervisors.routes.applying import ROUTES_APPLYING
from plugins.supervisors.routes.desk import ROUTES_DESK
from plugins.supervisors.routes.mine import ROUTES_MINE
from plugins.supervisors.routes.publicity import ROUTES_PUBLICITY
from plugins.supervisors.routes.reports import ROUTES_REPORTS
from plugins.supervisors.routes.terms import ROUTES_TERMS

ROUTES = (
    *ROUTES_DESK,
    *ROUTES_TERMS,
    *ROUTES_REPORTS,
    *ROUTES_APPLYING,
    *ROUTES_PUBLICITY,
    *ROUTES_MINE,
)
