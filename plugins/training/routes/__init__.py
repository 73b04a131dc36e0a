# SPDX-License-Identifier: Apache-2.0
"""The pages: taking part, planning, the roll, hours, lessons."""

from plugins.training.routes.hours import ROUTES_HOURS
from plugins.training.routes.lessons import ROUTES_LESSONS
from plugins.training.routes.planning import ROUTES_PLANNING
from plugins.training.routes.roll import ROUTES_ROLL
from plugins.training.routes.taking_part import ROUTES_TAKING_PART

ROUTES = (
    *ROUTES_TAKING_PART,
    *ROUTES_PLANNING,
    *ROUTES_ROLL,
    *ROUTES_HOURS,
    *ROUTES_LESSONS,
)
