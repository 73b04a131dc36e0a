# SPDX-License-Identifier: Apache-2.0
"""Handlers of the plugin: parse, one service or query, answer."""

from plugins.cases.routes.acts import ACTS
from plugins.cases.routes.archiving import ARCHIVING
from plugins.cases.routes.disclosing import DISCLOSING
from plugins.cases.routes.documents import DOCUMENTS
from plugins.cases.routes.handing import HANDING
from plugins.cases.routes.lists import LISTS
from plugins.cases.routes.opening import OPENING
from plugins.cases.routes.pages import PAGES
from plugins.cases.routes.payments import PAYMENTS
from plugins.cases.routes.reopening import REOPENING
from plugins.cases.routes.versions import VERSIONS

ROUTES = (
    *LISTS,
    *OPENING,
    *PAGES,
    *ACTS,
    *PAYMENTS,
    *VERSIONS,
    *HANDING,
    *DOCUMENTS,
    *DISCLOSING,
    *ARCHIVING,
    *REOPENING,
)

__all__ = ["ROUTES"]
