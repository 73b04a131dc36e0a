# SPDX-License-Identifier: Apache-2.0
"""The object that bears a number somebody typed, whichever plugin it belongs to."""

from core.search.services import page_of_number

__all__ = ["page_of_number"]
