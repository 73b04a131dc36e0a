# SPDX-License-Identifier: Apache-2.0
"""执法证件: who is an enforcement officer, since when, and what the public may check."""
