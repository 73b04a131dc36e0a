# SPDX-License-Identifier: Apache-2.0
"""What holds for exams, without a database."""
