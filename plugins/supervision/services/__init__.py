# SPDX-License-Identifier: Apache-2.0
"""The acts of supervision, split by the acts of the office.

Each does its steps in one order: lock, check the rule, change, move clocks and turns, record.
"""
