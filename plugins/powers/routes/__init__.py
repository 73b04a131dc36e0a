# SPDX-License-Identifier: Apache-2.0
"""Pages of the catalogue: items in force, and drafts on their way."""

from plugins.powers.routes import approving, catalogue, drafts, editing, imports, items

ROUTES = (
    *items.ROUTES,
    *drafts.ROUTES,
    *approving.ROUTES,
    *editing.ROUTES,
    *catalogue.ROUTES,
    *imports.ROUTES,
)
