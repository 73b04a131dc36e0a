# SPDX-License-Identifier: Apache-2.0
"""jiandu core: the minimal server and plugin host of the 行政执法监督平台."""

__version__ = "0.1.0"
