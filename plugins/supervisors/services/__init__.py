# SPDX-License-Identifier: Apache-2.0
"""The acts of the office, one module each; every act records a fact in its transaction.

Each does its steps in one order: lock, check the rule, change, hand the turn on, record, tell.
"""
