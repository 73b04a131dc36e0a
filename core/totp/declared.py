# SPDX-License-Identifier: Apache-2.0
"""What second factors declare as part of plugin ``core``."""

from typing import Any

from core.api.plugin import Permission
from core.totp.facts import FACT_KINDS

fact_kinds = FACT_KINDS

permissions = [
    Permission("core.totp.reset", "重置他人的动态验证码", ("security_admin",), sensitive=True)
]


def route_handlers() -> list[Any]:
    from core.totp.routes import HANDLERS

    return list(HANDLERS)
