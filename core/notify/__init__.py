# SPDX-License-Identifier: Apache-2.0
"""Messages to persons: an inbox for everybody, and channels that plugins may add."""
