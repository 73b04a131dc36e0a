# SPDX-License-Identifier: Apache-2.0
"""Global search over the objects of every plugin."""
