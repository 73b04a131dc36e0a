# SPDX-License-Identifier: Apache-2.0
"""The kinds of monitoring points other plugins offer, as the running application knows them."""

from core.api.extensions import contributions
from plugins.powers.rules.kinds import Offered

POINT = "powers.point_kind"


def offered_kinds() -> Offered:
    """By key; built-in kinds stand in ``rules.words``."""
    return {one.key: one.value for one in contributions(POINT)}
