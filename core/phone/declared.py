# SPDX-License-Identifier: Apache-2.0
"""What the phone shell declares as part of plugin ``core``."""

from typing import Any

from core.api.plugin import Permission, SubjectKind, SubjectLabel
from core.scope import Scope

permissions = [
    Permission("core.bench.use", "使用社会监督员工作台和辅助监督", ("supervisor",)),
]


def route_handlers() -> list[Any]:
    from core.phone.routes import HANDLERS
    from core.phone.samples import HANDLERS as SAMPLES

    return [*HANDLERS, *SAMPLES]


async def _describe(_id: int, _scope: Scope) -> SubjectLabel:
    return SubjectLabel("我的", "/me")


# One's own page is a subject, so that plugins bring panels to it (the electronic card) as they
# do to any object; ``{id}`` in their path is the person.
subject_kinds = [SubjectKind("core.me", "我的", _describe)]
