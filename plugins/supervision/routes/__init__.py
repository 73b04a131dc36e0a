# SPDX-License-Identifier: Apache-2.0
"""Pages of supervision, split by the acts of the office."""

from plugins.supervision.routes.body import BODY
from plugins.supervision.routes.campaigns import CAMPAIGNS
from plugins.supervision.routes.matters import MATTERS
from plugins.supervision.routes.opening import OPENING
from plugins.supervision.routes.papers import PAPERS
from plugins.supervision.routes.programmes import PROGRAMMES
from plugins.supervision.routes.registers import REGISTERS
from plugins.supervision.routes.transfers import TRANSFERS

ROUTES = (
    *MATTERS,
    *OPENING,
    *PAPERS,
    *BODY,
    *CAMPAIGNS,
    *PROGRAMMES,
    *REGISTERS,
    *TRANSFERS,
)
