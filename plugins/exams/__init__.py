# SPDX-License-Identifier: Apache-2.0
"""在线考试: the bank, papers, sessions, sitting over a bad line, results that feed certificates."""
