# SPDX-License-Identifier: Apache-2.0
"""What a record must hold, what an activity may be, when somebody counts as absent. Pure."""
