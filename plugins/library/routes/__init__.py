# SPDX-License-Identifier: Apache-2.0
"""The pages of the library."""

from plugins.library.routes import editing, reading, tasks

ROUTES = (*reading.ROUTES, *editing.ROUTES, *tasks.ROUTES)
