# SPDX-License-Identifier: Apache-2.0
"""Reading the register, the copies, and what they are routed and matched by."""

from plugins.complaints.queries.copies import (
    COPIES,
    copies_of,
    find_copy,
    media_of_copy,
    open_copies,
    overdue_of,
)
from plugins.complaints.queries.own import (
    count_own_news,
    own_complaint,
    own_list,
    own_news,
    thread_of,
)
from plugins.complaints.queries.places import (
    bureaus,
    officers_of,
    organs_of,
    region_path,
    region_path_of_organisation,
    regions_below,
    units_for,
)
from plugins.complaints.queries.register import (
    REGISTER,
    candidates,
    find,
    media_of,
    merged_into,
    notes_of,
    received_of,
    undone,
)

__all__ = [
    "COPIES",
    "REGISTER",
    "bureaus",
    "candidates",
    "copies_of",
    "count_own_news",
    "find",
    "find_copy",
    "media_of",
    "media_of_copy",
    "merged_into",
    "notes_of",
    "officers_of",
    "open_copies",
    "organs_of",
    "overdue_of",
    "own_complaint",
    "own_list",
    "own_news",
    "received_of",
    "region_path",
    "region_path_of_organisation",
    "regions_below",
    "thread_of",
    "undone",
    "units_for",
]
