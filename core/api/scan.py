# SPDX-License-Identifier: Apache-2.0
"""Codes that stand for objects: ``await resolve(code, scope)`` asks every plugin.

A plugin's own codes are known through ``SubjectKind.resolve``; what can be done with what was
scanned is offered by ``Action`` on that kind (``id`` of the object comes as a parameter).
"""

from core.scan.services import Found, look_up, resolve

__all__ = ["Found", "look_up", "resolve"]
