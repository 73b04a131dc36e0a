# SPDX-License-Identifier: Apache-2.0
"""Sealed secrets: any two of a region's custodians open one together, nobody does alone."""
