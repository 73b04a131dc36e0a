# SPDX-License-Identifier: Apache-2.0
"""Reading spreadsheets for plugins: rows under known columns, every fault by row."""

from core.imports.reading import RowFault, Sheet, SheetColumn, SheetError, read_sheet, take_sheet

__all__ = ["RowFault", "Sheet", "SheetColumn", "SheetError", "read_sheet", "take_sheet"]
