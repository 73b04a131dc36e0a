# SPDX-License-Identifier: Apache-2.0
"""Official documents (文书) as PDF and DOCX, from plain text and values."""
