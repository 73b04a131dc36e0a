# SPDX-License-Identifier: Apache-2.0
"""Trying a draft on the past: beginning, carrying on piece by piece, ending; and the gate."""
