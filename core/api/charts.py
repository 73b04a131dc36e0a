# SPDX-License-Identifier: Apache-2.0
"""Flow charts for plugins: give boxes and lines, get places; templates write the SVG."""

from core.charts import Box, Chart, ChartError, Line, PlacedBox, PlacedLine, lay_out, lay_out_now

__all__ = [
    "Box",
    "Chart",
    "ChartError",
    "Line",
    "PlacedBox",
    "PlacedLine",
    "lay_out",
    "lay_out_now",
]
