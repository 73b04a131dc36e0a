# SPDX-License-Identifier: Apache-2.0
"""Administrative regions: the tree every scope is an interval of."""
