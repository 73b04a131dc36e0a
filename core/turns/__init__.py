# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is: one table for everything that waits for somebody, from every plugin."""
