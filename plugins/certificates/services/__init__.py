# SPDX-License-Identifier: Apache-2.0
"""The acts of the register, one module each; every act records a fact in its transaction."""

from plugins.certificates.services.cards import change_state, register_certificate
from plugins.certificates.services.register import register_officer
from plugins.certificates.services.roster import (
    apply_import,
    enter_piece,
    go_on_import,
    preview_import,
    undo_import,
)

__all__ = [
    "apply_import",
    "change_state",
    "enter_piece",
    "go_on_import",
    "preview_import",
    "register_certificate",
    "register_officer",
    "undo_import",
]
