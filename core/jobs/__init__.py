# SPDX-License-Identifier: Apache-2.0
"""Work that falls due: PostgreSQL holds what is due, Redis only wakes the worker up."""
