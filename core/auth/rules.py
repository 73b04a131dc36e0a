# SPDX-License-Identifier: Apache-2.0
"""The rules about passwords, locking and roles, without a database or a web framework."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MIN_LENGTH = 8
MAX_LENGTH = 64
HISTORY = 5
"""A new password differs from the last five (等保三级)."""
SLIP_DAYS = 7
"""A printed slip that nobody used is void after a week."""
APPROVAL_HOURS = 24
"""A request for an administrator's slip, and its approval, are void after a day."""
DELEGATION_DAYS = 90
ADMINISTRATORS = frozenset({"system_admin", "security_admin", "audit_admin"})
"""三员分立: nobody holds two of these, and none of them handles business data."""

# Fixed by the seeds: the old platform's initial password, on every attacker's first page.
FORBIDDEN = frozenset({"123456", "12345678", "Abc12345678", "Password1", "Passw0rd", "Admin123"})


@dataclass(frozen=True)
class RoleSpec:
    """A role as shipped; titles are data afterwards, the key and the reach are not."""

    key: str
    title: str
    reach: str
    weight: int


ROLES: tuple[RoleSpec, ...] = (
    RoleSpec("former_supervisor", "原社会监督员", "own", 3),
    RoleSpec("applicant", "申请人", "own", 4),
    RoleSpec("supervisor", "社会监督员", "own", 5),
    RoleSpec("handler", "办件人员", "organisation", 10),
    RoleSpec("data_entry", "填报人员", "organisation", 20),
    RoleSpec("submitter", "送审人员", "organisation", 30),
    RoleSpec("legal_office", "法制机构", "organisation", 40),
    RoleSpec("dept_supervisor", "监察室人员", "organisation", 50),
    RoleSpec("body_admin", "执法主体管理员", "organisation", 60),
    RoleSpec("supervision_bureau", "监察机关人员", "region", 70),
    RoleSpec("justice_office", "司法所", "region", 80),
    RoleSpec("leader", "领导", "region", 90),
    RoleSpec("system_admin", "系统管理员", "platform", 200),
    RoleSpec("security_admin", "安全管理员", "platform", 210),
    RoleSpec("audit_admin", "审计管理员", "platform", 220),
)


def password_faults(
    password: str, *, login: str, name: str = "", min_length: int = MIN_LENGTH
) -> list[str]:
    """Why a new password is refused, in words; empty when it is good."""
    faults: list[str] = []
    if len(password) < min_length:
        faults.append(f"密码至少 {min_length} 位，现在 {len(password)} 位。")
    if len(password) > MAX_LENGTH:
        faults.append(f"密码最多 {MAX_LENGTH} 位。")
    missing = [
        words
        for words, present in (
            ("大写字母", any(c.isascii() and c.isupper() for c in password)),
            ("小写字母", any(c.isascii() and c.islower() for c in password)),
            ("数字", any(c.isascii() and c.isdigit() for c in password)),
        )
        if not present
    ]
    if missing:
        faults.append(f"密码里还要有{'、'.join(missing)}。")
    lowered = password.lower()
    if login and lowered == login.lower():
        faults.append("密码不能和账号相同。")
    elif len(login) >= 4 and login.lower() in lowered:
        faults.append("密码里不能含有账号。")
    if name and password == name:
        faults.append("密码不能是自己的姓名。")
    if password in FORBIDDEN:
        faults.append("这个密码太常见，请换一个。")
    return faults


@dataclass(frozen=True)
class Lock:
    """Whether an account may try to sign in now."""

    locked_until: datetime | None
    left: int
    """Attempts left before it locks."""


def lock_state(
    failures: Sequence[datetime],
    moment: datetime,
    *,
    attempts: int = 5,
    window: timedelta = timedelta(minutes=15),
    lock: timedelta = timedelta(minutes=30),
) -> Lock:
    """Five failures within fifteen minutes close an account for thirty.

    ``failures`` are the uncleared ones in ascending order. Every run of ``attempts`` failures
    inside a window locks from its last failure on.
    """
    until: datetime | None = None
    for last in range(attempts - 1, len(failures)):
        first = last - attempts + 1
        if failures[last] - failures[first] <= window:
            until = failures[last] + lock
    if until is not None and until > moment:
        return Lock(until, 0)
    # Failures that already led to a lock which has passed are paid for.
    start = until - lock if until is not None else None
    recent = [
        each for each in failures if moment - each <= window and (start is None or each > start)
    ]
    return Lock(None, max(0, attempts - len(recent)))


def password_expired(set_at: datetime, moment: datetime, max_age_days: int) -> bool:
    """Whether a password is too old to be used any longer; 0 days switches the rule off."""
    return max_age_days > 0 and moment - set_at > timedelta(days=max_age_days)


def grant_faults(
    role: str,
    reach: str,
    *,
    region: int | None,
    organisation: int | None,
    held: Collection[str],
    to_self: bool,
    elsewhere: Collection[str] = (),
) -> list[str]:
    """Why a role may not be given to a user holding the roles ``held``.

    ``elsewhere`` are the roles the same person holds under other accounts: an office in two
    accounts is still in one hand.
    """
    faults: list[str] = []
    if to_self:
        faults.append("不能给自己授予角色。")
    if any(
        (role in ADMINISTRATORS or each in ADMINISTRATORS) and each != role for each in elsewhere
    ):
        faults.append("这个人在另一个账号上有别的角色；系统、安全、审计管理员由专人担任。")
    if role in ADMINISTRATORS and any(each != role for each in held):
        faults.append("系统、安全、审计管理员由专人担任，不能再有其他角色。")
    if role not in ADMINISTRATORS and any(each in ADMINISTRATORS for each in held):
        faults.append("系统、安全、审计管理员不办理业务，不能再有其他角色。")
    if reach == "organisation" and organisation is None:
        faults.append("这个角色要指定单位。")
    if reach in ("organisation", "region", "own") and region is None:
        faults.append("这个角色要指定地区。")
    return faults


def approval_faults(
    me: int, asker: int, owner: int, asked_at: datetime, moment: datetime
) -> list[str]:
    """Why ``me`` may not decide on a slip for ``owner``; numbers stand for people, not accounts."""
    faults: list[str] = []
    if me == asker:
        faults.append("这份申请是你提出的，要由另一个人批准。")
    if me == owner:
        faults.append("这张密码单是给你自己的，要由另一位安全管理员批准。")
    if moment - asked_at > timedelta(hours=APPROVAL_HOURS):
        faults.append(f"申请已超过 {APPROVAL_HOURS} 小时，请重新申请。")
    return faults


def delegation_faults(
    *, until: date, today: date, own_until: date | None, delegated: bool
) -> list[str]:
    """Why a role may not be handed over to a deputy until that day."""
    faults: list[str] = []
    if delegated:
        faults.append("代理来的角色不能再转给别人。")
    if until < today:
        faults.append("结束日期已经过去。")
    if until > today + timedelta(days=DELEGATION_DAYS):
        faults.append(f"一次代理最长 {DELEGATION_DAYS} 天。")
    if own_until is not None and until > own_until:
        faults.append("结束日期晚于你自己担任这个角色的期限。")
    return faults
