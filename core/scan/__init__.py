# SPDX-License-Identifier: Apache-2.0
"""What a scanned, photographed or typed code stands for."""
