# SPDX-License-Identifier: Apache-2.0
"""Spreadsheets from offices: read with care, shown before anything is written, undone as a whole."""
