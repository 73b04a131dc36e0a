# SPDX-License-Identifier: Apache-2.0
"""What Piccolo cannot express, repeated after every migration."""

STATEMENTS: tuple[str, ...] = (
    # Every answer rewrites its attempt's row. With room on the page no index has to follow.
    "alter table exams_attempt set (fillfactor = 50)",
    # Who is over his time is asked every minute; few sit at any moment.
    """create index if not exists exams_attempt_sitting
       on exams_attempt (deadline) where state = 'sitting'""",
    """create index if not exists exams_session_sheet
       on exams_session using gin (sheet jsonb_path_ops)""",
)
