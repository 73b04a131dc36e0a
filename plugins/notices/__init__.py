# SPDX-License-Identifier: Apache-2.0
"""通知公告: notices with read receipts, and the standing pages everybody must have read."""
