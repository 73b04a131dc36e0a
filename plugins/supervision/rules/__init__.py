# SPDX-License-Identifier: Apache-2.0
"""What supervision is about, as pure rules: no clock, no database, no request."""
