# SPDX-License-Identifier: Apache-2.0
"""Indexes Piccolo cannot express, repeated after every migration."""

STATEMENTS: tuple[str, ...] = (
    # One person, one application: a race of two routes ends here (S0-10).
    """create unique index if not exists supervisors_application_open
       on supervisors_application (person)
       where state in ('screening', 'review', 'publicity', 'objected')""",
    """create unique index if not exists supervisors_request_open
       on supervisors_request (term, kind) where state = 'submitted'""",
    """create unique index if not exists supervisors_attendance_once
       on supervisors_attendance (person, activity)""",
    """create unique index if not exists supervisors_proposal_open
       on supervisors_proposal (term, cause) where state = 'open'""",
    """create index if not exists supervisors_term_person
       on supervisors_term (person, starts desc)""",
    """create index if not exists supervisors_application_person
       on supervisors_application (person, submitted_at desc)""",
    """create index if not exists supervisors_recusal_person
       on supervisors_recusal (person)""",
)
