# SPDX-License-Identifier: Apache-2.0
"""The pages: bank and papers, sessions, the room, the candidate's computer, what comes after."""

from plugins.exams.routes.after import ROUTES_AFTER
from plugins.exams.routes.bank import ROUTES_BANK
from plugins.exams.routes.live import ROUTES_LIVE
from plugins.exams.routes.sessions import ROUTES_SESSIONS
from plugins.exams.routes.sit import ROUTES_SIT

ROUTES = (*ROUTES_SESSIONS, *ROUTES_BANK, *ROUTES_LIVE, *ROUTES_AFTER, *ROUTES_SIT)
