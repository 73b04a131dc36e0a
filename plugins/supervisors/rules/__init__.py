# SPDX-License-Identifier: Apache-2.0
"""What the law says about social supervisors, as pure functions and tables.

Functions answer with sentences (none = allowed) and never raise; nothing here knows a database.
"""
