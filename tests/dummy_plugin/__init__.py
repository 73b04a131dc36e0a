# SPDX-License-Identifier: Apache-2.0
"""A plugin that uses every hook once: the executable documentation of the host."""
