# SPDX-License-Identifier: Apache-2.0
"""Seals over recorded acts: Merkle batches in a chain, signed heads, and their verification."""
