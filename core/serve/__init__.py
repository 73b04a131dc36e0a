# SPDX-License-Identifier: Apache-2.0
"""``jiandu serve``: one process that owns the port and keeps everything else alive."""
