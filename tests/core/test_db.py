# SPDX-License-Identifier: Apache-2.0
from core.db import value
async def test_it(db):
    assert await value("select 1") == 1
async def test_fresh(fresh_db):
    from core.db import transaction, Scope
    async with transaction(Scope.nothing()):
        assert await value("select current_user") == "jiandu_web"
