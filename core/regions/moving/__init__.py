# SPDX-License-Identifier: Apache-2.0
"""Mergers and divisions of regions: rows follow their region to its new number, resumably."""
