# SPDX-License-Identifier: Apache-2.0
"""Facts as sentences, for the audit trail and for histories on pages."""

from collections.abc import Mapping
from typing import Any

from core.api.plugin import Fact
from core.host.registry import Registry, current


class _Words(dict[str, Any]):
    """Values by name; what an older version did not record yet shows as a dash."""

    def __missing__(self, key: str) -> str:
        return "—"


def sentence(kind: str, payload: Mapping[str, Any], registry: Registry | None = None) -> str:
    """The audit sentence of a fact; for kinds of absent plugins the bare key."""
    declared = (registry or current()).fact_kinds.get(kind)
    if declared is None:
        return f"（模块未安装）{kind}"
    try:
        return declared.text.format_map(_Words(payload))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # A template that does not fit an old payload must not take the whole page away.
        return declared.title


def title(kind: str, registry: Registry | None = None) -> str:
    """The title of a kind of fact."""
    declared = (registry or current()).fact_kinds.get(kind)
    return kind if declared is None else declared.title


def sentence_of(fact: Fact) -> str:
    """The audit sentence of ``fact``."""
    return sentence(fact.kind, fact.payload)
