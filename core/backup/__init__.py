# SPDX-License-Identifier: Apache-2.0
"""Copies of database and files, and the way back."""
