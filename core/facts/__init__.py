# SPDX-License-Identifier: Apache-2.0
"""The append-only table of recorded acts: audit trail and source of events at once."""
