# SPDX-License-Identifier: Apache-2.0
"""The public surface of the core: plugins import from here and from nowhere else in ``core``.

Stability promise: names in the modules of this package keep their meaning within one major
version; a changed meaning gets a new name. Everything outside ``core.api`` is private.
"""
