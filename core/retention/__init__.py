# SPDX-License-Identifier: Apache-2.0
"""What is kept how long and why, and what happens when the time is over."""
