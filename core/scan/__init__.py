# SPDX-License-Identifier: Apache-2.0
"""Scanned and typed codes: what they stand for."""
