# SPDX-License-Identifier: Apache-2.0
"""Reading: applications, terms, what the public sees. Every function runs in an open scope."""
