# SPDX-License-Identifier: Apache-2.0
"""Number series without gaps."""
