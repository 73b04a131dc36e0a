# SPDX-License-Identifier: Apache-2.0
"""The plugin host: finds plugins, collects what they declare, checks it, freezes it."""
