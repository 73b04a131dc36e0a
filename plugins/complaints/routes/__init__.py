# SPDX-License-Identifier: Apache-2.0
"""The pages of complaints, by who looks: bureau, body, supervisor, anybody."""

from plugins.complaints.routes import copies, desk, mine, overview, proof, public, pushing

ROUTES = (
    *desk.ROUTES,
    *pushing.ROUTES,
    *copies.ROUTES,
    *mine.ROUTES,
    *public.ROUTES,
    *proof.ROUTES,
    *overview.ROUTES,
)
