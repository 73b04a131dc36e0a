# SPDX-License-Identifier: Apache-2.0
"""执法监督: supervising bodies by documents, campaigns, programmes and criminal hand-over."""
