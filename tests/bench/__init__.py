# SPDX-License-Identifier: Apache-2.0
"""Measurements of the platform against plain ways of doing the same; see ``python -m tests.bench``.

Nothing here is a test: how long something takes depends on the machine, so no suite fails on it.
What is compared is always measured in the same run, in turns, as processor time.
"""
