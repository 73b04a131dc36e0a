# SPDX-License-Identifier: Apache-2.0
"""The settings plugins declare, per region: a value holds in its region and all below it."""
