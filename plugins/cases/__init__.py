# SPDX-License-Identifier: Apache-2.0
"""Cases: the flow of a case from the clue to the archive."""
