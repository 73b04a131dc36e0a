# SPDX-License-Identifier: Apache-2.0
"""Pages of 案卷评查 and 案例指导."""

from plugins.reviews.routes import guidance, plans, results, sheets

ROUTES = [*plans.ROUTES, *sheets.ROUTES, *results.ROUTES, *guidance.ROUTES]
