# SPDX-License-Identifier: Apache-2.0
"""案卷评查: a draw anybody can repeat, two blind scores, every deduction with its page."""
