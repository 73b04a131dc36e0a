# SPDX-License-Identifier: Apache-2.0
"""First-party plugins; each folder is one capability and can be absent."""
