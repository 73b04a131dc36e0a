# SPDX-License-Identifier: Apache-2.0
"""A form that arrives twice acts once."""
