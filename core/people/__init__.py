# SPDX-License-Identifier: Apache-2.0
"""Persons, organisations and which organ is competent where."""
