# SPDX-License-Identifier: Apache-2.0
"""监察督办: clearing an alarm in five steps over two tiers."""
