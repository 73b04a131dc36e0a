# SPDX-License-Identifier: Apache-2.0
"""Pages of 案卷评查, 案例指导 and 检查评议."""

from plugins.reviews.routes import evaluated, evaluations, guidance, plans, results, sheets

ROUTES = [
    *plans.ROUTES,
    *sheets.ROUTES,
    *results.ROUTES,
    *guidance.ROUTES,
    *evaluations.ROUTES,
    *evaluated.ROUTES,
]
