# SPDX-License-Identifier: Apache-2.0
"""Daily work on a card: which act is whose, what it needs and what follows from it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a card in force or out of force."""

    title: str
    state: str
    office: bool
    """Only the reviewing office does it; else the unit may as well."""
    leaves: bool = False
    """The officer leaves the register."""
    listed: bool = False
    """The person is put on the forced-cancel list and cannot apply again (S2-26)."""
    said: str = ""


ACTS: dict[str, Act] = {
    "cancel": Act(
        "有证注销", "cancelled", office=False, leaves=True, said="证件注销，以后可以重新申领。"
    ),
    "forced": Act(
        "强制注销",
        "cancelled",
        office=True,
        leaves=True,
        listed=True,
        said="证件注销，列入强制注销名单，不能再申领。",
    ),
    "suspend": Act("暂扣", "suspended", office=True, said="暂扣期间没有执法资格。"),
    "restore": Act("解除暂扣", "valid", office=True, said="从生效日期起恢复执法资格。"),
    "revoke": Act("吊销", "revoked", office=True, leaves=True, said="证件吊销，不能恢复。"),
}


def acts_for(state: str, *, office: bool) -> list[tuple[str, str]]:
    """The acts that fit a card's state, with their words, for who may do them."""
    fitting = {
        "valid": ("cancel", "suspend", "revoke", "forced"),
        "suspended": ("restore", "cancel", "revoke", "forced"),
        "overdue": ("cancel", "revoke", "forced"),
        "expired": ("cancel", "forced"),
    }.get(state, ())
    return [
        (key, f"{ACTS[key].title}：{ACTS[key].said}")
        for key in fitting
        if office or not ACTS[key].office
    ]
