# SPDX-License-Identifier: Apache-2.0
"""Data of the 2008 system: dry run, apply, take back, and the sign-off of both sides.

The file itself is not kept, since it holds ID numbers in clear: it is chosen again to be applied,
and has to be the very one that was tried.
"""

from plugins.certificates.services.migrating.agreeing import (
    compare_units,
    figures_of,
    said_of,
    sign,
    signed_by_office,
)
from plugins.certificates.services.migrating.handing import (
    STALLED_AFTER,
    enter_migration_piece,
    go_on,
    hand_over,
)
from plugins.certificates.services.migrating.running import (
    apply,
    migration_row,
    migrations_in,
    try_out,
)
from plugins.certificates.services.migrating.undoing import undo

__all__ = [
    "STALLED_AFTER",
    "apply",
    "compare_units",
    "enter_migration_piece",
    "figures_of",
    "go_on",
    "hand_over",
    "migration_row",
    "migrations_in",
    "said_of",
    "sign",
    "signed_by_office",
    "try_out",
    "undo",
]
