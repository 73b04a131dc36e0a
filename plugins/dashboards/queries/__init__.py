# SPDX-License-Identifier: Apache-2.0
"""Reading figures and the rows behind them."""
