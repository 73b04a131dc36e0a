# SPDX-License-Identifier: Apache-2.0
"""Pages of the inspection engine."""

from plugins.inspection.routes import alarms, platform, quiet_points, trials

ROUTES = [*alarms.ROUTES, *platform.ROUTES, *quiet_points.ROUTES, *trials.ROUTES]
