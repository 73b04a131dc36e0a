# SPDX-License-Identifier: Apache-2.0
"""Codes that stand for objects: ``await resolve(code, scope)`` asks every plugin.

A plugin's own codes are known through ``SubjectKind.resolve``; what can be done with what was
scanned is offered by ``Action`` on that kind (``id`` of the object comes as a parameter). Who lets
somebody in by his code asks ``await doubt(code)`` first: an old picture leads to the same object.
"""

from core.scan.services import Found, doubt, look_up, resolve

__all__ = ["Found", "doubt", "look_up", "resolve"]
