# SPDX-License-Identifier: Apache-2.0
"""Ways out of the platform; each is contributed to the extension point ``core.channel``."""
