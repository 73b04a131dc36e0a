# SPDX-License-Identifier: Apache-2.0
"""法律法规: the law in force at a date, found exactly, and what leans on it."""
