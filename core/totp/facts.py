# SPDX-License-Identifier: Apache-2.0
"""What is recorded about second factors."""

import msgspec

from core.api.plugin import FactKind


class CodeActed(msgspec.Struct, frozen=True):
    user: int
    login: str
    name: str


class CodeReset(msgspec.Struct, frozen=True):
    user: int
    login: str
    name: str
    reason: str


FACT_KINDS = [
    FactKind(
        "core.totp.bound", "绑定动态验证码", "{name}（{login}）绑定动态验证码", CodeActed, False
    ),
    FactKind(
        "core.totp.unbound", "解除动态验证码", "{name}（{login}）解除动态验证码", CodeActed, False
    ),
    FactKind(
        "core.totp.refused", "动态验证码错误", "{name}（{login}）的验证码不对", CodeActed, False
    ),
    FactKind(
        "core.totp.recovered", "使用备用码", "{name}（{login}）用备用码登录", CodeActed, False
    ),
    FactKind(
        "core.totp.codes_renewed", "更换备用码", "{name}（{login}）更换备用码", CodeActed, False
    ),
    FactKind(
        "core.totp.reset",
        "重置动态验证码",
        "重置 {name}（{login}）的动态验证码：{reason}",
        CodeReset,
        False,
    ),
]
