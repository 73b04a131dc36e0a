# SPDX-License-Identifier: Apache-2.0
"""Pages of the inspection engine."""

from plugins.inspection.routes import alarms, trials

ROUTES = [*alarms.ROUTES, *trials.ROUTES]
