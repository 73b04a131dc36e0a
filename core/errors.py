# SPDX-License-Identifier: Apache-2.0
"""The domain errors services raise; ``core.web.errors`` alone turns them into answers."""

from collections.abc import Mapping, Sequence

from core.api.plugin import Blocker


class JianduError(Exception):
    """Base of all errors a plugin may raise on purpose. ``str(error)`` is a Chinese sentence."""


class NotFound(JianduError):
    """There is no such thing, or not for this user: both are the same answer, 404."""

    def __init__(
        self, sentence: str = "没有找到这一项，可能已被移走，或不在你的管理范围内。"
    ) -> None:
        super().__init__(sentence)


class Refused(JianduError):
    """The act is not allowed now; ``reasons`` are sentences or blockers with their objects."""

    def __init__(self, *reasons: str | Blocker) -> None:
        self.reasons: tuple[Blocker, ...] = tuple(
            reason if isinstance(reason, Blocker) else Blocker("refused", reason)
            for reason in reasons
        )
        super().__init__(" ".join(reason.text for reason in self.reasons))


class Conflict(JianduError):
    """Somebody else was faster: what is on the screen is no longer what is stored."""

    def __init__(self, sentence: str = "这一项刚被别人改过，请刷新后再办理。") -> None:
        super().__init__(sentence)


class Invalid(JianduError):
    """Input a service refuses after its form was accepted; ``errors`` by field name."""

    def __init__(self, errors: Mapping[str, str] | str) -> None:
        self.errors: Mapping[str, str] = {"": errors} if isinstance(errors, str) else dict(errors)
        super().__init__(" ".join(self.errors.values()))


class Forbidden(JianduError):
    """Signed in, but the acting role does not hold the permission."""

    def __init__(self, permissions: Sequence[str] = (), sentence: str = "") -> None:
        self.permissions = tuple(permissions)
        super().__init__(sentence or "你现在的角色没有这项权限。")


class NotSignedIn(JianduError):
    """Nobody is signed in, or the session has ended."""

    def __init__(self, sentence: str = "请先登录。") -> None:
        super().__init__(sentence)


class StaleForm(JianduError):
    """The form carries no token, or one from an earlier session (another tab signed in)."""

    def __init__(self) -> None:
        super().__init__("登录状态更新过，请再提交一次。")


class TooLarge(JianduError):
    """More was sent than this form takes."""

    def __init__(self, sentence: str = "上传的内容太大，请压缩或分开上传。") -> None:
        super().__init__(sentence)


class TooMany(JianduError):
    """Too many attempts in a short time."""

    def __init__(
        self, sentence: str = "尝试得太频繁，请过一会儿再试。", wait_seconds: int = 60
    ) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(sentence)
