# SPDX-License-Identifier: Apache-2.0
"""Reads, each under a scope."""
