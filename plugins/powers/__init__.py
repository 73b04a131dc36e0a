# SPDX-License-Identifier: Apache-2.0
"""职权目录: power items with their flow, forms, discretion standards and monitoring points."""
