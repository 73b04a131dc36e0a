# SPDX-License-Identifier: Apache-2.0
"""意见征集."""
