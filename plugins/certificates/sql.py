# SPDX-License-Identifier: Apache-2.0
"""Indexes Piccolo cannot express, repeated after every migration."""

STATEMENTS: tuple[str, ...] = (
    # One person, one application in the whole country: a race of two units ends here (S2-18).
    """create unique index if not exists certificates_request_once
       on certificates_request (id_number_hash)
       where state in ('legal', 'exam', 'making', 'made')""",
    """create index if not exists certificates_list_entry_found
       on certificates_list_entry (kind, id_number_hash) where removed_at is null""",
    """create index if not exists certificates_list_newest
       on certificates_list (kind, region_lo, version desc)""",
    # One inspection of a card for a due date at a time: two clicks, two clerks end here.
    """create unique index if not exists certificates_inspection_once
       on certificates_inspection (certificate, due_on) where state <> 'failed'""",
    """create index if not exists certificates_batch_line_fault
       on certificates_batch_line (batch, row) where fault <> ''""",
)
