# SPDX-License-Identifier: Apache-2.0
"""The inspection engine, pure: events and points in, verdicts out; no clock, no database."""
