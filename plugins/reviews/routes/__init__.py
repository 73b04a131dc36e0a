# SPDX-License-Identifier: Apache-2.0
"""Pages of 案卷评查."""

from plugins.reviews.routes import plans, results, sheets

ROUTES = [*plans.ROUTES, *sheets.ROUTES, *results.ROUTES]
