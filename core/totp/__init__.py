# SPDX-License-Identifier: Apache-2.0
"""The second factor: one-time codes by time (RFC 6238) and recovery codes."""
