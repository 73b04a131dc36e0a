# SPDX-License-Identifier: Apache-2.0
"""统计分析: numbers kept from facts, down to the rows, the same for table, chart and export."""
