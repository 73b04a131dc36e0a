# SPDX-License-Identifier: Apache-2.0
"""Reading the bank, papers, sessions and attempts."""
