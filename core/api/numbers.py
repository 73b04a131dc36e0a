# SPDX-License-Identifier: Apache-2.0
"""Numbers of documents without gaps, taken inside the transaction that issues the document."""

from core.numbers.services import last_number, next_number

__all__ = ["last_number", "next_number"]
