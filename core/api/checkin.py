# SPDX-License-Identifier: Apache-2.0
"""Attendance by a code that changes on the screen in the room."""

from core.auth.checkin import SECONDS, CheckinCode, checkin_admits, checkin_code

__all__ = ["SECONDS", "CheckinCode", "checkin_admits", "checkin_code"]
