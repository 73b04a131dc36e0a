# SPDX-License-Identifier: Apache-2.0
"""What the pages of the catalogue post: starting a draft, its entries, the acts of approval."""
