# SPDX-License-Identifier: Apache-2.0
"""Reading plans, sheets and results."""
