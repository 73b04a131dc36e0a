# SPDX-License-Identifier: Apache-2.0
"""Keys, encryption of personal data and masking."""
