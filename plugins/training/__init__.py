# SPDX-License-Identifier: Apache-2.0
"""培训管理."""
