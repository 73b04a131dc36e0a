# SPDX-License-Identifier: Apache-2.0
"""The acts of the catalogue: entering items, making drafts, the road of a draft into force."""

from plugins.powers.services.entering import (
    Entered,
    enter_item,
    shipped_items,
    shipped_procedures,
)

__all__ = ["Entered", "enter_item", "shipped_items", "shipped_procedures"]
