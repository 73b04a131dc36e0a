# SPDX-License-Identifier: Apache-2.0
"""投诉举报: two doors, one register that belongs to the bureau."""
