# SPDX-License-Identifier: Apache-2.0
"""Scoring, drawing, ranking: pure."""
