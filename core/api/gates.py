# SPDX-License-Identifier: Apache-2.0
"""Asking a gate: may this be done (``decide``), what would be objected to (``advise``).

Both take many subjects at once, so that a batch never becomes many queries. Whoever changes the
answer to a gate takes the same ``lock_subjects`` as the asker, before writing.
"""

from core.api.plugin import Blocker, Gate, GateCheck
from core.host.gates import UnknownGate, Verdict, advise, decide

__all__ = ["Blocker", "Gate", "GateCheck", "UnknownGate", "Verdict", "advise", "decide"]
