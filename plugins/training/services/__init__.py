# SPDX-License-Identifier: Apache-2.0
"""Acts: check the rule, change, record, return."""
