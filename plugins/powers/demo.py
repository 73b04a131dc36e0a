# SPDX-License-Identifier: Apache-2.0
"""The demo's catalogue: the shipped items, entered for the bodies of two prefectures."""

from core.api.db import Scope, transaction
from core.api.demo import DemoContext
from plugins.powers.services import enter_item, shipped_items

# Which demo organisation holds which shipped item.
HOLDERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "dk-sjdd",
        (
            "scjg-cf-012",
            "scjg-cf-031",
            "scjg-cf-045",
            "scjg-cf-102",
            "scjg-xk-003",
            "scjg-jc-007",
            "scjg-qz-002",
        ),
    ),
    ("dk-hbdd", ("sthj-cf-018",)),
    ("dk-szdd", ("sl-zs-001",)),
    ("dk-mzj", ("mz-jf-001",)),
    ("dk-rsj", ("rs-qr-001",)),
    ("dk-zrj", ("zr-cj-001",)),
    ("dk-zfj", ("zf-cf-009",)),
    (
        "hc-sjdd",
        ("scjg-cf-012", "scjg-cf-045", "scjg-cf-102", "scjg-xk-003", "scjg-jc-007"),
    ),
    ("hc-hbdd", ("sthj-cf-018",)),
)


async def enter_shipped_items(context: DemoContext) -> None:
    """Enter every item above; running again changes nothing."""
    organisations: dict[str, int] = context.shared["core.organisations"]
    items = shipped_items()
    for key, names in HOLDERS:
        for name in names:
            async with transaction(Scope.platform("demo data")):
                entered = await enter_item(
                    items[name], organisations[key], source=f"items/{name}.toml"
                )
            context.shared.setdefault("powers.items", {})[key, name] = entered.item
