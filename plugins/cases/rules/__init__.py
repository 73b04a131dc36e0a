# SPDX-License-Identifier: Apache-2.0
"""The law of the case, as pure functions: nothing here awaits, queries or knows a framework.

``definition`` reads the published power item; ``flow`` says where a case may go, back and
forth; ``entry`` checks what was typed; ``stops`` are the statutory hard stops; ``decision``,
``execution`` and ``party`` hold the arithmetic and the identifiers; ``event`` is the published
case event.
"""
