# SPDX-License-Identifier: Apache-2.0
"""Words several pages share."""

from plugins.inspection import queries
from plugins.inspection.services.rulesets import kinds


def kind_titles() -> dict[str, str]:
    """Titles of all kinds of points, those of other plugins too."""
    return queries.kind_titles({key: kind.title for key, kind in kinds().by_key.items()})
