# SPDX-License-Identifier: Apache-2.0
"""What a demo step is handed: places to look up what earlier steps made, and the account list.

Steps go through services, never through tables, and may run again: each first looks whether its
rows are there.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["DemoAccount", "DemoContext"]


@dataclass(frozen=True)
class DemoAccount:
    """A line of the list printed at the end of ``make run`` and shown on the sign-in page."""

    login: str
    password: str
    role: str
    """The role's title, as people read it."""
    name: str = ""
    place: str = ""


@dataclass
class DemoContext:
    """Shared by all steps of one seeding."""

    shared: dict[str, Any] = field(default_factory=dict)
    """What steps leave for later ones, by the key ``<plugin>.<noun>``."""
    accounts: dict[str, DemoAccount] = field(default_factory=dict)

    def account(
        self, login: str, password: str, role: str, *, name: str = "", place: str = ""
    ) -> None:
        """Put an account on the printed list."""
        self.accounts[login] = DemoAccount(login, password, role, name, place)

    def listed(self) -> list[dict[str, str]]:
        """The list as it is written down."""
        return [asdict(account) for account in self.accounts.values()]
