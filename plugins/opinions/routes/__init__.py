# SPDX-License-Identifier: Apache-2.0
"""The pages: reading and sending, the bureau's desk, answering, the report."""

from plugins.opinions.routes.answering import ROUTES_ANSWERING
from plugins.opinions.routes.desk import ROUTES_DESK
from plugins.opinions.routes.reading import ROUTES_READING
from plugins.opinions.routes.reporting import ROUTES_REPORTING

ROUTES = (*ROUTES_READING, *ROUTES_DESK, *ROUTES_ANSWERING, *ROUTES_REPORTING)
