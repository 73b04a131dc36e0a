# SPDX-License-Identifier: Apache-2.0
"""Scanned and typed codes for plugins: ``resolve`` asks every kind of object what one stands for."""

from core.scan.resolving import resolve

__all__ = ["resolve"]
