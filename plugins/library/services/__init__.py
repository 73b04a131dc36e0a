# SPDX-License-Identifier: Apache-2.0
"""The acts of the library: read in, edit, review, publish, repeal, follow up."""
