# SPDX-License-Identifier: Apache-2.0
"""The acts of a review, named as the office names them."""
