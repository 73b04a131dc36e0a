# SPDX-License-Identifier: Apache-2.0
"""Keeping the figures, counting them anew, and the monthly report."""
