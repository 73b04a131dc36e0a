# SPDX-License-Identifier: Apache-2.0
"""The pages: reading, publishing, standing pages."""

from plugins.notices.routes.guides import ROUTES_GUIDES
from plugins.notices.routes.publishing import ROUTES_PUBLISHING
from plugins.notices.routes.reading import ROUTES_READING

ROUTES = (*ROUTES_READING, *ROUTES_PUBLISHING, *ROUTES_GUIDES)
