# SPDX-License-Identifier: Apache-2.0
"""Indexes Piccolo cannot express, repeated after every migration."""

STATEMENTS: tuple[str, ...] = (
    # One step of a case is open at a time; a race that would open a second one fails here.
    """create unique index if not exists cases_visit_open
       on cases_visit (case_id) where state = 'open'""",
    """create index if not exists cases_case_state
       on cases_case (org_lo, state, power_class, opened_at desc)""",
    """create unique index if not exists cases_authorisation_once
       on cases_authorisation (case_id, step, person) where revoked_at is null""",
    """create unique index if not exists cases_payment_token
       on cases_payment (token) where token <> ''""",
    """create unique index if not exists cases_item_version_current
       on cases_item_version (item) where current""",
    # Two hands issuing at once cannot give one number to two documents of a body.
    """create unique index if not exists cases_document_number
       on cases_document (organisation, number) where number <> ''""",
    """create index if not exists cases_disclosure_recent
       on cases_disclosure (published_at desc) where published""",
)
