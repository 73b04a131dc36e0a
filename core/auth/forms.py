# SPDX-License-Identifier: Apache-2.0
"""What the browser posts about accounts."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class SignInForm(msgspec.Struct):
    login: Annotated[str, Meta(title="账号", min_length=1, max_length=64)]
    password: Annotated[str, Meta(title="密码", min_length=1, max_length=200, extra={"raw": True})]
    next: Annotated[str, Meta(title="之后去的页面", max_length=2000)] = "/"
    carry: Annotated[str, Meta(title="填好的内容", max_length=400_000)] = ""


class PasswordForm(msgspec.Struct):
    password: Annotated[
        str, Meta(title="新密码", min_length=1, max_length=200, extra={"raw": True})
    ]
    again: Annotated[
        str, Meta(title="再输一次新密码", min_length=1, max_length=200, extra={"raw": True})
    ]
    current: Annotated[str, Meta(title="现在的密码", max_length=200, extra={"raw": True})] = ""

    def __post_init__(self) -> None:
        """Both must be the same."""
        if self.password != self.again:
            raise ValueError("两次输入的新密码不一样。")


class SwitchForm(msgspec.Struct):
    assignment: Annotated[int, Meta(title="身份")]


class DelegateForm(msgspec.Struct):
    deputy: Annotated[int, Meta(title="代理人", extra={"choose": True})]
    until: Annotated[date, Meta(title="结束日期")]


class EndForm(msgspec.Struct):
    id: Annotated[int, Meta(title="编号")]


class DemoForm(msgspec.Struct):
    demo: Annotated[str, Meta(title="演示账号", min_length=1, max_length=64)]
    next: Annotated[str, Meta(title="之后去的页面", max_length=2000)] = "/"


class PreferenceForm(msgspec.Struct):
    text_size: Annotated[Literal["", "normal", "large"], Meta(title="字号")] = ""
    density: Annotated[Literal["", "comfortable", "compact"], Meta(title="行高")] = ""
    next: Annotated[str, Meta(title="之后去的页面", max_length=2000)] = "/"


class AccountForm(msgspec.Struct):
    login: Annotated[
        str,
        Meta(
            title="账号",
            min_length=3,
            max_length=64,
            pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._@-]+$",
            extra={"message": "账号用字母、数字、点、横线，例如 zhanghailong。"},
        ),
    ]
    name: Annotated[str, Meta(title="姓名", min_length=1, max_length=60)]
    person: Annotated[int | None, Meta(title="人员档案")] = None


class GrantForm(msgspec.Struct):
    role: Annotated[str, Meta(title="角色", min_length=1, max_length=40, extra={"choose": True})]
    region: Annotated[int | None, Meta(title="地区")] = None
    organisation: Annotated[int | None, Meta(title="单位")] = None
    valid_to: Annotated[date | None, Meta(title="到期日")] = None


class ReasonForm(msgspec.Struct):
    reason: Annotated[str, Meta(title="原因", min_length=1, max_length=200)]


class RightsForm(msgspec.Struct):
    role: Annotated[str, Meta(title="角色", min_length=1, max_length=40, extra={"choose": True})]
    permission: Annotated[list[str], Meta(title="权限")] = []
