# SPDX-License-Identifier: Apache-2.0
"""Stored files: received in pieces, checked, sealed, served under the scope of the reader."""
