# SPDX-License-Identifier: Apache-2.0
"""Pages of 统计分析."""

from plugins.dashboards.routes import board, listed, open_to_all, reports

ROUTES = [*board.ROUTES, *listed.ROUTES, *open_to_all.ROUTES, *reports.ROUTES]
