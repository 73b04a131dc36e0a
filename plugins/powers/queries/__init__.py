# SPDX-License-Identifier: Apache-2.0
"""Reading the catalogue: items in force, and drafts on their way."""

from plugins.powers.queries.items import (
    CLASS_TITLES,
    ITEMS,
    ItemVersion,
    find_item,
    search_items,
    versions_of,
)

__all__ = ["CLASS_TITLES", "ITEMS", "ItemVersion", "find_item", "search_items", "versions_of"]
