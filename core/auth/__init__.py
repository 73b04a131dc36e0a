# SPDX-License-Identifier: Apache-2.0
"""Users, roles, assignments, sessions, passwords: who may come in and what they may do."""
