# SPDX-License-Identifier: Apache-2.0
"""Reading records, activities, invitations, and the units and people they are made of."""

from plugins.activities.queries.attending import invitation_to, own_invitation, own_invitations
from plugins.activities.queries.figures import (
    held_in,
    kinds_figures,
    persons_figures,
    registered_in,
    waiting,
)
from plugins.activities.queries.organising import (
    ACTIVITIES,
    activity_row,
    candidates,
    find_activity,
    invitation_row,
    invitations_of,
    supervisors_among,
    to_close,
    to_remind,
)
from plugins.activities.queries.records import (
    REGISTER,
    entries_of,
    find_record,
    last_record,
    media_of,
    own_record,
    own_records,
    records_of_activity,
)
from plugins.activities.queries.units import (
    UNIT_KINDS,
    place_words,
    units_called,
    units_named,
    units_near,
)

__all__ = [
    "ACTIVITIES",
    "REGISTER",
    "UNIT_KINDS",
    "activity_row",
    "candidates",
    "entries_of",
    "find_activity",
    "find_record",
    "held_in",
    "invitation_row",
    "invitation_to",
    "invitations_of",
    "kinds_figures",
    "last_record",
    "media_of",
    "own_invitation",
    "own_invitations",
    "own_record",
    "own_records",
    "persons_figures",
    "place_words",
    "records_of_activity",
    "registered_in",
    "supervisors_among",
    "to_close",
    "to_remind",
    "units_called",
    "units_named",
    "units_near",
    "waiting",
]
